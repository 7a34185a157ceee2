import { InlineFile, type NewVideoTask } from '../../nodes/shared/providers/adapter';
import { ark } from '../../nodes/shared/providers/ark';
import { checkVideoTaskInput } from '../../nodes/shared/checks/checkVideoTaskInput';
import { estimateCost } from '../../nodes/shared/estimate/estimate';
import type { VideoTaskInput } from '../../nodes/shared/vocabulary';
import { sampleFile } from '../support/answered';

const { create, get, list, getMany, cancel, callback } = ark.videoTasks;

const task = (input: Partial<NewVideoTask> = {}): NewVideoTask => ({
	model: 'dreamina-seedance-2-0-260128',
	mode: 'textToVideo',
	prompt: 'a cat',
	references: [],
	settings: {},
	...input,
});

describe('The request for a generation', () => {
	it('has what the user set, and nothing else', () => {
		expect(create.request(task())).toMatchObject({
			method: 'POST',
			path: '/contents/generations/tasks',
			body: { model: 'dreamina-seedance-2-0-260128', content: [{ type: 'text', text: 'a cat' }] },
			repeatable: false,
		});
		expect(Object.keys(create.request(task()).body ?? {})).toEqual(['model', 'content']);
	});

	it('has each setting under the name of the document', () => {
		const settings = {
			...{ resolution: '480p', ratio: '16:9', durationSeconds: -1, generateAudio: false, watermark: false, returnLastFrame: true },
			...{ seed: 7, cameraFixed: true, draft: true, taskIntent: 'edit', outputFormat: 'mov', priority: 9, serviceTier: 'flex' },
			...{ executionExpiresAfterSeconds: 3600, safetyIdentifier: 'user-1', webSearch: true },
		};
		expect(create.request(task({ settings })).body).toEqual({
			model: 'dreamina-seedance-2-0-260128',
			content: [{ type: 'text', text: 'a cat' }],
			...{ resolution: '480p', ratio: '16:9', duration: -1, generate_audio: false, watermark: false, return_last_frame: true },
			...{ seed: 7, camera_fixed: true, draft: true, omni_reference_task_type: 'edit', output_format: 'mov', priority: 9 },
			...{ service_tier: 'flex', execution_expires_after: 3600, safety_identifier: 'user-1', tools: [{ type: 'web_search' }] },
		});
	});

	it('has the role beside the address of a reference', () => {
		const file = new InlineFile(sampleFile, 'dataUri');
		const { body } = create.request(
			task({
				prompt: '',
				references: [
					{ mediaType: 'audio', role: 'reference', url: 'https://example.com/a.mp3' },
					{ mediaType: 'image', role: 'firstFrame', url: 'asset://asset-1' },
					{ mediaType: 'image', role: 'lastFrame', url: file },
				],
			}),
		);
		expect(body).toMatchObject({
			content: [
				{ type: 'image_url', image_url: { url: 'asset://asset-1' }, role: 'first_frame' },
				{ type: 'image_url', image_url: { url: file }, role: 'last_frame' },
				{ type: 'audio_url', audio_url: { url: 'https://example.com/a.mp3' }, role: 'reference_audio' },
			],
		});
	});

	it('has a draft in place of all that it was made from', () => {
		expect(create.request(task({ prompt: '', draftTaskId: 'cgt-1' })).body).toEqual({
			model: 'dreamina-seedance-2-0-260128',
			content: [{ type: 'draft_task', draft_task: { id: 'cgt-1' } }],
		});
	});

	it('writes the secret of a webhook into its address, beside what that has', () => {
		const addressWith = (secret?: string) => create.request(task({ webhook: { url: 'https://example.com/hook?signature=1', secret } })).body;
		expect(addressWith()).toMatchObject({ callback_url: 'https://example.com/hook?signature=1' });
		expect(addressWith('ä secret & more')).toMatchObject({
			callback_url: 'https://example.com/hook?signature=1&seedance_secret=%C3%A4+secret+%26+more',
		});
	});
});

