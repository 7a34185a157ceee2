import { FormData } from 'undici';
import {
	activeAsset,
	at,
	call,
	clip,
	closeAll,
	createGroup,
	fetchUrl,
	picture,
	render,
	sound,
	stage,
	textAt,
	upload,
	type Stage,
} from './support';

// Media are made and measured here, which a busy machine does slowly.
jest.setTimeout(30_000);
afterEach(closeAll);

const png = picture('640x480');

const listGroups = async (on: Stage, body: object = {}, key?: string) =>
	await call(on, '/volc/asset/ListAssetGroups', { model: 'volc-asset', Filter: {}, ...body }, { key });

const listAssets = async (on: Stage, filter: object = {}, body: object = {}) => {
	const request = { model: 'volc-asset', Filter: { GroupType: 'AIGC', ...filter }, ...body };
	return await call(on, '/volc/asset/ListAssets', request);
};

const createAsset = async (on: Stage, body: object) =>
	await call(on, '/volc/asset/CreateAsset', { model: 'volc-asset', URL: 'https://example.com/a.png', ...body });

const getAsset = async (on: Stage, id: string) => await call(on, '/volc/asset/GetAsset', { Id: id });

const names = (json: unknown) => {
	const items = at(json, 'Items');
	return Array.isArray(items) ? items.map((item) => at(item, 'Name')) : [];
};

const refusal = (statusCode: number, message: string) => ({
	statusCode,
	json: { error: { message: expect.stringContaining(message) } },
});

