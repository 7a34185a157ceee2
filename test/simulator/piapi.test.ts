import type { AnswerEffect, Route } from '../../simulator';
import { callPiapi, createTask, host, listAssets, refusal, taskId, uploadAsset } from './piapiSupport';
import { closeAll, fetchUrl, picture, sound, stage, textAt, type Answer, type Stage } from './support';

afterEach(closeAll);

describe('the key of PiAPI', () => {
	it.each([
		['is missing', {}],
		['is wrong', { 'X-API-Key': 'wrong' }],
		['is sent as a bearer token', { authorization: 'Bearer sk-simulator-not-a-real-key' }],
	])('is refused with 401 when it %s', async (_, headers) => {
		const { simulator } = await stage();
		for (const url of [`${simulator.baseUrls.piapi}/account/info`, `${simulator.baseUrls.piapi}/api/v1/asset/list`]) {
			const answer = await fetchUrl(url, { headers });
			expect(answer).toMatchObject(refusal(401, /api key/));
			expect(answer.json).toMatchObject({ data: null });
		}
	});

	it('opens the account, free of charge', async () => {
		const on = await stage();
		expect(await callPiapi(on, '/account/info')).toMatchObject({
			statusCode: 200,
			json: {
				code: 200,
				message: 'success',
				data: {
					id: expect.any(String),
					name: expect.any(String),
					plan: 'hobbyist',
					is_enable: true,
					equivalent_in_usd: 1000,
					max_concurrent_task_count: 20,
					wallet: { point_remain: 10_000_000_000, mj_remain: 0 },
				},
			},
		});
		expect(on.simulator.calls).toMatchObject([{ provider: 'piapi', route: 'account.get' }]);
		expect(on.simulator.ledger).toEqual([]);
	});

	it('is in no log', async () => {
		const on = await stage();
		await callPiapi(on, '/account/info');
		await taskId(on);
		expect(JSON.stringify([on.simulator.calls, on.simulator.ledger])).not.toContain(on.simulator.apiKey);
	});
});

it.each([
	['POST', '/api/v1/asset/batch'],
	['POST', '/api/v1/asset/upload/batch'],
	['POST', '/api/v1/asset/batch/upload'],
	['DELETE', '/api/v1/asset/batch/x'],
	['DELETE', '/api/v1/task/x'],
	['GET', '/v1/models'],
] as const)('knows no %s %s, which no document has', async (method, path) => {
	const body = method === 'POST' ? {} : undefined;
	const answer = await callPiapi(await stage(), path, { method, body });
	expect(answer).toMatchObject(refusal(404, `no route for ${method} ${path}`));
});

