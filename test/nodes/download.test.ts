import type { INodeParameters } from 'n8n-workflow';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AnswerEffect, Fault } from '../../simulator';
import { binaryModes, removeStoredFiles, storedFiles } from '../../harness/engine/binaryFiles';
import { readBinary } from '../../harness/engine/engine';
import { Lab } from '../support/lab';
import { sampleFiles } from '../../harness/media/sampleFiles';

/** Downloads on n8n's engine from a storage host that misbehaves, in virtual time. */
const provider = 'anyfast';
let folder: string;
let videoFile: string;
let video: Buffer;
let lab: Lab;

beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'seedance-download-'));
	videoFile = path.join(folder, 'video.mp4');
	video = Buffer.from((await sampleFiles()).video.data, 'base64');
	await writeFile(videoFile, video);
});
afterAll(async () => await rm(folder, { recursive: true }));
beforeEach(async () => {
	lab = await Lab.open({ videoFile });
	// A connection that is left open stops virtual time.
	lab.patienceMs = 5_000;
});
afterEach(async () => {
	await lab.close();
	await removeStoredFiles();
});

const fault = (effect: AnswerEffect, hits: Partial<Fault> = {}) =>
	lab.simulator.faults.add({ route: 'storage.get', effect, ...hits });

/** A finished task. */
async function finish(settings: INodeParameters = {}): Promise<string> {
	const parameters = { provider, operation: 'generate', mode: 'textToVideo', prompt: 'A cat', waitForCompletion: 'dontWait' };
	const [task] = await lab.json('seedanceGenerate', { ...parameters, settings });
	lab.nowMs += 120_000;
	return String(task?.taskId);
}

const download = async (taskId: string, options: INodeParameters = {}, host: Parameters<Lab['host']>[0] = {}, signal?: AbortSignal) =>
	await lab.run(
		'seedanceGenerate',
		{ provider, operation: 'downloadVideo', taskId, options },
		{ host: lab.host({ binaryMode: 'filesystem', ...host }), signal },
	);

const storage = () => lab.simulator.storageCalls;
const ranges = () => storage().map(({ range }) => range);
/** Where each request wants to begin. */
const starts = () => ranges().map((range) => Number(/\d+/.exec(range ?? '0')));
const half = () => Math.floor(video.length / 2);

/** What came is the video, byte for byte, and n8n holds nothing else. */
async function expectVideo(run: Awaited<ReturnType<typeof download>>) {
	expect(run.error).toBeUndefined();
	const file = run.output[0]?.[0]?.binary?.data;
	if (!file) throw new Error('There is no file');
	expect((await readBinary(file)).equals(video)).toBe(true);
	expect(await storedFiles()).toHaveLength(1);
}

/** Nothing came, and n8n holds nothing. */
async function expectFailure(run: Awaited<ReturnType<typeof download>>, why: RegExp) {
	expect(run.error?.message).toMatch(why);
	expect(run.error?.message).toContain('could not be downloaded');
	expect(await storedFiles()).toEqual([]);
}

