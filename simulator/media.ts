import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, chmodSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { path as ffmpegPath } from '@ffmpeg-installer/ffmpeg';
import { path as ffprobePath } from '@ffprobe-installer/ffprobe';
import { request } from 'undici';
import { isObject } from './json';

export type MediaType = 'image' | 'video' | 'audio';

/** What ffprobe found in a file. */
export interface MediaFacts {
	mediaType: MediaType;
	format: string;
	width?: number;
	height?: number;
	durationSeconds?: number;
	framesPerSecond?: number;
}

/** A file the simulator holds; `facts` is undefined when it is no medium at all. */
export interface MediaFile {
	path: string;
	sizeBytes: number;
	facts?: MediaFacts;
}

export interface MediaProblem {
	code: string;
	message: string;
}

const maxDownloadBytes = 64 * 1024 * 1024;
const downloadTimeoutMs = 30_000;
const run = promisify(execFile);

/** Temporary files, ffmpeg and ffprobe of one simulator. */
export class Workshop {
	private folder?: Promise<string>;
	private readonly closing = new AbortController();

	/** @param keptFolder where files that come from outside stay. Default: they go with all others. */
	constructor(private readonly keptFolder?: string) {}

	/** The temporary folder, made when first needed. */
	async directory(): Promise<string> {
		this.closing.signal.throwIfAborted();
		this.folder ??= mkdtemp(path.join(tmpdir(), 'seedance-simulator-'));
		return await this.folder;
	}

	async keep(bytes: Buffer): Promise<MediaFile> {
		const file = path.join(await this.folderToKeep(), randomUUID());
		await writeFile(file, bytes);
		return { path: file, sizeBytes: bytes.length, facts: await this.probe(file, bytes) };
	}

	private async folderToKeep(): Promise<string> {
		if (this.keptFolder === undefined) return await this.directory();
		await mkdir(this.keptFolder, { recursive: true });
		return this.keptFolder;
	}

	async ffmpeg(args: string[]): Promise<string> {
		return await this.execute(ffmpegPath, ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...args]);
	}

	/** Stops what runs and removes all files but those that are to be kept. */
	async close(): Promise<void> {
		this.closing.abort();
		if (this.folder) await rm(await this.folder, { recursive: true, force: true, maxRetries: 3 });
	}

	private async probe(file: string, bytes: Buffer): Promise<MediaFacts | undefined> {
		// ffmpeg of this age cannot read HEIF pictures; known by their brand, they pass unmeasured.
		if (/^ftyp(heic|heix|heim|heis|mif1|msf1)$/.test(bytes.toString('latin1', 4, 12))) {
			return { mediaType: 'image', format: 'heif' };
		}
		try {
			const args = ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file];
			return readFacts(JSON.parse(await this.execute(ffprobePath, args)));
		} catch (error) {
			if (this.closing.signal.aborted) throw error;
			return undefined;
		}
	}

	private async execute(program: string, args: string[]): Promise<string> {
		makeExecutable(program);
		const { stdout } = await run(program, args, {
			cwd: await this.directory(),
			signal: this.closing.signal,
			maxBuffer: 16 * 1024 * 1024,
		});
		return stdout;
	}
}

/** npm's ignore-scripts skips the step that would have set the permission. */
function makeExecutable(program: string): void {
	try {
		accessSync(program, constants.X_OK);
	} catch {
		chmodSync(program, 0o755);
	}
}

function readFacts(output: unknown): MediaFacts | undefined {
	if (!isObject(output) || !isObject(output.format) || !Array.isArray(output.streams)) {
		return undefined;
	}
	const format = String(output.format.format_name);
	const streams = output.streams.filter(isObject);
	const picture = streams.find((stream) => stream.codec_type === 'video');
	const durationSeconds = Number(output.format.duration);
	const size = { width: Number(picture?.width), height: Number(picture?.height) };
	if (picture && /_pipe$|^image2|^gif$/.test(format)) {
		return { mediaType: 'image', format: format.replace(/_pipe$/, ''), ...size };
	}
	if (picture && format.includes('mp4')) {
		const [frames = 0, seconds = 1] = String(picture.avg_frame_rate).split('/').map(Number);
		return { mediaType: 'video', format, ...size, durationSeconds, framesPerSecond: frames / seconds };
	}
	if (format === 'mp3' || format === 'wav') return { mediaType: 'audio', format, durationSeconds };
	return undefined;
}

const megabyte = 1024 * 1024;

/** The documents' "Supported formats" tables. */
const limits = {
	image: {
		formats: /^(jpeg|image2|png|gif|webp|bmp|tiff|heif)$/,
		maxBytes: 30 * megabyte,
		sidePixels: [300, 6000],
		ratio: [0.4, 2.5],
	},
	video: {
		formats: /mp4/,
		maxBytes: 50 * megabyte,
		seconds: [2, 15],
		minPixels: 640 * 640,
		framesPerSecond: [24, 60],
	},
	audio: { formats: /^(mp3|wav)$/, maxBytes: 15 * megabyte, seconds: [2, 15] },
} as const;

