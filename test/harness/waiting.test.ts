import type { IDataObject, INodeExecutionData, IRun } from 'n8n-workflow';
import { NodeApiError, WAIT_INDEFINITELY } from 'n8n-workflow';
import { existsSync } from 'node:fs';
import { request } from 'undici';
import {
	binaryPath,
	outputOf,
	readBinary,
	runNode,
	type RunOptions,
	runWorkflow,
	type WorkflowJson,
} from '../../harness/engine/engine';
import { runInVirtualTime } from '../../harness/engine/virtualTime';
import {
	callResumeUrl,
	resumeByTimer,
	startWebhookServer,
	type ResumeCall,
	type ResumeOptions,
} from '../../harness/engine/waiting';
import { parkingHost, parkingWorkflow } from './suspendingNode';

const startMs = Date.UTC(2026, 3, 27, 16);
const words = (...all: string[]): INodeExecutionData[] => all.map((word) => ({ json: { word } }));
const json = (items: INodeExecutionData[] | undefined) => items?.map((item) => item.json);
const fromEach = { word: '={{ $json.word }}' };
const pairedSay = '={{ $json.word + " from " + $("Trigger").item.json.word }}';

/** An execution of the parking workflow that has been put aside. */
async function park(
	parameters: IDataObject = {},
	options: RunOptions & { host?: ReturnType<typeof parkingHost>; workflow?: WorkflowJson } = {},
) {
	const {
		host = parkingHost(),
		workflow = parkingWorkflow({ ...fromEach, ...parameters }),
		...rest
	} = options;
	const run = await runWorkflow(host, workflow, { mode: 'trigger', items: words('a', 'b'), ...rest });
	return {
		host,
		run,
		seen: host.parking.seen,
		byTimer: async (from: IRun = run, more?: ResumeOptions) =>
			await resumeByTimer(host, workflow, from, more),
		call: async (call?: ResumeCall, more?: ResumeOptions) =>
			await callResumeUrl(host, workflow, run, call, more),
	};
}

/** The node goes on with these items as soon as it is called. */
const goOnWith = (...outputs: INodeExecutionData[][]) => {
	const host = parkingHost();
	host.parking.onCall = async () => ({ workflowData: outputs });
	return host;
};

const inVirtualTime = async <Result>(work: () => Promise<Result>) =>
	await runInVirtualTime(work, { startMs });

