import { serveFile } from '../../harness/media/serveFile';
import {
	accessOf,
	createAsset,
	createGroup,
	createTask,
	generate,
	prompt,
	readTask,
	refusedTask,
	seedance25,
} from './arkSupport';
import { at, audio, clip, closeAll, image, picture, sound, stage, text, textAt, video, type Stage } from './support';

// Media are made and measured here, which a busy machine does slowly.
jest.setTimeout(60_000);

const jpg = 'https://example.com/a.jpg';
const mp4 = 'https://example.com/a.mp4';
const mp3 = 'https://example.com/a.mp3';
const times = <T>(count: number, item: T) => Array.from({ length: count }, () => item);
const dataUri = (type: string, bytes: Buffer) => `data:${type};base64,${bytes.toString('base64')}`;

const first = image(jpg, 'first_frame');
const last = image(jpg, 'last_frame');
const reference = image(jpg, 'reference_image');

const pro = 'seedance-1-0-pro-250528';
const proFast = 'seedance-1-0-pro-fast-251015';
const pro15 = 'seedance-1-5-pro-251215';
const fast = 'dreamina-seedance-2-0-fast-260128';

let on: Stage;

beforeAll(async () => {
	on = await stage({ ark: { rates: 'none' } });
});

afterAll(closeAll);

describe('ModelArk accepts', () => {
	it.each<[string, object]>([
		['a prompt alone', {}],
		['an image without a role as the first frame', { content: [prompt, image(jpg)] }],
		['a first frame without a prompt', { content: [first] }],
		['frames in any order', { content: [last, first, prompt] }],
		['nine images, three videos and three sounds', {
			content: [prompt, ...times(9, reference), ...times(3, video(mp4)), ...times(3, audio(mp3))],
		}],
		['thirty images, ten videos and ten sounds for 2.5', {
			model: seedance25,
			content: [prompt, ...times(30, reference), ...times(10, video(mp4)), ...times(10, audio(mp3))],
		}],
		['sound alone for 2.5', { model: seedance25, content: [prompt, audio(mp3)] }],
		['4k for 2.0', { resolution: '4k', duration: 4 }],
		['a resolution in capitals', { resolution: '1080P' }],
		['a duration that the model chooses', { duration: -1 }],
		['everything that 2.5 knows', {
			model: seedance25,
			duration: 30,
			ratio: '21:9',
			generate_audio: false,
			watermark: true,
			output_format: 'mov',
			return_last_frame: true,
			omni_reference_task_type: 'auto',
			service_tier: 'default',
			execution_expires_after: 3600,
			priority: 9,
			safety_identifier: 'x'.repeat(64),
			callback_url: 'https://example.com/hook',
		}],
		['everything that 1.0 pro knows', { model: pro, frames: 29, seed: 2 ** 31 - 1, camera_fixed: true, service_tier: 'flex', resolution: '480p' }],
		['sound from 1.5', { model: pro15, generate_audio: true, duration: 12 }],
		['a web search for 2.0', { tools: [{ type: 'web_search' }] }],
	])('%s', async (_, fields) => {
		expect(await generate(on, fields)).toMatchObject({ statusCode: 200, json: { id: expect.any(String) } });
	});

	it('pictures and sounds as data URIs', async () => {
		const content = [image(dataUri('image/png', picture('640x480')), 'reference_image'), audio(dataUri('audio/wav', sound(2)))];
		expect(await generate(on, { content })).toMatchObject({ statusCode: 200 });
	});
});

