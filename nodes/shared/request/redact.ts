import { tableOf } from '../providers/read';
import { cut, mapTexts, maxTextLength } from '../text';

const mark = '[redacted]';

/** Redacting shorter ones would protect nothing and mangle names, links and IDs. */
const minSecretLength = 4;
/** No key is longer, and the encoded forms of a longer text would take long to compute. */
const maxSecretLength = 4_000;

/** Shorter ones are redacted as whole words only, because they can also occur inside an ID. */
const minDistinctLength = 8;

interface Form {
	text: string;
	wholeWordsOnly: boolean;
}

/** Of the secrets of connections: there are many answers to each, and the forms cost more than to read a short one. */
const knownForms = new WeakMap<readonly string[], readonly Form[]>();

/**
 * Makes answers safe to parse and to show: no text is longer than `maxTextLength`, nesting has a limit, and every
 * encoded form of every secret is replaced, in keys as well as in values.
 * @param secrets of the connection; the list must not change
 * @param others those that an answer brings itself
 * @returns `text` for one text, `answer` for a JSON value
 */
export function redactor(secrets: readonly string[], others: readonly string[] = []) {
	const formsOfConnection = knownForms.get(secrets) ?? secrets.flatMap(formsOf);
	knownForms.set(secrets, formsOfConnection);
	const forms = [...formsOfConnection, ...others.flatMap(formsOf)];
	const shortest = Math.min(...forms.map(({ text }) => text.length));
	const text = (given: string) => {
		const present = given.length < shortest ? [] : forms.filter((form) => given.includes(form.text));
		return present.length > 0 ? withoutForms(given, present) : cut(given, maxTextLength);
	};
	const redactNumber = (given: number) => {
		const shown = text(String(given));
		return shown === String(given) ? given : shown;
	};
	return { text, answer: (value: unknown) => mapTexts(value, text, redactNumber) };
}

/** All ways to write a secret: as it is, escaped, or encoded for a text that contains it. */
function formsOf(secret: string): Form[] {
	const plain = secret.trim();
	if (plain.length < minSecretLength || plain.length > maxSecretLength) return [];
	const bytes = Buffer.from(plain);
	const escapes = (text: string) => [toJsonText, toHtml, toPercent].flatMap((escape) => escape(text));
	const escaped = escapes(plain);
	const isDistinct = plain.length >= minDistinctLength;
	const encoded = isDistinct ? [...toBase64(bytes), bytes.toString('hex'), bytes.toString('hex').toUpperCase()] : [];
	// JSON inside JSON, or inside an address, is escaped twice.
	const texts = new Set([secret, plain, ...escaped, ...escaped.flatMap(escapes), ...encoded]);
	return [...texts].map((text) => ({ text, wholeWordsOnly: !isDistinct }));
}

/** Go escapes the signs of HTML, Python all but ASCII, PHP that and slashes. */
function toJsonText(text: string): string[] {
	const escaped = JSON.stringify(text).slice(1, -1);
	const toEscape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
	const texts = [escaped, escaped.replace(/[&<>]/g, toEscape), escaped.replace(/[^ -~]/g, toEscape)];
	return texts.flatMap((form) => [form, form.replaceAll('/', '\\/')]);
}

const htmlNames = tableOf({ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' });

/** With names or numbers, for the signs of HTML alone or for those that templates are careful with as well. */
function toHtml(text: string): string[] {
	const decimal = (sign: string) => `&#${sign.codePointAt(0)};`;
	const hexadecimal = (sign: string) => `&#x${sign.codePointAt(0)?.toString(16).toUpperCase()};`;
	return [decimal, hexadecimal].flatMap((toNumber) => {
		const toName = (sign: string) => (htmlNames.has(sign) ? `&${htmlNames.get(sign)};` : toNumber(sign));
		return [
			text.replace(/[&<>"']/g, toName),
			text.replace(/[&<>"'`=/]/g, toName),
			text.replace(/[^\w-]/gu, toNumber),
		];
	});
}

/** Percent-encoded as by RFC 3986, by browsers and by forms, with upper-case and lower-case digits. */
function toPercent(text: string): string[] {
	const strict = [...Buffer.from(text)]
		.map((byte) => {
			const character = String.fromCharCode(byte);
			return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
		})
		.join('');
	const browser = strict.replace(/%2[1789A]/g, (escape) => decodeURIComponent(escape));
	const form = browser.replaceAll('%20', '+');
	return [strict, browser, form].flatMap((encoded) => [
		encoded,
		encoded.replace(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase()),
	]);
}

/** For each of three offsets, the base64 digits that do not depend on what precedes or follows the secret. */
function toBase64(secret: Buffer): string[] {
	return [0, 1, 2].flatMap((offset) => {
		const digits = Buffer.concat([Buffer.alloc(offset), secret]).toString('base64');
		const stable = digits.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + secret.length) * 8) / 6));
		return [stable, stable.replaceAll('+', '-').replaceAll('/', '_')];
	});
}

/** Also cuts the text; of a secret across the cut, no part remains. */
function withoutForms(text: string, forms: readonly Form[]): string {
	const end = Math.min(text.length, maxTextLength);
	const matches = forms.flatMap((form) => occurrences(text, form, end)).sort((one, other) => one.start - other.start);
	let shown = '';
	let position = 0;
	for (const match of matches) {
		if (match.start >= position) shown += text.slice(position, match.start) + mark;
		position = Math.max(position, match.end);
	}
	return shown + (position < end ? text.slice(position, end) : '') + (end < text.length ? '…' : '');
}

/** @returns the occurrences that begin before `end` */
function occurrences(text: string, { text: form, wholeWordsOnly }: Form, end: number) {
	const searched = text.slice(0, end + form.length);
	const found: Array<{ start: number; end: number }> = [];
	for (let start = searched.indexOf(form); start >= 0 && start < end; start = searched.indexOf(form, start + 1)) {
		const match = { start, end: start + form.length };
		const isWholeWord = !/[\w-]/.test(text.charAt(start - 1)) && !/[\w-]/.test(text.charAt(match.end));
		if (!wholeWordsOnly || isWholeWord) found.push(match);
	}
	return found;
}
