import type { FileSource } from '../providers/adapter';
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

/** A file whose name and MIME type were made to fit its content, as far as that is known. */
export interface IdentifiedFile extends FileSource {
	givenName: string;
	/** What the first bytes show; absent if that is not known. */
	format?: FormatName;
}

/**
 * Looks at the first bytes of a file. They decide what it is, since names and MIME types come from wherever
 * the file comes from; what the bytes leave open is taken from the MIME type, then from the name.
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
