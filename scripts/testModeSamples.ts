/**
 * `npm run samples`: renders the videos and last frames that Test Mode gives, one of each ratio, into
 * `nodes/shared/testMode/samples.ts`. Nodes may not read files, so they are text there.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runFfmpeg } from '../harness/media/ffmpeg';

const sizes = {
	'16:9': [320, 180],
	'4:3': [320, 240],
	'1:1': [240, 240],
	'3:4': [240, 320],
	'9:16': [180, 320],
	'21:9': [336, 144],
} as const;

const seconds = 2.5;
const framesPerSecond = 24;
/** Any bold font does; the text is the only thing that is drawn with it. */
const font = '/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf';
/** Of all files together, as the package is downloaded by everybody. */
const maxBytes = 60_000;

async function main() {
	const folder = await mkdtemp(path.join(tmpdir(), 'samples-'));
	try {
		const entries: string[] = [];
		let totalBytes = 0;
		for (const [ratio, [width, height]] of Object.entries(sizes)) {
			const video = path.join(folder, 'video.mp4');
			const lastFrame = path.join(folder, 'frame.png');
			await renderVideo(video, width, height);
			await renderLastFrame(video, lastFrame);
			const [videoBytes, frameBytes] = [await readFile(video), await readFile(lastFrame)];
			totalBytes += videoBytes.length + frameBytes.length;
			entries.push(
				`\t'${ratio}': {\n\t\tvideo: '${videoBytes.toString('base64')}',\n\t\tlastFrame: '${frameBytes.toString('base64')}',\n\t},`,
			);
		}
		if (totalBytes > maxBytes) throw new Error(`The samples have ${totalBytes} bytes, more than ${maxBytes}`);
		const file = path.join(__dirname, '../nodes/shared/testMode/samples.ts');
		await writeFile(
			file,
			[
				'/** Written by `npm run samples`: a short MP4 with sound (H.264, AAC) and its last frame (PNG) for each ratio, in base64. */',
				'export const samples = {',
				...entries,
				'} as const;',
				'',
			].join('\n'),
		);
		process.stdout.write(`${path.relative(process.cwd(), file)}: ${Object.keys(sizes).length} ratios, ${totalBytes} bytes\n`);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** A calm picture that says what it is, a bar that shows the time, and a tone. */
async function renderVideo(file: string, width: number, height: number): Promise<void> {
	const sources = [
		`color=0x1e2a5a:s=${width}x${height}:r=${framesPerSecond}:d=${seconds}`,
		`color=0x19c3b1:s=${width}x8:r=${framesPerSecond}:d=${seconds}`,
		`sine=frequency=330:sample_rate=16000:duration=${seconds}`,
	];
	const picture = [
		`[0:v][1:v]overlay=x='-w+w*(t+1/${framesPerSecond})/${seconds}':y=H-h`,
		`drawtext=fontfile=${font}:text='TEST MODE':fontsize=w/9:x=(w-tw)/2:y=(h-th)/2:fontcolor=white`,
		'setsar=1,format=yuv420p[v]',
	].join(',');
	const sound = `[2:a]volume=0.3,afade=t=in:d=0.2,afade=t=out:st=${seconds - 0.7}:d=0.7[a]`;
	await runFfmpeg(
		...sources.flatMap((source) => ['-f', 'lavfi', '-i', source]),
		...['-filter_complex', `${picture};${sound}`, '-map', '[v]', '-map', '[a]'],
		...['-c:v', 'libx264', '-profile:v', 'high', '-preset', 'veryslow', '-crf', '32', '-g', '240', '-bf', '0'],
		// Without the text in which x264 lists its options.
		...['-bsf:v', 'filter_units=remove_types=6'],
		...['-r', String(framesPerSecond), '-frames:v', String(framesPerSecond * seconds)],
		...['-c:a', 'aac', '-b:a', '8k', '-ac', '1', '-t', String(seconds)],
		// The same bytes each time.
		...['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact'],
		...['-movflags', '+faststart', file],
	);
}

async function renderLastFrame(video: string, file: string): Promise<void> {
	const fewColours = 'split[a][b];[a]palettegen=max_colors=6:reserve_transparent=0[p];[b][p]paletteuse=dither=none';
	// Every frame of the end is written over the one before.
	await runFfmpeg('-sseof', '-0.2', '-i', video, '-filter_complex', fewColours, '-update', '1', file);
}

main().catch((error: unknown) => {
	process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
