import {
	assetId,
	callPiapi,
	getAsset,
	host,
	listAssets,
	names,
	refusal,
	taskId,
	uploadAsset,
} from './piapiSupport';
import { at, clip, closeAll, picture, stage, textAt, type Stage } from './support';

// Media are made and measured here, which a busy machine does slowly.
jest.setTimeout(30_000);
afterEach(closeAll);

const daySeconds = 24 * 60 * 60;
const url = 'https://example.com/media/char%20one.png?size=2';
const remove = async (on: Stage, id: string, key?: string) =>
	await callPiapi(on, `/api/v1/asset/${id}`, { method: 'DELETE', key });

describe('an upload to PiAPI', () => {
	it('is accepted with 202, without an envelope, and is free', async () => {
		const on = await stage();
		const answer = await uploadAsset(on);
		expect(answer.statusCode).toBe(202);
		expect(answer.json).toEqual({
			asset_id: expect.stringMatching(/^asset-20260427160000-[a-z0-9]{5}$/),
			status: 'Processing',
			upload_at: '2026-04-27T16:00:00Z',
			expires_at: '2026-04-30T16:00:00Z',
		});
		expect(on.simulator.ledger).toEqual([]);
	});

	it('is Processing, then Active, and called as its file', async () => {
		const on = await stage();
		const id = await assetId(on, { url });
		expect((await getAsset(on, id)).json).toMatchObject({ status: 'Processing' });
		on.pass(6);
		expect((await getAsset(on, id)).json).toEqual({
			asset_id: id,
			name: 'char one.png',
			asset_type: 'Image',
			status: 'Active',
			url,
			last_used_at: '2026-04-27T16:00:06Z',
			expires_at: '2026-04-30T16:00:06Z',
			created_at: '2026-04-27T16:00:00Z',
		});
	});

	it.each([
		['Image', { url: 'https://example.com/a.HEIC' }],
		['Image', { url: 'https://example.com/a.tiff' }],
		['Video', { url: 'https://example.com/a.mov' }],
		['Audio', { url: 'https://example.com/a.mp3?b=c.png' }],
		['Video', { url: 'https://example.com/clip', asset_type: 'Video' }],
	])('has the type %s for %j', async (type, body) => {
		const on = await stage();
		const answer = await getAsset(on, await assetId(on, { ...body, name: 'mine' }));
		expect(answer.json).toMatchObject({ asset_type: type, name: 'mine' });
	});

	it.each<[string, object, string]>([
		['no URL', { url: undefined }, "invalid request: 'url' is required"],
		['an empty URL', { url: '' }, "invalid request: 'url' is required"],
		['a data URI', { url: 'data:image/png;base64,AAAA' }, "invalid request: 'url' must be a public URL"],
		['another extension', { url: 'https://example.com/a.mkv' }, 'unsupported asset_type: mkv'],
		['no extension', { url: 'https://example.com/a' }, 'unsupported asset_type: unknown'],
		['another type', { asset_type: 'image' }, 'unsupported asset_type: image'],
		['a name that is no text', { name: 1 }, "invalid request: 'name' must be a string"],
		['an unknown field', { group: 'x' }, "invalid request: unknown field 'group'"],
	])('is refused with 400 for %s', async (_, body, message) => {
		const on = await stage();
		expect(await uploadAsset(on, body)).toMatchObject(refusal(400, message));
		expect((await listAssets(on)).json).toMatchObject({ total: 0 });
	});

	it('is refused when the quota is full, and Failed ones do not count', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails' } });
		const ids: string[] = [];
		for (let index = 0; index < 50; index += 1) ids.push(await assetId(on));
		const full = refusal(400, 'quota exceeded: plan hobbyist allows 50 assets, currently 50');
		expect(await uploadAsset(on)).toMatchObject(full);
		expect(await uploadAsset(on, {}, on.simulator.otherApiKey)).toMatchObject({ statusCode: 202 });
		on.pass(6);
		expect((await listAssets(on)).json).toMatchObject({ total: 50, quota: { used: 49, limit: 50, ttl_days: 3 } });
		expect(await uploadAsset(on)).toMatchObject({ statusCode: 202 });
		expect(await uploadAsset(on)).toMatchObject(full);
		await remove(on, ids[7] ?? '');
		expect(await uploadAsset(on)).toMatchObject({ statusCode: 202 });
	});
});

