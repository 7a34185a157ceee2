import { InputError } from '../../shared/errors';
import { binaryFile } from '../../shared/media/binaryFile';
import { detectMediaType } from '../../shared/media/formats';
import type { Session } from '../../shared/node/operation';
import { isObject, readObject, readString } from '../../shared/providers/read';
import type { GenerationMode, MediaType, ReferenceRole } from '../../shared/vocabulary';
import { assetIdOf, mediaLabels, mediaTypes } from '../../shared/vocabulary';
import { frameParameterNames, frames, referenceLists, referenceNames } from './references.fields';

/** Where one reference comes from, before it is a URL. */
export interface Source {
	label: string;
	mediaType: MediaType;
	role: ReferenceRole;
	kind: string;
	asset: string;
	binaryPropertyName: string;
	/** The input item that has the binary field. */
	itemIndex: number;
	dataUri: string;
	url: string;
	/** To be made into an asset first. */
	isNewAsset: boolean;
}

/**
 * One source for each file that the fields of a mode name, in the user's order. An entry can stand for
 * several files: binary fields, those of all input items, or a list.
 * @throws InputError if such an entry names none
 */
export async function readSources(session: Session, mode: GenerationMode): Promise<Source[]> {
	return [...frameSources(session, mode), ...(await listSources(session, mode))];
}

function frameSources({ parameters, itemIndex }: Session, mode: GenerationMode): Source[] {
	const used = (['firstFrame', 'lastFrame'] as const).filter((frame) =>
		frames[frame].modes.some((frameMode) => frameMode === mode),
	);
	return used.map((frame) => {
		const names = frameParameterNames(frame);
		const kind = parameters.text(names.source);
		const textIf = (wanted: boolean, name: string) => (wanted ? parameters.text(name) : '');
		return {
			label: frames[frame].label,
			mediaType: 'image',
			role: frame,
			kind,
			asset: kind === 'asset' ? parameters.locator(names.asset) : '',
			binaryPropertyName: textIf(isBinary(kind), names.binary),
			itemIndex,
			dataUri: textIf(kind === 'dataUri', names.dataUri),
			url: textIf(kind === 'url', names.url),
			isNewAsset: kind !== 'asset' && parameters.boolean(names.newAsset),
		};
	});
}

async function listSources(session: Session, mode: GenerationMode): Promise<Source[]> {
	const { parameters, itemIndex } = session;
	const used = mediaTypes.filter((type) =>
		referenceLists[type].modes.some((listMode) => listMode === mode),
	);
	const lists = used.map(async (mediaType) => {
		const { name, entry } = referenceLists[mediaType];
		const entries = parameters.entries(name, entry).map(async (fields, index): Promise<Source[]> => {
			const kind = fields.text(referenceNames.source) ?? 'asset';
			const source: Source = {
				label: `${mediaLabels[mediaType]} ${index + 1}`,
				mediaType,
				role: 'reference',
				kind,
				asset: fields.locator(referenceNames.asset),
				binaryPropertyName: fields.textOrEmpty(referenceNames.binary) ?? 'data',
				itemIndex,
				dataUri: fields.text(referenceNames.dataUri) ?? '',
				url: fields.text(referenceNames.url) ?? '',
				isNewAsset: kind !== 'asset' && (fields.boolean(referenceNames.newAsset) ?? false),
			};
			if (kind === 'list') return expandList(source, fields.value(referenceNames.list));
			return isBinary(kind) ? await expandBinary(session, source) : [source];
		});
		const sources = (await Promise.all(entries)).flat();
		return sources.map((source, index) => ({ ...source, label: `${mediaLabels[mediaType]} ${index + 1}` }));
	});
	return (await Promise.all(lists)).flat();
}

const isBinary = (kind: string) => kind === 'binary' || kind === 'signedLink';

export const usesAllItems = (parameters: Session['parameters']) =>
	parameters.collection('options').boolean('useAllItems') ?? false;

/**
 * Names with commas between them; an asterisk stands for anything, in fields whose file is of the media type
 * by its content or, where that is not known, by what it is said to be.
 */
async function expandBinary(session: Session, source: Source): Promise<Source[]> {
	const { context, parameters } = session;
	const { label, mediaType } = source;
	const names = source.binaryPropertyName.split(',').map((name) => name.trim());
	const items = context.getInputData();
	const indexes = usesAllItems(parameters) ? [...items.keys()] : [source.itemIndex];
	const found: Source[] = [];
	for (const itemIndex of indexes) {
		for (const name of names) {
			const fields = name.includes('*') ? matching(Object.keys(items[itemIndex]?.binary ?? {}), name) : [name];
			for (const binaryPropertyName of fields) {
				const isWanted = !name.includes('*') || (await isOfType(session, mediaType, itemIndex, binaryPropertyName));
				if (isWanted) found.push({ ...source, itemIndex, binaryPropertyName });
			}
		}
	}
	if (found.length > 0) return found;
	const allowed = `at least one binary field with a file of type ${mediaType}`;
	throw new InputError([{ field: label, allowed, given: source.binaryPropertyName }]);
}

function matching(fields: readonly string[], pattern: string): string[] {
	const [start = '', ...ends] = pattern.split('*');
	return fields.filter((field) => field.startsWith(start) && field.endsWith(ends.at(-1) ?? '')).sort(byNumber.compare);
}

async function isOfType({ context }: Session, mediaType: MediaType, itemIndex: number, fieldName: string): Promise<boolean> {
	const { mimeType, fileName } = await binaryFile(context, itemIndex, fieldName, fieldName);
	return detectMediaType(mimeType, fileName) === mediaType;
}

/** data_2 comes before data_10. */
const byNumber = new Intl.Collator('en', { numeric: true });

/** An array, JSON, or text with one entry a line or commas between them. */
function expandList(source: Source, given: unknown): Source[] {
	const found = toList(given).flatMap((entry): Source[] => {
		const url = (readString(entry) ?? '').trim();
		if (url === '') return [];
		const asset = assetIdOf(url);
		if (asset !== undefined) return [{ ...source, kind: 'asset', asset, isNewAsset: false }];
		if (/^data:/i.test(url)) return [{ ...source, kind: 'dataUri', dataUri: url }];
		return [{ ...source, kind: 'url', url }];
	});
	if (found.length > 0) return found;
	const allowed = 'URLs or asset:// and IDs: an array, or text with one a line';
	throw new InputError([{ field: source.label, allowed, given: '(empty)' }]);
}

function toList(given: unknown): unknown[] {
	if (Array.isArray(given)) return given.map((entry: unknown) => (isObject(entry) ? addressOf(entry) : entry));
	const text = (readString(given) ?? '').trim();
	const parsed = text.startsWith('[') ? parseJson(text) : undefined;
	if (Array.isArray(parsed)) return toList(parsed);
	// A comma inside a URL or a data URI divides nothing.
	return text.split(/[\r\n]+|,\s+|,(?=https?:|asset:|data:)/i);
}

/** The items of other nodes, as `{{ $input.all().map(...) }}` often leaves them. */
const addressOf = (entry: unknown) => {
	const { assetUri, url } = readObject(entry);
	return assetUri ?? url;
};

function parseJson(text: string): unknown {
	try {
		const value: unknown = JSON.parse(text);
		return value;
	} catch {
		return undefined;
	}
}
