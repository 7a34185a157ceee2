import { noReason, UnexpectedAnswerError } from '../errors';
import { excerpt } from '../text';
import type {
	Asset,
	AssetStatus,
	Failure,
	FileSource,
	MediaType,
	ReferenceRole,
	TaskStatus,
	VideoTask,
} from '../vocabulary';
import { megabyte } from '../quantities';
import { mediaLabels, mediaTypes, webhookLabels } from '../vocabulary';
import { videoSettings } from '../videoSettings';
import type {
	FailureHint,
	NewAsset,
	NewVideoTask,
	Page,
	PageQuery,
	Price,
	ProviderAdapter,
	ProviderFailure,
	ProviderRequest,
	VideoTaskQuery,
} from './adapter';
import { pathOf, toFailure, withoutUndefined } from './adapter';
import type { Json } from './read';
import {
	findUrl,
	isObject,
	readArray,
	readCode,
	readIsoTime,
	readNumber,
	readObject,
	readString,
	readUrl,
	readWords,
	requireString,
	tableOf,
} from './read';
import * as seedance from './seedance';

const hourMs = 60 * 60 * 1000;

/** The openapi document says 24 hours, the FAQ three months; the shorter one is safe. */
const linkLifetimeMs = 24 * hourMs;

const allResolutions = ['480p', '720p', '1080p', '4k'];
const smallResolutions = ['480p', '720p'];

const failureHints: readonly FailureHint[] = [
	{
		statusCode: 402,
		reason: 'quota',
		description:
			'Nothing was billed. Top up the credits of the team at Apiframe, or choose a lower resolution or a shorter video.',
	},
	{
		statusCode: 403,
		match: /inactive/i,
		reason: 'permission',
		description: 'Switch the API key on in the Apiframe dashboard, or put another one into the credential.',
	},
	{
		// Source: class ConflictError of the official SDK.
		statusCode: 409,
		reason: 'input',
		description:
			'This request started nothing. The same idempotency key came with another request before, so an earlier attempt may have started a task: check "Get Many Tasks". To send this one, start a new execution, which gets a new key.',
	},
	seedance.moderationHint,
	{ ...seedance.moderationHint, match: /nsfw/i },
	{
		match: /asset.{0,100}(is not active|not ready)/i,
		reason: 'input',
		description:
			'Wait for the asset with the operation "Wait Until Active", then generate again. One that has failed never becomes Active: make a new asset from a file that fits.',
	},
	{
		match: /asset.{0,100}(not found|not exist|unknown)/i,
		reason: 'notFound',
		description: 'Check the asset ID. A key sees only the assets that its own team created.',
	},
	{
		match: /job not found|invalid job id/i,
		reason: 'notFound',
		description:
			'Check the task ID, which looks like 3f2b8c1e-…, and that the credential belongs to the account that started the task.',
	},
	{
		match: /too large|unsupported file type/i,
		reason: 'input',
		description:
			'Apiframe takes images and audio of up to 25 MB and videos of up to 50 MB as files. Give any other by public URL.',
	},
];

/** Parameter `limit` of `GET /v2/jobs` in the openapi document. */
const maxListedJobs = 100;

/** What the balance, prices and costs are in. */
const creditUnit = 'credits';

/**
 * Sources: the Apiframe document "Assets"; openapi.json of the official SDK,
 * github.com/apiframe-ai/apiframe-nodejs-sdk; the page "Get Job" for what a result holds.
 */
