import { noReason } from '../errors';
import { excerpt } from '../text';
import type {
	Asset,
	AssetGroup,
	AssetStatus,
	Failure,
	MediaType,
	TaskStatus,
	VideoTask,
} from '../vocabulary';
import { isSettledStatus } from '../vocabulary';
import { megabyte } from '../quantities';
import type {
	AssetGroupQuery,
	AssetQuery,
	Drafts,
	Endpoint,
	FailureHint,
	ListedModel,
	MediaLimits,
	NewAsset,
	NewVideoTask,
	Page,
	PageQuery,
	ProviderAdapter,
	ProviderFailure,
	ProviderRequest,
	SentReference,
	VideoCapabilities,
	VideoModel,
} from './adapter';
import { explainFailure, pathOf, toFailure, withoutUndefined } from './adapter';
import type { Json } from './read';
import {
	isObject,
	parseJson,
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

/**
 * The gateway that AnyFast and Alad share: Volcengine's asset API under /volc/asset and
 * generation under /v1/video. Sources: the AnyFast and Alad documents "Seedance 2.0 Asset
 * Management" and "Seedance 2.0", and the "Query Task" page for the envelope of a task.
 */

/** The document's parameter table. */
export const videoCapabilities: VideoCapabilities = {
	...seedance.video,
	settings: [
		'resolution',
		'ratio',
		'durationSeconds',
		'generateAudio',
		'watermark',
		'webSearch',
		'returnLastFrame',
		'seed',
	],
	urlForms: {
		image: ['url', 'dataUri', 'asset'],
		video: ['url', 'asset'],
		audio: ['url', 'dataUri', 'asset'],
	},
	prompt: { maxChineseCharacters: 500, maxWords: 1000 },
	defaults: { resolutions: ['720p'], ratio: 'adaptive', durationSeconds: 5 },
	// The documents name 12 and 24 hours; the shorter one is safe.
	linkLifetimeMs: 12 * 60 * 60 * 1000,
};


/**
 * How the gateway passes on the drafts of Seedance 2.5: as the API behind it has them. That an answer says whether its task
 * is a draft, the page "Query Task" shows; that a gateway takes a draft, no source says.
 */
export const drafts = {
	...seedance.drafts,
	// The answer names the model as the API behind the gateway does, doubao-seedance-2-5-260628, also that of a twin.
	isMadeBy: ({ model }: VideoTask, wanted: string) =>
		model === undefined ? undefined : model === wanted || (wanted.startsWith(model25Id) && /seedance-2-5\b/.test(model)),
} satisfies Drafts;

/** Source: the page "Seedance 2.0 Ultra" of Alad. */
export const ultraModel = {
	id: 'seedance-2.0-ultra',
	displayName: 'Seedance 2.0 Ultra',
	description: 'The full model with sharper pictures, up to 2k',
	resolutions: ['720p', '1080p', '2k'],
	isResolutionRequired: true,
	// Sharpening is counted too, and no source says how.
	tokenPixels: {},
} satisfies VideoModel;

export const model25Id = 'seedance-2.5';

/** The table "Supported formats"; the parameter table repeats parts of it for references. */
export const mediaLimits: Readonly<Record<MediaType, MediaLimits>> = {
	image: {
		...seedance.media.image,
		sizeBytes: { below: 30 * megabyte },
		sidePixels: { min: 300, max: 6000 },
		aspectRatio: { min: 0.4, max: 2.5 },
	},
	video: {
		...seedance.media.video,
		sizeBytes: { below: 50 * megabyte },
		resolutions: ['480p', '720p'],
	},
	audio: {
		...seedance.media.audio,
		sizeBytes: { below: 15 * megabyte },
	},
};

export const models: Endpoint<void, ListedModel[]> = {
	request: () => ({ method: 'GET', path: '/v1/models', repeatable: true }),
	parse: (body) =>
		readArray(readObject(body).data).flatMap((model) => {
			const id = readString(readObject(model).id);
			return id === undefined ? [] : { id };
		}),
};

const groupIsolationPrefix = /^\[u-[^\]]*\]-\[t-[^\]]*\][-_ ]?/;

/** The group types are part of the upstream API; some channels refuse a list without one. */
const defaultGroupType = 'AIGC';

