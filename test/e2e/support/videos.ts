import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Execution } from '../../../harness/n8n/n8nClient';
import type { Stage } from './stage';

/** The bytes of each video file that a node gave on one of its outputs. */
export async function videosOf({ n8n }: Stage, execution: Execution, node: string, output = 0): Promise<Buffer[]> {
	const ids = execution.itemsOf(node, output).flatMap(({ binary }) => binary?.data?.id ?? []);
	return await Promise.all(ids.map(async (id) => await n8n.client.binaryData(String(id))));
}

/** Writes the videos that a node gave into the folder of the stage. Returns their paths. */
export async function saveVideos(stage: Stage, execution: Execution, node: string, output = 0): Promise<string[]> {
	await mkdir(stage.filesFolder, { recursive: true });
	const videos = await videosOf(stage, execution, node, output);
	return await Promise.all(
		videos.map(async (video) => {
			const file = join(stage.filesFolder, `${randomUUID()}.mp4`);
			await writeFile(file, video);
			return file;
		}),
	);
}
