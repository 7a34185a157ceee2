import {
	activeAsset,
	at,
	audio,
	call,
	clip,
	closeAll,
	createGroup,
	fetchUrl,
	image,
	picture,
	sound,
	stage,
	text,
	textAt,
	upload,
	video,
	type Stage,
} from './support';

const jpg = 'https://example.com/a.jpg';
const mp4 = 'https://example.com/a.mp4';
const mp3 = 'https://example.com/a.mp3';
const prompt = text('A cat playing piano');
const ref = (url = jpg) => image(url, 'reference_image');
const times = <T>(count: number, item: T) => Array.from({ length: count }, () => item);
const dataUri = (type: string, bytes: Buffer) => `data:${type};base64,${bytes.toString('base64')}`;

let on: Stage;
let media: Record<'picture' | 'smallPicture' | 'clip' | 'sound', Buffer>;
let assets: Record<'picture' | 'clip' | 'sound', string>;

beforeAll(async () => {
	on = await stage();
	media = {
		picture: picture('640x480'),
		smallPicture: picture('200x200'),
		clip: clip('864x496', 2),
		sound: sound(2),
	};
	const group = await createGroup(on);
	assets = {
		picture: await activeAsset(on, group, media.picture),
		clip: await activeAsset(on, group, media.clip, 'Video'),
		sound: await activeAsset(on, group, media.sound, 'Audio'),
	};
});

afterAll(closeAll);

async function create(body: object) {
	return await call(on, '/v1/video/generations', { model: 'seedance', ...body });
}

/** The error inside the message of the gateway's error. */
function upstreamError(json: unknown): { code: string; message: string } {
	const inner: unknown = JSON.parse(textAt(json, 'message'));
	return { code: textAt(inner, 'error', 'code'), message: textAt(inner, 'error', 'message') };
}

/** The address of an asset's file: a real one, on this machine. */
async function addressOf(assetId: string): Promise<string> {
	return textAt((await call(on, '/volc/asset/GetAsset', { Id: assetId })).json, 'URL');
}

describe('a generation is accepted with', () => {
	it.each<[string, object]>([
		['a prompt alone', { content: [prompt] }],
		['one image without a role', { content: [image(jpg)] }],
		['a first frame', { content: [prompt, image(jpg, 'first_frame')] }],
		['a first and a last frame', { content: [image(jpg, 'first_frame'), image(jpg, 'last_frame')] }],
		['nine reference images', { content: [prompt, ...times(9, ref())] }],
		['three videos', { content: [prompt, ...times(3, video(mp4))] }],
		['an image, a video and three sounds', { content: [prompt, ref(), video(mp4), ...times(3, audio(mp3))] }],
		['references without a prompt', { content: [ref(), video(mp4), audio(mp3)] }],
		['every placeholder there is', { content: [text('@image2 and @video1 to @audio1'), ref(), ref(), video(mp4), audio(mp3)] }],
		['500 Chinese characters', { content: [text('猫'.repeat(500))] }],
		['1000 words', { content: [text(times(1000, 'cat').join(' '))] }],
		[
			'every parameter',
			{
				content: [prompt],
				generate_audio: false,
				resolution: '1080p',
				ratio: '21:9',
				duration: 15,
				tools: [{ type: 'web_search' }],
				watermark: true,
				return_last_frame: true,
				seed: -1,
			},
		],
	])('%s', async (_, body) => {
		expect(await create(body)).toMatchObject({ statusCode: 200 });
	});

	it.each<[string, () => object[] | Promise<object[]>]>([
		['an image and a sound as data URIs', () => [ref(dataUri('image/png', media.picture)), audio(dataUri('audio/wav', media.sound))]],
		['assets of every type', () => [ref(`asset://${assets.picture}`), video(`asset://${assets.clip}`), audio(`asset://${assets.sound}`)]],
		['addresses that can be fetched', async () => [ref(await addressOf(assets.picture)), video(await addressOf(assets.clip))]],
	])('%s', async (_, content) => {
		expect(await create({ content: await content() })).toMatchObject({ statusCode: 200 });
	});
});

