import { explainFailure } from '../../nodes/shared/providers/adapter';
import { apiframe } from '../../nodes/shared/providers/apiframe';
import type { NewVideoTask, SentReference } from '../../nodes/shared/providers/adapter';
import type { MediaType } from '../../nodes/shared/vocabulary';

/** Bodies and answers are those of the document "Assets", the openapi document and the page "Get Job". */

const jobId = '3f2b8c1e-7a54-4d0b-9c61-0a4f1f2e5d77';

const textToVideo: NewVideoTask = {
	model: 'seedance-2',
	mode: 'textToVideo',
	prompt: 'A cat plays the piano',
	references: [],
	settings: {},
};

const reference = (mediaType: MediaType, url: string): SentReference => ({
	mediaType,
	role: 'reference',
	url,
});

describe('Apiframe generation request', () => {
	const requestFor = (input: Partial<NewVideoTask>) =>
		apiframe.videoTasks.create.request({ ...textToVideo, ...input });

	it('is a POST with what is set and nothing else, because the server refuses unknown keys', () => {
		const request = requestFor({});
		expect(request).toEqual({
			method: 'POST',
			path: '/v2/videos/generate',
			body: { model: 'seedance-2', prompt: 'A cat plays the piano' },
			repeatable: false,
		});
		expect(Object.keys(request.body ?? {})).toEqual(['model', 'prompt']);
	});

	it('carries the key that makes a repeat harmless', () => {
		expect(requestFor({ idempotencyKey: 'key-1' })).toMatchObject({ idempotencyKey: 'key-1', repeatable: false });
	});

	it('carries every setting under the documented name, switched off ones too', () => {
		const { body } = requestFor({
			settings: {
				resolution: '4k',
				ratio: '21:9',
				durationSeconds: 11,
				generateAudio: false,
				returnLastFrame: true,
				cameraFixed: false,
				seed: 0,
				webSearch: false,
			},
		});
		expect(body).toEqual({
			model: 'seedance-2',
			prompt: 'A cat plays the piano',
			seedanceParams: {
				resolution: '4k',
				aspect_ratio: '21:9',
				duration: 11,
				generate_audio: false,
				return_last_frame: true,
				camera_fixed: false,
				seed: 0,
				web_search: false,
			},
		});
	});

	it('has names for all settings that it offers, and for no others', () => {
		const supported = { resolution: 'a', ratio: 'b', durationSeconds: 1, generateAudio: true, returnLastFrame: true, cameraFixed: true, seed: 2, webSearch: true };
		expect([...apiframe.video.settings].sort()).toEqual(Object.keys(supported).sort());
		const others = { watermark: true, autoUploadAssets: true, assetRetentionHours: 3, serviceMode: 'public' };
		const { body } = requestFor({ settings: { ...supported, ...others } });
		expect(Object.values((body as { seedanceParams: object }).seedanceParams).sort()).toEqual(Object.values(supported).sort());
	});

	it('puts frames and references into fields of their own and keeps their order', () => {
		const frames = requestFor({
			references: [
				{ mediaType: 'image', role: 'firstFrame', url: 'https://example.com/1.png' },
				{ mediaType: 'image', role: 'lastFrame', url: 'asset://last' },
			],
		});
		expect(frames.body).toHaveProperty('seedanceParams', {
			start_image: 'https://example.com/1.png',
			end_image: 'asset://last',
		});
		const lists = requestFor({
			references: [
				reference('audio', 'asset://a1'),
				reference('image', 'asset://i1'),
				reference('video', 'https://example.com/v.mp4'),
				reference('image', 'https://example.com/i2.png'),
			],
		});
		expect(lists.body).toHaveProperty('seedanceParams', {
			reference_image_urls: ['asset://i1', 'https://example.com/i2.png'],
			reference_video_urls: ['https://example.com/v.mp4'],
			reference_audio_urls: ['asset://a1'],
		});
	});

	it('requests a callback for the end of the job, not for its progress', () => {
		expect(requestFor({ webhook: { url: 'https://example.com/hook' } }).body).toMatchObject({
			webhookUrl: 'https://example.com/hook',
			webhookEvents: ['completed', 'failed'],
		});
	});
});

describe('Apiframe answer to a generation', () => {
	it('gives the job ID as task ID', () => {
		expect(apiframe.videoTasks.create.parse({ jobId, status: 'QUEUED' })).toEqual({ id: jobId });
	});

	it.each([[{}], [null], [[]], [{ jobId: null }], [{ status: 'QUEUED' }], ['']])('is refused without an ID: %j', (body) => {
		expect(() => apiframe.videoTasks.create.parse(body)).toThrow('task ID');
	});
});

