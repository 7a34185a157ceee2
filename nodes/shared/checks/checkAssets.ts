import type { InputProblem } from '../errors';
import { noReason, SeedanceError } from '../errors';
import { outcomeOf } from '../outcome';
import { withFullStop } from '../text';
import { type Asset, type Failure, type MediaReference, type MediaType, withArticle } from '../vocabulary';
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
			problems.push(isUnknown(field, assetId));
			continue;
		}
		const { status, mediaType, failure } = lookUp.value;
		if (status !== undefined && status !== 'active') {
			problems.push(status === 'failed' ? hasFailed(field, assetId, failure) : isProcessing(field, assetId));
		} else if (mediaType !== undefined && mediaType !== reference.mediaType) {
			problems.push(isOtherMedium(field, assetId, reference.mediaType, mediaType));
		}
	}
	return problems;
}

const isUnknown = (field: string, assetId: string): InputProblem => ({
	field,
	message: `The asset ${assetId} (${field}) is not known to this API key.`,
	advice: 'Check its ID and the credential. If both are right, switch the option Check Assets off.',
});

const hasFailed = (field: string, assetId: string, failure?: Failure): InputProblem => ({
	field,
	message: `The asset ${assetId} (${field}) has failed: ${withFullStop(failure?.message ?? noReason)}`,
	advice: 'It stays so: make a new asset from a file that fits.',
});

const isProcessing = (field: string, assetId: string): InputProblem => ({
	field,
	message: `The asset ${assetId} (${field}) is still processing; it must be Active.`,
	advice: 'Wait for it with the operation "Wait Until Active".',
});

const isOtherMedium = (field: string, assetId: string, wanted: MediaType, found: MediaType): InputProblem => ({
	field,
	message: `The asset ${assetId} (${field}) must be ${withArticle(wanted)}; it is ${withArticle(found)}.`,
	advice: 'Choose another asset, or cite it where it belongs.',
});

function withWayOut(error: SeedanceError): SeedanceError {
	return error.with({
		description: `${error.details.description ?? ''} This look-up of assets can be switched off with the option Check Assets. No new video was started.`.trim(),
	});
}