describe('by the timer', () => {
	it('passes on what the node parked, at the deadline, without running it again', async () => {
		await inVirtualTime(async () => {
			const { run, seen, byTimer } = await park({ parkSeconds: 90 });
			expect(run).toMatchObject({ status: 'waiting', waitTill: new Date(startMs + 90_000) });
			const end = await byTimer();
			expect(Date.now()).toBe(startMs + 90_000);
			expect(end.status).toBe('success');
			expect(outputOf(end, 'Parking')).toMatchObject([
				[{ json: { word: 'a', round: 1 } }, { json: { word: 'b', round: 1 } }],
			]);
			expect(json(outputOf(end, 'After')[0])).toEqual([{ said: 'a' }, { said: 'b' }]);
			expect(end.data.resultData.runData.Parking).toHaveLength(1);
			expect(seen).toHaveLength(1);
		});
	});

	it('leaves what the trigger gave as it was', async () => {
		await inVirtualTime(async () => {
			const { byTimer } = await park();
			expect(json(outputOf(await byTimer(), 'Trigger')[0])).toEqual([{ word: 'a' }, { word: 'b' }]);
		});
	});

	it('pairs the parked items with the items of the trigger by their place', async () => {
		await inVirtualTime(async () => {
			const workflow = parkingWorkflow(fromEach, { say: pairedSay });
			const { byTimer } = await park({}, { workflow });
			expect(json(outputOf(await byTimer(), 'After')[0])).toEqual([
				{ said: 'a from a' },
				{ said: 'b from b' },
			]);
		});
	});

	it('pairs wrongly when the node parks fewer items than came in, whatever it says', async () => {
		await inVirtualTime(async () => {
			const workflow = parkingWorkflow({ ...fromEach, keepEvery: 2 }, { say: pairedSay });
			const { byTimer } = await park({}, { workflow, items: words('a', 'b', 'c') });
			expect(json(outputOf(await byTimer(), 'After')[0])).toEqual([
				{ said: 'a from a' },
				{ said: 'c from b' },
			]);
		});
	});

	it('runs a node that is wired to itself until it is done', async () => {
		await inVirtualTime(async () => {
			const workflow = parkingWorkflow({ ...fromEach, loop: true, rounds: 3 }, { say: pairedSay });
			const { run, seen, byTimer } = await park({}, { workflow });
			const second = await byTimer(run);
			const third = await byTimer(second);
			const end = await byTimer(third);
			expect([run, second, third, end].map(({ status }) => status)).toEqual([
				'waiting',
				'waiting',
				'waiting',
				'success',
			]);
			expect(seen.map(({ atMs }) => atMs - startMs)).toEqual([0, 60_000, 120_000, 180_000]);
			expect(json(outputOf(end, 'After')[0])).toEqual([
				{ said: 'a from a' },
				{ said: 'b from b' },
			]);
			expect(end.data.resultData.runData.Parking).toHaveLength(4);
		});
	});

	it('evaluates parameters with the parked items once they have replaced the input', async () => {
		await inVirtualTime(async () => {
			const workflow = parkingWorkflow({ loop: true, rounds: 1, word: '={{ $json.word }} {{ $json.round }}' });
			const { seen, byTimer } = await park({}, { workflow });
			await byTimer();
			expect(seen.map((sight) => sight.words)).toEqual([
				['a ', 'b '],
				['a  1', 'b  1'],
			]);
		});
	});

	it('keeps the context of the node and the custom data', async () => {
		await inVirtualTime(async () => {
			const { run, seen, byTimer } = await park({ loop: true });
			const end = await byTimer(run);
			expect(seen.map(({ context, customData }) => ({ context, customData }))).toEqual([
				{ context: {}, customData: {} },
				{ context: { runs: 1 }, customData: { task: 'task-1' } },
			]);
			expect(end.data.resultData.metadata).toEqual({ task: 'task-2' });
		});
	});

	it('starts without static data, and puts its own in place of all others', async () => {
		await inVirtualTime(async () => {
			const staticData = { other: { kept: true } };
			const { run, seen, byTimer } = await park({ loop: true }, { staticData });
			expect(staticData).toEqual({ other: { kept: true }, 'node:Parking': { runs: 1 } });
			await byTimer(run, { staticData });
			expect(seen.at(-1)).toMatchObject({ memory: {} });
			expect(staticData).toEqual({ 'node:Parking': { runs: 1 } });
		});
	});

	it('is the same execution', async () => {
		await inVirtualTime(async () => {
			const { seen, byTimer } = await park({ loop: true }, { executionId: '77' });
			const started: string[] = [];
			await byTimer(undefined, {
				configureHooks: (hooks) => {
					hooks.addHandler('workflowExecuteBefore', () => void started.push('before'));
					hooks.addHandler('workflowExecuteResume', () => void started.push('resume'));
				},
			});
			expect(started).toEqual(['resume']);
			const urls = seen.map(({ resumeUrl }) => resumeUrl);
			expect(urls[0]).toMatch(/^http:\/\/127\.0\.0\.1:5678\/webhook-waiting\/77\?signature=[0-9a-f]{64}$/);
			expect(urls[1]).toBe(urls[0]);
		});
	});

	it.each(['memory', 'filesystem'] as const)('keeps files in %s mode', async (binaryMode) => {
		await inVirtualTime(async () => {
			const { byTimer } = await park({ file: true }, { host: parkingHost({ binaryMode }) });
			const [, second] = outputOf(await byTimer(), 'After')[0] ?? [];
			if (!second?.binary?.data) throw new Error('No file came out');
			expect((await readBinary(second.binary.data)).toString()).toBe('file 1');
			if (binaryMode === 'filesystem') expect(existsSync(binaryPath(second.binary.data))).toBe(true);
		});
	});

	it('goes on once only, and not without a deadline', async () => {
		await inVirtualTime(async () => {
			const { byTimer, run } = await park();
			const end = await byTimer();
			await expect(byTimer(run)).rejects.toThrow('does not wait');
			await expect(byTimer(end)).rejects.toThrow('does not wait');

			const endless = await park();
			endless.run.waitTill = WAIT_INDEFINITELY;
			await expect(endless.byTimer()).rejects.toThrow('without a deadline');
		});
	});

	it('can be canceled while it goes on', async () => {
		await inVirtualTime(async () => {
			const { byTimer } = await park({ loop: true });
			const end = await byTimer(undefined, { signal: AbortSignal.abort() });
			expect(end.status).toBe('canceled');
		});
	});

	it('works for a node that runs alone', async () => {
		await inVirtualTime(async () => {
			const host = parkingHost();
			const { run, workflow } = await runNode(host, 'n8n-nodes-seedance.parking', {
				parameters: fromEach,
				items: words('a'),
			});
			const end = await resumeByTimer(host, workflow, run);
			expect(json(outputOf(end, 'Node')[0])).toEqual([{ word: 'a', round: 1 }]);
		});
	});
});

