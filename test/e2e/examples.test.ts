import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonParse } from 'n8n-workflow';
import { fetch } from 'undici';
import type { WorkflowJson } from '../../harness/engine/engine';
import { makeMedia } from '../../harness/media/exampleFiles';
import { readyExample, saveCredentials, startedByWebhook, type Credentials } from '../../harness/n8n/examples';
import { probeVideo } from '../../harness/n8n/media';
import type { Execution, WorkflowFile } from '../../harness/n8n/n8nClient';
import { repositoryFolder } from '../../harness/n8n/packedPackage';
import { startS3Server, type S3Server } from '../../harness/n8n/s3';
import { startTelegramServer, type TelegramServer } from '../../harness/n8n/telegram';
import { until } from '../../harness/n8n/until';
import { WorkflowBuilder } from '../../harness/n8n/workflow';
import { credentialSlots, missingFields, problemsOf } from '../../harness/nodeProblems';
import { eachProvider } from '../../harness/providers';
import type { Effect } from '../../simulator';
import { setStage, type Stage } from './support/stage';
import { generateType } from './support/workflows';

/** Each workflow of `examples/` as it is, with what its sticky note asks for, in a real n8n. */

const manualTrigger = 'When clicking ‘Execute workflow’';
const examplesFolder = join(repositoryFolder, 'examples');
const exampleFiles = readdirSync(examplesFolder).filter((file) => file.endsWith('.json'));

let stage: Stage;
let credentials: Credentials;

beforeAll(async () => {
	stage = await setStage('examples');
	credentials = await saveCredentials(stage.n8n.client, stage.simulator);
	await makeMedia(join(stage.filesFolder, 'seedance'));
});

afterAll(async () => {
	await stage?.close();
});

const bills = () => stage.simulator.ledger.filter(({ kind }) => kind === 'generation');

/** Executes an example as a person does who has imported it. */
async function run(example: WorkflowFile): Promise<Execution> {
	const workflowId = await stage.n8n.client.createWorkflow(example);
	const execution = await stage.n8n.client.executeManually(workflowId, manualTrigger);
	expect(execution.errors).toEqual([]);
	expect(execution.status).toBe('success');
	return execution;
}

const savedFiles = (execution: Execution, node: string) =>
	execution.itemsOf(node).map(({ json }) => String(json.fileName));

describe.each(exampleFiles)('%s', (file) => {
	it('can be imported as it is', async () => {
		const { client } = stage.n8n;
		const example = jsonParse<WorkflowFile>(await readFile(join(examplesFolder, file), 'utf8'));
		await client.createWorkflow(example);
		expect(await client.workflowNames()).toContain(example.name);
	});

	it('fits the descriptions of all its nodes in this n8n', async () => {
		const types = await stage.n8n.client.nodeTypes();
		const { nodes } = jsonParse<WorkflowJson>(await readFile(join(examplesFolder, file), 'utf8'));
		const problems = nodes.flatMap((node) => {
			const description = types.find(
				({ name, version }) => name === node.type && [version].flat().includes(node.typeVersion),
			);
			if (!description) return [`${node.name}: there is no ${node.type} ${node.typeVersion}`];
			const slots = credentialSlots(node, description);
			const given = Object.keys(node.credentials ?? {});
			return [
				...problemsOf(node, description),
				...Object.keys(missingFields(node, description)?.parameters ?? {}).map((name) => `${name} is missing`),
				...(String(slots) === String(given) ? [] : [`has credentials ${String(given)}, not ${String(slots)}`]),
			].map((problem) => `${node.name}: ${problem}`);
		});
		expect(problems).toEqual([]);
	});
});

it.each([
	{ file: '01-text-to-video.json', saving: 'Save Video', videoCount: 1, height: 496 },
	{ file: '02-consistent-character.json', saving: 'Save Shots', videoCount: 3, height: 720 },
	{ file: '09-product-video.json', saving: 'Save Video', videoCount: 1, height: 720 },
])('$file saves the videos that it pays for', async ({ file, saving, videoCount, height }) => {
	const before = bills().length;
	const execution = await run(await readyExample(file, stage.filesFolder, credentials));
	expect(bills()).toHaveLength(before + videoCount);
	const files = savedFiles(execution, saving);
	expect(new Set(files).size).toBe(videoCount);
	for (const saved of files) {
		expect(await probeVideo(saved)).toMatchObject({ videoCodec: 'h264', height });
	}
});

