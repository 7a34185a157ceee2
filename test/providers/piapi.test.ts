import {
	explainFailure,
	findVideoModel,
	InlineFile,
	type NewVideoTask,
	type SentReference,
	videoLimits,
} from '../../nodes/shared/providers/adapter';
import { piapi } from '../../nodes/shared/providers/piapi';

/**
 * Bodies and answers are those of the document "Private Asset Library", completed by what clients of
 * PiAPI send and have seen.
 */

const textToVideo: NewVideoTask = {
	model: 'seedance-2',
	mode: 'textToVideo',
	prompt: 'A cat plays the piano',
	references: [],
	settings: {},
};

const image = (url: string): SentReference => ({ mediaType: 'image', role: 'reference', url });
const video = (url: string): SentReference => ({ mediaType: 'video', role: 'reference', url });
const audio = (url: string): SentReference => ({ mediaType: 'audio', role: 'reference', url });

describe('PiAPI generation request', () => {
	const requestFor = (input: Partial<NewVideoTask>) =>
		piapi.videoTasks.create.request({ ...textToVideo, ...input });

	it('is a POST that must never be repeated, with what the user has set alone', () => {
		expect(requestFor({})).toEqual({
			method: 'POST',
			path: '/api/v1/task',
			body: {
				model: 'seedance',
				task_type: 'seedance-2',
				input: { prompt: 'A cat plays the piano' },
			},
			repeatable: false,
		});
	});

	it('asks for a draft, and for what it becomes, without what the draft was made from', () => {
		const draft = requestFor({ model: 'seedance-2.5', settings: { draft: true, resolution: '480p' } });
		expect(draft.body).toMatchObject({ task_type: 'seedance-2.5', input: { prompt: 'A cat plays the piano', draft: true, resolution: '480p' } });
		const final = requestFor({ model: 'seedance-2.5', prompt: '', draftTaskId: 't1', settings: { serviceMode: 'public' } });
		expect(final.body).toEqual({
			model: 'seedance',
			task_type: 'seedance-2.5',
			input: { draft_task_id: 't1', resolution: '1080p' },
			config: { service_mode: 'public' },
		});
	});

	it('carries every setting under the name that PiAPI has for it', () => {
		const { body } = requestFor({
			model: 'seedance-2.5-less-restriction',
			settings: {
				resolution: '1080p',
				ratio: '21:9',
				durationSeconds: 30,
				generateAudio: false,
				autoUploadAssets: true,
				assetRetentionHours: 8,
				serviceMode: 'private',
			},
			webhook: { url: 'https://example.com/hook', secret: 'knock' },
		});
		expect(body).toEqual({
			model: 'seedance',
			task_type: 'seedance-2.5-less-restriction',
			input: {
				prompt: 'A cat plays the piano',
				resolution: '1080p',
				aspect_ratio: '21:9',
				duration: 30,
				audio: false,
				auto_upload_assets: true,
				asset_retention_hours: 8,
			},
			config: {
				service_mode: 'private',
				webhook_config: { endpoint: 'https://example.com/hook', secret: 'knock' },
			},
		});
	});

	it('has a webhook without a secret where the user set none', () => {
		expect(requestFor({ webhook: { url: 'https://example.com/hook' } }).body).toHaveProperty('config', {
			webhook_config: { endpoint: 'https://example.com/hook' },
		});
	});

	it('lists references by type in the order of the user, and leaves the prompt alone', () => {
		const { body } = requestFor({
			mode: 'multimodalReference',
			prompt: 'Image 1 dances like @video1',
			references: [audio('asset://a1'), image('asset://i1'), video('https://example.com/v.mp4'), image('asset://i2')],
		});
		expect(body).toHaveProperty('input', {
			prompt: 'Image 1 dances like @video1',
			image_urls: ['asset://i1', 'asset://i2'],
			video_urls: ['https://example.com/v.mp4'],
			audio_urls: ['asset://a1'],
		});
	});

	it('puts the first frame before the last one', () => {
		const { body } = requestFor({
			mode: 'firstAndLastFrame',
			references: [
				{ mediaType: 'image', role: 'lastFrame', url: 'https://example.com/2.png' },
				{ mediaType: 'image', role: 'firstFrame', url: 'https://example.com/1.png' },
			],
			settings: { ratio: 'adaptive' },
		});
		expect(body).toHaveProperty('input', {
			prompt: 'A cat plays the piano',
			image_urls: ['https://example.com/1.png', 'https://example.com/2.png'],
			aspect_ratio: 'auto',
		});
	});

	it.each<[string, NewVideoTask['mode'], SentReference[], string | undefined]>([
		['text', 'textToVideo', [], undefined],
		['a first frame', 'firstFrame', [{ ...image('asset://1'), role: 'firstFrame' }], undefined],
		['one image to refer to', 'multimodalReference', [image('asset://1')], 'omni_reference'],
		['two images to refer to', 'multimodalReference', [image('asset://1'), image('asset://2')], 'omni_reference'],
		['three images', 'multimodalReference', [image('asset://1'), image('asset://2'), image('asset://3')], undefined],
		['an image with a sound', 'multimodalReference', [image('asset://1'), audio('asset://2')], undefined],
		['a video to edit', 'videoEditing', [image('asset://1'), video('asset://2')], undefined],
		['a video to continue', 'videoExtension', [video('asset://1')], undefined],
	])('names its mode only where PiAPI would guess wrong: %s', (_name, mode, references, expected) => {
		const { input } = requestFor({ mode, references }).body as { input: { mode?: string } };
		expect(input.mode).toBe(expected);
	});

	it.each([
		['textToVideo', 1],
		['firstFrame', 0],
		['firstAndLastFrame', 0],
		['multimodalReference', 1],
		['videoEditing', 1],
		['videoExtension', 1],
	] as const)('may have an adaptive ratio where there is a frame: %s', (mode, problems) => {
		const check = (ratio: string) => piapi.checkVideoTask({ ...textToVideo, references: [], mode, settings: { ratio } });
		expect(check('adaptive')).toHaveLength(problems);
		expect(check('16:9')).toEqual([]);
	});
});

