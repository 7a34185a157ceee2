import { InputError } from '../../shared/errors';
import { binaryFile } from '../../shared/media/binaryFile';
import { fileOfDataUri, normalizeDataUri, toDataUri } from '../../shared/media/dataUri';
import { detectMediaType } from '../../shared/media/formats';
import type { Session } from '../../shared/node/operation';
import type { FileSource, ProviderAdapter } from '../../shared/providers/adapter';
import type { ProviderConnection } from '../../shared/request/connection';
import { hostFile } from '../../shared/request/hostFile';
import type {
	GenerationMode,
	MediaReference,
	MediaType,
	ReferenceRole,
} from '../../shared/vocabulary';
import { assetUri, mediaLabels, mediaTypes } from '../../shared/vocabulary';
import { checkUpload } from '../../shared/checks/checkUpload';
import { frameParameterNames, frames, referenceLists, referenceNames } from './references.fields';

/** Where one reference comes from, before it is a URL. */
interface Source {
	label: string;
	mediaType: MediaType;
	role: ReferenceRole;
	kind: string;
	asset: string;
	binaryPropertyName: string;
	dataUri: string;
	url: string;
}

/** A reference whose file is read only when it is sent, so that many items do not fill the memory. */
export interface PlannedReference extends MediaReference {
	file?: FileSource;
	/** True where the provider takes URLs only: the file is put on its short-lived storage first. */
	isHosted?: boolean;
}

/**
 * The media that the fields of a mode cite, in the user's order. Fields of other modes are not read.
 * @throws InputError naming the entry whose file is missing or of the wrong type
 */
export async function readReferences(
	session: Session,
	mode: GenerationMode,
): Promise<PlannedReference[]> {
	const sources = [...frameSources(session, mode), ...listSources(session, mode)];
	return await Promise.all(
		sources.map(async (source) => ({
			mediaType: source.mediaType,
			role: source.role,
			...(await locate(session, source)),
		})),
	);
}

/**
 * Puts files on the storage of the provider where it takes URLs only; free of charge.
 * @returns the URL of every reference
 */
export async function hostFiles(
	connection: ProviderConnection,
	references: readonly PlannedReference[],
): Promise<string[]> {
	return await Promise.all(
		references.map(async ({ url, file, isHosted }) =>
			file && isHosted ? await hostFile(connection, file) : url,
		),
	);
}

/** Puts the URLs, and the other files as data URIs, into the references. */
export async function inlineFiles(
	references: readonly PlannedReference[],
	urls: readonly string[],
): Promise<MediaReference[]> {
	return await Promise.all(
		references.map(async ({ mediaType, role, url, file, isHosted }, index) => ({
			mediaType,
			role,
			url: file && !isHosted ? await toDataUri(file) : (urls[index] ?? url),
		})),
	);
}

function frameSources({ parameters }: Session, mode: GenerationMode): Source[] {
	const used = (['firstFrame', 'lastFrame'] as const).filter((frame) =>
		frames[frame].modes.some((frameMode) => frameMode === mode),
	);
	return used.map((frame) => {
		const names = frameParameterNames(frame);
		const kind = parameters.text(names.source);
		const textIf = (wanted: string, name: string) => (kind === wanted ? parameters.text(name) : '');
		return {
			label: frames[frame].label,
			mediaType: 'image',
			role: frame,
			kind,
			asset: kind === 'asset' ? parameters.locator(names.asset) : '',
			binaryPropertyName: textIf('binary', names.binary),
			dataUri: textIf('dataUri', names.dataUri),
			url: textIf('url', names.url),
		};
	});
}

function listSources({ parameters }: Session, mode: GenerationMode): Source[] {
	const used = mediaTypes.filter((type) =>
		referenceLists[type].modes.some((listMode) => listMode === mode),
	);
	return used.flatMap((mediaType) => {
		const { name, entry } = referenceLists[mediaType];
		return parameters.entries(name, entry).map((fields, index): Source => ({
			label: `${mediaLabels[mediaType]} ${index + 1}`,
			mediaType,
			role: 'reference',
			kind: fields.text(referenceNames.source) ?? 'asset',
			asset: fields.locator(referenceNames.asset),
			binaryPropertyName: fields.textOrEmpty(referenceNames.binary) ?? 'data',
			dataUri: fields.text(referenceNames.dataUri) ?? '',
			url: fields.text(referenceNames.url) ?? '',
		}));
	});
}

async function locate(
	session: Session,
	source: Source,
): Promise<Pick<PlannedReference, 'url' | 'file' | 'isHosted'>> {
	const { label, mediaType } = source;
	const { provider } = session;
	const takesDataUri = provider.video.urlForms[mediaType].includes('dataUri');
	switch (source.kind) {
		case 'binary': {
			if (!takesDataUri && !provider.uploads) throw needsAsset(session, source, 'a binary file');
			const { context, itemIndex } = session;
			const file = await binaryFile(context, itemIndex, source.binaryPropertyName, label);
			const found = detectMediaType(file.mimeType, file.fileName);
			if (found !== mediaType) {
				const given = `${file.fileName} of type ${file.mimeType}`;
				throw new InputError([{ field: label, allowed: `a file of type ${mediaType}`, given }]);
			}
			return takesDataUri
				? { url: `data:${file.mimeType};base64,`, file }
				: planUpload(provider, file, mediaType, label);
		}
		case 'dataUri': {
			if (!takesDataUri && !provider.uploads) throw needsAsset(session, source, 'a data URI');
			const dataUri = normalizeDataUri(source.dataUri);
			if (dataUri && takesDataUri) return { url: dataUri };
			if (dataUri) return planUpload(provider, fileOfDataUri(dataUri), mediaType, label);
			const given = source.dataUri === '' ? '(empty)' : `${source.dataUri.slice(0, 40)}…`;
			throw new InputError([{ field: label, allowed: 'a data URI or base64 text', given }]);
		}
		case 'asset': {
			if (source.asset !== '') return { url: assetUri(source.asset) };
			throw new InputError([{ field: label, allowed: 'choose an asset', given: '(empty)' }]);
		}
		default:
			return { url: source.url.trim() };
	}
}

/** The placeholder keeps its place until the file has a URL of its own. */
function planUpload(
	provider: ProviderAdapter,
	file: FileSource,
	mediaType: MediaType,
	label: string,
): Pick<PlannedReference, 'url' | 'file' | 'isHosted'> {
	const problems = checkUpload(provider, file, mediaType, label);
	if (problems.length > 0) throw new InputError(problems);
	return { url: `https://upload.invalid/${encodeURIComponent(file.fileName)}`, file, isHosted: true };
}

function needsAsset({ provider }: Session, { label, mediaType }: Source, given: string): InputError {
	return new InputError([
		{
			field: label,
			allowed: `${provider.displayName} takes a ${mediaType} only as a URL or an asset: upload the file with the Seedance Asset node and cite that`,
			given,
		},
	]);
}
