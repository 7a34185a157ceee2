import type { INode, INodeParameters, IRun } from 'n8n-workflow';
import { manualTrigger, type NodeRunOptions } from '../../harness/engine/engine';
import { node } from '../../harness/engine/node';
import { eachProvider } from '../../harness/providers';
import { maxSearchRequests } from '../../nodes/SeedanceGenerate/submission/findTask';
import { openAccount } from '../../nodes/SeedanceGenerate/submission/openRequests';
import { readObject } from '../../nodes/shared/providers/read';
import type { Effect } from '../../simulator';
import { Lab, type LabOptions, simulatedProviders } from '../support/lab';
import { retryExecution } from '../support/retryExecution';
import { maxCrashEntries } from '../../nodes/SeedanceGenerate/submission/crashGuard';
import { addCrashRecord, emptyCrashRecords, failNextRemoval, fillCrashRecords } from '../support/schedules/crashRecords';
import { Remains } from '../support/schedules/restart';

/** A paid request whose answer is lost, where the provider lists tasks: its task is searched for, and nothing is paid again. */

const listing = simulatedProviders.filter(([, , { videoTasks }]) => videoTasks.list && videoTasks.echo);
const retryOnFail: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1_000 };
const hourMs = 3_600_000;
const durations = { taskQueueSeconds: 5, taskRunSeconds: 42 };

