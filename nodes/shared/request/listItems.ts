import type { Endpoint, Page, PageQuery } from '../providers/adapter';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';

export const maxPageSize = 100;
/** Ends a list whose server ignores where the next page begins. */
const maxPages = 1_000;

/** A paged list, asked for page by page as it is needed; the last page is cut to the limit. */
export async function* listPages<Query, Item>(
	connection: ProviderConnection,
	endpoint: Endpoint<Query & PageQuery, Page<Item>>,
	query: Query,
	limit = Infinity,
): AsyncGenerator<Page<Item>, void> {
	const pageSize = Math.min(limit, maxPageSize);
	let cursor: string | undefined;
	let seen = 0;
	for (let pageNumber = 1; pageNumber <= maxPages; pageNumber++) {
		const page = await callProvider(connection, endpoint, { ...query, pageNumber, cursor, pageSize });
		yield { ...page, items: page.items.slice(0, limit - seen) };
		seen += page.items.length;
		if (seen >= limit || isLastPage(page, pageSize, seen)) return;
		cursor = page.nextCursor ?? undefined;
	}
}

/** @param seen how many items there were up to the end of this page */
export function isLastPage<Item>(
	{ items, totalCount, nextCursor }: Page<Item>,
	pageSize: number,
	seen: number,
): boolean {
	if (nextCursor !== undefined) return nextCursor === null;
	if (items.length === 0) return true;
	return totalCount === undefined ? items.length < pageSize : seen >= totalCount;
}

/** All items of a paged list, asked for page by page as they are needed. */
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