describe('Apiframe job', () => {
	const finished = {
		id: jobId,
		status: 'COMPLETED',
		model: 'seedance-2',
		progress: 100,
		result: { videoUrl: 'https://cdn.example.com/v.mp4', lastFrameUrl: 'https://cdn.example.com/l.png' },
		error: null,
		creditCost: 160,
		webhookStatus: null,
		createdAt: '2026-04-27T16:00:00.000Z',
		completedAt: '2026-04-27T16:02:00.000Z',
		expired: false,
		input: {
			model: 'seedance-2',
			prompt: 'A cat plays the piano',
			seedanceParams: { resolution: '1080p', aspect_ratio: '16:9', duration: 8, seed: 4304 },
		},
	};
	const parse = (job: object) => apiframe.videoTasks.get.parse({ ...finished, ...job });

	it('is requested by its ID', () => {
		expect(apiframe.videoTasks.get.request({ taskId: jobId })).toEqual({
			method: 'GET',
			path: `/v2/jobs/${jobId}`,
			repeatable: true,
		});
	});

	it('is read as documented', () => {
		expect(parse({})).toEqual({
			id: jobId,
			status: 'succeeded',
			model: 'seedance-2',
			prompt: 'A cat plays the piano',
			videoUrl: 'https://cdn.example.com/v.mp4',
			lastFrameUrl: 'https://cdn.example.com/l.png',
			progressPercent: 100,
			failure: undefined,
			cost: { amount: 160, unit: 'credits' },
			resolution: '1080p',
			ratio: '16:9',
			durationSeconds: 8,
			seed: 4304,
			createdAtMs: Date.UTC(2026, 3, 27, 16, 0),
			finishedAtMs: Date.UTC(2026, 3, 27, 16, 2),
			linksExpireAtMs: Date.UTC(2026, 3, 28, 16, 2),
			raw: finished,
		});
	});

	it('is read while it runs, with null for what is not known yet', () => {
		expect(
			parse({ status: 'PROCESSING', progress: null, result: null, creditCost: null, completedAt: null, input: null }),
		).toMatchObject({ status: 'running', progressPercent: undefined, videoUrl: undefined, cost: undefined, linksExpireAtMs: undefined });
	});

	it.each([
		['QUEUED', 'queued'],
		['PROCESSING', 'running'],
		['COMPLETED', 'succeeded'],
		['completed', 'succeeded'],
		['FAILED', 'failed'],
		['CANCELLED', 'cancelled'],
		['CANCELED', 'cancelled'],
		['SOMETHING_NEW', 'running'],
		[undefined, 'running'],
	])('maps the status %p to %s', (status, expected) => {
		expect(parse({ status }).status).toBe(expected);
	});

	it.each([
		['an object', { videoUrl: 'https://e.com/v' }],
		['the link as text', 'https://e.com/v'],
		['other spellings', { video_url: 'https://e.com/v' }],
		['a general name', { url: 'https://e.com/v' }],
		['a list of links', { videos: ['https://e.com/v', 'https://e.com/w'] }],
		['a list of objects', { videos: [{ url: 'https://e.com/v' }] }],
		['an output', { output: { videoUrl: 'https://e.com/v' } }],
		['a bare list', ['https://e.com/v']],
		['null before the link', { videoUrl: null, url: 'https://e.com/v' }],
	])('gives its video from a result that is %s', (_name, result) => {
		expect(parse({ result })).toMatchObject({ videoUrl: 'https://e.com/v', lastFrameUrl: undefined });
	});

	it.each([[{ last_frame_url: 'https://e.com/l' }], [{ lastFrame: 'https://e.com/l' }], [{ lastFrame: { url: 'https://e.com/l' } }]])(
		'gives its last frame from %j',
		(result) => {
			expect(parse({ result: { videoUrl: 'https://e.com/v', ...result } }).lastFrameUrl).toBe('https://e.com/l');
		},
	);

	it.each([[null], [{}], ['soon'], [{ videoUrl: 'cdn/v.mp4' }], [[]]])('has no video in %j', (result) => {
		expect(parse({ result }).videoUrl).toBeUndefined();
	});

	it('whose files are gone is expired, although its status stays COMPLETED', () => {
		const task = parse({ expired: true });
		expect(task).toMatchObject({ status: 'expired', videoUrl: undefined, linksExpireAtMs: undefined, failure: { reason: 'expired' } });
		expect(task.failure?.message).toMatch(/gone.*24 hours.*new task/);
	});

	it.each([
		['Provider returned an error: content policy violation', 'moderation'],
		['Provider returned an error: internal error', 'provider'],
		['Asset abc not found', 'notFound'],
	])('that failed with %p says so: %s', (error, reason) => {
		expect(parse({ status: 'FAILED', result: null, error, expired: undefined })).toMatchObject({
			status: 'failed',
			videoUrl: undefined,
			failure: { reason, message: error },
		});
	});

	it.each([
		[null, 'the provider gave no reason'],
		['', 'the provider gave no reason'],
		[{ message: 'upstream time-out', code: 'E1' }, 'upstream time-out'],
	])('that failed with the error %j gives the reason %p', (error, message) => {
		expect(parse({ status: 'FAILED', error }).failure).toMatchObject({ reason: 'provider', message });
	});

	it('that was cancelled is no fault of anybody', () => {
		expect(parse({ status: 'CANCELLED', result: null }).failure).toMatchObject({ reason: 'cancelled' });
	});

	it('without an ID is refused', () => {
		expect(() => parse({ id: undefined })).toThrow('task ID');
	});
});

