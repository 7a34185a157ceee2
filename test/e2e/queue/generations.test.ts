import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormData } from 'undici';
import { probeVideo } from '../../../harness/n8n/media';
import { concurrencyOfWorker } from './support/cluster';
import { outputFolder } from './support/globalSetup';
import { QueueStage } from './support/stage';
import { fetchWorkflow, submitWorkflow, waitInNodeWorkflow } from './support/workflows';

const taskSeconds = { queue: 1, run: 5 };

let stage: QueueStage;

beforeAll(async () => {
	stage = await QueueStage.set('generations', { taskSeconds });
});

afterAll(async () => {
	await stage?.close();
});

/** The names of the workers that took part in an execution. */
async function workersOf(executionId: string): Promise<string[]> {
	const { workers } = stage.cluster;
	const took = await Promise.all(workers.map(async (worker) => await worker.hasRun(executionId)));
	return workers.flatMap(({ name }, index) => (took[index] ? [name] : []));
}

it('submits on a worker without waiting, and fetches the video on a worker later', async () => {
	const before = stage.taskIds.length;
	const submitted = await stage.run(submitWorkflow(stage.credentials));
	const taskIds = stage.taskIds.slice(before);
	expect(taskIds).toHaveLength(1);
	expect(submitted.execution.errors).toEqual([]);
	expect(JSON.parse(submitted.answer.toString())).toMatchObject({ taskId: taskIds[0] });
	expect(await workersOf(submitted.execution.id)).toHaveLength(1);

	const body = new FormData();
	body.append('taskId', taskIds[0]);
	const fetched = await stage.run(fetchWorkflow(stage.credentials), body);
	expect(fetched.execution.errors).toEqual([]);
	expect(await workersOf(fetched.execution.id)).toHaveLength(1);
	expect(stage.taskIds.slice(before)).toEqual(taskIds);

	// From the worker by way of the database to the next node, and to the webhook process.
	const sha256 = createHash('sha256').update(fetched.answer).digest('hex');
	expect(fetched.execution.itemsOf('Hash')[0]?.json).toMatchObject({ sha256 });
	const stored = fetched.execution.itemsOf('Wait for Task')[0]?.binary?.data;
	expect(stored).toMatchObject({ mimeType: 'video/mp4', id: expect.stringMatching(/^database:/) });
	// … and to the main, for the editor.
	expect((await stage.cluster.client.binaryData(String(stored?.id))).equals(fetched.answer)).toBe(true);

	const file = join(outputFolder, 'fetched.mp4');
	await writeFile(file, fetched.answer);
	expect(await probeVideo(file)).toMatchObject({ videoCodec: 'h264', audioCodec: 'aac' });
});

it('finishes more waiting executions than the workers have slots, with one bill for each', async () => {
	const count = 20;
	const before = stage.taskIds.length;
	const builder = waitInNodeWorkflow('wait-in-node', stage.credentials);
	const workflowId = await stage.activate(builder);
	// The first call waits for the webhook to be registered.
	const startedAtMs = Date.now();
	await stage.cluster.client.callWebhook(builder.webhookPath);
	const calls = Array.from({ length: count - 1 }, async () =>
		await stage.cluster.client.callWebhook(builder.webhookPath),
	);
	await Promise.all(calls);
	const executions = await stage.executionsOf(workflowId, count);
	const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);

	expect(executions.flatMap(({ errors }) => errors)).toEqual([]);
	expect(executions.map(({ status }) => status)).toEqual(Array.from({ length: count }, () => 'success'));
	const outputs = executions.flatMap((execution) => execution.itemsOf('Generate'));
	const ids = outputs.map(({ json }) => json.taskId);
	expect(ids.sort()).toEqual(stage.taskIds.slice(before).sort());
	expect(new Set(ids).size).toBe(count);
	const workers = await Promise.all(executions.map(async ({ id }) => await workersOf(id)));
	expect(new Set(workers.flat()).size).toBe(stage.cluster.workers.length);

	const slots = concurrencyOfWorker * stage.cluster.workers.length;
	const taskLength = taskSeconds.queue + taskSeconds.run;
	process.stdout.write(
		`${count} executions, each with a task of ${taskLength} s, waiting in the node on ${slots} slots: ${seconds} s\n`,
	);
});
