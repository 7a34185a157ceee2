import { randomInt } from 'node:crypto';
import { compactTime, toSeconds } from '../gateway/names';
import { decodeDataUri, type MediaFile, type MediaProblem } from '../media';
import { nearestRatio, pixelSize } from '../pixels';
import type { ApiRequest, Caller, Refusal, Surroundings } from '../provider';
import { readMaterials, Studio, type VideoSpec } from '../render';
import { randomCharacters } from '../taskIds';
import type { Charge, FateEffect, WebhookEffect } from '../types';
import type { ApiKeyRights, Region } from './accounts';
import type { AssetLibrary } from './assets';
import { dataError, invalid, missing, readJson } from './errors';
import { readGenerationRequest, type GenerationRequest } from './generationRequest';
import type { Reference } from './content';
import { citedLimits, fetchMedium, findProblem, findTotalProblem, secondsOf } from './mediaRules';
import { isStopped, modelsOf, ownPixelSize, type VideoModel } from './models';
import type { ArkOptions } from './options';
import { startTimes } from './queue';
import { minuteMs, RateLimit, secondMs } from './rates';
import { readTaskQuery } from './taskQuery';

interface Task {
	id: string;
	accountId: number;
	projectName: string;
	/** The real model, also when an endpoint was named. */
	model: string;
	/** What the request named. */
	requestedModel: string;
	request: GenerationRequest;
	draftTaskId?: string;
	video: VideoSpec & { ratio: string };
	inputVideoSeconds: number;
	/** Whose deletion before the end makes it fail. */
	assetIds: string[];
	seed: number;
	createdAtMs: number;
	cancelledAtMs?: number;
	/** The record was deleted after its end. */
	deletedAtMs?: number;
	fate?: FateEffect;
}

type Status = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'expired';

interface State {
	status: Status;
	/** When it began. */
	sinceMs: number;
}

interface Rates {
	create: RateLimit;
	get: RateLimit;
	list: RateLimit;
	delete: RateLimit;
}

const dayMs = 24 * 60 * minuteMs;
const recordMs = 7 * dayMs;
const cancelledRecordMs = dayMs;
const linkSeconds = 24 * 60 * 60;
/** By one page for 2.5 only, by another for all. */
const maxDownloads25 = 100;
const framesPerSecond = 24;
const assetScheme = 'asset://';
/** What 2.x makes of -1, where the input does not say it; the real one chooses by the prompt. */
const chosenSeconds = 10;

/**
 * Video tasks of one region.
 * Sources: the pages "Create", "Retrieve", "List" and "Cancel or delete a video generation task" of both regions.
 */
export class VideoTasks {
	private readonly tasks: Map<string, Task>;
	private readonly models: Map<string, VideoModel>;
	private readonly studio: Studio;
	private readonly rates: Rates;
	private readonly now: () => number;

	constructor(
		private readonly region: Region,
		private readonly surroundings: Surroundings,
		private readonly library: AssetLibrary,
		private readonly rightsOf: (caller: Caller) => ApiKeyRights,
		private readonly options: ArkOptions,
	) {
		const { now, workshop, options: common } = surroundings;
		this.now = now;
		this.tasks = surroundings.records(`${region.id}.tasks`);
		this.models = modelsOf(region.id);
		this.studio = new Studio(workshop, common.videoFile, common.videoBytes);
		// An enterprise account; a personal one has 180 a minute.
		this.rates = {
			create: new RateLimit(600, minuteMs, now),
			get: new RateLimit(20, secondMs, now),
			list: new RateLimit(1, secondMs, now),
			delete: new RateLimit(20, secondMs, now),
		};
	}

	has(taskId: string): boolean {
		return this.tasks.has(taskId);
	}

	/** Only what succeeded is charged. */
	isRefunded(taskId: string): boolean {
		const task = this.tasks.get(taskId);
		if (!task) return false;
		const { status } = this.stateOf(task);
		// Of a task that was made to never end, tests read this when virtual time is over, long after it has expired.
		return status === 'failed' || status === 'cancelled' || (status === 'expired' && !isEndless(task.fate));
	}

