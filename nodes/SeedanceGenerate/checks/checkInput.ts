import { checkAssets, citedAssetIds } from '../../shared/checks/checkAssets';
import { checkFiles, type GivenMedium } from '../../shared/checks/checkFiles';
import { checkUrls } from '../../shared/checks/checkUrls';
import { checkVideoTaskInput, labelOf } from '../../shared/checks/checkVideoTaskInput';
import { headerReader } from '../../shared/download/fetchHeaders';
import { type InputProblem, requireNoProblems } from '../../shared/errors';
import { checkFilesOption, checkUrlsOption } from '../../shared/node/fields';
import { warnOfUncheckedFiles } from '../../shared/node/hints';
import { perRun, type Session } from '../../shared/node/operation';
import { providers } from '../../shared/providers';
import { findVideoModel, type ProviderAdapter, type VideoModel, videoLimits } from '../../shared/providers/adapter';
import { urlRulesFor } from '../../shared/publicUrl';
import { assetReader } from '../../shared/request/assetReader';
import { canReadAssets } from '../../shared/request/connection';
import { strangerProblem } from '../../shared/request/testIds';
import type { PlannedReference } from '../references/planReferences';
import type { PlannedInput } from '../submission/fingerprint';
import { checkModelOwner } from './checkModelOwner';
import { checkModelRegion } from './checkModelRegion';
import { checkAssetsOption } from './checks.fields';

/**
 * Checks what a generation is about to send, free of charge: at once all that needs no server but the list of models,
 * and later, for all items at the same time, what needs requests.
 * @returns the check that needs requests; it throws an InputError, too
 * @throws InputError naming every field that breaks a documented rule
 */
export async function checkInput(session: Session, input: PlannedInput): Promise<() => Promise<void>> {
	const { provider, parameters } = session;
	const options = parameters.collection('options', 'Options');
	const model = findVideoModel(provider, input.model);
	const media = givenMedia(input.references, provider, model);

	const files = (options.boolean('checkFiles', checkFilesOption.displayName) ?? true)
		? await checkFiles(provider, media, model && videoLimits(provider, model))
		: { problems: [], unknown: [] };
	warnOfUncheckedFiles(session, files.unknown);
	requireNoProblems([
		...(await checkModelOwner(session, input)),
		...checkModelRegion(session, model),
		...checkVideoTaskInput(provider, input, providers),
		...strangersAmong(session, input.references),
		...files.problems,
	]);

	const checksUrls = options.boolean('checkUrls', checkUrlsOption.displayName) ?? false;
	const checksAssets = options.boolean('checkAssets', checkAssetsOption.displayName) ?? true;
	// A credential with the key for generations alone can cite assets, but not read them.
	const cited = checksAssets && canReadAssets(session.connection) ? input.references : [];
	// Of all items before the first one is read, so that one list can cover them.
	assetsOf(session).announce(citedAssetIds(cited));
	return async () => await checkOnline(session, checksUrls ? media : [], cited);
}

/** Assets of Test Mode for a live provider, or the other way round; also where Check Assets is off. */
function strangersAmong({ connection }: Session, references: readonly PlannedReference[]): InputProblem[] {
	return references.flatMap((reference) => {
		const { medium } = reference;
		const isAsset = medium.kind === 'asset';
		return (isAsset && strangerProblem(connection, 'asset', medium.assetId, labelOf(references, reference))) || [];
	});
}

async function checkOnline(
	session: Session,
	media: readonly GivenMedium[],
	cited: readonly PlannedReference[],
): Promise<void> {
	const { provider, connection } = session;
	const [ofUrls, ofAssets] = await Promise.all([
		checkUrls(provider, media, async (url) => await headersOf(session)(url, connection.signal)),
		checkAssets(cited, async (assetId) => await assetsOf(session).read(connection, assetId)),
	]);
	requireNoProblems([...ofUrls, ...ofAssets]);
}

const assetsOf = perRun(assetReader);
const headersOf = perRun(({ context, connection }) => headerReader(context, urlRulesFor(connection)));

const givenMedia = (
	references: readonly PlannedReference[],
	{ mediaLimits }: ProviderAdapter,
	model: VideoModel | undefined,
): GivenMedium[] =>
	references.map((reference) => ({
		field: labelOf(references, reference),
		mediaType: reference.mediaType,
		medium: reference.medium,
		limits: limitsOf(reference, mediaLimits, model)?.[reference.mediaType],
	}));

/** The limits of assets are the same for all models; those of an unknown model's other references are unknown. */
function limitsOf({ by }: PlannedReference, ofAssets: ProviderAdapter['mediaLimits'], model: VideoModel | undefined) {
	if (by === 'newAsset') return ofAssets;
	return model && (model.mediaLimits ?? ofAssets);
}