describe('ModelArk refuses, and does not bill,', () => {
	const invalid = 'InvalidParameter';
	const unsupported = 'InvalidParameter.UnsupportedParameter';
	const missing = 'MissingParameter';

	it.each<[string, object, string, RegExp?]>([
		['no model', { model: undefined }, missing, /`model`/],
		['no content', { content: undefined }, missing, /`content`/],
		['empty content', { content: [] }, invalid],
		['a misspelt field', { frames_per_second: 24 }, invalid, /`frames_per_second`/],
		['a prompt at the top', { prompt: 'A cat' }, invalid, /`prompt`/],
		['an unknown field of an item', { content: [{ ...prompt, role: 'user' }] }, invalid, /`content\[0\].role`/],
		['two prompts', { content: [prompt, prompt] }, invalid],
		['an address as a bare string', { content: [{ type: 'image_url', image_url: jpg }] }, invalid, /`content\[0\].image_url`/],
		['a role inside the address', { content: [{ type: 'video_url', video_url: { url: mp4, role: 'reference_video' } }] }, invalid],
		['another role', { content: [image(jpg, 'middle_frame')] }, invalid, /`content\[0\].role`/],
		['two images without a role', { content: [image(jpg), image(jpg)] }, invalid, /role must be specified for image contents/],
		['a video without a role', { content: [{ type: 'video_url', video_url: { url: mp4 } }] }, invalid],
		['the role of an image for a video', { content: [{ ...video(mp4), role: 'reference_image' }] }, invalid, /requires video role to be reference_video/],
		['frames beside references', { content: [first, reference] }, invalid, /cannot be mixed with reference media content/],
		['two first frames', { content: [first, first] }, invalid, /expected at most one first frame image content but got 2 instead/],
		['a last frame alone', { content: [last] }, invalid],
		['sound alone for 2.0', { content: [prompt, audio(mp3)] }, invalid],
		['ten images for 2.0', { content: times(10, reference) }, invalid],
		['references for 1.0', { model: pro, content: [prompt, reference] }, invalid],
		['a last frame for 1.0 pro fast', { model: proFast, content: [first, last] }, invalid],
		['a video as a data URI', { content: [video('data:video/mp4;base64,AAAA')] }, invalid],
		['an empty address of an image', { content: [image('')] }, 'InvalidImageURL.EmptyURL'],
		['a broken data URI', { content: [image('data:image/png;base64,###')] }, 'InvalidImageURL.InvalidFormat'],
		['a data URI in capitals', { content: [image('data:image/PNG;base64,AAAA')] }, 'InvalidImageURL.InvalidFormat'],
		['1080p for 2.0 fast', { model: fast, resolution: '1080p' }, invalid],
		['4k for 2.5', { model: seedance25, resolution: '4k' }, invalid],
		['3 seconds', { duration: 3 }, invalid, /between 4 and 15/],
		['16 seconds for 2.0', { duration: 16 }, invalid],
		['31 seconds for 2.5', { model: seedance25, duration: 31 }, invalid],
		['-1 for 1.0', { model: pro, duration: -1 }, invalid, /between 2 and 12/],
		['seconds as text', { duration: '5' }, invalid],
		['30 frames', { model: pro, frames: 30 }, invalid, /25 \+ 4n/],
		['frames for 2.0', { frames: 29 }, unsupported],
		['a seed for 2.0', { seed: 1 }, unsupported],
		['a seed beyond the limit', { model: pro, seed: 2 ** 31 }, invalid],
		['a fixed camera for 2.5', { model: seedance25, camera_fixed: true }, unsupported],
		['sound for 1.0', { model: pro, generate_audio: true }, unsupported],
		['mov for 2.0', { output_format: 'mov' }, unsupported],
		['a draft of 2.0', { draft: true, resolution: '480p' }, unsupported],
		['a task type for 2.0', { omni_reference_task_type: 'auto' }, unsupported],
		['flex for 2.0', { service_tier: 'flex' }, unsupported],
		['a priority for 1.0', { model: pro, priority: 1 }, unsupported],
		['priority 10', { priority: 10 }, invalid],
		['an adaptive ratio for text-to-video of 1.0', { model: pro, ratio: 'adaptive' }, invalid],
		['another ratio', { ratio: '2:1' }, invalid],
		['an expiry of less than an hour', { execution_expires_after: 3599 }, invalid],
		['an identifier of 65 characters', { safety_identifier: 'x'.repeat(65) }, invalid],
		['a callback that is no URL', { callback_url: 'hook' }, invalid],
		['another tool', { tools: [{ type: 'image_search' }] }, invalid],
		['a switch as text', { watermark: 'false' }, invalid],
	])('%s', async (_, fields, code, message = /./) => {
		const billed = on.simulator.ledger.length;
		expect(await generate(on, fields)).toMatchObject(refusedTask(400, code, message));
		expect(on.simulator.ledger).toHaveLength(billed);
	});

	it('a web search for 2.5 in China, whose document has it for 2.0 only', async () => {
		const fields = { model: 'doubao-seedance-2-5-260628', tools: [{ type: 'web_search' }] };
		expect(await generate(on, fields, { region: 'china' })).toMatchObject(refusedTask(400, unsupported));
	});

	it('more creations of a model in a minute than documented', async () => {
		const strict = await stage();
		for (let count = 0; count < 600; count++) await generate(strict);
		expect(await generate(strict)).toMatchObject(refusedTask(429, 'ModelAccountRpmRateLimitExceeded'));
		expect(await generate(strict, { model: fast })).toMatchObject({ statusCode: 200 });
	});
});

