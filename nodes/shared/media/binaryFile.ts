import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { InputError } from '../errors';
import type { FileSource } from '../providers/adapter';
import { extensionOf } from './formats';
import { type IdentifiedFile, identifyFile } from './identifyFile';

/**
 * The file in a binary field of an input item, as a stream that can be opened again and again, and what its
 * first bytes show. Works in every binary mode of n8n; only the in-memory mode holds the bytes.
 * @throws InputError if the item has no such field
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
		const bytes = Buffer.from(binary.data, 'base64');
		return await identifyFile({ fileName, mimeType, sizeBytes: bytes.length, open: () => once(bytes) });
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

/** A whole file; for those that are sent inside a request. */
export async function readBytes(source: FileSource): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of source.open()) chunks.push(chunk);
	return Buffer.concat(chunks);
}

async function* once(bytes: Uint8Array) {
	yield bytes;
}

function toBytes(chunk: unknown): Uint8Array {
	return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
}
