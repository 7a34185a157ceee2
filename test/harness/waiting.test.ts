import type { IDataObject, INodeExecutionData, IRun } from 'n8n-workflow';
import { WAIT_INDEFINITELY } from 'n8n-workflow';
import { request } from 'undici';
import {
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
import type { Order } from '../support/suspending/nodes';
import { suspendingHost, suspendingWorkflow } from '../support/suspending/workflow';

/**
 * That the harness goes on with suspended executions as n8n does is proved in `test/e2e/waiting.test.ts`,
 * beside a real n8n. Here is what it does for the tests that use it.
 */

const startMs = Date.UTC(2026, 3, 27, 16);
const words = (...all: string[]): INodeExecutionData[] => all.map((word) => ({ json: { word } }));
const json = (items: INodeExecutionData[] | undefined) => items?.map((item) => item.json);
const fromEach = { word: '={{ $json.word }}', waitSeconds: 90 };
const goOn: { body: Order } = { body: { outputs: [[{ json: { word: 'x' } }]] } };

/** A suspended execution. */
async function suspend(
	parameters: IDataObject = {},
	options: RunOptions & { host?: ReturnType<typeof suspendingHost>; workflow?: WorkflowJson } = {},
) {
	const {
		host = suspendingHost(),
		workflow = suspendingWorkflow({ ...fromEach, ...parameters }),
		...rest
	} = options;
	const run = await runWorkflow(host, workflow, { mode: 'trigger', items: words('a', 'b'), ...rest });
	return {
		run,
		seen: host.seen,
		byTimer: async (from: IRun = run, more?: ResumeOptions) => await resumeByTimer(host, workflow, from, more),
		call: async (call?: ResumeCall, more?: ResumeOptions) => await callResumeUrl(host, workflow, run, call, more),
	};
}

const inVirtualTime = async (work: () => Promise<void>) => await runInVirtualTime(work, { startMs });

describe('by time', () => {
	it('goes on at the deadline, in virtual time', async () => {
		await inVirtualTime(async () => {
			const { run, seen, byTimer } = await suspend();
			expect(run).toMatchObject({ status: 'waiting', waitTill: new Date(startMs + 90_000) });
			const end = await byTimer();
			expect(Date.now()).toBe(startMs + 90_000);
			expect(end.status).toBe('success');
			expect(json(outputOf(end, 'After')[0])).toEqual([{ said: 'a' }, { said: 'b' }]);
			expect(seen).toHaveLength(1);
		});
	});

	it('starts without static data, and puts its own in place of all others', async () => {
		await inVirtualTime(async () => {
			const staticData = { other: { kept: true } };
			const { run, seen, byTimer } = await suspend({ loop: true }, { staticData });
			expect(staticData).toEqual({ other: { kept: true }, 'node:Suspending': { runs: 1 } });
			await byTimer(run, { staticData });
			expect(seen.at(-1)).toMatchObject({ memory: {} });
			expect(staticData).toEqual({ 'node:Suspending': { runs: 1 } });
		});
	});

	it('is the same execution', async () => {
		await inVirtualTime(async () => {
			const { seen, byTimer } = await suspend({ loop: true }, { executionId: '77' });
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

	it('goes on once only, and not without a deadline', async () => {
		await inVirtualTime(async () => {
			const { byTimer, run } = await suspend();
			const end = await byTimer();
			await expect(byTimer(run)).rejects.toThrow('does not wait');
			await expect(byTimer(end)).rejects.toThrow('does not wait');

			const endless = await suspend();
			endless.run.waitTill = WAIT_INDEFINITELY;
			await expect(endless.byTimer()).rejects.toThrow('without a deadline');
		});
	});

	it('can be canceled while it goes on', async () => {
		await inVirtualTime(async () => {
			const { byTimer } = await suspend({ loop: true });
			const end = await byTimer(undefined, { signal: AbortSignal.abort() });
			expect(end.status).toBe('canceled');
		});
	});

	it('works for a node that runs alone', async () => {
		await inVirtualTime(async () => {
			const host = suspendingHost();
			const { run, workflow } = await runNode(host, 'n8n-nodes-seedance.suspending', {
				parameters: fromEach,
				items: words('a'),
			});
			const end = await resumeByTimer(host, workflow, run);
			expect(json(outputOf(end, 'Node')[0])).toEqual([{ word: 'a', round: 1 }]);
		});
	});
});

describe('by a call', () => {
	it('says whether the execution went on, and where to', async () => {
		await inVirtualTime(async () => {
			const { call, run, byTimer } = await suspend();
			expect(await call()).toMatchObject({ resumed: false, response: { statusCode: 200, body: 'not yet' } });
			expect(run.status).toBe('waiting');
			const outcome = await call(goOn);
			expect(outcome).toMatchObject({ resumed: true, run: { status: 'success' } });
			expect(outcome.resumed && json(outputOf(outcome.run, 'After')[0])).toEqual([{ said: 'x' }]);
			expect(Date.now()).toBe(startMs);
			expect(await call(goOn)).toMatchObject({ resumed: false, response: { statusCode: 409 } });
			await expect(byTimer()).rejects.toThrow('does not wait');
		});
	});

	it.each(['memory', 'filesystem'] as const)('stores a file of webhook() in %s mode', async (binaryMode) => {
		await inVirtualTime(async () => {
			const { call } = await suspend({}, { host: suspendingHost({ binaryMode }) });
			// n8n has one mode; here another host can have run in the meantime.
			const other = binaryMode === 'memory' ? 'filesystem' : 'memory';
			await suspend({}, { host: suspendingHost({ binaryMode: other }) });
			const outcome = await call({ body: { outputs: [[{ json: { word: 'x' }, file: 'video' }]] } });
			const data = outcome.resumed && outputOf(outcome.run, 'After')[0]?.[0]?.binary?.data;
			if (!data) throw new Error('No file came out');
			expect((await readBinary(data)).toString()).toBe('video');
			expect(Boolean(data.id)).toBe(binaryMode === 'filesystem');
		});
	});

	it('is refused for another execution, and while the execution runs on', async () => {
		await inVirtualTime(async () => {
			const { call, seen } = await suspend();
			const url = String(seen[0]?.resumeUrl).replace('/1?', '/2?');
			expect((await call({ url })).response.statusCode).toBe(404);
			let during: Promise<unknown> | undefined;
			await call(goOn, {
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
		const host = suspendingHost({ webhookBaseUrl: 'https://n8n.example.com' });
		const { seen, call } = await suspend({}, { host, executionId: '5' });
		const url = String(seen[0]?.resumeUrl);
		expect(url).toMatch(/^https:\/\/n8n\.example\.com\/webhook-waiting\/5\?signature=/);
		expect((await call({ url })).response.statusCode).toBe(200);
	});
});

describe('over HTTP', () => {
	it('takes the call of a stranger, before, while and after the execution waits', async () => {
		const suspending = suspendingHost();
		const workflow = suspendingWorkflow(fromEach);
		let run: IRun | undefined;
		const goings: Array<Promise<IRun | undefined>> = [];
		const server = await startWebhookServer(
			(executionId) => (executionId === '9' ? { host: suspending, workflow, run } : undefined),
			(going) => goings.push(going),
		);
		try {
			await inVirtualTime(async () => {
				const host = { ...suspending, webhookBaseUrl: server.baseUrl };
				const call = async (url = String(host.seen[0]?.resumeUrl)) => {
					const { statusCode, headers, body } = await request(url, {
						method: 'POST',
						headers: { 'Content-Type': 'application/json', 'X-Signature': 'abc' },
						body: JSON.stringify(goOn.body),
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
							if (name === 'Suspending') early.push(await call());
						}),
				});
				expect(early).toMatchObject([{ statusCode: 409 }]);
				expect(await call(`${server.baseUrl}/webhook-waiting/8`)).toMatchObject({ statusCode: 404 });
				expect(await call()).toEqual({
					statusCode: 200,
					type: 'text/html; charset=utf-8',
					text: 'firstEntryJson',
				});
				expect(host.seen.at(-1)).toMatchObject({ body: goOn.body, headers: { 'x-signature': 'abc' } });
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
