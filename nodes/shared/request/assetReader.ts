import { limiter } from '../limiter';
import { outcomeOf } from '../outcome';
import { readObject } from '../providers/read';
import type { Asset } from '../vocabulary';
import { maxConcurrentRequests, type ProviderConnection, withOwnSignal } from './connection';
import { findAssets } from './findAssets';
import { assetNotFound, readAsset } from './readAsset';

/** Reads the assets that the items of a run cite, each of them once. */
export interface AssetReader {
	/** Call this for all assets before the first `read`, so that one list request can cover several of them. */
	announce(assetIds: Iterable<string>): void;
	/** @throws ProviderError with reason `notFound`, or SeedanceError if the request fails */
	read(connection: ProviderConnection, assetId: string): Promise<Asset>;
}

/**
 * Reads of single assets are free and short, and keep the first paid request waiting: 100 items that cite three assets
 * each take six rounds. No document of a provider has a limit for them; the provider's own 429 is obeyed.
 */
const maxConcurrentReads = 50;

/**
 * A connection for many small reads at once. As soon as the provider says that these are too many, no more are in
 * flight than of any other requests.
 */
function forManyReads(): (connection: ProviderConnection) => ProviderConnection {
	const inFlight = limiter(maxConcurrentReads);
	let areTooMany = false;
	return (connection) => ({
		...withOwnSignal(connection),
		inFlight: async (work) => await inFlight(async () => await (areTooMany ? connection.inFlight(work) : work())),
		async send(options) {
			const answer = await connection.send(options);
			areTooMany ||= readObject(answer).statusCode === tooManyRequests;
			return answer;
		},
	});
}

const tooManyRequests = 429;

/** @returns a reader that keeps every result, failures included, for as long as it is referenced */
export function assetReader(): AssetReader {
	const announced = new Set<string>();
	const assets = new Map<string, Promise<Asset>>();
	const wide = forManyReads();
	let listed: ReturnType<typeof readFromList> | undefined;
	const readOnce = async (connection: ProviderConnection, assetId: string) => {
		listed ??= readFromList(connection, announced);
		const { found, isComplete } = await listed;
		const asset = found.get(assetId);
		if (asset) return asset;
		const isAbsent = isComplete && announced.has(assetId);
		return isAbsent ? assetNotFound(connection.provider, assetId) : await readAsset(wide(connection), assetId);
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
 * Reads assets from the provider's list where that takes fewer requests than reading each by its ID, or where the
 * provider has no request for a single asset.
 * @returns `isComplete` if an announced asset that is not in `found` does not exist
 */
async function readFromList(
	connection: ProviderConnection,
	assetIds: ReadonlySet<string>,
): Promise<{ found: ReadonlyMap<string, Asset>; isComplete: boolean }> {
	const { get } = connection.provider.assets;
	if (!get) return { found: await findAssets(connection, assetIds), isComplete: true };
	// These few fit into one round of parallel requests, and a single asset has more details than its list entry.
	if (assetIds.size <= maxConcurrentRequests) return { found: new Map(), isComplete: false };
	const listed = await outcomeOf(findAssets(connection, assetIds, (missing) => missing - 1));
	const found = listed.ok ? listed.value : new Map<string, Asset>();
	// Others are read by ID: one may have become active since, and a list may not say why an asset failed.
	const active = [...found].filter(([, { status }]) => status === 'active');
	return { found: new Map(active), isComplete: false };
}
