/** Base64 in pieces, so that no file is held as a whole. */

/** A multiple of three bytes, which are four characters. */
const bytesAtOnce = 48 * 1024;
const charactersAtOnce = (bytesAtOnce / 3) * 4;

/** @returns characters, with padding */
export const base64Length = (sizeBytes: number) => Math.ceil(sizeBytes / 3) * 4;

/** @param start where the base64 text begins, as in a data URI */
export function base64SizeBytes(text: string, start = 0): number {
	const padding = /(?<!=)=*$/.exec(text.slice(Math.max(start, text.length - 2)))?.[0].length ?? 0;
	return Math.floor(((text.length - start - padding) * 3) / 4);
}

export async function* decodeBase64(text: string, start = 0): AsyncGenerator<Uint8Array, void> {
	for (let at = start; at < text.length; at += charactersAtOnce) {
		yield Buffer.from(text.slice(at, at + charactersAtOnce), 'base64');
	}
}

/** @returns the text as bytes */
export async function* encodeBase64(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
	let rest: Buffer = Buffer.alloc(0);
	for await (const chunk of chunks) {
		const bytes = rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([rest, chunk]);
		const end = bytes.length - (bytes.length % 3);
		for (let at = 0; at < end; at += bytesAtOnce) yield asText(bytes.subarray(at, Math.min(at + bytesAtOnce, end)));
		rest = Buffer.from(bytes.subarray(end));
	}
	if (rest.length > 0) yield asText(rest);
}

const asText = (bytes: Buffer) => Buffer.from(bytes.toString('base64'), 'latin1');