describe('the upload host of PiAPI', () => {
	const png = picture('640x480');
	const send = async (on: Stage, body: object) =>
		await callPiapi(on, '/api/ephemeral_resource', { body });

	it('puts a file under a public link that lives for 24 hours', async () => {
		const on = await stage();
		const answer = await send(on, { file_name: 'Hero.PNG', file_data: png.toString('base64') });
		expect(answer).toMatchObject({ statusCode: 200, json: { code: 200, message: 'success' } });
		const link = textAt(answer.json, 'data', 'url');
		expect(new URL(link)).toMatchObject({
			origin: on.simulator.storageUrl,
			pathname: expect.stringMatching(/^\/ephemeral\/[0-9a-f-]{36}\.png$/),
		});
		on.pass(24 * 60 * 60 - 1);
		const file = await fetchUrl(link);
		expect(file).toMatchObject({ statusCode: 200, headers: { 'content-type': 'image/png' } });
		expect(file.bytes.equals(png)).toBe(true);
		on.pass(1);
		expect(await fetchUrl(link)).toMatchObject({ statusCode: 403 });
		expect(on.simulator.calls).toMatchObject([{ route: 'uploads.create' }]);
		expect(on.simulator.ledger).toEqual([]);
	});

	it('can answer with the bare URL, and takes a data URI', async () => {
		const on = await stage({ piapi: { uploadAnswer: 'plain' } });
		const file_data = `data:audio/wav;base64,${sound(2).toString('base64')}`;
		const { json } = await send(on, { file_name: 'sound.wav', file_data });
		expect(json).toEqual({ url: expect.stringMatching(/\.wav\?X-Amz-/) });
	});

	it('is told by the simulator', async () => {
		const { simulator } = await stage();
		expect(simulator.uploadUrls.piapi).toBe(`${simulator.baseUrls.piapi}/api/ephemeral_resource`);
		const headers = { 'content-type': 'application/json' };
		const answer = await fetchUrl(simulator.uploadUrls.piapi!, { method: 'POST', headers, body: '{}' });
		expect(answer).toMatchObject(refusal(401, 'missing api key'));
	});

	it.each<[string, object, RegExp]>([
		['no name', { file_data: 'AAAA' }, /'file_name' is required/],
		['no data', { file_name: 'a.png' }, /'file_data' is required/],
		['no extension', { file_name: 'png', file_data: 'AAAA' }, /'file_name' must end in/],
		['an unknown extension', { file_name: 'a.mkv', file_data: 'AAAA' }, /'file_name' must end in/],
		['129 characters', { file_name: `${'a'.repeat(125)}.png`, file_data: 'AAAA' }, /at most 128/],
		['no Base64', { file_name: 'a.png', file_data: '???' }, /must be Base64/],
		['an unknown field', { file_name: 'a.png', file_data: 'AAAA', type: 'x' }, /unknown field 'type'/],
		[
			'more than 10 MB',
			{ file_name: 'a.png', file_data: Buffer.alloc(10 * 1024 * 1024 + 1).toString('base64') },
			/10 MB/,
		],
	])('refuses %s', async (_, body, message) => {
		expect(await send(await stage(), body)).toMatchObject(refusal(400, message));
	});

	it('is closed to the free plan', async () => {
		const on = await stage({ piapi: { plan: 'free' } });
		const answer = await send(on, { file_name: 'a.png', file_data: 'AAAA' });
		expect(answer).toMatchObject(refusal(403, 'your plan not allowed to upload'));
	});
});

describe('faults of PiAPI', () => {
	it.each<[Route, (on: Stage) => Promise<Answer>, object]>([
		['tasks.create', async (on) => await createTask(on), { code: 400, data: { error: { code: 10000 } } }],
		['assets.create', async (on) => await uploadAsset(on), { code: 400, data: null }],
		['assets.list', async (on) => await listAssets(on), { code: 400, data: null }],
		['account.get', async (on) => await callPiapi(on, '/account/info'), { code: 400, data: null }],
	])('on %s can be a refusal inside 200', async (route, send, json) => {
		const on = await stage();
		on.simulator.faults.add({ route, provider: 'piapi', effect: { kind: 'refusalInside200' } });
		expect(await send(on)).toMatchObject({ statusCode: 200, json });
		expect(on.simulator.ledger).toEqual([]);
	});

	it.each([
		[402, 'insufficient credits'],
		[429, 'too many requests'],
		[503, 'internal server error'],
	])('can be a %i in the words of PiAPI', async (statusCode, message) => {
		const on = await stage();
		const effect: AnswerEffect = { kind: 'status', statusCode, retryAfterSeconds: 3 };
		on.simulator.faults.add({ route: 'tasks.create', effect });
		const answer = await createTask(on);
		expect(answer).toMatchObject(refusal(statusCode, message));
		expect(answer.headers['retry-after']).toBe('3');
	});

	it('can take the ID from an answer', async () => {
		const on = await stage();
		for (const route of ['tasks.create', 'assets.create', 'uploads.create'] as const) {
			on.simulator.faults.add({ route, effect: { kind: 'missingId' } });
		}
		const task = (await createTask(on)).json;
		expect(task).toMatchObject({ code: 200, data: { status: 'pending' }, message: 'success' });
		expect(task).not.toHaveProperty('data.task_id');
		expect((await uploadAsset(on)).json).not.toHaveProperty('asset_id');
		await expect(host(on, 'a.png', picture('640x480'))).rejects.toThrow('No text at data.url');
		expect(on.simulator.ledger).toHaveLength(1);
	});
});