describe('03: scheduled content pipeline', () => {
	const file = '03-scheduled-content-pipeline.json';
	const table = 'seedance_videos';
	const [makesTable, schedule] = ['Make the Table (Once)', 'Every Morning'];
	let s3: S3Server;
	let telegram: TelegramServer;
	let example: WorkflowFile;
	let workflowId: string;

	beforeAll(async () => {
		const { client } = stage.n8n;
		s3 = await startS3Server(join(stage.filesFolder, 's3'), 'my-videos');
		telegram = await startTelegramServer('@my_channel');
		example = await readyExample(file, stage.filesFolder, credentials, undefined, {
			s3: await client.createCredential('Bucket', 's3', s3.credentialData),
			telegramApi: await client.createCredential('Bot', 'telegramApi', telegram.credentialData),
		});
		workflowId = await client.createWorkflow(example);
	});

	afterAll(async () => {
		await telegram?.close();
		await s3?.close();
	});

	async function runFrom(trigger: string): Promise<Execution> {
		const execution = await stage.n8n.client.executeManually(workflowId, trigger);
		expect(execution.errors).toEqual([]);
		expect(execution.status).toBe('success');
		return execution;
	}

	it('makes its table and a first row', async () => {
		await runFrom(makesTable);
		expect(await stage.n8n.client.rowsOf(table)).toMatchObject([{ status: 'new', taskId: null }]);
	});

	it('brings the video of each new row to S3 and to Telegram, and marks the row done', async () => {
		const { client } = stage.n8n;
		const second = { prompt: 'A lighthouse in a storm', caption: 'Hold on: <b>soon & calm</b>', status: 'new' };
		await client.insertRows(table, [second]);
		const before = bills().length;
		const execution = await runFrom(schedule);
		const paid = bills().slice(before);
		expect(paid).toHaveLength(2);

		const rows = await client.rowsOf(table);
		expect(rows).toHaveLength(2);
		expect(rows.map(({ taskId }) => taskId).sort()).toEqual(paid.map(({ id }) => id).sort());
		expect(telegram.posts).toHaveLength(2);
		for (const row of rows) {
			expect(row).toMatchObject({ status: 'done', videoFile: `seedance/${row.taskId}.mp4`, failure: null });
			const [task] = execution
				.itemsOf('Wait for Videos')
				.flatMap(({ json }) => (json.taskId === row.taskId ? [json] : []));
			const video = Buffer.from(await (await fetch(String(task?.videoUrl))).arrayBuffer());
			const stored = await s3.object(String(row.videoFile));
			expect(stored.bytes.equals(video)).toBe(true);
			expect(stored.contentType).toBe('video/mp4');
			const post = telegram.posts.find(({ caption }) => caption === row.caption);
			expect(post?.video.equals(video)).toBe(true);
			expect(post).toMatchObject({ chatId: '@my_channel', fileName: `${row.taskId}.mp4`, mimeType: 'video/mp4' });
		}
		const prompts = stage.simulator.calls
			.filter(({ route }) => route === 'tasks.create')
			.slice(-2)
			.map(({ body }) => JSON.stringify(body));
		for (const { prompt } of rows) expect(prompts.filter((body) => body.includes(String(prompt)))).toHaveLength(1);
	});

	it('generates nothing on the next day when there is no new row', async () => {
		const [billsBefore, callsBefore] = [bills().length, stage.simulator.calls.length];
		const rowsBefore = await stage.n8n.client.rowsOf(table);
		const execution = await runFrom(schedule);
		expect(execution.runsOf('Get New Rows')).toBe(1);
		expect(execution.runsOf('Start Videos')).toBe(0);
		expect(bills()).toHaveLength(billsBefore);
		expect(stage.simulator.calls).toHaveLength(callsBefore);
		expect(telegram.posts).toHaveLength(2);
		expect(await stage.n8n.client.rowsOf(table)).toEqual(rowsBefore);
	});

	it('pays nothing for a row that another run has taken since this one found it', async () => {
		const { client } = stage.n8n;
		const [row] = await client.rowsOf(table);
		const before = bills().length;
		const late = { ...example, pinData: { 'Get New Rows': [{ json: { ...row, status: 'new' } }] } };
		const execution = await client.executeManually(await client.createWorkflow(late), schedule);
		expect(execution.errors).toEqual([]);
		expect(execution.itemsOf('Get New Rows')).toHaveLength(1);
		expect(execution.runsOf('Take Row')).toBe(1);
		expect(execution.runsOf('Start Videos')).toBe(0);
		expect(bills()).toHaveLength(before);
		expect((await client.rowsOf(table))[0]).toEqual(row);
	});

	it('marks what fails with the reason, continues with the other rows, and does not pay for it again', async () => {
		const { client } = stage.n8n;
		const [before, postsBefore] = [bills().length, telegram.posts.length];
		await client.insertRows(table, [
			{ prompt: '', caption: 'no prompt', status: 'new' },
			{ prompt: 'A lake at dawn', caption: 'x'.repeat(1025), status: 'new' },
			{ prompt: 'A lake at noon', caption: 'noon', status: 'new' },
		]);
		await runFrom(schedule);
		await runFrom(schedule);
		expect(bills()).toHaveLength(before + 2);
		const rows = (await client.rowsOf(table)).slice(-3);
		expect(rows).toMatchObject([
			{ status: 'failed', taskId: null, failure: expect.stringMatching(/Prompt/) },
			{ status: 'failed', taskId: expect.any(String), failure: expect.stringMatching(/caption is too long/) },
			{ status: 'done', taskId: expect.any(String), failure: null },
		]);
		// The video is paid and stored: only the post is missing.
		expect((await s3.object(`seedance/${rows[1]?.taskId}.mp4`)).bytes.length).toBeGreaterThan(0);
		expect(telegram.posts.slice(postsBefore).map(({ caption }) => caption)).toEqual(['noon']);
	});

	it('marks rows failed when S3 refuses the key, without a post', async () => {
		const { client } = stage.n8n;
		const [billsBefore, postsBefore] = [bills().length, telegram.posts.length];
		await client.saveCredential('Bucket', 's3', { ...s3.credentialData, secretAccessKey: 'wrong' });
		await client.insertRows(table, [{ prompt: 'A lake at night', caption: 'night', status: 'new' }]);
		await runFrom(schedule);
		await runFrom(schedule);
		const [row] = (await client.rowsOf(table)).slice(-1);
		expect(row).toMatchObject({ status: 'failed', taskId: bills().at(-1)?.id, videoFile: null });
		expect(row?.failure).toMatch(/\w/);
		expect(bills()).toHaveLength(billsBefore + 1);
		expect(telegram.posts).toHaveLength(postsBefore);
	});
});

