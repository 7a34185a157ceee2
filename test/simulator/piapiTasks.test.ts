import type { FateEffect } from '../../simulator';
import { assetId, callPiapi, createTask, getAsset, host, readTask, refusal, taskId } from './piapiSupport';
import { type Answer, at, clip, closeAll, fetchUrl, picture, probe, stage, textAt, type Stage } from './support';

// Media are made and measured here, which a busy machine does slowly.
jest.setTimeout(30_000);
afterEach(closeAll);

const jpg = 'https://example.com/a.jpg';
const mp4 = 'https://example.com/a.mp4';
const mp3 = 'https://example.com/a.mp3';
const times = <T>(count: number, item: T) => Array.from({ length: count }, () => item);
const lessRestricted = { taskType: 'seedance-2-less-restriction' };
const noTime = '0001-01-01T00:00:00Z';

describe('a task of PiAPI', () => {
	it('is created in the full envelope, pending and without an error', async () => {
		const on = await stage();
		const config = { service_mode: 'public', webhook_config: { endpoint: 'https://example.com/hook', secret: 'x' } };
		const input = { duration: 5, resolution: '720p', aspect_ratio: '16:9' };
		const answer = await createTask(on, input, { ...lessRestricted, rest: { config } });
		expect(answer.statusCode).toBe(200);
		expect(answer.json).toEqual({
			code: 200,
			data: {
				task_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
				model: 'seedance',
				task_type: 'seedance-2-less-restriction',
				status: 'pending',
				config,
				input: { prompt: 'A cat playing piano', mode: 'text_to_video', ...input },
				output: null,
				meta: {
					created_at: '2026-04-27T16:00:00Z',
					started_at: noTime,
					ended_at: noTime,
					usage: { type: 'point', frozen: 0, consume: 0 },
					is_using_private_pool: false,
				},
				detail: null,
				logs: [],
				error: { code: 0, raw_message: '', message: '', detail: null },
			},
			message: 'success',
		});
	});

	it('follows the clock, and answers by turns without and with a code', async () => {
		const on = await stage();
		const id = await taskId(on);
		const seen: unknown[] = [];
		for (const seconds of [0, 1, 3, 1, 59, 1]) {
			on.pass(seconds);
			const { json } = await readTask(on, id);
			seen.push([at(json, 'data', 'status'), at(json, 'code'), at(json, 'timestamp') !== undefined]);
			expect(json).toMatchObject({ data: { task_id: id, error: { code: 0 } } });
		}
		expect(seen).toEqual([
			['pending', undefined, true],
			['staged', 200, false],
			['staged', undefined, true],
			['processing', 200, false],
			['processing\t', undefined, true],
			['completed', 200, false],
		]);
	});

	it('ends with the video and its cost in points', async () => {
		const on = await stage();
		const id = await taskId(on, { duration: 5, resolution: '720p' }, lessRestricted);
		on.pass(65);
		const { json } = await readTask(on, id);
		expect(json).toMatchObject({
			data: {
				status: 'completed',
				output: { video: expect.stringMatching(/\/ephemeral\/[0-9a-f-]{36}\.mp4\?/) },
				meta: {
					started_at: '2026-04-27T16:00:05Z',
					ended_at: '2026-04-27T16:01:05Z',
					// The document's example.
					usage: { type: 'point', consume: 10_000_000 },
				},
				logs: ['mode auto-detected: text_to_video', 'audio: enabled=true'],
			},
		});
		expect(new URL(textAt(json, 'data', 'output', 'video')).origin).toBe(on.simulator.storageUrl);
	});

	it.each([[undefined], [60]])('has one link, that lives from the end of the run (%s s)', async (videoLinkSeconds) => {
		const on = await stage({ videoLinkSeconds });
		const id = await taskId(on, { duration: 4 });
		const link = async () => textAt((await readTask(on, id)).json, 'data', 'output', 'video');
		const status = async (url: string) => (await fetchUrl(url, { method: 'HEAD' })).statusCode;
		on.pass(65 + (videoLinkSeconds ?? 24 * 60 * 60) - 1);
		const first = await link();
		expect(await status(first)).toBe(200);
		on.pass(1);
		expect(await link()).toBe(first);
		expect(await status(first)).toBe(403);
	});

	it('is unknown when its ID was never given, or given to another account', async () => {
		const on = await stage();
		const unknown = refusal(404, 'task not found');
		expect(await readTask(on, '3f5ab17a-0b2e-44a3-b31d-3e6075e2b974')).toMatchObject(unknown);
		expect(await readTask(on, await taskId(on), on.simulator.otherApiKey)).toMatchObject(unknown);
	});
});

