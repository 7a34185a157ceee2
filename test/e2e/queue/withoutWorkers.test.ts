import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeMediaFiles } from '../../../harness/n8n/media';
import type { Execution } from '../../../harness/n8n/n8nClient';
import { type WayFigures, writeFigures } from '../../../harness/n8n/queueFigures';
import { until } from '../../../harness/n8n/until';
import type { WorkflowBuilder } from '../../../harness/n8n/workflow';
import { concurrencyOfWorker, type Member } from './support/cluster';
import { outputFolder } from './support/globalSetup';
import { QueueStage } from './support/stage';
import { callbackWorkflow, pauseBetweenChecksWorkflow } from './support/workflows';

/** The two ways of waiting that hold no worker: n8n keeps the executions in its database meanwhile. */

const taskSeconds = { queue: 5, run: 55 };
const taskLength = taskSeconds.queue + taskSeconds.run;

let stage: QueueStage;
let sha256: string;
const measured: WayFigures[] = [];

beforeAll(async () => {
	const videoFile = (await makeMediaFiles(join(outputFolder, 'media')))['motion.mp4'];
	sha256 = createHash('sha256').update(await readFile(videoFile)).digest('hex');
	stage = await QueueStage.set('without-workers', { taskSeconds, videoFile });
});

afterAll(async () => {
	const [first, ...others] = measured;
	if (first) await writeFigures({ measuredAtMs: Date.now(), ways: [first, ...others] });
	await stage?.close();
});

const onCallback = (name: string) => callbackWorkflow(name, stage.callingCredentials);
const pauseBetweenChecks = (name: string, options?: object) => pauseBetweenChecksWorkflow(name, stage.credentials, options);
/** Due before the main is back, which is when n8n checks again. */
const pauseBetweenChecksSoon = (name: string) => pauseBetweenChecks(name, { pollingIntervalSeconds: 1 });

/** The output that the videos leave by. */
type Place = [node: string, output: number];
const fromCallback: Place = ['Generate', 0];
const fromPauseBetweenChecks: Place = ['Wait for Task', 1];

/** Starts so many executions at once, and returns when each has its task. */
async function start(builder: WorkflowBuilder, count: number) {
	const before = stage.taskIds.length;
	const workflowId = await stage.activate(builder);
	const call = async () => await stage.cluster.client.callWebhook(builder.webhookPath);
	// The first call waits for the webhook to be registered.
	await call();
	await Promise.all(Array.from({ length: count - 1 }, call));
	const taskIds = (await stage.paid(before + count, 120_000)).slice(before);
	const executionIds = await stage.cluster.query(
		`select id from execution_entity where "workflowId" = '${workflowId}'`,
	);
	return { workflowId, executionIds, taskIds };
}

/** Each execution has its own task, and the node after it has read the video from the database. */
function expectDelivered(executions: Execution[], taskIds: string[], place: Place): void {
	expect(executions.flatMap(({ errors }) => errors)).toEqual([]);
	expect(executions.map(({ status }) => status)).toEqual(taskIds.map(() => 'success'));
	const delivered = executions.flatMap((execution) => execution.itemsOf(...place));
	expect(delivered).toEqual(
		taskIds.map(() =>
			expect.objectContaining({
				json: expect.objectContaining({ status: 'succeeded' }),
				binary: { data: expect.objectContaining({ id: expect.stringMatching(/^database:/) }) },
			}),
		),
	);
	const hashed = executions.flatMap((execution) => execution.itemsOf('Hash')).map(({ json }) => json);
	expect(hashed.map((json) => json.sha256)).toEqual(taskIds.map(() => sha256));
	expect(hashed.map((json) => json.taskId).sort()).toEqual([...taskIds].sort());
}

