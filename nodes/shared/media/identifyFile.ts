import type { FileSource } from '../vocabulary';
import {
	detectMediaType,
	extensionOfMimeType,
	type FormatName,
	kindOfFormat,
	mimeTypeOf,
	mimeTypeOfFormat,
	nameForFormat,
	usualMimeType,
} from './formats';
import { formatOfFile } from './probe/probe';

/** A file whose name and MIME type fit its content, as far as that is known. */
export interface IdentifiedFile extends FileSource {
	/** The original name. */
	givenName: string;
	/** The format that the first bytes show; absent if it is unknown. */
	format?: FormatName;
}

/**
 * Identifies a file by its first bytes, since names and MIME types are often wrong. What the bytes leave open is taken
 * from the MIME type, then from the name.
 */
export async function identifyFile(file: FileSource): Promise<IdentifiedFile> {
	const { fileName, sizeBytes } = file;
	const format = await formatOfFile(file);
	const said = detectMediaType(file.mimeType, fileName);
	const shown = format && kindOfFormat(format) !== 'document' ? mimeTypeOfFormat(format, said) : undefined;
	const given = detectMediaType(file.mimeType) ? usualMimeType(file.mimeType) : mimeTypeOf(fileName);
	const mimeType = shown ?? given ?? file.mimeType;
	const extension = extensionOfMimeType(mimeType);
	return {
		fileName: extension ? nameForFormat(fileName, extension) : fileName,
		givenName: fileName,
		mimeType,
		sizeBytes,
		open: () => file.open(),
		...(format && { format }),
	};
}