describe.each(listing)('%s', (_name, provider, { displayName, videoTasks }) => {
	const attempts = videoTasks.idempotencyKeyLifetimeMs === undefined ? 1 : 4;
	let lab: Lab;
	const open = async (options: LabOptions = {}) => (lab = await Lab.open({ ...durations, ...options }));
	const reopen = async (options: LabOptions) => {
		await lab.close();
		await open(options);
	};
	beforeEach(async () => await open());
	beforeEach(async () => await emptyCrashRecords());
	afterEach(async () => await lab.close());
	afterEach(async () => await emptyCrashRecords());

	const textToVideo: INodeParameters = {
		provider,
		operation: 'generate',
		mode: 'textToVideo',
		prompt: 'A cat plays the piano',
		downloadVideo: false,
		options: { timeoutSeconds: 300 },
	};
	const generate = async (parameters: INodeParameters = {}, options: NodeRunOptions = {}) =>
		await lab.run('seedanceGenerate', { ...textToVideo, ...parameters }, { mode: 'trigger', ...options });
	const lose = (effect: Effect = { kind: 'status', statusCode: 502, afterAcceptance: true }, times = attempts, skip = 0) =>
		lab.simulator.faults.add({ route: 'tasks.create', times, skip, effect });
	const ids = () => lab.simulator.ledger.map(({ id }) => id);
	/** What the request for a task has asked for. */
	const promptOf = (taskId: unknown) => {
		const { requestId } = lab.simulator.ledger.find(({ id }) => id === taskId) ?? {};
		const body = JSON.stringify(lab.simulator.calls.find((call) => call.requestId === requestId)?.body ?? {});
		return /"prompt":"([^"]*)"/.exec(body)?.[1];
	};
	const hintsOf = (run: IRun) => (run.data.resultData.runData.Node ?? []).flatMap(({ hints = [] }) => hints.map(({ message }) => message));
	const items = (...prompts: string[]) => ({ items: prompts.map((prompt) => ({ json: { prompt } })) });
	const fromItem = { prompt: '={{ $json.prompt }}' };
	/** The requests of a search come before the first check of a task that is waited for, 22 s later. */
	const searchRequests = () => lab.callsOf('tasks.list').length;

	it.each<Effect>([
		{ kind: 'status', statusCode: 502, afterAcceptance: true },
		{ kind: 'reset', afterAcceptance: true },
		{ kind: 'hang', afterAcceptance: true },
		{ kind: 'html', statusCode: 504, afterAcceptance: true },
		{ kind: 'malformedJson', afterAcceptance: true },
		{ kind: 'missingId' },
	])('delivers the video whose answer was lost: %j', async (effect) => {
		lose(effect);
		const { output, error, run } = await generate();
		expect(error).toBeUndefined();
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
		expect(ids()).toHaveLength(1);
		expect(hintsOf(run)).toContainEqual(expect.stringContaining(`Item 0 continues with task ${ids()[0]}: the answer to its request was lost`));
		expect(searchRequests()).toBe(1);
	});

	it('also when the clock of the provider is hours off', async () => {
		await reopen({ now: () => Date.now() + 5 * hourMs });
		lose();
		const { output } = await generate();
		expect(output[0]?.[0]?.json).toMatchObject({ taskId: ids()[0] });
	});

	it('takes no task that the same execution was given before, also in another process without the records of n8n', async () => {
		const credentials = Object.fromEntries(eachProvider.map(({ credentialType }) => [credentialType, { id: credentialType, name: credentialType }]));
		const next = [[{ node: 'Node', type: 'main' as const, index: 0 }]];
		const parameters = { ...textToVideo, waitForCompletion: 'dontWait' };
		const workflow = {
			nodes: [node('Trigger', manualTrigger.description.name), node('Node', 'n8n-nodes-seedance.seedanceGenerate', parameters, { credentials })],
			connections: { Trigger: { main: next }, Node: { main: next } },
		};
		lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, skip: 1, effect: { kind: 'reset' } });
		const run = await lab.runWorkflow(workflow, { mode: 'trigger' });
		expect(run.data.resultData.error).toMatchObject({ context: { reason: 'unsure' } });
		await emptyCrashRecords();
		const requested = readObject(Object.values(run.data.executionData?.contextData['node:Node'] ?? {}).find((value) => readObject(value).account));
		openAccount(String(requested.account)).taken.clear();
		const creates = lab.callsOf('tasks.create').length;
		const { error } = await retryExecution(lab, { run, workflow });
		expect(error).toMatchObject({ context: { reason: 'unsure' } });
		// The loop would go on if a task was found.
		if (attempts === 1) expect(lab.callsOf('tasks.create')).toHaveLength(creates);
		expect(hintsOf(run).join()).not.toContain('continues with task');
	});

	it('says that there is no such task where nothing was accepted, and sends nothing again', async () => {
		lose({ kind: 'status', statusCode: 502 }, Infinity);
		const { error } = await generate({}, { settings: retryOnFail });
		expect(error).toMatchObject({ context: { reason: 'unsure', statusCode: 502 } });
		expect(error?.description).toMatch(
			videoTasks.listsOpenTasks ? /has no task of this request, so it was most likely not accepted/ : /has no task of this request so far\. That does not prove/,
		);
		expect(ids()).toEqual([]);
		if (attempts === 1) expect(lab.callsOf('tasks.create')).toHaveLength(1);
		// Four looks after the first attempt, one in each of the others.
		expect(searchRequests()).toBeLessThanOrEqual(attempts === 1 ? 4 + 2 : 4 * 3);
	});

	it('gives each item its own task', async () => {
		lose(undefined, 3 * attempts);
		const { output } = await generate(fromItem, items('A cat', 'A dog', 'A cow'));
		const prompts = output[0]?.map(({ json }) => [promptOf(json.taskId), json.status]);
		expect(prompts).toEqual([['A cat', 'succeeded'], ['A dog', 'succeeded'], ['A cow', 'succeeded']]);
		expect(output[0]?.map(({ json }) => json.taskId).sort()).toEqual(ids().sort());
	});

	it('tells equal requests apart by what was answered', async () => {
		lose(undefined, 1);
		const { output, error } = await generate({}, items('', ''));
		expect(error).toBeUndefined();
		expect(output[0]?.map(({ json }) => json.taskId).sort()).toEqual(ids().sort());
		expect(ids()).toHaveLength(2);
	});

	it('takes no task of an equal request that was answered', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, skip: 1, effect: { kind: 'reset' } });
		const { output } = await generate({}, { ...items('', ''), settings: { onError: 'continueRegularOutput' } });
		expect(output[0]?.map(({ json }) => json.taskId ?? (json.details as { reason?: string }).reason).sort()).toEqual([ids()[0], 'unsure'].sort());
		expect(ids()).toHaveLength(1);
	});

	it('leaves two equal requests in doubt that have both lost their answers, and names the tasks', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, effect: { kind: 'reset', afterAcceptance: true } });
		const failed = await generate({}, { ...items('', ''), settings: { onError: 'continueRegularOutput' } });
		for (const { json } of failed.output[0] ?? []) {
			expect(json.details).toMatchObject({ reason: 'unsure' });
			expect(JSON.stringify(json)).toContain('can be of this request or of another one that asks for exactly the same');
		}
		expect(ids()).toHaveLength(2);
		for (const id of ids()) expect(JSON.stringify(failed.output)).toContain(id);
	});

	it('asks at most six times, whatever the list has', async () => {
		const others = Array.from({ length: 12 }, (_value, index) => `A cat, take ${index}`);
		lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, skip: 12, effect: { kind: 'reset' } });
		await generate({ ...fromItem, waitForCompletion: 'dontWait' }, { ...items(...others, 'A dog'), settings: { onError: 'continueRegularOutput' } });
		expect(lab.callsOf('tasks.list').length + lab.callsOf('tasks.get').length).toBeLessThanOrEqual(maxSearchRequests);
		lab.simulator.faults.clear();
		lab.simulator.faults.add({ route: 'tasks.list', times: Infinity, effect: { kind: 'status', statusCode: 503 } });
		lose();
		const before = lab.callsOf('tasks.list').length;
		const { error } = await generate();
		expect(error?.description).toMatch(/The list of tasks of \w+ could not be read/);
		expect(lab.callsOf('tasks.list').length - before).toBeLessThanOrEqual(maxSearchRequests);
	});

	it('finds a task beyond the first page', async () => {
		const others = Array.from({ length: 110 }, (_value, index) => `Take ${index}`);
		await reopen({ piapi: { maxTasks: 1_000 } });
		// The answer is lost, then others are made by the same account.
		lose();
		const made = await generate({ ...fromItem, waitForCompletion: 'dontWait' }, items('A cat', ...others));
		expect(promptOf(made.output[0]?.[0]?.json.taskId)).toBe('A cat');
		expect(ids()).toHaveLength(111);
	});

	it('takes no task that an execution in another process has claimed', async () => {
		lose();
		lab.onCall = ({ route }) => route === 'tasks.list' && addCrashRecord(`task ${ids()[0]}`);
		const { error } = await generate();
		expect(error).toMatchObject({ context: { reason: 'unsure' } });
		expect(ids()).toHaveLength(1);
	});

	it('ends at once when the execution is stopped', async () => {
		lose();
		const stop = new AbortController();
		lab.onCall = ({ route }) => route === 'tasks.create' && setTimeout(() => stop.abort(), 1_000);
		const startMs = lab.nowMs;
		const { run } = await generate({}, { signal: stop.signal });
		expect(run.status).toBe('canceled');
		expect(lab.nowMs - startMs).toBeLessThan(20_000);
		expect(searchRequests()).toBe(0);
	});

	it('pays nothing again with Resubmit When Unsure where the task is found', async () => {
		const options = { timeoutSeconds: 300, resubmitWhenUnsure: true };
		lab.simulator.faults.add({ route: 'tasks.list', times: 6, effect: { kind: 'status', statusCode: 503 } });
		lose();
		const failed = await generate({ options });
		expect(failed.error).toMatchObject({ context: { reason: 'unsure' } });
		lab.simulator.faults.clear();
		const { output } = await retryExecution(lab, failed);
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
		expect(ids()).toHaveLength(1);
	});

	it('delivers what is found although there is a cap that a second one would break', async () => {
		const options = { timeoutSeconds: 300, resubmitWhenUnsure: true, maxVideos: 1 };
		lab.simulator.faults.add({ route: 'tasks.list', times: 6, effect: { kind: 'status', statusCode: 503 } });
		lose();
		const failed = await generate({ options });
		expect(failed.error).toMatchObject({ context: { reason: 'unsure' } });
		lab.simulator.faults.clear();
		// No key is known that long.
		lab.nowMs += 13 * hourMs;
		const { output, error } = await retryExecution(lab, failed);
		expect(error).toBeUndefined();
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
		expect(ids()).toHaveLength(1);
	});

	it('in a later attempt goes on with what is listed by then', async () => {
		lab.simulator.faults.add({ route: 'tasks.list', times: Infinity, effect: { kind: 'status', statusCode: 503 } });
		lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, effect: { kind: 'reset', afterAcceptance: true } });
		const failed = await generate();
		expect(failed.error).toMatchObject({ context: { reason: 'unsure' } });
		// No key is known that long.
		lab.nowMs += 13 * hourMs;
		lab.simulator.faults.clear();
		const { output } = await retryExecution(lab, failed);
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
		expect(ids()).toHaveLength(1);
	});

	describe('of an execution that was killed', () => {
		/** @returns the execution as n8n recovers it */
		const killed = async (parameters: INodeParameters, route: string, options: NodeRunOptions = {}) => {
			const remains = new Remains();
			const kill = new AbortController();
			lab.onCall = (call) => call.route === route && kill.abort();
			const broken = await generate(parameters, { signal: kill.signal, configureHooks: remains.watch, ...options });
			lab.onCall = () => {};
			return { ...broken, run: remains.recover(broken.run, broken.workflow, true) };
		};

		it.each([
			['as they were', 'A cat plays the piano'],
			['that have changed by themselves', '=A cat at {{ $now.toMillis() }}'],
		])('while it waited is found by its retry, with fields %s', async (_what, prompt) => {
			const crashed = await killed({ prompt }, 'tasks.get');
			expect(ids()).toHaveLength(1);
			const { output, error, run } = await retryExecution(lab, crashed);
			expect(error).toBeUndefined();
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
			expect(ids()).toHaveLength(1);
			expect(hintsOf(run)).toContainEqual(expect.stringContaining(`Item 0 continues with task ${ids()[0]}`));
		});

		it('is found for each of two equal items', async () => {
			const crashed = await killed({}, 'tasks.get', items('', ''));
			const { output } = await retryExecution(lab, crashed);
			expect(output[0]?.map(({ json }) => json.taskId).sort()).toEqual(ids().sort());
			expect(ids()).toHaveLength(2);
		});

		it('among the tasks of other executions is its own', async () => {
			const crashed = await killed({}, 'tasks.get');
			lab.nowMs += hourMs;
			await generate();
			const { output } = await retryExecution(lab, crashed);
			expect(output[0]?.[0]?.json).toMatchObject({ taskId: ids()[0] });
			expect(ids()).toHaveLength(2);
		});

		it('is found although n8n has no room for more entries, and another one was searched for before', async () => {
			const crashed = await killed({}, 'tasks.get');
			const other = await killed({}, 'tasks.get');
			fillCrashRecords(maxCrashEntries);
			const [id, otherId] = ids();
			expect((await retryExecution(lab, other)).output[0]?.[0]?.json).toMatchObject({ taskId: otherId });
			expect((await retryExecution(lab, crashed)).output[0]?.[0]?.json).toMatchObject({ taskId: id });
			expect(ids()).toHaveLength(2);
		});

		it('counts against the caps of what its execution makes later', async () => {
			const options = { timeoutSeconds: 300, maxVideos: 1 };
			const crashed = await killed({ options }, 'tasks.get');
			lab.simulator.faults.add({ route: 'tasks.get', times: 60, effect: { kind: 'status', statusCode: 503 } });
			const failed = await retryExecution(lab, crashed);
			expect(failed.error?.message).toContain(ids()[0]);
			const refused = await retryExecution(lab, { ...crashed, ...failed }, { prompt: 'A dog' });
			expect(refused.error?.message).toMatch(/^Maximum Videos is 1, .* number 2 \(item 0, and one video of this execution before\)/);
			expect(ids()).toHaveLength(1);
		});

		/** @returns an execution that was killed before the answer to its request came */
		const killedBeforeAnswer = async () => {
			lose({ kind: 'hang', afterAcceptance: true });
			const remains = new Remains();
			const kill = new AbortController();
			const broken = await generate({}, {
				signal: kill.signal,
				configureHooks: (hooks) => {
					remains.watch(hooks);
					setTimeout(() => kill.abort(), 10_000);
				},
			});
			const crashed = { ...broken, run: remains.recover(broken.run, broken.workflow, true) };
			lab.simulator.faults.clear();
			return crashed;
		};

		it('before its request was answered stays in doubt', async () => {
			const crashed = await killedBeforeAnswer();
			const { error } = await retryExecution(lab, crashed);
			expect(error).toMatchObject({ context: { reason: 'unsure' } });
			expect(error?.message).toBe(`${displayName} may have accepted this request in the execution that is retried here, which broke off`);
			// The list has it, so nothing may be said to the contrary.
			expect(error?.description).not.toMatch(/The list of tasks/);
			expect(ids()).toHaveLength(1);
		});

		it('before its request was answered is given no task of another one, also when the database refuses a removal', async () => {
			const crashed = await killedBeforeAnswer();
			failNextRemoval();
			for (let attempt = 0; attempt < 2; attempt++) {
				const { error } = await retryExecution(lab, crashed);
				expect(error).toMatchObject({ context: { reason: 'unsure' } });
			}
			expect(ids()).toHaveLength(1);
		});
	});
});

