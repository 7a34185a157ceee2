import { type InputProblem, mustBe } from '../errors';
import { parseUrl } from '../parseUrl';
import { excerpt } from '../text';
import type { Asset, AssetStatus, Failure, MediaType, TaskStatus, VideoTask, Webhook } from '../vocabulary';
import { isSettledStatus } from '../vocabulary';
import type {
	AssetGroupQuery,
	AssetQuery,
	NewAsset,
	NewVideoTask,
	Page,
	PageQuery,
	ProviderAdapter,
	ProviderFailure,
	ProviderRequest,
	Region,
	VideoTaskQuery,
} from './adapter';
import { pathOf, toFailure, withoutUndefined } from './adapter';
import { failureHints } from './arkFailures';
import { type ArkRegion, assetLimits, checkVideoTask, priceList, videoLimits, videoModels } from './arkModels';
import type { Json } from './read';
import {
	isObject,
	readArray,
	readCode,
	readEpochSeconds,
	readNumber,
	readObject,
	readString,
	readUrl,
	readWords,
	requireString,
	tableOf,
} from './read';
import * as seedance from './seedance';
import * as volc from './volc';

const dayMs = 24 * 60 * 60 * 1000;

/** Documents "Base URL and authentication" of both; the host of the assets has another form of the same region. */
const regions = {
	international: {
		displayName: 'International (BytePlus ModelArk)',
		baseUrl: 'https://ark.ap-southeast.bytepluses.com/api/v3',
		assetBaseUrl: 'https://ark.ap-southeast-1.byteplusapi.com',
	},
	china: {
		displayName: 'China (Volcengine Ark)',
		baseUrl: 'https://ark.cn-beijing.volces.com/api/v3',
		assetBaseUrl: 'https://ark.cn-beijing.volcengineapi.com',
	},
} as const satisfies Readonly<Record<ArkRegion, Region>>;

const accessKeys = { accessKeyId: 'Access Key ID', secretAccessKey: 'Secret Access Key' };

/** The parameter of the address that is called; the API documents no signature and no secret of its own. */
const secretParameter = 'seedance_secret';

/** The API fetches and checks the files that a task cites before it gives its ID. */
const createTimeoutMs = 300_000;

/** "List": `filter.task_ids`, and one request a second for an account. */
const maxListedTasks = 100;
const listIntervalMs = 1_000;

/**
 * The maker's own API: ModelArk of BytePlus, internationally, and Ark of Volcengine, in China. Sources: the BytePlus
 * documents "Video generation API" (create, retrieve, list, cancel or delete) and "Private virtual portrait library",
 * the Volcengine documents 82379/1520757 to 1521720 and 82379/2318270 to 2341606, and the types of the official
 * Python SDK.
 */