describe('PiAPI answer to a generation', () => {
	it.each([
		['the document', { code: 200, data: { task_id: 't1', status: 'pending' }, message: 'success' }],
		['the form without a code', { timestamp: 1777288506, data: { task_id: 't1' } }],
		['a bare task', { task_id: 't1' }],
	])('gives the task ID from %s', (_name, body) => {
		expect(piapi.videoTasks.create.parse(body)).toEqual({ id: 't1' });
	});

	it.each([[{}], [null], [[]], [''], [{ code: 200, data: { task_id: '' } }]])('is refused without an ID: %j', (body) => {
		expect(() => piapi.videoTasks.create.parse(body)).toThrow('task ID');
	});

	it('without an ID is cited without the secret of the webhook', () => {
		const data = { config: { webhook_config: { endpoint: 'https://example.com', secret: 'knock-knock' } } };
		let error: unknown;
		try {
			piapi.videoTasks.create.parse({ code: 200, data });
		} catch (thrown) {
			error = thrown;
		}
		expect(JSON.stringify(error)).toContain('[redacted]');
		expect(JSON.stringify(error)).not.toContain('knock-knock');
	});
});

describe('PiAPI task', () => {
	const finished = {
		task_id: '3f5ab17a',
		model: 'seedance',
		task_type: 'seedance-2-less-restriction',
		status: 'completed',
		config: { service_mode: 'public', webhook_config: { endpoint: '', secret: '' } },
		input: { prompt: 'x', image_urls: ['asset://a'], aspect_ratio: 'auto', duration: 5, resolution: '720p' },
		output: { video: 'https://img.example.com/ephemeral/v.mp4' },
		meta: {
			created_at: '2026-06-07T15:41:23Z',
			started_at: '2026-06-07T15:41:33.123456789Z',
			ended_at: '2026-06-07T15:43:23Z',
			usage: { type: 'point', frozen: 0, consume: 10_000_000 },
		},
		logs: [],
		error: { code: 0, raw_message: '', message: '', detail: null },
	};
	const parse = (task: object) => piapi.videoTasks.get.parse({ code: 200, data: { ...finished, ...task }, message: 'success' });

	it('is read from the documented envelope', () => {
		expect(parse({})).toEqual({
			id: '3f5ab17a',
			status: 'succeeded',
			model: 'seedance-2-less-restriction',
			prompt: 'x',
			videoUrl: 'https://img.example.com/ephemeral/v.mp4',
			failure: undefined,
			usage: { type: 'point', frozen: 0, consume: 10_000_000 },
			cost: { amount: 10_000_000, unit: 'points' },
			citesVideos: false,
			resolution: '720p',
			ratio: 'adaptive',
			durationSeconds: 5,
			createdAtMs: Date.UTC(2026, 5, 7, 15, 41, 23),
			startedAtMs: Date.UTC(2026, 5, 7, 15, 41, 33, 123),
			finishedAtMs: Date.UTC(2026, 5, 7, 15, 43, 23),
			linksExpireAtMs: Date.UTC(2026, 5, 8, 15, 43, 23),
			raw: { code: 200, data: finished, message: 'success' },
		});
	});

	it.each([[true, true], [false, false], [undefined, undefined]])('says %j of a draft: %j', (draft, expected) => {
		expect(parse({ input: { ...finished.input, draft } }).isDraft).toBe(expected);
	});

	it('is read without an envelope code, and from the short form of the document', () => {
		expect(piapi.videoTasks.get.parse({ timestamp: 1, data: finished })).toMatchObject({ id: '3f5ab17a', status: 'succeeded' });
		expect(piapi.videoTasks.get.parse({ code: 200, data: { task_id: 't', status: 'processing' } })).toMatchObject({
			id: 't',
			status: 'running',
			usage: undefined,
			cost: undefined,
		});
	});

	it.each([
		['pending', 'queued'],
		['Pending', 'queued'],
		['staged', 'queued'],
		['queued', 'queued'],
		['processing', 'running'],
		// Seen by clients.
		['processing\t', 'running'],
		['completed\t', 'succeeded'],
		['Completed', 'succeeded'],
		['success', 'succeeded'],
		['failed', 'failed'],
		['Failed', 'failed'],
		['dreaming', 'running'],
		[undefined, 'running'],
	])('maps the status %p to %s', (status, expected) => {
		expect(parse({ status }).status).toBe(expected);
	});

	it.each([
		['the document', { video: 'https://example.com/v.mp4' }],
		['a client', { video_url: 'https://example.com/v.mp4' }],
		['an object', { video: { url: 'https://example.com/v.mp4' } }],
		['a list', { videos: ['https://example.com/v.mp4'] }],
		['a list of objects', { videos: [{ url: 'https://example.com/v.mp4' }] }],
		['other models', { works: [{ video: { resource: 'https://example.com/v.mp4' } }] }],
		['an empty first name', { video: '', video_url: 'https://example.com/v.mp4' }],
	])('finds the link as in %s', (_name, output) => {
		expect(parse({ output }).videoUrl).toBe('https://example.com/v.mp4');
	});

	it.each([[null], [{}], [{ video: '' }], [{ videos: [] }], ['none']])('finds no link in %j', (output) => {
		expect(parse({ output }).videoUrl).toBeUndefined();
	});

	it('has no time that is not set, and so no end of its links', () => {
		const meta = { created_at: '2026-06-07T15:41:23Z', started_at: '0001-01-01T00:00:00Z', ended_at: '0001-01-01T00:00:00Z' };
		expect(parse({ meta })).toMatchObject({ startedAtMs: undefined, finishedAtMs: undefined, linksExpireAtMs: undefined });
	});

	it.each([
		['pending', undefined],
		['processing', undefined],
		['completed', { amount: 10_000_000, unit: 'points' }],
		['failed', { amount: 10_000_000, unit: 'points' }],
	])('that is %s has cost %j', (status, cost) => {
		expect(parse({ status }).cost).toEqual(cost);
	});

	it('takes the error with code 0 for none', () => {
		expect(parse({}).failure).toBeUndefined();
		expect(parse({ status: 'failed', error: { code: 0, message: '' } }).failure).toEqual({
			reason: 'provider',
			message: 'the provider gave no reason',
			code: undefined,
		});
	});

	const general = 'Internal error. Please try again later.';
	it.each<[string, object, { reason: string; message: string }]>([
		['the error', { error: { code: 10000, message: 'prompt is too long' } }, { reason: 'provider', message: 'prompt is too long' }],
		['its raw message', { error: { code: 10000, message: general, raw_message: 'upstream timeout' } }, { reason: 'provider', message: 'upstream timeout' }],
		[
			'the logs among general lines',
			{
				error: { code: 10000, message: general },
				logs: ['mode auto-detected: omni_reference', 'audio: enabled=true', 'InvalidParameter: image too small', general, 'restored frozen points'],
			},
			{ reason: 'input', message: 'InvalidParameter: image too small' },
		],
		[
			'known words rather than what comes first',
			{
				error: { code: 10000, message: 'the job failed' },
				logs: ['attempt 1 failed', 'The output video may contain sensitive information.'],
			},
			{ reason: 'moderation', message: 'The output video may contain sensitive information.' },
		],
		['a failing line rather than a note', { error: { code: 10000 }, logs: ['picked worker 7', 'upload was rejected'] }, { reason: 'provider', message: 'upload was rejected' }],
		['a log of objects', { error: { code: 10003 }, logs: [{ message: 'copyright restrictions' }] }, { reason: 'moderation', message: 'copyright restrictions' }],
		[
			'the last log rather than those of attempts that others followed',
			{ error: { code: 10000 }, logs: ['Attempt 1 failed: upstream timeout, retrying', 'Attempt 2 failed: worker lost, retrying', 'Attempt 3 failed: file was rejected by the model'] },
			{ reason: 'provider', message: 'Attempt 3 failed: file was rejected by the model' },
		],
		[
			'the last line of a log of many lines',
			{ error: { code: 10003, message: general }, logs: ['Attempt 1 failed: content policy check timed out, retrying\nAttempt 2 failed, retrying\nThe output was flagged as sensitive\nrestored frozen points'] },
			{ reason: 'moderation', message: 'The output was flagged as sensitive' },
		],
		[
			'the cause rather than what was done about it',
			{ error: { code: 10000 }, logs: ['Attempt 1 failed, retrying', 'upload was rejected', 'task moved to archive'] },
			{ reason: 'provider', message: 'upload was rejected' },
		],
		[
			'the last attempt, when all logs are of attempts',
			{ error: { code: 10000 }, logs: ['Attempt 1 failed: disk full, retrying', 'Attempt 2 failed: no worker, retrying'] },
			{ reason: 'provider', message: 'Attempt 2 failed: no worker, retrying' },
		],
		['an error that is text', { error: 'worker lost', logs: null }, { reason: 'provider', message: 'worker lost' }],
		['general words, when there are no others', { error: { code: 10000, message: general }, logs: ['restored frozen points'] }, { reason: 'provider', message: general }],
	])('that failed gives the reason from %s', (_name, task, expected) => {
		expect(parse({ status: 'failed', ...task })).toMatchObject({ status: 'failed', videoUrl: undefined, failure: expected });
	});

	it('never shows the secret of its webhook', () => {
		const config = { service_mode: 'public', webhook_config: { endpoint: 'https://example.com', secret: 'knock-knock' } };
		expect(parse({ config }).raw).toEqual({
			code: 200,
			data: { ...finished, config: { service_mode: 'public', webhook_config: { endpoint: 'https://example.com', secret: '[redacted]' } } },
			message: 'success',
		});
		expect(config.webhook_config.secret).toBe('knock-knock');
	});

	it('is requested by its ID', () => {
		expect(piapi.videoTasks.get.request({ taskId: '3f5ab17a-1' })).toEqual({
			method: 'GET',
			path: '/api/v1/task/3f5ab17a-1',
			repeatable: true,
		});
	});
});

