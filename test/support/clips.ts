import { createReadStream, statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runFfmpeg, runFfprobe } from '../../harness/media/ffmpeg';
import type { Film, MediaSource } from '../../nodes/SeedanceFilm/film';

/** Real clips for the film functions, in a folder of their own, and what decoders say about films. */
export class Clips {
	private constructor(private readonly folder: string) {}

	static async create() {
		return new Clips(await mkdtemp(join(tmpdir(), 'film-')));
	}

	async remove() {
		await rm(this.folder, { recursive: true, force: true });
	}

	path(name: string) {
		return join(this.folder, name);
	}

	/**
	 * A clip of 64 × 64 pixels that flashes and beeps at the same moment, half a second after each full one.
	 * @param encoding more arguments of ffmpeg
	 */
	async make(name: string, { seconds = 2, rate = 24, size = '64x64', sampleRate = 44100, sound = true }: ClipOptions = {}, ...encoding: string[]) {
		const flash = "drawbox=c=white:t=fill:enable='between(mod(t,1),0.5,0.6)'";
		await runFfmpeg(
			...['-f', 'lavfi', '-i', `color=c=black:s=${size}:r=${rate}:d=${seconds},${flash}`],
			...(sound ? ['-f', 'lavfi', '-i', `aevalsrc='if(between(mod(t,1),0.5,0.6),sin(2*PI*1000*t)*0.7,0)':s=${sampleRate}:d=${seconds}`] : []),
			...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '24', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', ...encoding],
			this.path(name),
		);
		return this.source(name);
	}

	/** Another file from one that is there. */
	async convert(from: string, to: string, ...args: string[]) {
		await runFfmpeg('-i', this.path(from), ...args, this.path(to));
		return this.source(to);
	}

	source(name: string): MediaSource {
		const path = this.path(name);
		return {
			fileName: basename(path),
			sizeBytes: statSync(path).size,
			async *open() {
				for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
			},
		};
	}

	async read(name: string) {
		return await readFile(this.path(name));
	}

	/** Writes the film and has all of it decoded. @returns what ffprobe finds, and when the film flashes and beeps */
	async check(film: Film, name = 'film.mp4') {
		await writeFile(this.path(name), film.content());
		expect(statSync(this.path(name)).size).toBe(film.sizeBytes);
		return await this.observe(name);
	}

	async observe(name: string): Promise<Observed> {
		const path = this.path(name);
		await runFfmpeg('-xerror', '-i', path, '-f', 'null', '-');
		const { streams, format } = (await runFfprobe(path)) as { streams: Stream[]; format: { duration: string } };
		// The first frame and the first sound are there from the start, after what decoders are told to skip.
		for (const { start_time } of streams) expect(Number(start_time)).toBe(0);
		const boxes = topBoxes(await readFile(path));
		const video = streams.find(({ codec_type }) => codec_type === 'video');
		const sound = streams.find(({ codec_type }) => codec_type === 'audio');
		return {
			boxes,
			seconds: Number(format.duration),
			...(video && { video: { ...video, flashes: await this.flashes(path) } }),
			...(sound && { sound: { ...sound, beeps: await this.beeps(path) } }),
		};
	}

	/** When each packet of a stream is decoded and shown, in units of the stream, as FFmpeg reads them. */
	async times(name: string, stream: 'v' | 'a') {
		const list = await this.convert(name, `${name}.${stream}.txt`, '-map', `0:${stream}`, '-c', 'copy', '-f', 'framecrc');
		const lines = (await this.read(list.fileName)).toString().split('\n').filter((line) => /^\d/.test(line));
		return lines.map((line) => {
			const [, decoded = NaN, shown = NaN] = line.split(',').map(Number);
			return { decoded, shown };
		});
	}

	private async flashes(path: string): Promise<number[]> {
		const raw = `${path}.gray`;
		// A thousand frames per second, so that the time of each is known whatever the frame rate.
		await runFfmpeg('-i', path, '-an', '-vf', 'fps=1000,scale=4:4', '-pix_fmt', 'gray', '-f', 'rawvideo', raw);
		const bytes = await readFile(raw);
		const frames = Array.from({ length: bytes.length / 16 }, (_, frame) => (bytes[16 * frame + 5] ?? 0) > 128);
		return risesOf(frames).map((frame) => frame / 1000);
	}

	private async beeps(path: string): Promise<number[]> {
		const raw = `${path}.pcm`;
		await runFfmpeg('-i', path, '-vn', '-ac', '1', '-ar', '44100', '-f', 's16le', raw);
		const bytes = await readFile(raw);
		const block = 44;
		const levels = Array.from({ length: Math.floor(bytes.length / 2 / block) }, (_, index) => {
			let peak = 0;
			for (let sample = index * block; sample < (index + 1) * block; sample++) peak = Math.max(peak, Math.abs(bytes.readInt16LE(2 * sample)));
			return peak;
		});
		const loudest = Math.max(...levels);
		// A beep of a thousand hertz is loud in every block; between two beeps it is silent for long.
		return risesOf(levels.map((_, index) => Math.max(...levels.slice(index, index + 2)) > loudest / 4)).map((index) => (index * block) / 44100);
	}
}

interface ClipOptions {
	seconds?: number;
	rate?: number;
	size?: string;
	sampleRate?: number;
	sound?: boolean;
}

interface Stream {
	codec_type: string;
	codec_name: string;
	codec_tag_string: string;
	width?: number;
	height?: number;
	duration: string;
	start_time: string;
	nb_frames: string;
	r_frame_rate: string;
	channels?: number;
	side_data_list?: Array<{ rotation?: number }>;
	color_primaries?: string;
}

export interface Observed {
	/** The types of the boxes of the file, in order. */
	boxes: string[];
	seconds: number;
	video?: Stream & { flashes: number[] };
	sound?: Stream & { beeps: number[] };
}

/** Where a condition begins to hold, at the start or after it did not. */
function risesOf(holds: readonly boolean[]): number[] {
	return holds.flatMap((now, index) => (now && !holds[index - 1] ? [index] : []));
}

function topBoxes(file: Buffer): string[] {
	const types: string[] = [];
	for (let start = 0; start + 8 <= file.length; ) {
		types.push(file.toString('latin1', start + 4, start + 8));
		start += file.readUInt32BE(start) || file.length;
	}
	return types;
}

/** A file in memory, in pieces as a stream brings them. */
export function sourceOf(bytes: Uint8Array, fileName = 'clip.mp4', pieceBytes = 64 * 1024): MediaSource {
	return {
		fileName,
		sizeBytes: bytes.length,
		async *open() {
			for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
		},
	};
}

/** All bytes of a film. */
export async function contentOf(film: Film): Promise<Buffer> {
	const pieces: Uint8Array[] = [];
	for await (const piece of film.content()) pieces.push(Buffer.from(piece));
	return Buffer.concat(pieces);
}
