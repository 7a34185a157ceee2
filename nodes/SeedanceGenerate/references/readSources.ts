import { InputError, type InputProblem, isMissing } from '../../shared/errors';
import { mapWithin } from '../../shared/limiter';
import { defaultBinaryField, maxFilesAtOnce, mediaTypeOfField, onlyFileInPlaceOf } from '../../shared/media/binaryFile';
import { isDataUri } from '../../shared/media/dataUri';
import type { Session } from '../../shared/node/operation';
import { textOf, wordsFor } from '../../shared/node/fieldValue';
import type { Fields } from '../../shared/node/parameters';
import { isObject, parseJson, readObject } from '../../shared/providers/read';
import type { GenerationMode, MediaType, ReferenceRole } from '../../shared/vocabulary';
import { cut, listOf } from '../../shared/text';
import { assetIdOf, mediaLabels, mediaTypes, withArticle } from '../../shared/vocabulary';
import {
	frameParameterNames,
	frames,
	newAssetLabel,
	referenceLists,
	referenceNames,
	type SourceFieldNames,
	useAllItemsOption,
} from './references.fields';

const kinds = ['asset', 'binary', 'dataUri', 'signedLink', 'url'] as const;
/** Only in lists: several references by one expression. */
const listKinds = [...kinds, 'list'] as const;

interface Place {
	label: string;
	mediaType: MediaType;
	role: ReferenceRole;
	/** The input item that it belongs to; a binary field can be of another one. */
	itemIndex: number;
}

type Text = { kind: 'asset'; asset: string } | { kind: 'dataUri'; dataUri: string } | { kind: 'url'; url: string };
interface BinaryField {
	kind: 'binary' | 'signedLink';
	binaryPropertyName: string;
}
interface Entry extends Place {
	/** To be made into an asset first. */
	isNewAsset: boolean;
}

/** Where one reference comes from, as its fields say. */
export type Source = Entry & (Text | BinaryField);
export type BinarySource = Entry & BinaryField;

/**
 * One source for each file that the fields of a mode name, in the user's order. An entry can stand for
 * several files: binary fields, those of all input items, or a list.
 * @throws InputError if such an entry names none or has a gap, or a field holds what is none of its values
 */
export async function readSources(session: Session, mode: GenerationMode): Promise<Source[]> {
	const sources = [...frameSources(session, mode), ...(await listSources(session, mode))];
	return await mapWithin(maxFilesAtOnce, sources, async (source) => await withOnlyFile(session, source, sources));
}

/** Finds the only file that fits for an untouched Binary Field, unless that file would be cited twice. */
async function withOnlyFile({ context }: Session, source: Source, sources: readonly Source[]): Promise<Source> {
	if (!isBinary(source)) return source;
	const { itemIndex, mediaType, binaryPropertyName } = source;
	const found = await onlyFileInPlaceOf(binaryPropertyName, context, itemIndex, [mediaType]);
	if (found === undefined) return source;
	const isCitedTwice = sources.some(
		(other) =>
			other !== source &&
			isBinary(other) &&
			other.mediaType === mediaType &&
			other.itemIndex === itemIndex &&
			[binaryPropertyName, found].includes(other.binaryPropertyName),
	);
	return isCitedTwice ? source : { ...source, binaryPropertyName: found };
}

function frameSources({ parameters, itemIndex }: Session, mode: GenerationMode): Source[] {
	const used = (['firstFrame', 'lastFrame'] as const).filter((frame) =>
		frames[frame].modes.some((frameMode) => frameMode === mode),
	);
	return used.map((frame) => {
		const { label } = frames[frame];
		const place = { label, mediaType: 'image', role: frame, itemIndex } as const;
		const names = frameParameterNames(frame);
		const chosen = parameters.choice(names.source, `${label} Source`, kinds) ?? 'binary';
		return readSource(parameters, names, chosen, place);
	});
}

