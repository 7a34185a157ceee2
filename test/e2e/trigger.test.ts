import { join } from 'node:path';
import { fetch } from 'undici';
import { readyExample, saveCredentials, type Credentials } from '../../harness/n8n/examples';
import { probeVideo } from '../../harness/n8n/media';
import { startN8n } from '../../harness/n8n/n8n';
import type { WorkflowFile } from '../../harness/n8n/n8nClient';
import { until } from '../../harness/n8n/until';
import { eachProvider, type Provider } from '../../harness/providers';
import type { Effect } from '../../simulator';
import { outputFolder } from './support/globalSetup';
import { setStage, type Stage } from './support/stage';
import { saveVideos } from './support/videos';

/** The pair of examples: one workflow submits, the provider calls by itself, the other one publishes. */

const stageName = 'trigger';
const manualTrigger = 'When clicking ‘Execute workflow’';
const secret = 'a long secret that only the two nodes know';
const callingProviders = eachProvider.filter(({ adapter }) => adapter.videoTasks.callback);

let stage: Stage;
let credentials: Credentials;

beforeAll(async () => {
	stage = await setStage(stageName, { webhooks: 'automatic' });
	credentials = await saveCredentials(stage.n8n.client, stage.simulator);
});

afterAll(async () => {
	await stage?.close();
});

it('is about those that call', () => {
	expect(callingProviders.map(({ provider }) => provider)).toEqual(['piapi', 'apiframe', 'ark']);
});

describe.each(callingProviders)('$displayName', ({ provider, adapter }) => {
	const path = `publish-${provider}/seedance`;
	let publishing: string;

	beforeAll(async () => {
		const { client } = stage.n8n;
		const filledIn = { 'When a Video Has Ended': { webhookSecret: secret } };
		const example = await readyExample('11-publish-finished-videos.json', credentials, { provider, filledIn });
		publishing = await client.createWorkflow(withPath(example, provider));
		await client.activate(publishing);
		await until('the webhook of the trigger', async () => {
			const { status } = await call(client.baseUrl, {});
			return status === 404 ? undefined : status;
		}, 30_000);
	});

	const call = async (baseUrl: string, body: object, headers: Record<string, string> = {}) =>
		await fetch(`${baseUrl}/webhook/${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: JSON.stringify(body),
		});

	/** Submits as the example does, to the address and with the secret of the trigger. */
	async function submit(effect?: Effect): Promise<string> {
		const { simulator, n8n } = stage;
		if (effect) simulator.faults.add({ route: 'tasks.create', provider, effect });
		const takesSecret = adapter.videoTasks.callback?.fields.some((field) => field === 'secret');
		const options = {
			webhookUrl: `${n8n.client.baseUrl}/webhook/${path}`,
			...(takesSecret && { webhookSecret: secret }),
		};
		const filledIn = { 'Submit Video': { options } };
		const example = await readyExample('11-submit-without-waiting.json', credentials, { provider, filledIn });
		const workflowId = await n8n.client.createWorkflow(example);
		const execution = await n8n.client.executeManually(workflowId, manualTrigger);
		expect(execution.errors).toEqual([]);
		const [submitted] = execution.itemsOf('Submit Video');
		expect(submitted?.json).toMatchObject({ provider, status: 'queued', videoUrl: null });
		return String(submitted?.json.taskId);
	}

	const known = new Set<string>();
	/** The next execution that nobody has asked for yet. */
	const published = async () => {
		const execution = await stage.n8n.client.executionOf(publishing, 60_000, (id) => !known.has(id));
		known.add(execution.id);
		return execution;
	};
	const answersTo = (taskId: string) =>
		stage.simulator.webhooks.deliveries
			.filter((delivery) => delivery.taskId === taskId)
			.map(({ statusCode }) => statusCode);

	it('starts the second workflow when the video is finished, with the file', async () => {
		const taskId = await submit();
		const execution = await published();
		expect(execution.errors).toEqual([]);
		expect(execution.status).toBe('success');
		expect(execution.itemsOf('When a Video Has Ended').map(({ json }) => json)).toMatchObject([
			{ provider, taskId, status: 'succeeded', videoUrl: expect.stringMatching(/^http/) },
		]);
		const [file, ...more] = await saveVideos(stage, execution, 'Publish the Video');
		expect(more).toEqual([]);
		expect(await probeVideo(file ?? '')).toMatchObject({ videoCodec: 'h264', height: 720 });
		// Some report the beginning of a task as well.
		expect(new Set(answersTo(taskId))).toEqual(new Set([200]));
		expect(stage.simulator.ledger.filter(({ id }) => id === taskId)).toHaveLength(1);
	});

	it('starts it with a task that failed, which says why', async () => {
		const taskId = await submit({ kind: 'taskModerated' });
		const execution = await published();
		expect(execution.status).toBe('error');
		expect(execution.errors.join()).toMatch(new RegExp(`Task ${taskId} gave no video \\(moderation\\): \\w`));
	});

	it('starts it once for a call that comes twice', async () => {
		const taskId = await submit({ kind: 'webhookTwice' });
		// Each of what the provider reports: the maker also that a task is queued and that it runs.
		const calls = provider === 'ark' ? 6 : 2;
		await until('all calls', async () => (answersTo(taskId).length === calls ? true : undefined), 30_000);
		expect((await published()).itemsOf('When a Video Has Ended')[0]?.json.taskId).toBe(taskId);
		await until('all answers', async () => (answersTo(taskId).includes(undefined) ? undefined : true), 30_000);
		expect(new Set(answersTo(taskId))).toEqual(new Set([200]));
		expect(await stage.n8n.client.executionsOf(publishing)).toHaveLength(known.size);
	});

	it('refuses calls that prove nothing, and starts nothing', async () => {
		const { client } = stage.n8n;
		const taskId = stage.simulator.ledger.find((bill) => bill.provider === provider)?.id;
		const body = { data: { task_id: taskId }, jobId: taskId, id: taskId };
		for (const header of [undefined, '', 'guess']) {
			const headers = { ...(header !== undefined && { 'x-webhook-secret': header, 'x-webhook-signature': header }) };
			const answer = await call(client.baseUrl, body, headers);
			expect(answer.status).toBe(401);
			expect(await answer.json()).toEqual({ message: 'The call does not prove where it comes from' });
		}
		expect(await client.executionsOf(publishing)).toHaveLength(known.size);
	});
});

it('knows after a restart of n8n what it has started, and keeps the key out of its files', async () => {
	const done = stage.simulator.webhooks.deliveries.find(({ provider }) => provider === 'piapi');
	expect(await stage.filesHolding(stage.simulator.apiKey)).toEqual([]);
	await stage.n8n.stop();
	const n8n = await startN8n({
		folder: join(outputFolder, stageName),
		packageTarball: process.env.SEEDANCE_PACKAGE_TARBALL ?? '',
	});
	const answer = await until('the webhook after the restart', async () => {
		const response = await fetch(`${n8n.client.baseUrl}/webhook/publish-piapi/seedance`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'x-webhook-secret': secret },
			body: JSON.stringify({ data: { task_id: done?.taskId } }),
		});
		return response.status === 404 ? undefined : await response.json();
	}, 60_000).finally(async () => await n8n.stop());
	expect(answer).toEqual({ message: 'The workflow was started for this task before' });
});

/** n8n gives each imported trigger an address of its own; here the test chooses it. */
function withPath(example: WorkflowFile, provider: Provider): WorkflowFile {
	const nodes = example.nodes.map((node) =>
		'webhookId' in node ? { ...node, webhookId: `publish-${provider}` } : node,
	);
	return { ...example, nodes };
}
