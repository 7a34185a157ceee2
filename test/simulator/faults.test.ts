import { request } from 'undici';
import type { AnswerEffect, Fault } from '../../simulator';
import {
	at,
	call,
	closeAll,
	createGroup,
	createTask,
	fetchUrl,
	picture,
	readTask,
	stage,
	text,
	textAt,
	upload,
	type Stage,
} from './support';

afterEach(closeAll);

const create = async (on: Stage, signal?: AbortSignal) => {
	const body = { model: 'seedance', content: [text('A cat')] };
	return await call(on, '/v1/video/generations', body, { signal });
};

const reset = expect.objectContaining({ code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) });

/** Waits until something has happened on the server, turn by turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a fault', () => {
	it('hits one call of its route and provider, then is over', async () => {
		const on = await stage();
		on.simulator.faults.add({
			route: 'models.list',
			provider: 'alad',
			effect: { kind: 'status', statusCode: 503 },
		});
		const list = async (provider: 'anyfast' | 'alad') =>
			(await call(on, '/v1/models', undefined, { provider })).statusCode;
		await createTask(on, {}, 'alad');
		expect([await list('anyfast'), await list('alad'), await list('alad')]).toEqual([200, 503, 200]);
		expect(on.simulator.calls.map(({ fault }) => fault)).toEqual([undefined, undefined, 'status', undefined]);
	});

	it('lets calls pass first and hits as many as it should', async () => {
		const on = await stage();
		const effect: AnswerEffect = { kind: 'status', statusCode: 500 };
		on.simulator.faults.add({ route: 'models.list', skip: 1, times: 2, effect });
		const codes: number[] = [];
		for (let index = 0; index < 4; index += 1) codes.push((await call(on, '/v1/models')).statusCode);
		expect(codes).toEqual([200, 500, 500, 200]);
	});

	it('hits only the calls that have its text in their path', async () => {
		const on = await stage();
		const [first, second] = [await createTask(on), await createTask(on)];
		const effect: AnswerEffect = { kind: 'status', statusCode: 500 };
		on.simulator.faults.add({ route: 'tasks.get', path: second, times: Infinity, effect });
		const statusOf = async (id: string) => (await call(on, `/v1/video/generations/${id}`)).statusCode;
		expect([await statusOf(first), await statusOf(second), await statusOf(first), await statusOf(second)]).toEqual([
			200, 500, 200, 500,
		]);
	});

	it('waits for the one before it on the same route', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'models.list', effect: { kind: 'status', statusCode: 500 } });
		on.simulator.faults.add({ route: 'models.list', effect: { kind: 'status', statusCode: 502 } });
		const codes = [await call(on, '/v1/models'), await call(on, '/v1/models')];
		expect(codes.map(({ statusCode }) => statusCode)).toEqual([500, 502]);
	});

	it('can be withdrawn', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'models.list', effect: { kind: 'reset' } });
		on.simulator.faults.clear();
		expect(await call(on, '/v1/models')).toMatchObject({ statusCode: 200 });
	});

	it('of the answer and one of the fate go together', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'reset', afterAcceptance: true } });
		await expect(create(on)).rejects.toEqual(reset);
		on.pass(65);
		expect(on.simulator.ledger).toMatchObject([{ kind: 'generation', refunded: true }]);
	});

	it.each<[Fault]>([
		[{ route: 'tasks.get', effect: { kind: 'taskModerated' } }],
		[{ route: 'tasks.create', effect: { kind: 'assetFails' } }],
		[{ route: 'tasks.create', effect: { kind: 'linkExpired' } }],
		[{ route: 'assets.get', effect: { kind: 'truncate' } }],
		[{ route: 'tasks.get', effect: { kind: 'missingId' } }],
		[{ route: 'storage.get', effect: { kind: 'refusalInside200' } }],
	])('that could never be seen is an error: %j', async (fault) => {
		const { simulator } = await stage();
		expect(() => simulator.faults.add(fault)).toThrow(RangeError);
	});
});

describe('before acceptance, nothing is carried out by', () => {
	it('a status with Retry-After', async () => {
		const on = await stage();
		const effect: AnswerEffect = { kind: 'status', statusCode: 429, retryAfterSeconds: 7 };
		on.simulator.faults.add({ route: 'tasks.create', effect });
		const answer = await create(on);
		expect(answer).toMatchObject({
			statusCode: 429,
			headers: { 'retry-after': '7' },
			json: { error: { type: 'new_api_error', code: 'rate_limit_exceeded' } },
		});
		expect(on.simulator.ledger).toEqual([]);
	});

	it('a status with a body of its own', async () => {
		const on = await stage();
		const effect: AnswerEffect = { kind: 'status', statusCode: 418, body: { tea: true } };
		on.simulator.faults.add({ route: 'tasks.create', effect });
		expect(await create(on)).toMatchObject({ statusCode: 418, json: { tea: true } });
	});

	it('a reset', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'reset' } });
		await expect(create(on)).rejects.toEqual(reset);
		expect(on.simulator.calls).toMatchObject([{ route: 'tasks.create', statusCode: undefined }]);
		expect(on.simulator.ledger).toEqual([]);
	});

	it('a hang, that lasts until the client gives up', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'hang' } });
		const client = new AbortController();
		const answer = create(on, client.signal);
		await until(() => on.simulator.calls[0]?.fault === 'hang');
		client.abort();
		await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
		expect(on.simulator.ledger).toEqual([]);
	});

	it('a page of HTML', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'html', statusCode: 502 } });
		const answer = await create(on);
		expect(answer).toMatchObject({ statusCode: 502, headers: { 'content-type': 'text/html; charset=utf-8' } });
		expect(answer.text).toMatch(/^<!DOCTYPE html>/);
		expect(on.simulator.ledger).toEqual([]);
	});

	it('malformed JSON', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'malformedJson' } });
		const answer = await create(on);
		expect(answer).toMatchObject({ statusCode: 200, json: undefined });
		expect(answer.headers['content-type']).toMatch(/^application\/json/);
		expect(on.simulator.ledger).toEqual([]);
	});

	it('a refusal inside a 200, worded as on that route', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'refusalInside200' } });
		on.simulator.faults.add({ route: 'assets.list', effect: { kind: 'refusalInside200' } });
		expect(await create(on)).toMatchObject({
			statusCode: 200,
			json: { code: 'fail_to_fetch_task', message: expect.stringContaining('InvalidParameter'), data: null },
		});
		expect(await call(on, '/volc/asset/ListAssets', {})).toMatchObject({
			statusCode: 200,
			json: { error: { message: expect.stringContaining('upstream_error: [InvalidParameter]') } },
		});
		expect(on.simulator.ledger).toEqual([]);
	});
});

describe('after acceptance, the task exists and is billed despite', () => {
	it.each<[AnswerEffect, object | undefined]>([
		[{ kind: 'status', statusCode: 504, afterAcceptance: true }, { statusCode: 504 }],
		[{ kind: 'html', statusCode: 502, afterAcceptance: true }, { statusCode: 502 }],
		[{ kind: 'malformedJson', afterAcceptance: true }, { statusCode: 200 }],
		[{ kind: 'reset', afterAcceptance: true }, undefined],
	])('%j', async (effect, answer) => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect });
		if (answer) expect(await create(on)).toMatchObject(answer);
		else await expect(create(on)).rejects.toEqual(reset);
		expect(on.simulator.ledger).toMatchObject([{ kind: 'generation' }]);
		const id = on.simulator.ledger[0]?.id ?? '';
		expect(await readTask(on, id)).toMatchObject({ data: { task_id: id } });
	});

	it('a hang, that ends when the simulator closes', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'hang', afterAcceptance: true } });
		const answer = create(on);
		const broken = expect(answer).rejects.toEqual(reset);
		await until(() => on.simulator.ledger.length > 0);
		await on.simulator.close();
		await broken;
	});

	it('an answer without an ID', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'missingId' } });
		on.simulator.faults.add({ route: 'assets.create', effect: { kind: 'missingId' } });
		const { json } = await create(on);
		expect(json).toMatchObject({ object: 'video', status: '' });
		expect([at(json, 'id'), at(json, 'task_id')]).toEqual([undefined, undefined]);
		expect((await upload(on, await createGroup(on), picture('640x480'))).json).toEqual({});
		expect(on.simulator.ledger.map(({ kind }) => kind)).toEqual(['generation', 'assetGroup', 'asset']);
	});
});

describe('on storage', () => {
	const assetLink = async (on: Stage) => {
		const { json } = await upload(on, await createGroup(on), picture('640x480', 'a.bmp'));
		on.pass(10);
		return textAt((await call(on, '/volc/asset/GetAsset', { Id: textAt(json, 'Id') })).json, 'URL');
	};

	it('a good link is told to have expired', async () => {
		const on = await stage();
		const link = await assetLink(on);
		on.simulator.faults.add({ route: 'storage.get', effect: { kind: 'linkExpired' } });
		expect(await fetchUrl(link)).toMatchObject({ statusCode: 403, text: expect.stringContaining('Request has expired') });
		expect(await fetchUrl(link)).toMatchObject({ statusCode: 200 });
	});

	it.each([[undefined], [0], [1000]])('a download is cut off after %s bytes', async (afterBytes) => {
		const on = await stage();
		const link = await assetLink(on);
		on.simulator.faults.add({ route: 'storage.get', effect: { kind: 'truncate', afterBytes } });
		await expect(fetchUrl(link)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
		expect(await fetchUrl(link)).toMatchObject({ statusCode: 200 });
	});

	it.each<[AnswerEffect, object]>([
		[{ kind: 'status', statusCode: 503, retryAfterSeconds: 2 }, { statusCode: 503, headers: { 'retry-after': '2' } }],
		[{ kind: 'html', statusCode: 502 }, { statusCode: 502, headers: { 'content-type': 'text/html' } }],
	])('%j', async (effect, answer) => {
		const on = await stage();
		const link = await assetLink(on);
		on.simulator.faults.add({ route: 'storage.get', effect });
		expect(await fetchUrl(link)).toMatchObject(answer);
		expect(on.simulator.storageCalls).toMatchObject([{ fault: effect.kind }]);
	});

	const spoiled = async (effect: AnswerEffect) => {
		const on = await stage();
		const link = await assetLink(on);
		const { bytes: file, headers } = await fetchUrl(link);
		const spoil = () => on.simulator.faults.add({ route: 'storage.get', effect });
		spoil();
		return { on, link, file, spoil, etag: String(headers.etag) };
	};

	it('a download is reset on the way', async () => {
		const { link } = await spoiled({ kind: 'resetMidway', afterBytes: 1000 });
		await expect(fetchUrl(link)).rejects.toEqual(reset);
	});

	it('a download stands still until the client gives up', async () => {
		const { on, link } = await spoiled({ kind: 'standstill', afterBytes: 1000 });
		const client = new AbortController();
		const answer = expect(fetchUrl(link, { signal: client.signal })).rejects.toMatchObject({ name: 'AbortError' });
		await until(() => on.simulator.storageCalls.at(-1)?.isHeld === true);
		client.abort();
		await answer;
		await until(() => on.simulator.storageCalls.at(-1)?.isHeld === false);
	});

	it('a slow download is whole', async () => {
		const { link, file } = await spoiled({ kind: 'slow', parts: 7, pauseSeconds: 0.001 });
		expect((await fetchUrl(link)).bytes.equals(file)).toBe(true);
	});

	it('a download without an end goes far beyond the file and tells no length', async () => {
		const { link, file } = await spoiled({ kind: 'endless' });
		const { body, headers } = await request(link);
		let bytes = 0;
		for await (const chunk of body) if ((bytes += (chunk as Buffer).length) > 10 * file.length) break;
		expect(bytes).toBeGreaterThan(10 * file.length);
		expect(headers['content-length']).toBeUndefined();
	});

	it('a download has fewer bytes than were announced', async () => {
		const { link } = await spoiled({ kind: 'tooLongLength', extraBytes: 5 });
		await expect(fetchUrl(link)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
	});

	it.each<[AnswerEffect, object]>([
		[{ kind: 'empty' }, { statusCode: 200, headers: { 'content-length': '0' }, text: '' }],
		[{ kind: 'contentType', contentType: 'text/html' }, { statusCode: 200, headers: { 'content-type': 'text/html' } }],
		[{ kind: 'redirect', location: 'ftp://example.com/' }, { statusCode: 302, headers: { location: 'ftp://example.com/' } }],
	])('%j', async (effect, answer) => {
		expect(await fetchUrl((await spoiled(effect)).link)).toMatchObject(answer);
	});

	it('a redirect leads to the link itself unless told otherwise', async () => {
		const { link } = await spoiled({ kind: 'redirect' });
		expect(await fetchUrl(link)).toMatchObject({ statusCode: 302, headers: { location: link } });
	});

	it.each<[AnswerEffect, number, (size: number) => string | undefined]>([
		[{ kind: 'rangeIgnored' }, 200, () => undefined],
		[{ kind: 'rangeShifted' }, 206, (size) => `bytes 99-${size - 1}/${size}`],
		[{ kind: 'rangeHalved' }, 206, (size) => `bytes 100-${Math.floor((99 + size) / 2)}/${size}`],
		[{ kind: 'replaced' }, 200, () => undefined],
		[{ kind: 'replaced', inParts: true }, 206, (size) => `bytes 100-${size - 1}/${size}`],
	])('the part from byte 100 on, with %j', async (effect, statusCode, contentRange) => {
		const { link, file, spoil, etag } = await spoiled(effect);
		const whole = await fetchUrl(link);
		expect(whole.bytes.equals(file)).toBe(true);
		spoil();
		const part = await fetchUrl(link, { headers: { range: 'bytes=100-', 'if-range': etag } });
		expect(part.statusCode).toBe(statusCode);
		expect(part.headers['content-range']).toBe(contentRange(file.length));
		const [, first = 0, last = file.length - 1] = /(\d+)-(\d+)/.exec(contentRange(file.length) ?? '')?.map(Number) ?? [];
		expect(part.bytes.equals(file.subarray(first, last + 1))).toBe(true);
		expect(part.headers.etag === etag).toBe(effect.kind !== 'replaced');
	});

	it('the connection is reset', async () => {
		const on = await stage();
		const link = await assetLink(on);
		on.simulator.faults.add({ route: 'storage.get', effect: { kind: 'reset' } });
		await expect(fetchUrl(link)).rejects.toEqual(reset);
	});
});