async function listSources(session: Session, mode: GenerationMode): Promise<Source[]> {
	const { parameters, itemIndex } = session;
	const used = mediaTypes.filter((type) =>
		referenceLists[type].modes.some((listMode) => listMode === mode),
	);
	const lists = used.map(async (mediaType) => {
		const { name, entry } = referenceLists[mediaType];
		const entries = parameters.entries(name, entry, mediaLabels[mediaType]);
		const expanded = entries.map(async (fields, index): Promise<Source[]> => {
			const label = `${mediaLabels[mediaType]} ${index + 1}`;
			const place = { label, mediaType, role: 'reference', itemIndex } as const;
			const chosen = fields.choice(referenceNames.source, `${label} Source`, listKinds) ?? 'binary';
			if (chosen === 'list') {
				const isNewAsset = readNewAsset(fields, referenceNames, place);
				return expandList({ ...place, isNewAsset }, fields.value(referenceNames.list));
			}
			const source = readSource(fields, referenceNames, chosen, place);
			return isBinary(source) ? await expandBinary(session, source) : [source];
		});
		const sources = (await Promise.all(expanded)).flat();
		return sources.map((source, index) => ({ ...source, label: `${mediaLabels[mediaType]} ${index + 1}` }));
	});
	return (await Promise.all(lists)).flat();
}

function readSource(fields: Fields, names: SourceFieldNames, chosen: (typeof kinds)[number], place: Place): Source {
	const label = (name: string) => `${place.label} ${name}`;
	const read = (): Text | BinaryField => {
		switch (chosen) {
			case 'asset':
				return { kind: 'asset', asset: fields.locator(names.asset, label('Asset')) };
			case 'dataUri':
				return { kind: 'dataUri', dataUri: fields.text(names.dataUri, label('Data URI')) ?? '' };
			case 'url':
				return sourceOf(fields.text(names.url, label('URL')) ?? '');
			default:
				return { kind: chosen, binaryPropertyName: fields.textOrEmpty(names.binary, label('Binary Field')) ?? defaultBinaryField };
		}
	};
	return { ...place, ...read(), isNewAsset: chosen !== 'asset' && readNewAsset(fields, names, place) };
}

function readNewAsset(fields: Fields, names: SourceFieldNames, { role, label }: Place): boolean {
	const name = role === 'reference' ? `${label} ${newAssetLabel()}` : newAssetLabel(label);
	return fields.boolean(names.newAsset, name) ?? false;
}

/** An asset or a file as text is one in the place of a URL, too. */
function sourceOf(text: string): Text {
	const asset = assetIdOf(text);
	if (asset !== undefined) return { kind: 'asset', asset };
	return isDataUri(text) ? { kind: 'dataUri', dataUri: text } : { kind: 'url', url: text };
}

const isBinary = (source: Source): source is BinarySource => source.kind === 'binary' || source.kind === 'signedLink';

export const usesAllItems = (parameters: Session['parameters']) =>
	parameters.collection('options', 'Options').boolean('useAllItems', useAllItemsOption.displayName) ?? false;

/** Names with commas between them; an asterisk stands for anything, in fields whose file is of the media type. */
async function expandBinary(session: Session, source: BinarySource): Promise<Source[]> {
	const { context, parameters } = session;
	const { mediaType } = source;
	const names = source.binaryPropertyName.split(',').map((name) => name.trim());
	const items = context.getInputData();
	const indexes = usesAllItems(parameters) ? [...items.keys()] : [source.itemIndex];
	const found: BinarySource[] = [];
	for (const itemIndex of indexes) {
		for (const name of names) {
			const fields = name.includes('*') ? matching(Object.keys(items[itemIndex]?.binary ?? {}), name) : [name];
			for (const binaryPropertyName of fields) {
				const isWanted =
					!name.includes('*') || (await mediaTypeOfField(context, itemIndex, binaryPropertyName)) === mediaType;
				if (isWanted) found.push({ ...source, itemIndex, binaryPropertyName });
			}
		}
	}
	if (found.length > 0) return found;
	throw new InputError([noMatch(session, source, indexes)]);
}