export const assetGroups = {
	create: {
		request: ({ name }: { name: string }) =>
			assetCall('CreateAssetGroup', { model: 'volc-asset', Name: name }, false),
		parse: (body: unknown) => ({
			id: requireString(readObject(body).Id, 'asset group ID (Id)', body),
		}),
	},
	list: {
		request: ({ name, pageNumber, pageSize }: AssetGroupQuery & PageQuery) =>
			assetCall(
				'ListAssetGroups',
				{
					model: 'volc-asset',
					Filter: { ...(name && { Name: name }) },
					PageNumber: pageNumber,
					PageSize: pageSize,
				},
				true,
			),
		parse: (body: unknown) => parsePage(body, parseAssetGroup),
	},
	update: {
		request: ({ groupId, name }: { groupId: string; name: string }) =>
			assetCall('UpdateAssetGroup', { model: 'volc-asset', Id: groupId, Name: name }, true),
		parse: () => {},
	},
	delete: {
		request: ({ groupId }: { groupId: string }): ProviderRequest => ({
			...assetCall('DeleteAssetGroup', { Id: groupId }, true),
			isDeletion: true,
		}),
		parse: () => {},
	},
};

/** What an upload of each media type is billed as, and what the API calls the type. */
const assetTypes: Record<MediaType, { model: string; assetType: string }> = {
	image: { model: 'volc-asset', assetType: 'Image' },
	video: { model: 'volc-asset-video', assetType: 'Video' },
	audio: { model: 'volc-asset-audio', assetType: 'Audio' },
};

export const assets = {
	newAssetFields: ['name', 'groupId'],
	sources: ['url', 'dataUri', 'file'],
	filters: ['name', 'groupIds', 'groupType'],
	create: {
		request({ mediaType, name, groupId, source }: NewAsset) {
			const { model, assetType } = assetTypes[mediaType];
			const fields = {
				model,
				...(groupId && { GroupId: groupId }),
				...(name && { Name: name }),
				AssetType: assetType,
			};
			return assetCall(
				'CreateAsset',
				typeof source === 'string'
					? { ...fields, URL: source }
					: { fields, file: { fieldName: 'file', source } },
				false,
			);
		},
		parse: (body: unknown) => ({ id: requireString(readObject(body).Id, 'asset ID (Id)', body) }),
	},
	list: {
		request({ name, groupIds, groupType, pageNumber, pageSize, withoutDefaultFilter }: AssetQuery & PageQuery) {
			const type = groupType ?? (withoutDefaultFilter ? '' : defaultGroupType);
			return assetCall(
				'ListAssets',
				{
					model: 'volc-asset',
					Filter: {
						...(name && { Name: name }),
						...(groupIds?.length && { GroupIds: groupIds }),
						...(type !== '' && { GroupType: type }),
					},
					PageNumber: pageNumber,
					PageSize: pageSize,
				},
				true,
			);
		},
		parse: (body: unknown) => parsePage(body, (item) => parseAsset(item, body)),
		// Some channels list nothing when they are sent a group type.
		hasDefaultFilter: ({ groupType }: AssetQuery) => groupType === undefined,
	},
	get: {
		request: ({ assetId }: { assetId: string }) =>
			assetCall('GetAsset', { Id: assetId }, true),
		parse: (body: unknown) => parseAsset(body, body),
	},
	update: {
		request: ({ assetId, name, groupId }: { assetId: string; name?: string; groupId?: string }) =>
			assetCall(
				'UpdateAsset',
				{
					model: 'volc-asset',
					Id: assetId,
					...(name && { Name: name }),
					...(groupId && { GroupId: groupId }),
				},
				true,
			),
		parse: () => {},
	},
	delete: {
		request: ({ assetId }: { assetId: string }): ProviderRequest => ({
			...assetCall('DeleteAsset', { Id: assetId }, true),
			isDeletion: true,
		}),
		parse: () => {},
	},
} satisfies ProviderAdapter['assets'];

/** The gateway holds the connection until the API behind it has fetched and checked all files; so long do its clients wait. */
const createTimeoutMs = 300_000;

export const videoTasks = {
	create: {
		request: (input: NewVideoTask): ProviderRequest => ({
			method: 'POST',
			path: '/v1/video/generations',
			body: generationBody(input),
			repeatable: false,
			timeoutMs: createTimeoutMs,
		}),
		parse(body: unknown) {
			const answer = readObject(body);
			// Both names occur; status is an empty string at this point and says nothing.
			return { id: requireString(readString(answer.id) ?? answer.task_id, 'task ID', body) };
		},
	},
	get: {
		request: ({ taskId }: { taskId: string }): ProviderRequest => ({
			method: 'GET',
			path: pathOf`/v1/video/generations/${taskId}`,
			repeatable: true,
		}),
		parse: parseVideoTask,
	},
};

