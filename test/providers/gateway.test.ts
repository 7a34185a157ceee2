import { providers } from '../../nodes/shared/providers';
import { alad } from '../../nodes/shared/providers/alad';
import { anyfast } from '../../nodes/shared/providers/anyfast';
import type { NewVideoTask } from '../../nodes/shared/providers/adapter';

/** Bodies and answers are those of the documents "Seedance 2.0" and "Asset Management". */

const textToVideo: NewVideoTask = {
	model: 'seedance',
	mode: 'textToVideo',
	prompt: 'A cat plays the piano',
	references: [],
	settings: {},
};

describe('AnyFast generation request', () => {
	const requestFor = (input: Partial<NewVideoTask>) =>
		anyfast.videoTasks.create.request({ ...textToVideo, ...input });

	it('is a POST that must never be repeated', () => {
		expect(requestFor({})).toEqual({
			method: 'POST',
			path: '/v1/video/generations',
			body: { model: 'seedance', content: [{ type: 'text', text: 'A cat plays the piano' }] },
			repeatable: false,
			// The gateway holds the connection.
			timeoutMs: 300_000,
		});
	});

	it('carries what Seedance 2.5 has besides under the names of the API behind the gateway', () => {
		const { body } = requestFor({
			model: 'seedance-2.5',
			settings: {
				durationSeconds: -1,
				draft: true,
				taskIntent: 'reference',
				outputFormat: 'mov',
				priority: 3,
				serviceTier: 'default',
				executionExpiresAfterSeconds: 7200,
				safetyIdentifier: 'user-4711',
			},
		});
		expect(body).toEqual({
			model: 'seedance-2.5',
			content: [{ type: 'text', text: 'A cat plays the piano' }],
			duration: -1,
			draft: true,
			omni_reference_task_type: 'reference',
			output_format: 'mov',
			priority: 3,
			service_tier: 'default',
			execution_expires_after: 7200,
			safety_identifier: 'user-4711',
		});
	});

	it('has the draft alone in place of what the draft was made from', () => {
		const { body } = requestFor({ model: 'seedance-2.5', prompt: '', draftTaskId: 'asyntask_1', settings: { returnLastFrame: true } });
		expect(body).toEqual({
			model: 'seedance-2.5',
			content: [{ type: 'draft_task', draft_task: { id: 'asyntask_1' } }],
			resolution: '1080p',
			return_last_frame: true,
		});
	});

	it('carries every setting under the documented name', () => {
		const { body } = requestFor({
			settings: {
				resolution: '1080p',
				ratio: '21:9',
				durationSeconds: 11,
				generateAudio: false,
				watermark: true,
				webSearch: true,
				returnLastFrame: true,
				seed: 7,
			},
		});
		expect(body).toEqual({
			model: 'seedance',
			content: [{ type: 'text', text: 'A cat plays the piano' }],
			resolution: '1080p',
			ratio: '21:9',
			duration: 11,
			generate_audio: false,
			watermark: true,
			tools: [{ type: 'web_search' }],
			return_last_frame: true,
			seed: 7,
		});
	});

	it('leaves out web search that is switched off, because the document knows no such value', () => {
		expect(requestFor({ settings: { webSearch: false } }).body).not.toHaveProperty('tools');
	});

	it('orders content as text, image, video, audio and keeps the order within each type', () => {
		const { body } = requestFor({
			references: [
				{ mediaType: 'audio', role: 'reference', url: 'asset://a1' },
				{ mediaType: 'video', role: 'reference', url: 'asset://v1' },
				{ mediaType: 'image', role: 'reference', url: 'asset://i1' },
				{ mediaType: 'image', role: 'reference', url: 'asset://i2' },
			],
		});
		expect(body).toHaveProperty('content', [
			{ type: 'text', text: 'A cat plays the piano' },
			{ type: 'image_url', image_url: { url: 'asset://i1' }, role: 'reference_image' },
			{ type: 'image_url', image_url: { url: 'asset://i2' }, role: 'reference_image' },
			{ type: 'video_url', video_url: { url: 'asset://v1' }, role: 'reference_video' },
			{ type: 'audio_url', audio_url: { url: 'asset://a1' }, role: 'reference_audio' },
		]);
	});

	it('names the roles of frames and leaves out an empty prompt', () => {
		const { body } = requestFor({
			prompt: '',
			references: [
				{ mediaType: 'image', role: 'firstFrame', url: 'https://example.com/1.png' },
				{ mediaType: 'image', role: 'lastFrame', url: 'https://example.com/2.png' },
			],
		});
		expect(body).toHaveProperty('content', [
			{ type: 'image_url', image_url: { url: 'https://example.com/1.png' }, role: 'first_frame' },
			{ type: 'image_url', image_url: { url: 'https://example.com/2.png' }, role: 'last_frame' },
		]);
	});
});