describe('PiAPI assets', () => {
	const asset = {
		asset_id: 'asset-20260607154123-aaaa1',
		name: 'char-female',
		asset_type: 'Image',
		status: 'Active',
		url: 'https://your-cdn.com/example1.png',
		last_used_at: '2026-06-07T15:50:00Z',
		expires_at: '2026-06-22T15:50:00Z',
		created_at: '2026-06-07T15:41:23Z',
	};
	const parsed = {
		id: 'asset-20260607154123-aaaa1',
		status: 'active',
		mediaType: 'image',
		name: 'char-female',
		url: 'https://your-cdn.com/example1.png',
		failure: undefined,
		createdAt: '2026-06-07T15:41:23Z',
		lastUsedAt: '2026-06-07T15:50:00Z',
		expiresAt: '2026-06-22T15:50:00Z',
		raw: asset,
	};

	it.each([
		['image', 'Image'],
		['video', 'Video'],
		['audio', 'Audio'],
	] as const)('are made from a URL: %s', (mediaType, asset_type) => {
		const source = 'https://example.com/file';
		expect(piapi.assets.create.request({ mediaType, name: 'face', source })).toEqual({
			method: 'POST',
			path: '/api/v1/asset/upload',
			body: { url: source, asset_type, name: 'face' },
			repeatable: false,
		});
		expect(piapi.assets.create.request({ mediaType, source }).body).toEqual({ url: source, asset_type });
	});

	it.each([
		['as it is', (answer: object) => answer],
		['wrapped', (data: object) => ({ code: 200, data, message: 'success' })],
	])('are read from an answer %s', (_name, wrap) => {
		const created = { asset_id: 'asset-1', status: 'Processing', upload_at: '2026-06-07T15:41:23Z', expires_at: '2026-06-22T15:41:23Z' };
		expect(piapi.assets.create.parse(wrap(created))).toEqual({
			id: 'asset-1',
			status: 'processing',
			expiresAt: '2026-06-22T15:41:23Z',
		});
		expect(piapi.assets.get.parse(wrap(asset))).toEqual(parsed);
		expect(piapi.assets.list.parse(wrap({ items: [asset], total: 4, page: 1, size: 20, quota: { used: 4, limit: 500, ttl_days: 15 } }))).toEqual({
			items: [parsed],
			totalCount: 4,
			quota: { used: 4, limit: 500, idleDays: 15 },
		});
	});

	it('reads an empty list however it is written', () => {
		expect(piapi.assets.list.parse({ items: null, total: 0 })).toEqual({ items: [], totalCount: 0, quota: undefined });
	});

	it('gives the reason why an asset failed', () => {
		const error = { code: 'ImageFormatNotSupported', message: 'Image format heif is not supported by current version' };
		expect(piapi.assets.get.parse({ asset_id: 'asset-1', status: 'Failed', error })).toMatchObject({
			status: 'failed',
			failure: { reason: 'provider', ...error },
		});
		expect(piapi.assets.get.parse({ asset_id: 'asset-1', status: 'Failed' }).failure).toMatchObject({
			message: 'the provider gave no reason',
		});
	});

	it.each([
		['Active', 'active'],
		['Processing', 'processing'],
		['Queued', 'processing'],
		['Failed', 'failed'],
		[undefined, undefined],
	])('have the status %s as %s', (status, expected) => {
		expect(piapi.assets.get.parse({ asset_id: 'asset-1', status }).status).toBe(expected);
	});

	it.each([[{}], [null], [''], [{ data: null }]])('without an ID are refused: %j', (body) => {
		expect(() => piapi.assets.create.parse(body)).toThrow('asset ID');
		expect(() => piapi.assets.get.parse(body)).toThrow('asset ID');
	});

	it('are listed by status and order only if the user says so', () => {
		const page = { pageNumber: 2, pageSize: 100 };
		const queryOf = (filters: object) => piapi.assets.list.request({ ...page, ...filters }).query;
		expect(queryOf({})).toEqual({ page: 2, size: 100 });
		expect(queryOf({ statuses: [] })).toEqual({ page: 2, size: 100 });
		expect(queryOf({ statuses: ['active', 'failed'], order: 'lastUsed' })).toEqual({
			page: 2,
			size: 100,
			status: 'active,failed',
			order: '-last_used_at',
		});
		expect(queryOf({ order: 'newest' })).toHaveProperty('order', '-created_at');
		expect(queryOf({ order: 'oldest' })).toHaveProperty('order', 'created_at');
	});

	it('are read and deleted by ID, which is harmless to repeat', () => {
		const path = '/api/v1/asset/asset-1';
		expect(piapi.assets.get.request({ assetId: 'asset-1' })).toEqual({ method: 'GET', path, repeatable: true });
		expect(piapi.assets.delete.request({ assetId: 'asset-1' })).toEqual({ method: 'DELETE', path, repeatable: true, isDeletion: true });
	});
});

