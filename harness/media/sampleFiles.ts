import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { IBinaryData } from 'n8n-workflow';
import { runFfmpeg, runFfprobe } from './ffmpeg';

const recipes = {
	image: { name: 'face.png', mimeType: 'image/png', args: ['-f', 'lavfi', '-i', 'testsrc2=s=640x640', '-frames:v', '1'] },
	video: {
		name: 'clip.mp4',
		mimeType: 'video/mp4',
		args: ['-f', 'lavfi', '-i', 'testsrc2=s=864x496:r=24:d=3', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
	},
	audio: { name: 'tune.mp3', mimeType: 'audio/mpeg', args: ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=3', '-b:a', '64k'] },
} as const;

type MediaType = keyof typeof recipes;
let made: Promise<Record<MediaType, IBinaryData>> | undefined;

/** A picture, a clip and a sound that every provider takes, as n8n holds files in memory. Made once. */
export async function sampleFiles(): Promise<Record<MediaType, IBinaryData>> {
	made ??= (async () => ({
		image: await make('image'),
		video: await make('video'),
		audio: await make('audio'),
	}))();
	return await made;
}

async function make(mediaType: MediaType): Promise<IBinaryData> {
	const { name, mimeType, args } = recipes[mediaType];
	return await inFolder(async (folder) => {
		const file = path.join(folder, name);
		await runFfmpeg(...args, file);
		const data = (await readFile(file)).toString('base64');
		return { data, mimeType, fileName: name, fileExtension: name.split('.')[1] };
	});
}

export interface Probe {
	durationSeconds: number;
	video?: { codec: string; width: number; height: number; framesPerSecond: number };
	audio?: { codec: string };
}

/** What ffprobe says about a file. */
export async function probe(content: Buffer): Promise<Probe> {
	return await inFolder(async (folder) => {
		const file = path.join(folder, 'file');
		await writeFile(file, content);
		const report = (await runFfprobe(file)) as {
			format: { duration: string };
			streams: Array<{ codec_type: string; codec_name: string; width: number; height: number; avg_frame_rate: string }>;
		};
		const video = report.streams.find(({ codec_type }) => codec_type === 'video');
		const audio = report.streams.find(({ codec_type }) => codec_type === 'audio');
		const [frames, seconds] = (video?.avg_frame_rate ?? '0/1').split('/').map(Number);
		return {
			durationSeconds: Math.round(Number(report.format.duration) * 10) / 10,
			video: video && {
				codec: video.codec_name,
				width: video.width,
				height: video.height,
				framesPerSecond: (frames ?? 0) / (seconds ?? 1),
			},
			audio: audio && { codec: audio.codec_name },
		};
	});
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
	const folder = await mkdtemp(path.join(tmpdir(), 'media-'));
	return await work(folder).finally(async () => await rm(folder, { recursive: true, force: true }));
}