describe('Apiframe list of jobs', () => {
	const page = { pageNumber: 1, pageSize: 50 };
	const queryFor = (query: object) => apiframe.videoTasks.list.request({ ...page, ...query }).query;

	it('is requested by cursor', () => {
		expect(queryFor({})).toEqual({ limit: 50 });
		expect(queryFor({ cursor: 'c2', model: 'seedance-2', pageNumber: 2 })).toEqual({ cursor: 'c2', model: 'seedance-2', limit: 50 });
	});

	it.each([
		['queued', 'QUEUED'],
		['running', 'PROCESSING'],
		['succeeded', 'COMPLETED'],
		['failed', 'FAILED'],
		['cancelled', 'CANCELLED'],
		['expired', 'COMPLETED'],
	] as const)('is filtered by the status %s as %s', (status, expected) => {
		expect(queryFor({ status })).toEqual({ status: expected, limit: 50 });
	});

	it.each([
		['more', { nextCursor: 'c2', hasMore: true }, 'c2'],
		['no more', { nextCursor: null, hasMore: false }, null],
		['no more, whatever the cursor says', { nextCursor: 'c2', hasMore: false }, null],
		['more that cannot be reached', { nextCursor: null, hasMore: true }, null],
		['a cursor alone', { nextCursor: 'c2' }, 'c2'],
	])('says where the next page begins when there is %s', (_name, rest, nextCursor) => {
		const job = { id: jobId, status: 'QUEUED' };
		expect(apiframe.videoTasks.list.parse({ jobs: [job], ...rest })).toMatchObject({
			items: [{ id: jobId, status: 'queued', raw: job }],
			nextCursor,
		});
	});
});

describe('Apiframe state of many jobs', () => {
	const { endpoint, maxTasks } = apiframe.videoTasks.getMany;

	it('is asked for by the longest page of the list, which has no filter for several IDs', () => {
		expect(endpoint.request()).toEqual({ method: 'GET', path: '/v2/jobs', query: { limit: 100 }, repeatable: true });
		expect(maxTasks).toBe(100);
	});

	it('is read as an entry of the list is', () => {
		const jobs = [{ id: jobId, status: 'PROCESSING', progress: 40 }];
		expect(endpoint.parse({ jobs, nextCursor: 'c2', hasMore: true })).toMatchObject([
			{ id: jobId, status: 'running', progressPercent: 40 },
		]);
	});
});

