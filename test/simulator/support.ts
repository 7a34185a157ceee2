import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { path as ffmpegPath } from '@ffmpeg-installer/ffmpeg';
import { path as ffprobePath } from '@ffprobe-installer/ffprobe';
import { FormData, request } from 'undici';
import {
	startSimulator,
	type ProviderId,
	type Simulator,
	type SimulatorOptions,
} from '../../simulator';

/** A simulator whose clock stands still until the test moves it. */
export interface Stage {
	simulator: Simulator;
	/** Moves the clock. */
	pass(seconds: number): void;
	nowMs(): number;
}

const open: Simulator[] = [];

export async function stage(options: SimulatorOptions = {}): Promise<Stage> {
	let nowMs = Date.UTC(2026, 3, 27, 16);
	const simulator = await startSimulator({ now: () => nowMs, ...options });
	open.push(simulator);
	return {
		simulator,
		pass: (seconds) => {
			nowMs += seconds * 1000;
		},
		nowMs: () => nowMs,
	};
}

export async function closeAll(): Promise<void> {
	await Promise.all(open.splice(0).map(async (simulator) => await simulator.close()));
}

export interface Answer {
	statusCode: number;
	headers: Record<string, string | string[] | undefined>;
	bytes: Buffer;
	text: string;
	/** Undefined when the text is no JSON. */
	json: unknown;
}

interface CallOptions {
	provider?: ProviderId;
	method?: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE';
	headers?: Record<string, string>;
	body?: string | FormData;
	signal?: AbortSignal;
}

export async function fetchUrl(url: string, options: CallOptions = {}): Promise<Answer> {
	const { method = 'GET', headers, body, signal } = options;
	const response = await request(url, { method, headers, body, signal });
	const bytes = Buffer.from(await response.body.arrayBuffer());
	const text = bytes.toString('utf8');
	return { statusCode: response.statusCode, headers: response.headers, bytes, text, json: parse(text) };
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** One authorized call; an object body is sent as JSON, a form as multipart. */
export async function call(
	{ simulator }: Stage,
	urlPath: string,
	body?: object,
	options: Pick<CallOptions, 'provider' | 'headers' | 'signal'> & { key?: string } = {},
): Promise<Answer> {
	const { provider = 'anyfast', key = simulator.apiKey, headers, signal } = options;
	const isJson = body !== undefined && !(body instanceof FormData);
	return await fetchUrl(simulator.baseUrls[provider] + urlPath, {
		method: body === undefined ? 'GET' : 'POST',
		headers: {
			authorization: `Bearer ${key}`,
			...(isJson && { 'content-type': 'application/json' }),
			...headers,
		},
		body: body instanceof FormData ? body : body && JSON.stringify(body),
		signal,
	});
}

/** Reads a value along a path of keys. */
export function at(value: unknown, ...keys: Array<string | number>): unknown {
	return keys.reduce<unknown>((found, key) => {
		if (typeof found !== 'object' || found === null) return undefined;
		return Reflect.get(found, key);
	}, value);
}

export function textAt(value: unknown, ...keys: Array<string | number>): string {
	const found = at(value, ...keys);
	if (typeof found === 'string') return found;
	throw new Error(`No text at ${keys.join('.')} of ${JSON.stringify(value)}`);
}

export const text = (prompt: string) => ({ type: 'text', text: prompt });

export const image = (url: string, role?: string) => ({
	type: 'image_url',
	image_url: { url },
	...(role && { role }),
});

export const video = (url: string) => ({
	type: 'video_url',
	video_url: { url },
	role: 'reference_video',
});

export const audio = (url: string) => ({
	type: 'audio_url',
	audio_url: { url },
	role: 'reference_audio',
});

export async function createTask(
	on: Stage,
	body: object = {},
	provider: ProviderId = 'anyfast',
): Promise<string> {
	const request = { model: 'seedance', content: [text('A cat playing piano')], ...body };
	const { json } = await call(on, '/v1/video/generations', request, { provider });
	return textAt(json, 'task_id');
}

export async function readTask(on: Stage, id: string, provider: ProviderId = 'anyfast'): Promise<unknown> {
	return (await call(on, `/v1/video/generations/${id}`, undefined, { provider })).json;
}

export async function createGroup(on: Stage, name = 'project', provider?: ProviderId): Promise<string> {
	const body = { model: 'volc-asset', Name: name };
	return textAt((await call(on, '/volc/asset/CreateAssetGroup', body, { provider })).json, 'Id');
}

/** Uploads a file as multipart; without an asset type it counts as an image. */
export async function upload(
	on: Stage,
	groupId: string,
	bytes: Buffer,
	options: { assetType?: 'Video' | 'Audio'; name?: string; provider?: ProviderId } = {},
): Promise<Answer> {
	const { assetType, name, provider } = options;
	const form = new FormData();
	if (assetType) {
		form.append('model', `volc-asset-${assetType.toLowerCase()}`);
		form.append('AssetType', assetType);
	}
	form.append('GroupId', groupId);
	if (name !== undefined) form.append('Name', name);
	form.append('file', new Blob([new Uint8Array(bytes)]), 'upload.bin');
	return await call(on, '/volc/asset/CreateAsset', form, { provider });
}

export async function activeAsset(
	on: Stage,
	groupId: string,
	bytes: Buffer,
	assetType?: 'Video' | 'Audio',
): Promise<string> {
	const id = textAt((await upload(on, groupId, bytes, { assetType })).json, 'Id');
	on.pass(10);
	return id;
}

/** Makes a media file with ffmpeg, such as `render('clip.mp4', 'testsrc=s=864x496:r=24:d=2')`. */
export function render(fileName: string, source: string, ...args: string[]): Buffer {
	return inFolder((folder) => {
		const file = path.join(folder, fileName);
		execFileSync(ffmpegPath, ['-v', 'error', '-f', 'lavfi', '-i', source, ...args, file]);
		return readFileSync(file);
	});
}

export const picture = (size: string, fileName = 'picture.png') =>
	// Scaled, as the source itself rounds odd sizes.
	render(fileName, 'color=teal:s=8x8', '-vf', `scale=${size.replace('x', ':')}`, '-frames:v', '1');

export const clip = (size: string, seconds: number, framesPerSecond = 24, fileName = 'clip.mp4') => {
	const source = `color=teal:s=${size}:r=${framesPerSecond}:d=${seconds}`;
	return render(fileName, source, '-pix_fmt', 'yuv420p', '-preset', 'ultrafast');
};

export const sound = (seconds: number, fileName = 'sound.wav') =>
	render(fileName, `sine=f=440:r=16000:d=${seconds}`);

/** What ffprobe says of a file. */
export function probe(bytes: Buffer): unknown {
	return inFolder((folder) => {
		const file = path.join(folder, 'file');
		writeFileSync(file, bytes);
		const args = ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file];
		const facts: unknown = JSON.parse(execFileSync(ffprobePath, args, { encoding: 'utf8' }));
		return facts;
	});
}

/** The pixels of one frame, small and grey: enough to tell pictures apart. */
export function greyPixels(bytes: Buffer, ...args: string[]): Buffer {
	return inFolder((folder) => {
		const file = path.join(folder, 'file');
		writeFileSync(file, bytes);
		const output = ['-vf', 'scale=16:16,format=gray', '-frames:v', '1', '-f', 'rawvideo', '-'];
		return execFileSync(ffmpegPath, ['-v', 'error', ...args, '-i', file, ...output]);
	});
}

function inFolder<T>(work: (folder: string) => T): T {
	const folder = mkdtempSync(path.join(tmpdir(), 'seedance-test-'));
	try {
		return work(folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
}
