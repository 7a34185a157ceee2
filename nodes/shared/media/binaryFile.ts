import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { InputError, type InputProblem, isMissing } from '../errors';
import { cut, listOf } from '../text';
import { base64SizeBytes, decodeBase64 } from './base64';
import type { MediaType } from '../vocabulary';
import { detectMediaType, extensionOf } from './formats';
import { type IdentifiedFile, identifyFile } from './identifyFile';

/**
 * The file in a binary field of an input item, as a stream that can be opened repeatedly, with the format that its
 * first bytes show. Works in every binary mode of n8n; only the in-memory mode holds the bytes.
 * @param label the name of the field in the editor
 * @throws InputError if the item has no such binary field
 */
export async function binaryFile(
	context: IExecuteFunctions,
	itemIndex: number,
	fieldName: string,
	label: string,
): Promise<IdentifiedFile> {
	const { helpers } = context;
	const binary = readBinary(context, itemIndex, fieldName, label);
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

/** Of one item; each is opened, and its first bytes are held in memory. */
export const maxFilesAtOnce = 10;

/** What the editor writes into a field for the name of a binary field. */
export const defaultBinaryField = 'data';

/**
 * Where to find a file when the name of its field was left as the editor wrote it: forms, Google Drive and other nodes
 * name their fields otherwise. A name that somebody chose is taken at its word.
 * @returns the only binary field of the item with a file of one of these types; undefined if the name was changed, the
 * item has such a field, or there are several or none
 */
export async function onlyFileInPlaceOf(
	fieldName: string,
	context: IExecuteFunctions,
	itemIndex: number,
	mediaTypes: readonly MediaType[],
): Promise<string | undefined> {
	const binary = context.getInputData()[itemIndex]?.binary ?? {};
	if (fieldName !== defaultBinaryField || Object.hasOwn(binary, fieldName)) return undefined;
	const fitting: string[] = [];
	for (const name of Object.keys(binary)) {
		const mediaType = await mediaTypeOfField(context, itemIndex, name);
		if (mediaType && mediaTypes.includes(mediaType)) fitting.push(name);
	}
	return fitting.length === 1 ? fitting[0] : undefined;
}

/** By the content of the file or, where that is not known, by what it is said to be. */
export async function mediaTypeOfField(
	context: IExecuteFunctions,
	itemIndex: number,
	fieldName: string,
): Promise<MediaType | undefined> {
	const { mimeType, fileName } = await binaryFile(context, itemIndex, fieldName, fieldName);
	return detectMediaType(mimeType, fileName);
}

function nameOf({ fileName, fileExtension = '' }: IBinaryData): string {
	const name = fileName?.trim() || 'file';
	return extensionOf(name) === '' && fileExtension !== '' ? `${name}.${fileExtension}` : name;
}

function readBinary(
	context: IExecuteFunctions,
	itemIndex: number,
	fieldName: string,
	label: string,
) {
	try {
		return context.helpers.assertBinaryData(itemIndex, fieldName);
	} catch {
		return missing(label, fieldName, Object.keys(context.getInputData()[itemIndex]?.binary ?? {}));
	}
}

/** @param names of the binary fields that the item has */
function missing(label: string, fieldName: string, names: readonly string[]): never {
	throw new InputError([fieldName === '' ? isMissing(label, adviceFor(names, label)) : noFile(label, fieldName, names)]);
}

const maxNames = 5;
const maxNameLength = 60;

function noFile(field: string, fieldName: string, names: readonly string[]): InputProblem {
	const has = names.length === 0 ? 'it has no file at all' : `it has ${quoted(names, 'and')}`;
	return { field, message: `The input item has no file ${quoted([fieldName], 'and')} (${field}); ${has}.`, advice: adviceFor(names, field) };
}

const adviceFor = (names: readonly string[], label: string) =>
	names.length === 0
		? 'The node before this one must pass on a file, as a form, Google Drive or HTTP Request does: its output shows it under Binary. Or choose another source.'
		: `Enter ${quoted(names, 'or')} under ${label}.`;

const quoted = (names: readonly string[], conjunction: 'and' | 'or') => {
	const shown = names.slice(0, maxNames).map((name) => JSON.stringify(cut(name, maxNameLength)));
	return names.length > maxNames ? `${shown.join(', ')} ${conjunction} another ${names.length - maxNames}` : listOf(shown, conjunction);
};

function toBytes(chunk: unknown): Uint8Array {
	return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
}