describe('PiAPI accepts', () => {
	it.each<[string, string, object, string]>([
		['a prompt alone', 'text_to_video', {}, 'seedance-2'],
		['empty lists', 'text_to_video', { image_urls: [], video_urls: [], audio_urls: [] }, 'seedance-2'],
		['4000 characters', 'text_to_video', { prompt: 'x'.repeat(4000) }, 'seedance-2'],
		['one picture', 'first_last_frames', { image_urls: [jpg] }, 'seedance-2'],
		['two pictures in the ratio of the first', 'first_last_frames', { image_urls: [jpg, jpg], aspect_ratio: 'auto' }, 'seedance-2'],
		['two pictures as references', 'omni_reference', { image_urls: [jpg, jpg], mode: 'omni_reference' }, 'seedance-2'],
		['three pictures', 'omni_reference', { image_urls: times(3, jpg) }, 'seedance-2'],
		['a clip', 'omni_reference', { video_urls: [mp4] }, 'seedance-2'],
		['twelve references', 'omni_reference', { image_urls: times(9, jpg), video_urls: [mp4], audio_urls: [mp3, mp3] }, 'seedance-2'],
		['a sound beside a picture', 'omni_reference', { image_urls: [jpg], audio_urls: [mp3] }, 'seedance-2'],
		['1080p', 'text_to_video', { resolution: '1080p' }, 'seedance-2'],
		['1080p of 2.5', 'text_to_video', { resolution: '1080p' }, 'seedance-2.5'],
		['30 seconds of 2.5', 'text_to_video', { duration: 30 }, 'seedance-2.5-less-restriction'],
		['15 seconds', 'text_to_video', { duration: 15, audio: false, aspect_ratio: '21:9' }, 'seedance-2-fast'],
		['720p of mini', 'text_to_video', { resolution: '720p' }, 'seedance-2-mini'],
		['an automatic upload', 'first_last_frames', { image_urls: [jpg], auto_upload_assets: true, asset_retention_hours: 8 }, 'seedance-2-mini-less-restriction'],
		['placeholders beyond the lists', 'first_last_frames', { prompt: 'Image 7 and @video2', image_urls: [jpg] }, 'seedance-2'],
	])('%s as %s', async (_, mode, input, taskType) => {
		const { statusCode, json } = await createTask(await stage(), input, { taskType });
		expect({ statusCode, mode: at(json, 'data', 'input', 'mode') }).toEqual({ statusCode: 200, mode });
	});

	it('both notations of references, and rewrites the one to the other', async () => {
		const on = await stage();
		const prompt = '@image1 and Image 1 in @video12, to @audio3';
		const { json } = await createTask(on, { prompt, image_urls: [jpg] });
		expect(at(json, 'data', 'input', 'prompt')).toBe('Image 1 and Image 1 in Video 12, to Audio 3');
	});
});

