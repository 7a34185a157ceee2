import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { SimulatorOptions, WebhookDelivery, WebhookEffect } from '../../simulator';
import { ask, createJob, generate, readJob } from './apiframeSupport';
import * as piapi from './piapiSupport';
import { at, closeAll, fetchUrl, probe, stage, textAt, type Stage } from './support';

interface Received {
	method?: string;
	path?: string;
	headers: IncomingHttpHeaders;
	body: string;
	json: unknown;
}

/** A server that webhooks call. */
interface Receiver {
	url: string;
	received: Received[];
	/** Default: 204. */
	answer: (response: ServerResponse, call: number) => void;
}

const servers: Server[] = [];

async function receive(): Promise<Receiver> {
	const receiver: Receiver = {
		url: '',
		received: [],
		answer: (response) => response.writeHead(204).end(),
	};
	const server = createServer((request, response) => {
		void buffer(request).then((bytes) => {
			const { method, url, headers } = request;
			const body = bytes.toString('utf8');
			const json: unknown = JSON.parse(body);
			receiver.received.push({ method, path: url, headers, body, json });
			receiver.answer(response, receiver.received.length);
		});
	});
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No port');
	receiver.url = `http://127.0.0.1:${address.port}/hook?signature=x`;
	return receiver;
}

afterEach(async () => {
	await closeAll();
	for (const server of servers.splice(0)) {
		await new Promise((resolve) => {
			server.close(resolve);
			server.closeAllConnections();
		});
	}
});

const secret = 'knock-knock';

async function piapiTask(on: Stage, { url }: { url: string }, webhook: object = { secret }): Promise<string> {
	const rest = { config: { webhook_config: { endpoint: url, ...webhook } } };
	return await piapi.taskId(on, {}, { rest });
}

async function apiframeJob(on: Stage, { url }: { url: string }, webhookEvents?: string[]): Promise<string> {
	return await createJob(on, {}, { webhookUrl: url, webhookEvents });
}

/** One task of each provider, with the same webhook. */
const bothProviders = [
	['piapi', piapiTask],
	['apiframe', apiframeJob],
] as const;

async function open(options: SimulatorOptions = {}): Promise<{ on: Stage; receiver: Receiver }> {
	return { on: await stage(options), receiver: await receive() };
}

const codes = (deliveries: readonly WebhookDelivery[]) => deliveries.map(({ statusCode }) => statusCode);

function spoil({ simulator }: Stage, effect: WebhookEffect): void {
	simulator.faults.add({ route: 'tasks.create', effect });
}

