import { AssetFailedError, AssetNotActiveError, SeedanceError } from '../errors';
import type { ProviderConnection } from '../request/connection';
import { readAsset } from '../request/readAsset';
import { outcomeOf } from '../outcome';
import type { Asset } from '../vocabulary';
import { automaticAssetIntervalMs } from './intervals';
import { isTransientOrNew, pollUntil } from './pollUntil';

/**
 * Waits until an asset can be cited.
 * @throws AssetFailedError if the provider rejects the file; AssetNotActiveError when the time is
 *         up, the execution is cancelled or the checks fail; both carry the asset ID
 */
export async function waitForAsset(
	connection: ProviderConnection,
	assetId: string,
	{ timeoutMs, isNew }: { timeoutMs: number; isNew: boolean },
): Promise<Asset> {
	const { provider, clock, signal } = connection;
	const wait = await outcomeOf(
		pollUntil(
			() => readAsset(connection, assetId),
			({ status }) => status === 'active' || status === 'failed',
			{
				clock,
				signal,
				timeoutMs,
				nextIntervalMs: automaticAssetIntervalMs,
				checkAtOnce: !isNew,
				// Also if it is not new here: the node before may have created it.
				isTransient: isTransientOrNew,
			},
		),
	);
	const { displayName } = provider;
	if (wait.ok) {
		const { settled, value: asset } = wait.value;
		if (settled && asset.status === 'active') return asset;
		if (settled) {
			throw new AssetFailedError(
				displayName,
				assetId,
				asset.failure ?? { reason: 'provider', message: 'the provider gave no reason' },
			);
		}
		const seconds = Math.round(timeoutMs / 1000);
		throw new AssetNotActiveError(displayName, assetId, `is not Active after ${seconds} s`, 'timeout');
	}
	if (signal?.aborted) {
		throw new AssetNotActiveError(
			displayName,
			assetId,
			'was not Active yet when the wait for it was cancelled',
			'cancelled',
		);
	}
	const { error } = wait;
	if (!isNew && error instanceof SeedanceError) throw error.with({ assetId });
	throw new AssetNotActiveError(
		displayName,
		assetId,
		`could not be checked: ${error instanceof Error ? error.message : String(error)}`,
		error instanceof SeedanceError ? error.details.reason : 'unknown',
		error instanceof SeedanceError ? error.details.description : undefined,
	);
}
