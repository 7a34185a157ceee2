import { FormData } from 'undici';
import { ask, createAsset, generate, invalid, modelIds, uploadFile, uuid } from './apiframeSupport';
import { at, clip, closeAll, fetchUrl, picture, render, sound, stage, textAt } from './support';

// Media are made and measured here, which a busy machine does slowly.
jest.setTimeout(30_000);
afterEach(closeAll);

const png = picture('640x480');

describe('the key of Apiframe', () => {
	it('is wanted in X-API-Key, and nowhere else', async () => {
		const on = await stage();
		const required = { statusCode: 401, json: { error: 'API key is required' } };
		expect(await ask(on, '/v2/me', undefined, { key: null })).toMatchObject(required);
		const headers = { authorization: `Bearer ${on.simulator.apiKey}` };
		expect(await ask(on, '/v2/me', undefined, { key: null, headers })).toMatchObject(required);
	});

	it('must be right', async () => {
		const answer = await ask(await stage(), '/v2/me', undefined, { key: 'afk_wrong' });
		expect(answer.statusCode).toBe(401);
		expect(answer.json).toEqual({ error: 'Invalid API key' });
	});

	it('can be inactive, by a fault', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'account.get', effect: { kind: 'status', statusCode: 403 } });
		expect(await ask(on, '/v2/me')).toMatchObject({ statusCode: 403, json: { error: 'API key is inactive' } });
	});

	it('is in no log', async () => {
		const on = await stage();
		await generate(on);
		expect(JSON.stringify([on.simulator.calls, on.simulator.ledger])).not.toContain(on.simulator.apiKey);
	});
});

it('every answer carries x-request-id, a refusal too', async () => {
	const on = await stage();
	const answers = [
		await ask(on, '/v2/models', undefined, { key: null }),
		await ask(on, '/v2/me', undefined, { key: null }),
		await ask(on, '/v2/nothing'),
	];
	expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 401, 404]);
	const ids = on.simulator.calls.map(({ requestId }) => requestId);
	expect(answers.map(({ headers }) => headers['x-request-id'])).toEqual(ids);
});

it('the account tells user, team with its credits, and key, free of charge', async () => {
	const on = await stage({ apiKey: 'afk_0123456789', apiframe: { credits: 500 } });
	const { statusCode, json } = await ask(on, '/v2/me');
	expect(statusCode).toBe(200);
	expect(json).toEqual({
		user: { id: uuid, email: expect.stringContaining('@'), role: 'OWNER' },
		team: { id: uuid, name: expect.any(String), credits: 500, plan: 'pro', customerId: null },
		apiKey: { id: uuid, name: 'Default', prefix: 'afk_0123' },
	});
	const other = await ask(on, '/v2/me', undefined, { key: on.simulator.otherApiKey });
	expect(textAt(other.json, 'team', 'id')).not.toBe(textAt(json, 'team', 'id'));
	expect(textAt(other.json, 'apiKey', 'prefix')).toBe('sk-simul');
	expect(on.simulator.ledger).toEqual([]);
});

describe('models', () => {
	const idsOf = (json: unknown) => {
		const models = at(json, 'models');
		return Array.isArray(models) ? models.map((model) => at(model, 'id')) : [];
	};

	it('are listed to anybody, with those of other makers and kinds', async () => {
		const { statusCode, json } = await ask(await stage(), '/v2/models', undefined, { key: null });
		expect(statusCode).toBe(200);
		expect(idsOf(json)).toEqual(expect.arrayContaining(['midjourney', 'suno', ...modelIds]));
		expect(at(json, 'models')).toContainEqual({
			id: 'seedance-2-fast',
			label: 'Seedance 2.0 Fast',
			description: expect.any(String),
			modality: 'video',
			pricingMode: 'per-second',
			costMin: 10,
			costMax: 20,
		});
	});

	it('are filtered by modality', async () => {
		const on = await stage();
		const { json } = await ask(on, '/v2/models?modality=video');
		expect(idsOf(json)).toEqual(['kling-2.5-turbo-pro', ...modelIds]);
		expect(await ask(on, '/v2/models?modality=text')).toMatchObject(
			invalid({ modality: ['Invalid option: expected one of "image"|"video"|"music"'] }),
		);
	});
});