	chargeOf(taskId: string): Charge | undefined {
		const task = this.tasks.get(taskId);
		return task && { amount: this.isRefunded(taskId) ? 0 : tokensOf(task), unit: 'tokens' };
	}

	listModels(): object {
		const nowMs = this.now();
		const data = [...this.models].map(([id, model]) => ({
			id,
			name: id.replace(/-\d{6}$/, ''),
			version: id.slice(-6),
			created: 1_750_000_000,
			object: 'model',
			status: isStopped(model, this.region.id, nowMs) ? 'Shutdown' : undefined,
			domain: 'VideoGeneration',
			task_type: model.taskTypes,
			modalities: { input_modalities: ['text', 'image', ...(model.references ? ['video', 'audio'] : [])], output_modalities: ['video'] },
			token_limits: {},
			features: {},
		}));
		return { object: 'list', data };
	}

	async create({ caller, requestId, body: sent, fate, webhookEffect }: ApiRequest): Promise<object> {
		const rights = this.rightsOf(caller);
		const body = readJson(sent);
		const { modelId, model } = this.findModel(body.model, rights);
		if (!this.isWithin('create', `${rights.accountId} ${modelId}`)) {
			throw dataError(429, 'ModelAccountRpmRateLimitExceeded', `The request rate of the model ${modelId} exceeds the limit.`);
		}
		const request = readGenerationRequest(body, model, modelId, this.region.id);
		const draft = request.draftTaskId === undefined ? undefined : this.findDraft(request.draftTaskId, modelId, rights);
		const files = draft ? [] : await this.openReferences(request, model, rights);
		const createdAtMs = this.now();
		const seed = request.seed === undefined || request.seed < 0 ? randomInt(100_000) : request.seed;
		const inputVideoSeconds = draft?.inputVideoSeconds ?? secondsOf(files, 'video');
		const task: Task = {
			id: `cgt-${compactTime(createdAtMs)}-${randomCharacters(5, this.surroundings.options.random)}`,
			accountId: rights.accountId,
			projectName: rights.projectName,
			model: modelId,
			requestedModel: String(body.model),
			request: draft ? { ...request, hasSound: draft.request.hasSound } : request,
			...(draft && { draftTaskId: draft.id }),
			video: draft ? finalVideo(draft, request, model, modelId) : describeVideo(modelId, model, request, files),
			inputVideoSeconds,
			assetIds: request.references.flatMap(({ url }) => (url.startsWith(assetScheme) ? [url.slice(assetScheme.length)] : [])),
			seed: draft?.seed ?? seed,
			createdAtMs,
			...(fate && { fate }),
		};
		this.tasks.set(task.id, task);
		this.surroundings.bill({ kind: 'generation', id: task.id, model: modelId, requestId });
		this.announce(task, webhookEffect);
		return { id: task.id };
	}

	private isWithin(rate: keyof Rates, who: string): boolean {
		return this.options.rates === 'none' || this.rates[rate].take(who);
	}

	private findModel(value: unknown, rights: ApiKeyRights): { model: VideoModel; modelId: string } {
		if (value === undefined || value === '') throw missing('model');
		if (typeof value !== 'string') throw invalid('model', 'must be a string');
		const modelId = value === endpointIdOf(this.region) ? endpointModel(this.models) : value;
		const model = this.models.get(modelId);
		if (!model || isStopped(model, this.region.id, this.now())) {
			const message = `The model or endpoint ${value} does not exist or you do not have access to it.`;
			throw dataError(404, 'InvalidEndpointOrModel.NotFound', message);
		}
		this.refuseForeignModel(value, rights);
		return { model, modelId };
	}

	private refuseForeignModel(model: string, { models }: ApiKeyRights): void {
		if (models === undefined || models.includes(model)) return;
		throw dataError(403, 'AccessDenied', `The API key has no permission for the model ${model}.`);
	}