describe('PiAPI upload', () => {
	const file = (fileName: string) => ({ fileName, mimeType: 'image/png', sizeBytes: 1, open: jest.fn() });

	it('is JSON with the file as base64, for the upload host', () => {
		const source = file('face.png');
		expect(piapi.uploads.create.request({ file: source })).toEqual({
			method: 'POST',
			host: 'uploads',
			path: '/api/ephemeral_resource',
			body: { file_name: 'face.png', file_data: new InlineFile(source, 'base64') },
			repeatable: true,
		});
	});

	it.each([
		['face.png', 'face.png'],
		[`${'a'.repeat(124)}.png`, `${'a'.repeat(124)}.png`],
		[`${'a'.repeat(125)}.png`, `${'a'.repeat(124)}.png`],
		[`${'a.b'.repeat(100)}.jpeg`, `${'a.b'.repeat(41)}.jpeg`],
		['x'.repeat(200), 'x'.repeat(128)],
		[`${'x'.repeat(123)}🐈.png`, `${'x'.repeat(123)}.png`],
	])('keeps the end of a long name: %s', (fileName, expected) => {
		expect(piapi.uploads.create.request({ file: file(fileName) }).body).toHaveProperty('file_name', expected);
	});

	it.each([
		['as it is', { url: 'https://img.example.com/f.png' }],
		['wrapped', { code: 200, data: { url: 'https://img.example.com/f.png' }, message: 'success' }],
	])('gives the link from an answer %s', (_name, body) => {
		expect(piapi.uploads.create.parse(body)).toEqual({ url: 'https://img.example.com/f.png' });
	});

	it.each([[{}], [{ url: 'f.png' }], [{ code: 200, data: {} }]])('is refused without a link: %j', (body) => {
		expect(() => piapi.uploads.create.parse(body)).toThrow('URL of the file');
	});
});

