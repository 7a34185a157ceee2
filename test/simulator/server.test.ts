import { call, closeAll, createTask, fetchUrl, readTask, stage, textAt, type Stage } from './support';

afterEach(closeAll);

describe('API key', () => {
	it('refuses a request without a key', async () => {
		const { simulator } = await stage();
		const answer = await fetchUrl(`${simulator.baseUrls.anyfast}/v1/models`);
		expect(answer).toMatchObject({ statusCode: 401, json: { error: { message: 'No token provided' } } });
	});

	it.each(['Bearer wrong', 'sk-simulator-not-a-real-key', 'Basic c2s='])(
		'refuses the header "%s" with the words of the gateway',
		async (authorization) => {
			const { simulator } = await stage();
			const url = `${simulator.baseUrls.alad}/v1/models`;
			const { statusCode, json } = await fetchUrl(url, { headers: { authorization } });
			expect(statusCode).toBe(401);
			expect(json).toEqual({
				error: {
					message: expect.stringMatching(/^Invalid token \(request id: \d{17}[0-9a-f]{8}\)$/),
					type: 'new_api_error',
					code: '',
				},
			});
		},
	);

	it('can be chosen', async () => {
		const on = await stage({ apiKey: 'mine' });
		expect(await call(on, '/v1/models', undefined, { key: 'mine' })).toMatchObject({ statusCode: 200 });
	});

	it('is in no log', async () => {
		const on = await stage();
		await call(on, '/v1/models');
		await createTask(on);
		expect(JSON.stringify([on.simulator.calls, on.simulator.ledger])).not.toContain(on.simulator.apiKey);
	});
});

describe('every answer', () => {
	it('carries the request ID that the call log has', async () => {
		const on = await stage();
		const { headers } = await call(on, '/v1/models');
		expect(headers['x-oneapi-request-id']).toBe(on.simulator.calls[0]?.requestId);
	});

	it('comes from the loopback interface', async () => {
		const { simulator } = await stage();
		const { baseUrls, hostUrls, storageUrl } = simulator;
		const addresses = [...Object.values(baseUrls), ...Object.values(hostUrls), storageUrl];
		const urls = addresses.map((address) => new URL(address).origin);
		expect(new Set(urls).size).toBe(urls.length);
		for (const url of urls) expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
	});

	it('tells an unknown path in the words of the gateway', async () => {
		const answer = await call(await stage(), '/v1/nothing', {});
		expect(answer.statusCode).toBe(404);
		expect(answer.json).toEqual({
			error: {
				message: 'Invalid URL (POST /v1/nothing)',
				type: 'invalid_request_error',
				param: '',
				code: '',
			},
		});
	});

	it.each(['GetAsset', 'UpdateAsset', 'DeleteAsset', 'UpdateAssetGroup', 'DeleteAssetGroup'])(
		'is 404 for %s on Alad, whose document does not have it',
		async (action) => {
			const path = `/volc/asset/${action}`;
			const answer = await call(await stage(), path, { Id: 'x' }, { provider: 'alad' });
			expect(answer).toMatchObject({
				statusCode: 404,
				json: { error: { message: `Invalid URL (POST ${path})` } },
			});
		},
	);

	it.each([
		['no JSON', '{"model":', 'application/json'],
		['no object', '[]', 'application/json'],
		['no content type of ours', '{"model":"seedance"}', 'text/plain'],
	])('refuses a body that is %s', async (_, body, contentType) => {
		const { simulator } = await stage();
		const headers = { authorization: `Bearer ${simulator.apiKey}`, 'content-type': contentType };
		const url = `${simulator.baseUrls.anyfast}/v1/video/generations`;
		const answer = await fetchUrl(url, { method: 'POST', headers, body });
		expect(answer).toMatchObject({ statusCode: 400, json: { error: { type: 'new_api_error' } } });
		expect(simulator.ledger).toEqual([]);
	});
});

