import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeMedia } from '../../harness/media/exampleFiles';
import { readyExample, type Credentials } from '../../harness/n8n/examples';
import { probeVideo } from '../../harness/n8n/media';
import { freePort } from '../../harness/n8n/process';
import { startS3Server } from '../../harness/n8n/s3';
import { startTelegramServer } from '../../harness/n8n/telegram';
import { eachProvider } from '../../harness/providers';
import { setStage, type Stage } from './support/stage';
import { saveVideos } from './support/videos';

/** Examples 01 to 03 in a real n8n with credentials in Test Mode, cut off from everything but this machine. */

const manualTrigger = 'When clicking ‘Execute workflow’';

let stage: Stage;
let credentials: Credentials;

beforeAll(async () => {
	// There is no proxy at this port, so that whatever leaves this machine fails.
	const nowhere = `http://127.0.0.1:${await freePort()}`;
	stage = await setStage('testMode', {}, { env: { HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, NO_PROXY: '127.0.0.1,localhost' } });
	const saved = await Promise.all(
		eachProvider.map(async ({ provider, displayName, credentialType }) => {
			const credential = await stage.n8n.client.createCredential(`${displayName} (test)`, credentialType, { testMode: true });
			return [provider, { [credentialType]: credential }] as const;
		}),
	);
	credentials = new Map(saved);
});

afterEach(() => expect([...stage.simulator.calls, ...stage.simulator.storageCalls]).toEqual([]));

afterAll(async () => await stage?.close());

it('makes the video of 01-text-to-video.json', async () => {
	const { client } = stage.n8n;
	const workflowId = await client.createWorkflow(await readyExample('01-text-to-video.json', credentials));
	const execution = await client.executeManually(workflowId, manualTrigger);
	expect(execution.errors).toEqual([]);
	expect(execution.itemsOf('Generate Video').map(({ json }) => json)).toEqual([
		expect.objectContaining({ isTest: true, status: 'succeeded', taskId: expect.stringMatching(/^test-task-/) }),
	]);
	const [video, ...more] = await saveVideos(stage, execution, 'Generate Video');
	expect(more).toEqual([]);
	expect(await probeVideo(video ?? '')).toMatchObject({ videoCodec: 'h264', height: 180 });
});

it('makes the group, the assets and the shots of 02-consistent-character.json', async () => {
	const { client } = stage.n8n;
	const folder = join(stage.filesFolder, 'media');
	await makeMedia(folder);
	const file = async (name: string, type: string) => ({ name, type, bytes: await readFile(join(folder, name)) });
	const example = await readyExample('02-consistent-character.json', credentials);
	const webhookId = randomUUID();
	const nodes = example.nodes.map((node) => ('webhookId' in node ? { ...node, webhookId } : node));
	const workflowId = await client.createWorkflow({ ...example, nodes });
	await client.activate(workflowId);
	await client.submitForm(webhookId, [
		'Mia',
		await file('picture.png', 'image/png'),
		await file('clip.mp4', 'video/mp4'),
		await file('sound.mp3', 'audio/mpeg'),
	]);
	const execution = await client.executionOf(workflowId);
	expect(execution.errors).toEqual([]);
	expect(execution.itemsOf('Create Assets').map(({ json }) => json.isTest)).toEqual([true, true, true]);
	const videos = await saveVideos(stage, execution, 'Generate Shots');
	expect(videos).toHaveLength(3);
	for (const video of videos) expect(await probeVideo(video)).toMatchObject({ videoCodec: 'h264' });
});

it('brings the videos of 03-scheduled-content-pipeline.json to their storage and channel', async () => {
	const { client } = stage.n8n;
	const s3 = await startS3Server(join(stage.filesFolder, 's3'), 'my-videos');
	const telegram = await startTelegramServer('@my_channel');
	try {
		const example = await readyExample('03-scheduled-content-pipeline.json', credentials, {
			others: {
				'n8n-nodes-base.s3': { s3: await client.createCredential('Bucket', 's3', s3.credentialData) },
				'n8n-nodes-base.telegram': { telegramApi: await client.createCredential('Bot', 'telegramApi', telegram.credentialData) },
			},
			filledIn: { 'Upload to S3': { bucketName: 'my-videos' }, 'Post on Telegram': { chatId: '@my_channel' } },
		});
		const workflowId = await client.createWorkflow(example);
		for (const trigger of ['Make the Table (Once)', 'Every Morning']) {
			const execution = await client.executeManually(workflowId, trigger);
			expect(execution.errors).toEqual([]);
		}
		const [row, ...more] = await client.rowsOf('seedance_videos');
		expect(more).toEqual([]);
		expect(row).toMatchObject({ status: 'done', taskId: expect.stringMatching(/^test-task-/), failure: null });
		expect((await s3.object(String(row?.videoFile))).contentType).toBe('video/mp4');
		expect(telegram.posts).toHaveLength(1);
		expect(telegram.posts[0]?.mimeType).toBe('video/mp4');
	} finally {
		await telegram.close();
		await s3.close();
	}
});

it('resumes On Provider Callback without a provider, although the internet cannot reach this n8n', async () => {
	const { client } = stage.n8n;
	const workflowId = await client.createWorkflow(await readyExample('04-wait-by-callback.json', credentials));
	const execution = await client.executeManually(workflowId, manualTrigger, 150_000);
	expect(execution.errors).toEqual([]);
	expect(execution.itemsOf('Generate Video').map(({ json }) => json)).toEqual([
		expect.objectContaining({ isTest: true, status: 'succeeded', videoUrl: expect.stringMatching(/\.mp4$/) }),
	]);
}, 200_000);