describe('A task', () => {
	const answer = {
		id: 'cgt-20260708094649-mxfjc',
		model: 'dreamina-seedance-2-5-260628',
		status: 'succeeded',
		content: { video_url: 'https://ark-acg-ap.tos-ap.volces.com/v.mp4?X-Tos-Expires=86400', last_frame_url: 'https://example.com/l.png' },
		usage: { completion_tokens: 1296900, total_tokens: 1296900 },
		...{ created_at: 1783496809, updated_at: 1783497000, seed: 99588, resolution: '720p', ratio: '16:9', duration: 30 },
		...{ framespersecond: 24, generate_audio: true, output_format: 'mp4', draft: false, service_tier: 'default' },
	};

	it('is read with all that the answer tells', () => {
		expect(get.parse(answer)).toEqual({
			id: answer.id,
			status: 'succeeded',
			model: answer.model,
			videoUrl: answer.content.video_url,
			lastFrameUrl: answer.content.last_frame_url,
			failure: undefined,
			usage: answer.usage,
			isDraft: false,
			...{ resolution: '720p', ratio: '16:9', durationSeconds: 30, seed: 99588 },
			...{ createdAtMs: 1783496809000, finishedAtMs: 1783497000000 },
			raw: answer,
		});
	});

	it('that runs has little to tell', () => {
		const running = { id: 'cgt-1', model: 'm', status: 'running', created_at: 1783496809, updated_at: 1783497000 };
		expect(get.parse(running)).toMatchObject({ status: 'running', finishedAtMs: undefined, videoUrl: undefined });
	});

	it('of a length in frames has it in seconds', () => {
		expect(get.parse({ ...answer, duration: undefined, frames: 125 }).durationSeconds).toBe(5);
	});

	it.each([
		['cancelled', 'cancelled'],
		['expired', 'expired'],
	] as const)('that is %s was not paid', (status, reason) => {
		expect(get.parse({ id: 'cgt-1', status }).failure).toEqual({ reason, message: expect.stringContaining('it was not paid') });
	});

	it.each([
		['OutputVideoSensitiveContentDetected', 'The request failed because the output video may contain sensitive information.', 'moderation'],
		['InputImageSensitiveContentDetected.PrivacyInformation', 'The input image may contain real person.', 'moderation'],
		['InvalidParameter.TaskTypeConstraint', 'ratio is not supported in first frame', 'input'],
		['InvalidParameter', 'The specified asset asset-1 is not found.', 'notFound'],
		['InternalServiceError', 'The service encountered an unexpected internal error.', 'provider'],
	])('that failed by %s has the reason', (code, message, reason) => {
		expect(get.parse({ id: 'cgt-1', status: 'failed', error: { code, message } }).failure).toEqual({ reason, message, code });
	});

	it('that failed is no refusal', () => {
		expect(ark.isRefusal({ id: 'cgt-1', status: 'failed', error: { code: 'InternalServiceError', message: 'no' } })).toBe(false);
	});
});

describe('The list of tasks', () => {
	it('is asked for by the names of the document', () => {
		expect(list.request({ pageNumber: 2, pageSize: 50, status: 'running', model: 'ep-1' })).toMatchObject({
			method: 'GET',
			path: '/contents/generations/tasks',
			query: { page_num: 2, page_size: 50, 'filter.status': 'running', 'filter.model': 'ep-1' },
		});
		expect(list.request({ pageNumber: 1, pageSize: 20 }).query).toEqual({ page_num: 1, page_size: 20 });
	});

	it('has an entry for each task, and says how many there are', () => {
		const { items, totalCount } = list.parse({ total: 2, items: [{ id: 'cgt-1', status: 'queued' }, { id: 'cgt-2', status: 'running' }] });
		expect([items.map(({ id, status }) => [id, status]), totalCount]).toEqual([[['cgt-1', 'queued'], ['cgt-2', 'running']], 2]);
	});

	it('tells the state of many tasks at once, each named for itself', () => {
		const request = getMany.endpoint.request({ taskIds: ['cgt-1', 'cgt-2'] });
		expect(request.query).toEqual({ page_num: 1, page_size: 100, 'filter.task_ids': ['cgt-1', 'cgt-2'] });
		expect(getMany.endpoint.parse({ total: 1, items: [{ id: 'cgt-1', status: 'queued' }] })).toMatchObject([{ id: 'cgt-1', status: 'queued' }]);
	});
});

it('deletes a task once, and never again by itself', () => {
	expect(cancel.request({ taskId: 'cgt-1' })).toEqual({ method: 'DELETE', path: '/contents/generations/tasks/cgt-1', repeatable: false, isSentOnce: true });
});

