import { ask, createAsset, createJob, generate, invalid, modelIds, readJob, uploadFile } from './apiframeSupport';
import { at, clip, closeAll, picture, sound, stage, textAt, type Stage } from './support';

// Media are made and measured here, which a busy machine does slowly.
jest.setTimeout(30_000);

const jpg = 'https://example.com/a.jpg';
const mp4 = 'https://example.com/a.mp4';
const mp3 = 'https://example.com/a.mp3';
const times = <T>(count: number, item: T) => Array.from({ length: count }, () => item);

let on: Stage;
let assets: Record<'image' | 'video' | 'audio' | 'tiny' | 'fresh', string>;

beforeAll(async () => {
	on = await stage();
	const makeAsset = async (file: Buffer, type: string) => {
		const { json } = await uploadFile(on, file);
		return await createAsset(on, textAt(json, 'url'), type);
	};
	assets = {
		image: await makeAsset(picture('640x480'), 'image'),
		video: await makeAsset(clip('864x496', 2), 'video'),
		audio: await makeAsset(sound(2), 'audio'),
		tiny: await makeAsset(picture('200x200'), 'image'),
		fresh: '',
	};
	on.pass(6);
	assets.fresh = await createAsset(on);
});

afterAll(closeAll);

describe('Apiframe accepts', () => {
	it.each<[string, object | undefined]>([
		['a prompt alone', undefined],
		['a first frame', { start_image: jpg }],
		['a first and a last frame', { start_image: jpg, end_image: jpg }],
		['nine images, three videos and three sounds', {
			reference_image_urls: times(9, jpg),
			reference_video_urls: times(3, mp4),
			reference_audio_urls: times(3, mp3),
		}],
		['every other parameter', {
			aspect_ratio: 'adaptive',
			camera_fixed: true,
			duration: 15,
			generate_audio: false,
			resolution: '480p',
			return_last_frame: true,
			seed: -1,
			web_search: true,
		}],
	])('%s', async (_, seedanceParams) => {
		const answer = await generate(on, seedanceParams);
		expect(answer).toMatchObject({ statusCode: 202, json: { status: 'QUEUED' } });
	});

	it('assets of every type beside addresses', async () => {
		const answer = await generate(on, {
			reference_image_urls: [jpg, `asset://${assets.image}`],
			reference_video_urls: [`asset://${assets.video}`],
			reference_audio_urls: [`asset://${assets.audio}`, mp3],
		});
		expect(answer).toMatchObject({ statusCode: 202 });
	});

	it('a prompt of 4000 characters, and where to tell of events', async () => {
		const fields = {
			prompt: 'x'.repeat(4000),
			webhookUrl: 'https://example.com/hook',
			webhookEvents: ['progress', 'completed', 'failed'],
		};
		expect(await generate(on, {}, fields)).toMatchObject({ statusCode: 202 });
	});

	it.each(modelIds)('%s with its own resolutions', async (model) => {
		const maxResolution = ['seedance-2', 'seedance-2.5'].includes(model) ? '4k' : '720p';
		expect(await generate(on, { resolution: maxResolution }, { model })).toMatchObject({ statusCode: 202 });
		if (maxResolution === '4k') return;
		expect(await generate(on, { resolution: '1080p' }, { model })).toMatchObject(
			invalid({ 'seedanceParams.resolution': ['Invalid option: expected one of "480p"|"720p"'] }),
		);
	});
});

