import type { FileSource } from '../vocabulary';
import { base64SizeBytes, decodeBase64 } from './base64';
import { detectMediaType, extensionOfMimeType } from './formats';
import { type IdentifiedFile, identifyFile } from './identifyFile';

/** A data URI in full, and the file in it. */
export interface DataUri {
	kind: 'dataUri';
	dataUri: string;
	file: IdentifiedFile;
}

const unknownType = 'application/octet-stream';

/**
 * Accepts a data URI or bare base64 text.
 * @returns the file in it, and a data URI with the MIME type of its first bytes or, if they show none, of its header;
 *          undefined if the text is not base64, or its type is unknown
 */
export async function readDataUri(text: string): Promise<DataUri | undefined> {
	const compact = text.replace(/\s+/g, '');
	const [header = '', givenType = unknownType] =
		/^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=.-]+)*;base64,/i.exec(compact) ?? [];
	const base64 = toPlainBase64(compact.slice(header.length));
	// No regular expression that repeats over the whole text: that overflows the stack for megabytes.
	const isBase64 = !/[^A-Za-z0-9+/]/.test(base64.replace(/={1,2}$/, ''));
	const hasHeader = header !== '';
	if (!isBase64 || (base64.length < 16 && !hasHeader)) return undefined;
	const file = await identifyFile(fileOfDataUri(`data:${givenType.toLowerCase()};base64,${base64}`));
	const isKnown = hasHeader || detectMediaType(file.mimeType) !== undefined;
	return isKnown ? { kind: 'dataUri', dataUri: `data:${file.mimeType};base64,${base64}`, file } : undefined;
}

/** Base64url (RFC 4648, 5) has two other characters and leaves out the padding, which no data URI may do. */
function toPlainBase64(text: string): string {
	const plain = text.replaceAll('-', '+').replaceAll('_', '/');
	return plain.endsWith('=') ? plain : plain.padEnd(Math.ceil(plain.length / 4) * 4, '=');
}

/** Whether a text is meant as a data URI, valid or not. */
export const isDataUri = (text: string) => /^data:/i.test(text);

/** @returns the MIME type in the header, undefined if there is none */
function mimeTypeOfDataUri(dataUri: string): string | undefined {
	return /^data:([\w.+-]+\/[\w.+-]+)/i.exec(dataUri)?.[1];
}

function fileOfDataUri(dataUri: string): FileSource {
	const mimeType = mimeTypeOfDataUri(dataUri) ?? unknownType;
	const extension = extensionOfMimeType(mimeType);
	const fileName = extension ? `file.${extension}` : 'file';
	const start = dataUri.indexOf(',') + 1;
	return {
		fileName,
		mimeType,
		sizeBytes: base64SizeBytes(dataUri, start),
		open: () => decodeBase64(dataUri, start),
	};
}