describe('models', () => {
	it('are listed free of charge, each provider its own', async () => {
		const on = await stage();
		const { json } = await call(on, '/v1/models');
		const alad = await call(on, '/v1/models', undefined, { provider: 'alad' });
		const ids = ['seedance', 'seedance-fast', 'seedance-2.5', 'seedance-2.0-ultra', 'volc-asset'];
		const entries = ids.map((id): unknown => expect.objectContaining({ id, object: 'model' }));
		expect(json).toMatchObject({ object: 'list', data: expect.arrayContaining(entries) });
		expect(alad.text).not.toContain('seedance-fast');
		expect(on.simulator.ledger).toEqual([]);
	});
});

describe('call log', () => {
	it('holds provider, route, body, time and status in order', async () => {
		const on = await stage();
		const id = await createTask(on, { duration: 4 }, 'alad');
		on.pass(3);
		await readTask(on, id, 'alad');
		await call(on, '/v1/nothing?a=b');
		expect(on.simulator.calls).toMatchObject([
			{
				provider: 'alad',
				route: 'tasks.create',
				method: 'POST',
				path: '/v1/video/generations',
				contentType: 'application/json',
				body: { model: 'seedance', duration: 4 },
				atMs: on.nowMs() - 3000,
				statusCode: 200,
			},
			{ route: 'tasks.get', method: 'GET', atMs: on.nowMs(), statusCode: 200 },
			{ provider: 'anyfast', route: undefined, path: '/v1/nothing', query: { a: 'b' }, statusCode: 404 },
		]);
	});

	it('is told as it grows, together with the bills', async () => {
		const told: string[] = [];
		const on = await stage({
			onCall: ({ route, statusCode }) => told.push(`${route} ${statusCode}`),
			onBill: ({ kind }) => told.push(kind),
		});
		await createTask(on);
		await on.simulator.close();
		expect(told).toEqual(['generation', 'tasks.create 200']);
	});
});

describe('storage', () => {
	const finishedLink = async (on: Stage) => {
		const id = await createTask(on, { duration: 4, resolution: '480p' });
		on.pass(65);
		return textAt(await readTask(on, id), 'data', 'result_url');
	};

	it('records the names of credentials that are sent to it', async () => {
		const on = await stage();
		const link = await finishedLink(on);
		const expired = `${link}0`;
		await fetchUrl(expired);
		await fetchUrl(expired, { headers: { authorization: 'Bearer x', 'X-Api-Key': 'x', cookie: 'a=b' } });
		await fetchUrl(`${expired}&api_key=x&note=${on.simulator.apiKey}`, {
			headers: { 'x-custom': `key ${on.simulator.apiKey}` },
		});
		const sent = on.simulator.storageCalls.map(({ credentials }) => [...credentials].sort());
		expect(sent).toEqual([
			[],
			['authorization', 'cookie', 'x-api-key'],
			['api_key', 'note', 'x-custom'],
		]);
		expect(JSON.stringify(on.simulator.storageCalls)).not.toContain(on.simulator.apiKey);
	});

	it('refuses a link after its time with the XML of an object store', async () => {
		const on = await stage();
		const link = await finishedLink(on);
		on.pass(12 * 60 * 60);
		const { statusCode, text, headers } = await fetchUrl(link);
		expect(statusCode).toBe(403);
		expect(headers['content-type']).toBe('application/xml');
		expect(text).toContain('<Code>AccessDenied</Code><Message>Request has expired</Message>');
	});

	it('refuses a forged link', async () => {
		const on = await stage();
		const link = await finishedLink(on);
		for (const forged of [link.split('?')[0] ?? '', link.replace('Expires=43200', 'Expires=99999999')]) {
			expect(await fetchUrl(forged)).toMatchObject({ statusCode: 403 });
		}
	});

	it('refuses to be written to', async () => {
		const on = await stage();
		expect(await fetchUrl(await finishedLink(on), { method: 'PUT' })).toMatchObject({ statusCode: 405 });
	});
});

it('reports a port that is taken', async () => {
	const { simulator } = await stage();
	const port = Number(new URL(simulator.baseUrls.alad).port);
	await expect(stage({ ports: { alad: port } })).rejects.toThrow(`Port ${port} is taken; is a simulator running already?`);
});
