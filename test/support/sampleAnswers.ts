import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';

/** An answer with every field that an adapter reads, and a call that it may come for. */
export interface SampleAnswer {
	name: string;
	statusCode: number;
	body: unknown;
	call: Call;
}

type Call =
	| 'createTask'
	| 'getTask'
	| 'listTasks'
	| 'createAsset'
	| 'getAsset'
	| 'listAssets'
	| 'listGroups'
	| 'models'
	| 'upload';

const link = 'https://storage.example.com/v.mp4?X-Amz-Date=20260427T110640Z&X-Amz-Expires=86400&X-Amz-Signature=1';

const gatewayAsset = {
	Id: 'asset-1',
	Name: 'face',
	URL: link,
	AssetType: 'Image',
	GroupId: 'group-1',
	Status: 'Failed',
	Error: { Code: 'FaceMismatch', Message: 'more than one face' },
	CreateTime: '2026-04-27T11:06:40Z',
	UpdateTime: '2026-04-27T11:06:40Z',
};

const gatewayTask = (facts: object) => ({
	code: 'success',
	message: '',
	data: {
		task_id: 'asyntask_1',
		submit_time: 1777288506,
		start_time: 1777288508,
		finish_time: 1777288800,
		progress: '100%',
		data: {
			model: 'doubao',
			content: { video_url: link, last_frame_url: link },
			error: { code: 'InternalServiceError', message: 'broken' },
			resolution: '720p',
			ratio: '16:9',
			duration: 5,
			seed: 1,
			usage: { total_tokens: 1 },
		},
		...facts,
	},
});

const gateway: SampleAnswer[] = [
	{ name: 'a new task', call: 'createTask', statusCode: 200, body: { id: 'asyntask_1', task_id: 'asyntask_1', status: '' } },
	{ name: 'a task', call: 'getTask', statusCode: 200, body: gatewayTask({ status: 'SUCCESS', result_url: link, fail_reason: link }) },
	{ name: 'a task that failed', call: 'getTask', statusCode: 200, body: gatewayTask({ status: 'FAILURE', fail_reason: 'no' }) },
	{ name: 'a task that seems to have failed', call: 'getTask', statusCode: 200, body: gatewayTask({ status: 'IN_PROGRESS', fail_reason: 'no' }) },
	{ name: 'assets', call: 'listAssets', statusCode: 200, body: { Items: [gatewayAsset], TotalCount: 1 } },
	{
		name: 'groups',
		call: 'listGroups',
		statusCode: 200,
		body: { Items: [{ Id: 'group-1', Name: '[u-1]-[t-1]g', GroupType: 'AIGC', CreateTime: '2026', UpdateTime: '2026' }], TotalCount: 1 },
	},
	{ name: 'models', call: 'models', statusCode: 200, body: { data: [{ id: 'seedance' }] } },
	{
		name: 'an error',
		call: 'createTask',
		statusCode: 400,
		body: { error: { message: 'no (request id: 1)', code: 'x', type: 'new_api_error' } },
	},
	{ name: 'an error of the upstream', call: 'getTask', statusCode: 400, body: { code: 'x', message: '{"error":{"message":"no"}}', data: null, request_id: '1' } },
	{ name: 'a fault', call: 'createTask', statusCode: 500, body: { error: { message: 'no' } } },
];

const piapiTask = (facts: object) => ({
	code: 200,
	message: 'success',
	data: {
		task_id: '3f5ab17a',
		task_type: 'seedance-2',
		input: { resolution: '720p', aspect_ratio: 'auto', duration: 5 },
		output: { video: link, works: [{ video: { resource: link } }] },
		meta: {
			created_at: '2026-04-27T11:06:40Z',
			started_at: '2026-04-27T11:06:40Z',
			ended_at: '2026-04-27T11:06:40Z',
			usage: { consume: 1 },
		},
		error: { code: 10000, message: 'no', raw_message: 'no', detail: 'no' },
		logs: ['one', { message: 'two' }],
		config: { webhook_config: { endpoint: 'https://example.com', secret: 'knock-knock' } },
		...facts,
	},
});

const piapiAsset = {
	asset_id: 'asset-1',
	status: 'Failed',
	asset_type: 'Image',
	name: 'face',
	url: link,
	error: { code: 'x', message: 'no' },
	created_at: '2026-04-27T11:06:40Z',
	last_used_at: '2026-04-27T11:06:40Z',
	expires_at: '2026-05-27T11:06:40Z',
};

const piapiRow = {
	id: 7,
	task_id: '3f5ab17a',
	task_model: 'seedance',
	action: 'seedance-2',
	status: 'finished',
	usage: 1,
	usage_type: 'point',
	detail: { model: 'seedance', task_id: '3f5ab17a', output: link },
	created_at: '2026-04-27T11:06:40Z',
	updated_at: '2026-04-27T11:06:40Z',
};

const piapi: SampleAnswer[] = [
	{ name: 'a new task', call: 'createTask', statusCode: 200, body: piapiTask({ status: 'pending' }) },
	{ name: 'a task', call: 'getTask', statusCode: 200, body: piapiTask({ status: 'completed' }) },
	{ name: 'a task that failed', call: 'getTask', statusCode: 200, body: piapiTask({ status: 'failed' }) },
	{ name: 'tasks', call: 'listTasks', statusCode: 200, body: { code: 200, data: { data: [piapiRow], page: 1, size: 10, total: 1 }, message: 'success' } },
	{ name: 'an asset', call: 'getAsset', statusCode: 200, body: piapiAsset },
	{ name: 'a new asset', call: 'createAsset', statusCode: 200, body: { code: 200, data: piapiAsset } },
	{
		name: 'assets',
		call: 'listAssets',
		statusCode: 200,
		body: { data: { items: [piapiAsset], total: 1, quota: { used: 1, limit: 2, ttl_days: 3 } } },
	},
	{ name: 'a file', call: 'upload', statusCode: 200, body: { code: 200, data: { url: link } } },
	{ name: 'an error', call: 'createTask', statusCode: 400, body: { code: 400, message: 'no', data: { error: { code: 1, message: 'no', raw_message: 'no', detail: 'no' } } } },
	{ name: 'an error of an asset', call: 'createAsset', statusCode: 422, body: { message: 'asset not found', error: 'no' } },
	{ name: 'a fault', call: 'createTask', statusCode: 500, body: { code: 500, message: 'no' } },
];

