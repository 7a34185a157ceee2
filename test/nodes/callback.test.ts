import type {
	IDataObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	IRun,
	IWebhookFunctions,
} from 'n8n-workflow';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { type Broken, inBrokenHost, never } from '../support/brokenHost';
import { type BinaryMode, binaryModes } from '../../harness/engine/binaryFiles';
import { asTool } from '../../harness/engine/asTool';
import { manualTrigger, outputOf, readBinary } from '../../harness/engine/engine';
import { node } from '../../harness/engine/node';
import { startWebhookServer } from '../../harness/engine/waiting';
import { Lab, simulatedProviders } from '../support/lab';
import { withVideoFile } from '../support/schedules/video';

/** On Provider Callback: the execution is suspended, the simulated provider calls, and it resumes. */

type Workflow = Parameters<Lab['runWorkflow']>[0];
type WebhookServer = Awaited<ReturnType<typeof startWebhookServer>>;

const smallVideo = withVideoFile();
/** The maker also reports that a task is queued and that it runs; the tests that are not about that count the calls about its end. */
const onlyEnds = { ark: { callbackStatuses: 'final' } } as const;

const withCallback = simulatedProviders.filter(([, , { videoTasks }]) => videoTasks.callback);

it('is offered by those that call', () => {
	expect(withCallback.map(([name]) => name)).toEqual(['PiAPI', 'Apiframe', 'BytePlus / Volcengine']);
});

