import { ProviderError } from '../errors';
import type { ProviderAdapter } from '../providers/adapter';
import type { Asset } from '../vocabulary';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';
import { findAssets } from './findAssets';

/**
 * Reads one asset by its ID; searches the list where a provider documents no such request.
 * @throws ProviderError with reason `notFound`
 */
export async function readAsset(connection: ProviderConnection, assetId: string): Promise<Asset> {
	const { assets } = connection.provider;
	if (assets.get) return await callProvider(connection, assets.get, { assetId });
	const found = await findAssets(connection, [assetId]);
	return found.get(assetId) ?? assetNotFound(connection.provider, assetId);
}

/** @throws ProviderError with reason `notFound` */
export function assetNotFound({ displayName }: ProviderAdapter, assetId: string): never {
	throw new ProviderError(`${displayName} has no asset ${assetId}`, {
		reason: 'notFound',
		description: 'Check the asset ID. A key sees only the assets that were created with it.',
		providerName: displayName,
		assetId,
	});
}
