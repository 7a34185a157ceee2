import { outcomeOf } from '../outcome';
import type { AssetQuery, Page, PageQuery } from '../providers/adapter';
import type { Asset } from '../vocabulary';
import { callProvider } from './callProvider';
import { type ProviderConnection, withOwnSignal } from './connection';
import { listItems, maxPageSize, refusesToListAll } from './listItems';

/**
 * Searches the list of assets for several at once, as far as that is needed to find them. Further pages are
 * asked for at the same time where the first one tells how many there are. What is not found is searched once more
 * without the filter that is sent by default.
 * @param maxFurtherPages gives the search up after the first page if there are more, or nobody knows how many
 * @returns those that are in the list, by their IDs; none where a provider has no list
 */
export async function findAssets(
	connection: ProviderConnection,
	assetIds: Iterable<string>,
	maxFurtherPages: (missing: number) => number = () => Infinity,
): Promise<ReadonlyMap<string, Asset>> {
	const { list, filters, get } = connection.provider.assets;
	const missing = new Set(assetIds);
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
		const furtherPages = countFurtherPages(await readPage(1));
		if (missing.size === 0 || (furtherPages ?? Infinity) > maxFurtherPages(missing.size)) return;
		if (furtherPages !== undefined) {
			await Promise.all(Array.from({ length: furtherPages }, async (_, index) => await readPage(index + 2)));
			return;
		}
		for await (const asset of listItems(connection, list, query)) {
			take(asset);
			if (missing.size === 0) break;
		}
	};
	// What is cited today was often cited yesterday.
	const query = filters?.includes('order') ? { order: 'lastUsed' as const } : {};
	await search(query);
	// Where each can be read by its ID, nothing is unknown yet.
	if (missing.size === 0 || get || !list.hasDefaultFilter?.(query)) return found;
	const again = await outcomeOf(search({ ...query, withoutDefaultFilter: true }));
	if (!again.ok && !refusesToListAll(again.error)) throw again.error;
	return found;
}

/** @returns undefined where the first page does not tell */
function countFurtherPages({ items, totalCount, nextCursor }: Page<Asset>): number | undefined {
	if (items.length === 0 || nextCursor === null) return 0;
	if (nextCursor !== undefined || totalCount === undefined) return undefined;
	return Math.ceil(totalCount / items.length) - 1;
}
