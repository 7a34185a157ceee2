/** Text from outside: bounded before anything reads it, and shortened to one line for messages. */

/**
 * Characters of one text in an answer; longer ones are cut when the answer arrives. The longest texts that are needed
 * are signed links and errors of an upstream service, of some thousand characters each.
 */
export const maxTextLength = 20_000;
/** Texts, numbers, lists and everything else in one answer; a page with a hundred tasks has some thousands. */
export const maxValues = 10_000;
/** No list or object of an answer that is needed is longer than a page of it. */
const longLength = 1_000;
/** Levels of nested lists and objects; answers have up to ten. */
const maxDepth = 50;
const excerptLength = 300;
const ellipsis = '…';

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
 * Maps every text of a JSON value, names included. Goes level by level, and comes to long lists and objects last, so
 * that one of them does not take the place of what stands beside it.
 * @param changeNumber by default a number stays
 * @returns a copy in which an ellipsis stands for what is nested deeper than `maxDepth`, or comes after `maxCount` values
 */
export function mapTexts(
	value: unknown,
	change: (text: string) => string,
	changeNumber: (number: number) => unknown = (number) => number,
	maxCount = maxValues,
): unknown {
	let count = 0;
	/** Each fills the copy of one list or object; those inside it come behind all that are there by then. */
	const toFill: Array<() => void> = [];
	const longToFill: Array<() => void> = [];
	const queueFor = ({ length }: readonly unknown[]) => (length > longLength ? longToFill : toFill);
	const mapOne = (item: unknown, depth: number): unknown => {
		count++;
		if (typeof item === 'string') return change(item);
		if (typeof item === 'number') return changeNumber(item);
		if (typeof item !== 'object' || item === null) return item;
		if (depth >= maxDepth) return ellipsis;
		if (Array.isArray(item)) {
			const list: unknown[] = [];
			queueFor(item).push(() => {
				for (const part of item) {
					const isFull = count >= maxCount;
					list.push(isFull ? ellipsis : mapOne(part, depth + 1));
					if (isFull) return;
				}
			});
			return list;
		}
		if (!isPlainObject(item)) return item;
		const object = {};
		const names = Object.keys(item);
		queueFor(names).push(() => {
			for (const name of names) {
				const isFull = count >= maxCount;
				setOwn(object, isFull ? ellipsis : change(name), isFull ? ellipsis : mapOne(item[name], depth + 1));
				if (isFull) return;
			}
		});
		return object;
	};
	const copy = mapOne(value, 0);
	while (toFill.length + longToFill.length > 0) {
		for (const fill of toFill.splice(0)) fill();
		if (toFill.length === 0) longToFill.shift()?.();
	}
	return copy;
}

const isPlainObject = (value: object): value is Record<string, unknown> =>
	Object.getPrototypeOf(value) === Object.prototype;

/** An assignment to the name `__proto__` would change the prototype. */
const setOwn = (object: object, name: string, value: unknown) =>
	void Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });

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
		// No more values than characters are shown.
		return JSON.stringify(mapTexts(value, (text) => cut(text, excerptLength), undefined, excerptLength));
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
