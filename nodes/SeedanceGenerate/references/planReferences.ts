import { checkAssetSource } from '../../shared/checks/checkAssetSource';
import { checkContent } from '../../shared/checks/checkContent';
import { checkUpload } from '../../shared/checks/checkUpload';
import { InputError, mustBe, requireNoProblems, type InputProblem } from '../../shared/errors';
import { mapWithin } from '../../shared/limiter';
import { binaryFile, maxFilesAtOnce } from '../../shared/media/binaryFile';
import { type DataUri, readDataUri } from '../../shared/media/dataUri';
import type { Session } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import { requireId } from '../../shared/providers/adapter';
import { looksLikeHttp, requirePublicUrl, urlRulesFor } from '../../shared/publicUrl';
import {
	type AssetMedium,
	type FileSource,
	type GenerationMode,
	type MediaReference,
	type Medium,
	withArticle,
} from '../../shared/vocabulary';
import { cut } from '../../shared/text';
import { signedLink } from './signedLink';
import { type BinarySource, readSources, type Source } from './readSources';

type FileMedium = Extract<Medium, { kind: 'file' }>;

/** How a medium gets into the generation; no file is read before that, so that many items do not fill the memory. */
type Way =
	| { by: 'asGiven'; medium: Medium }
	| { by: 'upload'; medium: FileMedium }
	/** With the place where n8n keeps the file. */
	| { by: 'signedLink'; medium: FileMedium; binary: Pick<BinarySource, 'itemIndex' | 'binaryPropertyName' | 'label'> }
	| { by: 'newAsset'; medium: AssetMedium; groupId?: string };

export type PlannedReference = Pick<MediaReference, 'mediaType' | 'role'> & Way;

/**
 * The media that the fields of a mode cite, in the user's order. Fields of other modes are not read.
 * @throws InputError naming every entry whose file is missing or of the wrong type, or whose address is unusable
 */
export async function planReferences(
	session: Session,
	mode: GenerationMode,
): Promise<PlannedReference[]> {
	const sources = await readSources(session, mode);
	const plans = await mapWithin(maxFilesAtOnce, sources, async (source) => await outcomeOf(plan(session, source)));
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

async function locate(session: Session, source: Source): Promise<Way> {
	const { label } = source;
	switch (source.kind) {
		case 'binary':
			return planFile(session, source, await readFile(session, source), 'a binary file');
		case 'signedLink':
			return await planLink(session, source);
		case 'dataUri': {
			const found = await readDataUri(source.dataUri);
			if (found) return planDataUri(session, source, found);
			throw new InputError([mustBe(label, 'a data URI or base64 text of a known format', cut(source.dataUri, 40))]);
		}
		case 'asset': {
			if (source.asset === '') throw new InputError([noAsset(label)]);
			return { by: 'asGiven', medium: { kind: 'asset', assetId: requireId(source.asset, label) } };
		}
		case 'url': {
			// What is no address at all is told with what the provider takes.
			if (!looksLikeHttp(source.url)) return { by: 'asGiven', medium: { kind: 'unknown', text: source.url } };
			const url = requirePublicUrl(source.url, label, urlRulesFor(session.connection));
			const medium = { kind: 'url', url } as const;
			return source.isNewAsset ? planAsset(session, source, medium) : { by: 'asGiven', medium };
		}
	}
}

async function readFile(
	{ context }: Session,
	{ itemIndex, binaryPropertyName, label, mediaType }: BinarySource,
): Promise<FileSource> {
	const file = await binaryFile(context, itemIndex, binaryPropertyName, label);
	requireNoProblems(checkContent(file, mediaType, label));
	return file;
}

/** Inside the request if the provider takes that, else by its short-lived storage. */
function planFile(session: Session, source: Source, file: FileSource, given: string): Way {
	const medium = { kind: 'file', file } as const;
	if (source.isNewAsset) return planAsset(session, source, medium);
	const { provider } = session;
	const { mediaType, label } = source;
	if (provider.video.urlForms[mediaType].includes('dataUri')) return { by: 'asGiven', medium };
	if (!provider.uploads) throw needsAsset(session, source, given);
	requireNoProblems(checkUpload(provider, file, mediaType, label));
	return { by: 'upload', medium };
}

function planDataUri(session: Session, source: Source, medium: DataUri): Way {
	requireNoProblems(checkContent(medium.file, source.mediaType, source.label));
	const isTaken = session.provider.video.urlForms[source.mediaType].includes('dataUri');
	return isTaken && !source.isNewAsset
		? { by: 'asGiven', medium }
		: planFile(session, source, medium.file, 'a data URI');
}

/** The link itself comes later: it is another one each time, but the request has to stay the same. */
async function planLink(session: Session, source: BinarySource): Promise<Way> {
	const { itemIndex, binaryPropertyName, label } = source;
	const file = await readFile(session, source);
	const { context, connection } = session;
	signedLink(context, connection, context.helpers.assertBinaryData(itemIndex, binaryPropertyName), label);
	const binary = { itemIndex, binaryPropertyName, label };
	return { by: 'signedLink', medium: { kind: 'file', file }, binary };
}

/** @throws InputError if the provider cannot make an asset of it, or the group is missing */
function planAsset({ provider, parameters }: Session, source: Source, medium: AssetMedium): Way {
	const { label, mediaType } = source;
	const needsGroup = provider.assets.newAssetFields.includes('groupId');
	const groupId = needsGroup ? parameters.collection('options', 'Options').id('assetGroupId', 'Asset Group') : undefined;
	requireNoProblems([
		...checkAssetSource(provider, medium, mediaType, label),
		...(needsGroup && groupId === undefined
			? [noGroup(provider, label)]
			: []),
	]);
	return { by: 'newAsset', medium, groupId };
}

function needsAsset({ provider }: Session, { label, mediaType }: Source, found: string): InputError {
	const allowed = `a URL or an asset, as ${provider.displayName} takes ${withArticle(mediaType)} in no other way`;
	const advice = 'Switch on Upload as Asset, or upload the file with the Seedance Asset Library node and cite that.';
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