describe.each(bothProviders)('a webhook of %s', (provider, create) => {
	it('is called when the task has ended, and not before', async () => {
		const { on, receiver } = await open();
		const id = await create(on, receiver);
		const { webhooks } = on.simulator;
		expect(webhooks.nextDueMs()).toBe(on.nowMs() + 65_000);
		on.pass(64.999);
		expect(await webhooks.deliver()).toEqual([]);
		on.pass(0.001);
		const expected = {
			provider,
			taskId: id,
			event: 'completed',
			url: receiver.url,
			attempt: 1,
			atMs: on.nowMs(),
			statusCode: 204,
		};
		expect(await webhooks.deliver()).toEqual([expected]);
		expect(receiver.received).toMatchObject([
			{ method: 'POST', path: '/hook?signature=x', headers: { 'content-type': 'application/json' } },
		]);
		expect(webhooks.nextDueMs()).toBeUndefined();
		on.pass(60);
		expect(await webhooks.deliver()).toEqual([]);
		expect(webhooks.deliveries).toEqual([expected]);
	});

	it('is not called without being asked for', async () => {
		const { on } = await open();
		await (provider === 'piapi' ? piapi.taskId(on) : createJob(on));
		expect(on.simulator.webhooks.nextDueMs()).toBeUndefined();
	});

	it('is called again after 5 s, three times, with the same bytes', async () => {
		const { on, receiver } = await open();
		receiver.answer = (response) => response.writeHead(409).end();
		const createdAtMs = on.nowMs();
		await create(on, receiver);
		const { webhooks } = on.simulator;
		on.pass(70);
		await webhooks.deliver();
		for (let call = 0; call < 3; call += 1) {
			expect(webhooks.nextDueMs()).toBe(on.nowMs() + 5000);
			on.pass(4.999);
			expect(await webhooks.deliver()).toEqual([]);
			on.pass(0.001);
			await webhooks.deliver();
		}
		expect(webhooks.nextDueMs()).toBeUndefined();
		expect(webhooks.deliveries).toMatchObject(
			[1, 2, 3, 4].map((attempt) => ({
				attempt,
				atMs: createdAtMs + (65 + 5 * attempt) * 1000,
				statusCode: 409,
			})),
		);
		expect(receiver.received).toHaveLength(4);
		expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
	});

	it('is left in peace once it has taken the event', async () => {
		const { on, receiver } = await open();
		receiver.answer = (response, call) => response.writeHead(call === 1 ? 500 : 200).end('{}');
		await create(on, receiver);
		on.pass(65);
		await on.simulator.webhooks.deliver();
		on.pass(5);
		await on.simulator.webhooks.deliver();
		expect(codes(on.simulator.webhooks.deliveries)).toEqual([500, 200]);
		expect(on.simulator.webhooks.nextDueMs()).toBeUndefined();
	});

	it('that cannot be reached, breaks off or does not answer in time is called again', async () => {
		const { on, receiver } = await open({ webhookTimeoutSeconds: 0.05 });
		const { webhooks } = on.simulator;
		await create(on, receiver);
		receiver.answer = (response, call) => {
			if (call === 1) response.destroy();
			// Headers alone are no answer either.
			if (call === 3) response.writeHead(200).flushHeaders();
		};
		on.pass(65);
		await webhooks.deliver();
		on.pass(5);
		await webhooks.deliver();
		on.pass(5);
		await webhooks.deliver();
		await new Promise((resolve) => {
			servers[0]?.close(resolve);
			servers[0]?.closeAllConnections();
		});
		on.pass(5);
		await webhooks.deliver();
		expect(codes(webhooks.deliveries)).toEqual([undefined, undefined, undefined, undefined]);
		expect(receiver.received).toHaveLength(3);
		expect(webhooks.nextDueMs()).toBeUndefined();
	});

	it('sends nobody on: a redirect is an answer like any other', async () => {
		const { on, receiver } = await open();
		const target = await receive();
		receiver.answer = (response) => response.writeHead(307, { location: target.url }).end();
		await create(on, receiver);
		on.pass(65);
		expect(codes(await on.simulator.webhooks.deliver())).toEqual([307]);
		expect(target.received).toEqual([]);
		expect(on.simulator.webhooks.nextDueMs()).toBe(on.nowMs() + 5000);
	});

	it('of a documentation host is taken to answer, and not called', async () => {
		const { on } = await open();
		await create(on, { url: 'https://n8n.example.com/hook' });
		on.pass(65);
		expect(codes(await on.simulator.webhooks.deliver())).toEqual([200]);
	});

	it('is never shown the key', async () => {
		const { on, receiver } = await open();
		await create(on, receiver);
		on.pass(65);
		await on.simulator.webhooks.deliver();
		expect(receiver.received).toHaveLength(1);
		expect(JSON.stringify(receiver.received)).not.toContain(on.simulator.apiKey);
		const log = JSON.stringify(on.simulator.webhooks.deliveries);
		expect([log.includes(on.simulator.apiKey), log.includes(secret)]).toEqual([false, false]);
	});

	it('may be anything but a URL of http or https', async () => {
		const { on } = await open();
		for (const url of ['ftp://127.0.0.1/', 'file:///etc/passwd']) {
			const { statusCode } =
				provider === 'piapi'
					? await piapi.createTask(on, {}, { rest: { config: { webhook_config: { endpoint: url } } } })
					: await generate(on, {}, { webhookUrl: url });
			expect(statusCode).toBe(400);
		}
		expect(on.simulator.webhooks.nextDueMs()).toBeUndefined();
	});

	it('is called for a task whose answer was lost', async () => {
		const { on, receiver } = await open();
		on.simulator.faults.add({
			route: 'tasks.create',
			effect: { kind: 'status', statusCode: 500, afterAcceptance: true },
		});
		await create(on, receiver).catch(() => undefined);
		on.pass(65);
		await on.simulator.webhooks.deliver();
		expect(receiver.received).toHaveLength(1);
	});

	it('hears nothing of a task that never ends, or only says that it has', async () => {
		const { on, receiver } = await open();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
		on.simulator.faults.add({
			route: 'tasks.create',
			effect: { kind: 'taskStatus', status: 'COMPLETED' },
		});
		await create(on, receiver);
		await create(on, receiver);
		expect(on.simulator.webhooks.nextDueMs()).toBeUndefined();
	});

	it('with webhookLost hears nothing', async () => {
		const { on, receiver } = await open();
		spoil(on, { kind: 'webhookLost' });
		await create(on, receiver);
		on.pass(600);
		expect(await on.simulator.webhooks.deliver()).toEqual([]);
		expect(on.simulator.calls).toMatchObject([{ fault: 'webhookLost' }]);
		await create(on, receiver);
		on.pass(65);
		expect(codes(await on.simulator.webhooks.deliver())).toEqual([204]);
	});

	it('with webhookTwice hears the same again right after', async () => {
		const { on, receiver } = await open();
		spoil(on, { kind: 'webhookTwice' });
		await create(on, receiver);
		on.pass(65);
		expect(codes(await on.simulator.webhooks.deliver())).toEqual([204, 204]);
		const [first, second] = receiver.received;
		expect(second?.body).toBe(first?.body);
		expect(on.simulator.webhooks.nextDueMs()).toBeUndefined();
	});

	it('with webhookLate hears of it later', async () => {
		const { on, receiver } = await open();
		const endMs = on.nowMs() + 65_000;
		spoil(on, { kind: 'webhookLate', seconds: 20 });
		await create(on, receiver);
		expect(on.simulator.webhooks.nextDueMs()).toBe(endMs + 20_000);
		on.pass(85);
		await on.simulator.webhooks.deliver();
		const { json } = receiver.received[0] ?? {};
		const time = at(json, 'completedAt') ?? at(json, 'timestamp');
		expect(time).toBe(provider === 'piapi' ? endMs / 1000 : new Date(endMs).toISOString());
	});

	it('hears of a failure, beside a fault of its own', async () => {
		const { on, receiver } = await open();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails', reason: 'too hot' } });
		spoil(on, { kind: 'webhookTwice' });
		const id = await create(on, receiver);
		on.pass(65);
		const failed = { taskId: id, event: 'failed', statusCode: 204 };
		expect(await on.simulator.webhooks.deliver()).toMatchObject([failed, failed]);
		expect(receiver.received[0]?.body).toContain('too hot');
	});

	it('of many tasks is called for each, side by side, and never twice for two deliveries at once', async () => {
		const { on, receiver } = await open();
		const ids = [await create(on, receiver), await create(on, receiver), await create(on, receiver)];
		on.pass(65);
		const { webhooks } = on.simulator;
		// Answers none before all have called.
		const waiting: ServerResponse[] = [];
		receiver.answer = (response) => {
			waiting.push(response);
			if (waiting.length === ids.length) waiting.forEach((one) => one.end());
		};
		const [first, second] = await Promise.all([webhooks.deliver(), webhooks.deliver()]);
		expect([codes(first), codes(second)]).toEqual([[200, 200, 200], []]);
		expect(webhooks.deliveries.map(({ taskId }) => taskId)).toEqual(ids);
	});

	it('is called by itself when that is wished', async () => {
		const receiver = await receive();
		const called = new Promise<void>((resolve) => {
			receiver.answer = (response) => {
				response.writeHead(204).end();
				resolve();
			};
		});
		const seen: WebhookDelivery[] = [];
		const answered = new Promise<void>((resolve) => {
			void stage({
				webhooks: 'automatic',
				now: () => Date.now(),
				timeScale: 1000,
				onWebhook: (delivery) => {
					seen.push({ ...delivery });
					resolve();
				},
			}).then(async (on) => await create(on, receiver));
		});
		await Promise.all([called, answered]);
		expect(seen).toMatchObject([{ provider, event: 'completed', statusCode: 204 }]);
	});

	it('does not hold up the end of the simulator', async () => {
		const { on, receiver } = await open();
		const called = new Promise<void>((resolve) => {
			receiver.answer = () => resolve();
		});
		await create(on, receiver);
		on.pass(65);
		const delivery = on.simulator.webhooks.deliver();
		await called;
		await on.simulator.close();
		expect(codes(await delivery)).toEqual([undefined]);
		on.pass(5);
		expect(await on.simulator.webhooks.deliver()).toEqual([]);
	});
});