describe('PiAPI failures', () => {
	it.each([
		[
			'the error of a task',
			{ code: 400, message: 'failed', data: { error: { code: 10000, message: 'prompt is required', raw_message: '' } } },
			{ code: '400', message: 'prompt is required', statusCode: 400 },
		],
		[
			'the raw message where the message says nothing',
			{ code: 500, message: 'Internal error', data: { error: { message: 'Internal error', raw_message: 'duration is not supported' } } },
			{ code: '500', message: 'duration is not supported' },
		],
		['a message without data', { code: 402, message: 'insufficient credits', data: null }, { code: '402', message: 'insufficient credits' }],
		['a message alone', { message: 'asset not found' }, { message: 'asset not found', code: undefined }],
		['an error object', { error: { code: 'x', message: 'asset not found' } }, { message: 'asset not found', code: 'x', statusCode: undefined }],
		['an error text', { error: 'asset not found' }, { message: 'asset not found', code: undefined }],
		['text', 'error code: 1010', { message: 'error code: 1010' }],
		['a page of a proxy', '<html><head><style>b{}</style></head><body><h1>403 Forbidden</h1></body></html>', { message: '403 Forbidden' }],
		['nothing', '', { message: '(empty)' }],
		['null', null, { message: 'null' }],
		['an empty object', {}, { message: '{}' }],
	])('are read from %s', (_name, body, expected) => {
		expect(piapi.parseFailure(body)).toMatchObject(expected);
	});

	it.each([
		[{ code: 400, message: 'x', data: null }, true],
		[{ success: false }, true],
		[{ code: 500, message: 'x', data: { task_id: '' } }, true],
		[{ code: 500, message: 'x', data: { task_id: 'x', status: 'failed' } }, false],
		[{ code: 200, data: { task_id: 'x' }, message: 'success' }, false],
		[{ code: 202, data: { asset_id: 'x' } }, false],
		[{ timestamp: 1, data: { task_id: 'x', status: 'failed', error: { code: 10000 } } }, false],
		[{ asset_id: 'x', status: 'Failed', error: { code: 'x', message: 'y' } }, false],
		[{ total: 4, success: 4, failed: 0, results: [] }, false],
		[{ url: 'https://example.com' }, false],
		['', false],
		[null, false],
	])('inside a 200 are distinguished from answers: %j', (body, expected) => {
		expect(piapi.isRefusal(body)).toBe(expected);
	});

	it.each([
		["invalid request: 'url' is required", 'input', 'field URL'],
		['unsupported asset_type: txt', 'input', 'jpeg, jpg, png'],
		['quota exceeded: plan hobbyist allows 50 assets, currently 50', 'quota', 'Get Many'],
		['asset not owned by this account', 'permission', 'another account'],
		['asset not found', 'notFound', 'asset ID'],
		['asset still processing', 'input', 'Wait Until Active'],
		['asset:// references are only allowed on -less-restriction task types', 'input', 'ends in -less-restriction'],
		['asset asset-1 status=Failed', 'input', '"Get Asset"'],
		['your plan not allowed to upload', 'permission', 'public URL'],
		['asset endpoints require account plan >= hobbyist', 'permission', 'hobbyist'],
		['ephemeral asset hard cap reached', 'quota', 'Asset Retention (Hours)'],
		['insufficient credits', 'quota', 'Top up'],
		['active task count 2 has reached the plan limit', 'rateLimit', 'upgrade the plan'],
		['task not found', 'notFound', 'task ID'],
		['may contain sensitive information', 'moderation', 'prompt'],
	])('%p have a next step', (message, reason, words) => {
		expect(explainFailure(piapi.failureHints, { message })).toMatchObject({ reason, description: expect.stringContaining(words) });
	});

	it('are retried if nothing was accepted and the same request works later', () => {
		const repeated = piapi.failureHints.filter(({ repeat }) => repeat).map(({ match, repeat }) => [String(match), repeat]);
		expect(repeated).toEqual([
			['/asset still processing/i', { intervalMs: 5_000, maxMs: 120_000 }],
			['/active task count.{0,100}limit/i', { intervalMs: 10_000, maxMs: 900_000, isCapacity: true }],
		]);
	});
});

