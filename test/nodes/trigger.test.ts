import type { IDataObject, INode, INodeParameters, IRun } from 'n8n-workflow';
import { createHash, createHmac } from 'node:crypto';
import { SeedanceGenerateTrigger } from '../../nodes/SeedanceGenerateTrigger/SeedanceGenerateTrigger.node';
import { endedLongAgo } from '../../nodes/SeedanceGenerateTrigger/startedTasks';
import type { SimulatorOptions } from '../../simulator';
import { inBrokenHost, never } from '../support/brokenHost';
import { outputOf, readBinary } from '../../harness/engine/engine';
import { activateTrigger, answerTriggerCall, type PublishedWorkflow } from '../../harness/engine/trigger';
import { serveCalls } from '../../harness/engine/waiting';
import { Lab, simulatedProviders } from '../support/lab';
import { withVideoFile } from '../support/schedules/video';

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Seedance Generate Trigger: one workflow submits, the simulated provider calls, and another one starts. */

const secret = 'a long secret, made up';
const smallVideo = withVideoFile();
/** The maker also reports that a task is queued and that it runs; the tests that are not about that count the calls about its end. */
const onlyEnds = { ark: { callbackStatuses: 'final' } } as const;

const callingProviders = simulatedProviders.filter(([, , { videoTasks }]) => videoTasks.callback);

it('is offered for the providers that call', () => {
	const { description } = new SeedanceGenerateTrigger();
	const provider = description.properties.find(({ name }) => name === 'provider');
	expect(provider?.options).toEqual(callingProviders.map(([name, value]) => ({ name, value })));
	expect(description.credentials).toHaveLength(callingProviders.length);
});

describe('A task counts as ended long ago', () => {
	const hourMs = 60 * 60_000;
	const nowMs = Date.UTC(2026, 3, 27, 16);
	const hoursAgo = (hours: number) => nowMs - hours * hourMs;
	it.each([
		['a day after its end', { finishedAtMs: hoursAgo(24) }, false],
		['later', { finishedAtMs: hoursAgo(24.1) }, true],
		['by its end, not by its beginning', { createdAtMs: hoursAgo(200), finishedAtMs: hoursAgo(1) }, false],
		['by its beginning, with room for the maximum time in the queue, where its end is not told', { createdAtMs: hoursAgo(96) }, false],
		['later than that', { createdAtMs: hoursAgo(96.1) }, true],
		['never, where no time is told', {}, false],
		['never, where its end is to come by a clock that differs', { finishedAtMs: hoursAgo(-5) }, false],
	])('%s: %j is %j', (_when, times, isLongAgo) => {
		expect(endedLongAgo({ id: '1', status: 'failed', raw: undefined, ...times }, nowMs)).toBe(isLongAgo);
	});
});

