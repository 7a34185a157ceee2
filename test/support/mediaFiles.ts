import ffmpeg from '@ffmpeg-installer/ffmpeg';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { FileSource } from '../../nodes/shared/vocabulary';

const made = new Map<string, Promise<Buffer>>();

/** A file by ffmpeg, made once in a run. @param args all but the name of the output */
export async function makeFile(extension: string, ...args: string[]): Promise<Buffer> {
	const key = JSON.stringify([extension, args]);
	const file = made.get(key) ?? make(extension, args);
	made.set(key, file);
	return await file;
}

async function make(extension: string, args: string[]): Promise<Buffer> {
	return await inFolder(async (folder) => {
		const file = path.join(folder, `file.${extension}`);
		await run([...args, file]);
		return await readFile(file);
	});
}

/** A part of a clip of 30 s that is cut without encoding, so that it begins at a key frame before the cut. */
export async function makeCut(extension: string, startSeconds: number, seconds: number): Promise<Buffer> {
	const long = await makeVideo({ seconds: 30, hasSound: true, more: ['-g', '288'] });
	return await inFolder(async (folder) => {
		const [whole, cut] = [path.join(folder, 'whole.mp4'), path.join(folder, `cut.${extension}`)];
		await writeFile(whole, long);
		await run(['-ss', String(startSeconds), '-i', whole, '-t', String(seconds), '-c', 'copy', cut]);
		return await readFile(cut);
	});
}

async function run(args: string[]): Promise<void> {
	// It comes without the right to run when npm runs no install scripts.
	await chmod(ffmpeg.path, 0o755);
	await promisify(execFile)(ffmpeg.path, ['-v', 'error', ...args]);
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
	const folder = await mkdtemp(path.join(tmpdir(), 'media-'));
	return await work(folder).finally(async () => await rm(folder, { recursive: true, force: true }));
}

/** A picture of one colour. @param extension png, jpg, gif, bmp, tiff or webp */
export const makePicture = async (extension: string, width: number, height: number) =>
	await makeFile(extension, '-f', 'lavfi', '-i', `color=s=${width}x${height}:c=teal`, '-frames:v', '1');

/** A PNG of any size, as far as its size: quicker than to paint one. */
export const makePngHead = (width: number, height: number) =>
	Buffer.concat([
		Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
		uint32(13),
		Buffer.from('IHDR'),
		uint32(width, height),
		Buffer.from([8, 2, 0, 0, 0, 0, 0, 0, 0]),
	]);

export interface VideoWishes {
	width?: number;
	height?: number;
	seconds?: number;
	/** As ffmpeg takes it, e.g. 24000/1001. */
	framesPerSecond?: string;
	extension?: 'mp4' | 'mov';
	hasSound?: boolean;
	more?: string[];
}

/** A clip of one colour; its index is at the end, as ffmpeg leaves it. */
export const makeVideo = async ({
	width = 864,
	height = 496,
	seconds = 3,
	framesPerSecond = '24',
	extension = 'mp4',
	hasSound = false,
	more = [],
}: VideoWishes = {}) =>
	await makeFile(
		extension,
		...['-f', 'lavfi', '-i', `color=s=${width}x${height}:r=${framesPerSecond}:d=${seconds}:c=teal`],
		...(hasSound ? ['-f', 'lavfi', '-i', `sine=duration=${seconds}`, '-c:a', 'aac'] : []),
		...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...more],
	);

/** A tone. @param extension mp3, wav or any other that ffmpeg knows */
export const makeSound = async (extension: string, seconds: number, ...more: string[]) =>
	await makeFile(extension, '-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`, ...more);

/**
 * A HEIF picture as far as its boxes go, ISO 23008-12: ffmpeg of this age cannot write one.
 * @param compatible the other brands, one after the other
 */
export function makeHeif(
	brand: string,
	sizes: ReadonlyArray<readonly [width: number, height: number]>,
	compatible = brand.startsWith('avi') ? 'mif1avif' : 'mif1heic',
): Buffer {
	const properties = sizes.map(([width, height]) => box('ispe', uint32(0, width, height)));
	return Buffer.concat([
		box('ftyp', Buffer.from(brand), uint32(0), Buffer.from(compatible)),
		box('meta', uint32(0), box('hdlr', Buffer.alloc(25)), box('iprp', box('ipco', ...properties))),
		box('mdat', Buffer.alloc(64)),
	]);
}

/** A box of an ISO base media file. */
export function box(type: string, ...content: Buffer[]): Buffer {
	const bytes = Buffer.concat(content);
	return Buffer.concat([uint32(bytes.length + 8), Buffer.from(type, 'latin1'), bytes]);
}

export function uint32(...values: number[]): Buffer {
	const bytes = Buffer.alloc(values.length * 4);
	values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
	return bytes;
}

/** A file in n8n's store, which counts what is read of it and tells when it is closed. */
export class CountedFile implements FileSource {
	readonly fileName: string;
	readonly mimeType = 'application/octet-stream';
	readonly sizeBytes: number;
	readBytes = 0;
	openStreams = 0;

	constructor(
		private readonly bytes: Buffer,
		{ fileName = 'file', sizeBytes = bytes.length, chunkBytes = 64 * 1024 } = {},
	) {
		this.fileName = fileName;
		this.sizeBytes = sizeBytes;
		this.chunkBytes = chunkBytes;
	}

	private readonly chunkBytes: number;

	async *open(): AsyncGenerator<Uint8Array, void> {
		this.openStreams++;
		try {
			for (let at = 0; at < this.bytes.length; at += this.chunkBytes) {
				const chunk = this.bytes.subarray(at, at + this.chunkBytes);
				this.readBytes += chunk.length;
				yield chunk;
			}
		} finally {
			this.openStreams--;
		}
	}
}