describe('a generation is refused, and not billed, for', () => {
	const refusals: Array<[string, () => object | Promise<object>, RegExp]> = [
		['no content', () => ({}), /^The request failed because it is missing `content`/],
		['empty content', () => ({ content: [] }), /`content` .* non-empty array/],
		['content that is no list of objects', () => ({ content: ['x'] }), /`content\[0\]` .* must be an object/],
		['an unknown content type', () => ({ content: [{ type: 'file' }] }), /`content\[0\]\.type`/],
		['an unknown top-level parameter', () => ({ content: [prompt], fps: 24 }), /`fps` .* unknown parameter/],
		['an unknown key of an item', () => ({ content: [{ ...prompt, role: 'user' }] }), /`content\[0\]\.role` .* unknown/],
		['an unknown key beside the URL', () => ({ content: [{ type: 'image_url', image_url: { url: jpg, detail: 'high' } }] }), /`content\[0\]\.image_url\.detail`/],
		['an empty prompt', () => ({ content: [text('')] }), /missing `content\[0\]\.text`/],
		['a prompt that is no text', () => ({ content: [{ type: 'text', text: 5 }] }), /`content\[0\]\.text` .* must be a string/],
		['two prompts', () => ({ content: [prompt, prompt] }), /at most 1 text items, got 2/],
		['501 Chinese characters', () => ({ content: [text('猫'.repeat(501))] }), /500 Chinese characters/],
		['1001 words', () => ({ content: [text(times(1001, 'cat').join(' '))] }), /1000 English words/],
		['an image before the prompt', () => ({ content: [ref(), prompt] }), /`content\[1\]\.text` .* order text, image_url, video_url, audio_url/],
		['a video before an image', () => ({ content: [prompt, video(mp4), ref()] }), /must follow the order/],
		['a sound before a video', () => ({ content: [prompt, audio(mp3), video(mp4)] }), /must follow the order/],
		['ten images', () => ({ content: times(10, ref()) }), /at most 9 image items, got 10/],
		['four videos', () => ({ content: times(4, video(mp4)) }), /at most 3 video items, got 4/],
		['four sounds', () => ({ content: [ref(), ...times(4, audio(mp3))] }), /at most 3 audio items, got 4/],
		['an unknown role', () => ({ content: [image(jpg, 'hero')] }), /`content\[0\]\.role` .* first_frame, last_frame, reference_image/],
		['the role of another type', () => ({ content: [{ ...video(mp4), role: 'reference_image' }] }), /`content\[0\]\.role` .* reference_video/],
		['a video without a role', () => ({ content: [{ type: 'video_url', video_url: { url: mp4 } }] }), /missing `content\[0\]\.role`/],
		['two images without roles', () => ({ content: [image(jpg), image(jpg)] }), /missing `content\[0\]\.role`/],
		['a last frame alone', () => ({ content: [image(jpg, 'last_frame')] }), /a last frame needs one first frame/],
		['two first frames', () => ({ content: times(2, image(jpg, 'first_frame')) }), /mutually exclusive/],
		['a first frame beside a reference', () => ({ content: [image(jpg, 'first_frame'), ref()] }), /mutually exclusive/],
		['a first frame beside a video', () => ({ content: [image(jpg, 'first_frame'), video(mp4)] }), /mutually exclusive/],
		['an image without a role beside a video', () => ({ content: [image(jpg), video(mp4)] }), /missing `content\[0\]\.role`/],
		['sound alone', () => ({ content: [prompt, audio(mp3)] }), /audio needs at least one image or video/],
		['no URL', () => ({ content: [{ type: 'image_url', image_url: {} }] }), /missing `content\[0\]\.image_url\.url`/],
		['no holder of the URL', () => ({ content: [{ type: 'image_url', url: jpg }] }), /`content\[0\]\.url` .* unknown/],
		['a URL of another scheme', () => ({ content: [image('ftp://example.com/a.jpg')] }), /not a URL of a supported form/],
		['a bare asset ID', () => ({ content: [image('asset-20260427160000-xxxxx')] }), /not a URL of a supported form/],
		['a video as a data URI', () => ({ content: [video(dataUri('video/mp4', media.clip))] }), /a video must be a URL or asset:\/\/<ID>/],
		['a data URI of another type', () => ({ content: [image(dataUri('audio/wav', media.sound))] }), /data URI of type image\/\*/],
		['a data URI that is not Base64', () => ({ content: [image('data:image/png;base64,???')] }), /data URI of type image\/\*/],
		['an unknown resolution', () => ({ content: [prompt], resolution: '4k' }), /`resolution` .* 480p, 720p, 1080p/],
		['an unknown ratio', () => ({ content: [prompt], ratio: '2:1' }), /`ratio` .* 21:9, adaptive/],
		['3 seconds', () => ({ content: [prompt], duration: 3 }), /`duration` .* integer between 4 and 15/],
		['16 seconds', () => ({ content: [prompt], duration: 16 }), /`duration`/],
		['half seconds', () => ({ content: [prompt], duration: 4.5 }), /`duration`/],
		['a duration in quotes', () => ({ content: [prompt], duration: '5' }), /`duration`/],
		['generate_audio in quotes', () => ({ content: [prompt], generate_audio: 'true' }), /`generate_audio` .* boolean/],
		['watermark as a number', () => ({ content: [prompt], watermark: 1 }), /`watermark` .* boolean/],
		['return_last_frame in quotes', () => ({ content: [prompt], return_last_frame: 'no' }), /`return_last_frame`/],
		['a seed out of range', () => ({ content: [prompt], seed: -2 }), /`seed` .* between -1 and 4294967295/],
		['an unknown tool', () => ({ content: [prompt], tools: [{ type: 'calculator' }] }), /`tools\[0\]\.type` .* web_search/],
		['tools that are no list', () => ({ content: [prompt], tools: { type: 'web_search' } }), /`tools` .* array/],
		['web search with a reference', () => ({ content: [prompt, ref()], tools: [{ type: 'web_search' }] }), /text-to-video only/],
		['@image2 of one image', () => ({ content: [text('@image1 meets @image2'), ref()] }), /@image2 refers to nothing: there are 1 image items/],
		['@video1 of no video', () => ({ content: [text('as in @video1'), ref()] }), /@video1 refers to nothing/],
		['@audio0', () => ({ content: [text('@audio0'), ref(), audio(mp3)] }), /@audio0 refers to nothing/],
		['an asset that does not exist', () => ({ content: [ref('asset://asset-1')] }), /The specified asset asset-1 is not found/],
		['an asset of another type', () => ({ content: [video(`asset://${assets.picture}`)] }), /is of type Image, not video/],
		['an address with nothing behind it', () => ({ content: [ref(`${on.simulator.storageUrl}/no.png`)] }), /`content\[0\]\.image_url\.url` .* download failed/],
		['a host with nobody there', () => ({ content: [ref('http://127.0.0.1:1/a.png')] }), /download failed/],
		['a file of another type at the address', async () => ({ content: [video(await addressOf(assets.picture))] }), /not a supported video/],
		['a data URI that breaks a media limit', () => ({ content: [ref(dataUri('image/png', media.smallPicture))] }), /300 to 6000 px/],
	];

	it.each(refusals)('%s', async (_, body, words) => {
		const billsBefore = on.simulator.ledger.length;
		const { statusCode, json } = await create(await body());
		expect(statusCode).toBe(400);
		expect(json).toEqual({ code: 'fail_to_fetch_task', message: expect.any(String), data: null });
		const { code, message } = upstreamError(json);
		expect(message).toMatch(words);
		expect(message).toMatch(/Request id: \d+/);
		expect(code).toBe(message.startsWith('The request failed') ? 'MissingParameter' : 'InvalidParameter');
		expect(on.simulator.ledger).toHaveLength(billsBefore);
	});

	it('an asset that is not Active yet, or never will be', async () => {
		const group = await createGroup(on);
		const good = textAt((await upload(on, group, media.picture)).json, 'Id');
		const bad = textAt((await upload(on, group, media.smallPicture)).json, 'Id');
		const refusal = async (id: string) =>
			upstreamError((await create({ content: [ref(`asset://${id}`)] })).json).message;
		expect(await refusal(good)).toContain(`The specified asset ${good} is not found`);
		on.pass(3);
		expect(await refusal(good)).toContain(`The specified asset ${good} is still processing`);
		on.pass(3);
		expect(await refusal(bad)).toContain(`The specified asset ${bad} is not Active`);
		expect(await create({ content: [ref(`asset://${good}`)] })).toMatchObject({ statusCode: 200 });
	});

	it('an asset of another key', async () => {
		const body = { model: 'seedance', content: [ref(`asset://${assets.picture}`)] };
		const key = on.simulator.otherApiKey;
		const { json } = await call(on, '/v1/video/generations', body, { key });
		expect(upstreamError(json).message).toContain('is not found');
	});
});