describe('asset groups', () => {
	it('get an isolation prefix in front of their name', async () => {
		const on = await stage();
		const id = await createGroup(on, 'my-project');
		expect(id).toMatch(/^group-20260427160000-[a-z0-9]{5}$/);
		expect((await listGroups(on)).json).toEqual({
			Items: [
				{
					Id: id,
					Name: '[u-1024]-[t-77]my-project',
					GroupType: 'AIGC',
					ProjectName: 'default',
					CreateTime: '2026-04-27T16:00:00Z',
					UpdateTime: '2026-04-27T16:00:00Z',
				},
			],
			TotalCount: 1,
			PageNumber: 1,
			PageSize: 10,
		});
	});

	it('are visible to their own key only, each provider apart', async () => {
		const on = await stage();
		const id = await createGroup(on);
		const other = on.simulator.otherApiKey;
		expect((await listGroups(on, {}, other)).json).toMatchObject({ Items: [], TotalCount: 0 });
		const body = { model: 'volc-asset', GroupId: id, Name: 'x', URL: 'https://example.com/a.png' };
		expect(await call(on, '/volc/asset/CreateAsset', body, { key: other })).toMatchObject(
			refusal(404, 'NotFound.group_id'),
		);
		expect(await call(on, '/volc/asset/CreateAsset', body, { provider: 'alad' })).toMatchObject(
			refusal(404, 'NotFound.group_id'),
		);
	});

	it('are paged, newest first', async () => {
		const on = await stage();
		for (let index = 1; index <= 12; index += 1) await createGroup(on, `g${index}`);
		const first = (await listGroups(on)).json;
		expect(names(first)).toHaveLength(10);
		expect(names(first)[0]).toBe('[u-1024]-[t-77]g12');
		const second = (await listGroups(on, { PageNumber: 2, PageSize: 5 })).json;
		expect(names(second).map((name) => String(name).slice(15))).toEqual(['g7', 'g6', 'g5', 'g4', 'g3']);
		expect(second).toMatchObject({ TotalCount: 12, PageNumber: 2, PageSize: 5 });
		expect((await listGroups(on, { PageNumber: 4, PageSize: 5 })).json).toMatchObject({ Items: [], TotalCount: 12 });
		expect(await listGroups(on, { PageSize: 100 })).toMatchObject({ statusCode: 200 });
	});

	it('are found by a part of the name, or by ID', async () => {
		const on = await stage();
		const id = await createGroup(on, 'Summer campaign');
		await createGroup(on, 'Winter');
		expect(names((await listGroups(on, { Filter: { Name: 'summer' } })).json)).toEqual(['[u-1024]-[t-77]Summer campaign']);
		expect(names((await listGroups(on, { Filter: { GroupIds: [id] } })).json)).toHaveLength(1);
		expect(names((await listGroups(on, { Filter: { Name: 'spring' } })).json)).toEqual([]);
	});

	it('can be renamed and deleted with their assets on AnyFast', async () => {
		const on = await stage();
		const id = await createGroup(on, 'old');
		const assetId = await activeAsset(on, id, png);
		await call(on, '/volc/asset/UpdateAssetGroup', { model: 'volc-asset', Id: id, Name: 'new' });
		expect(names((await listGroups(on)).json)).toEqual(['[u-1024]-[t-77]new']);
		const answer = await call(on, '/volc/asset/DeleteAssetGroup', { Id: id });
		expect(answer).toMatchObject({ statusCode: 200, json: {} });
		expect(names((await listGroups(on)).json)).toEqual([]);
		expect(await getAsset(on, assetId)).toMatchObject({ statusCode: 404 });
		expect(await call(on, '/volc/asset/DeleteAssetGroup', { Id: id })).toMatchObject(refusal(404, id));
	});

	it.each<[string, string, object, string]>([
		['no name', 'CreateAssetGroup', {}, 'Name is missing'],
		['a name of 65 characters', 'CreateAssetGroup', { Name: 'x'.repeat(65) }, 'at most 64 characters'],
		['another group type', 'CreateAssetGroup', { Name: 'x', GroupType: 'LivenessFace' }, 'GroupType must be one of [AIGC]'],
		['an unknown key', 'CreateAssetGroup', { Name: 'x', Title: 'y' }, 'Unknown parameter Title'],
		['no filter', 'ListAssetGroups', {}, 'Filter is missing'],
		['an unknown filter', 'ListAssetGroups', { Filter: { Status: 'Active' } }, 'Filter.Status is not valid'],
		['a filter of another type', 'ListAssetGroups', { Filter: { GroupIds: 'group-1' } }, 'Filter.GroupIds is not valid'],
		['page 0', 'ListAssetGroups', { Filter: {}, PageNumber: 0 }, 'PageNumber is out of range'],
		['pages of 101', 'ListAssetGroups', { Filter: {}, PageSize: 101 }, 'PageSize is out of range'],
		['no ID', 'UpdateAssetGroup', { Name: 'x' }, 'Id is missing'],
	])('refuse %s', async (_, action, body, message) => {
		const on = await stage();
		const answer = await call(on, `/volc/asset/${action}`, { model: 'volc-asset', ...body });
		expect(answer).toMatchObject(refusal(400, message));
		expect(on.simulator.ledger).toEqual([]);
	});

	it('have no channel for an unknown billing model', async () => {
		const answer = await call(await stage(), '/volc/asset/CreateAssetGroup', { model: 'x', Name: 'y' });
		expect(answer).toMatchObject({ statusCode: 503, json: { error: { code: 'model_not_found' } } });
	});
});

