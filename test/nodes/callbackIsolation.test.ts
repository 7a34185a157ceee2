import type { INode, INodeType, IRun } from 'n8n-workflow';
import { SeedanceGenerateTrigger } from '../../nodes/SeedanceGenerateTrigger/SeedanceGenerateTrigger.node';
import { inBrokenHost, never } from '../support/brokenHost';
import { manualTrigger } from '../../harness/engine/engine';
import { node } from '../../harness/engine/node';
import { answerTriggerCall } from '../../harness/engine/trigger';
import { callResumeUrl } from '../../harness/engine/waiting';
import { Lab } from '../support/lab';

/** Two accounts share a process of n8n. A provider that hangs for one of them delays no callback of the other. */

const secret = 'a long secret, made up';
const provider = 'piapi';

let hanging: Lab;
let healthy: Lab;
beforeEach(async () => {
	hanging = await Lab.open();
	healthy = await Lab.open();
});
afterEach(async () => {
	await hanging.close();
	await healthy.close();
});

/** Finished tasks whose callbacks are still to come. */
async function submit(lab: Lab, count: number): Promise<string[]> {
	const tasks = await lab.json(
		'seedanceGenerate',
		{
			provider,
			operation: 'generate',
			mode: 'textToVideo',
			prompt: 'A cat',
			waitForCompletion: 'dontWait',
			options: { webhookUrl: 'https://example.com/hook', webhookSecret: secret },
		},
		{ items: Array.from({ length: count }, () => ({ json: {} })) },
	);
	lab.nowMs += 120_000;
	return tasks.map(({ taskId }) => String(taskId));
}

const callOf = (taskId: string) => ({
	method: 'POST',
	url: '/webhook/3f7b/seedance',
	headers: { 'content-type': 'application/json', 'x-webhook-secret': secret },
	rawBody: Buffer.from(JSON.stringify({ timestamp: 1, data: { task_id: taskId, status: 'completed' } })),
});

const callTrigger = (lab: Lab, taskId: string, node?: INodeType) => {
	const trigger: INode = {
		id: 'trigger',
		name: 'Trigger',
		type: 'n8n-nodes-seedance.seedanceGenerateTrigger',
		typeVersion: 1,
		position: [0, 0],
		webhookId: '3f7b',
		parameters: { provider, webhookSecret: secret, downloadVideo: false },
	};
	const host = lab.host(node && { nodeTypes: [node] });
	return answerTriggerCall({ host, workflow: { nodes: [trigger], connections: {} } }, callOf(taskId));
};

/** An execution of this person that waits for the callback of its task. */
async function suspend(lab: Lab) {	const workflow = {
		nodes: [
			node('Trigger', manualTrigger.description.name, {}),
			node('Generate', 'n8n-nodes-seedance.seedanceGenerate', {
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: 'A cat',
				waitForCompletion: 'onCallback',
				downloadVideo: false,
			}),
		],
		connections: { Trigger: { main: [[{ node: 'Generate', type: 'main' as const, index: 0 }]] } },
	};
	const run: IRun = await lab.runWorkflow(workflow, { mode: 'trigger' });
	expect(run.status).toBe('waiting');
	const { body } = lab.callsOf('tasks.create').at(-1) ?? {};
	const { webhook_config: webhook } = (body as { config: { webhook_config: { secret: string } } }).config;
	lab.nowMs += 120_000;
	return { workflow, run, secret: webhook.secret };
}

/** The results of the healthy account's callbacks while those of the other hang, and how long they took. */
async function whileOthersHang(others: () => Array<Promise<unknown>>) {
	const suspended = await suspend(healthy);
	const [taskId = ''] = await submit(healthy, 1);
	const nowMs = Math.max(hanging.nowMs, healthy.nowMs);
	[hanging.nowMs, healthy.nowMs] = [nowMs, nowMs];
	return await hanging.inVirtualTime(async () => {
		const underWay = others();
		await new Promise((resolve) => setImmediate(resolve));
		const started = callTrigger(healthy, taskId);
		const triggerRun = await started.run;
		const resumed = await callResumeUrl(healthy.host(), suspended.workflow, suspended.run, {
			headers: { 'content-type': 'application/json', 'x-webhook-secret': suspended.secret },
			body: { timestamp: 1, data: { status: 'completed' } },
		});
		const waitedMs = Date.now() - nowMs;
		const answers = await Promise.all(underWay);
		return {
			triggerStatus: triggerRun?.status,
			isResumed: resumed.resumed,
			waitedMs,
			answers,
			tookMs: Date.now() - nowMs,
		};
	});
}

it('ten callbacks of a provider that hangs delay no other account, and are answered in the end', async () => {
	const taskIds = await submit(hanging, 10);
	hanging.simulator.faults.add({ route: 'tasks.get', times: Infinity, effect: { kind: 'hang' } });
	const outcome = await whileOthersHang(() =>
		taskIds.map(async (taskId) => (await callTrigger(hanging, taskId).response).statusCode),
	);
	expect(outcome).toMatchObject({ triggerStatus: 'success', isResumed: true, waitedMs: 0 });
	// So that the provider calls again.
	expect(outcome.answers).toEqual(taskIds.map(() => 503));
	expect(outcome.tookMs).toBeLessThanOrEqual(60_000);
});

it('ten callbacks whose credential n8n never returns release their slots', async () => {
	const taskIds = await submit(hanging, 10);
	const broken = inBrokenHost(new SeedanceGenerateTrigger(), () => ({ getCredentials: never }));
	const outcome = await whileOthersHang(() =>
		taskIds.map(async (taskId) => (await callTrigger(hanging, taskId, broken).response).statusCode),
	);
	expect(outcome).toMatchObject({ triggerStatus: 'success', isResumed: true });
	expect(outcome.waitedMs).toBeLessThanOrEqual(30_000);
	expect(outcome.answers).toEqual(taskIds.map(() => 500));
});