describe.each(callingProviders)('%s', (_name, provider, { videoTasks: { callback } }) => {
	/** Whether both workflows have to be given the same secret. */
	const takesSecret = callback?.fields.includes('secret') ?? false;
	let lab: Lab;
	let server: Awaited<ReturnType<typeof serveCalls>>;
	let parameters: INodeParameters;
	let mode: PublishedWorkflow['mode'];
	/** The static data that n8n has stored for the publishing workflow. */
	let staticData: IDataObject;
	let answers: Array<Promise<IRun | undefined>>;
	/** The runs of the workflow that publishes, in the order of the calls. */
	let runs: IRun[];

	const open = async (options: SimulatorOptions = {}) => {
		lab = await Lab.open({ ...onlyEnds, taskQueueSeconds: 5, taskRunSeconds: 42, ...options });
	};

	beforeEach(async () => {
		await open();
		[parameters, mode, staticData, answers, runs] = [{}, 'webhook', {}, [], []];
		server = await serveCalls(
			(call) => answerTriggerCall(published(), call),
			(answer) => answers.push(answer),
		);
	});
	afterEach(async () => {
		await server.close();
		await lab.close();
	});

	const trigger = (): INode => ({
		id: 'trigger',
		name: 'Trigger',
		type: 'n8n-nodes-seedance.seedanceGenerateTrigger',
		typeVersion: 1,
		position: [0, 0],
		webhookId: '3f7b',
		parameters: {
			provider,
			...(takesSecret && { webhookSecret: secret }),
			downloadVideo: false,
			...parameters,
		},
	});
	const published = (overrides: Parameters<Lab['host']>[0] = {}): PublishedWorkflow => ({
		host: lab.host(overrides),
		workflow: { nodes: [trigger()], connections: {} },
		staticData,
		mode,
	});

	const submit = async (prompts = ['A cat plays the piano'], webhookSecret = secret) =>
		await lab.json(
			'seedanceGenerate',
			{
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: '={{ $json.prompt }}',
				waitForCompletion: 'dontWait',
				options: {
					webhookUrl: `${server.baseUrl}/webhook/3f7b/seedance`,
					...(takesSecret && { webhookSecret }),
				},
			},
			{ items: prompts.map((prompt) => ({ json: { prompt } })) },
		);

	/** Lets time pass until the next callback, and runs what it starts to its end. */
	const letProviderCall = async () =>
		await lab.inVirtualTime(async () => {
			const { webhooks } = lab.simulator;
			const waitMs = (webhooks.nextDueMs() ?? Date.now()) - Date.now();
			if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
			await webhooks.deliver();
			for (const answer of answers.splice(0)) {
				const run = await answer;
				if (run) runs.push(run);
			}
		});
	const letProviderCallAll = async () => {
		while (lab.simulator.webhooks.nextDueMs() !== undefined) await letProviderCall();
	};
	const statusCodes = () => lab.simulator.webhooks.deliveries.map(({ statusCode }) => statusCode);
	const items = () => runs.flatMap((run) => outputOf(run, 'Trigger')[0] ?? []);

	/** A call as the provider makes it, or nearly. */
	const call = async (
		body: unknown,
		{ headers = proofOf(JSON.stringify(body)), query = queryOf(secret), rawBody = JSON.stringify(body), ...overrides }: {
			headers?: Record<string, string>;
			query?: string;
			rawBody?: string;
		} & Parameters<Lab['host']>[0] = {},
	) =>
		await lab.inVirtualTime(async () => {
			const { response, run: starting } = answerTriggerCall(published(overrides), {
				method: 'POST',
				url: `/webhook/3f7b/seedance${query}`,
				headers: { 'content-type': 'application/json', ...headers },
				rawBody: Buffer.from(rawBody),
			});
			const run = await starting;
			if (run) runs.push(run);
			return { ...(await response), started: run !== undefined };
		});
	const proofOf = (rawBody: string): Record<string, string> => {
		if (takesSecret) return { 'x-webhook-secret': secret };
		const key = sha256(lab.simulator.apiKey);
		return { 'x-webhook-signature': createHmac('sha256', key).update(rawBody).digest('hex') };
	};
	/** Where the address has the secret. */
	const queryOf = (given: string) =>
		callback?.proof.kind === 'query' ? `?${callback.proof.parameter}=${encodeURIComponent(given)}` : '';
	const bodyOf = (taskId: unknown) =>
		provider === 'piapi'
			? { timestamp: 1, data: { task_id: taskId, status: 'completed' } }
			: { event: 'completed', id: taskId, jobId: taskId, status: provider === 'apiframe' ? 'COMPLETED' : 'succeeded' };

	it('starts a workflow with the finished task, in the form of Get Task', async () => {
		const [submitted] = await submit();
		await letProviderCall();
		expect(statusCodes()).toEqual([200]);
		expect(runs.map(({ status }) => status)).toEqual(['success']);
		const [task] = await lab.json('seedanceGenerate', {
			provider,
			operation: 'getTask',
			taskId: String(submitted?.taskId),
		});
		expect(items()).toHaveLength(1);
		expect(Object.keys(items()[0]?.json ?? {})).toEqual(Object.keys(task ?? {}));
		expect(items()[0]?.json).toMatchObject({ provider, taskId: submitted?.taskId, status: 'succeeded' });
		expect(items()[0]?.json.videoUrl).toMatch(/^http/);
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('downloads the video', async () => {
		parameters = { downloadVideo: true, options: { videoBinaryField: 'clip' } };
		await submit();
		await letProviderCall();
		expect((await readBinary(items()[0]!.binary!.clip!)).length).toBeGreaterThan(10_000);
		expect(lab.simulator.storageCalls.flatMap(({ credentials }) => credentials)).toEqual([]);
	});

	it('answers before it downloads, and starts though the file does not arrive', async () => {
		parameters = { downloadVideo: true };
		await submit();
		lab.simulator.faults.add({ route: 'storage.get', times: 9, effect: { kind: 'status', statusCode: 500 } });
		await letProviderCall();
		expect(statusCodes()).toEqual([200]);
		expect(items()).toMatchObject([{ json: { status: 'succeeded', failureMessage: expect.stringContaining('500') } }]);
	});

	describe('starts the workflow with the task, since the provider does not call again,', () => {
		beforeEach(async () => {
			await lab.close();
			await open({ videoFile: smallVideo.path });
			parameters = { downloadVideo: true };
		});
		const endTask = async () => {
			const [task] = await submit();
			lab.nowMs += 60_000;
			return String(task?.taskId);
		};
		const inN8nWith = (broken: Parameters<typeof inBrokenHost>[1]) => ({
			nodeTypes: [inBrokenHost(new SeedanceGenerateTrigger(), broken)],
		});

		it('though n8n never finishes storing the file: within the hour', async () => {
			const taskId = await endTask();
			const startMs = lab.nowMs;
			const stores = inN8nWith(({ helpers }) => ({
				helpers: {
					prepareBinaryData: async (...given: Parameters<typeof helpers.prepareBinaryData>) => {
						await helpers.prepareBinaryData(...given);
						return await never();
					},
				},
			}));
			expect(await call(bodyOf(taskId), stores)).toMatchObject({ statusCode: 200, started: true });
			expect(lab.nowMs - startMs).toBeLessThanOrEqual(3_700_000);
			expect(items()).toMatchObject([
				{ json: { taskId, status: 'succeeded', failureMessage: expect.stringContaining('took longer than') } },
			]);
		});

		it('though its own settings cannot be used', async () => {
			parameters = { downloadVideo: true, options: { maxFileSizeMegabytes: '={{ 0 }}' } };
			const taskId = await endTask();
			expect(await call(bodyOf(taskId))).toMatchObject({ statusCode: 200, started: true });
			expect(items()).toMatchObject([
				{ json: { taskId, status: 'succeeded', failureMessage: expect.stringContaining('Maximum File Size (MB)') } },
			]);
		});

		it('though the provider has closed the connection when it is answered', async () => {
			parameters = {};
			const taskId = await endTask();
			const answers = inN8nWith((context) => ({
				getResponseObject: () => ({
					headersSent: false,
					status(statusCode: number) {
						if ('getResponseObject' in context) context.getResponseObject().status(statusCode).json({});
						throw new TypeError('write EPIPE');
					},
				}),
			}));
			expect(await call(bodyOf(taskId), answers)).toMatchObject({ statusCode: 200, started: true });
			expect(items()).toMatchObject([{ json: { taskId } }]);
		});
	});

	it('checks few tasks and fetches few files at a time when many end together', async () => {
		await lab.close();
		const begun: { checks?: number; files?: number } = {};
		await open({
			videoFile: smallVideo.path,
			onStorageCall: () => (begun.files ??= lab.simulator.storageCalls.length),
		});
		parameters = { downloadVideo: true };
		const tasks = await submit(Array.from({ length: 20 }, (_, index) => `shot ${index}`));
		lab.onCall = ({ route }) => {
			if (route === 'tasks.get') begun.checks ??= lab.callsOf(route).length;
		};
		lab.simulator.faults.add({ route: 'tasks.get', times: 10, effect: { kind: 'hang' } });
		lab.simulator.faults.add({ route: 'storage.get', times: 3, effect: { kind: 'hang' } });
		await letProviderCallAll();
		// Before the first one was given up.
		expect(begun).toEqual({ checks: 10, files: 3 });
		expect(items().map(({ binary }) => binary?.data?.mimeType)).toEqual(tasks.map(() => 'video/mp4'));
	});

	it('adds the answer of the provider without Simplify', async () => {
		parameters = { simplify: false };
		await submit();
		await letProviderCall();
		expect(items()[0]?.json.response).toBeDefined();
		expect(JSON.stringify(items())).not.toContain(secret);
	});

	it('starts with a failed task, which says why', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails' } });
		parameters = { downloadVideo: true };
		await submit(['bad', 'unlucky', 'good']);
		await letProviderCallAll();
		const byTask = new Map(items().map(({ json }) => [json.taskId, json]));
		const [bad, unlucky, good] = lab.simulator.ledger.map(({ id }) => byTask.get(id));
		expect(bad).toMatchObject({ status: 'failed', failureReason: 'moderation', videoUrl: null });
		expect(unlucky).toMatchObject({ status: 'failed', failureMessage: expect.any(String) });
		expect(good).toMatchObject({ status: 'succeeded', failureReason: null });
	});

	it.each([['succeeded'], ['failed']])('starts for the event %s alone, if only that is chosen', async (event) => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		parameters = { events: [event] };
		await submit(['bad', 'good']);
		await letProviderCallAll();
		expect(items().map(({ json }) => json.status)).toEqual([event]);
		expect(statusCodes()).toEqual([200, 200]);
	});

	it('starts once for a call that comes twice', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'webhookTwice' } });
		await submit();
		await letProviderCallAll();
		expect(statusCodes()).toEqual([200, 200]);
		expect(runs).toHaveLength(1);
	});

	it('starts once for calls that come at the same moment', async () => {
		const [task] = await submit();
		lab.nowMs += 60_000;
		const calls = await lab.inVirtualTime(
			async () => await Promise.all([1, 2, 3].map(async () => await answerAtOnce(bodyOf(task?.taskId)))),
		);
		expect(calls.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
		expect(calls.filter(({ started }) => started)).toHaveLength(1);
	});
	const answerAtOnce = async (body: unknown) => {
		const rawBody = JSON.stringify(body);
		const { response, run: starting } = answerTriggerCall(published(), {
			method: 'POST',
			url: `/webhook/3f7b/seedance${queryOf(secret)}`,
			headers: { 'content-type': 'application/json', ...proofOf(rawBody) },
			rawBody: Buffer.from(rawBody),
		});
		return { started: (await starting) !== undefined, ...(await response) };
	};

	it('knows after a restart which tasks it has started the workflow for', async () => {
		const [task] = await submit();
		await letProviderCall();
		expect(runs).toHaveLength(1);
		expect(JSON.stringify(staticData)).toContain(task?.taskId);
		// A new process has nothing but what is stored.
		await jest.isolateModulesAsync(async () => {
			const { SeedanceGenerateTrigger: Restarted } = await import('../../nodes/SeedanceGenerateTrigger/SeedanceGenerateTrigger.node');
			const answer = await call(bodyOf(task?.taskId), { nodeTypes: [new Restarted()] });
			expect(answer.started).toBe(false);
			expect(answer.body).toEqual({ message: 'The workflow was started for this task before' });
		});
	});

	describe('A recorded call, sent again', () => {
		/** So many other tasks since then that the trigger has no record of it any more. */
		const forget = () => (staticData['node:Trigger'] = { startedTaskIds: ['others'] });
		const again = async (taskId: unknown) => {
			let answer: Awaited<ReturnType<typeof call>> | undefined;
			await jest.isolateModulesAsync(async () => {
				const { SeedanceGenerateTrigger: Restarted } = await import('../../nodes/SeedanceGenerateTrigger/SeedanceGenerateTrigger.node');
				answer = await call(bodyOf(taskId), { nodeTypes: [new Restarted()] });
			});
			return answer;
		};
		const hourMs = 60 * 60_000;

		it('starts nothing for a task that ended long ago, though there is no record of it any more', async () => {
			const [task] = await submit();
			await letProviderCall();
			expect(runs).toHaveLength(1);
			forget();
			lab.nowMs += 25 * hourMs;
			expect(await again(task?.taskId)).toMatchObject({
				statusCode: 200,
				started: false,
				body: { message: 'The task ended too long ago to start the workflow' },
			});
			expect(runs).toHaveLength(1);
		});

		it('starts the workflow for a task of less than a day ago, as after an outage', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'webhookLost' } });
			const [task] = await submit();
			lab.nowMs += 23 * hourMs;
			expect(await again(task?.taskId)).toMatchObject({ statusCode: 200, started: true });
		});

		it('starts it at the Test URL for any task', async () => {
			mode = 'manual';
			const [task] = await submit();
			lab.nowMs += 25 * hourMs;
			expect(await call(bodyOf(task?.taskId))).toMatchObject({ statusCode: 200, started: true });
		});
	});

	it('records tasks that end at the same time, though concurrent calls overwrite the static data', async () => {
		const tasks = await submit(['one', 'two']);
		await letProviderCall();
		for (const { taskId } of tasks) expect((await call(bodyOf(taskId))).started).toBe(false);
		expect(runs).toHaveLength(2);
	});

	it('stores no more tasks than a provider could still repeat', async () => {
		const earlier = Array.from({ length: 5000 }, (_, index) => `earlier-${index}`);
		staticData['node:Trigger'] = { startedTaskIds: earlier };
		const [task] = await submit();
		await letProviderCall();
		const { startedTaskIds } = staticData['node:Trigger'] as { startedTaskIds: string[] };
		expect(startedTaskIds).toHaveLength(200);
		expect(startedTaskIds.at(-1)).toBe(task?.taskId);
	});

	it('starts again and again while the user uses the Test URL', async () => {
		mode = 'manual';
		const [task] = await submit();
		await letProviderCall();
		expect((await call(bodyOf(task?.taskId))).started).toBe(true);
		expect(staticData).toEqual({});
	});

	it('takes late calls, and each task by itself', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'webhookLate', seconds: 3600 } });
		const tasks = await submit(['late', 'on time']);
		await letProviderCallAll();
		const taskIds = tasks.map(({ taskId }) => taskId);
		expect(new Set(items().map(({ json }) => json.taskId))).toEqual(new Set(taskIds));
		expect(items().every(({ json }) => json.status === 'succeeded')).toBe(true);
	});

	it('starts nothing when the call is lost; Get Task still finds the task', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'webhookLost' } });
		const [submitted] = await submit();
		await letProviderCallAll();
		lab.nowMs += 600_000;
		expect(runs).toEqual([]);
		const taskId = String(submitted?.taskId);
		const [task] = await lab.json('seedanceGenerate', { provider, operation: 'getTask', taskId });
		expect(task).toMatchObject({ status: 'succeeded' });
	});

	it('starts nothing for a task that has not ended, and for it later', async () => {
		const [task] = await submit();
		const early = await call(bodyOf(task?.taskId));
		expect(early).toMatchObject({ statusCode: 200, started: false });
		await letProviderCall();
		expect(runs).toHaveLength(1);
	});

	it('trusts the API only, whatever the call says of the task', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		const [task] = await submit();
		lab.nowMs += 60_000;
		const answer = await call({ ...bodyOf(task?.taskId), result: { videoUrl: 'https://example.com/other.mp4' } });
		expect(answer.started).toBe(true);
		expect(items()[0]?.json).toMatchObject({ status: 'failed', videoUrl: null });
		expect(JSON.stringify(items())).not.toContain('example.com');
	});

	it('answers 503 when the API of the provider does not answer', async () => {
		const [task] = await submit();
		lab.nowMs += 60_000;
		lab.simulator.faults.add({ route: 'tasks.get', times: 4, effect: { kind: 'status', statusCode: 503 } });
		expect(await call(bodyOf(task?.taskId))).toMatchObject({ statusCode: 503, started: false });
		expect(await call(bodyOf(task?.taskId))).toMatchObject({ statusCode: 200, started: true });
	});

	it('starts at a later call when the API does not answer at the first', async () => {
		await submit();
		lab.simulator.faults.add({ route: 'tasks.get', times: 4, effect: { kind: 'status', statusCode: 503 } });
		await letProviderCall();
		expect(statusCodes()).not.toContain(200);
		expect(runs).toEqual([]);
		await letProviderCall();
		expect(runs).toHaveLength(1);
	});

	it('refuses a task that the API does not show', async () => {
		await submit();
		const answer = await call(bodyOf('5a0e1f3c-0000-4000-8000-000000000000'));
		expect(answer).toMatchObject({ statusCode: 404, started: false });
	});

	it('refuses a call that names no task', async () => {
		for (const body of [{}, [], 'text', null, { data: null }, { data: { task_id: {} }, jobId: [] }]) {
			expect(await call(body)).toMatchObject({ statusCode: 400, started: false });
		}
		expect(lab.callsOf('tasks.get')).toEqual([]);
	});

	it('never throws, and gives the caller no reason', async () => {
		const [task] = await submit();
		lab.nowMs += 60_000;
		const answer = await call(bodyOf(task?.taskId), { baseUrl: 'not an address' });
		expect(answer).toMatchObject({ statusCode: 500, started: false });
		expect(JSON.stringify(answer.body)).not.toContain('address');
		expect((await call(bodyOf(task?.taskId))).started).toBe(true);
	});

	it('shows no key and no secret', async () => {
		await submit();
		await letProviderCall();
		const shown = JSON.stringify([runs.map(({ data }) => data.resultData.runData), staticData]);
		expect(shown).not.toContain(lab.simulator.apiKey);
		expect(shown).not.toContain(secret);
	});

	it('cannot be switched on without the secret or key that proves a call', async () => {
		const activate = async () => await activateTrigger(lab.host(), trigger());
		expect(await activate()).toBe(true);
		parameters = { webhookSecret: ' ' };
		const outcome = await activate().catch((error: unknown) => String(error));
		expect(outcome).toEqual(
			takesSecret ? expect.stringContaining('Webhook Secret is empty.') : true,
		);
	});

	it.each<[string, INodeParameters]>([
		['Events', { events: ['succeded'] }],
		['Events', { events: '={{ [{ name: "succeeded" }] }}' }],
		['Download Video', { downloadVideo: '={{ "perhaps" }}' }],
		['Simplify', { simplify: '={{ ({}) }}' }],
		['Video Output Field', { downloadVideo: true, options: { videoBinaryField: '={{ ["data"] }}' } }],
	])('cannot be switched on with %s that no call could use: %j', async (label, wrong) => {
		parameters = wrong;
		const outcome = await activateTrigger(lab.host(), trigger()).catch((error: unknown) => String(error));
		expect(outcome).toEqual(expect.stringMatching(new RegExp(`${label} must be .*; it is `)));
	});

	describe('refuses with 401, before it asks for the task,', () => {
		const refusals: Array<[string, () => Parameters<typeof call>[1]]> = [
			['a call without proof', () => ({ headers: {}, query: '' })],
			['a guess', () => ({ headers: { 'x-webhook-secret': 'guess', 'x-webhook-signature': 'sha256=00' }, query: queryOf('guess') })],
			['an empty proof', () => ({ headers: { 'x-webhook-secret': '', 'x-webhook-signature': '' }, query: queryOf('') })],
		];
		it.each(refusals)('%s', async (_what, forged) => {
			const [task] = await submit();
			lab.nowMs += 60_000;
			const answer = await call(bodyOf(task?.taskId), forged());
			expect(answer).toMatchObject({ statusCode: 401, started: false });
			expect(lab.callsOf('tasks.get')).toEqual([]);
			await letProviderCall();
			expect(runs).toHaveLength(1);
		});

		if (takesSecret) {
			it('the calls of a task that was submitted with another secret', async () => {
				await submit(undefined, 'another secret');
				await letProviderCallAll();
				expect(new Set(statusCodes())).toEqual(new Set([401]));
				expect(runs).toEqual([]);
			});

			it.each([[''], ['  ']])('every call while its own secret is empty (%j)', async (webhookSecret) => {
				parameters = { webhookSecret };
				const [task] = await submit(undefined, '');
				lab.nowMs += 60_000;
				for (const given of [undefined, '', webhookSecret]) {
					const headers: Record<string, string> = given === undefined ? {} : { 'x-webhook-secret': given };
					expect((await call(bodyOf(task?.taskId), { headers, query: given === undefined ? '' : queryOf(given) })).statusCode).toBe(401);
				}
			});
		} else {
			it('a body that is not the signed one, byte by byte', async () => {
				const [task] = await submit();
				lab.nowMs += 60_000;
				const body = bodyOf(task?.taskId);
				const rawBody = JSON.stringify(body, null, 1);
				expect(await call(body, { rawBody })).toMatchObject({ statusCode: 401, started: false });
				const signed = await call(body, { rawBody, headers: proofOf(rawBody) });
				expect(signed).toMatchObject({ statusCode: 200, started: true });
			});

			it('a signature by another key', async () => {
				const [task] = await submit();
				const body = bodyOf(task?.taskId);
				const signature = createHmac('sha256', sha256('other')).update(JSON.stringify(body)).digest('hex');
				const answer = await call(body, { headers: { 'x-webhook-signature': signature } });
				expect(answer.statusCode).toBe(401);
			});
		}
	});

	if (takesSecret) {
		it('does not mind a space around the secret, as the node that submits does not', async () => {
			parameters = { webhookSecret: ` ${secret} ` };
			await submit();
			await letProviderCallAll();
			expect(runs).toHaveLength(1);
		});
	}

	const reportsAll: SimulatorOptions | undefined = provider === 'piapi' ? { piapi: { webhookStatuses: 'every' } } : callback?.isOpen && { ark: { callbackStatuses: 'every' } };
	if (reportsAll) {
		it('takes the calls about the beginning of a task, and starts at its end', async () => {
			await lab.close();
			await open(reportsAll);
			await submit();
			await letProviderCallAll();
			expect(statusCodes().length).toBeGreaterThan(1);
			expect(new Set(statusCodes())).toEqual(new Set([200]));
			expect(items()).toMatchObject([{ json: { status: 'succeeded' } }]);
		});
	}

	if (provider === 'apiframe') {
		it.each<NonNullable<SimulatorOptions['apiframe']>>([
			{ webhookKey: 'hex' },
			{ webhookSignature: 'bare' },
		])('knows the signature in its other form, %j', async (apiframe) => {
			await lab.close();
			await open({ apiframe });
			await submit();
			await letProviderCall();
			expect(runs).toHaveLength(1);
		});
	}
});
