/** Text from outside: bounded before anything reads it, and shortened to one line for messages. */

/**
 * Characters of one text in an answer; longer ones are cut when the answer arrives. The longest texts that are needed
 * are signed links and errors of an upstream service, of some thousand characters each.
 */
export const maxTextLength = 20_000;
/** Levels of nested lists and objects; answers have up to ten. */
const maxDepth = 50;
const excerptLength = 300;

/** The start of a text, with an ellipsis if there is more. */
export function cut(text: string, maxLength: number): string {
	if (text.length <= maxLength) return text;
	// Never cut a surrogate pair in half.
	const isHalf = /[\uD800-\uDBFF]/.test(text.charAt(maxLength - 1));
	return `${text.slice(0, isHalf ? maxLength - 1 : maxLength)}…`;
}

/** A text of others as the end of a sentence. */
export const withFullStop = (text: string) => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** @returns e.g. "a, b and c" */
export function listOf(words: readonly string[], conjunction: 'and' | 'or' = 'and'): string {
	const last = words.at(-1) ?? '';
	return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

/**
 * Maps every text of a JSON value, keys included.
 * @param changeNumber by default a number stays
 * @returns a copy in which values nested deeper than `maxDepth` are replaced by an ellipsis
 */
export function mapTexts(
	value: unknown,
	change: (text: string) => string,
	changeNumber: (number: number) => unknown = (number) => number,
	depth = 0,
): unknown {
	if (typeof value === 'string') return change(value);
	if (typeof value === 'number') return changeNumber(value);
	if (typeof value !== 'object' || value === null) return value;
	if (depth >= maxDepth) return '…';
	if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, changeNumber, depth + 1));
	if (Object.getPrototypeOf(value) !== Object.prototype) return value;
	return Object.fromEntries(
		Object.entries(value).map(([name, item]) => [change(name), mapTexts(item, change, changeNumber, depth + 1)]),
	);
}

/** @returns the start of an answer as one line of text, short enough for an error message */
export function excerpt(body: unknown): string {
	const text = typeof body === 'string' ? body : body === undefined ? '' : toJson(body);
	const line = withoutCode(text.slice(0, maxTextLength))
		.replace(/<[^<>]*>/g, ' ')
		.replace(/\s+/g, ' ')
		.trim();
	return line === '' ? '(empty)' : cut(line, excerptLength);
}

function toJson(value: unknown): string {
	try {
		return JSON.stringify(mapTexts(value, (text) => cut(text, excerptLength)));
	} catch {
		return '';
	}
}

/** @returns HTML without its scripts and styles */
function withoutCode(html: string): string {
	const [start = '', ...parts] = html.split(/<(?:script|style)\b/i);
	const visible = parts.map((part) => {
		const end = part.search(/<\/(?:script|style)\b/i);
		return end < 0 ? '' : part.slice(end);
	});
	return [start, ...visible].join(' ');
}
