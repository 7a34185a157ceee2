import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { promisify } from 'node:util';
import { path as ffmpeg } from '@ffmpeg-installer/ffmpeg';
import { path as ffprobe } from '@ffprobe-installer/ffprobe';

/** Runs ffmpeg, which writes over a file that is there. @throws Error with what it says */
export async function runFfmpeg(...args: string[]): Promise<void> {
	await run(ffmpeg, ['-v', 'error', '-y', ...args]);
}

/** What ffprobe finds in a file, as it writes it. @throws Error with what it says */
export async function runFfprobe(file: string): Promise<unknown> {
	return JSON.parse(await run(ffprobe, ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', file]));
}

async function run(program: string, args: string[]): Promise<string> {
	// They come without the right to run when npm runs no install scripts.
	await chmod(program, 0o755);
	const { stdout } = await promisify(execFile)(program, args);
	return stdout;
}