describe('a file at PiAPI', () => {
	const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');

	it.each([
		['a picture', () => picture('640x480'), 'a.png'],
		['1080p', () => clip('1920x1080', 2), 'a.mp4'],
	])('becomes Active: %s', async (_, bytes, fileName) => {
		const on = await stage();
		const id = await assetId(on, { url: await host(on, fileName, bytes()) });
		on.pass(6);
		const { json } = await getAsset(on, id);
		expect(json).toMatchObject({ status: 'Active' });
		expect(json).not.toHaveProperty('error');
	});

	it.each<[string, () => Buffer, object, object]>([
		[
			'HEIF, in the words of the document',
			() => heic,
			{},
			{ code: 'ImageFormatNotSupported', message: 'Image format heif is not supported by current version' },
		],
		['a small picture', () => picture('200x200'), {}, { code: 'InvalidParameter.ImageSize' }],
		['a picture as a clip', () => picture('640x480'), { asset_type: 'Video' }, { code: 'InvalidParameter.UnsupportedFormat' }],
	])('becomes Failed: %s', async (_, bytes, body, error) => {
		const on = await stage();
		const id = await assetId(on, { url: await host(on, 'a.png', bytes()), ...body });
		on.pass(5);
		expect((await getAsset(on, id)).json).not.toHaveProperty('error');
		on.pass(1);
		expect(await getAsset(on, id)).toMatchObject({ statusCode: 200, json: { asset_id: id, status: 'Failed', error } });
	});

	it('becomes Failed when it cannot be fetched, or a fault says so', async () => {
		const on = await stage();
		const error = { code: 'X', message: 'Why' };
		const missing = await assetId(on, { url: 'http://127.0.0.1:1/a.png' });
		on.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails', ...error } });
		const faulty = await assetId(on);
		on.pass(6);
		expect((await getAsset(on, missing)).json).toMatchObject({ status: 'Failed', error: { code: 'InvalidParameter.URL' } });
		expect((await getAsset(on, faulty)).json).toMatchObject({ status: 'Failed', error });
	});
});

describe('the asset list of PiAPI', () => {
	async function filled(): Promise<Stage> {
		const on = await stage();
		for (const name of ['a', 'b', 'c']) {
			if (name === 'b') on.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails' } });
			await assetId(on, { name });
			on.pass(3);
		}
		return on;
	}

	it('begins with the latest use, and has the quota', async () => {
		const on = await filled();
		const answer = await listAssets(on);
		expect(names(answer)).toEqual(['c', 'b', 'a']);
		expect(answer.json).toMatchObject({ total: 3, page: 1, size: 20, quota: { used: 2, limit: 50, ttl_days: 3 } });
		expect(at(answer.json, 'items', 1, 'error')).toEqual({ code: 'MultipleFaces', message: expect.any(String) });
	});

	it.each([
		['?status=active', ['a']],
		['?status=failed', ['b']],
		['?status=active,processing', ['c', 'a']],
		['?order=created_at', ['a', 'b', 'c']],
		['?order=-created_at', ['c', 'b', 'a']],
		['?order=expires_at', ['a', 'b', 'c']],
		['?size=2', ['c', 'b']],
		['?size=2&page=2', ['a']],
		['?size=100&page=2', []],
	])('is filtered, sorted and paged by %s', async (query, expected) => {
		expect(names(await listAssets(await filled(), query))).toEqual(expected);
	});

	it.each([
		['?size=101', /'size' must be an integer between 1 and 100/],
		['?size=0', /'size'/],
		['?page=x', /'page'/],
		['?status=Active', /'status' must be a subset of active,processing,failed/],
		['?order=name', /'order' must be one of/],
	])('refuses %s', async (query, message) => {
		expect(await listAssets(await stage(), query)).toMatchObject(refusal(400, message));
	});

	it('counts as use of what is on the page', async () => {
		const on = await filled();
		on.pass(1);
		await listAssets(on, '?size=1&page=3');
		expect(names(await listAssets(on))).toEqual(['a', 'c', 'b']);
	});

	it('is of this account only', async () => {
		const on = await filled();
		expect((await listAssets(on, '', on.simulator.otherApiKey)).json).toMatchObject({ items: [], total: 0, quota: { used: 0 } });
	});
});