	/** Valid for seven days from its creation, once it has succeeded. */
	private findDraft(id: string, modelId: string, rights: ApiKeyRights): Task {
		const draft = this.visibleTask(id, rights);
		const param = 'content[0].draft_task.id';
		if (!draft) throw invalid(param, `The specified draft task ${id} is not found`);
		if (!draft.request.isDraft) throw invalid(param, `The specified task ${id} is not a draft`);
		if (draft.model !== modelId) throw invalid(param, 'the model must be that of the draft');
		if (this.stateOf(draft).status === 'succeeded') return draft;
		throw invalid(param, `The specified draft task ${id} has not succeeded`);
	}

	private async openReferences(
		{ references, taskType }: GenerationRequest,
		model: VideoModel,
		rights: ApiKeyRights,
	): Promise<MediaFile[]> {
		const files: MediaFile[] = [];
		for (const reference of references) {
			const { mediaType, item } = reference;
			const file = await this.open(reference, rights);
			if (!file) continue;
			const limits = citedLimits(model, mediaType === 'video' && taskType === 'edit');
			const problem = findProblem(mediaType, file, limits);
			if (problem) throw mediaRefusal(item, problem.message);
			files.push(file);
		}
		const problem = findTotalProblem(files, model);
		if (problem) throw mediaRefusal('content', problem.message);
		return files;
	}

	/** @returns undefined for documentation hosts */
	private async open({ url, mediaType, item, param }: Reference, rights: ApiKeyRights): Promise<MediaFile | undefined> {
		if (url.startsWith(assetScheme)) {
			const asset = this.library.findUsable(url.slice(assetScheme.length), mediaType, rights);
			if ('file' in asset) return asset.file;
			throw dataError(400, 'InvalidParameter', asset.problem, param);
		}
		const embedded = url.startsWith('data:') ? decodeDataUri(url)?.bytes : undefined;
		if (embedded) return await this.surroundings.workshop.keep(embedded);
		return await fetchMedium(url, this.surroundings.workshop).catch(() => {
			throw mediaRefusal(item, 'resource not found');
		});
	}

	get({ caller, pathParameters: [id = ''] }: ApiRequest): object {
		const rights = this.rightsOf(caller);
		this.refuseExcess('get', rights);
		return this.describe(this.findTask(id, rights));
	}

	list({ caller, searchParams }: ApiRequest): object {
		const rights = this.rightsOf(caller);
		this.refuseExcess('list', rights);
		const { pageNumber, pageSize, status, taskIds, model, serviceTier } = readTaskQuery(searchParams);
		// A key with the permission "Custom" must say what it asks about.
		if (rights.models !== undefined && model === undefined) throw missing('filter.model');
		if (model !== undefined) this.refuseForeignModel(model, rights);
		const found = [...this.tasks.values()].reverse().filter((task) => {
			if (!this.isVisible(task, rights) || task.request.serviceTier !== serviceTier) return false;
			if (status !== undefined && this.statusOf(task) !== status) return false;
			// A model finds the tasks of its preset endpoint only.
			if (model !== undefined && task.requestedModel !== model) return false;
			return taskIds.length === 0 || taskIds.includes(task.id);
		});
		const items = found.slice((pageNumber - 1) * pageSize, pageNumber * pageSize);
		return { total: found.length, items: items.map((task) => this.describe(task)) };
	}

	/** Cancels what is queued; of what has ended it deletes the record, with the result. */
	delete({ caller, pathParameters: [id = ''] }: ApiRequest): object {
		const rights = this.rightsOf(caller);
		this.refuseExcess('delete', rights);
		const task = this.findTask(id, rights);
		switch (this.stateOf(task).status) {
			case 'queued':
				task.cancelledAtMs = this.now();
				return {};
			case 'running':
				throw dataError(
					409,
					'InvalidAction.RunningTaskDeletion',
					`Cannot delete task ${id} because it is currently running.`,
				);
			case 'cancelled':
				// The document says no more than that it is refused.
				throw dataError(409, 'InvalidAction.CancelledTaskDeletion', `Cannot delete task ${id} because it is cancelled.`);
			default:
				task.deletedAtMs = this.now();
				return {};
		}
	}

