/** Text that others wrote: bounded before anything reads it, and one line where a message repeats it. */

/**
 * Characters of one text in an answer; what is longer is cut when it comes off the wire. The longest that
 * an answer needs are a signed link and the error of an upstream, of some thousand each.
 */
export const maxTextLength = 20_000;
/** Levels of lists and objects inside each other; answers have up to ten. */
const maxDepth = 50;
const excerptLength = 300;

/** The start of a text, with an ellipsis if there is more. */
export function cut(text: string, maxLength: number): string {
	if (text.length <= maxLength) return text;
	// Half of a character that takes two places is none.
	const isHalf = /[\uD800-\uDBFF]/.test(text.charAt(maxLength - 1));
	return `${text.slice(0, isHalf ? maxLength - 1 : maxLength)}…`;
}

/**
 * A value of JSON with every text and name changed.
 * @param changeNumber by default a number stays
 * @returns a copy; what lies too deep to be of use is an ellipsis in it
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

/** The start of an answer as one line of text, short enough for an error message. */
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

/** A page of HTML without what no person reads. */
function withoutCode(html: string): string {
	const [start = '', ...parts] = html.split(/<(?:script|style)\b/i);
	const visible = parts.map((part) => {
		const end = part.search(/<\/(?:script|style)\b/i);
		return end < 0 ? '' : part.slice(end);
	});
	return [start, ...visible].join(' ');
}
