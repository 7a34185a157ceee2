import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { InputError } from '../errors';
import { base64SizeBytes, decodeBase64 } from './base64';
import { extensionOf } from './formats';
import { type IdentifiedFile, identifyFile } from './identifyFile';

/**
 * The file in a binary field of an input item, as a stream that can be opened repeatedly, with the format that its
 * first bytes show. Works in every binary mode of n8n; only the in-memory mode holds the bytes.
 * @param label the name of the field in the editor
 * @throws InputError if the item has no such binary field
 */
export async function binaryFile(
	{ helpers }: IExecuteFunctions,
	itemIndex: number,
	fieldName: string,
	label: string,
): Promise<IdentifiedFile> {
	const binary = readBinary(helpers, itemIndex, fieldName, label);
	const { id, mimeType } = binary;
	const fileName = nameOf(binary);
	if (id === undefined) {
		// Some nodes write base64 with line breaks.
		const data = binary.data.replace(/[^\w+/=-]/g, '');
		return await identifyFile({ fileName, mimeType, sizeBytes: base64SizeBytes(data), open: () => decodeBase64(data) });
	}
	const { fileSize } = await helpers.getBinaryMetadata(id);
	return await identifyFile({
		fileName,
		mimeType,
		sizeBytes: fileSize,
		async *open() {
			for await (const chunk of await helpers.getBinaryStream(id)) yield toBytes(chunk);
		},
	});
}

function nameOf({ fileName, fileExtension = '' }: IBinaryData): string {
	const name = fileName?.trim() || 'file';
	return extensionOf(name) === '' && fileExtension !== '' ? `${name}.${fileExtension}` : name;
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