describe('PiAPI refuses, and does not bill,', () => {
	const png = 'data:image/png;base64,AAAA';
	const withConfig = (config: object) => ({ rest: { config } });

	it.each<[string, object, object, RegExp]>([
		['another model', {}, { rest: { model: 'kling' } }, /'model' must be seedance/],
		['an unknown task type', {}, { taskType: 'seedance-3' }, /unknown 'task_type' seedance-3/],
		['an unknown field', {}, { rest: { auto_upload_assets: true } }, /unknown field 'auto_upload_assets'/],
		['no input', {}, { rest: { input: undefined } }, /'input' is required/],
		['an unknown input field', { seed: 1 }, {}, /unknown field 'input\.seed'/],
		['no prompt', { prompt: '' }, {}, /'prompt' is required/],
		['4001 characters', { prompt: 'x'.repeat(4001) }, {}, /'prompt' exceeds 4000 characters/],
		['ten pictures', { image_urls: times(10, jpg) }, {}, /'image_urls' exceeds the maximum of 9/],
		['four clips', { video_urls: times(4, mp4) }, {}, /'video_urls' exceeds the maximum of 3/],
		['four sounds', { image_urls: [jpg], audio_urls: times(4, mp3) }, {}, /'audio_urls' exceeds the maximum of 3/],
		['thirteen references', { image_urls: times(9, jpg), video_urls: times(3, mp4), audio_urls: [mp3] }, {}, /at most 12 references/],
		['a list that is none', { image_urls: jpg }, {}, /'image_urls' must be an array/],
		['a data URI', { image_urls: [png] }, {}, /^InvalidParameter\.URL: 'image_urls\[0\]'/],
		['a bare ID', { image_urls: ['asset-1'] }, lessRestricted, /^InvalidParameter\.URL/],
		['a sound alone', { audio_urls: [mp3] }, {}, /'audio_urls' requires at least one image or video/],
		['an unknown mode', { mode: 'reference' }, {}, /'mode' must be one of/],
		['references in text to video', { mode: 'text_to_video', image_urls: [jpg] }, {}, /text_to_video accepts no references/],
		['three frames', { mode: 'first_last_frames', image_urls: times(3, jpg) }, {}, /requires 1 or 2 images/],
		['a frame with a sound', { mode: 'first_last_frames', image_urls: [jpg], audio_urls: [mp3] }, {}, /requires 1 or 2 images/],
		['frames without pictures', { mode: 'first_last_frames' }, {}, /requires 1 or 2 images/],
		['references without any', { mode: 'omni_reference' }, {}, /omni_reference requires references/],
		['3 seconds', { duration: 3 }, {}, /'duration' must be an integer between 4 and 15/],
		['16 seconds', { duration: 16 }, {}, /between 4 and 15/],
		['31 seconds of 2.5', { duration: 31 }, { taskType: 'seedance-2.5' }, /between 4 and 30/],
		['a duration in quotes', { duration: '5' }, {}, /'duration'/],
		['1080p of fast', { resolution: '1080p' }, { taskType: 'seedance-2-fast-less-restriction' }, /one of 480p, 720p for this task type/],
		['1080p of mini', { resolution: '1080p' }, { taskType: 'seedance-2-mini' }, /'resolution'/],
		['4k', { resolution: '4k' }, {}, /one of 480p, 720p, 1080p/],
		['an unknown ratio', { aspect_ratio: '2:1' }, {}, /'aspect_ratio' must be one of/],
		['auto without frames', { aspect_ratio: 'auto' }, {}, /auto is only for first_last_frames/],
		['audio in quotes', { audio: 'true' }, {}, /'audio' must be a boolean/],
		['an automatic upload of a strict type', { image_urls: [jpg], auto_upload_assets: true }, {}, /requires a -less-restriction task type/],
		['nine hours', { auto_upload_assets: true, asset_retention_hours: 9 }, lessRestricted, /between 3 and 8/],
		['an unknown service mode', {}, withConfig({ service_mode: 'fast' }), /'config\.service_mode'/],
		['an unknown setting', {}, withConfig({ webhook: {} }), /unknown field 'config\.webhook'/],
		['an unknown webhook setting', {}, withConfig({ webhook_config: { endpoint: jpg, url: jpg } }), /unknown field 'config\.webhook_config\.url'/],
		['a webhook without an endpoint', {}, withConfig({ webhook_config: { secret: 'x' } }), /endpoint' must be a URL/],
	])('%s', async (_, input, options, message) => {
		const on = await stage();
		expect(await createTask(on, input, options)).toMatchObject(refusal(400, message));
		expect(on.simulator.ledger).toEqual([]);
	});

	it('an empty wallet, until a failure gives its points back', async () => {
		const on = await stage({ piapi: { points: 15_000_000 } });
		const input = { duration: 5, resolution: '720p' };
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails' } });
		await taskId(on, input);
		expect(await createTask(on, input)).toMatchObject(refusal(402, 'insufficient credits'));
		expect((await callPiapi(on, '/account/info')).json).toMatchObject({
			data: { equivalent_in_usd: 0.5, wallet: { point_remain: 5_000_000 } },
		});
		on.pass(65);
		expect(await createTask(on, input)).toMatchObject({ statusCode: 200 });
		expect(on.simulator.ledger).toMatchObject([{ refunded: true }, { refunded: false }]);
	});

	it('more tasks at once than the plan has', async () => {
		const on = await stage({ piapi: { maxTasks: 2 } });
		await taskId(on);
		await taskId(on);
		expect(await createTask(on)).toMatchObject(refusal(429, 'active task count 2 has reached the plan limit'));
		expect(await createTask(on, {}, { key: on.simulator.otherApiKey })).toMatchObject({ statusCode: 200 });
		on.pass(65);
		expect(await createTask(on)).toMatchObject({ statusCode: 200 });
	});
});

describe('a reference to an asset of PiAPI', () => {
	const cite = (id: string) => ({ image_urls: [`asset://${id}`] });

	it('is taken when it is Active', async () => {
		const on = await stage();
		const id = await assetId(on);
		on.pass(6);
		expect(await createTask(on, cite(id), lessRestricted)).toMatchObject({ statusCode: 200 });
	});

	it.each(['seedance-2', 'seedance-2-fast', 'seedance-2-mini', 'seedance-2.5'])(
		'is refused by the strict type %s, whatever the asset',
		async (taskType) => {
			const on = await stage();
			const message = 'asset:// references are only allowed on -less-restriction task types';
			const answer = await createTask(on, cite('asset-1'), { taskType });
			expect(answer).toMatchObject(refusal(422, message));
			expect(answer.json).toMatchObject({ data: { error: { message } } });
			expect(on.simulator.ledger).toEqual([]);
		},
	);

	it.each<[string, number, string, (on: Stage) => Promise<string>]>([
		['exists nowhere', 404, 'asset not found', async () => await Promise.resolve('asset-1')],
		['is of another account', 403, 'asset not owned by this account', async (on) => await assetId(on, {}, on.simulator.otherApiKey)],
		['is Processing', 409, 'asset still processing', async (on) => await assetId(on)],
		['is Failed', 422, 'asset <id> status=Failed', failedAsset],
		['is no picture', 422, 'asset <id> is of type Video', activeClip],
	])('is refused when it %s', async (_, code, message, make) => {
		const on = await stage();
		const id = await make(on);
		const answer = await createTask(on, cite(id), lessRestricted);
		expect(answer).toMatchObject(refusal(code, message.replace('<id>', id)));
		expect(on.simulator.ledger).toEqual([]);
	});

	async function failedAsset(on: Stage): Promise<string> {
		on.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails' } });
		const id = await assetId(on);
		on.pass(6);
		return id;
	}

	async function activeClip(on: Stage): Promise<string> {
		const id = await assetId(on, { url: mp4 });
		on.pass(6);
		return id;
	}

	it('keeps it from being purged', async () => {
		const on = await stage();
		const id = await assetId(on);
		on.pass(100);
		await taskId(on, cite(id), lessRestricted);
		on.pass(3 * 24 * 60 * 60 - 1);
		expect(await getAsset(on, id)).toMatchObject({ statusCode: 200 });
	});
});

describe('the fate of a task of PiAPI', () => {
	const general = 'Internal error. Please try again later.';

	async function end(effect: FateEffect) {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect });
		const id = await taskId(on);
		on.pass(65);
		const { statusCode, json } = await readTask(on, id);
		expect(statusCode).toBe(200);
		return { data: at(json, 'data'), ledger: on.simulator.ledger };
	}

	it.each<[FateEffect, string]>([
		[{ kind: 'taskFails', reason: 'GPU on fire' }, 'GPU on fire'],
		[{ kind: 'taskModerated' }, 'sensitive information'],
	])('%j: failed, with the reason in the logs alone, and paid back', async (effect, reason) => {
		const { data, ledger } = await end(effect);
		expect(data).toMatchObject({
			status: 'failed',
			output: null,
			meta: { ended_at: '2026-04-27T16:01:05Z', usage: { consume: 0 } },
			error: { code: 10000, raw_message: '', message: general, detail: null },
		});
		expect(at(data, 'logs')).toEqual(
			expect.arrayContaining([expect.stringContaining(reason), general, 'restored frozen points']),
		);
		expect(JSON.stringify(at(data, 'error'))).not.toContain(reason);
		expect(ledger).toMatchObject([{ provider: 'piapi', kind: 'generation', model: 'seedance-2', refunded: true }]);
	});

	it('can be success without a link', async () => {
		const { data } = await end({ kind: 'taskUrlMissing' });
		expect(data).toMatchObject({ status: 'completed', output: { video: '' } });
	});

	it.each<[FateEffect, string]>([
		[{ kind: 'taskNeverEnds' }, 'processing\t'],
		[{ kind: 'taskStatus', status: 'Paused' }, 'Paused'],
	])('can be %j', async (effect, status) => {
		const { data } = await end(effect);
		expect(data).toMatchObject({ status, output: null, error: { code: 0 } });
	});

	it.each<[string, (on: Stage) => Promise<string>, RegExp]>([
		['cannot be fetched', async () => await Promise.resolve('http://127.0.0.1:1/a.png'), /^InvalidParameter\.URL: .*download failed/],
		['breaks a limit', async (on) => await host(on, 'a.png', picture('200x200')), /300 to 6000 px/],
	])('is failure when a reference %s', async (_, url, reason) => {
		const on = await stage();
		const id = await taskId(on, { image_urls: [await url(on)] });
		expect(on.simulator.ledger).toMatchObject([{ refunded: false }]);
		on.pass(65);
		const { json } = await readTask(on, id);
		expect(json).toMatchObject({ data: { status: 'failed', error: { message: general } } });
		expect(at(json, 'data', 'logs')).toContainEqual(expect.stringMatching(reason));
		expect(on.simulator.ledger).toMatchObject([{ refunded: true }]);
	});
});