export const apiframe = {
	id: 'apiframe',
	displayName: 'Apiframe',
	credentialType: 'apiframeApi',
	videoModels: [
		{
			id: 'seedance-2',
			displayName: 'Seedance 2.0',
			description: 'The full model, up to 4k',
			resolutions: allResolutions,
		},
		{
			id: 'seedance-2-fast',
			displayName: 'Seedance 2.0 Fast',
			description: 'Quicker and cheaper, up to 720p',
			resolutions: smallResolutions,
		},
		{
			id: 'seedance-2-mini',
			displayName: 'Seedance 2.0 Mini',
			description: 'The small model, up to 720p',
			resolutions: smallResolutions,
		},
		{
			id: 'seedance-2.5',
			displayName: 'Seedance 2.5',
			description: 'The newer model, up to 4k',
			resolutions: allResolutions,
		},
	],
	video: {
		...seedance.video,
		settings: [
			'resolution',
			'ratio',
			'durationSeconds',
			'generateAudio',
			'returnLastFrame',
			'cameraFixed',
			'seed',
			'webSearch',
		],
		urlForms: { image: ['url', 'asset'], video: ['url', 'asset'], audio: ['url', 'asset'] },
		prompt: { maxCharacters: 4000, isRequired: true },
		// The pages "Seedance 2.0" and "Seedance 2.0 Fast".
		defaults: { resolutions: ['720p'], ratio: '16:9', durationSeconds: 8 },
		linkLifetimeMs,
	},
	models: {
		request: () => ({
			method: 'GET',
			path: '/v2/models',
			query: { modality: 'video' },
			repeatable: true,
		}),
		parse: (body: unknown) =>
			readArray(readObject(body).models).flatMap((model) => {
				const id = readString(readObject(model).id);
				const price = readPrice(readObject(model));
				return id === undefined ? [] : { id, ...(price && { price }) };
			}),
	},
	listsPrices: true,
	balance: {
		currency: creditUnit,
		request: () => ({ method: 'GET', path: '/v2/me', repeatable: true }),
		parse(body: unknown) {
			const { credits, plan } = readObject(readObject(body).team);
			const amount = readNumber(credits);
			if (amount === undefined) throw new UnexpectedAnswerError('balance (team.credits)', body);
			return { amount, currency: creditUnit, plan: readString(plan) };
		},
	},
	assets: {
		newAssetFields: [],
		sources: ['url'],
		create: {
			request: ({ mediaType, source }: NewAsset): ProviderRequest => ({
				method: 'POST',
				path: '/v2/assets/create',
				body: { url: source, type: mediaType },
				repeatable: false,
			}),
			parse: (body: unknown) => ({
				id: requireString(readObject(body).assetId, 'asset ID (assetId)', body),
			}),
		},
		get: {
			request: ({ assetId }: { assetId: string }): ProviderRequest => ({
				method: 'GET',
				path: pathOf`/v2/assets/${assetId}`,
				repeatable: true,
			}),
			parse: parseAsset,
		},
	},
	uploads: {
		create: {
			request: ({ file }: { file: FileSource }): ProviderRequest => ({
				method: 'POST',
				path: '/v2/uploads',
				body: { fields: {}, file: { fieldName: 'file', source: file } },
				// One file too many costs nothing and is gone within hours.
				repeatable: true,
			}),
			parse: (body: unknown) => ({
				url: requireString(readUrl(readObject(body).url), 'URL of the file (url)', body),
			}),
		},
		maxBytes: { image: 25 * megabyte, video: 50 * megabyte, audio: 25 * megabyte },
		lifetimeMs: hourMs,
	},
	videoTasks: {
		create: {
			request: (input: NewVideoTask): ProviderRequest => ({
				method: 'POST',
				path: '/v2/videos/generate',
				body: generationBody(input),
				repeatable: false,
				idempotencyKey: input.idempotencyKey,
			}),
			parse: (body: unknown) => ({
				id: requireString(readObject(body).jobId, 'task ID (jobId)', body),
			}),
		},
		get: {
			request: ({ taskId }: { taskId: string }): ProviderRequest => ({
				method: 'GET',
				path: pathOf`/v2/jobs/${taskId}`,
				repeatable: true,
			}),
			parse: (body: unknown) => parseJob(body, body),
		},
		list: {
			request: ({ status, model, cursor, pageSize }: VideoTaskQuery & PageQuery): ProviderRequest => ({
				method: 'GET',
				path: '/v2/jobs',
				query: {
					...(status && { status: statusFilters[status] }),
					...(model && { model }),
					...(cursor && { cursor }),
					limit: pageSize,
				},
				repeatable: true,
			}),
			parse: parseJobs,
		},
		// "Lists jobs", of each status from QUEUED on.
		listsOpenTasks: true,
		echo: {
			ofRequest: ({ model, prompt, seedanceParams }: Json) => withoutUndefined({ model, prompt, seedanceParams }),
			ofTask: ({ raw }: VideoTask) => {
				const { model, prompt, seedanceParams } = readObject(readObject(raw).input);
				return withoutUndefined({ model, prompt, seedanceParams });
			},
		},
		// The list has no filter for several IDs, so this asks for the newest jobs. They lack `input`: schema `JobList`.
		getMany: {
			endpoint: {
				request: (): ProviderRequest => ({
					method: 'GET',
					path: '/v2/jobs',
					query: { limit: maxListedJobs },
					repeatable: true,
				}),
				parse: (body: unknown) => parseJobs(body).items,
			},
			maxTasks: maxListedJobs,
		},
		idempotencyKeyLifetimeMs: 24 * hourMs,
		callback: {
			fields: ['url'],
			proof: { kind: 'hmac', header: 'x-webhook-signature' },
			taskIdOf: (body: unknown) => readString(readObject(body).jobId),
		},
	},
	isRefusal,
	parseFailure,
	failureHints,
} satisfies ProviderAdapter;

const priceModes = tableOf<Price['per']>({ flat: 'video', 'per-output': 'video', 'per-second': 'second' });

