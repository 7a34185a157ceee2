import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FormData } from 'undici';
import { saveCredentials, type Credentials } from '../../../harness/n8n/examples';
import { serveFile } from '../../../harness/media/serveFile';
import { makeMediaFiles, type MediaFiles } from '../../../harness/n8n/media';
import { oldestModulesFolder } from '../../../harness/n8n/n8n';
import type { Execution } from '../../../harness/n8n/n8nClient';
import { dependencies } from '../../../harness/n8n/oldest/package.json';
import { until } from '../../../harness/n8n/until';
import type { WorkflowBuilder } from '../../../harness/n8n/workflow';
import { eachProvider, type Provider } from '../../../harness/providers';
import { n8n as manifest, name as packageName } from '../../../package.json';
import { callbackWorkflow, pauseBetweenChecksWorkflow } from '../queue/support/workflows';
import { outputFolder } from '../support/globalSetup';
import { setStage, type Stage } from '../support/stage';
import { assetLibraryWorkflow, fullWorkflow, retriedWorkflow } from '../support/workflows';

/** What people rely on, in the oldest n8n that is supported, on the oldest Node. */

/** Tasks take some four seconds: none has ended when its node checks for the first time, or is suspended. */
const timeScale = 15;

let stage: Stage;
let media: MediaFiles;
const servers: Array<Awaited<ReturnType<typeof serveFile>>> = [];
let urls: Record<'imageUrl' | 'videoUrl' | 'audioUrl', string>;
let credentials: Credentials;

beforeAll(async () => {
	media = await makeMediaFiles(join(outputFolder, 'oldest-media'));
	const serve = async (name: keyof typeof media, mimeType: string) => {
		const server = await serveFile(await readFile(media[name]), mimeType);
		servers.push(server);
		return `${server.origin}/${name}`;
	};
	urls = {
		imageUrl: await serve('character.png', 'image/png'),
		videoUrl: await serve('motion.mp4', 'video/mp4'),
		audioUrl: await serve('voice.mp3', 'audio/mpeg'),
	};
	stage = await setStage(
		'oldest',
		{ timeScale, webhooks: 'automatic', videoFile: media['motion.mp4'] },
		{
			modulesFolder: oldestModulesFolder,
			// The default engine needs isolated-vm, which does not build for any Node below 22.
			env: { N8N_EXPRESSION_ENGINE: 'legacy' },
		},
	);
	// A node of n8n writes there, which makes no folders.
	await mkdir(stage.filesFolder, { recursive: true });
	credentials = await saveCredentials(stage.n8n.client, stage.simulator);
});

afterAll(async () => {
	await stage?.close();
	for (const server of servers.splice(0)) await server.close();
});

const credentialsFor = (provider: Provider) => credentials.get(provider) ?? {};

/** Starts a new workflow. Returns its ID. */
async function start(builder: WorkflowBuilder, body?: FormData): Promise<string> {
	const { client } = stage.n8n;
	const workflowId = await client.createWorkflow(builder.build());
	await client.activate(workflowId);
	await client.callWebhook(builder.webhookPath, body);
	return workflowId;
}

async function run(builder: WorkflowBuilder, body?: FormData): Promise<Execution> {
	return await stage.n8n.client.executionOf(await start(builder, body), 120_000);
}

/** The tasks that a provider was paid for, in the order of the bills. */
const paidTasks = (provider: Provider) =>
	stage.simulator.ledger
		.filter((bill) => bill.provider === provider && bill.kind === 'generation')
		.map(({ id }) => id);

async function statusOf(workflowId: string): Promise<string | undefined> {
	return (await stage.n8n.client.executionsOf(workflowId))[0]?.status;
}

const hashOf = async (file: string) => createHash('sha256').update(await readFile(file)).digest('hex');