describe('without a worker', () => {
	/** n8n wakes suspended executions once a minute. */
	const wakingMs = 150_000;

	/** Starts it as in production, and gives the ID of the workflow once the execution is suspended. */
	async function suspend(example: WorkflowFile, path: string): Promise<string> {
		const { client } = stage.n8n;
		const workflowId = await client.createWorkflow(startedByWebhook({ ...example, name: path }, path));
		await client.activate(workflowId);
		await client.callWebhook(path);
		await until(
			`${path} to wait`,
			async () => ((await client.executionsOf(workflowId))[0]?.status === 'waiting' ? true : undefined),
			30_000,
		);
		return workflowId;
	}

	async function expectVideo(execution: Execution, taskId: string | undefined): Promise<void> {
		expect(execution.errors).toEqual([]);
		expect(execution.status).toBe('success');
		const [saved, ...more] = savedFiles(execution, 'Save Video');
		expect(more).toEqual([]);
		expect(saved).toBe(join(stage.filesFolder, `${taskId}.mp4`));
		expect(await probeVideo(saved ?? '')).toMatchObject({ videoCodec: 'h264', height: 720 });
	}

	it('04: resumes when the provider calls', async () => {
		const { simulator, n8n, filesFolder } = stage;
		const before = bills().length;
		const example = await readyExample('04-wait-by-callback.json', filesFolder, credentials);
		const workflowId = await suspend(example, 'wait-by-callback');
		const [bill, ...more] = bills().slice(before);
		expect(more).toEqual([]);
		await until(
			'the provider to be answered',
			async () => {
				const sent = await simulator.webhooks.deliver();
				return sent.some(({ taskId, statusCode }) => taskId === bill?.id && statusCode === 200) || undefined;
			},
			30_000,
		);
		// The timer alone would resume it in six hours.
		await until(
			'the execution to resume',
			async () => {
				await simulator.webhooks.deliver();
				const [execution] = await n8n.client.executionsOf(workflowId);
				return execution?.status === 'waiting' ? undefined : true;
			},
			30_000,
		);
		await expectVideo(await n8n.client.executionOf(workflowId), bill?.id);
	});

	it('05: checks again and again, with every provider', async () => {
		const { n8n, filesFolder } = stage;
		const before = bills().length;
		const suspended = await Promise.all(
			eachProvider.map(async ({ provider }) => {
				const file = '05-wait-in-a-loop.json';
				const example = await readyExample(file, filesFolder, credentials, provider);
				return { provider, workflowId: await suspend(example, `wait-in-a-loop-${provider}`) };
			}),
		);
		await Promise.all(
			suspended.map(async ({ provider, workflowId }) => {
				const execution = await n8n.client.executionOf(workflowId, wakingMs);
				const [bill, ...more] = bills().slice(before).filter((paid) => paid.provider === provider);
				expect(more).toEqual([]);
				await expectVideo(execution, bill?.id);
				expect(execution.runsOf('Wait for Video')).toBeGreaterThan(1);
			}),
		);
	});
});

