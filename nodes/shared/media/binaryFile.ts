import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { InputError } from '../errors';
import type { FileSource } from '../providers/adapter';
import { base64SizeBytes, decodeBase64 } from './base64';
import { extensionOf, extensionOfMimeType, mimeTypeOf } from './formats';

/**
 * The file in a binary field of an input item, as a stream that can be opened again and again.
 * Works in every binary mode of n8n; only the in-memory mode holds the bytes.
 * @throws InputError if the item has no such field
 */
export async function binaryFile(
	{ helpers }: IExecuteFunctions,
	itemIndex: number,
	fieldName: string,
	label: string,
): Promise<FileSource> {
	const binary = readBinary(helpers, itemIndex, fieldName, label);
	const { id } = binary;
	const fileName = withExtension(binary);
	const mimeType = mimeTypeOf(fileName) ?? binary.mimeType;
	if (id === undefined) {
		// Other nodes write it with line breaks.
		const data = binary.data.replace(/[^\w+/=-]/g, '');
		return { fileName, mimeType, sizeBytes: base64SizeBytes(data), open: () => decodeBase64(data) };
	}
	const { fileSize } = await helpers.getBinaryMetadata(id);
	return {
		fileName,
		mimeType,
		sizeBytes: fileSize,
		async *open() {
			for await (const chunk of await helpers.getBinaryStream(id)) yield toBytes(chunk);
		},
	};
}

/** Providers tell formats apart by the extension. */
function withExtension({ fileName = 'file', fileExtension, mimeType }: IBinaryData): string {
	if (extensionOf(fileName) !== '') return fileName;
	const extension = fileExtension || extensionOfMimeType(mimeType);
	return extension ? `${fileName}.${extension}` : fileName;
}

function readBinary(
	helpers: IExecuteFunctions['helpers'],
	itemIndex: number,
	fieldName: string,
	label: string,
) {
	try {
		return helpers.assertBinaryData(itemIndex, fieldName);
	} catch {
		return missing(label, fieldName);
	}
}

function missing(label: string, fieldName: string): never {
	throw new InputError([
		{
			field: label,
			allowed: 'the name of a binary field of the input item, e.g. data',
			given: fieldName === '' ? '(empty)' : `${fieldName}, which the item does not have`,
		},
	]);
}

function toBytes(chunk: unknown): Uint8Array {
	return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
}
