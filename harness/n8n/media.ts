import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runFfmpeg, runFfprobe } from '../media/ffmpeg';

/** Pictures, clips and sounds that the providers take; made, so that no binary file is in the repository. */
const recipes = {
	'character.png': ['-f', 'lavfi', '-i', 'testsrc2=size=720x720', '-frames:v', '1'],
	'motion.mp4': [
		...['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=24:duration=3'],
		...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
	],
	'voice.mp3': ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=3', '-b:a', '64k'],
} satisfies Record<string, string[]>;

export type MediaFiles = Record<keyof typeof recipes, string>;

/** Makes one file of each media type in `folder`. Returns their paths. */
export async function makeMediaFiles(folder: string): Promise<MediaFiles> {
	await mkdir(folder, { recursive: true });
	const make = async (name: keyof typeof recipes) => {
		const file = join(folder, name);
		await runFfmpeg(...recipes[name], file);
		return file;
	};
	return {
		'character.png': await make('character.png'),
		'motion.mp4': await make('motion.mp4'),
		'voice.mp3': await make('voice.mp3'),
	};
}

const probeSchema = z.object({
	format: z.object({ duration: z.coerce.number() }),
	streams: z.array(
		z.object({
			codec_type: z.string(),
			codec_name: z.string(),
			width: z.number().optional(),
			height: z.number().optional(),
			avg_frame_rate: z.string(),
		}),
	),
});

/** What ffprobe says of a video file, read in full: a truncated file throws. */
export async function probeVideo(file: string) {
	await runFfmpeg('-xerror', '-i', file, '-f', 'null', '-');
	const { format, streams } = probeSchema.parse(await runFfprobe(file));
	const video = streams.find(({ codec_type }) => codec_type === 'video');
	const audio = streams.find(({ codec_type }) => codec_type === 'audio');
	return {
		durationSeconds: format.duration,
		videoCodec: video?.codec_name,
		width: video?.width,
		height: video?.height,
		frameRate: video?.avg_frame_rate,
		audioCodec: audio?.codec_name,
	};
}