/**
 * Schema `ModelCatalogEntry`. It does not say which settings cost how much between `costMin` and `costMax`, so the
 * larger one is taken.
 */
function readPrice({ pricingMode, costMin, costMax }: Json): Price | undefined {
	const per = priceModes.get(readString(pricingMode) ?? '');
	const amount = readNumber(costMax);
	if (per === undefined || amount === undefined || amount <= 0) return undefined;
	return { amount, currency: creditUnit, per, ...(readNumber(costMin) !== amount && { isUpperBound: true }) };
}

/** Schema `GenerateVideoRequest`, which refuses unknown keys on both levels. */
function generationBody({ model, prompt, references, settings, webhook }: NewVideoTask) {
	const frame = (role: ReferenceRole) => references.find((reference) => reference.role === role)?.url;
	const list = (mediaType: MediaType) => {
		const urls = references
			.filter((reference) => reference.role === 'reference' && reference.mediaType === mediaType)
			.map(({ url }) => url);
		return urls.length > 0 ? urls : undefined;
	};
	const seedanceParams = withoutUndefined({
		aspect_ratio: settings.ratio,
		duration: settings.durationSeconds,
		resolution: settings.resolution,
		start_image: frame('firstFrame'),
		end_image: frame('lastFrame'),
		reference_image_urls: list('image'),
		reference_video_urls: list('video'),
		reference_audio_urls: list('audio'),
		generate_audio: settings.generateAudio,
		return_last_frame: settings.returnLastFrame,
		camera_fixed: settings.cameraFixed,
		seed: settings.seed,
		web_search: settings.webSearch,
	});
	return {
		model,
		prompt,
		...(Object.keys(seedanceParams).length > 0 && { seedanceParams }),
		...(webhook && { webhookUrl: webhook.url, webhookEvents: ['completed', 'failed'] }),
	};
}

const assetStatuses = tableOf<AssetStatus>({ active: 'active', failed: 'failed' });

/**
 * The ID is not in the answer. The openapi document calls the rest the object of the provider behind
 * Apiframe, passed through, so other spellings than those of the document "Assets" are read as well.
 */
function parseAsset(body: unknown, { assetId }: { assetId: string }): Asset {
	const answer = readObject(body);
	const asset = isObject(answer.data) ? answer.data : answer;
	const status = (readString(asset.status) ?? readString(asset.state))?.toLowerCase();
	const mediaType = (readString(asset.type) ?? readString(asset.assetType))?.toLowerCase();
	return {
		id: assetId,
		// Anything but the two final ones may still become Active.
		status: status === undefined ? undefined : (assetStatuses.get(status) ?? 'processing'),
		mediaType: mediaTypes.find((type) => type === mediaType),
		url: readUrl(asset.url),
		failure:
			status === 'failed'
				? readFailure(asset.errorMsg ?? asset.error_msg ?? asset.errorMessage ?? asset.error)
				: undefined,
		raw: body,
	};
}

const taskStatuses = tableOf<TaskStatus>({
	queued: 'queued',
	processing: 'running',
	completed: 'succeeded',
	failed: 'failed',
	cancelled: 'cancelled',
	canceled: 'cancelled',
});

/** What a list can be asked for; jobs whose files are gone stay COMPLETED. */
const statusFilters: Readonly<Record<TaskStatus, string>> = {
	queued: 'QUEUED',
	running: 'PROCESSING',
	succeeded: 'COMPLETED',
	failed: 'FAILED',
	cancelled: 'CANCELLED',
	expired: 'COMPLETED',
};

function parseJobs(body: unknown): Page<VideoTask> {
	const { jobs, nextCursor, hasMore } = readObject(body);
	return {
		items: readArray(jobs).map((job) => parseJob(job, body)),
		nextCursor: hasMore === false ? null : (readString(nextCursor) ?? null),
	};
}

function parseJob(value: unknown, body: unknown): VideoTask {
	const job = readObject(value);
	const jobStatus = taskStatuses.get((readString(job.status) ?? '').toLowerCase()) ?? 'running';
	const status = jobStatus === 'succeeded' && job.expired === true ? 'expired' : jobStatus;
	const finishedAtMs = readIsoTime(job.completedAt);
	const result = readObject(job.result);
	const creditCost = readNumber(job.creditCost);
	const input = readObject(job.input);
	const params = readObject(input.seedanceParams);
	return {
		id: requireString(job.id, 'task ID', body),
		status,
		model: readString(job.model),
		prompt: readString(input.prompt),
		videoUrl: status === 'succeeded' ? findUrl(job.result, urlNames) : undefined,
		// No document has the name of this field.
		lastFrameUrl:
			status === 'succeeded'
				? findUrl(
						result.lastFrameUrl ?? result.last_frame_url ?? result.lastFrame ?? result.last_frame,
						urlNames,
					)
				: undefined,
		progressPercent: readNumber(job.progress),
		failure: taskFailure(status, job.error),
		cost: creditCost === undefined ? undefined : { amount: creditCost, unit: creditUnit },
		resolution: readString(params.resolution),
		ratio: readString(params.aspect_ratio),
		durationSeconds: readNumber(params.duration),
		seed: readNumber(params.seed),
		createdAtMs: readIsoTime(job.createdAt),
		finishedAtMs,
		linksExpireAtMs:
			status === 'succeeded' && finishedAtMs !== undefined ? finishedAtMs + linkLifetimeMs : undefined,
		raw: value,
	};
}