describe('A callback', () => {
	it('has the form of a task, and says whether that has ended', () => {
		expect(callback.taskIdOf({ id: 'cgt-1', status: 'running' })).toBe('cgt-1');
		const open = (status: unknown) => callback.isOpen({ id: 'cgt-1', status });
		expect([open('queued'), open('running')]).toEqual([true, true]);
		expect([open('succeeded'), open('failed'), open('expired'), open('new'), open(undefined)]).toEqual([false, false, false, false, false]);
	});
});

describe('The API of the assets', () => {
	const result = (value: object) => ({ ResponseMetadata: { RequestId: 'r-1', Action: 'x', Version: '2024-01-01' }, Result: value });

	it('takes its actions by the query', () => {
		expect(ark.assets.create.request({ mediaType: 'image', groupId: 'group-1', source: 'https://example.com/a.jpg' })).toEqual({
			method: 'POST',
			host: 'assets',
			path: '/?Action=CreateAsset&Version=2024-01-01',
			body: { GroupId: 'group-1', URL: 'https://example.com/a.jpg', AssetType: 'Image' },
			repeatable: false,
		});
	});

	it.each([
		[{}, { GroupType: 'AIGC' }],
		[{ groupType: 'LivenessFace', name: 'x', groupIds: ['group-1'], statuses: ['active'] }, { GroupType: 'LivenessFace', Name: 'x', GroupIds: ['group-1'], Statuses: ['Active'] }],
		[{ groupType: '' }, {}],
	] as const)('lists what %j asks for', (query, filter) => {
		expect(ark.assets.list.request({ ...query, pageNumber: 1, pageSize: 100 }).body).toEqual({ Filter: filter, PageNumber: 1, PageSize: 100 });
	});

	it('answers with a result in an envelope, or without', () => {
		expect(ark.assets.create.parse(result({ Id: 'asset-1' }))).toEqual({ id: 'asset-1' });
		expect(ark.assets.create.parse({ Id: 'asset-1' })).toEqual({ id: 'asset-1' });
		expect(() => ark.assets.create.parse(result({}))).toThrow('the answer has no asset ID (Id)');
	});

	it('tells when an asset was last used', () => {
		const asset = { Id: 'asset-1', Status: 'Active', AssetType: 'Video', LastInferenceTime: '2026-03-18T03:57:10Z' };
		expect(ark.assets.get.parse(result(asset))).toMatchObject({ id: 'asset-1', status: 'active', mediaType: 'video', lastUsedAt: '2026-03-18T03:57:10Z' });
	});

	it('can refuse with the status 200', () => {
		const refusal = { ResponseMetadata: { RequestId: 'r-1', Error: { CodeN: 100027, Code: 'AccountFlowLimitExceeded', Message: 'slow down' } } };
		expect(ark.isRefusal(refusal)).toBe(true);
		expect(ark.parseFailure(refusal)).toEqual({ message: 'slow down', code: 'AccountFlowLimitExceeded', requestId: 'r-1', statusCode: 429 });
	});
});

describe('A refusal', () => {
	it('has its words without the request ID, which is known apart', () => {
		const body = { error: { code: 'AuthenticationError', message: 'the API key or AK/SK in the request is missing or invalid. request id: 0217', param: '', type: 'Unauthorized' } };
		expect(ark.isRefusal(body)).toBe(true);
		expect(ark.parseFailure(body)).toEqual({
			message: 'the API key or AK/SK in the request is missing or invalid.',
			code: 'AuthenticationError',
			requestId: '0217',
		});
	});

	it('is read when a relay has written it flat', () => {
		const body = { code: 'InvalidAction.RunningTaskDeletion', message: 'Cannot delete task' };
		expect([ark.isRefusal(body), ark.parseFailure(body)]).toEqual([true, body]);
	});

	it.each([[{ id: 'cgt-1' }], ['<html>'], [{}], [{ data: [] }], [{ ResponseMetadata: {}, Result: {} }]])('is not %j', (body) => {
		expect(ark.isRefusal(body)).toBe(false);
	});
});