describe('A list of PiAPI that is late', () => {
	let lab: Lab;
	afterEach(async () => await lab.close());
	const provider = 'piapi';
	const generate = async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'reset', afterAcceptance: true } });
		const parameters = { provider, operation: 'generate', mode: 'textToVideo', prompt: 'A cat', downloadVideo: false };
		return await lab.run('seedanceGenerate', parameters, { mode: 'trigger' });
	};
	const taskId = () => lab.simulator.ledger[0]?.id;

	it.each([{ historyLagSeconds: 25 }, { history: 'ended' as const }])('is asked for up to a minute: %j', async (piapi) => {
		lab = await Lab.open({ ...durations, piapi });
		const { output } = await generate();
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: taskId() });
		expect(lab.callsOf('tasks.list').length).toBeGreaterThan(1);
	});

	it('leaves the request in doubt, until a later attempt finds it', async () => {
		lab = await Lab.open({ ...durations, piapi: { historyLagSeconds: 300 } });
		const failed = await generate();
		expect(failed.error).toMatchObject({ context: { reason: 'unsure' } });
		expect(failed.error?.description).toMatch(/the list can be late: the next attempt searches again/);
		const tooEarly = await retryExecution(lab, failed);
		expect(tooEarly.error).toMatchObject({ context: { reason: 'unsure' } });
		lab.nowMs += 300_000;
		const { output } = await retryExecution(lab, { ...failed, ...tooEarly });
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: taskId() });
		expect(lab.simulator.ledger).toHaveLength(1);
	});
});
