import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { IBinaryData, IDataObject, INode, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BinaryMode, binaryModes, chooseBinaryMode, removeStoredFiles, storedFiles } from '../../harness/engine/binaryFiles';
import { readBinary, runNode } from '../../harness/engine/engine';
import { runFfmpeg } from '../../harness/media/ffmpeg';
import { probe } from '../../harness/media/sampleFiles';
import { until } from '../../harness/n8n/until';
import { SeedanceFilm } from '../../nodes/SeedanceFilm/SeedanceFilm.node';
import { makeFile } from '../support/mediaFiles';

/** The node Seedance Film on n8n's engine, with files of ffmpeg, in every way that n8n keeps files. */

afterEach(async () => await removeStoredFiles());

const oneFrame = 1 / 24;

interface Shot {
	colour?: 'red' | 'lime' | 'blue';
	seconds?: number;
	size?: string;
	hasSound?: boolean;
}

async function shot({ colour = 'red', seconds = 1, size = '320x180', hasSound = true }: Shot = {}): Promise<Buffer> {
	const picture = ['-f', 'lavfi', '-i', `color=${colour}:s=${size}:r=24:d=${seconds}`];
	const sound = hasSound ? ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=44100:duration=${seconds}`, '-c:a', 'aac', '-ac', '2'] : [];
	return await makeFile('mp4', ...picture, ...sound, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '12', '-movflags', '+faststart');
}

const music = async (seconds: number) =>
	await makeFile('m4a', '-f', 'lavfi', '-i', `sine=frequency=220:sample_rate=44100:duration=${seconds}`, '-c:a', 'aac', '-ac', '2');

interface GivenFile {
	bytes: Buffer;
	name?: string;
	mimeType?: string;
}

/** As n8n passes files on: as base64 in the item, or by the ID under which it keeps them. */
async function keep({ bytes, name = 'shot.mp4', mimeType = 'video/mp4' }: GivenFile, mode: BinaryMode): Promise<IBinaryData> {
	const file = { data: '', fileName: name, mimeType };
	if (mode === 'memory') return { ...file, data: bytes.toString('base64') };
	await chooseBinaryMode(mode);
	return await Container.get(BinaryDataService).store({ type: 'execution', workflowId: 'workflow', executionId: '1' }, bytes, file);
}

async function itemOf(files: Record<string, GivenFile>, json: IDataObject = {}, mode: BinaryMode = 'memory'): Promise<INodeExecutionData> {
	const kept: Array<[string, IBinaryData]> = [];
	for (const [field, file] of Object.entries(files)) kept.push([field, await keep(file, mode)]);
	return { json, binary: Object.fromEntries(kept) };
}

async function run(
	operation: string,
	parameters: INodeParameters,
	items: INodeExecutionData[],
	{ mode = 'memory', settings }: { mode?: BinaryMode; settings?: Partial<INode> } = {},
) {
	const host = { nodeTypes: [new SeedanceFilm()], binaryMode: mode };
	return await runNode(host, 'n8n-nodes-seedance.seedanceFilm', { parameters: { operation, ...parameters }, items, settings });
}

/** Runs what must succeed. */
async function itemsOf(...args: Parameters<typeof run>): Promise<INodeExecutionData[]> {
	const { output, error } = await run(...args);
	if (error) throw error;
	return output[0] ?? [];
}

/** A film that every frame of can be decoded. */
async function filmOf(item: INodeExecutionData | undefined, field = 'data'): Promise<Buffer> {
	const bytes = await readBinary(item!.binary![field]!);
	await inFolder(async (folder) => {
		const file = path.join(folder, 'film.mp4');
		await writeFile(file, bytes);
		await runFfmpeg('-xerror', '-i', file, '-f', 'null', '-');
	});
	return bytes;
}

/** The mean colour of a frame, as the names that `shot` takes. */
async function colourAt(film: Buffer, seconds: number): Promise<string> {
	return await inFolder(async (folder) => {
		const [file, pixel] = [path.join(folder, 'film.mp4'), path.join(folder, 'pixel.rgb')];
		await writeFile(file, film);
		await runFfmpeg('-ss', String(seconds), '-i', file, '-frames:v', '1', '-vf', 'scale=1:1', '-pix_fmt', 'rgb24', '-f', 'rawvideo', pixel);
		const [red = 0, green = 0, blue = 0] = await readFile(pixel);
		const strongest = Math.max(red, green, blue);
		return strongest === red ? 'red' : strongest === green ? 'lime' : 'blue';
	});
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
	const folder = await mkdtemp(path.join(tmpdir(), 'film-'));
	return await work(folder).finally(async () => await rm(folder, { recursive: true, force: true }));
}

const threeColours = async (mode: BinaryMode = 'memory') => [
	await itemOf({ data: { bytes: await shot({ colour: 'red', seconds: 1 }) } }, { shot: 1.5 }, mode),
	await itemOf({ data: { bytes: await shot({ colour: 'lime', seconds: 1.5 }) } }, { shot: '1.25' }, mode),
	await itemOf({ data: { bytes: await shot({ colour: 'blue', seconds: 2 }) } }, { shot: -1 }, mode),
];

describe('Join Shots', () => {
	it.each(binaryModes)('makes one film of the videos of all items, paired with all, with files in %s', async (mode) => {
		const items = await threeColours(mode);
		const store = jest.spyOn(Container.get(BinaryDataService), 'store');
		const [film, ...more] = await itemsOf('joinShots', {}, items, { mode });
		const stored = store.mock.calls.map(([, content]) => Buffer.isBuffer(content));
		store.mockRestore();
		// As a whole only where n8n holds every file as a whole.
		expect(stored).toEqual([mode === 'memory']);
		expect(more).toEqual([]);
		expect(film?.pairedItem).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(film?.json).toMatchObject({ fileName: 'film.mp4', width: 320, height: 180, shotCount: 3 });
		expect(Object.keys(film?.binary ?? {})).toEqual(['data']);
		expect(film?.binary?.data).toMatchObject({ fileName: 'film.mp4', mimeType: 'video/mp4' });
		const bytes = await filmOf(film);
		expect(bytes.length).toBe(film?.json.sizeBytes);
		expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
		const { durationSeconds, video, audio } = await probe(bytes);
		expect(Math.abs(durationSeconds - 4.5)).toBeLessThan(oneFrame + 0.05);
		expect(Math.abs(Number(film?.json.durationSeconds) - 4.5)).toBeLessThan(oneFrame);
		expect(video).toMatchObject({ codec: 'h264', width: 320, height: 180 });
		expect(audio).toEqual({ codec: 'aac' });
	});

	it.each([
		['the items', {}, ['red', 'lime', 'blue'], [0.5, 1.75, 3.5]],
		['a field, as numbers', { order: 'field', orderField: 'shot' }, ['blue', 'lime', 'red'], [1, 2.75, 4]],
	])('follows the order of %s', async (_what, parameters, colours, moments) => {
		const [film] = await itemsOf('joinShots', parameters, await threeColours());
		const bytes = await filmOf(film);
		const found: string[] = [];
		for (const moment of moments) found.push(await colourAt(bytes, moment));
		expect(found).toEqual(colours);
	});

	it('orders texts as people count, by a field inside another one', async () => {
		const items = await threeColours();
		const named = ['Shot 10', 'Shot 9', 'Shot 1'].map((name, index) => ({ ...items[index]!, json: { row: { name } } }));
		const [film] = await itemsOf('joinShots', { order: 'field', orderField: 'row.name' }, named);
		expect(await colourAt(await filmOf(film), 1)).toBe('blue');
		expect(await colourAt(await filmOf(film), 4)).toBe('red');
	});

	it.each([
		['all of the item', {}, 3],
		['those that are named, in that order', { binaryPropertyNames: 'c, a' }, 2],
	])('makes a film of each item from several fields: %s', async (_which, parameters, seconds) => {
		const item = async () => {
			const files = { a: { bytes: await shot() }, b: { bytes: await shot({ colour: 'lime' }) }, c: { bytes: await shot({ colour: 'blue' }) } };
			return await itemOf({ ...files, tune: { bytes: await music(1), name: 'tune.m4a', mimeType: 'audio/mp4' } });
		};
		const films = await itemsOf('joinShots', { shotsFrom: 'fields', ...parameters }, [await item(), await item()]);
		expect(films.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		const bytes = await filmOf(films[1]);
		expect(Math.abs((await probe(bytes)).durationSeconds - seconds)).toBeLessThan(0.1);
		expect(await colourAt(bytes, 0.5)).toBe(seconds === 2 ? 'blue' : 'red');
	});

	it('fills a missing sound with silence unless it is told to refuse', async () => {
		const items = [await itemOf({ data: { bytes: await shot() } }), await itemOf({ data: { bytes: await shot({ hasSound: false }) } })];
		const [film] = await itemsOf('joinShots', {}, items);
		expect(await probe(await filmOf(film))).toMatchObject({ durationSeconds: 2, audio: { codec: 'aac' } });
		const { error } = await run('joinShots', { missingSound: 'refuse' }, items);
		expect(error?.message).toMatch(/shot\.mp4|[Ss]hot 2/);
	});

	it('takes the names that the options give, and carries the fields of the input', async () => {
		const items = await threeColours();
		const options = { fileName: 'My film: part 1.mp4', outputBinaryField: 'film', includeInputFields: true };
		const [film] = await itemsOf('joinShots', { options }, items);
		expect(film?.binary?.film?.fileName).toBe('My film_ part 1.mp4');
		expect(film?.json).toMatchObject({ shot: 1.5, fileName: 'My film_ part 1.mp4' });
	});
});

describe('Set Sound', () => {
	const tune = async (seconds: number) => ({ bytes: await music(seconds), name: 'tune.m4a', mimeType: 'audio/mp4' });

	it.each(binaryModes)('puts the only audio file of the item under its video, with files in %s', async (mode) => {
		const item = await itemOf({ clip: { bytes: await shot({ seconds: 2, hasSound: false }), name: 'walk.mp4' }, tune: await tune(3) }, {}, mode);
		const [film] = await itemsOf('setSound', {}, [item], { mode });
		expect(film?.json.fileName).toBe('walk.mp4');
		expect(await probe(await filmOf(film))).toMatchObject({ durationSeconds: 2, video: { codec: 'h264' }, audio: { codec: 'aac' } });
	});

	it('puts one audio item under the videos of all others, each paired with its own', async () => {
		const items = [
			await itemOf({ data: { bytes: await shot() } }),
			await itemOf({ data: await tune(1) }),
			await itemOf({ data: { bytes: await shot({ seconds: 2 }) } }),
		];
		const films = await itemsOf('setSound', { soundFrom: 'otherItem', fit: 'loop' }, items);
		expect(films.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
		expect(await probe(await filmOf(films[1]))).toMatchObject({ durationSeconds: 2, audio: { codec: 'aac' } });
	});

	it('takes an MP3 as it is, and the sound of another video by the name of its field', async () => {
		const mp3 = { bytes: await makeFile('mp3', '-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=44100:duration=1'), name: 'tune.mp3', mimeType: 'audio/mpeg' };
		const silent = { bytes: await shot({ hasSound: false }) };
		const [withMp3] = await itemsOf('setSound', {}, [await itemOf({ data: silent, tune: mp3 })]);
		expect(await probe(await filmOf(withMp3))).toMatchObject({ durationSeconds: 1, audio: { codec: 'mp3' } });
		const item = await itemOf({ data: silent, take: { bytes: await shot(), name: 'take.mp4' } });
		const [withTake] = await itemsOf('setSound', { soundBinaryPropertyName: 'take' }, [item]);
		expect(await probe(await filmOf(withTake))).toMatchObject({ durationSeconds: 1, audio: { codec: 'aac' } });
	});

	it('removes the sound', async () => {
		const [film] = await itemsOf('setSound', { sound: 'remove' }, [await itemOf({ data: { bytes: await shot() } })]);
		expect(film?.json.soundFormat).toBeNull();
		const { audio, durationSeconds } = await probe(await filmOf(film));
		expect([audio, durationSeconds]).toEqual([undefined, 1]);
	});
});

describe('Trim', () => {
	it('keeps the part from the nearest full picture on, and says which', async () => {
		const [film] = await itemsOf('trim', { fromSeconds: 0.9, toSeconds: 2.1 }, [await itemOf({ data: { bytes: await shot({ seconds: 3 }) } })]);
		// A full picture every half second; any frame can be the last one.
		expect(film?.json).toMatchObject({ fromSeconds: 1, givenSeconds: 3 });
		expect(Math.abs(Number(film?.json.toSeconds) - 2.1)).toBeLessThan(oneFrame);
		expect((await probe(await filmOf(film))).durationSeconds).toBe(1.1);
	});

	it('goes to the end without an end', async () => {
		const [film] = await itemsOf('trim', { fromSeconds: 1 }, [await itemOf({ data: { bytes: await shot({ seconds: 3 }) } })]);
		expect(film?.json).toMatchObject({ fromSeconds: 1, toSeconds: 3 });
	});
});

describe('Inspect', () => {
	it('says what an image, a video and an audio file are, and passes them on', async () => {
		const files = [
			{ bytes: await makeFile('png', '-f', 'lavfi', '-i', 'color=red:s=640x360', '-frames:v', '1'), name: 'a.png', mimeType: 'image/png' },
			{ bytes: await shot({ seconds: 2 }), name: 'b.mp4' },
			{ bytes: await music(3), name: 'c.m4a', mimeType: 'audio/mp4' },
		];
		const items = await Promise.all(files.map(async (file) => await itemOf({ some: file })));
		const facts = await itemsOf('inspect', {}, items);
		expect(facts.map(({ json }) => json)).toMatchObject([
			{ fileName: 'a.png', mediaType: 'image', format: 'png', width: 640, height: 360, durationSeconds: null },
			{ fileName: 'b.mp4', mediaType: 'video', format: 'mp4', width: 320, height: 180, framesPerSecond: 24, videoCodec: 'H.264', audioCodec: 'AAC', rotationDegrees: 0 },
			{ fileName: 'c.m4a', mediaType: 'audio', format: 'm4a', channels: 2, sampleRateHertz: 44_100, videoCodec: null },
		]);
		expect(Number(facts[1]?.json.durationSeconds)).toBeCloseTo(2, 1);
		expect(facts.map(({ json }) => json.sizeBytes)).toEqual(files.map(({ bytes }) => bytes.length));
		expect(facts.map(({ binary }) => Object.keys(binary ?? {}))).toEqual([['some'], ['some'], ['some']]);
	});

	it('holds the file against the documented limits of each provider', async () => {
		const [small] = await itemsOf('inspect', {}, [await itemOf({ data: { bytes: await shot({ seconds: 1 }) } })]);
		const limits = small?.json.limits as Array<{ provider: string; isAccepted: boolean; problems: string[] }>;
		expect(limits.map(({ provider }) => provider)).toContain('AnyFast');
		const anyfast = limits.find(({ provider }) => provider === 'AnyFast');
		expect(anyfast).toMatchObject({ isAccepted: false, problems: expect.arrayContaining([expect.stringContaining('shot.mp4')]) });
	});
});

describe('what cannot be done', () => {
	const text = { bytes: Buffer.from('<html>Not found</html>'), name: 'shot.mp4' };
	const picture = async () => ({ bytes: await makeFile('png', '-f', 'lavfi', '-i', 'color=red:s=64x64', '-frames:v', '1'), name: 'a.png', mimeType: 'image/png' });
	const clip = async () => ({ bytes: await shot() });
	const one = async () => await itemOf({ data: await clip() });

	it.each<[string, string, INodeParameters, () => Promise<INodeExecutionData[]>, RegExp]>([
		['an item without a file', 'joinShots', {}, async () => [await one(), { json: {} }], /Item 1: The input item has no file "data"/],
		['a picture among the shots', 'joinShots', {}, async () => [await one(), await itemOf({ data: await picture() })], /Item 1: a\.png \(Input Binary Field\) is of format PNG by its content; a video is needed/],
		['an item without its number', 'joinShots', { order: 'field', orderField: 'shot' }, async () => [await one()], /Item 0 has no number or text in "shot" \(Order Field\)/],
		['no name of the field', 'joinShots', { order: 'field', orderField: ' ' }, async () => [await one()], /Order Field is empty/],
		['another size', 'joinShots', {}, async () => [await one(), await itemOf({ data: { bytes: await shot({ size: '180x320' }), name: 'tall.mp4' } })], /tall\.mp4.*180 × 320|180 × 320.*tall\.mp4/s],
		['an error page', 'trim', {}, async () => [await itemOf({ data: text })], /shot\.mp4 \(Input Binary Field\) is of format HTML/],
		['a file that was cut off', 'trim', {}, async () => [await itemOf({ data: { bytes: (await shot()).subarray(0, 3000) } })], /shot\.mp4/],
		['a time before the start', 'trim', { fromSeconds: -1 }, async () => [await one()], /From \(Seconds\) must be 0 or more; it is -1/],
		['an end before the beginning', 'trim', { fromSeconds: 3, toSeconds: 2 }, async () => [await one()], /To \(Seconds\) must be more than From \(Seconds\), which is 3/],
		['no audio in the item', 'setSound', {}, async () => [await one()], /no audio file for Sound Field/],
		['two audio files in the item', 'setSound', {}, async () => [await itemOf({ data: await clip(), a: { bytes: await music(1), name: 'a.m4a' }, b: { bytes: await music(1), name: 'b.m4a' } })], /several audio files: "a" and "b"/],
		['no audio item', 'setSound', { soundFrom: 'otherItem' }, async () => [await one()], /one audio file in all input items; there are none/],
		['no fields', 'joinShots', { shotsFrom: 'fields' }, async () => [{ json: {} }], /Input Binary Fields is empty/],
		['a text to inspect', 'inspect', {}, async () => [await itemOf({ data: text })], /shot\.mp4 \(Input Binary Field\) is of format HTML/],
		['an unknown operation', 'explode', {}, async () => [await one()], /There is no Operation "explode"/],
		['an unknown choice', 'joinShots', { missingSound: 'hum' }, async () => [await one()], /Missing Sound must be one of silence, refuse/],
	])('%s is told in a sentence, with what to do, and leaves no file behind', async (_what, operation, parameters, items, words) => {
		await chooseBinaryMode('filesystem');
		const { error } = await run(operation, parameters, await items(), { mode: 'filesystem' });
		const message = error?.message ?? '';
		const description = error && 'description' in error ? String(error.description) : '';
		expect(`${message}\n${description}`).toMatch(words);
		expect(description).toMatch(/\w+\.$/);
		expect(`${message} ${description}`).not.toMatch(/paid|provider|credential/i);
		expect(await storedFiles()).toEqual([]);
	});

	it('is an error item when the node continues on fail, beside the films of the others', async () => {
		const items = [await itemOf({ data: await picture() }), await one()];
		const { output, error } = await run('trim', {}, items, { settings: { onError: 'continueErrorOutput' } });
		expect(error).toBeUndefined();
		expect(output[0]?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }]);
		expect(output[1]?.[0]?.json).toMatchObject({ error: expect.stringContaining('a.png'), details: { reason: 'input' } });
		expect(output[1]?.[0]?.json.details).not.toHaveProperty('provider');
	});

	it('ends when the execution is stopped while a film is written, and leaves no part of it behind', async () => {
		const items = await threeColours('filesystem');
		const given = (await storedFiles()).length;
		const stop = new AbortController();
		const service = Container.get(BinaryDataService);
		const whole = service.store.bind(service);
		const store = jest.spyOn(service, 'store').mockImplementation(async (...args) => {
			stop.abort();
			return await whole(...args);
		});
		const host = { nodeTypes: [new SeedanceFilm()], binaryMode: 'filesystem' as const };
		const { output } = await runNode(host, 'n8n-nodes-seedance.seedanceFilm', { parameters: { operation: 'joinShots' }, items, signal: stop.signal });
		expect(store).toHaveBeenCalledTimes(1);
		store.mockRestore();
		expect(output).toEqual([]);
		expect(given).toBe(items.length);
		await until('the part to be removed', async () => ((await storedFiles()).length === given ? true : undefined), 10_000);
	});
});