export const ark = {
	id: 'ark',
	displayName: 'BytePlus / Volcengine',
	credentialType: 'arkApi',
	regions,
	assetApi: {
		keys: accessKeys,
		commonBody: ({ projectName }: Readonly<Record<string, unknown>>) => withoutUndefined({ ProjectName: readString(projectName)?.trim() }),
	},
	checkCredential,
	videoModels,
	video: {
		...videoLimits,
		prompt: {},
		defaults: { resolutions: ['720p'], ratio: 'adaptive', durationSeconds: 5 },
		linkLifetimeMs: dayMs,
	},
	drafts: {
		...seedance.drafts,
		finalSettings: seedance.drafts.finalSettings.filter((name) => name !== 'serviceTier'),
		// An endpoint of the user's own has the ID of no model.
		isMadeBy: ({ model }: VideoTask, wanted: string) =>
			model === undefined || wanted.startsWith('ep-') ? undefined : model === wanted,
	},
	checkVideoTask,
	tokenPixels: seedance.pixelSizes,
	priceList,
	mediaLimits: assetLimits,
	/** In no document, but official consoles and many clients use it; it knows more models than those of videos. */
	models: {
		request: () => ({ method: 'GET', path: '/models', repeatable: true }),
		parse: (body: unknown) =>
			readArray(readObject(body).data).flatMap((model) => {
				const { id, status } = readObject(model);
				const known = readString(id);
				return known === undefined || status === 'Shutdown' ? [] : { id: known };
			}),
	},
	assetGroups: {
		create: {
			request: ({ name }: { name: string }) => assetCall('CreateAssetGroup', { Name: name, GroupType: madeByUser }, false),
			parse: (body: unknown) => ({ id: requireString(resultOf(body).Id, 'asset group ID (Id)', body) }),
		},
		list: {
			request: ({ name, pageNumber, pageSize }: AssetGroupQuery & PageQuery) =>
				assetCall(
					'ListAssetGroups',
					{ Filter: withoutUndefined({ GroupType: madeByUser, Name: name || undefined }), PageNumber: pageNumber, PageSize: pageSize },
					true,
				),
			parse: (body: unknown) => volc.parsePage(resultOf(body), (item) => volc.parseAssetGroup(item, body)),
		},
		update: {
			request: ({ groupId, name }: { groupId: string; name: string }) =>
				assetCall('UpdateAssetGroup', { Id: groupId, Name: name }, true),
			parse: () => {},
		},
		delete: {
			request: ({ groupId }: { groupId: string }): ProviderRequest => ({
				...assetCall('DeleteAssetGroup', { Id: groupId }, true),
				isDeletion: true,
			}),
			parse: () => {},
		},
	},
	assets: {
		newAssetFields: ['name', 'groupId'],
		sources: ['url'],
		filters: ['name', 'groupIds', 'groupType', 'statuses'],
		updatableFields: ['name'],
		create: {
			request: ({ mediaType, name, groupId, source }: NewAsset) =>
				assetCall(
					'CreateAsset',
					withoutUndefined({ GroupId: groupId, URL: source, AssetType: assetTypes[mediaType], Name: name || undefined }),
					false,
				),
			parse: (body: unknown) => ({ id: requireString(resultOf(body).Id, 'asset ID (Id)', body) }),
		},
		list: {
			request: ({ name, groupIds = [], groupType = madeByUser, statuses = [], pageNumber, pageSize }: AssetQuery & PageQuery) =>
				assetCall(
					'ListAssets',
					{
						Filter: withoutUndefined({
							// The API refuses a list without it, in words that say so.
							GroupType: groupType || undefined,
							Name: name || undefined,
							GroupIds: groupIds.length > 0 ? groupIds : undefined,
							Statuses: statuses.length > 0 ? statuses.map((status) => statusNames[status]) : undefined,
						}),
						PageNumber: pageNumber,
						PageSize: pageSize,
					},
					true,
				),
			parse: (body: unknown): Page<Asset> => volc.parsePage(resultOf(body), (item) => parseAsset(item, body)),
		},
		get: {
			request: ({ assetId }: { assetId: string }) => assetCall('GetAsset', { Id: assetId }, true),
			parse: (body: unknown) => parseAsset(resultOf(body), body),
		},
		update: {
			request: ({ assetId, name }: { assetId: string; name?: string }) =>
				assetCall('UpdateAsset', withoutUndefined({ Id: assetId, Name: name || undefined }), true),
			parse: () => {},
		},
		delete: {
			request: ({ assetId }: { assetId: string }): ProviderRequest => ({
				...assetCall('DeleteAsset', { Id: assetId }, true),
				isDeletion: true,
			}),
			parse: () => {},
		},
	},
	videoTasks: {
		create: {
			request: (input: NewVideoTask): ProviderRequest => ({
				method: 'POST',
				path: tasksPath,
				body: generationBody(input),
				repeatable: false,
				timeoutMs: createTimeoutMs,
			}),
			parse: (body: unknown) => ({ id: requireString(readObject(body).id, 'task ID (id)', body) }),
		},
		get: {
			request: ({ taskId }: { taskId: string }): ProviderRequest => ({ method: 'GET', path: pathOfTask(taskId), repeatable: true }),
			parse: (body: unknown) => parseTask(body, body),
		},
		list: {
			request: ({ status, model, pageNumber, pageSize }: VideoTaskQuery & PageQuery): ProviderRequest => ({
				method: 'GET',
				path: tasksPath,
				query: {
					page_num: pageNumber,
					page_size: pageSize,
					...(status && { 'filter.status': status }),
					...(model && { 'filter.model': model }),
				},
				repeatable: true,
			}),
			parse: parseTasks,
		},
		getMany: {
			endpoint: {
				request: ({ taskIds }: { taskIds: readonly string[] }): ProviderRequest => ({
					method: 'GET',
					path: tasksPath,
					query: { page_num: 1, page_size: maxListedTasks, 'filter.task_ids': taskIds },
					repeatable: true,
				}),
				parse: (body: unknown) => parseTasks(body).items,
			},
			maxTasks: maxListedTasks,
			minIntervalMs: listIntervalMs,
			isComplete: true,
		},
		cancel: {
			// A repeat could meet a task that has ended in the meantime, whose record it would delete.
			request: ({ taskId }: { taskId: string }): ProviderRequest => ({
				method: 'DELETE',
				path: pathOfTask(taskId),
				repeatable: false,
				isSentOnce: true,
			}),
			parse: () => {},
		},
		callback: {
			fields: ['url', 'secret'],
			proof: { kind: 'query', parameter: secretParameter },
			taskIdOf: (body: unknown) => readString(readObject(body).id),
			isOpen: (body: unknown) => ['queued', 'running'].some((status) => status === readObject(body).status),
		},
	},
	isRefusal,
	parseFailure,
	failureHints,
} satisfies ProviderAdapter;