describe('an asset of Apiframe', () => {
	it('is Processing, then Active with a link', async () => {
		const on = await stage();
		const answer = await ask(on, '/v2/assets/create', { url: 'https://example.com/a.png', type: 'image' });
		expect(answer).toMatchObject({ statusCode: 201 });
		expect(answer.json).toEqual({ assetId: expect.stringMatching(/^[a-z0-9]{12}$/) });
		const path = `/v2/assets/${textAt(answer.json, 'assetId')}`;
		const read = async () => (await ask(on, path)).json;
		expect(await read()).toEqual({ status: 'Processing', url: null, errorMsg: null });
		on.pass(6);
		expect(await read()).toEqual({ status: 'Active', url: 'https://example.com/a.png', errorMsg: null });
		expect(on.simulator.ledger).toEqual([]);
	});

	it('is fetched, measured and hosted', async () => {
		const on = await stage();
		const link = textAt((await uploadFile(on, png)).json, 'url');
		const id = await createAsset(on, link);
		on.pass(6);
		const { json } = await ask(on, `/v2/assets/${id}`);
		const hosted = await fetchUrl(textAt(json, 'url'));
		expect(hosted.headers['content-type']).toBe('image/png');
		expect(hosted.bytes.equals(png)).toBe(true);
	});

	it.each<[string, string, () => Buffer | undefined, RegExp]>([
		['an image of 200 px', 'image', () => picture('200x200'), /300 to 6000 px, not 200x200/],
		['a sound called a video', 'video', () => sound(2), /not a supported video/],
		['a video of one second', 'video', () => clip('864x496', 1), /must last 2 to 15 s/],
		['an address with nothing behind it', 'image', () => undefined, /resource download failed/],
	])('is Failed with a reason for %s', async (_, type, makeFile, reason) => {
		const on = await stage();
		const file = makeFile();
		const missing = `${on.simulator.storageUrl}/nothing`;
		const url = file ? textAt((await uploadFile(on, file)).json, 'url') : missing;
		const path = `/v2/assets/${await createAsset(on, url, type)}`;
		expect((await ask(on, path)).json).toMatchObject({ status: 'Processing', errorMsg: null });
		on.pass(6);
		expect((await ask(on, path)).json).toEqual({
			status: 'Failed',
			url: null,
			errorMsg: expect.stringMatching(reason),
		});
	});

	it('can be made to fail', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails', message: 'Not today' } });
		const path = `/v2/assets/${await createAsset(on)}`;
		on.pass(6);
		expect((await ask(on, path)).json).toMatchObject({ status: 'Failed', errorMsg: 'Not today' });
	});

	it.each([
		['no URL', { type: 'image' }, { url: ['Invalid input: expected string, received undefined'] }],
		['no public URL', { url: 'data:image/png;base64,AAAA', type: 'image' }, { url: ['Invalid URL'] }],
		[
			'another type',
			{ url: 'https://example.com/a', type: 'Image' },
			{ type: ['Invalid option: expected one of "image"|"video"|"audio"'] },
		],
		['a name', { url: 'https://example.com/a', type: 'image', name: 'a' }, { '': ['Unrecognized key: "name"'] }],
	])('is refused for %s', async (_, body, details) => {
		expect(await ask(await stage(), '/v2/assets/create', body)).toMatchObject(invalid(details));
	});

	it('is known to its own team only', async () => {
		const on = await stage();
		const path = `/v2/assets/${await createAsset(on)}`;
		const unknown = { statusCode: 404, json: { error: 'Asset not found' } };
		expect(await ask(on, path, undefined, { key: on.simulator.otherApiKey })).toMatchObject(unknown);
		expect(await ask(on, '/v2/assets/abc123def456')).toMatchObject(unknown);
	});

	it('is neither listed nor deleted', async () => {
		const on = await stage();
		const path = `/v2/assets/${await createAsset(on)}`;
		const deleted = await ask(on, path, undefined, { method: 'DELETE' });
		expect(deleted).toMatchObject({ statusCode: 404, json: { error: `Route DELETE ${path} not found` } });
		expect(await ask(on, '/v2/assets')).toMatchObject({ statusCode: 404 });
	});
});

