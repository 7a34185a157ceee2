import { InputError } from '../../shared/errors';
import { binaryFile } from '../../shared/media/binaryFile';
import { normalizeDataUri, toDataUri } from '../../shared/media/dataUri';
import { detectMediaType } from '../../shared/media/formats';
import type { Session } from '../../shared/node/operation';
import type { FileSource, UrlForm } from '../../shared/providers/adapter';
import type {
	GenerationMode,
	MediaReference,
	MediaType,
	ReferenceRole,
} from '../../shared/vocabulary';
import { assetUri, mediaTypes } from '../../shared/vocabulary';
import { mediaLabels } from '../../shared/checks/checkVideoTaskInput';
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

/** Puts the files into the references, as data URIs. */
export async function inlineFiles(
	references: readonly PlannedReference[],
): Promise<MediaReference[]> {
	return await Promise.all(
		references.map(async ({ file, ...reference }) =>
			file ? { ...reference, url: await toDataUri(file) } : reference,
		),
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
): Promise<Pick<PlannedReference, 'url' | 'file'>> {
	const { label, mediaType } = source;
	const { urlForms } = session.provider.video;
	const accepts = (form: UrlForm) => urlForms[mediaType].includes(form);
	switch (source.kind) {
		case 'binary': {
			if (!accepts('dataUri')) throw needsAsset(session, source, 'a binary file');
			const { context, itemIndex } = session;
			const file = await binaryFile(context, itemIndex, source.binaryPropertyName, label);
			const found = detectMediaType(file.mimeType, file.fileName);
			if (found !== mediaType) {
				const given = `${file.fileName} of type ${file.mimeType}`;
				throw new InputError([{ field: label, allowed: `a file of type ${mediaType}`, given }]);
			}
			return { url: `data:${file.mimeType};base64,`, file };
		}
		case 'dataUri': {
			if (!accepts('dataUri')) throw needsAsset(session, source, 'a data URI');
			const dataUri = normalizeDataUri(source.dataUri);
			if (dataUri) return { url: dataUri };
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

function needsAsset({ provider }: Session, { label, mediaType }: Source, given: string): InputError {
	return new InputError([
		{
			field: label,
			allowed: `${provider.displayName} takes a ${mediaType} only as a URL or an asset: upload the file with the Seedance Asset node and cite that`,
			given,
		},
	]);
}