/** @param indexes of the input items that were searched */
function noMatch({ context }: Session, { label, mediaType, binaryPropertyName }: BinarySource, indexes: readonly number[]): InputProblem {
	const items = context.getInputData();
	const names = [...new Set(indexes.flatMap((index) => Object.keys(items[index]?.binary ?? {})))];
	const has = names.length === 0 ? 'there is no file at all' : `there is ${cut(listOf(names), maxShownNames)}`;
	return {
		field: label,
		message: `No file of the input fits ${JSON.stringify(cut(binaryPropertyName, maxShownNames))} and is ${withArticle(mediaType)} (${label}); ${has}.`,
		advice: 'Correct the name or the pattern, or check the node that the files come from.',
	};
}

const maxShownNames = 100;

function matching(fields: readonly string[], pattern: string): string[] {
	const [start = '', ...pieces] = pattern.split('*');
	const end = pieces.pop() ?? '';
	const fits = (field: string) => {
		let at = start.length;
		for (const piece of pieces) {
			const found = field.indexOf(piece, at);
			if (found < 0) return false;
			at = found + piece.length;
		}
		return field.startsWith(start) && field.endsWith(end) && at + end.length <= field.length;
	};
	return fields.filter(fits).sort(byNumber.compare);
}

/** data_2 comes before data_10. */
const byNumber = new Intl.Collator('en', { numeric: true });

/**
 * An array, JSON, or text with one entry a line or commas between them.
 * @throws InputError for an entry without an address: the prompt cites pictures by their number, and all that
 * come after a gap would be others
 */
function expandList(place: Entry, given: unknown): Source[] {
	const label = `${place.label} List`;
	const entries = toList(given, label);
	return entries.map((entry, index) => {
		const url = addressIn(entry);
		if (url === undefined) throw gap(label, entry, `entry ${index + 1} of ${entries.length}`);
		return { ...place, ...sourceOf(url) };
	});
}

function gap(field: string, entry: unknown, place: string): InputError {
	const isEmpty = entry === undefined || entry === null || (typeof entry === 'string' && entry.trim() === '');
	const message = `Each entry of ${field} must have an address; ${place} is ${isEmpty ? 'empty' : wordsFor(entry)}.`;
	return new InputError([
		{ field, message, advice: 'Correct the expression, or filter the list before: the Prompt cites the entries by their number.' },
	]);
}

/** @throws InputError if there is none */
function toList(given: unknown, label: string): readonly unknown[] {
	const list = isObject(given) ? [given] : Array.isArray(given) ? given : splitText(textOf(given, label) ?? '');
	if (list.length > 0) return list;
	const advice = 'Give URLs, or asset:// and IDs: an array, or text with one a line.';
	throw new InputError([isMissing(label, advice)]);
}

function splitText(text: string): readonly unknown[] {
	const parsed = text.trim().startsWith('[') ? parseJson(text) : undefined;
	if (Array.isArray(parsed)) return parsed;
	const lines = text.trimEnd().split(/\r\n|\r|\n/);
	return text.trim() === '' ? [] : lines.flatMap(splitLine);
}

/** A comma inside a URL or a data URI divides nothing; one at the end of a line only repeats what the line says. */
function splitLine(line: string): string[] {
	const entries = line.split(/,(?=[\s,]|$|https?:|asset:|data:)/i);
	return entries.length > 1 && entries.at(-1)?.trim() === '' ? entries.slice(0, -1) : entries;
}

/** @param entry a text, or an item of another node, as `{{ $input.all().map(...) }}` often leaves them */
function addressIn(entry: unknown): string | undefined {
	const { assetUri, url } = readObject(entry);
	const texts = isObject(entry) ? [assetUri, url] : [entry];
	return texts.flatMap((text) => (typeof text === 'string' && text.trim()) || []).at(0);
}