describe('the webhook of PiAPI', () => {
	it('gets the secret as a header and the answer of Get task as its body', async () => {
		const { on, receiver } = await open();
		const id = await piapiTask(on, receiver);
		on.pass(65);
		await on.simulator.webhooks.deliver();
		const { json: task } = await piapi.readTask(on, id);
		expect(receiver.received).toMatchObject([
			{
				headers: { 'x-webhook-secret': secret },
				json: { timestamp: on.nowMs() / 1000, data: at(task, 'data') },
			},
		]);
		expect(at(task, 'data', 'status')).toBe('completed');
		const link = textAt(receiver.received[0]?.json, 'data', 'output', 'video');
		expect(probe((await fetchUrl(link)).bytes)).toHaveProperty('streams');
	});

	it.each([[{}], [{ secret: '' }]])('has no such header for %j', async (webhook) => {
		const { on, receiver } = await open();
		await piapiTask(on, receiver, webhook);
		on.pass(65);
		await on.simulator.webhooks.deliver();
		expect(receiver.received).toHaveLength(1);
		expect(receiver.received[0]?.headers).not.toHaveProperty('x-webhook-secret');
	});

	it('is told of every status when that is wished, each as it was', async () => {
		const { on, receiver } = await open({ piapi: { webhookStatuses: 'every' } });
		const createdAtMs = on.nowMs();
		await piapiTask(on, receiver);
		on.pass(600);
		await on.simulator.webhooks.deliver();
		const told = receiver.received.map(({ json }) => [at(json, 'data', 'status'), at(json, 'timestamp')]);
		const seconds = createdAtMs / 1000;
		expect(told).toEqual([
			['pending', seconds],
			['processing', seconds + 5],
			['completed', seconds + 65],
		]);
		expect(on.simulator.webhooks.deliveries.map(({ event }) => event)).toEqual(
			told.map(([status]) => status),
		);
	});
});