describe('06: fallback between providers', () => {
	const [firstChoice, secondChoice] = ['anyfast', 'piapi'] as const;
	const file = '06-fallback-between-providers.json';

	/** Runs it once. Gives the execution, where something was submitted to, and what was billed. */
	async function runExample(effect?: Effect) {
		const { simulator } = stage;
		if (effect) simulator.faults.add({ route: 'tasks.create', provider: firstChoice, effect });
		const [callsBefore, billsBefore] = [simulator.calls.length, bills().length];
		const execution = await run(await readyExample(file, stage.filesFolder, credentials));
		return {
			execution,
			submittedTo: simulator.calls
				.slice(callsBefore)
				.flatMap(({ route, provider }) => (route === 'tasks.create' ? [provider] : [])),
			billed: bills().slice(billsBefore),
		};
	}

	it('does not call the second provider when the first one makes the video', async () => {
		const { execution, submittedTo, billed } = await runExample();
		expect(submittedTo).toEqual([firstChoice]);
		expect(billed).toMatchObject([{ provider: firstChoice }]);
		expect(execution.runsOf('Generate with Second Choice')).toBe(0);
		expect(execution.itemsOf('Save Video')).toHaveLength(1);
	});

	it.each<[string, string, Effect]>([
		['the balance is empty', 'quota', { kind: 'status', statusCode: 402 }],
		[
			'no channel is free',
			'permission',
			{
				kind: 'status',
				statusCode: 503,
				body: { error: { code: 'model_not_found', message: 'No available channel for model seedance' } },
			},
		],
	])('gets the video from the second provider when %s', async (_when, reason, effect) => {
		const { execution, submittedTo, billed } = await runExample(effect);
		const [refused] = execution.itemsOf('Generate with First Choice', 1);
		expect(refused?.json.details).toMatchObject({ provider: firstChoice, reason });
		expect(submittedTo).toEqual([firstChoice, secondChoice]);
		expect(billed).toMatchObject([{ provider: secondChoice }]);

		const [generated] = execution.itemsOf('Generate with Second Choice');
		expect(generated?.json).toMatchObject({ provider: secondChoice, taskId: billed[0]?.id });
		const [saved] = savedFiles(execution, 'Save Video');
		expect(await probeVideo(saved ?? '')).toMatchObject({ videoCodec: 'h264', width: 1280, height: 720 });
	});

	it.each<[string, Effect, object]>([
		[
			'a request that may have been accepted',
			{ kind: 'reset', afterAcceptance: true },
			{ details: { reason: 'unsure' }, notSentElsewhere: expect.stringMatching(/may have been accepted/) },
		],
		[
			'a task that was accepted and failed',
			{ kind: 'taskFails' },
			{
				details: { taskId: expect.any(String) },
				notSentElsewhere: expect.stringMatching(/^Task \S+ was accepted/),
			},
		],
	])('does not send %s elsewhere, and says so', async (_what, effect, item) => {
		const { execution, submittedTo, billed } = await runExample(effect);
		expect(submittedTo).toEqual([firstChoice]);
		expect(billed).toHaveLength(1);
		expect(execution.runsOf('Generate with Second Choice')).toBe(0);
		expect(execution.itemsOf('Look First').map(({ json }) => json)).toMatchObject([
			{ error: expect.stringContaining('AnyFast'), ...item },
		]);
	});
});