const tasksPath = '/contents/generations/tasks';
const pathOfTask = (taskId: string) => `${tasksPath}${pathOf`/${taskId}`}`;

/** The two planes take keys of different kinds, which people mix up. The form of an API key is nobody's to check: it has changed. */
function checkCredential({ apiKey, accessKeyId }: Readonly<Record<string, unknown>>): InputProblem[] {
	const key = readString(apiKey)?.trim();
	const of = 'in the BytePlus / Volcengine credential';
	if (key === undefined) return [];
	if (/^AK(LT|TP)/.test(key)) {
		const advice = 'Make an API key in the Ark console under API keys, and put that there. The access key belongs into Access Key ID and Secret Access Key.';
		return [mustBe(`API Key ${of}`, 'an API key of Ark', 'an access key ID, which begins with AKLT', advice)];
	}
	if (key !== readString(accessKeyId)?.trim()) return [];
	const advice = 'Make an access key in the console of the account, which has an ID that begins with AKLT and a secret; or leave both fields empty to do without assets.';
	return [mustBe(`Access Key ID ${of}`, 'the ID of an access key', 'the same as the API Key', advice)];
}

/** As opposed to groups of real people, which only their verification makes. */
const madeByUser = 'AIGC';

const assetTypes: Readonly<Record<MediaType, string>> = { image: 'Image', video: 'Video', audio: 'Audio' };
const statusNames: Readonly<Record<AssetStatus, string>> = { active: 'Active', processing: 'Processing', failed: 'Failed' };

function assetCall(action: string, body: Record<string, unknown>, repeatable: boolean): ProviderRequest {
	return { method: 'POST', host: 'assets', path: `/?Action=${action}&Version=2024-01-01`, body, repeatable };
}

/** `{ ResponseMetadata, Result }`; samples of the SDK show the result alone. */
function resultOf(body: unknown): Json {
	const { Result: result } = readObject(body);
	return isObject(result) ? result : readObject(body);
}

function parseAsset(value: unknown, body: unknown): Asset {
	return {
		...volc.parseAsset(value, body, failureHints),
		lastUsedAt: readString(readObject(value).LastInferenceTime),
	};
}

function generationBody({ model, prompt, references, settings, webhook, draftTaskId }: NewVideoTask) {
	return withoutUndefined({
		model,
		content:
			draftTaskId !== undefined
				? [volc.draftItem(draftTaskId)]
				: [
						...(prompt ? [{ type: 'text', text: prompt }] : []),
						...volc.contentOrder.flatMap((mediaType) =>
							references.filter((reference) => reference.mediaType === mediaType).map(volc.contentItem),
						),
					],
		resolution: settings.resolution,
		ratio: settings.ratio,
		duration: settings.durationSeconds,
		generate_audio: settings.generateAudio,
		watermark: settings.watermark,
		return_last_frame: settings.returnLastFrame,
		seed: settings.seed,
		camera_fixed: settings.cameraFixed,
		draft: settings.draft,
		omni_reference_task_type: settings.taskIntent,
		output_format: settings.outputFormat,
		priority: settings.priority,
		service_tier: settings.serviceTier,
		execution_expires_after: settings.executionExpiresAfterSeconds,
		safety_identifier: settings.safetyIdentifier,
		tools: settings.webSearch ? [{ type: 'web_search' }] : undefined,
		callback_url: webhook && addressOf(webhook),
	});
}