describe('Apiframe refuses, and does not bill,', () => {
	const string = 'Invalid input: expected string, received undefined';

	it.each<[string, object, Record<string, string[]>]>([
		['no prompt', { prompt: undefined }, { prompt: [string] }],
		['an empty prompt', { prompt: '' }, { prompt: ['Too small: expected string to have >=1 characters'] }],
		['4001 characters', { prompt: 'x'.repeat(4001) }, { prompt: ['Too big: expected string to have <=4000 characters'] }],
		['no model', { model: undefined }, { model: ['Invalid input'] }],
		['another model', { model: 'seedance' }, { model: ['Invalid input'] }],
		['a model named like a part of every object', { model: 'constructor' }, { model: ['Invalid input'] }],
		['an unknown key', { duration: 5 }, { '': ['Unrecognized key: "duration"'] }],
		['two unknown keys', { ratio: '1:1', content: [] }, { '': ['Unrecognized keys: "ratio", "content"'] }],
		['parameters that are no object', { seedanceParams: [] }, { seedanceParams: ['Invalid input: expected object, received array'] }],
		['parameters that are null', { seedanceParams: null }, { seedanceParams: ['Invalid input: expected object, received null'] }],
		['an address that is none', { webhookUrl: 'hook' }, { webhookUrl: ['Invalid URL'] }],
		['no events', { webhookEvents: [] }, { webhookEvents: ['Too small: expected array to have >=1 items'] }],
		['an unknown event', { webhookEvents: ['failed', 'all'] }, { 'webhookEvents.1': ['Invalid option: expected one of "progress"|"completed"|"failed"'] }],
	])('%s', async (_, fields, details) => {
		const billed = on.simulator.ledger.length;
		expect(await generate(on, undefined, fields)).toMatchObject(invalid(details));
		expect(on.simulator.ledger).toHaveLength(billed);
	});

	it.each<[string, object, string, string]>([
		['a watermark', { watermark: false }, '', 'Unrecognized key: "watermark"'],
		['AnyFast\'s ratio and tools', { ratio: '1:1', tools: [] }, '', 'Unrecognized keys: "ratio", "tools"'],
		['3 seconds', { duration: 3 }, '.duration', 'Too small: expected number to be >=4'],
		['16 seconds', { duration: 16 }, '.duration', 'Too big: expected number to be <=15'],
		['4.5 seconds', { duration: 4.5 }, '.duration', 'Invalid input: expected int, received number'],
		['seconds as text', { duration: '5' }, '.duration', 'Invalid input: expected number, received string'],
		['2k', { resolution: '2k' }, '.resolution', 'Invalid option: expected one of "480p"|"720p"|"1080p"|"4k"'],
		['another ratio', { aspect_ratio: '9:21' }, '.aspect_ratio', 'Invalid option: expected one of "21:9"|"16:9"|"4:3"|"1:1"|"3:4"|"9:16"|"adaptive"'],
		['a seed with a fraction', { seed: 1.5 }, '.seed', 'Invalid input: expected int, received number'],
		['a switch as text', { generate_audio: 'true' }, '.generate_audio', 'Invalid input: expected boolean, received string'],
		['a switch that is null', { camera_fixed: null }, '.camera_fixed', 'Invalid input: expected boolean, received null'],
		['ten images', { reference_image_urls: times(10, jpg) }, '.reference_image_urls', 'Too big: expected array to have <=9 items'],
		['four videos', { reference_video_urls: times(4, mp4) }, '.reference_video_urls', 'Too big: expected array to have <=3 items'],
		['four sounds', { reference_audio_urls: times(4, mp3) }, '.reference_audio_urls', 'Too big: expected array to have <=3 items'],
		['one image without a list', { reference_image_urls: jpg }, '.reference_image_urls', 'Invalid input: expected array, received string'],
		['a data URI', { start_image: 'data:image/png;base64,AAAA' }, '.start_image', 'Invalid URL'],
		['an asset without an ID', { end_image: 'asset://' }, '.end_image', 'Invalid URL'],
		['a bare asset ID in a list', { reference_video_urls: [mp4, 'abc123'] }, '.reference_video_urls.1', 'Invalid URL'],
	])('%s', async (_, seedanceParams, field, message) => {
		expect(await generate(on, seedanceParams)).toMatchObject(invalid({ [`seedanceParams${field}`]: [message] }));
	});

	it('all that is wrong at once', async () => {
		const { json } = await generate(on, { duration: 3, fps: 24 }, { prompt: '', content: [] });
		expect(Object.keys(at(json, 'details') ?? {}).sort()).toEqual([
			'',
			'prompt',
			'seedanceParams',
			'seedanceParams.duration',
		]);
	});

	it.each<[string, () => object, string, RegExp]>([
		['an unknown asset', () => ({ start_image: 'asset://abc123def456' }), 'start_image', /^Asset abc123def456 not found$/],
		['an asset that is Processing', () => ({ reference_image_urls: [jpg, `asset://${assets.fresh}`] }), 'reference_image_urls.1', /is not Active \(status: Processing\)/],
		['an asset that is Failed', () => ({ reference_image_urls: [`asset://${assets.tiny}`] }), 'reference_image_urls.0', /is not Active \(status: Failed\)/],
		['an asset of another type', () => ({ reference_video_urls: [`asset://${assets.image}`] }), 'reference_video_urls.0', /is of type image, not video/],
	])('%s', async (_, params, field, message) => {
		const billed = on.simulator.ledger.length;
		expect(await generate(on, params())).toMatchObject(
			invalid({ [`seedanceParams.${field}`]: [expect.stringMatching(message)] }),
		);
		expect(on.simulator.ledger).toHaveLength(billed);
	});

	it('the asset of another team', async () => {
		const params = { start_image: `asset://${assets.image}` };
		const answer = await generate(on, params, {}, { key: on.simulator.otherApiKey });
		expect(answer).toMatchObject({ statusCode: 400 });
	});

	it('a body that is no JSON object', async () => {
		expect(await ask(on, '/v2/videos/generate', [])).toMatchObject({
			statusCode: 400,
			json: { error: 'The request body must be a JSON object' },
		});
	});
});

it('frames stand beside references with Seedance 2.0', async () => {
	const id = await createJob(on, { start_image: jpg, reference_image_urls: [jpg] });
	on.pass(65);
	expect(await readJob(on, id)).toMatchObject({ status: 'COMPLETED' });
});

describe('the provider behind Apiframe refuses, so that the job fails and is paid back,', () => {
	it.each<[string, () => object | Promise<object>, RegExp, string?]>([
		['frames beside references with Seedance 2.5', () => ({ start_image: jpg, reference_image_urls: [jpg] }), /cannot be mixed/, 'seedance-2.5'],
		['a last frame alone', () => ({ end_image: jpg }), /needs first frame/],
		['sounds alone', () => ({ reference_audio_urls: [mp3] }), /audio needs at least one/],
		['an address with nothing behind it', () => ({ start_image: `${on.simulator.storageUrl}/x` }), /resource download failed/],
		[
			'a picture that is too small',
			async () => ({ start_image: textAt((await uploadFile(on, picture('200x200'))).json, 'url') }),
			/300 to 6000 px/,
		],
	])('%s', async (_, params, reason, model = 'seedance-2') => {
		const id = await createJob(on, await params(), { model });
		expect(await readJob(on, id)).toMatchObject({ status: 'QUEUED', error: null });
		on.pass(5);
		expect(await readJob(on, id)).toMatchObject({
			status: 'FAILED',
			error: expect.stringMatching(/^Provider returned an error: /),
			creditCost: 0,
		});
		expect(textAt(await readJob(on, id), 'error')).toMatch(reason);
		expect(on.simulator.ledger.find((bill) => bill.id === id)).toMatchObject({ refunded: true });
	});
});
