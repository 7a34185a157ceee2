import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormData } from 'undici';
import { makeGroup, makeTasks, moverNode, seedanceMover } from '../../harness/n8n/fileLoads';
import { makeMediaFiles } from '../../harness/n8n/media';
import { measureGrowth } from '../../harness/n8n/memory';
import type { Execution } from '../../harness/n8n/n8nClient';
import type { WorkflowBuilder } from '../../harness/n8n/workflow';
import { startSimulator, type Simulator } from '../../simulator';
import { padMp4 } from '../../simulator/padMp4';
import { setStage, type Stage } from './support/stage';

const megabyte = 1024 * 1024;
const largeVideoBytes = 200 * megabyte;
const manyVideosBytes = 50 * megabyte;
/** The documents say both "up to 50 MB" and "smaller than 50 MB". */
const maxAssetBytes = 50 * megabyte - 1;
const maxGrowthBytes = 80 * megabyte;
const files = 10;
const executionTimeoutMs = 120_000;

/** Of the default: n8n's filesystem mode. */
const env = { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' };
const atOnce = { taskQueueSeconds: 0, taskRunSeconds: 0, assetProcessingSeconds: 0, propagationSeconds: 0 };

let stage: Stage;
let manyVideos: Simulator;

beforeAll(async () => {
	stage = await setStage('bigFiles', { ...atOnce, videoBytes: largeVideoBytes }, { env });
	manyVideos = await startSimulator({ ...atOnce, videoBytes: manyVideosBytes });
	await mkdir(stage.filesFolder, { recursive: true });
	// The first execution of an n8n grows it for good.
	const small = await startSimulator(atOnce);
	await download('warm-up', small, 1);
	await small.close();
});

afterAll(async () => {
	await manyVideos?.close();
	await stage?.close();
});

const siteOf = async (path: string, { apiKey, baseUrls }: Simulator) => ({
	path,
	baseUrl: baseUrls.anyfast,
	credentials: {
		anyfastApi: await stage.n8n.client.createCredential(path, 'anyfastApi', { apiKey, baseUrl: baseUrls.anyfast }),
	},
});

async function run(builder: WorkflowBuilder, ids: string[] = []) {
	const { client, pid } = stage.n8n;
	const workflowId = await client.createWorkflow(builder.build());
	await client.activate(workflowId);
	const body = new FormData();
	ids.forEach((id) => body.append('ids', id));
	const { growthBytes, restingBytes, result } = await measureGrowth(pid, async () => {
		await client.callWebhook(builder.webhookPath, body);
		return await client.executionOf(workflowId, executionTimeoutMs);
	});
	expect(result.errors).toEqual([]);
	process.stdout.write(
		`${builder.webhookPath}: n8n grew by ${inMegabytes(growthBytes)} MB from ${inMegabytes(restingBytes)} MB\n`,
	);
	return { growthBytes, execution: result };
}

async function download(path: string, simulator: Simulator, count: number) {
	const ids = await makeTasks(simulator, count);
	return await run(seedanceMover.download(await siteOf(path, simulator)), ids);
}

const inMegabytes = (bytes: number) => (bytes / megabyte).toFixed(1);
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The files that n8n holds, each with the hash of what it is. */
async function storedFiles(execution: Execution) {
	const stored: Array<{ sizeBytes: number; hash: string }> = [];
	for (const { binary } of execution.itemsOf(moverNode)) {
		const bytes = await stage.n8n.client.binaryData(String(binary?.data?.id));
		stored.push({ sizeBytes: bytes.length, hash: hashOf(bytes) });
	}
	return stored;
}

/** The file behind a link of the provider's. */
async function servedFile(url: unknown) {
	const response = await fetch(String(url));
	const bytes = Buffer.from(await response.arrayBuffer());
	return { sizeBytes: bytes.length, hash: hashOf(bytes) };
}

it('downloads a video of 200 MB in constant memory', async () => {
	const { growthBytes, execution } = await download('download-200-mb', stage.simulator, 1);
	const served = await servedFile(execution.itemsOf(moverNode)[0]?.json.videoUrl);
	expect(served.sizeBytes).toBe(largeVideoBytes);
	expect(await storedFiles(execution)).toEqual([served]);
	expect(growthBytes).toBeLessThan(maxGrowthBytes);
});

it('downloads ten videos of 50 MB at once in the memory of their streams', async () => {
	const { growthBytes, execution } = await download('download-10-times-50-mb', manyVideos, files);
	const served = await servedFile(execution.itemsOf(moverNode)[0]?.json.videoUrl);
	expect(served.sizeBytes).toBe(manyVideosBytes);
	expect(await storedFiles(execution)).toEqual(Array(files).fill(served));
	expect(growthBytes).toBeLessThan(maxGrowthBytes);
});

it('uploads a video asset of 50 MB in constant memory', async () => {
	const { simulator, filesFolder } = stage;
	const { 'motion.mp4': clip } = await makeMediaFiles(filesFolder);
	const file = join(filesFolder, 'large.mp4');
	await padMp4(clip, file, maxAssetBytes);
	const site = { ...(await siteOf('upload-50-mb', simulator)), file, groupId: await makeGroup(simulator) };
	const { growthBytes, execution } = await run(seedanceMover.upload(site));
	const asset = execution.itemsOf(moverNode)[0]?.json;
	// The provider has checked it.
	expect(asset).toMatchObject({ mediaType: 'video', status: 'active' });
	expect(await servedFile(asset?.url)).toEqual({ sizeBytes: maxAssetBytes, hash: hashOf(await readFile(file)) });
	expect(growthBytes).toBeLessThan(maxGrowthBytes);
});