describe('an asset of PiAPI', () => {
	it('can be deleted, once, with an empty answer', async () => {
		const on = await stage();
		const id = await assetId(on);
		const answer = await remove(on, id);
		expect(answer).toMatchObject({ statusCode: 204, text: '' });
		expect(answer.headers).not.toHaveProperty('content-length');
		expect(await remove(on, id)).toMatchObject(refusal(404, 'asset not found'));
		expect(await getAsset(on, id)).toMatchObject(refusal(404, 'asset not found'));
	});

	it('is not to be touched by another account', async () => {
		const on = await stage();
		const id = await assetId(on);
		const foreign = refusal(403, 'asset not owned by this account');
		expect(await getAsset(on, id, on.simulator.otherApiKey)).toMatchObject(foreign);
		expect(await remove(on, id, on.simulator.otherApiKey)).toMatchObject(foreign);
		expect(await getAsset(on, id)).toMatchObject({ statusCode: 200 });
	});

	it('is purged when idle for the days of the plan', async () => {
		const on = await stage({ timeScale: 10 });
		const id = await assetId(on);
		on.pass(3 * daySeconds - 1);
		expect(await getAsset(on, id)).toMatchObject({ statusCode: 200 });
		on.pass(3 * daySeconds - 1);
		expect((await listAssets(on)).json).toMatchObject({ total: 1 });
		on.pass(3 * daySeconds);
		expect(await getAsset(on, id)).toMatchObject(refusal(404, 'asset not found'));
		expect((await listAssets(on)).json).toMatchObject({ total: 0, quota: { used: 0 } });
	});

	it('is kept by being cited', async () => {
		const on = await stage();
		const id = await assetId(on);
		on.pass(2 * daySeconds);
		const input = { image_urls: [`asset://${id}`] };
		await taskId(on, input, { taskType: 'seedance-2-less-restriction' });
		on.pass(2 * daySeconds);
		expect(await getAsset(on, id)).toMatchObject({ statusCode: 200 });
	});
});

describe('the plan of PiAPI', () => {
	it.each([
		['hobbyist', 50, 3],
		['developer', 200, 7],
		['premium', 500, 15],
		['enterprise', 1000, 15],
	] as const)('%s has %i assets for %i days', async (plan, limit, ttl_days) => {
		const on = await stage({ piapi: { plan } });
		expect((await listAssets(on)).json).toMatchObject({ quota: { used: 0, limit, ttl_days } });
		const days = Date.parse(textAt((await uploadAsset(on)).json, 'expires_at')) - on.nowMs();
		expect(days).toBe(ttl_days * daySeconds * 1000);
		expect((await callPiapi(on, '/account/info')).json).toMatchObject({ data: { plan } });
	});

	it('free has no assets at all, but tasks', async () => {
		const on = await stage({ piapi: { plan: 'free' } });
		const answers = [await uploadAsset(on), await listAssets(on), await getAsset(on, 'x'), await remove(on, 'x')];
		for (const answer of answers) expect(answer).toMatchObject(refusal(403, /plan >= hobbyist/));
		expect(await taskId(on)).toMatch(/^[0-9a-f-]{36}$/);
	});
});