describe('by a call', () => {
	it('goes on with the items that the node gives, from before the deadline', async () => {
		await inVirtualTime(async () => {
			const { call, seen } = await park(
				{},
				{
					host: goOnWith(words('x', 'y')),
					workflow: parkingWorkflow(fromEach, { say: pairedSay }),
				},
			);
			const outcome = await call({ body: { status: 'done' } });
			expect(outcome.resumed).toBe(true);
			if (!outcome.resumed) return;
			expect(outcome.run.status).toBe('success');
			expect(json(outputOf(outcome.run, 'After')[0])).toEqual([
				{ said: 'x from a' },
				{ said: 'y from b' },
			]);
			expect(Date.now()).toBe(startMs);
			expect(outcome.run.data.resultData.runData.Parking).toHaveLength(1);
			expect(seen.filter(({ where }) => where === 'execute')).toHaveLength(1);
		});
	});

	it('stays aside until the node has heard enough', async () => {
		await inVirtualTime(async () => {
			const host = parkingHost();
			host.parking.onCall = async (body) =>
				body.status === 'done' ? { workflowData: [words('x')] } : { webhookResponse: { heard: body.status } };
			const { call, run } = await park({}, { host });
			expect(await call({ body: { status: 'running' } })).toMatchObject({
				resumed: false,
				response: { statusCode: 200, body: { heard: 'running' } },
			});
			expect(run.status).toBe('waiting');
			expect(await call({ body: { status: 'done' } })).toMatchObject({
				resumed: true,
				run: { status: 'success' },
			});
		});
	});

	it('can still reach its deadline after calls that came too early', async () => {
		await inVirtualTime(async () => {
			const { call, byTimer } = await park();
			await call();
			const end = await byTimer();
			expect(json(outputOf(end, 'After')[0])).toEqual([{ said: 'a' }, { said: 'b' }]);
			expect(Date.now()).toBe(startMs + 60_000);
		});
	});

	it('answers as n8n does', async () => {
		await inVirtualTime(async () => {
			const host = parkingHost();
			const { call } = await park({}, { host });
			host.parking.onCall = async () => ({});
			expect((await call()).response.body).toEqual({ message: 'Webhook call received' });
			host.parking.onCall = async function () {
				this.getResponseObject().status(401).json({ message: 'Who are you?' }).end();
				return { noWebhookResponse: true };
			};
			expect((await call()).response).toMatchObject({ statusCode: 401, body: { message: 'Who are you?' } });
			host.parking.onCall = async () => ({ webhookResponse: 'thanks', workflowData: [words('x')] });
			// Unless the description of the webhook says otherwise.
			expect((await call()).response).toMatchObject({ statusCode: 200, body: 'firstEntryJson' });

			const other = await park({}, { host });
			expect((await other.call({ method: 'PUT', path: 'other' })).response.body).toBe('thanks');
		});
	});

	it('gives the node the request as it was sent', async () => {
		await inVirtualTime(async () => {
			const { call, seen } = await park();
			const rawBody = '{ "task" : "ä" }';
			await call({
				rawBody,
				headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-Signature': 'abc' },
				query: { item: '3' },
			});
			expect(seen.at(-1)).toMatchObject({
				body: { task: 'ä' },
				rawBody,
				headers: { 'x-signature': 'abc' },
				query: { item: '3', signature: expect.stringMatching(/^[0-9a-f]{64}$/) },
				executionId: '1',
			});
			await call({ rawBody: 'state=done', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
			expect(seen.at(-1)).toMatchObject({ body: { state: 'done' } });
			await call();
			expect(seen.at(-1)).toMatchObject({ body: undefined, rawBody: '' });
		});
	});

	it('reads no body of an unknown kind for nodes of version 2 and later', async () => {
		await inVirtualTime(async () => {
			const { call, seen } = await park({}, { workflow: parkingWorkflow(fromEach, { typeVersion: 2 }) });
			await call({ rawBody: 'abc', headers: { 'content-type': 'application/octet-stream' } });
			expect(seen.at(-1)).toMatchObject({ body: undefined, rawBody: undefined });
		});
	});

	it('lets webhook() see the parked items, the context and the custom data, not the static data', async () => {
		await inVirtualTime(async () => {
			const { call, seen } = await park(
				{ file: true },
				{ staticData: { 'node:Parking': { runs: 5 } } },
			);
			await call();
			expect(seen.at(-1)).toMatchObject({
				where: 'webhook',
				hasGetContext: false,
				context: { runs: 1 },
				customData: { task: 'task-1' },
				memory: {},
				// A parameter is evaluated with the first parked item.
				word: 'a',
				triggerItem: { word: 'a' },
				secondTriggerItem: { word: 'b' },
				parked: [
					{ json: { word: 'a', round: 1 }, pairedItem: { item: 0 }, binary: { data: { fileName: 'a.txt' } } },
					{ json: { word: 'b', round: 1 }, pairedItem: { item: 1 } },
				],
			});
		});
	});

	it('loads the static data for what follows, and forgets those of webhook()', async () => {
		await inVirtualTime(async () => {
			const staticData = { other: { kept: true } };
			const host = goOnWith(words('x'));
			const { call, run, seen } = await park({ loop: true }, { host, staticData });
			const outcome = await call({}, { staticData });
			expect(outcome).toMatchObject({ resumed: true, run: { status: 'waiting' } });
			expect(run.status).toBe('waiting');
			expect(seen.at(-1)).toMatchObject({ where: 'execute', memory: { runs: 1 }, context: { runs: 1 } });
			expect(staticData).toEqual({ other: { kept: true }, 'node:Parking': { runs: 2 } });
		});
	});

	it('keeps what webhook() writes into the custom data only if it goes on', async () => {
		await inVirtualTime(async () => {
			const host = parkingHost();
			host.parking.onCall = async function (body) {
				this.customData.set(body.key as string, 'yes');
				return body.key === 'second' ? { workflowData: [words('x')] } : {};
			};
			const { call } = await park({}, { host });
			await call({ body: { key: 'first' } });
			const outcome = await call({ body: { key: 'second' } });
			expect(outcome.resumed && outcome.run.data.resultData.metadata).toEqual({
				task: 'task-1',
				second: 'yes',
			});
		});
	});

	it('gives the items of each output to its branch', async () => {
		await inVirtualTime(async () => {
			const host = goOnWith([], words('x', 'y'));
			const workflow = parkingWorkflow({ ...fromEach, loop: true });
			const { call } = await park({}, { host, workflow });
			const outcome = await call();
			expect(outcome.resumed && json(outputOf(outcome.run, 'After')[0])).toEqual([
				{ said: 'x' },
				{ said: 'y' },
			]);
		});
	});

	it('cannot pair the items of a second output with the trigger', async () => {
		await inVirtualTime(async () => {
			const host = goOnWith([], words('x', 'y'));
			const workflow = parkingWorkflow({ ...fromEach, loop: true }, { say: pairedSay });
			const outcome = await (await park({}, { host, workflow })).call();
			if (!outcome.resumed) throw new Error('It did not go on');
			expect(outputOf(outcome.run, 'Parking')).toMatchObject([
				[],
				[{ pairedItem: { item: 0, input: 1 } }, { pairedItem: { item: 1, input: 1 } }],
			]);
			expect(json(outputOf(outcome.run, 'After')[0])).toEqual([{ said: undefined }, { said: undefined }]);
		});
	});

	it('routes error items to the error output', async () => {
		await inVirtualTime(async () => {
			const host = goOnWith([
				{ json: { word: 'x' }, pairedItem: { item: 0 } },
				{ json: { error: 'It failed' }, pairedItem: { item: 1 } },
			]);
			const workflow = parkingWorkflow(fromEach, { onError: 'continueErrorOutput', say: pairedSay });
			const outcome = await (await park({}, { host, workflow })).call();
			if (!outcome.resumed) throw new Error('It did not go on');
			expect(json(outputOf(outcome.run, 'After')[0])).toEqual([{ said: 'x from a' }]);
			expect(json(outputOf(outcome.run, 'Failed')[0])).toEqual([{ said: 'It failed' }]);
			// What was parked is added to an error item, as n8n does it for items of any node.
			expect(json(outputOf(outcome.run, 'Parking')[1])).toEqual([{ error: 'It failed', word: 'b' }]);
		});
	});

	it.each(['memory', 'filesystem'] as const)('stores a file of webhook() in %s mode', async (binaryMode) => {
		await inVirtualTime(async () => {
			const host = parkingHost({ binaryMode });
			host.parking.onCall = async function () {
				const data = await this.helpers.prepareBinaryData(Buffer.from('video'), 'a.mp4', 'video/mp4');
				return { workflowData: [[{ json: { word: 'x' }, binary: { data } }]] };
			};
			const { call } = await park({}, { host });
			// n8n has one mode; here another host can have run in the meantime.
			await park({}, { host: parkingHost({ binaryMode: binaryMode === 'memory' ? 'filesystem' : 'memory' }) });
			const outcome = await call();
			const data = outcome.resumed && outputOf(outcome.run, 'After')[0]?.[0]?.binary?.data;
			if (!data) throw new Error('No file came out');
			expect((await readBinary(data)).toString()).toBe('video');
			expect(Boolean(data.id)).toBe(binaryMode === 'filesystem');
		});
	});

	it('forgets the whole execution when webhook() throws', async () => {
		await inVirtualTime(async () => {
			const host = parkingHost();
			host.parking.onCall = async function () {
				throw new NodeApiError(this.getNode(), {}, { message: 'No' });
			};
			const outcome = await (await park({}, { host })).call();
			expect(outcome).toMatchObject({
				resumed: true,
				response: {
					statusCode: 500,
					body: { code: 0, message: 'Workflow Webhook Error: Workflow could not be started!' },
				},
			});
			if (!outcome.resumed) return;
			expect(Object.keys(outcome.run.data.resultData.runData)).toEqual(['Parking', 'After']);
			expect(outcome.run.data.resultData.error?.message).toBe('No');
			expect(json(outputOf(outcome.run, 'Parking')[0])).toEqual([{}]);
		});
	});
});

describe('refuses a call', () => {
	it('with a wrong signature, or none', async () => {
		await inVirtualTime(async () => {
			const { call, seen } = await park();
			for (const signature of ['', 'abc', '0'.repeat(64)]) {
				const { response } = await call({ query: { signature } });
				expect(response).toMatchObject({ statusCode: 401, body: { error: 'Invalid token' } });
			}
			expect(seen).toHaveLength(1);
		});
	});

	it('to another execution, path or method', async () => {
		await inVirtualTime(async () => {
			const { call, seen } = await park();
			const url = String(seen[0]?.resumeUrl);
			expect((await call({ url: url.replace('/1?', '/2?') })).response.statusCode).toBe(404);
			expect((await call({ path: 'other' })).response.statusCode).toBe(404);
			expect((await call({ method: 'GET' })).response.statusCode).toBe(404);
			expect((await call({ method: 'GET', path: 'start' })).response.statusCode).toBe(404);
			expect(seen).toHaveLength(1);
			expect((await call({ url })).response.statusCode).toBe(200);
		});
	});

	it('with a body that is not what it says', async () => {
		await inVirtualTime(async () => {
			const { call, seen } = await park();
			const { response } = await call({ rawBody: '{"status":', headers: { 'content-type': 'application/json' } });
			expect(response.statusCode).toBe(422);
			expect(seen).toHaveLength(1);
		});
	});

	it('after the execution went on', async () => {
		await inVirtualTime(async () => {
			const { call, byTimer } = await park({}, { host: goOnWith(words('x')) });
			expect(await call()).toMatchObject({ resumed: true });
			expect((await call()).response).toMatchObject({
				statusCode: 409,
				body: { code: 409, message: expect.stringContaining('finished already') },
			});
			await expect(byTimer()).rejects.toThrow('does not wait');
		});
	});

	it('after the deadline, or after it failed', async () => {
		await inVirtualTime(async () => {
			const late = await park();
			await late.byTimer();
			expect((await late.call()).response.statusCode).toBe(409);

			const failing = await park({}, { workflow: parkingWorkflow(fromEach, { say: '={{ $("Nobody").item }}' }) });
			expect((await failing.byTimer()).status).toBe('error');
			expect((await failing.call()).response.body).toMatchObject({
				message: expect.stringContaining('finished with error'),
			});
		});
	});

	it('that comes while another one is looked at', async () => {
		await inVirtualTime(async () => {
			const host = parkingHost();
			host.parking.onCall = async () => {
				await new Promise((resolve) => setTimeout(resolve, 1000));
				return { workflowData: [words('x')] };
			};
			const { call, seen } = await park({}, { host });
			const outcomes = await Promise.all([call(), call()]);
			expect(outcomes.filter(({ resumed }) => resumed)).toHaveLength(1);
			expect(outcomes.map(({ response }) => response.statusCode).sort()).toEqual([200, 500]);
			// Both reached the node.
			expect(seen.filter(({ where }) => where === 'webhook')).toHaveLength(2);
		});
	});

	it('while the execution runs on', async () => {
		await inVirtualTime(async () => {
			const { call } = await park({}, { host: goOnWith(words('x')) });
			let during: Promise<unknown> | undefined;
			await call({}, {
				configureHooks: (hooks) => hooks.addHandler('nodeExecuteBefore', async (name) => {
					if (name === 'After') await (during = call());
				}),
			});
			expect(await during).toMatchObject({
				resumed: false,
				response: { statusCode: 409, body: { message: expect.stringContaining('running already') } },
			});
		});
	});
});

it('tells the address that the host is reached at', async () => {
	await inVirtualTime(async () => {
		const host = parkingHost({ webhookBaseUrl: 'https://n8n.example.com' });
		const { seen, call } = await park({}, { host, executionId: '5' });
		const url = String(seen[0]?.resumeUrl);
		expect(url).toMatch(/^https:\/\/n8n\.example\.com\/webhook-waiting\/5\?signature=/);
		expect((await call({ url })).response.statusCode).toBe(200);
	});
});

describe('over HTTP', () => {
	it('takes the call of a stranger, before, while and after the execution waits', async () => {
		const parking = goOnWith(words('x'));
		const workflow = parkingWorkflow(fromEach);
		let run: IRun | undefined;
		const goings: Array<Promise<IRun | undefined>> = [];
		const server = await startWebhookServer(
			(executionId) => (executionId === '9' ? { host: parking, workflow, run } : undefined),
			(going) => goings.push(going),
		);
		try {
			await inVirtualTime(async () => {
				const host = { ...parking, webhookBaseUrl: server.baseUrl };
				const call = async (url = String(host.parking.seen[0]?.resumeUrl)) => {
					const { statusCode, headers, body } = await request(url, {
						method: 'POST',
						headers: { 'Content-Type': 'application/json', 'X-Secret': 'abc' },
						body: '{"status":"done"}',
					});
					return { statusCode, type: headers['content-type'], text: await body.text() };
				};
				const early: unknown[] = [];
				run = await runWorkflow(host, workflow, {
					mode: 'trigger',
					items: words('a', 'b'),
					executionId: '9',
					configureHooks: (hooks) =>
						hooks.addHandler('nodeExecuteAfter', async (name) => {
							if (name === 'Parking') early.push(await call());
						}),
				});
				expect(early).toMatchObject([{ statusCode: 409 }]);
				expect(await call(`${server.baseUrl}/webhook-waiting/8`)).toMatchObject({ statusCode: 404 });
				expect(await call()).toEqual({
					statusCode: 200,
					type: 'text/html; charset=utf-8',
					text: 'firstEntryJson',
				});
				expect(host.parking.seen.at(-1)).toMatchObject({
					body: { status: 'done' },
					headers: { 'x-secret': 'abc' },
				});
				const end = await goings.at(-1);
				expect(end && json(outputOf(end, 'After')[0])).toEqual([{ said: 'x' }]);
				expect(await call()).toMatchObject({
					statusCode: 409,
					type: 'application/json; charset=utf-8',
					text: expect.stringContaining('"code":409'),
				});
				expect(goings).toHaveLength(4);
			});
		} finally {
			await server.close();
		}
	});
});
