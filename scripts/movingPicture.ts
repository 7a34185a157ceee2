/**
 * `npm run pictures:video`: runs the demo and makes the moving picture at the top of the README from its video, an
 * animated WebP, which browsers, GitHub and npm play and which is a third of the size of a GIF.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runFfmpeg } from '../harness/media/ffmpeg';

const root = join(__dirname, '..');
const video = join(root, '.work/demo/anyfast/shot-1.mp4');
const picture = join(root, 'docs/pictures/video.webp');

async function main(): Promise<void> {
	await mkdir(dirname(picture), { recursive: true });
	await runFfmpeg(
		...['-i', video, '-an', '-vf', 'fps=12,scale=640:-2:flags=lanczos'],
		...['-c:v', 'libwebp_anim', '-quality', '60', '-compression_level', '6', '-loop', '0', picture],
	);
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