describe('PiAPI models', () => {
	it('begin with one that cites assets, and name it to those that cannot', () => {
		expect(piapi.videoModels[0]?.id).toBe('seedance-2-less-restriction');
		expect(piapi.videoModels).toHaveLength(8);
		for (const model of piapi.videoModels) {
			const { id } = model;
			const { urlForms, settings } = videoLimits(piapi, model);
			const isLessRestricted = id.endsWith('-less-restriction');
			const forms = isLessRestricted ? ['url', 'asset'] : ['url'];
			expect(urlForms).toEqual({ image: forms, video: forms, audio: forms });
			expect('modelForAssets' in model ? model.modelForAssets : undefined).toBe(isLessRestricted ? undefined : `${id}-less-restriction`);
			expect(settings.includes('autoUploadAssets')).toBe(isLessRestricted);
			expect(model.resolutions.includes('1080p')).toBe(!/fast|mini/.test(id));
		}
	});

	it.each([
		['seedance-2', 15],
		['seedance-2-mini-less-restriction', 15],
		['seedance-2.5', 30],
		['seedance-2.5-less-restriction', 30],
	])('%s makes videos of up to %d seconds', (id, max) => {
		const model = findVideoModel(piapi, id);
		expect(model && videoLimits(piapi, model).durationSeconds).toEqual({ min: 4, max });
	});
});

