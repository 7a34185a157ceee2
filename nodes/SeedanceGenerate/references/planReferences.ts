import { checkAssetSource } from '../../shared/checks/checkAssetSource';
import { checkContent } from '../../shared/checks/checkContent';
import { checkUpload } from '../../shared/checks/checkUpload';
import { InputError, mustBe, requireNoProblems, type InputProblem } from '../../shared/errors';
import { binaryFile } from '../../shared/media/binaryFile';
import { readDataUri } from '../../shared/media/dataUri';
import type { IdentifiedFile } from '../../shared/media/identifyFile';
import type { Session } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import { type FileSource, requireId } from '../../shared/providers/adapter';
import { looksLikeHttp, requirePublicUrl, urlRulesFor } from '../../shared/publicUrl';
import { signedLink } from './signedLink';
import type { GenerationMode, MediaReference } from '../../shared/vocabulary';
import { cut } from '../../shared/text';
import { assetIdOf, assetUri, withArticle } from '../../shared/vocabulary';
import { readSources, type Source } from './readSources';

/** A reference whose file is read only when it is sent, so that many items do not fill the memory. */
export interface PlannedReference extends MediaReference {
	file?: FileSource;
	/**
	 * What happens to it before the paid request, which `url` cannot tell yet: the file is put on the
	 * provider's short-lived storage, or gets a link of n8n, or becomes an asset.
	 */
	by?: 'hosted' | 'signedLink' | 'newAsset';
	/** Where n8n keeps the file of a signed link. */
	binary?: Pick<Source, 'itemIndex' | 'binaryPropertyName' | 'label'>;
	/** What the asset is made of, if that is no file. */
	assetUrl?: string;
	/** The group of the asset. */
	groupId?: string;
}

type Place = Omit<PlannedReference, 'mediaType' | 'role'>;

/**
 * The media that the fields of a mode cite, in the user's order. Fields of other modes are not read.
 * @throws InputError naming every entry whose file is missing or of the wrong type, or whose address is unusable
 */
export async function readReferences(
	session: Session,
	mode: GenerationMode,
): Promise<PlannedReference[]> {
	const plans = await Promise.all(
		(await readSources(session, mode)).map(async (source) => await outcomeOf(plan(session, source))),
	);
	const problems: InputProblem[] = [];
	for (const planned of plans) {
		if (planned.ok) continue;
		if (!(planned.error instanceof InputError)) throw planned.error;
		problems.push(...planned.error.problems);
	}
	requireNoProblems(problems);
	return plans.flatMap((planned) => (planned.ok ? planned.value : []));
}

async function plan(session: Session, source: Source): Promise<PlannedReference> {
	return { mediaType: source.mediaType, role: source.role, ...(await locate(session, source)) };
}

async function locate(session: Session, source: Source): Promise<Place> {
	const { label } = source;
	switch (source.kind) {
		case 'binary':
			return planFile(session, source, await readFile(session, source), 'a binary file');
		case 'signedLink':
			return await planLink(session, source);
		case 'dataUri': {
			const found = await readDataUri(source.dataUri);
			if (found) return planDataUri(session, source, found.dataUri, found.file);
			throw new InputError([mustBe(label, 'a data URI or base64 text of a known format', cut(source.dataUri, 40))]);
		}
		case 'asset': {
			if (source.asset !== '') return { url: assetUri(requireId(source.asset, label)) };
			throw new InputError([noAsset(label)]);
		}
		default: {
			const asset = assetIdOf(source.url);
			if (asset !== undefined) return { url: assetUri(requireId(asset, label)) };
			// What is no address at all is told with what the provider takes.
			if (!looksLikeHttp(source.url)) return { url: source.url };
			const url = requirePublicUrl(source.url, label, urlRulesFor(session.connection));
			return source.isNewAsset ? planAsset(session, source, url) : { url };
		}
	}
}

async function readFile(
	{ context }: Session,
	{ itemIndex, binaryPropertyName, label, mediaType }: Source,
): Promise<FileSource> {
	const file = await binaryFile(context, itemIndex, binaryPropertyName, label);
	requireNoProblems(checkContent(file, mediaType, label));
	return file;
}

/** Inside the request if the provider takes that, else by its short-lived storage. */
function planFile(session: Session, source: Source, file: FileSource, given: string): Place {
	if (source.isNewAsset) return planAsset(session, source, file);
	const { provider } = session;
	const { mediaType, label } = source;
	if (provider.video.urlForms[mediaType].includes('dataUri')) {
		return { url: `data:${file.mimeType};base64,`, file };
	}
	if (!provider.uploads) throw needsAsset(session, source, given);
	requireNoProblems(checkUpload(provider, file, mediaType, label));
	return { url: placeholder(file), file, by: 'hosted' };
}

function planDataUri(session: Session, source: Source, dataUri: string, file: IdentifiedFile): Place {
	requireNoProblems(checkContent(file, source.mediaType, source.label));
	const isTaken = session.provider.video.urlForms[source.mediaType].includes('dataUri');
	return isTaken && !source.isNewAsset
		? { url: dataUri }
		: planFile(session, source, file, 'a data URI');
}

/** The link itself comes later: it is another one each time, but the request has to stay the same. */
async function planLink(session: Session, source: Source): Promise<Place> {
	const { itemIndex, binaryPropertyName, label } = source;
	const file = await readFile(session, source);
	const { context, connection } = session;
	signedLink(context, connection, context.helpers.assertBinaryData(itemIndex, binaryPropertyName), label);
	const binary = { itemIndex, binaryPropertyName, label };
	return { url: placeholder(file), file, by: 'signedLink', binary };
}

/** @throws InputError if the provider cannot make an asset of it, or the group is missing */
function planAsset({ provider, parameters }: Session, source: Source, medium: FileSource | string): Place {
	const { label, mediaType } = source;
	const needsGroup = provider.assets.newAssetFields.includes('groupId');
	const groupId = needsGroup ? parameters.collection('options', 'Options').id('assetGroupId', 'Asset Group') : undefined;
	requireNoProblems([
		...checkAssetSource(provider, medium, mediaType, label),
		...(needsGroup && groupId === undefined
			? [noGroup(provider, label)]
			: []),
	]);
	const content = typeof medium === 'string' ? { assetUrl: medium } : { file: medium };
	return { url: assetUri('new'), ...content, by: 'newAsset', groupId };
}

/** Keeps the place of a file until it has a URL of its own; half a character cannot be encoded. */
const placeholder = ({ fileName }: FileSource) =>
	`https://upload.invalid/${encodeURIComponent(fileName.replace(/\p{Cs}/gu, '_'))}`;

function needsAsset({ provider }: Session, { label, mediaType }: Source, found: string): InputError {
	const allowed = `a URL or an asset, as ${provider.displayName} takes ${withArticle(mediaType)} in no other way`;
	const advice = 'Switch on Upload as Asset, or upload the file with the Seedance Asset node and cite that.';
	return new InputError([mustBe(label, allowed, found, advice)]);
}

const noAsset = (field: string): InputProblem => ({
	field,
	message: `${field} has the source Asset, but no asset is chosen.`,
	advice: 'Choose an asset, or another source, such as Binary File or URL.',
});

const noGroup = ({ displayName }: Session['provider'], label: string): InputProblem => ({
	field: 'Asset Group',
	message: `${label} is to become an asset, and ${displayName} keeps assets in groups; no Asset Group is chosen.`,
	advice: 'Add the option Asset Group. The Seedance Asset Group node makes a group.',
});