describe('the video of PiAPI', () => {
	async function finish(on: Stage, input: object, taskType?: string) {
		const id = await taskId(on, { duration: 4, ...input }, { taskType });
		on.pass(65);
		const { json } = await readTask(on, id);
		const { bytes, headers } = await fetchUrl(textAt(json, 'data', 'output', 'video'));
		expect(headers['content-type']).toBe('video/mp4');
		return { json, streams: at(probe(bytes), 'streams') };
	}

	it('has 480p and sound unless told otherwise', async () => {
		const { streams } = await finish(await stage(), { aspect_ratio: '9:16' });
		expect(streams).toMatchObject([{ codec_name: 'h264', width: 496, height: 864, nb_frames: '96' }, { codec_name: 'aac' }]);
	});

	it('has 720p unless told otherwise with 2.5, and no sound without audio', async () => {
		const { streams } = await finish(await stage(), { audio: false }, 'seedance-2.5');
		expect(streams).toMatchObject([{ width: 1280, height: 720 }]);
	});

	it('takes the ratio of the first frame', async () => {
		const on = await stage();
		const { streams } = await finish(on, { image_urls: [await host(on, 'a.png', picture('600x800'))], audio: false });
		expect(streams).toMatchObject([{ width: 560, height: 752 }]);
	});

	it('is billed with the seconds of reference videos', async () => {
		const on = await stage();
		const { json } = await finish(on, { video_urls: [await host(on, 'a.mp4', clip('864x496', 3))], audio: false }, 'seedance-2-fast');
		expect(at(json, 'data', 'meta', 'usage')).toMatchObject({ consume: (4 + 3) * 480_000 });
	});
});

