import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonParse } from 'n8n-workflow';
import { fetch } from 'undici';
import type { WorkflowJson } from '../../harness/engine/engine';
import { makeMedia } from '../../harness/media/exampleFiles';
import { serveFile } from '../../harness/media/serveFile';
import { readyExample, saveCredentials, startedByWebhook, type Credentials } from '../../harness/n8n/examples';
import { probeVideo } from '../../harness/n8n/media';
import type { Execution, WorkflowFile } from '../../harness/n8n/n8nClient';
import { repositoryFolder } from '../../harness/n8n/packedPackage';
import { type GoogleServer, startGoogleServer } from '../../harness/n8n/google';
import { startS3Server, type S3Server } from '../../harness/n8n/s3';
import { startTelegramServer, type TelegramServer } from '../../harness/n8n/telegram';
import { until } from '../../harness/n8n/until';
import { WorkflowBuilder } from '../../harness/n8n/workflow';
import { fieldsLeftEmpty } from '../../harness/loadExample';
import { missingFields, problemsOf } from '../../harness/nodeProblems';
import { eachProvider } from '../../harness/providers';
import type { Effect } from '../../simulator';
import { startGate } from './support/gate';
import { outputFolder } from './support/globalSetup';
import { setStage, type Stage } from './support/stage';
import { saveVideos } from './support/videos';
import { generateType } from './support/workflows';

/** Each workflow of `examples/` as it is, with what its sticky note asks for, in a real n8n. */

const manualTrigger = 'When clicking ‘Execute workflow’';
const examplesFolder = join(repositoryFolder, 'examples');
const exampleFiles = readdirSync(examplesFolder).filter((file) => file.endsWith('.json'));

/** Of nodes that wait: the jobs of the simulator take a second. */
const pollingIntervalSeconds = 1;

let google: GoogleServer;
let stage: Stage;
let credentials: Credentials;
let media: Record<'picture' | 'clip' | 'voice', { name: string; type: string; bytes: Buffer }>;

beforeAll(async () => {
	google = await startGoogleServer(join(outputFolder, 'google'));
	stage = await setStage('examples', {}, { env: google.env });
	credentials = await saveCredentials(stage.n8n.client, stage.simulator);
	const folder = join(stage.filesFolder, 'media');
	await makeMedia(folder);
	const file = async (name: string, type: string) => ({ name, type, bytes: await readFile(join(folder, name)) });
	media = {
		picture: await file('picture.png', 'image/png'),
		clip: await file('clip.mp4', 'video/mp4'),
		voice: await file('sound.mp3', 'audio/mpeg'),
	};
});

afterAll(async () => {
	await stage?.close();
	await google?.close();
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

/** Publishes an example that begins with a form, and sends the form in. */
async function runForm(example: WorkflowFile, fields: Parameters<Stage['n8n']['client']['submitForm']>[1]): Promise<Execution> {
	const { client } = stage.n8n;
	const webhookId = randomUUID();
	const nodes = example.nodes.map((node) => ('webhookId' in node ? { ...node, webhookId } : node));
	const workflowId = await client.createWorkflow({ ...example, nodes });
	await client.activate(workflowId);
	await client.submitForm(webhookId, fields);
	return await client.executionOf(workflowId);
}

/** What an example gets from the provider's own link: the bytes that have to arrive everywhere. */
async function videoBehind(url: unknown): Promise<Buffer> {
	return Buffer.from(await (await fetch(String(url))).arrayBuffer());
}

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
			const missing = Object.keys(missingFields(node, description)?.parameters ?? {});
			const leftEmpty = fieldsLeftEmpty[file]?.[node.name] ?? [];
			return [
				...problemsOf(node, description),
				...missing.filter((name) => !leftEmpty.includes(name)).map((name) => `${name} is missing`),
				...leftEmpty.filter((name) => !missing.includes(name)).map((name) => `${name} is not left empty`),
			].map((problem) => `${node.name}: ${problem}`);
		});
		expect(problems).toEqual([]);
	});
});

/** Runs an example with no more than the credentials of the providers. Gives what n8n said against it. */
async function attempt(file: string, trigger: string): Promise<string | undefined> {
	const { client } = stage.n8n;
	const example = await readyExample(file, credentials, { pollingIntervalSeconds });
	try {
		return (await client.executeManually(await client.createWorkflow(example), trigger)).failure;
	} catch (error) {
		return String(error);
	}
}

/** As an example does that needs more than those: n8n or the node says what is missing. */
async function expectToStopUnpaid(file: string, trigger: string, words: RegExp): Promise<void> {
	const before = bills().length;
	expect(await attempt(file, trigger)).toMatch(words);
	expect(bills()).toHaveLength(before);
}

describe('as imported, with no more than the credentials of the providers', () => {
	it.each([
		['14-approve-on-telegram.json', manualTrigger, /Show Draft to Me|Ask Me|Publish in Channel/],
		['11-submit-without-waiting.json', manualTrigger, /Webhook URL/],
	])('%s stops before anything is paid, and says why', async (file, trigger, words) => {
		await expectToStopUnpaid(file, trigger, words);
	});

	it('12-photo-to-drive-and-email.json cannot even be published, and pays for nothing', async () => {
		const before = bills().length;
		const example = await readyExample('12-photo-to-drive-and-email.json', credentials);
		const said = await runForm(example, [media.picture, 'She smiles', 'ada@example.com']).then(
			({ failure }) => failure,
			String,
		);
		expect(said).toMatch(/Save to Google Drive|Send by Gmail/);
		expect(bills()).toHaveLength(before);
	});
});

