import type { FileSource } from '../providers/adapter';
import { readBytes } from './binaryFile';
import { extensionOfMimeType, mimeTypeOfBase64 } from './formats';

/**
 * Accepts a data URI or bare base64 text.
 * @returns a data URI with the MIME type of its header or of its first bytes; undefined if the text
 *          is no base64 or its format is not known
 */
export function normalizeDataUri(text: string): string | undefined {
	const compact = text.replace(/\s+/g, '');
	const [header = '', givenType] =
		/^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=.-]+)*;base64,/i.exec(compact) ?? [];
	const base64 = compact.slice(header.length);
	// No repetition over the whole text: that overflows the stack for megabytes.
	const isBase64 = base64.length >= 16 && !/[^A-Za-z0-9+/_-]/.test(base64.replace(/={1,2}$/, ''));
	if (!isBase64) return undefined;
	const mimeType = givenType ?? mimeTypeOfBase64(base64);
	return mimeType && `data:${mimeType.toLowerCase()};base64,${base64}`;
}

export function mimeTypeOfDataUri(dataUri: string): string | undefined {
	return /^data:([\w.+-]+\/[\w.+-]+)/i.exec(dataUri)?.[1];
}

/** Holds the whole file in memory: for pictures and sounds, which are sent inside the request. */
export async function toDataUri(source: FileSource): Promise<string> {
	return `data:${source.mimeType};base64,${(await readBytes(source)).toString('base64')}`;
}

/** @param dataUri as `normalizeDataUri` gives it */
export function fileOfDataUri(dataUri: string): FileSource {
	const mimeType = mimeTypeOfDataUri(dataUri) ?? 'application/octet-stream';
	const fileName = `file.${extensionOfMimeType(mimeType) ?? 'bin'}`;
	const start = dataUri.indexOf(',') + 1;
	const digits = dataUri.length - start - (/(?<!=)=*$/.exec(dataUri.slice(-2))?.[0].length ?? 0);
	return {
		fileName,
		mimeType,
		sizeBytes: Math.floor((digits * 3) / 4),
		async *open() {
			for (let at = start; at < dataUri.length; at += base64ChunkLength) {
				yield Buffer.from(dataUri.slice(at, at + base64ChunkLength), 'base64');
			}
		},
	};
}

/** A multiple of four, which are three bytes. */
const base64ChunkLength = 64 * 1024;
