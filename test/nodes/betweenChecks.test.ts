import type { INode, INodeExecutionData, INodeParameters, IRun } from 'n8n-workflow';
import { binaryModes } from '../../harness/engine/binaryFiles';
import { manualTrigger, outputOf, readBinary } from '../../harness/engine/engine';
import { node } from '../../harness/engine/node';
import { byId, Lab, simulatedProviders } from '../support/lab';

/** Wait for Task with Pause Between Checks: n8n itself holds the wait, the node runs once a round. */

type Workflow = Parameters<Lab['runWorkflow']>[0];

const finished = 1;

describe.each(simulatedProviders)('%s', (_name, provider, { displayName }) => {
	let lab: Lab;
	let workflow: Workflow;
	beforeEach(async () => {
		lab = await Lab.open({ taskQueueSeconds: 5, taskRunSeconds: 142, piapi: { maxTasks: 20 } });
	});
	afterEach(async () => await lab.close());

	const submit = async (count = 1) => {
		const tasks = await lab.json(
			'seedanceGenerate',
			{ provider, operation: 'generate', mode: 'textToVideo', prompt: 'A cat', waitForCompletion: 'dontWait' },
			{ items: Array.from({ length: count }, () => ({ json: {} })) },
		);
		return tasks.map(({ taskId }) => String(taskId));
	};
	const build = (parameters: INodeParameters = {}, settings: Partial<INode> = {}, loop = 'Wait'): Workflow => ({
		nodes: [
			node('Trigger', manualTrigger.description.name, {}),
			{
				...node('Wait', 'n8n-nodes-seedance.seedanceGenerate', {
					provider,
					operation: 'waitForTask',
					taskId: '={{ $json.taskId }}',
					pauseBetweenChecks: true,
					downloadVideo: false,
					...parameters,
				}),
				...settings,
			},
			node('After', manualTrigger.description.name, {}),
		],
		connections: {
			Trigger: { main: [[{ node: 'Wait', type: 'main', index: 0 }]] },
			Wait: {
				main: [
					loop ? [{ node: loop, type: 'main', index: 0 }] : [],
					[{ node: 'After', type: 'main', index: 0 }],
				],
			},
		},
	});
	/** Lets n8n resume the execution until it has ended. @returns the run, and how often it was suspended */
	const runToTheEnd = async (taskIds: string[], options: Parameters<typeof build> = [], host = lab.host()) => {
		workflow = build(...options);
		let run: IRun = await lab.runWorkflow(workflow, {
			host,
			mode: 'trigger',
			items: taskIds.map((taskId) => ({ json: { taskId } })),
		});
		let rounds = 0;
		for (; run.status === 'waiting' && rounds < 30; rounds++) run = await lab.resumeByTimer(workflow, run, { host });
		return { run, rounds };
	};
	const finishedItems = (run: IRun): INodeExecutionData[] => outputOf(run, 'Wait')[finished] ?? [];

	it('checks once a minute, and the video leaves by Finished', async () => {
		const taskIds = await submit();
		const { run, rounds } = await runToTheEnd(taskIds, [{ downloadVideo: true }]);
		expect(run.data.resultData.error).toBeUndefined();
		expect(rounds).toBe(3);
		expect(lab.callsOf('tasks.get')).toHaveLength(4);
		const [item] = finishedItems(run);
		expect(item?.json).toMatchObject({ provider, taskId: taskIds[0], status: 'succeeded' });
		expect((await readBinary(item!.binary!.data!)).length).toBeGreaterThan(10_000);
		expect(outputOf(run, 'Wait')[0] ?? []).toEqual([]);
		expect(outputOf(run, 'After')[0]).toHaveLength(1);
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('keeps items that are done until the last one is, each checked no more', async () => {
		const early = await submit();
		lab.nowMs += 200_000;
		const [late] = await submit();
		const { run, rounds } = await runToTheEnd([late!, ...early]);
		expect(rounds).toBe(3);
		expect(finishedItems(run).map(({ json }) => [json.taskId, json.status])).toEqual([
			[late, 'succeeded'],
			[early[0], 'succeeded'],
		]);
		expect(finishedItems(run).map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		// By its own address, or by a list of IDs in the query.
		const checks = [...lab.callsOf('tasks.get'), ...lab.callsOf('tasks.list')];
		const checksOfEarly = checks.filter(({ path, search }) => `${path}${search}`.includes(String(early[0])));
		expect(checksOfEarly).toHaveLength(1);
	});

	it.each(binaryModes)('keeps their files too, in %s mode', async (binaryMode) => {
		const early = await submit();
		lab.nowMs += 200_000;
		const [late] = await submit();
		const { run, rounds } = await runToTheEnd([late!, ...early], [{ downloadVideo: true }], lab.host({ binaryMode }));
		expect(rounds).toBe(3);
		expect(lab.simulator.storageCalls).toHaveLength(2);
		for (const { binary } of finishedItems(run)) {
			expect(binary?.data?.id === undefined).toBe(binaryMode === 'memory');
			expect((await readBinary(binary!.data!)).length).toBeGreaterThan(10_000);
		}
		expect(finishedItems(run)).toHaveLength(2);
	});

	it('ends at once when all is done already', async () => {
		const taskIds = await submit(2);
		lab.nowMs += 200_000;
		const { run, rounds } = await runToTheEnd(taskIds);
		expect(rounds).toBe(0);
		expect(finishedItems(run)).toHaveLength(2);
	});

	it('keeps the interval that the user sets', async () => {
		const startMs = lab.nowMs;
		const { rounds } = await runToTheEnd(await submit(), [{ options: { pollingIntervalSeconds: 75 } }]);
		expect(rounds).toBe(2);
		expect(lab.nowMs - startMs).toBe(150_000);
	});

	it('ends at the maximum age, counted from the first check, with an error that names the task', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
		const [taskId] = await submit();
		const startMs = lab.nowMs;
		const { run } = await runToTheEnd([taskId!], [{ options: { timeoutSeconds: 200 } }]);
		expect(lab.nowMs - startMs).toBe(200_000);
		expect(run.data.resultData.error?.message).toBe(`${displayName} task ${taskId} is still running after 200 s`);
		expect(run.data.resultData.error).toMatchObject({ context: { reason: 'timeout', taskId } });
	});

	it('does not count an hour by which the clock was set while the execution was suspended', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
		const taskIds = await submit();
		workflow = build({ options: { timeoutSeconds: 200 } });
		const items = taskIds.map((taskId) => ({ json: { taskId } }));
		let run = await lab.runWorkflow(workflow, { mode: 'trigger', items });
		lab.nowMs += 3_600_000;
		let rounds = 0;
		for (; run.status === 'waiting' && rounds < 30; rounds++) run = await lab.resumeByTimer(workflow, run);
		// Three rounds of 61 s, and the rest of the 200 s.
		expect(rounds).toBe(4);
		expect(run.data.resultData.error).toMatchObject({ context: { reason: 'timeout', taskId: taskIds[0] } });
	});

	it('can output the unfinished task at the maximum age', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
		const [taskId] = await submit();
		const options = { timeoutSeconds: 200, onTimeout: 'returnTask' };
		const { run } = await runToTheEnd([taskId!], [{ options }]);
		expect(finishedItems(run)).toMatchObject([{ json: { taskId, status: 'running' } }]);
	});

	it('does with each item what its fields said in the first round, wherever the task ID comes from', async () => {
		const taskIds = await submit(2);
		workflow = build({
			taskId: '={{ $json.id }}',
			downloadVideo: '={{ $json.wanted }}',
			options: { videoBinaryField: '={{ $json.field }}', timeoutSeconds: '={{ $json.seconds }}' },
		});
		let run: IRun = await lab.runWorkflow(workflow, {
			mode: 'trigger',
			items: taskIds.map((id, index) => ({
				json: { id, wanted: index === 0, field: 'clip', seconds: 10_000 },
			})),
		});
		for (let rounds = 0; run.status === 'waiting' && rounds < 10; rounds++) {
			run = await lab.resumeByTimer(workflow, run);
		}
		expect(run.data.resultData.error).toBeUndefined();
		expect(finishedItems(run).map(({ json, binary }) => [json.taskId, Object.keys(binary ?? {})])).toEqual([
			[taskIds[0], ['clip']],
			[taskIds[1], []],
		]);
	});

	it('fetches the file of a task that the node before has found finished', async () => {
		const [taskId] = await submit();
		lab.nowMs += 600_000;
		const found = await lab.items('seedanceGenerate', { provider, operation: 'getTask', taskId: byId(taskId!) });
		workflow = build({ downloadVideo: true });
		const run = await lab.runWorkflow(workflow, { mode: 'trigger', items: found });
		expect(finishedItems(run)).toMatchObject([{ json: { taskId, status: 'succeeded' }, binary: { data: { mimeType: 'video/mp4' } } }]);
	});

	it('carries each row through all rounds with Include Input Fields, also of a task that fails', async () => {
		const taskIds = await submit(1);
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		taskIds.push(...(await submit(1)));
		const options = { includeInputFields: '={{ $json.keep }}', fileName: '={{ $json.title }}' };
		workflow = build({ taskId: '={{ $json.id }}', downloadVideo: true, options }, { onError: 'continueRegularOutput' });
		const items = taskIds.map((id, index) => ({ json: { id, title: `Row ${index}`, status: 'open', keep: true } }));
		let run: IRun = await lab.runWorkflow(workflow, { mode: 'trigger', items });
		for (let rounds = 0; run.status === 'waiting' && rounds < 10; rounds++) {
			run = await lab.resumeByTimer(workflow, run);
		}
		const [good, bad] = finishedItems(run);
		expect(good?.json).toMatchObject({ id: taskIds[0], title: 'Row 0', status: 'succeeded' });
		expect(good?.binary?.data?.fileName).toBe('Row 0.mp4');
		expect(bad?.json).toMatchObject({ id: taskIds[1], title: 'Row 1', error: expect.any(String), details: { taskId: taskIds[1] } });
	});

	it.each([1e12, 1e18])('is suspended to a date that there is, whatever the time-out of %d s', async (timeoutSeconds) => {
		const taskIds = await submit();
		workflow = build({ options: { timeoutSeconds, pollingIntervalSeconds: timeoutSeconds } });
		const run = await lab.runWorkflow(workflow, {
			mode: 'trigger',
			items: taskIds.map((taskId) => ({ json: { taskId } })),
		});
		expect(run.status).toBe('waiting');
		expect(run.waitTill?.getTime()).toBeLessThan(Date.UTC(3000, 0));
	});

	it('survives an outage between two checks', async () => {
		const taskIds = await submit();
		lab.simulator.faults.add({ route: 'tasks.get', times: 8, effect: { kind: 'status', statusCode: 503 } });
		const { run } = await runToTheEnd(taskIds);
		expect(finishedItems(run)).toMatchObject([{ json: { status: 'succeeded' } }]);
	});

	it('fails at once for a failed task, and with Continue On Fail only for that one', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		const taskIds = await submit(2);
		const stopped = await runToTheEnd(taskIds);
		expect(stopped.run.data.resultData.error).toMatchObject({
			context: { reason: 'moderation', taskId: taskIds[0] },
		});
		const { run } = await runToTheEnd(taskIds, [{}, { onError: 'continueRegularOutput' }]);
		expect(finishedItems(run).map(({ json }) => json.status ?? 'error')).toEqual(['error', 'succeeded']);
		expect(finishedItems(run)[0]?.json).toMatchObject({ details: { taskId: taskIds[0] } });
	});

	it.each([
		['nowhere', ''],
		['elsewhere', 'After'],
	])('is refused when Still Running leads %s, before anything is asked', async (_case, target) => {
		const taskIds = await submit();
		const { run } = await runToTheEnd(taskIds, [{}, {}, target]);
		expect(run.data.resultData.error?.message).toBe(
			`Pause Between Checks needs the output "Still Running" connected to the input of this node; it leads elsewhere or nowhere. (task ${taskIds[0]})`,
		);
		expect(lab.callsOf('tasks.get')).toEqual([]);
	});

	it('may lead back through other nodes', async () => {
		const taskIds = await submit();
		workflow = build({}, {}, 'Between');
		workflow.nodes.push(node('Between', manualTrigger.description.name, {}));
		workflow.connections.Between = { main: [[{ node: 'Wait', type: 'main', index: 0 }]] };
		const run = await lab.runWorkflow(workflow, { items: taskIds.map((taskId) => ({ json: { taskId } })) });
		expect(run.status).toBe('waiting');
	});
});