function assetCall(
	action: string,
	body: NonNullable<ProviderRequest['body']>,
	repeatable: boolean,
): ProviderRequest {
	return { method: 'POST', path: `/volc/asset/${action}`, body, repeatable };
}

/** The gateway numbers @image1, @video1, @audio1 by this order and refuses any other. */
export const contentOrder: readonly MediaType[] = ['image', 'video', 'audio'];

const roleNames = {
	firstFrame: 'first_frame',
	lastFrame: 'last_frame',
} as const;

/** A reference as the API behind the gateway takes it, too. */
export function contentItem({ mediaType, role, url }: SentReference) {
	return {
		type: `${mediaType}_url`,
		[`${mediaType}_url`]: { url },
		role: role === 'reference' ? `reference_${mediaType}` : roleNames[role],
	};
}

/** As the API behind the gateway has it: a draft stands in place of all that it is made from. */
export const draftItem = (draftTaskId: string) => ({ type: 'draft_task', draft_task: { id: draftTaskId } });

function generationBody({ model, prompt, references, settings, draftTaskId }: NewVideoTask) {
	return withoutUndefined({
		model,
		content:
			draftTaskId !== undefined
				? [draftItem(draftTaskId)]
				: [
						...(prompt ? [{ type: 'text', text: prompt }] : []),
						...contentOrder.flatMap((mediaType) =>
							references.filter((reference) => reference.mediaType === mediaType).map(contentItem),
						),
					],
		generate_audio: settings.generateAudio,
		resolution: draftTaskId === undefined ? settings.resolution : drafts.finalResolution,
		ratio: settings.ratio,
		duration: settings.durationSeconds,
		watermark: settings.watermark,
		tools: settings.webSearch ? [{ type: 'web_search' }] : undefined,
		// Not in the document's parameter table; clients of the gateway send all of these here.
		return_last_frame: settings.returnLastFrame,
		seed: settings.seed,
		draft: settings.draft,
		omni_reference_task_type: settings.taskIntent,
		output_format: settings.outputFormat,
		priority: settings.priority,
		service_tier: settings.serviceTier,
		execution_expires_after: settings.executionExpiresAfterSeconds,
		safety_identifier: settings.safetyIdentifier,
	});
}

/** A page of a list, as the API behind the gateway writes it, too. */
export function parsePage<Item>(body: unknown, parseItem: (item: unknown, body: unknown) => Item): Page<Item> {
	const answer = readObject(body);
	return {
		items: readArray(answer.Items).map((item) => parseItem(item, body)),
		totalCount: readNumber(answer.TotalCount),
	};
}

export function parseAssetGroup(value: unknown, body: unknown): AssetGroup {
	const group = readObject(value);
	const storedName = readString(group.Name);
	return {
		id: requireString(group.Id, 'asset group ID (Id)', body),
		name: storedName?.replace(groupIsolationPrefix, ''),
		storedName,
		groupType: readString(group.GroupType),
		createdAt: readString(group.CreateTime),
		updatedAt: readString(group.UpdateTime),
		raw: value,
	};
}

const assetStatuses = tableOf<AssetStatus>({ active: 'active', failed: 'failed' });

/** @param hints of the provider, for the reason why an asset has failed */
export function parseAsset(value: unknown, body: unknown, hints: readonly FailureHint[] = failureHints): Asset {
	const asset = readObject(value);
	const status = readString(asset.Status)?.toLowerCase();
	const error = readObject(asset.Error);
	return {
		id: requireString(asset.Id, 'asset ID (Id)', body),
		// Anything but the two final ones may still become Active.
		status: status === undefined ? undefined : (assetStatuses.get(status) ?? 'processing'),
		mediaType: contentOrder.find((type) => type === readString(asset.AssetType)?.toLowerCase()),
		name: readString(asset.Name),
		groupId: readString(asset.GroupId),
		url: readUrl(asset.URL),
		failure: status === 'failed' ? assetFailure(error, hints) : undefined,
		createdAt: readString(asset.CreateTime),
		updatedAt: readString(asset.UpdateTime),
		raw: value,
	};
}

function assetFailure(error: Json, hints: readonly FailureHint[]): Failure {
	const code = readCode(error.Code);
	const message = readWords(error.Message) ?? code ?? noReason;
	return toFailure(hints, { message, code });
}