describe('the history of PiAPI', () => {
	const history = async (on: Stage, query = '', key?: string) => await callPiapi(on, `/api/open/tasks/histories${query}`, { key });
	const idsOf = ({ json }: Answer) => (at(json, 'data', 'data') as unknown[]).map((row) => at(row, 'task_id'));

	it('has the tasks of the account, newest first and by pages of ten', async () => {
		const on = await stage();
		const ids: string[] = [];
		for (let index = 0; index < 12; index++) ids.unshift(await taskId(on));
		const first = await history(on);
		expect(first.json).toMatchObject({ code: 200, data: { page: 1, size: 10, total: 12 }, message: 'success' });
		expect(idsOf(first)).toEqual(ids.slice(0, 10));
		expect(idsOf(await history(on, '?page=2'))).toEqual(ids.slice(10));
		expect(idsOf(await history(on, '', on.simulator.otherApiKey))).toEqual([]);
		expect(await history(on, '?page_size=101')).toMatchObject(refusal(400, /page_size/));
	});

	it('has the type, the points and the video of a task, and neither its prompt nor why it failed', async () => {
		const on = await stage();
		const id = await taskId(on);
		on.pass(100);
		const row = at((await history(on)).json, 'data', 'data', 0);
		expect(row).toMatchObject({ task_id: id, task_model: 'seedance', action: 'seedance-2', status: 'finished', usage: expect.any(Number) });
		expect(at(row, 'detail', 'output')).toMatch(/^http/);
		expect(JSON.stringify(row)).not.toContain('piano');
	});

	it('is filtered by time, and by a model that is never that of Seedance', async () => {
		const on = await stage();
		const older = await taskId(on);
		on.pass(60);
		const newer = await taskId(on);
		const seconds = Math.floor(on.nowMs() / 1000);
		expect(idsOf(await history(on, `?start_time=${seconds - 10}`))).toEqual([newer]);
		expect(idsOf(await history(on, `?end_time=${seconds - 10}`))).toEqual([older]);
		expect(idsOf(await history(on, '?model=seedance'))).toEqual([]);
	});

	it('may lag behind, or have what has ended alone', async () => {
		const lagging = await stage({ piapi: { historyLagSeconds: 30 } });
		const id = await taskId(lagging);
		expect(idsOf(await history(lagging))).toEqual([]);
		lagging.pass(30);
		expect(idsOf(await history(lagging))).toEqual([id]);
		const ended = await stage({ piapi: { history: 'ended' } });
		const openId = await taskId(ended);
		expect(idsOf(await history(ended))).toEqual([]);
		ended.pass(100);
		expect(idsOf(await history(ended))).toEqual([openId]);
	});
});
