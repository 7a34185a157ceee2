import type { FileSource } from '../providers/adapter';
import { mimeTypeOfBase64 } from './formats';

/**
 * Accepts a data URI or bare base64 text.
 * @returns a data URI with the MIME type of its header or of its first bytes; undefined if the text
 *          is no base64 or its format is not known
 */
export function normalizeDataUri(text: string): string | undefined {
	const compact = text.replace(/\s+/g, '');
	const dataUri = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=.-]+)*;base64,(.+)$/i.exec(compact);
	const base64 = dataUri ? dataUri[2] : compact;
	if (!base64 || base64.length < 16 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) return undefined;
	const mimeType = dataUri?.[1] ?? mimeTypeOfBase64(base64);
	return mimeType && `data:${mimeType.toLowerCase()};base64,${base64}`;
}

export function mimeTypeOfDataUri(dataUri: string): string | undefined {
	return /^data:([\w.+-]+\/[\w.+-]+)/i.exec(dataUri)?.[1];
}

/** Holds the whole file in memory: for pictures and sounds, which are sent inside the request. */
export async function toDataUri(source: FileSource): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of source.open()) chunks.push(chunk);
	return `data:${source.mimeType};base64,${Buffer.concat(chunks).toString('base64')}`;
}