const taskStatuses = tableOf<TaskStatus>({
	'': 'queued',
	not_start: 'queued',
	submitted: 'queued',
	queued: 'queued',
	pending: 'queued',
	in_progress: 'running',
	running: 'running',
	processing: 'running',
	success: 'succeeded',
	succeeded: 'succeeded',
	completed: 'succeeded',
	failure: 'failed',
	failed: 'failed',
	cancelled: 'cancelled',
	canceled: 'cancelled',
	expired: 'expired',
});

function parseVideoTask(body: unknown): VideoTask {
	const answer = readObject(body);
	// { code, message, data: { …, data: <the upstream answer> } }; an older form has no envelope.
	const task = isObject(answer.data) ? answer.data : answer;
	const upstream = readObject(task.data);
	const content = readObject(upstream.content);
	const status = taskStatuses.get((readString(task.status) ?? '').toLowerCase()) ?? 'running';
	const progressPercent = readNumber(task.progress);
	return {
		id: requireString(readString(task.task_id) ?? task.id, 'task ID', body),
		status,
		model: readString(upstream.model) ?? readString(task.model),
		videoUrl:
			status === 'succeeded'
				? (readUrl(task.result_url) ??
					readUrl(content.video_url) ??
					readUrl(task.video_url) ??
					// "Query Task": a copy of result_url for old clients, from before that had a name.
					readUrl(task.fail_reason))
				: undefined,
		lastFrameUrl: status === 'succeeded' ? readUrl(content.last_frame_url) : undefined,
		progressPercent,
		failure:
			status === 'failed' || status === 'cancelled' || status === 'expired'
				? taskFailure(status, task, upstream, progressPercent)
				: undefined,
		likelyFailure: isSettledStatus(status) ? undefined : failureOfFullProgress(task, upstream, progressPercent),
		usage: isObject(upstream.usage) ? upstream.usage : undefined,
		isDraft: typeof upstream.draft === 'boolean' ? upstream.draft : undefined,
		// The page "Query Task": any other action has pictures at most.
		citesVideos: task.action === undefined ? undefined : task.action === 'omniGenerate',
		resolution: readString(upstream.resolution),
		ratio: readString(upstream.ratio),
		durationSeconds: readNumber(upstream.duration),
		seed: readNumber(upstream.seed),
		createdAtMs: readEpochSeconds(task.submit_time) ?? readEpochSeconds(task.created_at),
		startedAtMs: readEpochSeconds(task.start_time),
		finishedAtMs: readEpochSeconds(task.finish_time),
		raw: body,
	};
}

function taskFailure(
	status: 'failed' | 'cancelled' | 'expired',
	task: Json,
	upstream: Json,
	progressPercent: number | undefined,
): Failure {
	if (status !== 'failed') return { reason: status, message: `the task was ${status}` };
	const { message, code } = failureWords(task, upstream) ?? { message: noReason };
	const explained = explainFailure(failureHints, { message, code })?.reason;
	// "100% but an error" is the documented sign of content moderation when the words name nothing else.
	return { reason: explained ?? (progressPercent === 100 ? 'moderation' : 'provider'), message, code };
}

/**
 * "If the task reaches 100% but returns an error, the content was likely blocked", says the document "Seedance
 * 2.0" without naming the status that the task then has.
 */
function failureOfFullProgress(task: Json, upstream: Json, progressPercent = 0): Failure | undefined {
	const hasWords = progressPercent >= 100 && failureWords(task, upstream) !== undefined;
	return hasWords ? taskFailure('failed', task, upstream, 100) : undefined;
}

function failureWords(task: Json, upstream: Json): { message: string; code?: string } | undefined {
	const { code, message } = readObject(upstream.error);
	// Of a task that goes well it is a copy of the link.
	const reason = readUrl(task.fail_reason) === undefined ? readString(task.fail_reason) : undefined;
	const words = reason ?? readString(message);
	if (words === undefined) return undefined;
	const failure = parseFailure(words);
	return { message: failure.message, code: failure.code ?? readCode(code) };
}

/** Documented refusals: `{"error":{…}}` and `{"code":"fail_to_fetch_task",…,"data":null}`; no proxy answers like this. */
export function isRefusal(body: unknown): boolean {
	const answer = readObject(body);
	if (isObject(answer.error)) {
		const { message, code, type } = answer.error;
		return [message, code, type].some((words) => readString(words) !== undefined);
	}
	return typeof answer.code === 'string' && !goodCodes.test(answer.code.trim()) && !isObject(answer.data);
}

