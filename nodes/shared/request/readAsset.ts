import { ProviderError } from '../errors';
import type { Asset } from '../vocabulary';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';
import { findItem } from './listItems';

/**
 * Reads one asset; where a provider documents no such call, by looking through its list.
 * @throws ProviderError with reason `notFound`
 */
export async function readAsset(connection: ProviderConnection, assetId: string): Promise<Asset> {
	const { assets, displayName } = connection.provider;
	if (assets.get) return await callProvider(connection, assets.get, { assetId });
	if (assets.list) {
		const found = await findItem(connection, assets.list, {}, ({ id }) => id === assetId);
		if (found) return found;
	}
	throw new ProviderError(`${displayName} has no asset ${assetId}`, {
		reason: 'notFound',
		description: 'Check the asset ID. A key sees only the assets that were created with it.',
		providerName: displayName,
		assetId,
	});
}
