import { until } from '../../../harness/n8n/until';
import type { Member } from './support/cluster';
import { QueueStage } from './support/stage';
import { waitInNodeWorkflow } from './support/workflows';

/** n8n notices a lost worker after 90 s and gives it 30 s more; here after some seconds and 30 s more. */
const noticeSoon = {
	QUEUE_WORKER_LOCK_DURATION: '5000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '2000',
	QUEUE_WORKER_STALLED_INTERVAL: '3000',
};

let stage: QueueStage;

beforeAll(async () => {
	stage = await QueueStage.set('losses', { taskSeconds: { queue: 2, run: 10 }, env: noticeSoon });
});

afterAll(async () => {
	await stage?.close();
});

async function workerOf(executionId: string): Promise<Member> {
	return await until(
		`a worker to run execution ${executionId}`,
		async () => {
			for (const worker of stage.cluster.workers) if (await worker.hasRun(executionId)) return worker;
			return undefined;
		},
		10_000,
	);
}

/** Starts a workflow whose node waits, and returns as soon as the provider has accepted the task. */
async function startWaiting(name: string) {
	const before = stage.taskIds.length;
	const builder = waitInNodeWorkflow(name, stage.credentials, true);
	const workflowId = await stage.activate(builder);
	await stage.cluster.client.callWebhook(builder.webhookPath);
	const taskId = (await stage.paid(before + 1))[before];
	const running = `select id from execution_entity where "workflowId" = '${workflowId}'`;
	const [executionId = ''] = await stage.cluster.query(running);
	return { workflowId, executionId, taskId, paidSince: () => stage.taskIds.slice(before) };
}

it('keeps waiting on the worker while the main and the webhook process restart', async () => {
	const { workflowId, taskId, paidSince } = await startWaiting('restarts');
	const { main, webhook } = stage.cluster;
	await Promise.all([main.stop(), webhook.stop()]);
	await Promise.all([main.start(), webhook.start()]);
	const [execution] = await stage.executionsOf(workflowId, 1);
	expect(execution?.errors).toEqual([]);
	expect(execution?.itemsOf('Generate')[0]).toMatchObject({
		json: { taskId, status: 'succeeded' },
		binary: { data: { mimeType: 'video/mp4' } },
	});
	expect(paidSince()).toEqual([taskId]);
});

it('pays once when a worker is killed while it waits, and leaves the task ID in its log', async () => {
	const { workflowId, executionId, taskId, paidSince } = await startWaiting('killed');
	const worker = await workerOf(executionId);
	await worker.kill();
	const [lost] = await stage.executionsOf(workflowId, 1);
	// n8n keeps nothing of it but its own error, and lets no other worker repeat it.
	expect(lost?.status).toBe('error');
	expect(lost?.runsOf('Generate')).toBe(0);
	expect(await worker.log()).toContain(taskId);

	await worker.start();
	await stage.cluster.client.retry(executionId, workflowId);
	expect(paidSince()).toEqual([taskId]);
});

it('does not pay again when executions that were lost with all of n8n are retried', async () => {
	const lostCount = 4;
	const { client, main, webhook, workers } = stage.cluster;
	const { workflowId, executionId: finishedId, paidSince } = await startWaiting('power-failure');
	// One execution with the same request ends well before the loss.
	stage.simulator.faults.add({
		route: 'tasks.create',
		times: lostCount,
		effect: { kind: 'taskNeverEnds' },
	});
	const before = stage.taskIds.length;
	await Promise.all(
		Array.from({ length: lostCount }, async () => await client.callWebhook('power-failure')),
	);
	await stage.paid(before + lostCount);
	await stage.executionsOf(workflowId, 1);
	await Promise.all([...workers, webhook, main].map(async (member) => await member.kill()));

	await Promise.all([...workers, webhook].map(async (member) => await member.start()));
	await until(
		'the workers to give the executions up',
		async () => ((await stage.cluster.activeJobs()) === 0 ? true : undefined),
		60_000,
	);
	// The main finds them when it starts, and leaves their data as it was before the node ran.
	await main.start();
	const executions = await stage.executionsOf(workflowId, 1 + lostCount);
	const lost = executions.filter(({ id }) => id !== finishedId);
	expect(lost.map(({ status }) => status)).toEqual(Array.from({ length: lostCount }, () => 'crashed'));

	const paid = paidSince();
	const errors: string[] = [];
	for (const { id } of lost) errors.push(...(await client.retry(id, workflowId)).errors);
	expect(paidSince()).toEqual(paid);
	expect(errors).toEqual(lost.map(() => expect.stringContaining('AnyFast may have accepted')));
});