describe('PiAPI history of tasks', () => {
	const page = { pageNumber: 1, pageSize: 50 };
	const row = (facts: object = {}) => ({
		id: 7,
		task_id: 'task-1',
		task_model: 'seedance',
		action: 'seedance-2-less-restriction',
		status: 'finished',
		usage: 10_000_000,
		usage_type: 'point',
		detail: { model: 'seedance', task_id: 'task-1', output: 'https://img.example.com/v.mp4' },
		created_at: '2026-04-27T16:00:00Z',
		updated_at: '2026-04-27T16:02:00Z',
		...facts,
	});
	const parse = (rows: unknown[], rest: object = {}, query: object = {}) =>
		piapi.videoTasks.list.parse({ code: 200, data: { data: rows, page: 1, size: 50, total: rows.length, ...rest }, message: 'success' }, { ...page, ...query });

	it('is requested by page and time, and never by model, as the page knows no Seedance', () => {
		expect(piapi.videoTasks.list.request({ ...page, pageNumber: 2, model: 'seedance-2', status: 'failed', createdAfterMs: 1_777_305_600_900 })).toEqual({
			method: 'GET',
			path: '/api/open/tasks/histories',
			query: { page: 2, page_size: 50, start_time: 1_777_305_600 },
			repeatable: true,
		});
		expect(piapi.videoTasks.list.request(page).query).toEqual({ page: 1, page_size: 50 });
	});

	it('has the model, the video, the cost and the moment of each task of Seedance', () => {
		expect(parse([row(), row({ task_id: 'task-2', task_model: 'kling', action: 'video_generation' })])).toEqual({
			items: [
				{
					id: 'task-1',
					status: 'succeeded',
					model: 'seedance-2-less-restriction',
					videoUrl: 'https://img.example.com/v.mp4',
					failure: undefined,
					cost: { amount: 10_000_000, unit: 'points' },
					createdAtMs: Date.UTC(2026, 3, 27, 16),
					raw: row(),
				},
			],
			nextCursor: null,
		});
	});

	it.each([
		['finished', 'succeeded'],
		['Failed', 'failed'],
		['processing\t', 'running'],
		['pending', 'queued'],
		['dreaming', 'running'],
		[undefined, 'running'],
	])('has the status %j as %s', (status, expected) => {
		expect(parse([row({ status })]).items[0]?.status).toBe(expected);
	});

	it('gives no cost before the end, and says where the reason of a failure is', () => {
		expect(parse([row({ status: 'processing' })]).items[0]).toMatchObject({ cost: undefined, videoUrl: undefined });
		expect(parse([row({ status: 'failed', detail: null })]).items[0]?.failure?.message).toContain('Get Task');
	});

	it('is filtered here, by status and model', () => {
		const rows = [row(), row({ task_id: 'task-2', action: 'seedance-2.5' }), row({ task_id: 'task-3', status: 'failed' })];
		expect(parse(rows, {}, { model: 'seedance-2.5' }).items.map(({ id }) => id)).toEqual(['task-2']);
		expect(parse(rows, {}, { status: 'failed' }).items.map(({ id }) => id)).toEqual(['task-3']);
	});

	it.each([
		['there are more', { total: 51 }, [row()], '2'],
		['this was the last page', { total: 50 }, [row()], null],
		['all of this page is of other models', { total: 51 }, [row({ task_model: 'flux', action: 'txt2img' })], '2'],
		['there is no total, and this page is not full', { total: undefined }, [row()], null],
		['there is no total, and this page is full', { total: undefined }, Array.from({ length: 50 }, () => row()), '2'],
		['nothing is left, whatever the total says', { total: 500 }, [], null],
	])('says whether there is another page: %s', (_name, rest, rows, nextCursor) => {
		expect(parse(rows, rest).nextCursor).toBe(nextCursor);
	});

	it('without the ID of a task is refused', () => {
		expect(() => parse([row({ task_id: undefined })])).toThrow('task ID (task_id)');
	});
});