it('01-text-to-video.json ends with a video that plays', async () => {
	const before = bills().length;
	const execution = await run(await readyExample('01-text-to-video.json', credentials, { pollingIntervalSeconds }));
	expect(bills()).toHaveLength(before + 1);
	const [video, ...more] = await saveVideos(stage, execution, 'Generate Video');
	expect(more).toEqual([]);
	expect(await probeVideo(video ?? '')).toMatchObject({ videoCodec: 'h264', height: 496 });
});

it('02-consistent-character.json makes three shots of what the form was given', async () => {
	const before = bills().length;
	const example = await readyExample('02-consistent-character.json', credentials, { pollingIntervalSeconds });
	const execution = await runForm(example, ['Mia', media.picture, media.clip, media.voice]);
	expect(execution.errors).toEqual([]);
	expect(bills()).toHaveLength(before + 3);
	expect(execution.itemsOf('Create Assets')).toHaveLength(3);
	const videos = await saveVideos(stage, execution, 'Generate Shots');
	expect(videos).toHaveLength(3);
	for (const video of videos) expect(await probeVideo(video)).toMatchObject({ videoCodec: 'h264', height: 720 });
});

it('09-product-video.json puts the product of the form into the clip', async () => {
	const before = bills().length;
	const example = await readyExample('09-product-video.json', credentials, { pollingIntervalSeconds });
	const host = await serveFile(media.clip.bytes, media.clip.type);
	const execution = await runForm(example, [media.picture, `${host.origin}/clip.mp4`, 'the bottle']).finally(
		async () => await host.close(),
	);
	expect(execution.errors).toEqual([]);
	expect(bills()).toHaveLength(before + 1);
	const [video, ...more] = await saveVideos(stage, execution, 'Put Product into Video');
	expect(more).toEqual([]);
	expect(await probeVideo(video ?? '')).toMatchObject({ videoCodec: 'h264', height: 720 });
});