	private refuseExcess(rate: 'get' | 'list' | 'delete', { accountId }: ApiKeyRights): void {
		if (this.isWithin(rate, String(accountId))) return;
		throw dataError(429, 'AccountRateLimitExceeded', 'The request rate of the account exceeds the limit.');
	}

	private findTask(id: string, rights: ApiKeyRights): Task {
		const task = this.visibleTask(id, rights);
		if (!task) throw dataError(404, 'NotFound.TaskId', `The specified task ${id} is not found.`);
		this.refuseForeignModel(task.requestedModel, rights);
		return task;
	}

	private visibleTask(id: string, rights: ApiKeyRights): Task | undefined {
		const task = this.tasks.get(id);
		return task && this.isVisible(task, rights) ? task : undefined;
	}

	/** Records live for seven days, those of cancelled tasks for one. */
	private isVisible(task: Task, { accountId, projectName }: ApiKeyRights): boolean {
		const { createdAtMs, cancelledAtMs, deletedAtMs } = task;
		if (task.accountId !== accountId || task.projectName !== projectName || deletedAtMs !== undefined) return false;
		const nowMs = this.now();
		const isForgotten = cancelledAtMs !== undefined && nowMs >= cancelledAtMs + cancelledRecordMs;
		return !isForgotten && nowMs < createdAtMs + recordMs;
	}

	private statusOf(task: Task, atMs?: number): string {
		const { status } = this.stateOf(task, atMs);
		return task.fate?.kind === 'taskStatus' && status !== 'queued' ? task.fate.status : status;
	}

	/** The state of a task, which depends on the clock, and on others where they take their turns. */
	private stateOf(task: Task, atMs = this.now()): State {
		const { createdAtMs, cancelledAtMs, fate, request } = task;
		const { taskRunMs } = this.surroundings.durations;
		const expiresAtMs = createdAtMs + request.expiresAfterSeconds * 1000;
		const startedAtMs = this.startOf(task);
		if (cancelledAtMs !== undefined && atMs >= cancelledAtMs) return { status: 'cancelled', sinceMs: cancelledAtMs };
		if (atMs < Math.min(startedAtMs, expiresAtMs)) return { status: 'queued', sinceMs: createdAtMs };
		const endedAtMs = isEndless(fate) ? Infinity : startedAtMs + taskRunMs;
		if (expiresAtMs < endedAtMs && atMs >= expiresAtMs) return { status: 'expired', sinceMs: expiresAtMs };
		if (atMs < endedAtMs) return { status: 'running', sinceMs: startedAtMs };
		return { status: this.failureOf(task, endedAtMs) ? 'failed' : 'succeeded', sinceMs: endedAtMs };
	}

	private failureOf({ fate, request, assetIds }: Task, endedAtMs: number): MediaProblem | undefined {
		switch (fate?.kind) {
			case 'taskModerated':
				return {
					code: 'OutputVideoSensitiveContentDetected',
					message: 'The request failed because the output video may contain sensitive information.',
				};
			case 'taskFails':
				return {
					code: 'InternalServiceError',
					message: fate.reason ?? 'The service encountered an unexpected internal error.',
				};
			default: {
				const lostId = assetIds.find((id) => this.library.deletionOf(id) < endedAtMs);
				if (lostId === undefined) return request.lateProblem;
				return { code: 'InvalidParameter', message: `The specified asset ${lostId} is not found.` };
			}
		}
	}

	/** Infinity for one whose turn never came. */
	private startOf(task: Task): number {
		const { durations } = this.surroundings;
		const { maxRunningTasks } = this.options;
		if (maxRunningTasks === undefined) return task.createdAtMs + durations.taskQueueMs;
		const rivals = [...this.tasks.values()].filter(({ accountId, model }) => {
			return accountId === task.accountId && model === task.model;
		});
		const queue = rivals.map(({ id, createdAtMs, cancelledAtMs, request, fate }) => ({
			id,
			priority: request.priority,
			createdAtMs,
			readyAtMs: createdAtMs + durations.taskQueueMs,
			...(cancelledAtMs !== undefined && { cancelledAtMs }),
			expiresAtMs: createdAtMs + request.expiresAfterSeconds * 1000,
			runMs: isEndless(fate) ? Infinity : durations.taskRunMs,
		}));
		return startTimes(queue, maxRunningTasks).get(task.id) ?? Infinity;
	}

