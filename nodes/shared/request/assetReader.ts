import { outcomeOf } from '../outcome';
import type { Asset } from '../vocabulary';
import { maxConcurrentRequests, type ProviderConnection, withOwnSignal } from './connection';
import { findAssets } from './findAssets';
import { assetNotFound, readAsset } from './readAsset';

/** Reads assets that many items cite, each of them once. */
export interface AssetReader {
	/** To be called for all assets before the first one is read, so that they can be asked for together. */
	announce(assetIds: Iterable<string>): void;
	/** @throws ProviderError with reason `notFound`, or SeedanceError if the provider cannot be asked */
	read(connection: ProviderConnection, assetId: string): Promise<Asset>;
}

export function assetReader(): AssetReader {
	const announced = new Set<string>();
	const assets = new Map<string, Promise<Asset>>();
	let listed: ReturnType<typeof readFromList> | undefined;
	const readOnce = async (connection: ProviderConnection, assetId: string) => {
		listed ??= readFromList(connection, announced);
		const { found, isComplete } = await listed;
		const asset = found.get(assetId);
		if (asset) return asset;
		const isAbsent = isComplete && announced.has(assetId);
		return isAbsent ? assetNotFound(connection.provider, assetId) : await readAsset(withOwnSignal(connection), assetId);
	};
	return {
		announce(assetIds) {
			for (const assetId of assetIds) announced.add(assetId);
		},
		async read(connection, assetId) {
			const asset = assets.get(assetId) ?? readOnce(connection, assetId);
			assets.set(assetId, asset);
			return await asset;
		},
	};
}

/**
 * By page where that takes fewer requests than one for each asset, or where there is no other way.
 * @returns `isComplete` if an asset that was announced and is not found does not exist
 */
async function readFromList(
	connection: ProviderConnection,
	assetIds: ReadonlySet<string>,
): Promise<{ found: ReadonlyMap<string, Asset>; isComplete: boolean }> {
	const { get } = connection.provider.assets;
	if (!get) return { found: await findAssets(connection, assetIds), isComplete: true };
	// So many are asked for at once, and each tells more of itself than the list.
	if (assetIds.size <= maxConcurrentRequests) return { found: new Map(), isComplete: false };
	const listed = await outcomeOf(findAssets(connection, assetIds, (missing) => missing - 1));
	const found = listed.ok ? listed.value : new Map<string, Asset>();
	// What is not ready may have become so, and a list may not say why an asset has failed.
	const active = [...found].filter(([, { status }]) => status === 'active');
	return { found: new Map(active), isComplete: false };
}