describe('A transfer that breaks resumes with the rest', () => {
	it.each<[string, AnswerEffect]>([
		['when it is cut short', { kind: 'truncate' }],
		['when it is reset in the middle', { kind: 'resetMidway' }],
		['when it stands still', { kind: 'standstill' }],
	])('%s', async (_case, effect) => {
		const taskId = await finish();
		fault(effect);
		await expectVideo(await download(taskId));
		const [first, rest, ...others] = starts();
		expect([first, others]).toEqual([0, []]);
		// A connection that is torn down takes along what nobody has read yet.
		expect(rest).toBeGreaterThan(0);
		expect(rest).toBeLessThanOrEqual(half());
	});

	it('and again, after a longer pause each time', async () => {
		const taskId = await finish();
		fault({ kind: 'truncate', afterBytes: 200_000 }, { times: 4 });
		await expectVideo(await download(taskId));
		const begun = starts();
		expect(begun).toHaveLength(5);
		expect(begun).toEqual([...new Set(begun)].sort((one, other) => one - other));
		const times = storage().map(({ atMs }) => atMs);
		const pausesMs = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
		for (const [index, pauseMs] of pausesMs.entries()) {
			expect(pauseMs).toBeGreaterThanOrEqual(500 * 2 ** index);
			expect(pauseMs).toBeLessThanOrEqual(1000 * 2 ** index + 1);
		}
	});

	it('but not without end: no partial file is left', async () => {
		const taskId = await finish();
		fault({ kind: 'truncate', afterBytes: 100_000 }, { times: Infinity });
		await expectFailure(await download(taskId), /aborted|bytes came/);
		expect(storage()).toHaveLength(6);
	});

	it('past answers that say "later", for as long as they ask', async () => {
		const taskId = await finish();
		fault({ kind: 'resetMidway' });
		fault({ kind: 'status', statusCode: 503, retryAfterSeconds: 40 });
		await expectVideo(await download(taskId));
		const [, busy, last] = storage();
		expect((last?.atMs ?? 0) - (busy?.atMs ?? 0)).toBe(40_000);
	});

	it('until the execution is stopped', async () => {
		const taskId = await finish();
		const stop = new AbortController();
		fault({ kind: 'truncate' }, { times: Infinity });
		const running = download(taskId, {}, {}, stop.signal);
		while (storage().length < 2) await new Promise((resolve) => setImmediate(resolve));
		stop.abort();
		const { run } = await running;
		expect(run.status).toBe('canceled');
		expect(storage()).toHaveLength(2);
		expect(await storedFiles()).toEqual([]);
	});
});

describe('A transfer', () => {
	it('that is slow may take its time', async () => {
		const taskId = await finish();
		fault({ kind: 'slow', parts: 10, pauseSeconds: 25 });
		await expectVideo(await download(taskId));
		expect(storage()).toHaveLength(1);
	});

	const drip = { kind: 'slow', parts: 100_000, pauseSeconds: 29 } as const;

	it('that is too slow is ended, and resumes at a host that is not', async () => {
		const taskId = await finish();
		const startMs = lab.nowMs;
		fault(drip);
		await expectVideo(await download(taskId));
		expect(storage()).toHaveLength(2);
		expect(lab.nowMs - startMs).toBeLessThan(400_000);
	});

	it('that is too slow in every attempt is given up within the hour', async () => {
		const taskId = await finish();
		const startMs = lab.nowMs;
		fault(drip, { times: Infinity });
		await expectFailure(await download(taskId), /only \d+ bytes came in 3\d\d s/);
		expect(storage()).toHaveLength(6);
		expect(lab.nowMs - startMs).toBeLessThan(3_600_000);
	});

	it('that takes longer than an hour is given up, however steadily it comes', async () => {
		await lab.close();
		const longFile = path.join(folder, 'long.mp4');
		await writeFile(longFile, Buffer.concat([video, Buffer.alloc(6_000_000)]));
		lab = await Lab.open({ videoFile: longFile });
		const taskId = await finish();
		const startMs = lab.nowMs;
		fault({ kind: 'slow', parts: 200, pauseSeconds: 25 });
		await expectFailure(await download(taskId), /not complete after 60 minutes/);
		expect(storage()).toHaveLength(1);
		expect(lab.nowMs - startMs).toBeLessThan(3_700_000);
	});

	it('that is never answered is asked for again', async () => {
		const taskId = await finish();
		fault({ kind: 'hang' });
		await expectVideo(await download(taskId));
		expect(storage()).toHaveLength(2);
	});

	it.each<[string, AnswerEffect]>([
		['is answered with the whole file', { kind: 'rangeIgnored' }],
		['is answered with another part', { kind: 'rangeShifted' }],
		['is answered with a file that has taken its place', { kind: 'replaced' }],
		['is answered with a part of that file', { kind: 'replaced', inParts: true }],
	])('begins again when its rest %s', async (_case, effect) => {
		const taskId = await finish();
		fault({ kind: 'truncate' });
		fault(effect);
		await expectVideo(await download(taskId));
		expect(ranges()).toStrictEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/), undefined]);
	});

	it('takes a rest that comes in parts', async () => {
		const taskId = await finish();
		fault({ kind: 'truncate' });
		fault({ kind: 'rangeHalved' }, { times: 2 });
		await expectVideo(await download(taskId));
		expect(ranges()).toStrictEqual([undefined, ...Array<unknown>(3).fill(expect.stringMatching(/^bytes=[1-9]\d*-$/))]);
	});

	it('that brings nothing begins again', async () => {
		const taskId = await finish();
		fault({ kind: 'empty' });
		await expectVideo(await download(taskId));
		expect(ranges()).toEqual([undefined, undefined]);
	});

	it('that never brings anything is no video', async () => {
		const taskId = await finish();
		fault({ kind: 'empty' }, { times: Infinity });
		await expectFailure(await download(taskId), /the file is empty/);
		expect(storage()).toHaveLength(6);
	});

	it('is complete when the storage has announced more than there is', async () => {
		const taskId = await finish();
		fault({ kind: 'tooLongLength', extraBytes: 77 });
		await expectVideo(await download(taskId));
		expect(storage()).toHaveLength(2);
	});
});