/** What gateways of this family write where nothing was refused, or nothing at all. */
export const goodCodes = /^(success|succeeded|ok|0|2\d\d|)$/i;

/** Reads all error shapes of the gateway; the upstream's error arrives as JSON inside a message. */
export function parseFailure(body: unknown): ProviderFailure {
	if (typeof body === 'string') {
		const inner = parseInnerJson(body);
		return inner ? parseFailure(inner) : withRequestId({ message: excerpt(body) });
	}
	const answer = readObject(body);
	const error = isObject(answer.error) ? answer.error : answer;
	const code = readCode(error.code) ?? readCode(error.type);
	const message = readString(error.message) ?? readString(answer.error);
	if (message === undefined) return { message: excerpt(body), code };
	const inner = parseInnerJson(message);
	if (inner) {
		const failure = parseFailure(inner);
		return { ...failure, code: failure.code ?? code };
	}
	return withRequestId({ message, code, requestId: readCode(answer.request_id) });
}

function parseInnerJson(text: string): Json | undefined {
	const inner = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
	return isObject(inner) ? inner : undefined;
}

/** The gateway writes "(request id: …)" into its messages, the upstream "Request id: …". */
export function withRequestId(failure: ProviderFailure): ProviderFailure {
	const { message } = failure;
	const found = /\(?request id:\s*([\w-]{1,100})\)?/i.exec(message);
	const rest = found
		? message.slice(0, found.index).trimEnd() + message.slice(found.index + found[0].length)
		: message;
	return { ...failure, message: readWords(rest) ?? noReason, requestId: found?.[1] ?? failure.requestId };
}

export const failureHints: readonly FailureHint[] = [
	{
		match: /PrivacyInformation|real person|real face/i,
		reason: 'moderation',
		description:
			'A real face was found in an image that is given by plain URL. Upload the image as an asset and cite the asset instead.',
	},
	seedance.moderationHint,
	{
		// Seen by public clients: videos and sound as references, faces and some models are not for every key.
		match: /endpoint (is )?not (available|found|supported)/i,
		reason: 'permission',
		description:
			'This key cannot use the model with these references. Videos and audio as references, faces and seedance-2.0-ultra need a key of the Direct plan: make one in the console of the provider (its group is called Direct there), or leave these references out.',
	},
	{
		match: /model_not_found|no available channel/i,
		nothingDone: true,
		reason: 'permission',
		description:
			'This key cannot use the model. Choose another model, or allow the model for the key in the console of the provider.',
	},
	{
		match: /insufficient|quota|balance|arrears|overdue/i,
		reason: 'quota',
		description: 'Top up the account or raise the limit of the key in the console of the provider.',
	},
	{
		match: /GroupType/,
		reason: 'input',
		description: 'Set the filter Group Type to a type that the channel of this key knows.',
	},
	{
		match: /NotFound\.group_id|asset_group .{0,100} not found/i,
		reason: 'notFound',
		description:
			'Check the group ID. A key sees only the groups created with it, and a new group can take a few seconds to appear. For a new asset it can also mean that the group has one of this name already.',
	},
	{
		match: /asset.{0,100}still processing/i,
		reason: 'input',
		description:
			'The asset is not ready yet. Wait for it with the operation "Wait Until Active" of Seedance Asset Library, then run this again.',
	},
	{
		match: /asset.{0,100}is not active/i,
		reason: 'input',
		description:
			'Only an asset whose status is Active can be cited. The operation "Get Asset" shows the status: one that is processing becomes Active soon; one that has failed never does, so make a new asset from a file that fits.',
	},
	{
		match: /asset.{0,100}(not found|not exist|not ready)|NotFound\.asset_id|asset_copy_not_ready/i,
		reason: 'notFound',
		description:
			'Check the asset ID and that its status is Active. A key sees only the assets created with it, and a new asset can take a few seconds to appear.',
	},
	{
		match: /already exists?|duplicate|name.{0,60}(is taken|in use)/i,
		reason: 'input',
		description:
			'Something has this name already. Choose another name, or use what has it; the operation "Get Many Assets" or "Get Many Asset Groups" shows its ID.',
	},
	{
		match: /task_not_exist/i,
		reason: 'notFound',
		description:
			'Check the task ID and that the credential belongs to the account that started the task. Tasks are kept for some days only.',
	},
	{
		match: /InvalidParameter|invalid_request|invalid parameter/i,
		reason: 'input',
		description: 'The provider refused a setting. Change what its message names.',
	},
];