describe('Apiframe assets', () => {
	it('are created by URL and type', () => {
		expect(apiframe.assets.create.request({ mediaType: 'video', source: 'https://example.com/v.mp4' })).toEqual({
			method: 'POST',
			path: '/v2/assets/create',
			body: { url: 'https://example.com/v.mp4', type: 'video' },
			repeatable: false,
		});
		expect(apiframe.assets.create.parse({ assetId: 'abc123def456' })).toEqual({ id: 'abc123def456' });
		expect(() => apiframe.assets.create.parse({})).toThrow('asset ID');
	});

	it('are read by ID', () => {
		expect(apiframe.assets.get.request({ assetId: 'asset-1' })).toEqual({ method: 'GET', path: '/v2/assets/asset-1', repeatable: true });
	});

	it('can be neither listed nor changed, as no document has that', () => {
		const endpoints = Object.entries(apiframe.assets).filter(([, member]) => 'request' in member);
		expect(endpoints.map(([name]) => name)).toEqual(['create', 'get']);
		expect(apiframe).not.toHaveProperty('assetGroups');
	});

	const parse = (body: unknown) => apiframe.assets.get.parse(body, { assetId: 'abc123def456' });

	it.each([
		['the document', { status: 'Active', url: 'https://e.com/a', errorMsg: null }, { status: 'active', url: 'https://e.com/a' }],
		['the document', { status: 'Processing', url: null, errorMsg: null }, { status: 'processing' }],
		['another spelling', { state: 'ACTIVE', type: 'Image' }, { status: 'active', mediaType: 'image' }],
		['an envelope', { data: { status: 'Active' } }, { status: 'active' }],
		['a new status', { status: 'Reviewing' }, { status: 'processing' }],
		['something else', { foo: 'bar' }, { status: undefined }],
	])('are read from %s: %j', (_name, body, expected) => {
		expect(parse(body)).toMatchObject({ id: 'abc123def456', failure: undefined, raw: body, ...expected });
	});

	it.each([[{ errorMsg: 'no face' }], [{ error_msg: 'no face' }], [{ errorMessage: 'no face' }], [{ error: { message: 'no face' } }]])(
		'say why they failed: %j',
		(reason) => {
			expect(parse({ status: 'Failed', url: null, ...reason })).toMatchObject({
				status: 'failed',
				failure: { reason: 'provider', message: 'no face' },
			});
		},
	);

	it('may fail without a reason', () => {
		expect(parse({ status: 'Failed', errorMsg: null }).failure?.message).toBe('the provider gave no reason');
	});
});

describe('Apiframe uploads', () => {
	it('are a form with the file, which may be sent again', () => {
		const file = { fileName: 'f.png', mimeType: 'image/png', sizeBytes: 1, open: jest.fn() };
		expect(apiframe.uploads.create.request({ file })).toEqual({
			method: 'POST',
			path: '/v2/uploads',
			body: { fields: {}, file: { fieldName: 'file', source: file } },
			repeatable: true,
		});
	});

	it('give a URL or are refused', () => {
		expect(apiframe.uploads.create.parse({ id: 'x', url: 'https://e.com/f' })).toEqual({ url: 'https://e.com/f' });
		expect(() => apiframe.uploads.create.parse({ id: 'x' })).toThrow('URL of the file');
	});
});

describe('Apiframe models', () => {
	it('are those of videos, by ID', () => {
		expect(apiframe.models.request()).toMatchObject({ path: '/v2/models', query: { modality: 'video' }, repeatable: true });
		expect(apiframe.models.parse({ models: [{ id: 'seedance-2', label: 'x' }, {}, { id: 'kling' }] })).toEqual([{ id: 'seedance-2' }, { id: 'kling' }]);
	});

	it('have the dearer end of the prices of the moment, and none where a price makes no sense', () => {
		const priceOf = (entry: object) => apiframe.models.parse({ models: [{ id: 'x', ...entry }] })[0]?.price;
		expect(priceOf({ pricingMode: 'per-second', costMin: 10, costMax: 90 })).toEqual({ amount: 90, currency: 'credits', per: 'second', isUpperBound: true });
		expect(priceOf({ pricingMode: 'flat', costMin: '40', costMax: '40' })).toMatchObject({ amount: 40, per: 'video' });
		expect(priceOf({ pricingMode: 'per-output', costMin: 40, costMax: 40 })).toEqual({ amount: 40, currency: 'credits', per: 'video' });
		for (const entry of [{}, { pricingMode: 'per-word', costMax: 3 }, { pricingMode: 'flat', costMax: 0 }, { pricingMode: 'flat', costMax: null }]) {
			expect(priceOf(entry)).toBeUndefined();
		}
	});

	it('are paid from a balance that is read as it is, or not at all', () => {
		expect(apiframe.balance.parse({ team: { credits: 0, plan: 'pro' } })).toEqual({ amount: 0, currency: 'credits', plan: 'pro' });
		for (const body of [{}, { team: null }, { team: { credits: 'many' } }]) expect(() => apiframe.balance.parse(body)).toThrow('balance');
	});
});