describe('A link that has expired', () => {
	/** Links signed in the same second are equal. */
	const later = () => fault({ kind: 'status', statusCode: 503, retryAfterSeconds: 40 });

	it.each([
		['at the start', false],
		['in the middle', true],
	])('%s is replaced by a new one of the task', async (_case, isBegun) => {
		const taskId = await finish();
		if (isBegun) fault({ kind: 'truncate' });
		later();
		fault({ kind: 'linkExpired' });
		const checksBefore = lab.callsOf('tasks.get').length;
		await expectVideo(await download(taskId));
		expect(lab.callsOf('tasks.get')).toHaveLength(checksBefore + 2);
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('is given up when new ones do not work either', async () => {
		const taskId = await finish();
		for (let index = 0; index < 4; index++) {
			later();
			fault({ kind: 'linkExpired' });
		}
		const run = await download(taskId);
		await expectFailure(run, /the storage answered 403/);
		expect(run.error).toMatchObject({ context: { reason: 'expired', taskId } });
		expect(storage().map(({ statusCode }) => statusCode)).toEqual([503, 403, 503, 403, 503, 403]);
	});

	it('is given up when the new one is the same', async () => {
		const taskId = await finish();
		fault({ kind: 'linkExpired' }, { times: Infinity });
		const checksBefore = lab.callsOf('tasks.get').length;
		const run = await download(taskId);
		await expectFailure(run, /the storage answered 403/);
		expect(run.error).toMatchObject({ context: { reason: 'expired', taskId } });
		expect(storage()).toHaveLength(1);
		expect(lab.callsOf('tasks.get')).toHaveLength(checksBefore + 2);
	});
});

describe('The content is checked', () => {
	it.each(['text/html; charset=utf-8', 'application/json', 'application/problem+json', 'application/xml', 'image/png'])(
		'%s is no video',
		async (contentType) => {
			const taskId = await finish();
			fault({ kind: 'contentType', contentType });
			await expectFailure(await download(taskId), new RegExp(`sent ${contentType.split(';')[0]?.replace('+', '\\+')} instead of a video`));
			expect(storage()).toHaveLength(1);
		},
	);

	it.each(['application/octet-stream', 'binary/octet-stream', 'video/mp4; codecs=avc1'])('%s is taken', async (contentType) => {
		const taskId = await finish();
		fault({ kind: 'contentType', contentType });
		const run = await download(taskId);
		await expectVideo(run);
		expect(run.output[0]?.[0]?.binary?.data).toMatchObject({ fileName: `${taskId}.mp4`, mimeType: 'video/mp4' });
	});

	it.each([
		['image/jpeg', 'jpg', 'image/jpeg'],
		['image/webp', 'webp', 'image/webp'],
		['application/octet-stream', 'png', 'image/png'],
	])('a last frame that is %s has the extension %s', async (contentType, extension, mimeType) => {
		const taskId = await finish({ returnLastFrame: true });
		fault({ kind: 'contentType', contentType }, { path: '.png' });
		const { output } = await download(taskId);
		expect(output[0]?.[0]?.binary?.lastFrame).toMatchObject({ fileName: `${taskId}-last-frame.${extension}`, mimeType });
	});
});

describe('Maximum File Size', () => {
	it('is compared with the announced length, before a byte is read', async () => {
		const taskId = await finish();
		const run = await download(taskId, { maxFileSizeMegabytes: 0.1 });
		await expectFailure(run, /it has \d.*"Maximum File Size \(MB\)" is 0.1/);
		expect(run.error?.description).toContain('Raise "Maximum File Size (MB)"');
		expect(run.error).toMatchObject({ context: { taskId } });
	});

	it('ends a file without end', async () => {
		const taskId = await finish();
		fault({ kind: 'endless' });
		await expectFailure(await download(taskId, { maxFileSizeMegabytes: 3 }), /it has more than 3 MB/);
		expect(storage()).toHaveLength(1);
	});

	it('must be more than nothing', async () => {
		const { error } = await download('task', { maxFileSizeMegabytes: 0 });
		expect(error?.message).toContain('Maximum File Size (MB)');
	});
});

describe('Redirects', () => {
	it('are followed without the key, five in a row', async () => {
		const taskId = await finish();
		fault({ kind: 'redirect' }, { times: 5 });
		await expectVideo(await download(taskId));
		expect(storage()).toHaveLength(6);
		expect(storage().flatMap(({ credentials }) => credentials)).toEqual([]);
	});

	it('in a loop come to an end', async () => {
		const taskId = await finish();
		fault({ kind: 'redirect' }, { times: Infinity });
		await expectFailure(await download(taskId), /redirected more than 5 times/);
		expect(storage()).toHaveLength(6);
	});

	it.each(['file:///etc/passwd', 'ftp://files.example.com/video.mp4', 'data:video/mp4;base64,AAAA'])(
		'to another scheme are refused: %s',
		async (location) => {
			const taskId = await finish();
			fault({ kind: 'redirect', location });
			await expectFailure(await download(taskId), /neither http nor https/);
			expect(storage()).toHaveLength(1);
		},
	);

	it('carry no key to a host of their own', async () => {
		const headers: string[] = [];
		const other = createServer((request, response) => {
			headers.push(...request.rawHeaders);
			response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': video.length }).end(video);
		});
		await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
		const { port } = other.address() as AddressInfo;
		const taskId = await finish();
		fault({ kind: 'redirect', location: `http://localhost:${port}/video.mp4` });
		await expectVideo(await download(taskId));
		expect(headers.join('\n')).not.toContain(lab.simulator.apiKey);
		expect(headers.map((header) => header.toLowerCase())).not.toContain('authorization');
		other.close();
	});
});

describe.each(binaryModes)('In %s mode', (binaryMode) => {
	it('files go up and come down', async () => {
		const { video: file } = await sampleFiles();
		const upload = { provider, operation: 'create', source: 'binary', binaryPropertyName: 'data', mediaType: 'video' };
		const groupParameters = { provider, operation: 'create', name: 'People' };
		const [group] = await lab.json('assetGroup', groupParameters);
		const taskId = await finish();
		fault({ kind: 'truncate' });
		const run = await download(taskId, {}, { binaryMode });
		const binary = run.output[0]?.[0]?.binary?.data;
		if (!binary) throw run.error ?? new Error('There is no file');
		expect((await readBinary(binary)).equals(await readFile(videoFile))).toBe(true);
		expect(binary.id === undefined).toBe(binaryMode === 'memory');
		const [asset] = await lab.items(
			'asset',
			{ ...upload, groupId: { __rl: true, mode: 'id', value: String(group?.groupId) }, waitUntilActive: false },
			{ items: [{ json: {}, binary: { data: { ...file, ...binary } } }], host: lab.host({ binaryMode }) },
		);
		expect(asset?.json.assetId).toBeDefined();
		expect(JSON.stringify(lab.callsOf('assets.create')[0]?.body)).toContain(`"sizeBytes":${video.length}`);
	});

	it('a transfer that fails leaves nothing', async () => {
		const taskId = await finish();
		fault({ kind: 'truncate' }, { times: Infinity });
		const { error } = await download(taskId, {}, { binaryMode });
		expect(error?.message).toContain('could not be downloaded');
		expect(await storedFiles()).toEqual([]);
	});
});
