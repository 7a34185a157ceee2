import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { credentialData } from '../../harness/credentialData';
import { type FileMover, makeGroup, makeTasks, moverNode, seedanceMover, stockMover } from '../../harness/n8n/fileLoads';
import { formWith } from '../../harness/n8n/form';
import { makeMediaFiles } from '../../harness/n8n/media';
import { measureGrowth } from '../../harness/n8n/memory';
import { startN8n, type N8nOptions, type RunningN8n } from '../../harness/n8n/n8n';
import { startSimulator, type Simulator } from '../../simulator';
import { isObject } from '../../simulator/json';
import { padMp4 } from '../../simulator/padMp4';

export interface MemoryPlan {
	/** How often every mover moves every load. */
	rounds: number;
	largeMegabytes: number;
	/** Of each of many videos, and of the upload. */
	mediumMegabytes: number;
	files: number;
}

interface FileLoad {
	direction: 'down' | 'up';
	files: number;
	megabytes: number;
}

/** How far n8n's memory grows while files pass. */
export interface MemoryRow {
	load: FileLoad;
	movers: Array<Pick<FileMover, 'name' | 'isOurs'> & { growthBytes: number[]; filesMoved: number[] }>;
}

const megabyte = 1024 * 1024;
const executionTimeoutMs = 300_000;

/** In an n8n of its own, which runs nothing else; the movers alternate, one execution at a time. */
export async function measureMemory(n8nOptions: N8nOptions, plan: MemoryPlan): Promise<MemoryRow[]> {
	const filesFolder = join(n8nOptions.folder, 'files');
	const n8n = await startN8n({
		...n8nOptions,
		fileAccess: [filesFolder],
		env: { ...n8nOptions.env, N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' },
	});
	try {
		const { 'motion.mp4': clip } = await makeMediaFiles(filesFolder);
		const { rounds, largeMegabytes, mediumMegabytes, files } = plan;
		const smallLoads: FileLoad[] = [
			{ direction: 'down', files: 1, megabytes: 3 },
			{ direction: 'up', files: 1, megabytes: 3 },
		];
		const loads: FileLoad[] = [
			{ direction: 'down', files: 1, megabytes: largeMegabytes },
			{ direction: 'up', files: 1, megabytes: mediumMegabytes },
			{ direction: 'down', files, megabytes: mediumMegabytes },
		];
		// The first execution of each kind grows n8n for good.
		for (const load of smallLoads) await measureLoad(n8n, clip, load, 1);
		const rows: MemoryRow[] = [];
		for (const load of loads) rows.push(await measureLoad(n8n, clip, load, rounds));
		return rows;
	} finally {
		await n8n.stop();
	}
}

async function measureLoad(n8n: RunningN8n, clip: string, load: FileLoad, rounds: number): Promise<MemoryRow> {
	const file = `${clip}-${load.direction}-${load.files}-${load.megabytes}.mp4`;
	// The documents say both "up to" and "smaller than" for what an asset may have.
	await padMp4(clip, file, load.megabytes * megabyte - 1);
	const simulator = await startSimulator({
		...{ taskQueueSeconds: 0, taskRunSeconds: 0, assetProcessingSeconds: 0, propagationSeconds: 0 },
		videoFile: file,
	});
	const row: MemoryRow = {
		load,
		movers: [seedanceMover, stockMover].map(({ name, isOurs }) => ({ name, isOurs, growthBytes: [], filesMoved: [] })),
	};
	try {
		for (let round = 0; round < rounds; round++) {
			for (const [index, mover] of [seedanceMover, stockMover].entries()) {
				const moved = await moveFiles(n8n, simulator, mover, load, file);
				row.movers[index]?.growthBytes.push(moved.growthBytes);
				row.movers[index]?.filesMoved.push(moved.files);
			}
		}
		return row;
	} finally {
		await simulator.close();
		await rm(file);
	}
}

let runs = 0;

async function moveFiles(
	{ client, pid }: RunningN8n,
	simulator: Simulator,
	mover: FileMover,
	{ direction, files }: FileLoad,
	file: string,
): Promise<{ growthBytes: number; files: number }> {
	const path = `memory-${++runs}`;
	const anyfast = credentialData(simulator, 'anyfast');
	const [type, data] = mover.isOurs
		? ['anyfastApi', anyfast]
		: ['httpHeaderAuth', { name: 'Authorization', value: `Bearer ${simulator.apiKey}` }];
	const credentials = { [type]: await client.createCredential(path, type, data) };
	const site = { path, baseUrl: anyfast.baseUrl, credentials };
	const body = formWith('ids', direction === 'down' ? await makeTasks(simulator, files) : []);
	const builder =
		direction === 'down'
			? mover.download(site)
			: mover.upload({ ...site, file, groupId: await makeGroup(simulator) });
	const workflowId = await client.createWorkflow(builder.build());
	await client.activate(workflowId);
	const callsBefore = simulator.calls.length;
	const { growthBytes, result } = await measureGrowth(pid, async () => {
		await client.callWebhook(path, body, executionTimeoutMs);
		return await client.executionOf(workflowId, executionTimeoutMs);
	});
	if (result.status !== 'success') throw new Error(`${mover.name}: ${result.errors.join('; ')}`);
	const { size } = await stat(file);
	const sizes =
		direction === 'down'
			? result.itemsOf(moverNode).map(({ binary }) => binary?.data?.bytes)
			: simulator.calls.slice(callsBefore).map(({ body: sent }) => sentBytes(sent));
	return { growthBytes, files: sizes.filter((bytes) => bytes === size).length };
}

function sentBytes(body: unknown): unknown {
	return isObject(body) && isObject(body.file) ? body.file.sizeBytes : undefined;
}