describe('Apiframe failures', () => {
	it.each([
		['a text', { error: 'Invalid API key' }, 'Invalid API key'],
		['an object', { error: { message: 'Nope' } }, 'Nope'],
		[
			'the numbers of credits',
			{ error: 'Insufficient credits', creditsRequired: 160, creditsAvailable: 0 },
			'Insufficient credits: 160 required, 0 available',
		],
		['a page of a proxy', '<html><head><title>Attention Required! | Cloudflare</title></head><body><h1>Sorry, you have been blocked</h1></body></html>', 'Attention Required! | Cloudflare Sorry, you have been blocked'],
		['nothing', '', '(empty)'],
		['null', null, 'null'],
	])('are read from %s', (_name, body, message) => {
		expect(apiframe.parseFailure(body)).toMatchObject({ message });
	});

	it.each([
		['model', 'Model: wrong'],
		['prompt', 'Prompt: wrong'],
		['webhookUrl', 'Webhook URL: wrong'],
		['url', 'URL: wrong'],
		['type', 'Media Type: wrong'],
		['file', 'Input Binary Field: wrong'],
		['seedanceParams.duration', 'Duration (Seconds): wrong'],
		['seedanceParams.aspect_ratio', 'Aspect Ratio: wrong'],
		['seedanceParams.resolution', 'Resolution: wrong'],
		['seedanceParams.generate_audio', 'Generate Audio: wrong'],
		['seedanceParams.return_last_frame', 'Return Last Frame: wrong'],
		['seedanceParams.camera_fixed', 'Fixed Camera: wrong'],
		['seedanceParams.seed', 'Seed: wrong'],
		['seedanceParams.web_search', 'Web Search: wrong'],
		['seedanceParams.start_image', 'First Frame: wrong'],
		['seedanceParams.end_image', 'Last Frame: wrong'],
		['seedanceParams.reference_image_urls', 'Images: wrong'],
		['seedanceParams.reference_image_urls.1', 'Images 2: wrong'],
		['seedanceParams.reference_video_urls.0', 'Videos 1: wrong'],
		['seedanceParams.reference_audio_urls.2', 'Audio 3: wrong'],
		['seedanceParams', 'seedanceParams: wrong'],
		['seedanceParams.new_field.3', 'seedanceParams.new_field.3: wrong'],
		['', 'wrong'],
	])('name the field of the path %p as the editor does: %s', (path, problem) => {
		expect(apiframe.parseFailure({ error: 'Validation failed', details: { [path]: ['wrong'] } }).message).toBe(
			`Validation failed: ${problem}`,
		);
	});

	it('name all problems at once', () => {
		const details = { prompt: ['too short', 'too dull'], 'seedanceParams.duration': ['too long'], model: 'odd' };
		expect(apiframe.parseFailure({ error: 'Validation failed', details }).message).toBe(
			'Validation failed: Prompt: too short, too dull; Duration (Seconds): too long; Model: odd',
		);
	});

	it.each([
		[{ error: 'Validation failed', details: {} }, true],
		[{ error: 'Insufficient credits', creditsRequired: 1, creditsAvailable: 0 }, true],
		[{ id: jobId, status: 'FAILED', error: 'content policy violation' }, false],
		[{ id: jobId, status: 'COMPLETED', error: null }, false],
		[{ status: 'Failed', error: 'no face' }, false],
		[{ jobs: [], nextCursor: null, hasMore: false }, false],
		[{ jobId, status: 'QUEUED' }, false],
		[{ assetId: 'x' }, false],
		[{ error: '' }, false],
		[null, false],
	])('inside a 200 are distinguished from answers: %j', (body, expected) => {
		expect(apiframe.isRefusal(body)).toBe(expected);
	});

	it.each([
		[402, 'Insufficient credits: 160 required, 0 available', 'quota', 'Top up'],
		[403, 'API key is inactive', 'permission', 'Switch the API key on'],
		[409, 'Idempotency key was already used with a different request body', 'input', 'start a new execution'],
		[404, 'Job not found', 'notFound', 'task ID'],
		[400, 'Invalid job ID', 'notFound', 'task ID'],
		[404, 'Asset not found', 'notFound', 'asset ID'],
		[400, 'Validation failed: Images 1: Asset abc not found', 'notFound', 'asset ID'],
		[400, 'Validation failed: Images 1: Asset abc is not Active (status: Processing)', 'input', 'Wait Until Active'],
		[400, 'Validation failed: Input Binary Field: File too large: max 25 MB for image', 'input', '25 MB'],
		[400, 'Validation failed: Prompt: content policy violation', 'moderation', 'Change the prompt'],
	])('come with a next step: %i %s', (statusCode, message, reason, words) => {
		const hint = explainFailure(apiframe.failureHints, { message, statusCode });
		expect(hint).toMatchObject({ reason, description: expect.stringContaining(words) });
	});

	it.each([
		[403, 'Attention Required! | Cloudflare'],
		[400, 'Validation failed: Prompt: Too big: expected string to have <=4000 characters'],
		[429, 'Rate limit exceeded'],
	])('leave the rest to their status: %i %s', (statusCode, message) => {
		expect(explainFailure(apiframe.failureHints, { message, statusCode })).toBeUndefined();
	});
});