describe('What is checked before it is sent', () => {
	const problems = (input: Partial<VideoTaskInput>) =>
		checkVideoTaskInput(ark, { model: 'dreamina-seedance-2-0-260128', mode: 'textToVideo', prompt: 'a cat', references: [], settings: {}, ...input }).map(({ message }) => message);
	const image = { mediaType: 'image', role: 'reference', medium: { kind: 'url', url: 'https://example.com/a.png' }, by: 'asGiven' } as const;

	it('finds nothing in what the document allows', () => {
		expect(problems({})).toEqual([]);
		expect(problems({ model: 'doubao-seedance-2-0-260128', settings: { resolution: '4k', webSearch: true, priority: 3 } })).toEqual([]);
		expect(problems({ model: 'seedance-1-0-pro-250528', settings: { seed: 1, cameraFixed: true, serviceTier: 'flex', durationSeconds: 2 } })).toEqual([]);
	});

	it.each<[string, Partial<VideoTaskInput>, RegExp]>([
		['a seed where no document has one', { settings: { seed: 1 } }, /does not have the setting Seed/],
		['the tier Flex of 2.0', { settings: { serviceTier: 'flex' } }, /does not have the setting Service Tier/],
		['references of 1.0', { model: 'seedance-1-0-pro-250528', mode: 'multimodalReference', references: [image] }, /does not offer the Mode References to Video/],
		['the last frame of 1.0 fast', { model: 'seedance-1-0-pro-fast-251015', mode: 'firstAndLastFrame', references: [image, image] }, /does not offer the Mode/],
		['a time that is too short', { settings: { executionExpiresAfterSeconds: 60 } }, /must be a whole number from 3600 to 259200/],
		['a ratio of 2.5 with a first frame', { model: 'dreamina-seedance-2-5-260628', mode: 'firstFrame', references: [{ ...image, role: 'firstFrame' }], settings: { ratio: '16:9' } }, /adaptive with Seedance 2.5/],
		['adaptive where there is nothing to adapt to', { model: 'seedance-1-0-pro-250528', settings: { ratio: 'adaptive' } }, /Aspect Ratio must be one of the others/],
		['a setting in the prompt', { prompt: 'a cat --dur 12' }, /The Prompt has --dur, which the model would take for a setting/],
	])('finds %s', (_what, input, message) => {
		expect(problems(input)).toEqual(expect.arrayContaining([expect.stringMatching(message)]));
	});

	it('takes two hyphens for what they are', () => {
		expect(problems({ prompt: 'a cat --durable and strong-- --' })).toEqual([]);
	});
});

describe('The credential', () => {
	const problemOf = (credential: Record<string, unknown>) => ark.checkCredential(credential).map(({ message }) => message);

	it('says so when an access key stands where the API key belongs, or the other way round', () => {
		expect(problemOf({ apiKey: ' AKLTexample ' })).toEqual([
			'API Key in the BytePlus / Volcengine credential must be an API key of Ark; it is an access key ID, which begins with AKLT.',
		]);
		expect(problemOf({ apiKey: 'key-1', accessKeyId: 'key-1' })).toEqual([
			'Access Key ID in the BytePlus / Volcengine credential must be the ID of an access key; it is the same as the API Key.',
		]);
		expect(problemOf({ apiKey: 'key-1', accessKeyId: 'AKLT1' })).toEqual([]);
	});

	it('adds its project to every request for assets', () => {
		expect(ark.assetApi.commonBody({ projectName: ' studio ' })).toEqual({ ProjectName: 'studio' });
		expect(ark.assetApi.commonBody({ projectName: '' })).toEqual({});
	});
});

describe('The estimate', () => {
	const basis = { ownPrices: [], videoSeconds: [] };
	const estimate = (model: string, settings: VideoTaskInput['settings']) => estimateCost(ark, { model, settings, references: [] }, basis).estimate;

	// The tokens are those of recorded answers.
	it.each([
		['dreamina-seedance-2-0-260128', '720p', 5, 108_900, 0.7623, 'USD'],
		['dreamina-seedance-2-0-fast-260128', '720p', 4, 87_300, 0.48888, 'USD'],
		['dreamina-seedance-2-0-260128', '480p', 4, 40_595, 0.284165, 'USD'],
		['doubao-seedance-2-5-260628', '720p', 5, 108_900, 7.623, 'CNY'],
	])('of %s in %s for %d s is that of the document', (model, resolution, durationSeconds, tokens, amount, currency) => {
		expect(estimate(model, { resolution, ratio: '16:9', durationSeconds })).toMatchObject({ tokens, amount, currency, basis: 'listPrice', asOf: '2026-10-02' });
	});

	it('has no amount where no price is published', () => {
		expect(estimate('doubao-seedance-1-0-pro-250528', { resolution: '1080p', ratio: '16:9', durationSeconds: 5 })).toMatchObject({ amount: null, tokens: 246_840 });
	});
});