describe.each(withCallback)('%s', (_name, provider, adapter) => {
	let lab: Lab;
	let server: WebhookServer;
	/** The current run of the execution, as n8n has it in its database. */
	let run: IRun | undefined;
	let answers: Array<Promise<IRun | undefined>>;
	let workflow: Workflow;
	let modeOfHost: BinaryMode;

	beforeEach(async () => {
		lab = await Lab.open({ ...onlyEnds, taskQueueSeconds: 5, taskRunSeconds: 42 });
		[modeOfHost, broken] = ['memory', () => ({})];
		run = undefined;
		answers = [];
		server = await startWebhookServer(
			() => ({ host: host({ binaryMode: modeOfHost }), workflow, run }),
			// Of concurrent calls, one is too late and is answered so.
			(answer) => answers.push(answer.catch(() => undefined)),
		);
	});
	afterEach(async () => {
		await server.close();
		await lab.close();
	});

	async function openWithSmallVideo() {
		await lab.close();
		lab = await Lab.open({ ...onlyEnds, taskQueueSeconds: 5, taskRunSeconds: 42, videoFile: smallVideo.path });
	}
	/** What fails in the n8n that is called. */
	let broken: (context: IWebhookFunctions) => Broken;
	const host = (overrides: Parameters<Lab['host']>[0] = {}) =>
		lab.host({
			webhookBaseUrl: server.baseUrl,
			nodeTypes: [inBrokenHost(new SeedanceGenerate(), (context) => ('getRequestObject' in context ? broken(context) : {}))],
			...overrides,
		});

	const build = (parameters: INodeParameters = {}, settings: Partial<INode> = {}): Workflow => ({
		nodes: [
			node('Trigger', manualTrigger.description.name, {}),
			{
				...node('Generate', 'n8n-nodes-seedance.seedanceGenerate', {
					provider,
					operation: 'generate',
					mode: 'textToVideo',
					prompt: '={{ $json.prompt }}',
					waitForCompletion: 'onCallback',
					downloadVideo: false,
					...parameters,
				}),
				...settings,
			},
		],
		connections: { Trigger: { main: [[{ node: 'Generate', type: 'main', index: 0 }]] } },
	});

	const submit = async (
		prompts: string[] = ['A cat plays the piano'],
		parameters: INodeParameters = {},
		settings: Partial<INode> = {},
	) => await submitItems(prompts.map((prompt) => ({ prompt })), parameters, settings);
	const submitItems = async (
		given: IDataObject[],
		parameters: INodeParameters = {},
		settings: Partial<INode> = {},
	) => {
		workflow = build(parameters, settings);
		run = await lab.runWorkflow(workflow, {
			host: host(),
			mode: 'trigger',
			items: given.map((json) => ({ json })),
		});
		return run;
	};

	/** Lets time pass until the provider calls, and the execution do what it does then. */
	const letProviderCall = async () =>
		await lab.inVirtualTime(async () => {
			const { webhooks } = lab.simulator;
			const waitMs = (webhooks.nextDueMs() ?? Date.now()) - Date.now();
			if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
			await webhooks.deliver();
			for (const answer of answers.splice(0)) run = (await answer) ?? run;
		});
	const letProviderCallAll = async () => {
		// A task that never ends expires after two days, which is reported as well.
		const isSoon = () => (lab.simulator.webhooks.nextDueMs() ?? Infinity) - lab.nowMs < 24 * 60 * 60_000;
		while (run?.status === 'waiting' && isSoon()) {
			await letProviderCall();
		}
	};
	const items = (): INodeExecutionData[] => (run ? (outputOf(run, 'Generate')[0] ?? []) : []);

	it.each(binaryModes)('brings the file also to the suspended items, in %s mode', async (binaryMode) => {
		workflow = build({ downloadVideo: true });
		const stored = host({ binaryMode });
		run = await lab.runWorkflow(workflow, { host: stored, mode: 'trigger', items: [{ json: { prompt: 'A cat' } }] });
		modeOfHost = binaryMode;
		await letProviderCall();
		expect(run.status).toBe('success');
		const file = items()[0]?.binary?.data;
		expect(file?.id === undefined).toBe(binaryMode === 'memory');
		expect((await readBinary(file!)).length).toBeGreaterThan(10_000);
	});

	it('holds no worker until the provider calls, and then has the video', async () => {
		await submit(undefined, { downloadVideo: true });
		expect(run?.status).toBe('waiting');
		expect(lab.callsOf('tasks.get')).toHaveLength(1);
		await letProviderCall();
		expect(run?.status).toBe('success');
		const [item] = items();
		expect(item?.json).toMatchObject({ provider, status: 'succeeded', taskId: lab.paid()[0]?.id });
		expect((await readBinary(item!.binary!.data!)).length).toBeGreaterThan(10_000);
		// One check before, one when the provider called.
		expect(lab.callsOf('tasks.get')).toHaveLength(2);
		expect(lab.paid('generation')).toHaveLength(1);
		expect(lab.simulator.storageCalls.flatMap(({ credentials }) => credentials)).toEqual([]);
	});

	describe('does with each item what its fields said when it was submitted', () => {
		beforeEach(openWithSmallVideo);
		const shots = [
			{ prompt: 'with a file', wanted: true, field: 'clip', simple: true },
			{ prompt: 'without', wanted: false, field: 'other', simple: false },
			{ prompt: 'too large', wanted: true, field: 'big', simple: true, megabytes: 0.000_01 },
		];
		const perItem = {
			downloadVideo: '={{ $json.wanted }}',
			simplify: '={{ $json.simple }}',
			options: { videoBinaryField: '={{ $json.field }}', maxFileSizeMegabytes: '={{ $json.megabytes ?? 100 }}' },
		};
		const byPrompt = () => {
			const prompts = lab.callsOf('tasks.create').map(({ body }) => JSON.stringify(body));
			const paid = lab.paid('generation').map(({ id }) => id);
			return shots.map(({ prompt }) => {
				const taskId = paid[prompts.findIndex((body) => body.includes(`"${prompt}"`))];
				return items().find(({ json }) => json.taskId === taskId);
			});
		};

		it('downloads, names the field, keeps the whole answer', async () => {
			await submitItems(shots, perItem);
			await letProviderCallAll();
			expect(run?.status).toBe('success');
			const [withFile, without, tooLarge] = byPrompt();
			expect(Object.keys(withFile?.binary ?? {})).toEqual(['clip']);
			expect(withFile?.json).not.toHaveProperty('response');
			expect(without?.binary).toBeUndefined();
			expect(without?.json).toMatchObject({ status: 'succeeded', response: expect.any(Object) });
			expect(tooLarge?.json.failureMessage).toContain('"Maximum File Size (MB)" is 0');
			expect(Object.keys(tooLarge?.binary ?? {})).toEqual([]);
		});

		it('shows none of it in an item, and keeps none of it in the resumed execution', async () => {
			await submitItems(shots, perItem);
			const [suspended] = run?.data.executionData?.nodeExecutionStack[0]?.data.main ?? [];
			expect(suspended).toHaveLength(3);
			for (const item of suspended ?? []) {
				expect(Object.keys(item).filter((key) => !['json', 'binary', 'pairedItem'].includes(key))).toEqual([]);
				expect(JSON.stringify(item)).not.toMatch(/clip|"other"|"big"/);
			}
			expect(contextOf(run)).toContain('clip');
			await letProviderCallAll();
			expect(contextOf(run)).not.toContain('clip');
			for (const item of items()) expect(Object.keys(item.json)).toEqual(expect.arrayContaining(['taskId', 'videoUrl']));
		});
		const contextOf = (stored: IRun | undefined) => JSON.stringify(stored?.data.executionData?.contextData);

		it('also where the expression leads to a node before', async () => {
			await submitItems(shots, { downloadVideo: '={{ $("Trigger").item.json.wanted }}' });
			await letProviderCallAll();
			expect(byPrompt().map((item) => item?.binary?.data !== undefined)).toEqual([true, false, true]);
		});

		it('brings one video that is made from all items, which n8n then pairs with the first', async () => {
			workflow = build({
				mode: 'multimodalReference',
				images: { image: [{ source: 'url', url: 'https://example.com/a.png' }] },
				options: { useAllItems: true, checkAssets: false },
			});
			run = await lab.runWorkflow(workflow, {
				host: host(),
				mode: 'trigger',
				items: ['A cat', 'a dog', 'a cow'].map((prompt) => ({ json: { prompt } })),
			});
			expect(run.data.resultData.error).toBeUndefined();
			expect(lab.paid('generation')).toHaveLength(1);
			const [suspended] = run.data.executionData?.nodeExecutionStack[0]?.data.main?.[0] ?? [];
			expect(suspended?.pairedItem).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
			await letProviderCallAll();
			// n8n pairs what a suspended node hands on by its place, whatever the node says (addPairedItemLineage).
			expect(items()).toMatchObject([{ json: { status: 'succeeded' }, pairedItem: { item: 0 } }]);
		});
	});

	describe('resumes with the available data once all tasks have ended', () => {
		beforeEach(openWithSmallVideo);
		const taskIds = () => lab.paid('generation').map(({ id }) => id);

		it('though the provider has closed the connection when it is answered', async () => {
			await submit();
			broken = (context) => ({
				getResponseObject: () => ({
					headersSent: false,
					status(statusCode: number) {
						context.getResponseObject().status(statusCode).json({});
						throw new TypeError('write EPIPE');
					},
				}),
			});
			await letProviderCallAll();
			expect(run?.status).toBe('success');
			expect(items().map(({ json }) => json.taskId)).toEqual(taskIds());
		});

		it('though n8n stores no file', async () => {
			await submit(['one', 'two'], { downloadVideo: true });
			const prepareBinaryData = async () => await Promise.reject(new RangeError('no space left'));
			broken = () => ({ helpers: { prepareBinaryData } });
			await letProviderCallAll();
			expect(run?.status).toBe('success');
			expect(items().map(({ json }) => [json.taskId, json.status])).toEqual(taskIds().map((id) => [id, 'succeeded']));
			for (const { json } of items()) expect(json.failureMessage).toContain('no space left');
		});

		it('though n8n never finishes storing a file: within the hour, and with the files that did arrive', async () => {
			await submit(['one', 'two'], { downloadVideo: true });
			let files = 0;
			broken = ({ helpers }) => ({
				helpers: {
					prepareBinaryData: async (...given: Parameters<typeof helpers.prepareBinaryData>) => {
						const stored = await helpers.prepareBinaryData(...given);
						return ++files === 1 ? stored : await never();
					},
				},
			});
			const calledMs = lab.simulator.webhooks.nextDueMs()!;
			await letProviderCallAll();
			expect(run?.status).toBe('success');
			expect(lab.nowMs - calledMs).toBeLessThanOrEqual(3_700_000);
			expect(items().filter(({ binary }) => binary?.data)).toHaveLength(1);
			const [unfinished] = items().filter(({ json }) => json.failureMessage);
			expect(unfinished?.json).toMatchObject({
				status: 'succeeded',
				failureMessage: expect.stringContaining('took longer than 3600 s'),
			});
		});

		it('and an error item names every task', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails' } });
			await submit(['bad', 'good'], {}, { onError: 'continueRegularOutput' });
			await letProviderCallAll();
			const failed = items().find(({ json }) => json.error !== undefined);
			const ids = lab.simulator.ledger.map(({ id }) => id);
			for (const taskId of ids) expect(failed?.json.error).toContain(taskId);
			expect(failed?.json.details).toMatchObject({ taskIds: expect.arrayContaining(ids) });
		});
	});

	it('stays suspended until the last of several tasks has ended', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', skip: 1, effect: { kind: 'taskNeverEnds' } });
		await submit(['shot 0', 'shot 1', 'shot 2']);
		await letProviderCallAll();
		expect(lab.simulator.webhooks.deliveries.length).toBeGreaterThanOrEqual(2);
		expect(lab.simulator.webhooks.deliveries.every(({ statusCode }) => statusCode === 200)).toBe(true);
		expect(run?.status).toBe('waiting');
		run = await lab.resumeByTimer(workflow, run!, { host: host() });
		expect(items().map(({ json }) => json.taskId)).toEqual(lab.simulator.ledger.map(({ id }) => id));
	});

	if (adapter.videoTasks.callback?.isOpen) {
		it('checks nothing when it is told that a task has not ended, and resumes when it has', async () => {
			await lab.close();
			lab = await Lab.open({ taskQueueSeconds: 5, taskRunSeconds: 42 });
			await submit(['shot 0', 'shot 1']);
			const before = lab.callsOf('tasks.get').length;
			await letProviderCallAll();
			expect(lab.simulator.webhooks.deliveries.map(({ event }) => event)).toEqual(
				['queued', 'running', 'succeeded'].flatMap((event) => [event, event]),
			);
			expect(lab.simulator.webhooks.deliveries.every(({ statusCode }) => statusCode === 200)).toBe(true);
			expect(run?.status).toBe('success');
			expect(lab.callsOf('tasks.get').length - before).toBe(2);
		});
	}

	it('does not ask for all tasks at every call', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', skip: 15, effect: { kind: 'taskNeverEnds' } });
		await submit(Array.from({ length: 16 }, (_, index) => `shot ${index}`));
		const before = lab.callsOf('tasks.get').length;
		await letProviderCallAll();
		expect(lab.simulator.webhooks.deliveries).toHaveLength(15);
		// The last item is the one that is still open.
		expect(lab.callsOf('tasks.get').length - before).toBeLessThanOrEqual(15);
	});

	it('checks once for concurrent calls', async () => {
		await submit(Array.from({ length: 12 }, (_, index) => `shot ${index}`));
		const before = lab.callsOf('tasks.get').length;
		await letProviderCallAll();
		expect(run?.status).toBe('success');
		expect(items()).toHaveLength(12);
		expect(lab.callsOf('tasks.get').length - before).toBe(12);
	});

	it('checks no more and fetches nothing twice when it is called while it fetches the files', async () => {
		const { faults, webhooks, storageCalls } = lab.simulator;
		faults.add({ route: 'tasks.create', effect: { kind: 'webhookLate', seconds: 5 } });
		faults.add({ route: 'storage.get', effect: { kind: 'slow', parts: 10, pauseSeconds: 2 } });
		await submit(['shot 0', 'shot 1'], { downloadVideo: true });
		const before = lab.callsOf('tasks.get').length;
		await lab.inVirtualTime(async () => {
			for (let call = 1; call <= 2; call++) {
				await new Promise((resolve) => setTimeout(resolve, webhooks.nextDueMs()! - Date.now()));
				await webhooks.deliver();
			}
			for (const answer of answers.splice(0)) run = (await answer) ?? run;
		});
		expect(webhooks.deliveries.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
		expect(run?.status).toBe('success');
		expect(items().filter(({ binary }) => binary?.data)).toHaveLength(2);
		expect(lab.callsOf('tasks.get').length - before).toBe(2);
		expect(storageCalls).toHaveLength(2);
	});

	it('checks the tasks in whatever order the calls come, and keeps that of the items', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'webhookLate', seconds: 100 } });
		await submit(['shot 0', 'shot 1', 'shot 2']);
		await letProviderCallAll();
		expect(run?.status).toBe('success');
		expect(items().map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		const prompts = lab.callsOf('tasks.create').map(({ body }) => JSON.stringify(body));
		const taskIds = lab.paid('generation').map(({ id }) => id);
		for (const [index, { json }] of items().entries()) {
			expect(prompts[taskIds.findIndex((id) => id === json.taskId)]).toContain(`shot ${index}"`);
		}
	});

	it('refuses every call without a valid proof of its origin', async () => {
		await submit();
		const checks = lab.callsOf('tasks.get').length;
		const forged = { status: 'completed', data: { status: 'completed', task_id: lab.paid()[0]?.id } };
		const { response, resumed } = await lab.callResumeUrl(
			workflow,
			run!,
			{ body: forged, headers: { 'x-webhook-secret': 'guess', 'x-webhook-signature': 'sha256=00' } },
			{ host: host() },
		);
		expect(response.statusCode).toBe(401);
		expect(resumed).toBe(false);
		expect(lab.callsOf('tasks.get')).toHaveLength(checks);
		await letProviderCall();
		expect(run?.status).toBe('success');
	});

	it('takes a call that is proved by another key than the one before, as nodes of one execution may differ', async () => {
		await submit();
		const soonMs = lab.simulator.webhooks.nextDueMs()! - lab.nowMs - 1_000;
		await lab.inVirtualTime(async () => await new Promise((resolve) => setTimeout(resolve, soonMs)));
		const other = { host: host({ apiKey: 'of-another-account' }) };
		const { response } = await lab.callResumeUrl(workflow, run!, { body: {} }, other);
		expect(response.statusCode).toBe(401);
		await letProviderCall();
		expect(lab.simulator.webhooks.deliveries.map(({ statusCode }) => statusCode)).toEqual([200]);
		expect(run?.status).toBe('success');
	});

	it('treats a repeated call as one', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'webhookTwice' } });
		await submit();
		await letProviderCallAll();
		expect(run?.status).toBe('success');
		const first = JSON.stringify(items()[0]?.json);
		await letProviderCall();
		expect(JSON.stringify(items()[0]?.json)).toBe(first);
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('resumes at the deadline with the last known state, for Wait for Task, when the call is lost', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'webhookLost' } });
		await submit(undefined, { options: { timeoutSeconds: 600 } });
		const submittedMs = lab.nowMs;
		run = await lab.resumeByTimer(workflow, run!, { host: host() });
		expect(lab.nowMs - submittedMs).toBe(600_000);
		expect(run.status).toBe('success');
		const taskId = lab.paid()[0]?.id;
		expect(items()).toMatchObject([{ json: { provider, taskId, status: 'queued' }, pairedItem: { item: 0 } }]);
		const [task] = await lab.json('seedanceGenerate', {
			provider,
			operation: 'waitForTask',
			taskId: String(taskId),
			downloadVideo: false,
		});
		expect(task).toMatchObject({ taskId, status: 'succeeded' });
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('outputs a failed task as an item, since the node does not run any more', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		await submit(['bad', 'good']);
		await letProviderCallAll();
		expect(items().map(({ json }) => json.status)).toEqual(['failed', 'succeeded']);
		expect(items()[0]?.json).toMatchObject({ failureReason: 'moderation', videoUrl: null });
	});

	it('sends a failed task to the error output with Continue On Fail', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		await submit(['bad', 'good'], {}, { onError: 'continueErrorOutput' });
		await letProviderCallAll();
		const all = run ? outputOf(run, 'Generate').flat() : [];
		const failed = all.find(({ json }) => json.error !== undefined);
		expect(failed?.json).toMatchObject({
			details: { provider, reason: 'moderation', taskId: lab.simulator.ledger[0]?.id },
		});
		expect(all.map(({ json }) => json.status).filter(Boolean)).toEqual(['succeeded']);
	});

	describe('with Include Input Fields', () => {
		const rows = [
			{ prompt: 'A cat', title: 'One', status: 'open' },
			{ prompt: 'A dog', title: 'Two', status: 'open' },
		];
		const options = { includeInputFields: true };

		it('brings each row with its video', async () => {
			await submitItems(rows, { options });
			await letProviderCallAll();
			expect(run?.status).toBe('success');
			expect(items().map(({ json }) => [json.title, json.status])).toEqual([
				['One', 'succeeded'],
				['Two', 'succeeded'],
			]);
			const prompts = lab.callsOf('tasks.create').map(({ body }) => JSON.stringify(body));
			const paid = lab.paid('generation').map(({ id }) => id);
			const promptOf = (taskId: unknown) => prompts[paid.findIndex((id) => id === taskId)];
			expect(promptOf(items()[0]?.json.taskId)).toContain('A cat');
			expect(promptOf(items()[1]?.json.taskId)).toContain('A dog');
		});

		it('brings the row of a failed task with its error, and nothing of the task as it was before', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
			await submitItems(rows.slice(0, 1), { options }, { onError: 'continueRegularOutput' });
			await letProviderCallAll();
			expect(items().map(({ json }) => json)).toEqual([
				{ ...rows[0], error: expect.any(String), details: expect.objectContaining({ reason: 'moderation' }) },
			]);
		});

		it('asks nothing for an item that was not submitted, whatever its row says', async () => {
			const odd = { prompt: '', title: 'Three', status: 'queued', taskId: 'not-ours' };
			await submitItems([rows[0]!, odd], { options }, { onError: 'continueRegularOutput' });
			expect(run?.status).toBe('waiting');
			await letProviderCallAll();
			expect(run?.status).toBe('success');
			expect(items().map(({ json }) => json)).toMatchObject([{ title: 'One', status: 'succeeded' }, { ...odd, error: expect.any(String) }]);
			expect(lab.callsOf('tasks.get').filter(({ path }) => path.includes('not-ours'))).toEqual([]);
		});

		it('waits for a task whose row tells of an earlier error', async () => {
			await submitItems([{ ...rows[0]!, error: 'It was too dark', details: { provider } }], { options });
			await letProviderCallAll();
			expect(items()).toMatchObject([{ json: { title: 'One', status: 'succeeded' } }]);
			expect(items()[0]?.json).not.toHaveProperty('error');
		});

		it('takes no task ID of a row for a task that was paid', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
			const odd = { prompt: '', title: 'Three', taskId: 'not-ours' };
			await submitItems([rows[0]!, odd], { options }, { onError: 'continueRegularOutput' });
			await letProviderCallAll();
			const [failed] = items();
			expect(failed?.json).toMatchObject({ details: { reason: 'moderation' } });
			expect(JSON.stringify(failed?.json)).not.toContain('not-ours');
		});

		it('brings the row when no call comes', async () => {
			await submitItems(rows.slice(0, 1), { options });
			run = await lab.resumeByTimer(workflow, run!, { host: host() });
			expect(items()).toMatchObject([{ json: { title: 'One', taskId: lab.paid()[0]?.id } }]);
		});
	});

	it('still knows the prompt and the file name of each item', async () => {
		const given = [{ prompt: 'A cat plays' }, { prompt: 'A dog sings', title: 'Finale' }];
		await submitItems(given, { downloadVideo: true, simplify: false, options: { fileName: '={{ $json.title ?? "" }}' } });
		await letProviderCallAll();
		expect(items().map(({ json, binary }) => [json.prompt, binary?.data?.fileName])).toEqual([
			['A cat plays', expect.stringMatching(/^a-cat-plays-\w{6}\.mp4$/)],
			['A dog sings', 'Finale.mp4'],
		]);
	});

	it('asks the provider to call again when its API does not answer', async () => {
		await submit();
		lab.simulator.faults.add({ route: 'tasks.get', times: 4, effect: { kind: 'status', statusCode: 503 } });
		await letProviderCall();
		expect(run?.status).toBe('waiting');
		expect(lab.simulator.webhooks.deliveries.at(-1)?.statusCode).not.toBe(200);
		await letProviderCall();
		expect(run?.status).toBe('success');
	});

	it.each([401, 403, 404])('ends the wait when the provider answers %d for the task, as an attempt in the node would', async (statusCode) => {
		await submit(['one', 'two'], {}, { onError: 'continueErrorOutput' });
		const [lost, other] = lab.simulator.ledger.map(({ id }) => id);
		const refuse = () => lab.simulator.faults.add({ route: 'tasks.get', times: 20, effect: { kind: 'status', statusCode } });
		refuse();
		await letProviderCallAll();
		expect(lab.simulator.webhooks.deliveries[0]?.statusCode).toBe(200);
		const failed = run ? outputOf(run, 'Generate').flat() : [];
		expect(failed.map(({ json }) => json.details)).toEqual([
			expect.objectContaining({ provider, taskId: lost }),
			expect.objectContaining({ provider, taskId: other }),
		]);

		lab.simulator.faults.clear();
		await submit();
		refuse();
		await letProviderCallAll();
		expect(run?.status).toBe('success');
		const taskId = lab.simulator.ledger.at(-1)?.id;
		expect(items()[0]?.json).toMatchObject({ taskId, videoUrl: null, failureMessage: expect.stringContaining(String(taskId)) as string });
	});

	it('never throws what would make n8n forget the execution', async () => {
		await submit();
		const { response, resumed } = await lab.callResumeUrl(
			workflow,
			run!,
			{ body: {} },
			{ host: host({ baseUrl: 'not an address' }) },
		);
		expect(response.statusCode).toBe(500);
		expect(JSON.stringify(response.body)).not.toContain('address');
		expect(resumed).toBe(false);
		await letProviderCall();
		expect(run?.status).toBe('success');
	});

	it('is not suspended when the task has ended at once', async () => {
		await lab.close();
		lab = await Lab.open({ taskQueueSeconds: 0, taskRunSeconds: 0 });
		await submit();
		expect(run?.status).toBe('success');
		expect(items()).toMatchObject([{ json: { status: 'succeeded' } }]);
	});

	it('keeps the finished data when the file does not arrive', async () => {
		await submit(undefined, { downloadVideo: true });
		lab.simulator.faults.add({ route: 'storage.get', times: 9, effect: { kind: 'status', statusCode: 500 } });
		await letProviderCall();
		expect(run?.status).toBe('success');
		expect(items()[0]?.json).toMatchObject({ status: 'succeeded', failureMessage: expect.stringContaining('500') });
	});

	it('tells the provider no key, and shows none', async () => {
		await submit();
		await letProviderCall();
		expect(JSON.stringify(run)).not.toContain(lab.simulator.apiKey);
		expect(JSON.stringify(lab.callsOf('tasks.create'))).not.toContain(lab.simulator.apiKey);
	});

	describe('is refused before anything is paid', () => {
		const refused = async (parameters: INodeParameters, overrides: Parameters<Lab['host']>[0] = {}) => {
			workflow = build(parameters);
			const refusal = await lab.runWorkflow(workflow, {
				host: host(overrides),
				items: [{ json: { prompt: 'A cat' } }],
			});
			expect(lab.paid()).toEqual([]);
			return refusal.data.resultData.error?.message;
		};

		it('where the provider cannot reach n8n', async () => {
			const message = await refused({}, { baseUrl: 'https://api.example.com', webhookBaseUrl: 'http://localhost:5678' });
			expect(message).toBe(
				`Wait for Completion cannot be On Provider Callback: ${adapter.displayName} cannot reach this n8n at http://localhost:5678.`,
			);
		});

		it('in a tool of an AI agent, in which n8n cannot suspend an execution', async () => {
			const tool = asTool(new SeedanceGenerate());
			workflow = build();
			const [, generate] = workflow.nodes;
			if (generate) generate.type = `n8n-nodes-seedance.${tool.description.name}`;
			const all = host();
			const refusal = await lab.runWorkflow(workflow, {
				host: { ...all, nodeTypes: [...all.nodeTypes, tool] },
				items: [{ json: { prompt: 'A cat' } }],
			});
			expect(lab.simulator.calls).toEqual([]);
			expect(refusal.data.resultData.error?.message).toBe(
				"Wait for Completion cannot be On Provider Callback: this is a tool of an AI agent.\n\nChoose Don't Wait. Nothing was paid.",
			);
		});

		it('beside a webhook of the user', async () => {
			const message = await refused({ options: { webhookUrl: 'https://example.com/hook' } });
			expect(message).toContain('the option Webhook URL is set');
		});
	});
});

describe.each(simulatedProviders.filter(([, , { videoTasks }]) => !videoTasks.callback))(
	'%s',
	(_name, provider, { displayName }) => {
		it('has no callback, which is said before anything is paid', async () => {
			const lab = await Lab.open();
			const { error } = await lab.run('seedanceGenerate', {
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: 'A cat',
				waitForCompletion: 'onCallback',
			});
			expect(error?.message).toContain(`${displayName} sends no callbacks.`);
			expect(lab.simulator.calls).toEqual([]);
			await lab.close();
		});
	},
);

