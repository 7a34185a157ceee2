import type { InputProblem } from '../errors';
import { noReason, SeedanceError } from '../errors';
import { outcomeOf } from '../outcome';
import type { Asset, Failure, MediaReference } from '../vocabulary';
import { labelOf } from './checkVideoTaskInput';

/** The assets that some references cite. */
export const citedAssetIds = (references: readonly MediaReference[]): string[] =>
	references.flatMap(({ medium }) => (medium.kind === 'asset' ? medium.assetId : []));

/**
 * Looks up every cited asset, free of charge, before the paid request.
 * @returns a problem for each asset that does not exist, is not Active or is of another media type
 * @throws SeedanceError if the look-up itself does not work
 */
export async function checkAssets(
	references: readonly MediaReference[],
	read: (assetId: string) => Promise<Asset>,
): Promise<InputProblem[]> {
	const outcomes = await Promise.all(
		references.map(async (reference) => {
			const { medium } = reference;
			if (medium.kind !== 'asset') return undefined;
			return { reference, assetId: medium.assetId, lookUp: await outcomeOf(read(medium.assetId)) };
		}),
	);
	const problems: InputProblem[] = [];
	for (const outcome of outcomes) {
		if (!outcome) continue;
		const { reference, assetId, lookUp } = outcome;
		const field = labelOf(references, reference);
		if (!lookUp.ok) {
			if (!(lookUp.error instanceof SeedanceError)) throw lookUp.error;
			if (lookUp.error.details.reason !== 'notFound') throw withWayOut(lookUp.error);
			problems.push({
				field,
				allowed: 'an asset of this key (the option Check Assets switches this look-up off)',
				given: `${assetId}, which is unknown`,
			});
			continue;
		}
		const { status, mediaType, failure } = lookUp.value;
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
	given: `${assetId}, which has failed: ${failure?.message ?? noReason}`,
});

const isProcessing = (assetId: string) => ({
	allowed: 'an asset whose status is Active (the operation "Wait Until Active" waits for it)',
	given: `${assetId}, which is still processing`,
});

function withWayOut(error: SeedanceError): SeedanceError {
	return error.with({
		description: `${error.details.description ?? ''} The look-up of assets before sending can be switched off with the option Check Assets. No generation was sent.`.trim(),
	});
}