describe('what 2.5 takes a request for', () => {
	const constraint = 'InvalidParameter.TaskTypeConstraint';
	const failureOf = async (fields: object) => {
		const id = await createTask(on, { model: seedance25, duration: undefined, ...fields });
		on.pass(65);
		const { json } = await readTask(on, id);
		return at(json, 'status') === 'failed' ? textAt(json, 'error', 'code') : undefined;
	};
	const edit = [text('Replace the dog with a cat'), video(mp4)];

	it.each<[string, object, string | undefined]>([
		['a first frame with a ratio', { content: [first], ratio: '16:9' }, constraint],
		['a first frame without one', { content: [first], ratio: 'adaptive' }, undefined],
		['an edit with a duration', { content: edit, duration: 5 }, constraint],
		['an edit with a ratio', { content: edit, ratio: '1:1' }, constraint],
		['an edit as the model would have it', { content: edit, duration: -1 }, undefined],
		['an edit that is declared a reference', { content: edit, duration: 5, omni_reference_task_type: 'reference' }, undefined],
		['an extension with a ratio', { content: [text('Extend the video'), video(mp4)], ratio: '1:1' }, constraint],
	])('%s is accepted, and fails late if at all', async (_, fields, code) => {
		expect(await failureOf(fields)).toBe(code);
	});

	it.each<[string, object, string]>([
		['an edit with a duration', { content: edit, duration: 5, omni_reference_task_type: 'edit' }, constraint],
		['an edit without a verb', { content: [text('A cat'), video(mp4)], omni_reference_task_type: 'edit' }, 'InvalidParameter.TaskTypeMismatch'],
		['an extension without a video', { content: [text('Extend it'), reference], omni_reference_task_type: 'extend' }, 'InvalidParameter.TaskTypeMismatch'],
	])('%s is refused at once when it is declared', async (_, fields, code) => {
		const body = { model: seedance25, duration: undefined, ...fields };
		expect(await generate(on, body)).toMatchObject(refusedTask(400, code));
	});
});

describe('files of references', () => {
	const serving: Array<{ close(): Promise<void> }> = [];
	const serve = async (bytes: Buffer) => {
		const served = await serveFile(bytes, 'application/octet-stream');
		serving.push(served);
		return served.origin;
	};

	afterAll(async () => {
		await Promise.all(serving.map(async (served) => await served.close()));
	});

	it.each<[string, () => Buffer, 'image' | 'video' | 'audio', RegExp]>([
		['a small image', () => picture('200x200'), 'image', /300 to 6000 px/],
		['a very wide image', () => picture('1000x400'), 'image', /between 0.4 and 2.5/],
		['a short video', () => clip('864x496', 1), 'video', /at least 2 s/],
		['a long sound', () => sound(16), 'audio', /at most 15.2 s/],
		['a slow video', () => clip('864x496', 2, 12), 'video', /24 to 60 frames/],
		['a video as an image', () => clip('864x496', 2), 'image', /type video, not image/],
		['something else', () => Buffer.from('no medium'), 'image', /cannot be detected/],
	])('refuses %s', async (_, make, type, message) => {
		const item = { image: (url: string) => image(url, 'reference_image'), video, audio }[type];
		const content = [prompt, ...(type === 'audio' ? [reference] : []), item(await serve(make()))];
		expect(await generate(on, { content })).toMatchObject(refusedTask(400, 'InvalidParameter', message));
	});

	it('lets 2.5 have twice as long a sound, and counts the seconds of a video', async () => {
		const url = await serve(sound(16));
		expect(await generate(on, { model: seedance25, content: [prompt, audio(url)] })).toMatchObject({ statusCode: 200 });
		const clipUrl = await serve(clip('864x496', 3));
		await createTask(on, { content: [prompt, video(clipUrl)], resolution: '720p', duration: 5 });
		// 8 s and one frame.
		expect(on.simulator.ledger.at(-1)?.charge).toEqual({ amount: (1280 * 720 * 193) / 1024, unit: 'tokens' });
	});

	it('refuses what cannot be fetched, or is not public', async () => {
		const gone = await serveFile(picture('640x480'), 'image/png');
		await gone.close();
		for (const url of [gone.origin, 'http://192.168.0.7/a.png', 'http://nas.local/a.png']) {
			const content = [image(url, 'first_frame')];
			expect(await generate(on, { content })).toMatchObject({
				statusCode: 400,
				json: { error: { code: 'InvalidParameter', param: 'content[0].image_url', message: expect.stringContaining('resource not found') } },
			});
		}
	});

	it('takes an active asset of the same account, region and project, and fails when it is deleted meanwhile', async () => {
		const assetId = await createAsset(on, await createGroup(on));
		const content = [prompt, image(`asset://${assetId}`, 'reference_image')];
		const notFound = {
			statusCode: 400,
			json: { error: { param: 'content[1].image_url.url', message: expect.stringContaining(`The specified asset ${assetId} is not found`) } },
		};
		expect(await generate(on, { content })).toMatchObject(notFound);
		on.pass(6);
		expect(await generate(on, { content })).toMatchObject({ statusCode: 200 });
		expect(await generate(on, { content }, { key: accessOf(on).studioApiKey })).toMatchObject(notFound);
		expect(await generate(on, { content }, { key: accessOf(on).otherApiKey })).toMatchObject(notFound);
		const elsewhere = { model: 'doubao-seedance-2-0-260128', content };
		expect(await generate(on, elsewhere, { region: 'china' })).toMatchObject(notFound);
		const asVideo = [prompt, video(`asset://${assetId}`)];
		expect(await generate(on, { content: asVideo })).toMatchObject({ statusCode: 400 });
	});
});