it('09-product-video.json pays for nothing when nobody can open the address of the clip', async () => {
	const before = bills().length;
	const host = await serveFile(media.clip.bytes, media.clip.type);
	await host.close();
	const example = await readyExample('09-product-video.json', credentials, { pollingIntervalSeconds });
	const execution = await runForm(example, [media.picture, `${host.origin}/clip.mp4`, 'the bottle']);
	expect(execution.failure).toMatch(/clip\.mp4/);
	expect(bills()).toHaveLength(before);
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
		example = await readyExample(file, credentials, {
			others: {
				'n8n-nodes-base.s3': { s3: await client.createCredential('Bucket', 's3', s3.credentialData) },
				'n8n-nodes-base.telegram': {
					telegramApi: await client.createCredential('Bot', 'telegramApi', telegram.credentialData),
				},
			},
			filledIn: { 'Upload to S3': { bucketName: 'my-videos' }, 'Post on Telegram': { chatId: '@my_channel' } },
			pollingIntervalSeconds,
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

	it('makes its table and a first row as imported, and pays for nothing before the rest is filled in', async () => {
		expect(await attempt(file, makesTable)).toBeUndefined();
		expect(await stage.n8n.client.rowsOf(table)).toMatchObject([{ status: 'new', taskId: null }]);
		await expectToStopUnpaid(file, schedule, /Upload to S3|Post on Telegram/);
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
		expect(telegram.posts.length).toBe(2);
		for (const row of rows) {
			expect(row).toMatchObject({ status: 'done', videoFile: `seedance/${row.taskId}.mp4`, failure: null });
			const [task] = execution
				.itemsOf('Wait for Videos')
				.flatMap(({ json }) => (json.taskId === row.taskId ? [json] : []));
			const video = await videoBehind(task?.videoUrl);
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
		expect(telegram.posts.length).toBe(2);
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
		expect(telegram.posts.length).toBe(postsBefore);
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

	async function expectVideo(execution: Execution, node: string, taskId: string | undefined): Promise<void> {
		expect(execution.errors).toEqual([]);
		expect(execution.status).toBe('success');
		expect(execution.itemsOf(node).map(({ json }) => json.taskId)).toEqual([taskId]);
		const [video] = await saveVideos(stage, execution, node);
		expect(await probeVideo(video ?? '')).toMatchObject({ videoCodec: 'h264', height: 720 });
	}

	it('04: resumes when the provider calls', async () => {
		const { simulator, n8n } = stage;
		const before = bills().length;
		const example = await readyExample('04-wait-by-callback.json', credentials, { pollingIntervalSeconds });
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
		await expectVideo(await n8n.client.executionOf(workflowId), 'Generate Video', bill?.id);
	});

	it('05: checks again and again, with every provider', async () => {
		const { n8n } = stage;
		const before = bills().length;
		const suspended = await Promise.all(
			eachProvider.map(async ({ provider }) => {
				const file = '05-wait-in-a-loop.json';
				const example = await readyExample(file, credentials, { provider, pollingIntervalSeconds });
				return { provider, workflowId: await suspend(example, `wait-in-a-loop-${provider}`) };
			}),
		);
		await Promise.all(
			suspended.map(async ({ provider, workflowId }) => {
				const execution = await n8n.client.executionOf(workflowId, wakingMs);
				const [bill, ...more] = bills().slice(before).filter((paid) => paid.provider === provider);
				expect(more).toEqual([]);
				await expectVideo(execution, 'Use the Video', bill?.id);
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
		const execution = await run(await readyExample(file, credentials, { pollingIntervalSeconds }));
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
		expect(execution.itemsOf('Use the Video')).toHaveLength(1);
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
		const [video] = await saveVideos(stage, execution, 'Use the Video');
		expect(await probeVideo(video ?? '')).toMatchObject({ videoCodec: 'h264', width: 1280, height: 720 });
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
		expect(execution.itemsOf('Check First').map(({ json }) => json)).toMatchObject([
			{ error: expect.stringContaining('AnyFast'), ...item },
		]);
	});
});

it('07: each of three shots is paid once and begins with the last frame of the one before', async () => {
	const { simulator } = stage;
	const [callsBefore, billsBefore] = [simulator.calls.length, bills().length];
	const execution = await run(await readyExample('07-shot-after-shot.json', credentials, { pollingIntervalSeconds }));
	const shots = ['Shot 1', 'Shot 2', 'Shot 3'].map((node) => execution.itemsOf(node)[0]?.json);
	expect(bills().slice(billsBefore).map(({ id }) => id)).toEqual(shots.map((shot) => shot?.taskId));

	const firstFrames = simulator.calls
		.slice(callsBefore)
		.filter(({ route }) => route === 'tasks.create')
		.map(({ body }) => /"url":"([^"]+)"},"role":"first_frame"/.exec(JSON.stringify(body))?.[1]);
	expect(firstFrames).toEqual([undefined, shots[0]?.lastFrameUrl, shots[1]?.lastFrameUrl]);
	expect(firstFrames[1]).toMatch(/^http/);

	expect(execution.itemsOf('All Shots in Order').map(({ json }) => json.taskId)).toEqual(shots.map((shot) => shot?.taskId));
	for (const video of await saveVideos(stage, execution, 'All Shots in Order')) {
		expect(await probeVideo(video)).toMatchObject({ videoCodec: 'h264', height: 720 });
	}
	const [film, ...more] = await saveVideos(stage, execution, 'Join Shots');
	expect(more).toEqual([]);
	const { durationSeconds, ...facts } = await probeVideo(film ?? '');
	expect(facts).toMatchObject({ videoCodec: 'h264', audioCodec: 'aac', height: 720 });
	expect(Math.abs(durationSeconds - 15)).toBeLessThan(0.2);
});

describe('08: recover by task ID', () => {
	it('fetches paid videos without a new bill, and says which task is unknown', async () => {
		const { n8n } = stage;
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
		const example = await readyExample('08-recover-by-task-id.json', credentials, { pollingIntervalSeconds });
		const filledIn = jsonParse<WorkflowFile>(
			JSON.stringify(example).replace('asyntask_h81efT0q', taskId).replace('asyntask_k25mzR7w', unknown),
		);
		const execution = await run(filledIn);
		expect(bills()).toHaveLength(paid);
		expect(execution.itemsOf('Use the Videos').map(({ json }) => json.taskId)).toEqual([taskId]);
		const [video] = await saveVideos(stage, execution, 'Use the Videos');
		expect(await probeVideo(video ?? '')).toMatchObject({ videoCodec: 'h264' });
		expect(execution.itemsOf('Say What Is Missing').map(({ json }) => json)).toEqual([
			{ taskId: unknown, reason: 'notFound', message: expect.stringContaining('AnyFast') },
		]);
	});
});

it('12: the photo of a form becomes a video in Google Drive and in an e-mail', async () => {
	const { client } = stage.n8n;
	const before = bills().length;
	const example = await readyExample('12-photo-to-drive-and-email.json', credentials, {
		others: {
			'n8n-nodes-base.googleDrive': {
				googleDriveOAuth2Api: await client.createCredential('Drive', 'googleDriveOAuth2Api', google.credentialData),
			},
			'n8n-nodes-base.gmail': {
				gmailOAuth2: await client.createCredential('Gmail', 'gmailOAuth2', google.credentialData),
			},
		},
		filledIn: {
			'Save to Google Drive': { folderId: { __rl: true, mode: 'list', value: 'my-folder' } },
			'Send by Gmail': { subject: 'Your video is ready' },
		},
		pollingIntervalSeconds,
	});
	const wish = 'The sun sets behind the mountains';
	const execution = await runForm(example, [media.picture, wish, 'ada@example.com']);
	expect(execution.errors).toEqual([]);
	expect(bills()).toHaveLength(before + 1);

	const [task] = execution.itemsOf('Generate Video').map(({ json }) => json);
	const video = await videoBehind(task?.videoUrl);
	expect(google.files.map(({ name, parents, mimeType }) => ({ name, parents, mimeType }))).toEqual([
		{ name: expect.stringMatching(/\.mp4$/), parents: ['my-folder'], mimeType: 'video/mp4' },
	]);
	expect(google.files[0]?.bytes.equals(video)).toBe(true);
	expect(google.mails.length).toBe(1);
	const [mail] = google.mails;
	expect(mail?.headers).toMatchObject({ to: 'ada@example.com', subject: 'Your video is ready' });
	expect(mail?.text).toContain(wish);
	expect(mail?.attachments.map(({ fileName, contentType }) => [fileName, contentType])).toEqual([
		[expect.stringMatching(/\.mp4$/), 'video/mp4'],
	]);
	expect(mail?.attachments[0]?.bytes.equals(video)).toBe(true);
	// The photo is what the video begins with.
	expect(JSON.stringify(stage.simulator.calls.findLast(({ route }) => route === 'tasks.create')?.body)).toContain('first_frame');
});

describe('13: vertical short to YouTube', () => {
	const file = '13-short-to-youtube.json';
	const table = 'seedance_shorts';
	let workflowId: string;

	beforeAll(async () => {
		const { client } = stage.n8n;
		const example = await readyExample(file, credentials, {
			others: {
				'n8n-nodes-base.youTube': {
					youTubeOAuth2Api: await client.createCredential('YouTube', 'youTubeOAuth2Api', google.credentialData),
				},
			},
			pollingIntervalSeconds,
		});
		workflowId = await client.createWorkflow(example);
	});

	async function runFrom(trigger: string): Promise<Execution> {
		const execution = await stage.n8n.client.executeManually(workflowId, trigger);
		expect(execution.errors).toEqual([]);
		return execution;
	}

	it('makes its table and a first row as imported, and pays for nothing before the rest is filled in', async () => {
		expect(await attempt(file, 'Make the Table (Once)')).toBeUndefined();
		expect(await stage.n8n.client.rowsOf(table)).toMatchObject([{ status: 'new', taskId: null }]);
		await expectToStopUnpaid(file, 'Every Morning', /credential/i);
		expect(await stage.n8n.client.rowsOf(table)).toMatchObject([{ status: 'new' }]);
	});

	it('publishes the first row with its title and its description, and marks it done', async () => {
		const { client } = stage.n8n;
		const before = bills().length;
		const execution = await runFrom('Every Morning');
		const paid = bills().slice(before);
		expect(paid).toHaveLength(1);
		expect(google.videos.length).toBe(1);
		const [short] = google.videos;
		const [task] = execution.itemsOf('Generate Short').map(({ json }) => json);
		expect(short?.bytes.equals(await videoBehind(task?.videoUrl))).toBe(true);
		const [row] = await client.rowsOf(table);
		expect([short?.title, short?.description]).toEqual([row?.title, row?.description]);
		expect([short?.privacyStatus, short?.mimeType]).toEqual(['private', 'video/mp4']);
		expect(row).toMatchObject({ status: 'done', taskId: paid[0]?.id, youtubeId: short?.id, failure: null });
		const [saved] = await saveVideos(stage, execution, 'Generate Short');
		const { width = 0, height = 0 } = await probeVideo(saved ?? '');
		expect(width / height).toBeCloseTo(9 / 16, 1);
	});

	it('keeps the task ID and the reason when YouTube refuses, and does not pay again', async () => {
		const { client } = stage.n8n;
		await client.insertRows(table, [{ prompt: 'A lake at dawn', title: 'Dawn', description: 'x', status: 'new' }]);
		const [before, published] = [bills().length, google.videos.length];
		google.refuse('/upload/youtube/v3/videos', 403, 'The request cannot be completed because you have exceeded your quota.');
		await runFrom('Every Morning');
		const paid = bills().slice(before);
		expect(paid).toHaveLength(1);
		expect((await client.rowsOf(table)).at(-1)).toMatchObject({
			status: 'failed',
			taskId: paid[0]?.id,
			youtubeId: null,
			failure: expect.stringMatching(/\w/),
		});
		await runFrom('Every Morning');
		expect(bills()).toHaveLength(before + 1);
		expect(google.videos).toHaveLength(published);
	});

	it('pays for nothing when the sign-in has run out', async () => {
		const { client } = stage.n8n;
		const before = bills().length;
		await client.insertRows(table, [{ prompt: 'A lake at noon', title: 'Noon', description: '', status: 'new' }]);
		google.refuse('/youtube/v3/channels', 403, 'Access has been revoked.');
		const execution = await client.executeManually(workflowId, 'Every Morning');
		expect(execution.failure).toMatch(/\w/);
		expect(bills()).toHaveLength(before);
		expect((await client.rowsOf(table)).at(-1)).toMatchObject({ status: 'new' });
		await runFrom('Every Morning');
		expect((await client.rowsOf(table)).at(-1)).toMatchObject({ status: 'done' });
	});

	it('marks a row without a prompt as failed, and pays for nothing', async () => {
		const { client } = stage.n8n;
		const before = bills().length;
		await client.insertRows(table, [{ prompt: '', title: 'Nothing', description: '', status: 'new' }]);
		await runFrom('Every Morning');
		expect(bills()).toHaveLength(before);
		expect((await client.rowsOf(table)).at(-1)).toMatchObject({ status: 'failed', failure: expect.stringMatching(/Prompt/) });
	});
});

describe('14: approval on Telegram', () => {
	const [me, channel] = ['4242', '@my_channel'];
	let telegram: TelegramServer;
	let workflowId: string;

	beforeAll(async () => {
		const { client } = stage.n8n;
		telegram = await startTelegramServer(me, channel);
		const telegramApi = await client.createCredential('Approving bot', 'telegramApi', telegram.credentialData);
		const example = await readyExample('14-approve-on-telegram.json', credentials, {
			others: { 'n8n-nodes-base.telegram': { telegramApi } },
			filledIn: {
				'Show Draft to Me': { chatId: me },
				'Ask Me': { chatId: me },
				'Publish in Channel': { chatId: channel },
			},
			pollingIntervalSeconds,
		});
		workflowId = await client.createWorkflow(example);
	});

	afterAll(async () => {
		await telegram?.close();
	});

	/** Runs it until it asks, and taps a button as a person does in a browser. */
	async function answerWith(button: string): Promise<Execution> {
		const { client } = stage.n8n;
		const asked = telegram.questions.length;
		const executionId = await client.startManually(workflowId, manualTrigger);
		const question = await until('the question', () => telegram.questions[asked], 60_000);
		expect(question.chatId).toBe(me);
		expect(Object.keys(question.buttons).sort()).toEqual(['Discard', 'Publish']);
		await until(
			'the execution to wait',
			async () => ((await client.executionsOf(workflowId))[0]?.status === 'waiting' ? true : undefined),
			30_000,
		);
		const answer = await fetch(question.buttons[button] ?? '', { headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux) Firefox/140.0' } });
		expect(answer.status).toBe(200);
		const execution = await client.executionOf(workflowId, 60_000, (id) => id === executionId);
		expect(execution.errors).toEqual([]);
		expect(execution.status).toBe('success');
		return execution;
	}

	it('publishes the very video that was approved, which is paid once', async () => {
		const before = bills().length;
		const execution = await answerWith('Publish');
		expect(bills()).toHaveLength(before + 1);
		expect(telegram.posts.length).toBe(2);
		const [draft, published] = telegram.posts;
		expect([draft?.chatId, published?.chatId]).toEqual([me, channel]);
		const [task] = execution.itemsOf('Generate Draft').map(({ json }) => json);
		expect(draft?.video.equals(await videoBehind(task?.videoUrl))).toBe(true);
		expect(published?.fileId).toBe(draft?.fileId);
		expect(published?.caption).toBe(draft?.caption);
	});

	it('discards it on request', async () => {
		const postsBefore = telegram.posts.length;
		const execution = await answerWith('Discard');
		expect(execution.runsOf('Discard')).toBe(1);
		expect(telegram.posts.slice(postsBefore).map(({ chatId }) => chatId)).toEqual([me]);
	});
});

it('15: hands over a vertical video by an address that needs no login', async () => {
	const before = bills().length;
	const file = '15-vertical-for-reels-shorts-tiktok.json';
	const execution = await run(await readyExample(file, credentials, { pollingIntervalSeconds }));
	expect(bills()).toHaveLength(before + 1);
	const [post] = execution.itemsOf('Ready to Post').map(({ json }) => json);
	expect(post).toMatchObject({ caption: expect.stringContaining('#'), linkExpiresAt: expect.any(String) });
	expect((await videoBehind(post?.videoUrl)).subarray(4, 8).toString()).toBe('ftyp');
});

describe('16: spending log', () => {
	const file = '16-spending-log.json';
	const table = 'seedance_spending';
	const makesTable = 'Make the Table (Once)';
	/** What PiAPI's pages ask for the 5 s of the example. */
	const price = 0.21;

	const priced = (amount: number) => Number(amount.toFixed(6));
	const rows = async () => await stage.n8n.client.rowsOf(table);
	/** In US dollars, as the cap sees it: the cost, or the estimate where it is not known. */
	async function spent(): Promise<number> {
		const inDollars = (await rows()).filter(({ currency }) => currency === 'USD');
		return priced(inDollars.reduce((sum, { cost, estimate }) => sum + Number(cost ?? estimate), 0));
	}

	type Connected = WorkflowFile & { connections: Record<string, { main: object[][] }> };

	/** @param settings what a person writes into Settings, for one item or for several */
	async function filledIn(...settings: object[]): Promise<Connected> {
		const example = jsonParse<Connected>(JSON.stringify(await readyExample(file, credentials, { pollingIntervalSeconds })));
		const asImported = { model: 'seedance-2-mini', resolution: '480p', ratio: '16:9', durationSeconds: 5, currency: 'USD' };
		const pinned = { Settings: settings.map((given) => ({ json: { prompt: 'A lighthouse', ...asImported, ...given } })) };
		return { ...example, ...{ pinData: pinned } };
	}

	/** The same with a request to `url` after a node, before what follows it: n8n begins with the topmost branch. */
	function withRequestAfter({ nodes, connections, ...example }: Connected, source: string, url: string): Connected {
		const gate = { name: 'Gate', type: 'n8n-nodes-base.httpRequest', typeVersion: 4.2, position: [0, -2000], parameters: { url, options: {} } };
		const [followers = [], ...others] = connections[source]?.main ?? [];
		const main = [[{ node: gate.name, type: 'main', index: 0 }, ...followers], ...others];
		return { ...example, nodes: [...nodes, gate], connections: { ...connections, [source]: { main } } };
	}

	async function start(example: WorkflowFile): Promise<Execution> {
		const { client } = stage.n8n;
		return await client.executeManually(await client.createWorkflow(example), manualTrigger);
	}

	/** Two executions of one workflow at the same time. */
	async function startTwo(example: WorkflowFile): Promise<Execution[]> {
		const { client } = stage.n8n;
		const workflowId = await client.createWorkflow(example);
		return await Promise.all([1, 2].map(async () => await client.executeManually(workflowId, manualTrigger)));
	}

	it('stops before it pays, and says what to fill in: the cap, and then the table', async () => {
		await expectToStopUnpaid(file, manualTrigger, /daily cap in the node Settings.*Nothing was paid/);
		const before = bills().length;
		expect((await start(await filledIn({ dailyCap: 1 }))).failure).toMatch(/table/i);
		expect(bills()).toHaveLength(before);
		expect(await attempt(file, makesTable)).toBeUndefined();
		expect(await rows()).toEqual([]);
	});

	it.each<[string, object, object, RegExp]>([
		['nobody knows the price of the second item', {}, { model: 'seedance-9' }, /seedance-9/],
		['the cap is in another currency', { currency: 'EUR' }, {}, /estimate is in USD, and your daily cap in EUR/],
		['a field of the second item is wrong', {}, { durationSeconds: 99 }, /99/],
		['the second item has no cap', {}, { dailyCap: 0 }, /daily cap in the node Settings/],
	])('reserves and pays nothing when %s', async (_when, common, second, words) => {
		const before = bills().length;
		const execution = await start(await filledIn({ dailyCap: 10, ...common }, { dailyCap: 10, ...common, ...second }));
		expect(execution.failure).toMatch(words);
		expect(bills()).toHaveLength(before);
		expect(await rows()).toEqual([]);
	});

	it('writes a row for the video, with the estimate and with what was billed', async () => {
		const before = bills().length;
		const execution = await start(await filledIn({ dailyCap: price }));
		expect(execution.errors).toEqual([]);
		const [bill, ...more] = bills().slice(before);
		expect(more).toEqual([]);
		expect(await rows()).toMatchObject([
			{
				day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
				workflow: '16 Seedance: Spending Log and Daily Cap',
				model: 'seedance-2-mini',
				seconds: 5,
				estimate: price,
				cost: price,
				currency: 'USD',
				status: 'paid',
				taskId: bill?.id,
				failure: null,
			},
		]);
		const [video] = await saveVideos(stage, execution, 'Use the Video');
		expect(await probeVideo(video ?? '')).toMatchObject({ videoCodec: 'h264' });
	});

	it('refuses what would go above the cap, pays nothing for it, and frees what it has reserved', async () => {
		const [before, spentBefore] = [bills().length, await spent()];
		const execution = await start(await filledIn({ dailyCap: 0.4 }));
		expect(execution.failure).toMatch(/daily cap of 0\.4 USD would be exceeded.*0\.42 USD.*Nothing was paid/);
		expect(bills()).toHaveLength(before);
		expect((await rows()).at(-1)).toMatchObject({ status: 'not paid', cost: 0, estimate: price, failure: 'Daily cap' });
		expect(await spent()).toBe(spentBefore);
	});

	it('starts all of several items or none, each as it was reserved', async () => {
		const [before, spentBefore] = [bills().length, await spent()];
		const twoItems = (dailyCap: number) => filledIn({ prompt: 'First', dailyCap }, { prompt: 'Second', dailyCap });
		expect((await start(await twoItems(priced(spentBefore + price)))).failure).toMatch(/daily cap/);
		expect(bills()).toHaveLength(before);
		expect((await start(await twoItems(priced(spentBefore + 2 * price)))).errors).toEqual([]);
		const paid = bills().slice(before);
		expect(paid).toHaveLength(2);
		const sent = stage.simulator.calls.filter(({ route }) => route === 'tasks.create').slice(-2);
		expect(sent.map(({ body }) => /First|Second/.exec(JSON.stringify(body))?.[0]).sort()).toEqual(['First', 'Second']);
		const logged = (await rows()).slice(-2);
		expect(logged.map(({ prompt, status, cost }) => [prompt, status, cost])).toEqual([
			['First', 'paid', price],
			['Second', 'paid', price],
		]);
		expect(logged.map(({ taskId }) => taskId).sort()).toEqual(paid.map(({ id }) => id).sort());
	});

	it('frees the reservation when the provider refuses', async () => {
		const [before, spentBefore] = [bills().length, await spent()];
		stage.simulator.faults.add({ route: 'tasks.create', provider: 'piapi', effect: { kind: 'status', statusCode: 402 } });
		const execution = await start(await filledIn({ dailyCap: 10 }));
		expect(execution.errors).toEqual([]);
		expect(bills()).toHaveLength(before);
		expect((await rows()).at(-1)).toMatchObject({ status: 'not paid', cost: 0, taskId: null, failure: expect.stringMatching(/PiAPI/) });
		expect(await spent()).toBe(spentBefore);
	});

	it('goes on counting a request of which nobody knows whether it was accepted', async () => {
		const [before, spentBefore] = [bills().length, await spent()];
		stage.simulator.faults.add({ route: 'tasks.create', provider: 'piapi', effect: { kind: 'reset', afterAcceptance: true } });
		// The list does not tell either.
		stage.simulator.faults.add({ route: 'tasks.list', provider: 'piapi', times: 6, effect: { kind: 'status', statusCode: 503 } });
		await start(await filledIn({ dailyCap: 10 }));
		expect(bills()).toHaveLength(before + 1);
		expect((await rows()).at(-1)).toMatchObject({ status: 'failed', cost: null, failure: expect.stringMatching(/may have accepted/) });
		expect(await spent()).toBe(priced(spentBefore + price));
	});

	it('counts what a failed task has cost all the same', async () => {
		const spentBefore = await spent();
		stage.simulator.faults.add({ route: 'tasks.create', provider: 'piapi', effect: { kind: 'taskFails' } });
		const execution = await start(await filledIn({ dailyCap: 10 }));
		const [asked] = execution.itemsOf('Ask What It Cost').map(({ json }) => json);
		const row = (await rows()).at(-1);
		expect(row).toMatchObject({ status: 'failed', cost: asked?.costInUsd, taskId: bills().at(-1)?.id, failure: expect.stringMatching(/\w/) });
		expect(row?.cost).toBeLessThan(price);
		expect(await spent()).toBe(priced(spentBefore + Number(row?.cost)));
	});

	it('counts the estimate where the provider tells no cost, and apart from what was spent in other currencies', async () => {
		const [type = ''] = Object.keys(credentials.get('anyfast') ?? {});
		const prices = { price: [{ amount: 2, per: 'millionTokens', currency: 'EUR' }] };
		const withPrice = await stage.n8n.client.createCredential('With a price', type, { ...stage.credentialData('anyfast'), prices });
		const example = await filledIn({ dailyCap: 0.2, currency: 'EUR' });
		const before = bills().length;
		const ready = await readyExample(file, new Map([['anyfast', { [type]: withPrice }]]), { provider: 'anyfast', pollingIntervalSeconds });
		const anyFast = { ...example, nodes: ready.nodes };
		expect((await start(anyFast)).errors).toEqual([]);
		expect(bills().slice(before)).toMatchObject([{ provider: 'anyfast' }]);
		const row = (await rows()).at(-1);
		expect(row).toMatchObject({ status: 'paid', cost: null, estimate: expect.any(Number), currency: 'EUR' });
		expect(row?.estimate).toBeGreaterThan(0.1);
		expect((await start(anyFast)).failure).toMatch(/daily cap of 0\.2 EUR/);
		expect(bills()).toHaveLength(before + 1);
	});

	it('counts no video of Test Mode', async () => {
		const [type = ''] = Object.keys(credentials.get('piapi') ?? {});
		const tested = await stage.n8n.client.createCredential('Test Mode', type, { ...stage.credentialData('piapi'), testMode: true });
		const [calls, spentBefore] = [stage.simulator.calls.length, await spent()];
		const ready = await readyExample(file, new Map([['piapi', { [type]: tested }]]), { pollingIntervalSeconds });
		const execution = await start({ ...(await filledIn({ dailyCap: 10 })), nodes: ready.nodes });
		expect(execution.errors).toEqual([]);
		expect((await rows()).at(-1)).toMatchObject({ status: 'paid', cost: 0, estimate: price, taskId: expect.stringMatching(/^test-/) });
		expect(await spent()).toBe(spentBefore);
		expect(stage.simulator.calls).toHaveLength(calls);
	});

	describe('two executions side by side, with room for one video', () => {
		it.each<[string, string, number[]]>([
			['have both checked before either reserves: one of them pays at most', 'Name Problems', [0, 1]],
			['have both reserved before either adds up: both refuse', 'Reserve Estimate', [0]],
			['have both added up before either pays: one of them pays at most', 'Sum Up Today', [0, 1]],
		])('%s', async (_when, node, possible) => {
			const [before, spentBefore] = [bills().length, await spent()];
			const dailyCap = priced(spentBefore + price);
			const gate = await startGate(2);
			const executions = await startTwo(withRequestAfter(await filledIn({ dailyCap }), node, gate.origin)).finally(
				async () => await gate.close(),
			);
			const paid = bills().slice(before);
			expect(possible).toContain(paid.length);
			expect(executions.map((execution) => execution.runsOf('Gate'))).toEqual([1, 1]);
			expect(executions.filter(({ failure }) => failure !== undefined)).toHaveLength(2 - paid.length);
			expect(await spent()).toBe(priced(spentBefore + paid.length * price));
			expect((await rows()).filter(({ status }) => status === 'reserved')).toEqual([]);
		});

		it('leave the room to the next one if both refuse', async () => {
			const [before, spentBefore] = [bills().length, await spent()];
			const dailyCap = priced(spentBefore + price);
			await startTwo(await filledIn({ dailyCap }));
			if (bills().length === before) await start(await filledIn({ dailyCap }));
			expect(bills()).toHaveLength(before + 1);
			expect(await spent()).toBe(dailyCap);
		});
	});
});

describe('17: from a storyboard to a film', () => {
	const file = '17-storyboard-film.json';
	const table = 'seedance_storyboard';
	let workflowId: string;
	let music: Awaited<ReturnType<typeof serveFile>>;

	beforeAll(async () => {
		const { client } = stage.n8n;
		music = await serveFile(media.voice.bytes, media.voice.type);
		const picture = await serveFile(media.picture.bytes, media.picture.type);
		const characterAssetId = await makeAsset(`${picture.origin}/character.png`).finally(async () => await picture.close());
		const example = await readyExample(file, credentials, {
			others: {
				'n8n-nodes-base.youTube': {
					youTubeOAuth2Api: await client.createCredential('YouTube', 'youTubeOAuth2Api', google.credentialData),
				},
			},
			pollingIntervalSeconds,
		});
		const filledIn = { characterAssetId, musicUrl: `${music.origin}/music.mp3` };
		workflowId = await client.createWorkflow(withSettings(example, filledIn));
	});

	afterAll(async () => await music?.close());

	/** With one picture, as the note of the example says. */
	async function makeAsset(url: string): Promise<string> {
		const builder = new WorkflowBuilder('Character', 'character');
		const own = { credentials: credentials.get('anyfast') };
		builder.add('Create Group', 'n8n-nodes-seedance.assetGroup', 1, { provider: 'anyfast', operation: 'create', name: 'Film' }, own);
		const groupId = { __rl: true, mode: 'id', value: '={{ $json.groupId }}' };
		builder.add('Create Asset', 'n8n-nodes-seedance.asset', 1, { provider: 'anyfast', operation: 'create', source: 'url', url, groupId }, own);
		const { client } = stage.n8n;
		const id = await client.createWorkflow(builder.chain('Webhook', 'Create Group', 'Create Asset').build());
		await client.activate(id);
		await client.callWebhook('character');
		const execution = await client.executionOf(id);
		expect(execution.errors).toEqual([]);
		return String(execution.itemsOf('Create Asset')[0]?.json.assetId);
	}

	function withSettings(example: WorkflowFile, values: Record<string, string>): WorkflowFile {
		let text = JSON.stringify(example);
		for (const [name, value] of Object.entries(values)) {
			expect(text).toContain(`"name":"${name}","value":""`);
			text = text.replace(`"name":"${name}","value":""`, () => `"name":"${name}","value":${JSON.stringify(value)}`);
		}
		return jsonParse<WorkflowFile>(text);
	}

	const start = async () => await stage.n8n.client.executeManually(workflowId, manualTrigger);
	const rows = async () => (await stage.n8n.client.rowsOf(table)).filter(({ status }) => status !== 'published');
	const sentSince = (before: number) =>
		stage.simulator.calls.slice(before).flatMap(({ route, body }) => (route === 'tasks.create' ? JSON.stringify(body) : []));

	it('makes its table as imported, and pays for nothing before the rest is filled in', async () => {
		expect(await attempt(file, 'Make the Table (Once)')).toBeUndefined();
		expect((await rows()).map(({ shot, scene, status }) => [shot, scene, status])).toEqual([
			[1, 1, 'new'],
			[2, 1, 'new'],
			[3, 2, 'new'],
			[4, 2, 'new'],
		]);
		await expectToStopUnpaid(file, manualTrigger, /credential/i);
	});

	it('pays each shot once, hands on its last frame within a scene, and publishes one film with music', async () => {
		const [before, callsBefore] = [bills().length, stage.simulator.calls.length];
		const execution = await start();
		expect(execution.errors).toEqual([]);
		const paid = bills().slice(before).map(({ id }) => id);
		expect(paid).toHaveLength(4);
		expect(await rows()).toEqual([]);

		const sent = sentSince(callsBefore);
		// Both scenes begin in one round, with the character; the next round continues both.
		expect(sent.map((body) => [body.includes('asset://'), body.includes('first_frame')])).toEqual([
			[true, false],
			[true, false],
			[false, true],
			[false, true],
		]);
		const published = (await stage.n8n.client.rowsOf(table)).map(({ taskId }) => taskId);
		expect([...published].sort()).toEqual([...paid].sort());

		const [film] = google.videos.slice(-1);
		expect(film).toMatchObject({ title: 'The Boat', privacyStatus: 'private', mimeType: 'video/mp4' });
		const saved = join(stage.filesFolder, 'film.mp4');
		await writeFile(saved, film?.bytes ?? '');
		const { durationSeconds, ...facts } = await probeVideo(saved);
		expect(facts).toMatchObject({ videoCodec: 'h264', audioCodec: 'mp3', height: 720 });
		expect(Math.abs(durationSeconds - 20)).toBeLessThan(0.3);
	});

	it('does nothing when all shots are published', async () => {
		const [before, films] = [bills().length, google.videos.length];
		expect((await start()).errors).toEqual([]);
		expect([bills().length, google.videos.length]).toEqual([before, films]);
	});

	it('goes on after a failed shot, a lost answer and a refused upload, and pays no finished shot again', async () => {
		const { client } = stage.n8n;
		const shots = [1, 2].map((shot) => ({ shot, scene: 1, text: `The lake, part ${shot}`, seconds: 5, status: 'new' }));
		await client.insertRows(table, shots);
		const [before, films] = [bills().length, google.videos.length];
		stage.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails' }, skip: 1 });
		expect((await start()).failure).toMatch(/Shot 2 failed: .*are not paid again/s);
		expect((await rows()).map(({ status }) => status)).toEqual(['done', 'failed']);

		// Nothing changes before a person decides.
		expect((await start()).failure).toMatch(/Shot 2 failed/);
		expect(bills()).toHaveLength(before + 2);

		await client.updateRows(table, { status: 'failed' }, { status: 'new' });
		stage.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'reset', afterAcceptance: true } });
		expect((await start()).failure).toMatch(/Shot 2 may be paid.*Get Many Tasks/s);
		const lost = bills().at(-1)?.id ?? '';
		expect((await start()).failure).toMatch(/Shot 2 may be paid/);
		expect(bills()).toHaveLength(before + 3);

		await client.updateRows(table, { status: 'starting' }, { status: 'started', taskId: lost });
		google.refuse('/upload/youtube/v3/videos', 403, 'The request cannot be completed because you have exceeded your quota.');
		expect((await start()).failure).toMatch(/\w/);
		expect((await rows()).map(({ status }) => status)).toEqual(['done', 'done']);

		expect((await start()).errors).toEqual([]);
		expect(await rows()).toEqual([]);
		expect(bills()).toHaveLength(before + 3);
		expect(google.videos).toHaveLength(films + 1);
	});
});

it('no node asked for a host of the internet other than that of Google', () => {
	// n8n itself asks for its own.
	expect(google.otherHosts.filter((host) => !host.endsWith('.n8n.io:443'))).toEqual([]);
});
