import { CapacityQueue } from '../../nodes/shared/request/capacityQueue';
import { systemClock } from '../../nodes/shared/clock';
import { limiter } from '../../nodes/shared/limiter';
import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { alad } from '../../nodes/shared/providers/alad';
import { anyfast } from '../../nodes/shared/providers/anyfast';
import { assetReader } from '../../nodes/shared/request/assetReader';
import type { ProviderConnection } from '../../nodes/shared/request/connection';
import { isObject } from '../../simulator/json';

/** An account with this many assets, which records the requests that it gets. */
function connectTo(provider: ProviderAdapter, stored: number, { hasList = true, hasTotal = true } = {}) {
	const requests: string[] = [];
	const asset = (id: string) => ({ Id: id, AssetType: 'Image', Status: 'Active' });
	const answer = (url: string, body: Readonly<Record<string, unknown>>) => {
		if (!url.endsWith('ListAssets')) {
			const id = String(body.Id);
			const isThere = Number(id.slice(1)) < stored;
			requests.push(`get ${id}`);
			return isThere
				? { statusCode: 200, body: asset(id) }
				: { statusCode: 404, body: { error: { code: 'NotFound.asset_id', message: 'The asset is not found' } } };
		}
		const page = Number(body.PageNumber);
		const isFiltered = isObject(body.Filter) && 'GroupType' in body.Filter;
		requests.push(isFiltered ? `page ${page}` : `page ${page} of all types`);
		if (!hasList) return { statusCode: 400, body: { error: { message: 'no list for this key' } } };
		const ids = Array.from({ length: stored }, (_, index) => `a${index}`).slice((page - 1) * 100, page * 100);
		return { statusCode: 200, body: { Items: ids.map(asset), ...(hasTotal && { TotalCount: stored }) } };
	};
	const connection: ProviderConnection = {
		provider,
		baseUrl: 'https://api.example.com',
		uploadBaseUrl: 'https://api.example.com',
		apiKey: 'key',
		secrets: [],
		clock: systemClock,
		inFlight: limiter(10),
		capacityQueue: new CapacityQueue(),
		async send({ url, body }) {
			return await Promise.resolve({ headers: {}, ...answer(url, isObject(body) ? body : {}) });
		},
	};
	const read = async (assetIds: string[]) => {
		const reader = assetReader();
		reader.announce(assetIds);
		const reads = await Promise.allSettled(assetIds.map(async (id) => await reader.read(connection, id)));
		return reads.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.id : 'none'));
	};
	return { read, requests };
}

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `a${from + index}`);
const pages = (count: number) => Array.from({ length: count }, (_, index) => `page ${index + 1}`);

describe('Assets that many items cite', () => {
	it('are requested once each, without the list, if they fit into one round of requests', async () => {
		const { read, requests } = connectTo(anyfast, 1_000);
		expect(await read([...ids(0, 10), ...ids(0, 10)])).toEqual([...ids(0, 10), ...ids(0, 10)]);
		expect(requests).toEqual(ids(0, 10).map((id) => `get ${id}`));
	});

	it('are read from the pages of the list if those are fewer', async () => {
		const { read, requests } = connectTo(anyfast, 1_000);
		expect(await read(ids(300, 600))).toEqual(ids(300, 600));
		expect(requests).toEqual(pages(10));
	});

	it('are requested one by one if the list has more pages than there are assets to find', async () => {
		const { read, requests } = connectTo(anyfast, 5_000);
		expect(await read(ids(4_000, 4_030))).toEqual(ids(4_000, 4_030));
		expect(requests).toEqual(['page 1', ...ids(4_000, 4_030).map((id) => `get ${id}`)]);
	});

	it('are requested one by one if the list cannot be read, or does not say how long it is', async () => {
		for (const options of [{ hasList: false }, { hasTotal: false }]) {
			const { read, requests } = connectTo(anyfast, 5_000, options);
			expect(await read(ids(4_000, 4_030))).toEqual(ids(4_000, 4_030));
			expect(requests).toHaveLength(31);
		}
	});

	it('are requested by ID if the list does not have them, before they count as unknown', async () => {
		const { read, requests } = connectTo(anyfast, 20);
		expect(await read(ids(0, 21))).toEqual([...ids(0, 20), 'none']);
		expect(requests).toEqual(['page 1', 'get a20']);
	});

	it.each([
		['that says how long it is', true],
		['that does not say how long it is', false],
	])('are all found in one pass over a list %s, if they cannot be requested by ID', async (_what, hasTotal) => {
		const { read, requests } = connectTo(alad, 450, { hasTotal });
		expect(await read(['a10', 'a449', 'a450', 'a451'])).toEqual(['a10', 'a449', 'none', 'none']);
		// An asset counts as unknown only if the list without the default filter does not have it either.
		expect(new Set(requests)).toEqual(new Set([...pages(5), ...pages(5).map((page) => `${page} of all types`)]));
		expect(requests.length).toBeLessThanOrEqual(2 * 6);
	});

	it('are requested one by one from a provider without a list', async () => {
		const { read, requests } = connectTo({ ...anyfast, assets: { ...anyfast.assets, list: undefined } }, 100);
		expect(await read(ids(0, 40))).toEqual(ids(0, 40));
		expect(requests).toEqual(ids(0, 40).map((id) => `get ${id}`));
	});
});