/** The maximum pixel count in each row of the document's "Resolution pixel values". */
const maxVideoPixels = { '720p': 834 * 1112, '1080p': 2208 * 944, '4k': 8_295_044 };

/** Where a provider takes other clips than most. */
export interface ClipLimits {
	maxResolution?: keyof typeof maxVideoPixels;
	maxSeconds?: number;
	maxMegabytes?: number;
}

/** The first documented limit that the file breaks. The codes are ours: the documents name none. */
export function findProblem(
	wanted: MediaType,
	file: MediaFile,
	{ maxResolution = '720p', maxSeconds, maxMegabytes }: ClipLimits = {},
): MediaProblem | undefined {
	const { facts, sizeBytes } = file;
	const problem = (what: string, message: string) => ({ code: `InvalidParameter.${what}`, message });
	if (facts?.mediaType !== wanted || !limits[wanted].formats.test(facts.format)) {
		const given = facts ? `${facts.mediaType} (${facts.format})` : 'something else';
		return problem('UnsupportedFormat', `The file is not a supported ${wanted}: it is ${given}.`);
	}
	const mostMegabytes = (wanted === 'video' && maxMegabytes) || limits[wanted].maxBytes / megabyte;
	if (sizeBytes >= mostMegabytes * megabyte) {
		return problem('FileTooLarge', `The ${wanted} must be smaller than ${mostMegabytes} MB.`);
	}
	const { width, height, durationSeconds, framesPerSecond } = facts;
	if (wanted !== 'image' && durationSeconds !== undefined) {
		const [min] = limits[wanted].seconds;
		const max = (wanted === 'video' && maxSeconds) || limits[wanted].seconds[1];
		// Encoders pad to whole packets, so a tenth of a second is forgiven.
		if (isOutside(durationSeconds, min - 0.1, max + 0.1)) {
			return problem('Duration', `The ${wanted} must last ${min} to ${max} s, not ${durationSeconds} s.`);
		}
	}
	if (width === undefined || height === undefined) return undefined;
	if (wanted === 'image') {
		const [minSide, maxSide] = limits.image.sidePixels;
		if (isOutside(width, minSide, maxSide) || isOutside(height, minSide, maxSide)) {
			return problem(
				'ImageSize',
				`The sides of the image must have ${minSide} to ${maxSide} px, not ${width}x${height}.`,
			);
		}
		const [minRatio, maxRatio] = limits.image.ratio;
		if (isOutside(width / height, minRatio, maxRatio)) {
			return problem('AspectRatio', `The aspect ratio of the image must be ${minRatio} to ${maxRatio}.`);
		}
	}
	if (wanted === 'video') {
		if (isOutside(width * height, limits.video.minPixels, maxVideoPixels[maxResolution])) {
			return problem('PixelCount', `The video must be 480p to ${maxResolution}, not ${width}x${height}.`);
		}
		const [minRate, maxRate] = limits.video.framesPerSecond;
		if (framesPerSecond === undefined || isOutside(framesPerSecond, minRate, maxRate)) {
			return problem(
				'FrameRate',
				`The video must have ${minRate} to ${maxRate} frames per second, not ${framesPerSecond}.`,
			);
		}
	}
	return undefined;
}

function isOutside(value: number, min: number, max: number): boolean {
	return !(value >= min && value <= max);
}

/** Hosts reserved for documentation (RFC 2606): taken to exist, never fetched. */
export function isDocumentationHost(url: URL): boolean {
	return /(^|\.)example(\.(com|net|org))?$/i.test(url.hostname);
}

/**
 * Fetches a public URL, as the provider would.
 * @throws Error when it cannot be fetched.
 */
export async function download(url: URL, maxBytes = maxDownloadBytes): Promise<Buffer> {
	const response = await request(url, {
		headersTimeout: downloadTimeoutMs,
		bodyTimeout: downloadTimeoutMs,
	});
	if (response.statusCode !== 200) {
		await response.body.dump();
		throw new Error(`status ${response.statusCode}`);
	}
	const chunks: Buffer[] = [];
	let sizeBytes = 0;
	for await (const chunk of response.body) {
		if (!Buffer.isBuffer(chunk)) throw new Error('not bytes');
		sizeBytes += chunk.length;
		if (sizeBytes > maxBytes) throw new Error('too large');
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/** The bytes of a data URI with base64 content; undefined for anything else. */
export function decodeDataUri(text: string): { mimeType: string; bytes: Buffer } | undefined {
	const [header, mimeType] = /^data:([\w.+-]+\/[\w.+-]+);base64,/.exec(text) ?? [];
	const bytes = header === undefined ? undefined : decodeBase64(text.slice(header.length));
	return mimeType !== undefined && bytes ? { mimeType: mimeType.toLowerCase(), bytes } : undefined;
}

export function decodeBase64(text: string): Buffer | undefined {
	// No repetition over the whole text: that overflows the stack for megabytes.
	const isBase64 =
		text.length > 0 && text.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(text.replace(/={1,2}$/, ''));
	return isBase64 ? Buffer.from(text, 'base64') : undefined;
}