describe('assets', () => {
	it('are unknown at first, then Processing, then Active with a link to the file', async () => {
		const on = await stage();
		const group = await createGroup(on);
		const id = textAt((await upload(on, group, png, { name: 'hero' })).json, 'Id');
		expect(id).toMatch(/^asset-20260427160000-[a-z0-9]{5}$/);
		expect(await getAsset(on, id)).toMatchObject(refusal(404, `[NotFound.asset_id] The specified asset ${id} is not found.`));
		expect((await listAssets(on)).json).toMatchObject({ Items: [], TotalCount: 0 });
		on.pass(2);
		const processing = (await getAsset(on, id)).json;
		expect(processing).toMatchObject({ Id: id, Status: 'Processing' });
		expect(processing).not.toHaveProperty('URL');
		on.pass(4);
		const active = (await getAsset(on, id)).json;
		expect(active).toEqual({
			Id: id,
			Name: 'hero',
			URL: expect.stringMatching(/X-Amz-Signature=/),
			AssetType: 'Image',
			GroupId: group,
			Status: 'Active',
			ProjectName: 'default',
			CreateTime: '2026-04-27T16:00:00Z',
			UpdateTime: '2026-04-27T16:00:00Z',
		});
		expect((await listAssets(on)).json).toMatchObject({ Items: [active], TotalCount: 1 });
		const file = await fetchUrl(textAt(active, 'URL'));
		expect(file.headers['content-type']).toBe('image/png');
		expect(file.bytes.equals(png)).toBe(true);
	});

	it('come by public URL, by data URI, as raw Base64, or as a file', async () => {
		const on = await stage();
		const group = await createGroup(on);
		const hosted = textAt((await getAsset(on, await activeAsset(on, group, png))).json, 'URL');
		const base64 = png.toString('base64');
		const sources = [hosted, 'https://example.com/a.png', `data:image/png;base64,${base64}`, base64];
		const created = await Promise.all(
			sources.map(async (URL) => textAt((await createAsset(on, { GroupId: group, URL })).json, 'Id')),
		);
		on.pass(6);
		for (const id of created) {
			expect((await getAsset(on, id)).json).toMatchObject({ Status: 'Active', AssetType: 'Image' });
		}
	});

	it('of a documentation host keep that address', async () => {
		const on = await stage();
		const { json } = await createAsset(on, { GroupId: await createGroup(on) });
		on.pass(6);
		expect((await getAsset(on, textAt(json, 'Id'))).json).toMatchObject({ URL: 'https://example.com/a.png' });
	});

	it('are listed by name, group and page', async () => {
		const on = await stage();
		const [one, two] = [await createGroup(on, 'one'), await createGroup(on, 'two')];
		for (const name of ['hero', 'heroine', 'villain']) await createAsset(on, { GroupId: one, Name: name });
		await createAsset(on, { GroupId: two, Name: 'hero' });
		on.pass(2);
		expect(names((await listAssets(on, { Name: 'hero' })).json)).toEqual(['hero', 'heroine', 'hero']);
		expect(names((await listAssets(on, { GroupIds: [one] })).json)).toEqual(['villain', 'heroine', 'hero']);
		expect((await listAssets(on, {}, { PageNumber: 2, PageSize: 3 })).json).toMatchObject({
			Items: [{ Name: 'hero' }],
			TotalCount: 4,
			PageNumber: 2,
			PageSize: 3,
		});
		expect((await listAssets(on, { GroupType: 'LivenessFace' })).json).toMatchObject({ TotalCount: 0 });
	});

	it('are not listed without a group type', async () => {
		const on = await stage();
		for (const filter of [undefined, { Name: 'x' }]) {
			const answer = await call(on, '/volc/asset/ListAssets', { model: 'volc-asset', Filter: filter });
			expect(answer).toMatchObject(refusal(400, 'GroupType is missing'));
		}
	});

	it('with a name that the group already has are 404, as if the group were missing', async () => {
		const on = await stage();
		const [one, two] = [await createGroup(on, 'one'), await createGroup(on, 'two')];
		await createAsset(on, { GroupId: one, Name: 'hero' });
		const bills = on.simulator.ledger.length;
		const message = `upstream_error: [NotFound.group_id] The specified asset_group ${one} is not found.`;
		expect(await createAsset(on, { GroupId: one, Name: 'hero' })).toMatchObject(refusal(404, message));
		expect(on.simulator.ledger).toHaveLength(bills);
		expect(await createAsset(on, { GroupId: two, Name: 'hero' })).toMatchObject({ statusCode: 200 });
	});

	it('can be renamed, moved and deleted on AnyFast', async () => {
		const on = await stage();
		const [one, two] = [await createGroup(on, 'one'), await createGroup(on, 'two')];
		const id = await activeAsset(on, one, png);
		const update = { model: 'volc-asset', Id: id, Name: 'new', GroupId: two };
		expect((await call(on, '/volc/asset/UpdateAsset', update)).json).toEqual({ Id: id });
		expect((await getAsset(on, id)).json).toMatchObject({ Name: 'new', GroupId: two });
		expect((await call(on, '/volc/asset/DeleteAsset', { Id: id })).json).toEqual({ Id: id, Deleted: true });
		expect(await getAsset(on, id)).toMatchObject({ statusCode: 404 });
		expect(await call(on, '/volc/asset/DeleteAsset', { Id: id })).toMatchObject({ statusCode: 404 });
	});

	it('of another key are not found', async () => {
		const on = await stage();
		const id = await activeAsset(on, await createGroup(on), png);
		const key = on.simulator.otherApiKey;
		expect(await call(on, '/volc/asset/GetAsset', { Id: id }, { key })).toMatchObject({ statusCode: 404 });
		expect(await call(on, '/volc/asset/DeleteAsset', { Id: id }, { key })).toMatchObject({ statusCode: 404 });
		const body = { model: 'volc-asset', Filter: { GroupType: 'AIGC' } };
		expect((await call(on, '/volc/asset/ListAssets', body, { key })).json).toMatchObject({ TotalCount: 0 });
	});

	it.each<[string, object, number, string]>([
		['an unknown group', { GroupId: 'group-1' }, 404, 'upstream_error: [NotFound.group_id] The specified asset_group group-1 is not found.'],
		['no group', { GroupId: undefined }, 400, 'GroupId is missing'],
		['no URL', { URL: undefined }, 400, 'URL is missing'],
		['neither URL nor Base64', { URL: 'C:\\picture.png' }, 400, 'must be a public URL, a data URI or Base64'],
		['an unknown asset type', { AssetType: 'image' }, 400, 'AssetType must be one of [Image, Video, Audio]'],
		['the billing model of another type', { AssetType: 'Video' }, 400, 'model volc-asset does not fit AssetType Video'],
		['a billing model without its type', { model: 'volc-asset-audio' }, 400, 'model volc-asset-audio does not fit AssetType Image'],
		['a long name', { Name: 'x'.repeat(65) }, 400, 'at most 64 characters'],
		['an unknown key', { Type: 'Image' }, 400, 'Unknown parameter Type'],
	])('refuse %s, free of charge', async (_, body, statusCode, message) => {
		const on = await stage();
		const GroupId = await createGroup(on, 'one', 'anyfast');
		expect(await createAsset(on, { GroupId, ...body })).toMatchObject(refusal(statusCode, message));
		expect(on.simulator.ledger).toHaveLength(1);
	});

	it('refuse an unknown field of a form', async () => {
		const on = await stage();
		const form = new FormData();
		form.append('GroupId', await createGroup(on));
		form.append('image', new Blob([new Uint8Array(png)]), 'a.png');
		expect(await call(on, '/volc/asset/CreateAsset', form)).toMatchObject(refusal(400, 'Unknown parameter image'));
	});

	it('fail when a fault says so', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails', code: 'X', message: 'Why' } });
		const id = await activeAsset(on, await createGroup(on), png);
		const { json } = await getAsset(on, id);
		expect(json).toMatchObject({ Id: id, Status: 'Failed', Error: { Code: 'X', Message: 'Why' } });
		expect(json).not.toHaveProperty('URL');
	});
});

