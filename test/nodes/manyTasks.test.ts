import type { INodeParameters } from 'n8n-workflow';
import { type NodeRunOptions, runNode } from '../../harness/engine/engine';
import { Lab, simulatedProviders } from '../support/lab';

/** What is asked while many tasks are waited for, of providers that tell the state of several in one request. */

const manyAtOnce = simulatedProviders.filter(([, , { videoTasks }]) => videoTasks.getMany);
const items = (count: number) => Array.from({ length: count }, () => ({ json: {} }));
let nextExecutionId = 800_000;

describe.each(manyAtOnce)('%s', (_name, provider, { videoTasks }) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open({ taskQueueSeconds: 5, taskRunSeconds: 42, latencySeconds: 0.3 })));
	afterEach(async () => await lab.close());

	const textToVideo: INodeParameters = {
		provider,
		operation: 'generate',
		mode: 'textToVideo',
		prompt: 'A cat plays the piano',
		downloadVideo: false,
	};
	type Execution = NodeRunOptions & { apiKey?: string };
	/** Runs executions at the same time. */
	const runAll = async (executions: readonly Execution[]) =>
		await lab.inVirtualTime(
			async () =>
				await Promise.all(
					executions.map(async ({ apiKey, ...options }) =>
						await runNode(lab.host({ apiKey }), 'n8n-nodes-seedance.seedanceGenerate', {
							parameters: textToVideo,
							executionId: String(nextExecutionId++),
							...options,
						}),
					),
				),
		);
	const callsOf = (route: string, from = 0) => lab.simulator.calls.slice(from).filter((call) => call.route === route);
	/** Whether each task that has ended is read once more. */
	const finalReads = videoTasks.getMany?.isComplete ? 0 : 1;
	/** Requests that only find out whether tasks have ended. */
	const statusRequests = (ended: number, from = 0) =>
		callsOf('tasks.list', from).length + callsOf('tasks.get', from).length - ended * finalReads;

	it('100 items cost at most a twentieth of the requests of one by one, and end within 1.1 times the job, 300 ms away', async () => {
		await runAll([{}]);
		const ofOne = statusRequests(0);
		expect(callsOf('tasks.list')).toEqual([]);
		const from = lab.simulator.calls.length;
		const startMs = lab.nowMs;
		const [run] = await runAll([{ parameters: textToVideo, items: items(100) }]);
		expect(run?.error).toBeUndefined();
		expect(run?.output[0]?.map(({ json }) => json.status)).toEqual(Array(100).fill('succeeded'));
		expect(statusRequests(100, from)).toBeLessThanOrEqual((100 * ofOne) / 20);
		// The submissions, ten at a time, take 3 s.
		expect((lab.nowMs - startMs) / 1000).toBeLessThanOrEqual(1.1 * 47);
		expect(lab.paid('generation')).toHaveLength(101);
	});

	it('executions of one credential share their requests, and each gets its own tasks in full', async () => {
		const parameters = { ...textToVideo, resolution: '480p', simplify: false };
		const executions = Array.from({ length: 20 }, () => ({ parameters, items: items(5) }));
		await runAll([{}]);
		const ofOne = statusRequests(0);
		const from = lab.simulator.calls.length;
		const runs = await runAll(executions);
		const taskIds = runs.flatMap(({ output }) => output[0]?.map(({ json }) => json.taskId) ?? []);
		expect(new Set(taskIds).size).toBe(100);
		expect(runs.flatMap(({ output }) => output[0]?.map(({ json }) => [json.status, json.resolution]) ?? [])).toEqual(
			Array(100).fill(['succeeded', '480p']),
		);
		expect(statusRequests(100, from)).toBeLessThanOrEqual((100 * ofOne) / 20);
	});

	it('another credential has requests of its own', async () => {
		const { apiKey, otherApiKey } = lab.simulator;
		const [, alone] = await runAll([{ apiKey, items: items(3) }, { apiKey: otherApiKey }]);
		expect(alone?.error).toBeUndefined();
		const ownTask = alone?.output[0]?.[0]?.json.taskId;
		expect(callsOf('tasks.get').filter(({ path }) => path.split('/').at(-1) === ownTask).length).toBeGreaterThan(5);
	});

	it('stopping one execution disturbs no other', async () => {
		const stop = new AbortController();
		let lists = 0;
		lab.onCall = ({ route }) => route === 'tasks.list' && ++lists === 3 && stop.abort();
		const [stopped, other] = await runAll([{ items: items(10), signal: stop.signal }, { items: items(10) }]);
		expect(stopped?.run.status).toBe('canceled');
		expect(other?.error).toBeUndefined();
		expect(other?.output[0]?.map(({ json }) => json.status)).toEqual(Array(10).fill('succeeded'));
		expect(lab.paid('generation')).toHaveLength(20);
	});

	it('reads each task by its ID while the list is out of order', async () => {
		lab.simulator.faults.add({ route: 'tasks.list', times: Infinity, effect: { kind: 'status', statusCode: 500 } });
		const [run] = await runAll([{ items: items(10) }]);
		expect(run?.error).toBeUndefined();
		expect(run?.output[0]?.map(({ json }) => json.status)).toEqual(Array(10).fill('succeeded'));
		expect(callsOf('tasks.list').length).toBeLessThanOrEqual(4);
	});

	it('gives back an unfinished task in full', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, effect: { kind: 'taskNeverEnds' } });
		const parameters = { ...textToVideo, resolution: '720p', simplify: false, options: { timeoutSeconds: 60, onTimeout: 'returnTask' } };
		const [alone] = await runAll([{ parameters }]);
		const [together] = await runAll([{ parameters, items: items(3) }]);
		const [one, many] = [alone, together].map((run) => run?.output[0]?.[0]?.json ?? {});
		expect(many?.status).toBe('running');
		expect([many?.resolution, many?.prompt]).toEqual([one?.resolution, one?.prompt]);
		expect(Object.keys(many ?? {})).toEqual(Object.keys(one ?? {}));
		expect(callsOf('tasks.list').length).toBeGreaterThan(5);
	});
});