describe('an upload', () => {
	const filled = (start: string, megabytes: number, more = 0) =>
		Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(megabytes * 1024 * 1024 + more - start.length)]);
	const mp4Start = '\0\0\0\x20ftypisom';

	it('is hosted for an hour, whatever type it says it has', async () => {
		const on = await stage();
		const { statusCode, json } = await uploadFile(on, png);
		expect(statusCode).toBe(201);
		expect(json).toEqual({
			id: uuid,
			url: expect.stringContaining(on.simulator.storageUrl),
			kind: 'image',
			contentType: 'image/png',
			byteSize: png.length,
			expiresAt: '2026-04-27T17:00:00.000Z',
		});
		const url = textAt(json, 'url');
		on.pass(3599);
		const hosted = await fetchUrl(url);
		expect(hosted).toMatchObject({ statusCode: 200, headers: { 'content-type': 'image/png' } });
		expect(hosted.bytes.equals(png)).toBe(true);
		on.pass(1);
		expect(await fetchUrl(url)).toMatchObject({ statusCode: 403 });
		expect(on.simulator.ledger).toEqual([]);
	});

	it.each<[string, () => Buffer]>([
		['image/jpeg', () => picture('64x64', 'a.jpg')],
		['image/gif', () => picture('64x64', 'a.gif')],
		['image/webp', () => Buffer.from('RIFF\x24\0\0\0WEBPVP8 ', 'latin1')],
		['video/mp4', () => clip('64x64', 1)],
		['video/quicktime', () => clip('64x64', 1, 24, 'a.mov')],
		['video/webm', () => Buffer.from('\x1A\x45\xDF\xA3\x9F\x42\x82\x84webm', 'latin1')],
		['audio/mpeg', () => sound(1, 'a.mp3')],
		['audio/wav', () => sound(1)],
		['audio/ogg', () => Buffer.from('OggS\0\x02', 'latin1')],
		['audio/mp4', () => sound(1, 'a.m4a')],
	])('of %s is told by its first bytes', async (contentType, makeFile) => {
		const { json } = await uploadFile(await stage(), makeFile());
		expect(json).toMatchObject({ contentType, kind: contentType.split('/')[0] });
	});

	it.each<[string, () => Buffer, string]>([
		['an image over 25 MB', () => filled('GIF89a', 25, 1), 'File too large: max 25 MB for image'],
		['a video over 50 MB', () => filled(mp4Start, 50, 1), 'File too large: max 50 MB for video'],
		['a bitmap', () => render('a.bmp', 'color=s=64x64', '-frames:v', '1'), 'Unsupported file type'],
	])('is refused for %s', async (_, makeFile, message) => {
		expect(await uploadFile(await stage(), makeFile())).toMatchObject(invalid({ file: [message] }));
	});

	it('of exactly the maximum size is taken', async () => {
		const on = await stage();
		expect(await uploadFile(on, filled('GIF89a', 25))).toMatchObject({ statusCode: 201 });
		expect(await uploadFile(on, filled(mp4Start, 50))).toMatchObject({ statusCode: 201 });
	});

	it('must come in the field "file" of a form', async () => {
		const on = await stage();
		const missing = invalid({ file: ['No file uploaded'] });
		expect(await uploadFile(on, png, 'image')).toMatchObject(missing);
		expect(await ask(on, '/v2/uploads', { file: 'x' })).toMatchObject(missing);
		expect(await ask(on, '/v2/uploads', new FormData())).toMatchObject({ statusCode: 400 });
	});
});

describe('a fault on Apiframe', () => {
	it('of status 429 tells when to come again', async () => {
		const on = await stage();
		const effect = { kind: 'status', statusCode: 429, retryAfterSeconds: 7 } as const;
		on.simulator.faults.add({ route: 'tasks.create', provider: 'apiframe', effect });
		expect(await generate(on)).toMatchObject({
			statusCode: 429,
			headers: { 'retry-after': '7' },
			json: { error: 'Rate limit exceeded' },
		});
		expect(on.simulator.ledger).toEqual([]);
	});

	it.each(['account.get', 'models.list', 'assets.get', 'tasks.get', 'tasks.list'] as const)(
		'can be a refusal inside a 200 on %s',
		async (route) => {
			const on = await stage();
			on.simulator.faults.add({ route, effect: { kind: 'refusalInside200' } });
			const paths = {
				'account.get': '/v2/me',
				'models.list': '/v2/models',
				'assets.get': '/v2/assets/a',
				'tasks.get': '/v2/jobs/a',
				'tasks.list': '/v2/jobs',
			};
			const answer = await ask(on, paths[route]);
			expect(answer).toMatchObject({ statusCode: 200, json: { error: 'The request is refused' } });
		},
	);

	it('can be a refused schema inside a 200 on a generation', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'refusalInside200' } });
		expect(await generate(on)).toMatchObject({ ...invalid({ prompt: [expect.any(String)] }), statusCode: 200 });
		expect(on.simulator.ledger).toEqual([]);
	});

	it('can be an answer without its ID', async () => {
		const on = await stage();
		for (const route of ['tasks.create', 'assets.create', 'uploads.create'] as const) {
			on.simulator.faults.add({ route, effect: { kind: 'missingId' } });
		}
		const job = await generate(on);
		expect([job.statusCode, job.json]).toEqual([202, { status: 'QUEUED' }]);
		const asset = await ask(on, '/v2/assets/create', { url: 'https://example.com/a', type: 'image' });
		expect([asset.statusCode, asset.json]).toEqual([201, {}]);
		expect((await uploadFile(on, png)).json).not.toHaveProperty('id');
		expect(on.simulator.ledger).toMatchObject([{ provider: 'apiframe', kind: 'generation' }]);
	});
});