it('is the n8n of the lock file, and has loaded every node of the package', async () => {
	const { client } = stage.n8n;
	expect(await client.version()).toBe(dependencies.n8n);
	const names = manifest.nodes.map((file) => {
		const className = basename(file, '.node.js');
		return `${packageName}.${className.charAt(0).toLowerCase()}${className.slice(1)}`;
	});
	expect(await client.nodeTypeNames()).toEqual(expect.arrayContaining(names));
});

describe.each(eachProvider)('with $displayName', (entry) => {
	const { provider, credentialType } = entry;

	it('the test of the credential passes with the right key, and says so of a wrong one', async () => {
		const { client } = stage.n8n;
		const data = stage.credentialData(provider);
		const { id } = await client.createCredential('Under test', credentialType, data);
		const test = async (apiKey: string) =>
			await client.testCredential(credentialType, { ...data, apiKey }, id);
		expect(await test(data.apiKey)).toMatchObject({ status: 'OK' });
		// Before any message of ours n8n 1 puts its own for this status.
		expect(await test('sk-wrong-key')).toMatchObject({
			status: 'Error',
			message: expect.stringContaining('check your credentials'),
		});
	});

	it('a video is made from three assets, downloaded, and downloaded again, as the provider has it', async () => {
		const files = {
			video: join(stage.filesFolder, `${provider}.mp4`),
			again: join(stage.filesFolder, `${provider}-again.mp4`),
		};
		const audio = (await readFile(media['voice.mp3'])).toString('base64');
		const body = new FormData();
		body.append('groupName', 'oldest');
		body.append('prompt', 'The character of @image1 moves like @video1 and speaks with @audio1');
		for (const [name, url] of Object.entries(urls)) body.append(name, url);
		body.append('audio', `data:audio/mpeg;base64,${audio}`);
		const image = new Blob([await readFile(media['character.png'])], { type: 'image/png' });
		body.append('image', image, 'character.png');
		const before = paidTasks(provider).length;
		const execution = await run(fullWorkflow(entry, credentialsFor(provider), files), body);
		expect(execution.errors).toEqual([]);
		expect(execution.status).toBe('success');
		expect(paidTasks(provider).slice(before)).toEqual([execution.itemsOf('Generate')[0]?.json.taskId]);
		const expected = await hashOf(media['motion.mp4']);
		expect([await hashOf(files.video), await hashOf(files.again)]).toEqual([expected, expected]);
	});

	it('the pickers list models and assets, as the editor asks for them', async () => {
		const { client } = stage.n8n;
		const library = assetLibraryWorkflow(entry, credentialsFor(provider));
		const created = await run(library);
		expect(created.errors).toEqual([]);
		const node = library.build().nodes.find(({ name }) => name === 'Create Asset');
		if (node === undefined) throw new Error('The workflow creates an asset');
		const generate = {
			...node,
			type: `${packageName}.seedanceGenerate`,
			parameters: { provider, operation: 'generate' },
		};
		const models = await client.choices(generate, 'model', 'searchModels');
		expect(models.length).toBeGreaterThan(0);
		if (!entry.adapter.assets.list) return;
		const [asset] = created.itemsOf('Create Asset');
		const assets = await client.choices(node, 'assetId', 'searchAssets');
		expect(assets.map(({ value }) => value)).toContain(asset?.json.assetId);
	});
});

