import type { InputProblem } from '../errors';
import { SeedanceError } from '../errors';
import type { ProviderConnection } from '../request/connection';
import { readAsset } from '../request/readAsset';
import { outcomeOf } from '../outcome';
import type { Asset, Failure, MediaReference } from '../vocabulary';
import { assetIdOf } from '../vocabulary';
import { labelOf } from './checkVideoTaskInput';

/** Assets seen Active in this run, so that many items citing one asset look it up once. */
export type ActiveAssets = Map<string, Asset>;

/**
 * Looks up every cited asset, free of charge, before the paid request.
 * @returns a problem for each asset that does not exist, is not Active or is of another media type
 * @throws SeedanceError if the look-up itself does not work
 */
export async function checkAssets(
	connection: ProviderConnection,
	references: readonly MediaReference[],
	activeAssets: ActiveAssets,
): Promise<InputProblem[]> {
	const problems: InputProblem[] = [];
	for (const reference of references) {
		const assetId = assetIdOf(reference.url);
		if (!assetId) continue;
		const field = labelOf(references, reference);
		const look = await outcomeOf(lookUp(connection, assetId, activeAssets));
		if (!look.ok) {
			if (!(look.error instanceof SeedanceError)) throw look.error;
			if (look.error.details.reason !== 'notFound') throw withWayOut(look.error);
			problems.push({
				field,
				allowed: 'an asset of this key (the option Check Assets switches this look-up off)',
				given: `${assetId}, which is unknown`,
			});
			continue;
		}
		const { status, mediaType, failure } = look.value;
		if (status !== undefined && status !== 'active') {
			problems.push({ field, ...(status === 'failed' ? hasFailed(assetId, failure) : isProcessing(assetId)) });
		} else if (mediaType !== undefined && mediaType !== reference.mediaType) {
			problems.push({
				field,
				allowed: `an asset of type ${reference.mediaType}`,
				given: `${assetId}, which is of type ${mediaType}`,
			});
		}
	}
	return problems;
}

const hasFailed = (assetId: string, failure?: Failure) => ({
	allowed: 'an asset whose status is Active; one that has failed stays so, so make a new one from a file that fits',
	given: `${assetId}, which has failed: ${failure?.message ?? 'the provider gave no reason'}`,
});

const isProcessing = (assetId: string) => ({
	allowed: 'an asset whose status is Active (the operation "Wait Until Active" waits for it)',
	given: `${assetId}, which is still processing`,
});

async function lookUp(
	connection: ProviderConnection,
	assetId: string,
	activeAssets: ActiveAssets,
): Promise<Asset> {
	const known = activeAssets.get(assetId);
	if (known) return known;
	const asset = await readAsset(connection, assetId);
	if (asset.status === 'active') activeAssets.set(assetId, asset);
	return asset;
}

function withWayOut(error: SeedanceError): SeedanceError {
	return error.with({
		description: `${error.details.description ?? ''} The look-up of assets before sending can be switched off with the option Check Assets. No generation was sent.`.trim(),
	});
}
