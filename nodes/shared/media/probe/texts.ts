import type { FormatName } from '../formats';

/**
 * Whether a file is a text, such as the page of an error that was saved as a picture, whatever it begins
 * with: every medium has control characters in its first bytes, and a text has none.
 * @param head the first kilobytes
 * @returns undefined if it is none
 */
export function textFormatOf(head: Buffer): FormatName | undefined {
	const text = decode(head);
	if (text === undefined) return undefined;
	const content = text.replace(leading, '');
	const format = beginnings.find(([beginning]) => beginning.test(content))?.[1];
	if (controlCharacters.test(text)) return unmistakable.test(content) ? format : undefined;
	return format ?? 'text';
}

/** All but backspace, tabs, line breaks, form feed and escape, which terminals and printers write into texts. */
const controlCharacters = /[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]/;

/** In UTF-16 these are many in what is no text: half a pair, private use, unassigned. */
const meaningless = /[\p{Cs}\p{Co}\p{Cn}]/u;

/** White space, byte order mark, XML declaration and other instructions, comments, document type. */
const leading = /^(?:\s+|\ufeff|ï»¿|<\?[^>]*>|<!--[\s\S]*?-->|<!doctype (?!html)[^>]*>)+/i;

const beginnings: ReadonlyArray<[beginning: RegExp, format: FormatName]> = [
	[/^%PDF-/, 'pdf'],
	[/^<!doctype html|^<(?:html|head|body|title|meta|script|style|center|h1|div|p)\b/i, 'html'],
	[/^<(?:\w+:)?svg\b/i, 'svg'],
	[/^</, 'xml'],
	[/^\{\s*(?:"|\}|$)|^\[\s*(?:["{[\]\d-]|true|false|null|$)/, 'json'],
];

/** No medium begins like this, so that control characters in it, such as those of a damaged name, do not matter. */
const unmistakable = /^(?:%PDF-|<(?:!doctype|[a-z][\w.:-]*(?:\s|\/?>))|\{\s*"[\w .-]*"\s*:)/i;

/** UTF-8 and the encodings of one byte are read as Latin-1, which keeps what matters here; UTF-16 by its mark or its zeros. */
function decode(head: Buffer): string | undefined {
	const mark = head.toString('latin1', 0, 2);
	const isBigEndian = mark === '\xfe\xff' || hasZerosAt(head, 0);
	if (!isBigEndian && mark !== '\xff\xfe' && !hasZerosAt(head, 1)) return head.toString('latin1');
	// A copy, as the bytes are still to be read; of whole units, and without half a pair at the end.
	const units = Buffer.from(head.subarray(0, head.length - (head.length % 2)));
	const text = (isBigEndian ? units.swap16() : units).toString('utf16le').replace(/[\ud800-\udbff]$/, '');
	return meaningless.test(text) ? undefined : text;
}

/** Every second byte of the first ones is zero: a text of Latin letters in UTF-16. */
function hasZerosAt(head: Buffer, offset: number): boolean {
	if (head.length < 8) return false;
	for (let at = offset; at < Math.min(head.length, 64); at += 2) if (head[at] !== 0) return false;
	return true;
}
