/** Base64 in chunks, so that no file is held in memory as a whole. */

/** A multiple of three, as three bytes are four characters. */
const chunkBytes = 48 * 1024;
const chunkCharacters = (chunkBytes / 3) * 4;

/** @returns the number of base64 characters, with padding */
export const base64Length = (sizeBytes: number) => Math.ceil(sizeBytes / 3) * 4;

/** @param start the index where the base64 text begins, as in a data URI. @returns the size of the decoded bytes */
export function base64SizeBytes(text: string, start = 0): number {
	const padding = /(?<!=)=*$/.exec(text.slice(Math.max(start, text.length - 2)))?.[0].length ?? 0;
	return Math.floor(((text.length - start - padding) * 3) / 4);
}

/** @param start the index where the base64 text begins, as in a data URI */
export async function* decodeBase64(text: string, start = 0): AsyncGenerator<Uint8Array, void> {
	for (let at = start; at < text.length; at += chunkCharacters) {
		yield Buffer.from(text.slice(at, at + chunkCharacters), 'base64');
	}
}

/** @returns the base64 text as ASCII bytes */
export async function* encodeBase64(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
	let rest: Buffer = Buffer.alloc(0);
	for await (const chunk of chunks) {
		const bytes = rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([rest, chunk]);
		const end = bytes.length - (bytes.length % 3);
		for (let at = 0; at < end; at += chunkBytes) yield asText(bytes.subarray(at, Math.min(at + chunkBytes, end)));
		rest = Buffer.from(bytes.subarray(end));
	}
	if (rest.length > 0) yield asText(rest);
}

const asText = (bytes: Buffer) => Buffer.from(bytes.toString('base64'), 'latin1');
