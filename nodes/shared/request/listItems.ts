import { SeedanceError } from '../errors';
import { outcomeOf } from '../outcome';
import type { ListEndpoint, Page, PageQuery } from '../providers/adapter';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';

export const maxPageSize = 100;
/** Ends a list whose server ignores the page number or the cursor. */
const maxPages = 1_000;

/** Yields the pages of a list, each requested when it is needed; the last page is cut to the limit. */
export async function* listPages<Query, Item>(
	connection: ProviderConnection,
	endpoint: ListEndpoint<Query, Item>,
	query: Query,
	limit = Infinity,
): AsyncGenerator<Page<Item>, void> {
	const pageSize = Math.min(limit, maxPageSize);
	let place: PageQuery | undefined = { pageNumber: 1, pageSize };
	for (let seen = 0; place && seen < limit && place.pageNumber <= maxPages; ) {
		const read: PlacedPage<Item> = await readPage(connection, endpoint, query, place);
		yield { ...read.page, items: read.page.items.slice(0, limit - seen) };
		seen += read.page.items.length;
		place = placeAfter(read, seen);
	}
}

/** A page and the query that it was requested with. */
export interface PlacedPage<Item> {
	page: Page<Item>;
	place: PageQuery;
}

/** Reads one page of a list. An empty first page is read again without the default filter. */
export async function readPage<Query, Item>(
	connection: ProviderConnection,
	endpoint: ListEndpoint<Query, Item>,
	query: Query,
	place: PageQuery,
): Promise<PlacedPage<Item>> {
	const page = await callProvider(connection, endpoint, { ...query, ...place });
	const mayBeHidden = page.items.length === 0 && place.pageNumber === 1 && !place.withoutDefaultFilter;
	if (!mayBeHidden || !endpoint.hasDefaultFilter?.(query)) return { page, place };
	const unfiltered = { ...place, withoutDefaultFilter: true };
	const again = await outcomeOf(callProvider(connection, endpoint, { ...query, ...unfiltered }));
	if (again.ok) return { page: again.value, place: unfiltered };
	if (refusesToListAll(again.error)) return { page, place };
	throw again.error;
}

/** @returns where the next page is, undefined after the last one */
export function placeAfter<Item>({ page, place }: PlacedPage<Item>, seen: number): PageQuery | undefined {
	if (isLastPage(page, place.pageSize, seen)) return undefined;
	return { ...place, pageNumber: place.pageNumber + 1, cursor: page.nextCursor ?? undefined };
}

/** Some channels refuse a list without the filter. */
export const refusesToListAll = (error: unknown) => error instanceof SeedanceError && error.details.reason === 'input';

/** @param seen how many items there were up to the end of this page */
function isLastPage<Item>(
	{ items, totalCount, nextCursor }: Page<Item>,
	pageSize: number,
	seen: number,
): boolean {
	if (nextCursor !== undefined) return nextCursor === null;
	if (items.length === 0) return true;
	return totalCount === undefined ? items.length < pageSize : seen >= totalCount;
}

/** Yields the items of a paged list, each page requested when it is needed. */
export async function* listItems<Query, Item>(
	...list: Parameters<typeof listPages<Query, Item>>
): AsyncGenerator<Item, void> {
	for await (const { items } of listPages(...list)) yield* items;
}

/** The items of a paged list up to a limit. */
export async function listAll<Query, Item>(
	...list: Parameters<typeof listPages<Query, Item>>
): Promise<Item[]> {
	const items: Item[] = [];
	for await (const item of listItems(...list)) items.push(item);
	return items;
}