	private describe(task: Task, atMs = this.now()): object {
		const { request, video, fate } = task;
		const { status, sinceMs } = this.stateOf(task, atMs);
		const base = {
			id: task.id,
			model: task.model,
			status: this.statusOf(task, atMs),
			...(status === 'failed' && { error: this.failureOf(task, sinceMs) }),
			created_at: toSeconds(task.createdAtMs),
			updated_at: toSeconds(sinceMs),
			service_tier: request.serviceTier,
			execution_expires_after: request.expiresAfterSeconds,
			...(request.safetyIdentifier !== undefined && { safety_identifier: request.safetyIdentifier }),
			...(task.model.includes('seedance-2') && { priority: request.priority }),
		};
		if (status !== 'succeeded') return base;
		const tokens = tokensOf(task);
		const links = fate?.kind === 'taskUrlMissing' ? {} : this.linksOf(task, sinceMs);
		return {
			...base,
			error: null,
			content: links,
			usage: {
				completion_tokens: tokens,
				total_tokens: tokens,
				...(request.tools?.length && { tool_usage: { web_search: 1 } }),
			},
			seed: task.seed,
			resolution: request.resolution,
			ratio: video.ratio,
			...(request.frames === undefined ? { duration: video.durationSeconds } : { frames: request.frames }),
			framespersecond: framesPerSecond,
			generate_audio: request.hasSound,
			...(is25(task) && { output_format: request.outputFormat }),
			draft: request.isDraft,
			...(task.draftTaskId !== undefined && { draft_task_id: task.draftTaskId }),
			...(request.tools && { tools: request.tools }),
		};
	}

	/** One link for good, that lives from the end of the task: reading anew does not renew it. */
	private linksOf(task: Task, endedAtMs: number): object {
		const { storage, options } = this.surroundings;
		const life = { fromMs: endedAtMs, seconds: options.videoLinkSeconds ?? linkSeconds };
		const limit = is25(task) ? { maxDownloads: maxDownloads25 } : {};
		const { id, video, request } = task;
		const isMov = request.outputFormat === 'mov';
		const key = `ark/${id}.${request.outputFormat}`;
		storage.put(key, {
			contentType: isMov ? 'video/quicktime' : 'video/mp4',
			file: async () => await this.studio.video(video),
			...limit,
		});
		const links = { video_url: storage.link(key, life) };
		if (!request.returnsLastFrame) return links;
		const frameKey = `ark/${id}-last-frame.png`;
		storage.put(frameKey, { contentType: 'image/png', file: async () => await this.studio.lastFrame(video), ...limit });
		return { ...links, last_frame_url: storage.link(frameKey, life) };
	}

	/** The same body as that of a read, when it is queued, when it runs, and at its end unless it is cancelled. */
	private announce(task: Task, effect: WebhookEffect | undefined): void {
		const { callbackUrl, expiresAfterSeconds } = task.request;
		if (callbackUrl === undefined) return;
		const { provider, webhooks, durations } = this.surroundings;
		const startedAtMs = this.startOf(task);
		const moments = [
			task.createdAtMs,
			startedAtMs,
			startedAtMs + durations.taskRunMs,
			task.createdAtMs + expiresAfterSeconds * 1000,
		].toSorted((one, other) => one - other);
		const told = new Set<Status>();
		for (const atMs of moments) {
			const { status, sinceMs } = this.stateOf(task, atMs);
			if (told.has(status) || sinceMs > atMs) continue;
			told.add(status);
			if (this.options.callbackStatuses === 'final' && (status === 'queued' || status === 'running')) continue;
			webhooks.add({
				provider,
				taskId: task.id,
				event: status,
				url: callbackUrl,
				atMs,
				message: () => ({ headers: {}, body: JSON.stringify(this.describe(task, atMs)) }),
				// Documented for these two; of the others nothing is said.
				retries: status === 'succeeded' || status === 'failed' ? 3 : 0,
				isCalledOff: () => task.cancelledAtMs !== undefined && task.cancelledAtMs <= atMs,
				...(effect && { effect }),
			});
		}
	}
}