describe('AnyFast answer to a generation', () => {
	const parse = (body: unknown) => anyfast.videoTasks.create.parse(body);

	it.each([
		['both names', { id: 'asyntask_1', task_id: 'asyntask_1', status: '', progress: 0 }],
		['id only', { id: 'asyntask_1' }],
		['task_id only', { task_id: 'asyntask_1', status: 'queued' }],
		['an empty id', { id: '', task_id: 'asyntask_1' }],
	])('gives the task ID from %s', (_name, body) => {
		expect(parse(body).id).toBe('asyntask_1');
	});

	it.each([[{}], [null], [[]], [{ id: null }], ['']])('is refused without an ID: %j', (body) => {
		expect(() => parse(body)).toThrow('task ID');
	});
});

describe('AnyFast task', () => {
	const parse = (data: object) => anyfast.videoTasks.get.parse({ code: 'success', message: '', data });
	const finished = {
		task_id: 'asyntask_1',
		status: 'SUCCESS',
		result_url: 'https://storage.example.com/v.mp4?sig=1',
		// The gateway keeps a copy of the link here for old clients.
		fail_reason: 'https://storage.example.com/v.mp4?sig=1',
		submit_time: 1777288506,
		start_time: 1777288508,
		finish_time: 1777288800,
		progress: '100%',
		data: {
			content: { video_url: 'https://upstream.example.com/v.mp4', last_frame_url: 'https://upstream.example.com/l.png' },
			duration: 5,
			model: 'doubao-seedance-2-0-260128',
			ratio: '16:9',
			resolution: '720p',
			seed: 4304,
			status: 'succeeded',
			usage: { completion_tokens: 108900, total_tokens: 108900 },
		},
	};

	it('is read from the documented envelope', () => {
		expect(parse(finished)).toMatchObject({
			id: 'asyntask_1',
			status: 'succeeded',
			model: 'doubao-seedance-2-0-260128',
			videoUrl: 'https://storage.example.com/v.mp4?sig=1',
			lastFrameUrl: 'https://upstream.example.com/l.png',
			progressPercent: 100,
			failure: undefined,
			usage: { completion_tokens: 108900, total_tokens: 108900 },
			durationSeconds: 5,
			seed: 4304,
			createdAtMs: 1777288506000,
			finishedAtMs: 1777288800000,
		});
	});

	it.each([[true, true], [false, false], [undefined, undefined], ['yes', undefined]])('says %j of a draft: %j', (draft, expected) => {
		expect(parse({ ...finished, data: { ...finished.data, draft } }).isDraft).toBe(expected);
	});

	it('falls back to the link of the upstream answer', () => {
		expect(parse({ ...finished, result_url: '' }).videoUrl).toBe('https://upstream.example.com/v.mp4');
	});

	it('falls back to the copy of the link for old clients, and to nothing else that stands there', () => {
		const bare = { ...finished, result_url: undefined, data: {} };
		expect(parse(bare).videoUrl).toBe('https://storage.example.com/v.mp4?sig=1');
		expect(parse({ ...bare, fail_reason: 'none' }).videoUrl).toBeUndefined();
		expect(parse({ ...bare, status: 'FAILURE' }).videoUrl).toBeUndefined();
	});

	it('is read from the older form without an envelope', () => {
		const task = anyfast.videoTasks.get.parse({
			id: 'x',
			model: 'seedance',
			status: 'completed',
			video_url: 'https://storage.example.com/v.mp4',
		});
		expect(task).toMatchObject({ id: 'x', status: 'succeeded', videoUrl: 'https://storage.example.com/v.mp4' });
	});

	it.each([
		['NOT_START', 'queued'],
		['SUBMITTED', 'queued'],
		['QUEUED', 'queued'],
		['', 'queued'],
		['IN_PROGRESS', 'running'],
		['SUCCESS', 'succeeded'],
		['FAILURE', 'failed'],
		['cancelled', 'cancelled'],
		['expired', 'expired'],
		['SOMETHING_NEW', 'running'],
	])('maps the status %p to %s', (status, expected) => {
		expect(parse({ task_id: 'x', status }).status).toBe(expected);
	});

	it('never takes the copy of the link for a reason', () => {
		expect(parse(finished).failure).toBeUndefined();
	});

	it.each([
		['moderation by its words', '50%', 'OutputVideoSensitiveContentDetected', 'moderation'],
		['moderation by 100 % and an error', '100%', 'the task did not produce a result', 'moderation'],
		['a plain fault', '50%', 'upstream timeout', 'provider'],
		['a wrong setting, although at 100 %', '100%', 'InvalidParameter: duration', 'input'],
	])('gives the reason for %s', (_name, progress, fail_reason, reason) => {
		const { status, failure, videoUrl } = parse({ task_id: 'x', status: 'FAILURE', progress, fail_reason });
		expect({ status, reason: failure?.reason, videoUrl }).toEqual({ status: 'failed', reason, videoUrl: undefined });
	});

	it('is requested by its ID', () => {
		expect(anyfast.videoTasks.get.request({ taskId: 'asyntask_1' }).path).toBe('/v1/video/generations/asyntask_1');
	});
});