const job = (facts: object) => ({
	id: '3f2b8c1e',
	model: 'seedance-2',
	progress: 100,
	result: { videoUrl: link, lastFrameUrl: link },
	error: 'no',
	creditCost: 1,
	createdAt: '2026-04-27T11:06:40Z',
	completedAt: '2026-04-27T11:06:40Z',
	input: { seedanceParams: { resolution: '720p', aspect_ratio: '16:9', duration: 5, seed: 1 } },
	...facts,
});

const apiframe: SampleAnswer[] = [
	{ name: 'a new task', call: 'createTask', statusCode: 202, body: { jobId: '3f2b8c1e', status: 'QUEUED' } },
	{ name: 'a task', call: 'getTask', statusCode: 200, body: job({ status: 'COMPLETED' }) },
	{ name: 'a task that failed', call: 'getTask', statusCode: 200, body: job({ status: 'FAILED' }) },
	{ name: 'tasks', call: 'listTasks', statusCode: 200, body: { jobs: [job({ status: 'COMPLETED' })], nextCursor: 'x', hasMore: false } },
	{ name: 'an asset', call: 'getAsset', statusCode: 200, body: { status: 'Failed', type: 'image', url: link, errorMsg: 'no' } },
	{ name: 'a new asset', call: 'createAsset', statusCode: 201, body: { assetId: 'asset-1' } },
	{ name: 'models', call: 'models', statusCode: 200, body: { models: [{ id: 'seedance-2' }] } },
	{ name: 'a file', call: 'upload', statusCode: 201, body: { url: link } },
	{
		name: 'an error',
		call: 'createTask',
		statusCode: 400,
		body: { error: 'Validation failed', details: { 'seedanceParams.seed': ['no'] }, creditsRequired: 1, creditsAvailable: 0 },
	},
	{ name: 'a fault', call: 'getTask', statusCode: 503, body: { error: 'no' } },
];

const arkTask = (facts: object) => ({
	id: 'cgt-20260427110640-abcde',
	model: 'dreamina-seedance-2-0-260128',
	content: { video_url: link, last_frame_url: link },
	error: { code: 'InternalServiceError', message: 'broken (request id: 1)' },
	usage: { completion_tokens: 1, total_tokens: 1 },
	created_at: 1777288506,
	updated_at: 1777288800,
	resolution: '720p',
	ratio: '16:9',
	duration: 5,
	frames: 120,
	seed: 1,
	draft: true,
	...facts,
});

const arkResult = (result: object) => ({ ResponseMetadata: { RequestId: '1', Action: 'x', Version: '2024-01-01' }, Result: result });
const arkAsset = { ...gatewayAsset, LastInferenceTime: '2026-04-27T11:06:40Z', ProjectName: 'default' };

const ark: SampleAnswer[] = [
	{ name: 'a new task', call: 'createTask', statusCode: 200, body: { id: 'cgt-20260427110640-abcde' } },
	{ name: 'a task', call: 'getTask', statusCode: 200, body: arkTask({ status: 'succeeded' }) },
	{ name: 'a task that failed', call: 'getTask', statusCode: 200, body: arkTask({ status: 'failed' }) },
	{ name: 'tasks', call: 'listTasks', statusCode: 200, body: { total: 1, items: [arkTask({ status: 'succeeded' })] } },
	{ name: 'an asset', call: 'getAsset', statusCode: 200, body: arkResult(arkAsset) },
	{ name: 'a new asset', call: 'createAsset', statusCode: 200, body: arkResult({ Id: 'asset-1' }) },
	{ name: 'assets', call: 'listAssets', statusCode: 200, body: arkResult({ Items: [arkAsset], TotalCount: 1 }) },
	{
		name: 'groups',
		call: 'listGroups',
		statusCode: 200,
		body: arkResult({ Items: [{ Id: 'group-1', Name: 'g', GroupType: 'AIGC', CreateTime: '2026', UpdateTime: '2026' }], TotalCount: 1 }),
	},
	{ name: 'models', call: 'models', statusCode: 200, body: { data: [{ id: 'dreamina-seedance-2-0-260128', status: 'Active' }] } },
	{ name: 'an error', call: 'createTask', statusCode: 400, body: { error: { code: 'InvalidParameter', message: 'no. Request id: 1', param: 'x', type: 'BadRequest' } } },
	{
		name: 'an error of the assets',
		call: 'createAsset',
		statusCode: 400,
		body: { ResponseMetadata: { RequestId: '1', Error: { CodeN: 100002, Code: 'MissingParameter', Message: 'no' } } },
	},
	{ name: 'a fault', call: 'createTask', statusCode: 500, body: { error: { code: 'InternalServiceError', message: 'no' } } },
];

const answers: Readonly<Record<string, SampleAnswer[]>> = { anyfast: gateway, alad: gateway, piapi, apiframe, ark };

export const sampleAnswers = ({ id }: ProviderAdapter): readonly SampleAnswer[] => answers[id] ?? [];