describe('media limits', () => {
	const padded = (bytes: Buffer, megabytes: number) =>
		Buffer.concat([bytes, Buffer.alloc(megabytes * 1024 * 1024 - bytes.length)]);
	const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');

	it.each<[string, () => Buffer, 'Video' | 'Audio' | undefined]>([
		['300x300 PNG', () => picture('300x300'), undefined],
		['750x300 JPEG', () => picture('750x300', 'a.jpg'), undefined],
		['320x800 GIF', () => picture('320x800', 'a.gif'), undefined],
		['WebP', () => picture('640x480', 'a.webp'), undefined],
		['BMP', () => picture('640x480', 'a.bmp'), undefined],
		['TIFF', () => picture('640x480', 'a.tiff'), undefined],
		['HEIC', () => heic, undefined],
		['2 s of 480p MP4', () => clip('864x496', 2), 'Video'],
		['15 s of 480p MOV', () => clip('640x640', 15, 24, 'a.mov'), 'Video'],
		['60 frames per second of 720p', () => clip('1280x720', 2, 60), 'Video'],
		['2 s of WAV', () => sound(2), 'Audio'],
		['15 s of MP3', () => sound(15, 'a.mp3'), 'Audio'],
	])('allow %s', async (_, bytes, assetType) => {
		const on = await stage();
		const id = await activeAsset(on, await createGroup(on), bytes(), assetType);
		expect((await getAsset(on, id)).json).toMatchObject({ Status: 'Active' });
	});

	it.each<[string, () => Buffer, 'Video' | 'Audio' | undefined, string]>([
		['text', () => Buffer.from('hello'), undefined, 'UnsupportedFormat'],
		['a clip as an image', () => clip('864x496', 2), undefined, 'UnsupportedFormat'],
		['a picture as a video', () => png, 'Video', 'UnsupportedFormat'],
		['Matroska', () => clip('864x496', 2, 24, 'a.mkv'), 'Video', 'UnsupportedFormat'],
		['Ogg', () => sound(2, 'a.ogg'), 'Audio', 'UnsupportedFormat'],
		['a JPEG 2000', () => render('a.jp2', 'color=teal:s=640x480', '-frames:v', '1'), undefined, 'UnsupportedFormat'],
		['an image of 30 MB', () => padded(png, 30), undefined, 'FileTooLarge'],
		['a sound of 15 MB', () => padded(sound(2), 15), 'Audio', 'FileTooLarge'],
		['an image of 299 px', () => picture('299x400'), undefined, 'ImageSize'],
		['an image of 6001 px', () => picture('6001x2500'), undefined, 'ImageSize'],
		['an image of ratio 0.39', () => picture('390x1000'), undefined, 'AspectRatio'],
		['an image of ratio 2.51', () => picture('1004x400'), undefined, 'AspectRatio'],
		['1.5 s of video', () => clip('864x496', 1.5), 'Video', 'Duration'],
		['15.5 s of video', () => clip('864x496', 15.5), 'Video', 'Duration'],
		['1080p', () => clip('1920x1080', 2), 'Video', 'PixelCount'],
		['360p', () => clip('640x360', 2), 'Video', 'PixelCount'],
		['15 frames per second', () => clip('864x496', 2, 15), 'Video', 'FrameRate'],
		['1.5 s of sound', () => sound(1.5), 'Audio', 'Duration'],
		['15.5 s of sound', () => sound(15.5), 'Audio', 'Duration'],
	])('make %s a Failed asset, billed all the same', async (_, bytes, assetType, code) => {
		const on = await stage();
		const id = await activeAsset(on, await createGroup(on), bytes(), assetType);
		expect((await getAsset(on, id)).json).toMatchObject({
			Status: 'Failed',
			Error: { Code: `InvalidParameter.${code}`, Message: expect.stringMatching(/\.$/) },
		});
		expect(on.simulator.ledger).toMatchObject([{ kind: 'assetGroup' }, { kind: 'asset', id }]);
	});

	it.each<[string, object, string]>([
		['an address with nothing there', { URL: 'http://127.0.0.1:1/a.png' }, 'InvalidParameter.URL'],
		[
			'raw Base64 of a sound, as that is taken for a PNG',
			{ model: 'volc-asset-audio', AssetType: 'Audio', URL: sound(2).toString('base64') },
			'InvalidParameter.UnsupportedFormat',
		],
	])('make a Failed asset of %s', async (_, body, code) => {
		const on = await stage();
		const { json } = await createAsset(on, { GroupId: await createGroup(on), ...body });
		on.pass(6);
		expect((await getAsset(on, textAt(json, 'Id'))).json).toMatchObject({ Status: 'Failed', Error: { Code: code } });
	});
});

describe('billing', () => {
	it('is per create on AnyFast: the group, and each asset by its model', async () => {
		const on = await stage();
		const group = await createGroup(on);
		await upload(on, group, png);
		await upload(on, group, clip('864x496', 2), { assetType: 'Video' });
		await upload(on, group, sound(2), { assetType: 'Audio' });
		await listGroups(on);
		await listAssets(on);
		expect(on.simulator.ledger).toMatchObject([
			{ provider: 'anyfast', atMs: on.nowMs(), kind: 'assetGroup', id: group, model: 'volc-asset', refunded: false },
			{ kind: 'asset', model: 'volc-asset' },
			{ kind: 'asset', model: 'volc-asset-video' },
			{ kind: 'asset', model: 'volc-asset-audio' },
		]);
	});

	it('is nothing on Alad', async () => {
		const on = await stage();
		const group = await createGroup(on, 'one', 'alad');
		expect(await upload(on, group, png, { provider: 'alad' })).toMatchObject({ statusCode: 200 });
		expect(on.simulator.ledger).toEqual([]);
	});
});
