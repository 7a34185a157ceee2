import type { FormatName } from '../formats';

/**
 * Detects text, such as an error page that was saved as a picture: every media format has control characters in its
 * first bytes, and text has none.
 * @param head the first kilobytes of the file
 * @returns the format of the text, undefined if it is not text
 */
export function textFormatOf(head: Buffer): FormatName | undefined {
	const text = decode(head);
	if (text === undefined) return undefined;
	const content = text.replace(leading, '');
	const format = beginnings.find(([beginning]) => beginning.test(content))?.[1];
	if (hasForeignControls(text)) return unmistakable.test(content) ? format : undefined;
	return format ?? 'text';
}

/** Backspace, tabs, line breaks, form feed and escape, which text for terminals and printers contains. */
const controlsOfTexts = '\b\t\n\v\f\r\x1b';

/** Whether there are control characters that no text contains. */
const hasForeignControls = (text: string) =>
	Array.from(text).some((character) => (character < ' ' || character === '\x7f') && !controlsOfTexts.includes(character));

/** Binary data read as UTF-16 has many of these: lone surrogates, private use, unassigned. */
const meaningless = /[\p{Cs}\p{Co}\p{Cn}]/u;

/** White space, byte order mark, XML declaration and processing instructions, comments, document type. */
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

/** Decodes UTF-8 and single-byte encodings as Latin-1, which is enough here; detects UTF-16 by its byte order mark or its zeros. */
function decode(head: Buffer): string | undefined {
	const mark = head.toString('latin1', 0, 2);
	const isBigEndian = mark === '\xfe\xff' || hasZerosAt(head, 0);
	if (!isBigEndian && mark !== '\xff\xfe' && !hasZerosAt(head, 1)) return head.toString('latin1');
	// A copy, as swapping changes the bytes; of whole units, and without a lone surrogate at the end.
	const units = Buffer.from(head.subarray(0, head.length - (head.length % 2)));
	const text = (isBigEndian ? units.swap16() : units).toString('utf16le').replace(/[\ud800-\udbff]$/, '');
	return meaningless.test(text) ? undefined : text;
}

/** Whether every second of the first bytes is zero, as in Latin text in UTF-16. */
function hasZerosAt(head: Buffer, offset: number): boolean {
	if (head.length < 8) return false;
	for (let at = offset; at < Math.min(head.length, 64); at += 2) if (head[at] !== 0) return false;
	return true;
}
