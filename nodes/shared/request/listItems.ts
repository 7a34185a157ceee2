import type { Endpoint, Page, PageQuery } from '../providers/adapter';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';

const largestPageSize = 100;
/** Ends a list whose server ignores the page number. */
const mostPages = 1_000;

/** All items of a paged list, asked for page by page as they are needed. */
export async function* listItems<Query, Item>(
	connection: ProviderConnection,
	endpoint: Endpoint<Query & PageQuery, Page<Item>>,
	query: Query,
	limit = Infinity,
): AsyncGenerator<Item, void> {
	const pageSize = Math.min(limit, largestPageSize);
	let seen = 0;
	for (let pageNumber = 1; pageNumber <= mostPages; pageNumber++) {
		const page = await callProvider(connection, endpoint, { ...query, pageNumber, pageSize });
		for (const item of page.items) {
			yield item;
			if (++seen >= limit) return;
		}
		const isLast =
			page.totalCount === undefined ? page.items.length < pageSize : seen >= page.totalCount;
		if (isLast || page.items.length === 0) return;
	}
}

/** The items of a paged list up to a limit. */
export async function listAll<Query, Item>(
	...list: Parameters<typeof listItems<Query, Item>>
): Promise<Item[]> {
	const items: Item[] = [];
	for await (const item of listItems(...list)) items.push(item);
	return items;
}