/** "Get Job" shows `{ videoUrl }`, an older page the link alone; the openapi document leaves it open. */
const urlNames = ['videoUrl', 'video_url', 'url', 'videos', 'output'];

function taskFailure(status: TaskStatus, error: unknown): Failure | undefined {
	switch (status) {
		case 'failed':
			return readFailure(error);
		case 'cancelled':
			return { reason: 'cancelled', message: 'the task was cancelled' };
		case 'expired':
			return {
				reason: 'expired',
				message:
					'its files are gone, as Apiframe keeps them for 24 hours. Only a new task, which is paid again, brings a video',
			};
		default:
			return undefined;
	}
}

const readFailure = (error: unknown): Failure =>
	toFailure(failureHints, error ? parseFailure(isObject(error) ? error : { error }) : { message: noReason });

/** A job and an asset may have an `error` too, but beside a status or an ID; pages of proxies have none. */
function isRefusal(body: unknown): boolean {
	const { error, id, status } = readObject(body);
	return readString(error) !== undefined && id === undefined && status === undefined;
}

/** Schemas `ErrorResponse`, `ValidationError` and `InsufficientCredits`. */
function parseFailure(body: unknown): ProviderFailure {
	const answer = readObject(body);
	const error = readObject(answer.error);
	const text = readWords(answer.error) ?? readWords(error.message) ?? readWords(answer.message);
	if (text === undefined) return { message: excerpt(body) };
	const notes = [...creditNotes(answer), ...fieldNotes(answer.details)].join('; ');
	return {
		message: readWords(notes ? `${text}: ${notes}` : text) ?? text,
		code: readCode(error.code) ?? readCode(answer.code),
	};
}

function creditNotes({ creditsRequired, creditsAvailable }: Json): string[] {
	const [required, available] = [readNumber(creditsRequired), readNumber(creditsAvailable)];
	return required === undefined || available === undefined
		? []
		: [`${required} required, ${available} available`];
}

/** What the editor calls the fields of a request. */
const fieldLabels = tableOf<string>({
	model: 'Model',
	prompt: 'Prompt',
	webhookUrl: webhookLabels.url,
	url: 'URL',
	type: 'Media Type',
	file: 'Input Binary Field',
	'seedanceParams.aspect_ratio': videoSettings.ratio.label,
	'seedanceParams.duration': videoSettings.durationSeconds.label,
	'seedanceParams.resolution': videoSettings.resolution.label,
	'seedanceParams.start_image': 'First Frame',
	'seedanceParams.end_image': 'Last Frame',
	'seedanceParams.reference_image_urls': mediaLabels.image,
	'seedanceParams.reference_video_urls': mediaLabels.video,
	'seedanceParams.reference_audio_urls': mediaLabels.audio,
	'seedanceParams.generate_audio': videoSettings.generateAudio.label,
	'seedanceParams.return_last_frame': videoSettings.returnLastFrame.label,
	'seedanceParams.camera_fixed': videoSettings.cameraFixed.label,
	'seedanceParams.seed': videoSettings.seed.label,
	'seedanceParams.web_search': videoSettings.webSearch.label,
});

/** Of a request with more mistakes the first ones will do. */
const maxNotes = 20;

/** `details` has messages by JSON path; the path of the body itself is empty. */
function fieldNotes(details: unknown): string[] {
	return Object.entries(readObject(details)).slice(0, maxNotes).map(([path, messages]) => {
		const words = [messages].flat().slice(0, maxNotes).flatMap((message) => readWords(message) ?? []).join(', ');
		const label = fieldLabelOf(path);
		return label === '' ? words : `${label}: ${words}`;
	});
}

function fieldLabelOf(path: string): string {
	const [, field = path, index] = /^(.*?)(?:\.(\d+))?$/.exec(path) ?? [];
	const label = fieldLabels.get(field);
	if (label === undefined) return path;
	return index === undefined ? label : `${label} ${Number(index) + 1}`;
}