describe('Gateway failures', () => {
	it.each([
		[
			'an OpenAI-like error',
			{ error: { message: 'Invalid API key provided.', type: 'authentication_error', code: 'invalid_api_key' } },
			{ message: 'Invalid API key provided.', code: 'invalid_api_key' },
		],
		[
			'a gateway error with a request ID in its text',
			{ error: { message: 'Invalid token (request id: 2026abc)', type: 'new_api_error', code: '' } },
			{ message: 'Invalid token', code: 'new_api_error', requestId: '2026abc' },
		],
		[
			'an upstream rejection, which is JSON inside a message',
			{
				code: 'fail_to_fetch_task',
				message: '{"error":{"code":"InvalidParameter","message":"The specified asset x is not found. Request id: 0217"}}',
				data: null,
			},
			{ code: 'InvalidParameter', message: 'The specified asset x is not found.', requestId: '0217' },
		],
		['a page of a proxy', '<html><head><style>b{}</style></head><body><h1>502 Bad Gateway</h1></body></html>', { message: '502 Bad Gateway' }],
		['nothing', '', { message: '(empty)' }],
		['null', null, { message: 'null' }],
	])('are read from %s', (_name, body, expected) => {
		expect(anyfast.parseFailure(body)).toMatchObject(expected);
	});

	it.each([
		[{ error: { message: 'x' } }, true],
		[{ code: 'fail_to_fetch_task', message: 'x', data: null }, true],
		[{ code: 'success', message: '', data: {} }, false],
		[{ Id: 'asset-1' }, false],
		[{ id: 'asyntask_1', status: '' }, false],
		[{ object: 'list', data: [] }, false],
		[null, false],
	])('inside a 200 are distinguished from answers: %j', (body, expected) => {
		expect(anyfast.isRefusal(body)).toBe(expected);
	});
});