describe.each([
	['On Provider Callback', 'on-callback', onCallback, fromCallback],
	['Pause Between Checks', 'pause-between-checks', pauseBetweenChecks, fromPauseBetweenChecks],
] as const)('%s', (way, name, workflow, place) => {
	const count = 200;

	it(`waits for ${count} tasks of a minute at once, on no slot, with one bill for each`, async () => {
		const statusRequestCount = () => stage.simulator.calls.filter(({ route }) => route === 'tasks.get').length;
		const statusRequestsBefore = statusRequestCount();
		const { workflowId, taskIds } = await start(workflow(name), count);
		const paid = stage.taskIds;
		const slots = concurrencyOfWorker * stage.cluster.workers.length;
		const waitingAtOnce = await until(
			'more executions to wait than there are slots, on none',
			async () => {
				const waiting = await stage.waitingCount(workflowId);
				return waiting > slots && (await stage.cluster.activeJobs()) === 0 ? waiting : undefined;
			},
			taskLength * 1000,
		);
		const executions = await stage.executionsOf(workflowId, count, 360_000);
		expect(executions).toHaveLength(count);
		expectDelivered(executions, taskIds, place);
		expect(stage.taskIds).toEqual(paid);

		const [seconds = ''] = await stage.cluster.query(
			`select extract(epoch from max("stoppedAt") - min("createdAt")) from execution_entity where "workflowId" = '${workflowId}'`,
		);
		const figures: WayFigures = {
			way,
			executions: count,
			slots,
			taskSeconds: taskLength,
			totalSeconds: Number(seconds),
			waitingAtOnce,
			statusRequests: statusRequestCount() - statusRequestsBefore,
			bills: taskIds.length,
			files: executions.flatMap((execution) => execution.itemsOf('Hash')).length,
		};
		measured.push(figures);
		process.stdout.write(
			`${way}: ${count} executions, each with a task of ${taskLength} s, on ${slots} slots: ` +
				`${figures.totalSeconds.toFixed(1)} s; queued for slots ${(count / slots) * taskLength} s. ` +
				`${waitingAtOnce} waited at once, ${figures.statusRequests} status requests\n`,
		);
	}, 600_000);
});

it('resumes without the main when the provider calls, and by the timer of n8n after the restart of the main', async () => {
	const called = await start(onCallback('called-without-main'), 3);
	const woken = await start(pauseBetweenChecksSoon('woken-after-restart'), 3);
	const paid = stage.taskIds;
	const { main } = stage.cluster;
	await main.kill();
	await stage.putAside(called.workflowId, 3);
	await stage.putAside(woken.workflowId, 3);

	stage.skip(taskLength);
	const endedWithoutMain = `select id from execution_entity where "workflowId" = '${called.workflowId}' and status = 'success'`;
	await until(
		'the executions to end while there is no main',
		async () => ((await stage.cluster.query(endedWithoutMain)).length === 3 ? true : undefined),
		60_000,
	);
	expect(await stage.waitingCount(woken.workflowId)).toBe(3);

	await main.start();
	expectDelivered(await stage.executionsOf(woken.workflowId, 3), woken.taskIds, fromPauseBetweenChecks);
	expectDelivered(await stage.executionsOf(called.workflowId, 3), called.taskIds, fromCallback);
	expect(stage.taskIds).toEqual(paid);
});

it('loses nothing when a worker is killed while tasks wait', async () => {
	const called = await start(onCallback('called-after-loss'), 6);
	const woken = await start(pauseBetweenChecks('woken-after-loss'), 6);
	const paid = stage.taskIds;
	await stage.putAside(called.workflowId, 6);
	await stage.putAside(woken.workflowId, 6);
	const { workers } = stage.cluster;
	const hasPutAside = async (worker: Member) =>
		(await Promise.all(called.executionIds.map(async (id) => await worker.hasRun(id)))).includes(true);
	const [first, second] = workers;
	if (first === undefined || second === undefined) throw new Error('There are two workers');
	const [lost, other] = (await hasPutAside(first)) ? [first, second] : [second, first];
	await lost.kill();
	try {
		stage.skip(taskLength);
		expectDelivered(await stage.executionsOf(called.workflowId, 6), called.taskIds, fromCallback);
		expectDelivered(await stage.executionsOf(woken.workflowId, 6), woken.taskIds, fromPauseBetweenChecks);
		expect(stage.taskIds).toEqual(paid);
		for (const id of [...called.executionIds, ...woken.executionIds]) {
			expect(await other.hasRun(id)).toBe(true);
		}
	} finally {
		await lost.start();
	}
});