it('a generation that is waited for in the node ends within two seconds when its execution is stopped', async () => {
	const provider = 'anyfast';
	const { client } = stage.n8n;
	const { simulator } = stage;
	simulator.faults.add({ route: 'tasks.create', provider, effect: { kind: 'taskNeverEnds' } });
	const before = paidTasks(provider).length;
	const slots = { provider, credentials: credentialsFor(provider) };
	const workflowId = await start(retriedWorkflow(slots, 'stopped', {}));
	const checks = () => simulator.calls.filter(({ route }) => route === 'tasks.get').length;
	await until('the node to wait', () => (checks() > 1 ? true : undefined), 30_000);
	const [{ id = '' } = {}] = await client.executionsOf(workflowId);
	const stoppedAtMs = Date.now();
	await client.stop(id);
	const execution = await client.executionOf(workflowId);
	expect(execution.status).toBe('canceled');
	expect(Date.now() - stoppedAtMs).toBeLessThan(2000);

	// Longer than the interval between two checks: the stopped node checks no more.
	const [taskId = ''] = paidTasks(provider).slice(before);
	const callsBefore = simulator.calls.length;
	const next = await run(retriedWorkflow(slots, 'after-stop', {}));
	expect(next.errors).toEqual([]);
	const calls = simulator.calls.slice(callsBefore);
	expect(calls.filter(({ path }) => path.includes(taskId))).toEqual([]);
	expect(calls.filter(({ route }) => route === 'tasks.get').length).toBeGreaterThan(2);
});

it('Retry On Fail waits for the task that was accepted and pays once', async () => {
	const provider = 'anyfast';
	stage.simulator.faults.add({
		route: 'tasks.get',
		provider,
		times: 2,
		effect: { kind: 'status', statusCode: 401 },
	});
	const before = paidTasks(provider).length;
	const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };
	const slots = { provider, credentials: credentialsFor(provider) };
	const execution = await run(retriedWorkflow(slots, 'retry-on-fail', settings));
	expect(execution.errors).toEqual([]);
	expect(execution.itemsOf('Generate')[0]?.json.status).toBe('succeeded');
	expect(paidTasks(provider).slice(before)).toEqual([execution.itemsOf('Generate')[0]?.json.taskId]);
});

it('Retry in the list of executions waits for the task that was accepted and pays once', async () => {
	const provider = 'anyfast';
	const { client } = stage.n8n;
	stage.simulator.faults.add({
		route: 'tasks.get',
		provider,
		effect: { kind: 'status', statusCode: 401 },
	});
	const before = paidTasks(provider).length;
	const slots = { provider, credentials: credentialsFor(provider) };
	const workflowId = await start(retriedWorkflow(slots, 'retry-from-list', {}));
	const failed = await client.executionOf(workflowId);
	expect(failed.status).toBe('error');
	const retried = await client.retry(failed.id, workflowId);
	expect(retried.errors).toEqual([]);
	expect(retried.itemsOf('Generate')[0]?.json.status).toBe('succeeded');
	expect(paidTasks(provider).slice(before)).toEqual([retried.itemsOf('Generate')[0]?.json.taskId]);
});

/** Waits until the execution is suspended, then until it has ended; the video is that of its one bill. */
async function expectParkedAndDelivered(provider: Provider, builder: WorkflowBuilder) {
	const before = paidTasks(provider).length;
	const workflowId = await start(builder);
	const isWaiting = async () => ((await statusOf(workflowId)) === 'waiting' ? true : undefined);
	await until('the execution to be suspended', isWaiting, 30_000);
	const execution = await stage.n8n.client.executionOf(workflowId, 150_000);
	expect(execution.errors).toEqual([]);
	expect(execution.status).toBe('success');
	expect(paidTasks(provider).slice(before)).toHaveLength(1);
	expect(execution.itemsOf('Hash').map(({ json }) => json)).toMatchObject([
		{ status: 'succeeded', sha256: await hashOf(media['motion.mp4']) },
	]);
	return execution;
}

it.each(['piapi', 'apiframe'] as const)(
	'On Provider Callback is suspended and resumes when %s calls',
	async (provider) => {
		const name = `callback-${provider}`;
		await expectParkedAndDelivered(provider, callbackWorkflow(name, credentialsFor(provider), provider));
	},
);

it('Pause Between Checks is suspended, woken by n8n, and ends by its second output', async () => {
	const builder = pauseBetweenChecksWorkflow('pause-between-checks', credentialsFor('anyfast'), { pollingIntervalSeconds: 1 });
	const execution = await expectParkedAndDelivered('anyfast', builder);
	expect(execution.runsOf('Wait for Task')).toBeGreaterThan(1);
});