describe('AnyFast assets', () => {
	it.each([
		['image', 'volc-asset', 'Image'],
		['video', 'volc-asset-video', 'Video'],
		['audio', 'volc-asset-audio', 'Audio'],
	] as const)('bills a new %s as %s', (mediaType, model, AssetType) => {
		const request = anyfast.assets.create.request({
			mediaType,
			groupId: 'group-1',
			name: 'face',
			source: 'https://example.com/file',
		});
		expect(request).toEqual({
			method: 'POST',
			path: '/volc/asset/CreateAsset',
			body: { model, GroupId: 'group-1', Name: 'face', AssetType, URL: 'https://example.com/file' },
			repeatable: false,
		});
	});

	it('sends a file as a form', () => {
		const source = { fileName: 'f.png', mimeType: 'image/png', sizeBytes: 1, open: jest.fn() };
		const { body } = anyfast.assets.create.request({ mediaType: 'image', groupId: 'g', source });
		expect(body).toEqual({
			fields: { model: 'volc-asset', GroupId: 'g', AssetType: 'Image' },
			file: { fieldName: 'file', source },
		});
	});

	it('lists with a group type unless the user clears it', () => {
		const filterFor = (groupType?: string) =>
			anyfast.assets.list.request({ groupType, groupIds: ['g'], pageNumber: 2, pageSize: 10 }).body;
		expect(filterFor()).toEqual({
			model: 'volc-asset',
			Filter: { GroupIds: ['g'], GroupType: 'AIGC' },
			PageNumber: 2,
			PageSize: 10,
		});
		expect(filterFor('LivenessFace')).toHaveProperty('Filter.GroupType', 'LivenessFace');
		expect(filterFor('')).not.toHaveProperty('Filter.GroupType');
	});

	it('names nothing but the ID where the documents name nothing else', () => {
		const { assets, assetGroups } = anyfast;
		const bodies = [
			assets.get.request({ assetId: 'asset-1' }).body,
			assets.delete.request({ assetId: 'asset-1' }).body,
			assetGroups.delete.request({ groupId: 'asset-1' }).body,
		];
		expect(bodies).toEqual([{ Id: 'asset-1' }, { Id: 'asset-1' }, { Id: 'asset-1' }]);
	});

	it.each([
		['Active', 'active'],
		['Processing', 'processing'],
		['Inactive', 'processing'],
		['Failed', 'failed'],
		[undefined, undefined],
	])('reads the status %s as %s', (Status, expected) => {
		expect(anyfast.assets.get.parse({ Id: 'asset-1', AssetType: 'Image', Status }).status).toBe(expected);
	});

	it('gives the reason why an asset failed', () => {
		const asset = anyfast.assets.get.parse({
			Id: 'asset-1',
			Status: 'Failed',
			Error: { Code: 'FaceMismatch', Message: 'more than one face' },
		});
		expect(asset.failure).toEqual({ reason: 'provider', code: 'FaceMismatch', message: 'more than one face' });
	});

	it.each([
		['[u-12]-[t-7]-spring', 'spring'],
		['[u-12]-[t-7]spring', 'spring'],
		['[u-12]-[t-7]_spring [x]', 'spring [x]'],
		['spring', 'spring'],
	])('gives the group name %s without the isolation prefix', (Name, expected) => {
		const { items } = anyfast.assetGroups.list.parse({ Items: [{ Id: 'g', Name }], TotalCount: 1 });
		expect(items[0]).toMatchObject({ name: expected, storedName: Name });
	});

	it('reads an empty list however it is written', () => {
		expect(anyfast.assets.list.parse({ Items: null, TotalCount: 0 })).toEqual({ items: [], totalCount: 0 });
	});
});

describe('Alad', () => {
	it('offers exactly the asset requests that its document names', () => {
		const endpoints = Object.entries(alad.assets).filter(([, member]) => 'request' in member);
		expect(endpoints.map(([name]) => name)).toEqual(['create', 'list']);
		expect(Object.keys(alad.assetGroups)).toEqual(['create', 'list']);
	});
});

describe('Every provider', () => {
	it('has an ID and a credential of its own', () => {
		for (const key of ['id', 'displayName', 'credentialType'] as const) {
			expect(new Set(providers.map((provider) => provider[key])).size).toBe(providers.length);
		}
	});

	it.each(providers.map((provider) => [provider.displayName, provider] as const))(
		'%s never marks a request that is paid or creates something as repeatable',
		(_name, { assets, assetGroups, videoTasks }) => {
			const requests = [
				videoTasks.create.request(textToVideo),
				assets.create.request({ mediaType: 'image', groupId: 'g', source: 'https://example.com/a.png' }),
				assetGroups?.create.request({ name: 'x' }),
			];
			expect(requests.filter((request) => request?.repeatable)).toEqual([]);
		},
	);
});
