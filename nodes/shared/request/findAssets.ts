import { requireNoProblems } from '../errors';
import { outcomeOf } from '../outcome';
import type { AssetQuery, Page, PageQuery } from '../providers/adapter';
import type { Asset } from '../vocabulary';
import { callProvider } from './callProvider';
import { type ProviderConnection, withOwnSignal } from './connection';
import { listItems, maxPageSize, refusesToListAll } from './listItems';
import { strangerProblem } from './testIds';

/**
 * Searches the list of assets for several IDs, and stops when all are found. The remaining pages are read in
 * parallel if the first one says how many there are. Assets that are not found are searched again without the
 * default filter.
 * @param maxRemainingPages the search ends after the first page if more pages remain than this, or an unknown number
 * @returns the assets that are in the list, by ID; none where a provider has no list
 */
export async function findAssets(
	connection: ProviderConnection,
	assetIds: Iterable<string>,
	maxRemainingPages: (missing: number) => number = () => Infinity,
): Promise<ReadonlyMap<string, Asset>> {
	const { list, filters, get } = connection.provider.assets;
	const missing = new Set(assetIds);
	// A list would only say that it does not have them.
	requireNoProblems([...missing].flatMap((assetId) => strangerProblem(connection, 'asset', assetId) ?? []));
	const found = new Map<string, Asset>();
	if (!list) return found;
	const take = (asset: Asset) => {
		if (missing.delete(asset.id)) found.set(asset.id, asset);
	};
	const search = async (query: AssetQuery & Pick<PageQuery, 'withoutDefaultFilter'>) => {
		const readPage = async (pageNumber: number) => {
			const page = await callProvider(withOwnSignal(connection), list, { ...query, pageNumber, pageSize: maxPageSize });
			page.items.forEach(take);
			return page;
		};
		const remainingPages = countRemainingPages(await readPage(1));
		if (missing.size === 0 || (remainingPages ?? Infinity) > maxRemainingPages(missing.size)) return;
		if (remainingPages !== undefined) {
			await Promise.all(Array.from({ length: remainingPages }, async (_, index) => await readPage(index + 2)));
			return;
		}
		for await (const asset of listItems(connection, list, query)) {
			take(asset);
			if (missing.size === 0) break;
		}
	};
	// Assets that are cited again were used lately, so this order finds them early.
	const query = filters?.includes('order') ? { order: 'lastUsed' as const } : {};
	await search(query);
	// Where assets can be read by ID, that finds the rest.
	if (missing.size === 0 || get || !list.hasDefaultFilter?.(query)) return found;
	const again = await outcomeOf(search({ ...query, withoutDefaultFilter: true }));
	if (!again.ok && !refusesToListAll(again.error)) throw again.error;
	return found;
}

/** @returns undefined if the first page does not say */
function countRemainingPages({ items, totalCount, nextCursor }: Page<Asset>): number | undefined {
	if (items.length === 0 || nextCursor === null) return 0;
	if (nextCursor !== undefined || totalCount === undefined) return undefined;
	return Math.ceil(totalCount / items.length) - 1;
}