/** An endpoint of the account's own for Seedance 2.0, which may be named instead of the model. */
function endpointIdOf({ id }: Region): string {
	return `ep-20260401000000-${id.slice(0, 5)}`;
}

function endpointModel(models: ReadonlyMap<string, VideoModel>): string {
	return [...models.keys()].find((id) => id.endsWith('seedance-2-0-260128')) ?? '';
}

function is25({ model }: Task): boolean {
	return model.includes('seedance-2-5');
}

/** Every number that was found is that of one frame more than 24 a second. */
function tokensOf({ request, video, inputVideoSeconds }: Task): number {
	const { width, height, durationSeconds } = video;
	const frames = request.frames ?? framesPerSecond * durationSeconds;
	const inputFrames = Math.round(framesPerSecond * inputVideoSeconds);
	return Math.floor((width * height * (frames + inputFrames + 1)) / 1024);
}

function describeVideo(modelId: string, model: VideoModel, request: GenerationRequest, files: MediaFile[]): Task['video'] {
	const { resolution, hasSound, hasWatermark, prompt } = request;
	const { firstSize, ...materials } = readMaterials(files);
	const ratio = request.ratio === 'adaptive' ? (firstSize ? nearestRatio(firstSize) : '16:9') : request.ratio;
	const durationSeconds = secondsFor(request, model, files);
	return {
		...(ownPixelSize(model, resolution, ratio) ?? pixelSize(resolution, ratio)),
		ratio,
		durationSeconds,
		hasSound,
		hasWatermark,
		...encodingOf(model, request),
		prompt,
		label: `${modelId}  ${resolution}  ${ratio}  ${durationSeconds} s`,
		...materials,
	};
}

/** 2.5 at 1080p and 2.0 at 4k are H.265, and a MOV is H.264 in all colours. */
function encodingOf({ series }: VideoModel, { resolution, outputFormat }: GenerationRequest): Pick<VideoSpec, 'codec' | 'container'> {
	const isLarge = (series === '2.5' && resolution === '1080p') || (series === '2.0' && resolution === '4k');
	return { codec: isLarge && outputFormat === 'mp4' ? 'h265' : 'h264', container: outputFormat };
}

function secondsFor({ durationSeconds, frames }: GenerationRequest, model: VideoModel, files: MediaFile[]): number {
	if (frames !== undefined) return Math.floor(frames / framesPerSecond);
	if (durationSeconds !== -1) return durationSeconds;
	const [min, max] = model.seconds;
	// What is edited or extended gives the measure.
	const wanted = Math.round(secondsOf(files, 'video')) || chosenSeconds;
	return Math.max(min, Math.min(max, wanted));
}

/** The video of a draft at 1080p. */
function finalVideo({ video }: Task, request: GenerationRequest, model: VideoModel, modelId: string): Task['video'] {
	const { resolution, hasWatermark } = request;
	const ratio = nearestRatio(video);
	const { durationSeconds } = video;
	return {
		...video,
		...(ownPixelSize(model, resolution, ratio) ?? pixelSize(resolution, ratio)),
		hasWatermark,
		...encodingOf(model, request),
		label: `${modelId}  ${resolution}  ${video.ratio}  ${durationSeconds} s`,
	};
}

function mediaRefusal(item: string, reason: string): Refusal {
	return dataError(400, 'InvalidParameter', `The parameter \`${item}\` specified in the request is not valid: ${reason}.`, item);
}

function isEndless(fate: FateEffect | undefined): boolean {
	return fate?.kind === 'taskNeverEnds' || fate?.kind === 'taskStatus';
}