describe('the webhook of Apiframe', () => {
	const signature = (body: string, key: string | Buffer) =>
		createHmac('sha256', key).update(body).digest('hex');

	it.each<[string, SimulatorOptions['apiframe'], (body: string, hash: Buffer) => string]>([
		['as the official SDK checks it', {}, (body, hash) => `sha256=${signature(body, hash)}`],
		['with the key as text', { webhookKey: 'hex' }, (body, hash) => `sha256=${signature(body, hash.toString('hex'))}`],
		['without a prefix', { webhookSignature: 'bare' }, (body, hash) => signature(body, hash)],
	])('is signed %s', async (_, apiframe, sign) => {
		const { on, receiver } = await open({ apiframe });
		await apiframeJob(on, receiver);
		on.pass(65);
		await on.simulator.webhooks.deliver();
		const { body = '', headers } = receiver.received[0] ?? {};
		const hash = createHash('sha256').update(on.simulator.apiKey).digest();
		expect(headers).toMatchObject({
			'x-webhook-event': 'completed',
			'x-webhook-signature': sign(body, hash),
		});
	});

	it('is signed with the key that made the job', async () => {
		const { on, receiver } = await open();
		const { otherApiKey } = on.simulator;
		await generate(on, {}, { webhookUrl: receiver.url }, { key: otherApiKey });
		on.pass(65);
		await on.simulator.webhooks.deliver();
		const { body = '', headers } = receiver.received[0] ?? {};
		const hash = createHash('sha256').update(otherApiKey).digest();
		expect(headers?.['x-webhook-signature']).toBe(`sha256=${signature(body, hash)}`);
	});

	it('gets the result of a completed job', async () => {
		const { on, receiver } = await open();
		const id = await apiframeJob(on, receiver);
		on.pass(65);
		await on.simulator.webhooks.deliver();
		const job = await readJob(on, id);
		expect(receiver.received[0]?.json).toEqual({
			event: 'completed',
			jobId: id,
			status: 'COMPLETED',
			progress: 100,
			result: { videoUrl: at(job, 'result', 'videoUrl') },
			model: 'seedance-2',
			creditCost: at(job, 'creditCost'),
			completedAt: new Date(on.nowMs()).toISOString(),
		});
		expect(at(job, 'creditCost')).toBe(160);
	});

	it('gets the error of a failed job, as soon as it has failed', async () => {
		const { on, receiver } = await open();
		const params = { end_image: 'https://example.com/a.png' };
		const fields = { webhookUrl: receiver.url, webhookEvents: ['progress', 'completed', 'failed'] };
		const id = await createJob(on, params, fields);
		on.pass(5);
		await on.simulator.webhooks.deliver();
		expect(receiver.received.map(({ json }) => json)).toEqual([
			{
				event: 'failed',
				jobId: id,
				status: 'FAILED',
				error: 'Provider returned an error: last frame content needs first frame content',
				model: 'seedance-2',
			},
		]);
		expect(on.simulator.webhooks.nextDueMs()).toBeUndefined();
	});

	it('gets the events that were asked for, in their order', async () => {
		const { on, receiver } = await open();
		const id = await apiframeJob(on, receiver, ['progress', 'completed']);
		expect(on.simulator.webhooks.nextDueMs()).toBe(on.nowMs() + 20_000);
		on.pass(600);
		await on.simulator.webhooks.deliver();
		const progress = { event: 'progress', jobId: id, status: 'PROCESSING', model: 'seedance-2' };
		expect(receiver.received.map(({ json }) => json)).toEqual([
			{ ...progress, progress: 24 },
			{ ...progress, progress: 49 },
			{ ...progress, progress: 74 },
			expect.objectContaining({ event: 'completed' }),
		]);
	});

	it.each([
		[['failed'], 0],
		[['progress'], 3],
	])('asked for %j gets no other', async (events, count) => {
		const { on, receiver } = await open();
		await apiframeJob(on, receiver, events);
		on.pass(600);
		await on.simulator.webhooks.deliver();
		expect(receiver.received).toHaveLength(count);
	});

	it('is called once for a request that came twice', async () => {
		const { on, receiver } = await open();
		for (let call = 0; call < 2; call += 1) {
			await generate(on, {}, { webhookUrl: receiver.url }, { headers: { 'idempotency-key': 'one' } });
		}
		on.pass(65);
		expect(await on.simulator.webhooks.deliver()).toHaveLength(1);
	});

	it('has its status in the job: pending, then delivered', async () => {
		const { on, receiver } = await open();
		const id = await apiframeJob(on, receiver, ['progress', 'completed']);
		const status = async () => at(await readJob(on, id), 'webhookStatus');
		on.pass(50);
		await on.simulator.webhooks.deliver();
		expect([receiver.received.length, await status()]).toEqual([3, 'pending']);
		on.pass(15);
		expect(await status()).toBe('pending');
		await on.simulator.webhooks.deliver();
		expect(await status()).toBe('delivered');
		const { json } = await ask(on, '/v2/jobs');
		expect(at(json, 'jobs', 0, 'webhookStatus')).toBe('delivered');
	});

	it('has failed when the last attempt has', async () => {
		const { on, receiver } = await open();
		receiver.answer = (response) => response.writeHead(503).end();
		const id = await apiframeJob(on, receiver);
		on.pass(60);
		const statuses: unknown[] = [];
		for (let call = 0; call < 4; call += 1) {
			on.pass(5);
			await on.simulator.webhooks.deliver();
			statuses.push(at(await readJob(on, id), 'webhookStatus'));
		}
		expect(statuses).toEqual(['pending', 'pending', 'pending', 'failed']);
	});
});