it('07: each of three shots is paid once and begins with the last frame of the one before', async () => {
	const { simulator, filesFolder } = stage;
	const [callsBefore, billsBefore] = [simulator.calls.length, bills().length];
	const execution = await run(await readyExample('07-shot-after-shot.json', filesFolder, credentials));
	const shots = ['Shot 1', 'Shot 2', 'Shot 3'].map((node) => execution.itemsOf(node)[0]?.json);
	expect(bills().slice(billsBefore).map(({ id }) => id)).toEqual(shots.map((shot) => shot?.taskId));

	const firstFrames = simulator.calls
		.slice(callsBefore)
		.filter(({ route }) => route === 'tasks.create')
		.map(({ body }) => /"url":"([^"]+)"},"role":"first_frame"/.exec(JSON.stringify(body))?.[1]);
	expect(firstFrames).toEqual([undefined, shots[0]?.lastFrameUrl, shots[1]?.lastFrameUrl]);
	expect(firstFrames[1]).toMatch(/^http/);

	for (const [index, shot] of shots.entries()) {
		const file = join(filesFolder, `shot-${index + 1}-${String(shot?.taskId)}.mp4`);
		expect(savedFiles(execution, `Save Shot ${index + 1}`)).toEqual([file]);
		expect(await probeVideo(file)).toMatchObject({ videoCodec: 'h264', height: 720 });
	}
});

describe('08: recover by task ID', () => {
	it('fetches paid videos without a new bill, and says which task is unknown', async () => {
		const { filesFolder, n8n } = stage;
		const submitted = new WorkflowBuilder('Submit', 'submit')
			.add(
				'Generate',
				generateType,
				1,
				{
					provider: 'anyfast',
					operation: 'generate',
					mode: 'textToVideo',
					prompt: 'A lighthouse',
					waitForCompletion: 'dontWait',
				},
				{ credentials: credentials.get('anyfast') },
			)
			.chain('Webhook', 'Generate');
		const workflowId = await n8n.client.createWorkflow(submitted.build());
		await n8n.client.activate(workflowId);
		await n8n.client.callWebhook('submit');
		const [task] = (await n8n.client.executionOf(workflowId)).itemsOf('Generate');
		const taskId = String(task?.json.taskId);
		const paid = bills().length;

		const unknown = 'asyntask_neverSeen';
		const example = await readyExample('08-recover-by-task-id.json', filesFolder, credentials);
		const filledIn = jsonParse<WorkflowFile>(
			JSON.stringify(example).replace('asyntask_h81efT0q', taskId).replace('asyntask_k25mzR7w', unknown),
		);
		const execution = await run(filledIn);
		expect(bills()).toHaveLength(paid);
		expect(savedFiles(execution, 'Save Videos')).toEqual([join(filesFolder, `${taskId}.mp4`)]);
		expect(await probeVideo(join(filesFolder, `${taskId}.mp4`))).toMatchObject({ videoCodec: 'h264' });
		expect(execution.itemsOf('Say What Is Missing').map(({ json }) => json)).toEqual([
			{ taskId: unknown, reason: 'notFound', message: expect.stringContaining('AnyFast') },
		]);
	});
});