describe('a model', () => {
	it('that the key has no channel for is 503 model_not_found', async () => {
		const answer = await create({ model: 'seedance-9', content: [prompt] });
		expect(answer).toMatchObject({
			statusCode: 503,
			json: { error: { type: 'new_api_error', code: 'model_not_found' } },
		});
		expect(at(answer.json, 'error', 'message')).toMatch(/^No available channel for model seedance-9 /);
	});

	it('must be named', async () => {
		expect(await create({ model: '', content: [prompt] })).toMatchObject({ statusCode: 400 });
	});

	it('has its own resolutions', async () => {
		const fast = await create({ model: 'seedance-fast', content: [prompt], resolution: '1080p' });
		expect(upstreamError(fast.json).message).toMatch(/480p, 720p for this model/);
		const ultra = await create({ model: 'seedance-2.0-ultra', content: [prompt] });
		expect(upstreamError(ultra.json)).toMatchObject({ code: 'MissingParameter' });
	});
});

describe('Seedance 2.5', () => {
	const create25 = async (body: object) => await create({ model: 'seedance-2.5', ...body });
	const clips = times(10, video(mp4));

	it.each<[string, object]>([
		['sound alone', { content: [prompt, audio(mp3)] }],
		['fifty references', { content: [prompt, ...times(30, ref()), ...clips, ...times(10, audio(mp3))] }],
		['a length that the model chooses', { content: [prompt], duration: -1 }],
		['half a minute', { content: [prompt], duration: 30 }],
		['what only it has', { content: [prompt], output_format: 'mov', priority: 9, service_tier: 'default', execution_expires_after: 60, safety_identifier: 'me' }],
		['an edit that is called one', { content: [prompt, video(mp4)], omni_reference_task_type: 'edit' }],
	])('takes %s', async (_, body) => {
		expect(await create25(body)).toMatchObject({ statusCode: 200 });
	});

	it.each<[string, object, string]>([
		['31 images', { content: [prompt, ...times(31, ref())] }, 'InvalidParameter'],
		['half price', { content: [prompt], service_tier: 'flex' }, 'InvalidParameter.UnsupportedParameter'],
		['a draft in another size', { content: [prompt], draft: true }, 'InvalidParameter'],
		['an intent without references', { content: [prompt], omni_reference_task_type: 'edit' }, 'InvalidParameter'],
		['an edit with a length', { content: [prompt, video(mp4)], omni_reference_task_type: 'edit', duration: 5 }, 'InvalidParameter.TaskTypeConstraint'],
		['an extension with a ratio', { content: [prompt, video(mp4)], omni_reference_task_type: 'extend', ratio: '1:1' }, 'InvalidParameter.TaskTypeConstraint'],
	])('refuses %s', async (_, body, code) => {
		const { statusCode, json } = await create25(body);
		expect(statusCode).toBe(400);
		expect(upstreamError(json).code).toBe(code);
	});

	it('finds out only in the run what does not fit a task that nobody has named', async () => {
		const own = await stage();
		const body = { model: 'seedance-2.5', content: [image(jpg, 'first_frame')], ratio: '9:16', duration: 5 };
		const { json } = await call(own, '/v1/video/generations', body);
		own.pass(65);
		const task = await call(own, `/v1/video/generations/${textAt(json, 'id')}`);
		expect(task.json).toMatchObject({ data: { status: 'FAILURE', data: { error: { code: 'InvalidParameter.TaskTypeConstraint' } } } });
		expect(own.simulator.ledger).toMatchObject([{ refunded: true }]);
	});

	it('chooses twice the usual length where none is asked for', async () => {
		const own = await stage();
		const { json } = await call(own, '/v1/video/generations', { model: 'seedance-2.5', content: [prompt], resolution: '480p' });
		own.pass(65);
		expect((await call(own, `/v1/video/generations/${textAt(json, 'id')}`)).json).toMatchObject({ data: { data: { duration: 10 } } });
	});

	describe('makes a draft into a video', () => {
		const draftBody = { model: 'seedance-2.5', content: [prompt], draft: true, resolution: '480p', duration: 4 };
		const finalBody = (id: string) => ({ model: 'seedance-2.5', content: [{ type: 'draft_task', draft_task: { id } }] });
		const open = async (body: object = draftBody) => {
			const own = await stage();
			const { json } = await call(own, '/v1/video/generations', body);
			const id = textAt(json, 'id');
			return { own, id, finalize: async (more: object = {}) => await call(own, '/v1/video/generations', { ...finalBody(id), ...more }) };
		};

		it('of the same length in 1080p, as H.265, and bills both', async () => {
			const { own, finalize } = await open();
			own.pass(65);
			const { json } = await finalize();
			own.pass(65);
			const task = await call(own, `/v1/video/generations/${textAt(json, 'id')}`);
			expect(task.json).toMatchObject({ data: { data: { draft: false, resolution: '1080p', duration: 4, draft_task_id: expect.stringMatching(/^cgt-/) } } });
			const url = textAt(task.json, 'data', 'result_url');
			expect((await fetchUrl(url)).bytes.includes('hvc1')).toBe(true);
			expect(own.simulator.ledger).toHaveLength(2);
		});

		it.each<[string, object, RegExp]>([
			['has anything of its own beside it', { duration: 4 }, /`duration` .* unknown parameter/],
			['is in another size', { resolution: '480p' }, /`resolution`/],
		])('but not if it %s', async (_, more, words) => {
			const { own, finalize } = await open();
			own.pass(65);
			expect(upstreamError((await finalize(more)).json).message).toMatch(words);
		});

		it.each<[string, object, number, RegExp]>([
			['is none', { ...draftBody, draft: false }, 65, /is not a draft/],
			['is not ready', draftBody, 10, /has not succeeded/],
			['is more than seven days old', draftBody, 7 * 86_400 + 1, /has expired/],
		])('but not if the draft %s', async (_, body, seconds, words) => {
			const { own, finalize } = await open(body);
			own.pass(seconds);
			expect(upstreamError((await finalize()).json).message).toMatch(words);
			expect(own.simulator.ledger).toHaveLength(1);
		});
	});
});
