import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
	activeAsset,
	audio,
	closeAll,
	createGroup,
	createTask,
	fetchUrl,
	greyPixels,
	image,
	picture,
	probe,
	readTask,
	render,
	sound,
	stage,
	text,
	textAt,
	type Stage,
} from './support';

// Media are made and measured here, which a busy machine does slowly.
jest.setTimeout(30_000);
afterEach(closeAll);

const small = { resolution: '480p', duration: 4 };

it('serves one file for every video when told to, beside which it writes nothing', async () => {
	const folder = await mkdtemp(path.join(tmpdir(), 'seedance-video-'));
	const videoFile = path.join(folder, 'any.mp4');
	await writeFile(videoFile, render('any.mp4', 'testsrc2=size=320x180:rate=24:duration=1'));
	const on = await stage({ videoFile });
	const { json, bytes } = await finish(on, { content: [text('A cat')], return_last_frame: true });
	expect(bytes).toEqual(await readFile(videoFile));
	const frame = await fetchUrl(textAt(json, 'data', 'data', 'content', 'last_frame_url'));
	expect(frame.headers['content-type']).toBe('image/png');
	expect(await readdir(folder)).toEqual(['any.mp4']);
	await rm(folder, { recursive: true });
});

async function finish(on: Stage, body: object) {
	const id = await createTask(on, { ...small, ...body });
	on.pass(65);
	const json = await readTask(on, id);
	const { bytes, headers } = await fetchUrl(textAt(json, 'data', 'result_url'));
	return { json, bytes, headers };
}

const videoStream = (width: number, height: number) => ({
	codec_name: 'h264',
	pix_fmt: 'yuv420p',
	width,
	height,
	r_frame_rate: '24/1',
	nb_frames: '96',
});

/** Mean difference of grey values: 0 for the same picture, large for different ones. */
function difference(one: Buffer, two: Buffer): number {
	return one.reduce((sum, value, index) => sum + Math.abs(value - two.readUInt8(index)), 0) / one.length;
}

describe('the video of a finished task', () => {
	it('is H.264 of the asked size and duration at 24 frames per second, with AAC sound', async () => {
		const { bytes, headers } = await finish(await stage(), { ratio: '9:16' });
		expect(headers).toMatchObject({ 'content-type': 'video/mp4', 'content-length': String(bytes.length) });
		expect(probe(bytes)).toMatchObject({
			streams: [videoStream(496, 864), { codec_name: 'aac' }],
			format: { duration: '4.000000' },
		});
		expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
	});

	it('has no sound track when none is asked for, and 16:9 unless told otherwise', async () => {
		const { bytes } = await finish(await stage(), { generate_audio: false });
		expect(probe(bytes)).toMatchObject({ streams: [videoStream(864, 496)] });
	});

	it('moves', async () => {
		const { bytes } = await finish(await stage(), { generate_audio: false });
		expect(difference(greyPixels(bytes), greyPixels(bytes, '-ss', '3'))).toBeGreaterThan(5);
	});

	it('carries any prompt, however it is punctuated', async () => {
		const prompt = text(`'"\\:;,[]%{nothing} $(touch x) @ 猫 ${'long '.repeat(60)}`);
		const { bytes } = await finish(await stage(), { content: [prompt], watermark: true });
		expect(probe(bytes)).toMatchObject({ streams: [videoStream(864, 496), {}] });
	});

	it('begins and ends with the given frames, in the ratio of the first', async () => {
		const on = await stage();
		const group = await createGroup(on);
		const frames = {
			first: render('a.png', 'smptebars=s=600x800', '-frames:v', '1'),
			last: render('b.png', 'mandelbrot=s=600x800', '-frames:v', '1'),
		};
		const first = await activeAsset(on, group, frames.first);
		const last = await activeAsset(on, group, frames.last);
		const content = [image(`asset://${first}`, 'first_frame'), image(`asset://${last}`, 'last_frame')];
		const { json, bytes } = await finish(on, { content, return_last_frame: true });
		expect(json).toMatchObject({ data: { data: { ratio: '3:4' } } });
		expect(probe(bytes)).toMatchObject({ streams: [videoStream(560, 752), {}] });
		const firstPixels = greyPixels(bytes);
		expect(difference(firstPixels, greyPixels(frames.first))).toBeLessThan(20);
		expect(difference(firstPixels, greyPixels(frames.last))).toBeGreaterThan(40);

		const png = await fetchUrl(textAt(json, 'data', 'data', 'content', 'last_frame_url'));
		expect(png.headers['content-type']).toBe('image/png');
		expect(probe(png.bytes)).toMatchObject({ streams: [{ codec_name: 'png', width: 560, height: 752 }] });
		expect(difference(greyPixels(png.bytes), greyPixels(bytes, '-sseof', '-0.06'))).toBeLessThan(2);
	});

	it('uses the sound of the request', async () => {
		const on = await stage();
		const group = await createGroup(on);
		const pictureId = await activeAsset(on, group, picture('640x480'));
		const soundId = await activeAsset(on, group, sound(2), 'Audio');
		const content = [image(`asset://${pictureId}`, 'reference_image'), audio(`asset://${soundId}`)];
		const { bytes } = await finish(on, { content });
		expect(probe(bytes)).toMatchObject({
			streams: [videoStream(752, 560), { codec_name: 'aac' }],
			format: { duration: '4.000000' },
		});
	});

	it('is served by ranges and to HEAD', async () => {
		const on = await stage();
		const { json, bytes } = await finish(on, { generate_audio: false });
		const url = textAt(json, 'data', 'result_url');
		const range = async (value: string) => await fetchUrl(url, { headers: { range: value } });
		const size = bytes.length;
		for (const [header, start, end] of [
			['bytes=10-19', 10, 19],
			['bytes=10-', 10, size - 1],
			['bytes=-5', size - 5, size - 1],
			[`bytes=0-${size * 2}`, 0, size - 1],
		] as const) {
			const part = await range(header);
			expect(part).toMatchObject({ statusCode: 206, headers: { 'content-range': `bytes ${start}-${end}/${size}` } });
			expect(part.bytes.equals(bytes.subarray(start, end + 1))).toBe(true);
		}
		expect(await range(`bytes=${size}-`)).toMatchObject({ statusCode: 416 });
		expect(await fetchUrl(url, { method: 'HEAD' })).toMatchObject({
			statusCode: 200,
			headers: { 'content-length': String(size) },
			text: '',
		});
	});

	it('ends with the simulator, even while it is rendered', async () => {
		const on = await stage();
		const id = await createTask(on, { duration: 15, resolution: '1080p' });
		on.pass(65);
		const download = fetchUrl(textAt(await readTask(on, id), 'data', 'result_url'));
		const broken = expect(download).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
		while (on.simulator.storageCalls.length === 0) await new Promise((resolve) => setImmediate(resolve));
		await on.simulator.close();
		await broken;
	});
});