/** The API sends no secret along, so the secret is a part of the address. */
function addressOf({ url, secret }: Webhook): string {
	const address = parseUrl(url);
	if (secret === undefined || !address) return url;
	address.searchParams.set(secretParameter, secret);
	return address.href;
}

const taskStatuses = tableOf<TaskStatus>({
	queued: 'queued',
	running: 'running',
	succeeded: 'succeeded',
	failed: 'failed',
	cancelled: 'cancelled',
	expired: 'expired',
});

function parseTasks(body: unknown): Page<VideoTask> {
	const { items, total } = readObject(body);
	return { items: readArray(items).map((task) => parseTask(task, body)), totalCount: readNumber(total) };
}

function parseTask(value: unknown, body: unknown): VideoTask {
	const task = readObject(value);
	const status = taskStatuses.get((readString(task.status) ?? '').toLowerCase()) ?? 'running';
	const content = readObject(task.content);
	const isDone = status === 'succeeded';
	const frames = readNumber(task.frames);
	return {
		id: requireString(task.id, 'task ID (id)', body),
		status,
		model: readString(task.model),
		videoUrl: isDone ? readUrl(content.video_url) : undefined,
		lastFrameUrl: isDone ? readUrl(content.last_frame_url) : undefined,
		failure: taskFailure(status, task.error),
		usage: isObject(task.usage) ? task.usage : undefined,
		isDraft: typeof task.draft === 'boolean' ? task.draft : undefined,
		resolution: readString(task.resolution),
		ratio: readString(task.ratio),
		durationSeconds: readNumber(task.duration) ?? (frames === undefined ? undefined : Math.floor(frames / framesPerSecond)),
		seed: readNumber(task.seed),
		createdAtMs: readEpochSeconds(task.created_at),
		finishedAtMs: isSettledStatus(status) ? readEpochSeconds(task.updated_at) : undefined,
		raw: value,
	};
}

/** Of every video that Seedance makes. */
const framesPerSecond = 24;

function taskFailure(status: TaskStatus, error: unknown): Failure | undefined {
	switch (status) {
		case 'failed':
			return toFailure(failureHints, parseFailure({ error: readObject(error) }));
		case 'cancelled':
			return { reason: 'cancelled', message: 'the task was cancelled while it was queued; it was not paid' };
		case 'expired':
			return { reason: 'expired', message: 'the task did not end in the time that it was given; it was not paid' };
		default:
			return undefined;
	}
}

/** A task and an asset may have an error, too, but beside an ID. */
function isRefusal(body: unknown): boolean {
	const answer = readObject(body);
	const { Error: controlError } = readObject(answer.ResponseMetadata);
	if (isObject(controlError)) return true;
	if (answer.id !== undefined) return false;
	if (isObject(answer.error)) return [answer.error.code, answer.error.message].some((words) => readString(words) !== undefined);
	// A relay was seen to write it flat.
	const code = readString(answer.code);
	return code !== undefined && !volc.goodCodes.test(code.trim()) && typeof answer.message === 'string';
}

/** The envelopes of both APIs. */
function parseFailure(body: unknown): ProviderFailure {
	const answer = readObject(body);
	const metadata = readObject(answer.ResponseMetadata);
	if (isObject(metadata.Error)) {
		const { Code: code, Message: message } = metadata.Error;
		const known = readCode(code);
		return {
			message: readWords(message) ?? known ?? excerpt(body),
			code: known,
			requestId: readCode(metadata.RequestId),
			statusCode: statusOfCode(known ?? ''),
		};
	}
	const error = isObject(answer.error) ? answer.error : answer;
	const code = readCode(error.code);
	const message = readWords(error.message) ?? code;
	if (message === undefined) return { message: excerpt(isObject(answer.error) ? error : body) };
	return volc.withRequestId({ message, code });
}

/** An error of the control plane can come with the status 200; this is the status that it has otherwise. */
function statusOfCode(code: string): number {
	if (/^(AccountFlowLimitExceeded|FlowLimitExceeded|RequestThrottled|Quota\w+Exceeded)/.test(code)) return 429;
	if (/^(Internal|ServiceUnavailable)/.test(code)) return 500;
	if (/^NotFound/.test(code)) return 404;
	if (/^AccessDenied/.test(code)) return 403;
	return /^(InvalidAccessKey|SignatureDoesNotMatch|InvalidAuthorization|InvalidCredential|InvalidSecretToken)/.test(code) ? 401 : 400;
}
