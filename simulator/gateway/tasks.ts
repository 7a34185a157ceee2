import { randomInt } from 'node:crypto';
import {
	decodeDataUri,
	download,
	findProblem,
	isDocumentationHost,
	type ClipLimits,
	type MediaFile,
	type MediaProblem,
} from '../media';
import { nearestRatio, pixelSize } from '../pixels';
import { Refusal, type ApiRequest, type Caller, type Surroundings } from '../provider';
import { readMaterials, Studio, type VideoSpec } from '../render';
import { randomCharacters } from '../taskIds';
import type { Charge, FateEffect } from '../types';
import type { AssetLibrary } from './assets';
import { gatewayError, readJson, upstreamTaskError } from './errors';
import {
	invalid,
	readFinalRequest,
	readGenerationRequest,
	UpstreamRefusal,
	type FinalRequest,
	type GenerationRequest,
	type Ratio,
	type Reference,
	type VideoModel,
} from './generationRequest';
import { compactTime, uniqueText, toSeconds } from './names';

export interface VideoTaskOptions {
	models: Record<string, VideoModel>;
	/** Which of the two fields carry the ID of a new task. */
	createAnswerIds: ReadonlyArray<'id' | 'task_id'>;
}

interface Task {
	id: string;
	upstreamId: string;
	owner: Caller;
	model: string;
	request: AcceptedRequest;
	video: VideoSpec & { ratio: Ratio };
	seed: number;
	createdAtMs: number;
	fate?: FateEffect;
	/** The request does not fit what the run takes it for. */
	lateProblem?: MediaProblem;
	/** What it was made of. */
	draftUpstreamId?: string;
}

/** With the length that the model has chosen, if it was to choose. */
interface AcceptedRequest extends Omit<GenerationRequest, 'lateProblem'> {
	durationSeconds: number;
}

/** Of a clip that is cited by its link. */
const longClips: Record<'2.0' | '2.5', ClipLimits | undefined> = {
	'2.0': undefined,
	'2.5': { maxResolution: '4k', maxSeconds: 30, maxMegabytes: 200 },
};

/** A draft can be made into a video for so long. */
const draftLifetimeMs = 7 * 24 * 60 * 60 * 1000;

type TaskStatus = 'NOT_START' | 'QUEUED' | 'IN_PROGRESS' | 'SUCCESS' | 'FAILURE';

/**
 * Generations, from the paid request to the link.
 * Sources: the documents "Seedance 2.0" and "Query Task" of AnyFast.
 */
export class VideoTasks {
	private readonly tasks: Map<string, Task>;
	private readonly studio: Studio;

	constructor(
		private readonly options: VideoTaskOptions,
		private readonly surroundings: Surroundings,
		private readonly library: AssetLibrary,
	) {
		this.tasks = surroundings.records('tasks');
		this.studio = new Studio(surroundings.workshop, surroundings.options.videoFile, surroundings.options.videoBytes);
	}

	/** A failed generation is paid back. */
	isRefunded(taskId: string): boolean {
		const task = this.tasks.get(taskId);
		return task !== undefined && this.taskProgress(task).status === 'FAILURE';
	}

	chargeOf(taskId: string): Charge | undefined {
		const task = this.tasks.get(taskId);
		return task && { amount: this.isRefunded(taskId) ? 0 : tokensOf(task), unit: 'tokens' };
	}

	async createTask(apiRequest: ApiRequest): Promise<object> {
		const { caller } = apiRequest;
		const body = readJson(apiRequest.body);
		const { model } = body;
		if (typeof model !== 'string' || model === '') {
			throw gatewayError(400, 'Model name not specified, model name cannot be empty');
		}
		const videoModel = Object.entries(this.options.models).find(([id]) => id === model)?.[1];
		if (!videoModel) {
			const message = `No available channel for model ${model} under group default (distributor)`;
			throw gatewayError(503, message, 'model_not_found');
		}
		try {
			const final = readFinalRequest(body, videoModel);
			if (final) return this.acceptFinal(apiRequest, model, final);
			const { lateProblem, ...request } = readGenerationRequest(body, videoModel);
			const files: MediaFile[] = [];
			for (const reference of request.references) {
				const file = await this.resolveReference(reference, caller, longClips[videoModel.generation ?? '2.0']);
				if (file) files.push(file);
			}
			const accepted = { ...request, durationSeconds: lengthOf(request.durationSeconds, files) };
			const problem = lateProblem && { code: lateProblem.code, message: lateProblem.message };
			return this.acceptTask(apiRequest, { model, request: accepted, video: describeVideo(model, accepted, files), lateProblem: problem });
		} catch (error) {
			throw error instanceof UpstreamRefusal ? upstreamTaskError(error) : error;
		}
	}

	/** The file behind a reference; undefined for documentation hosts. */
	private async resolveReference(reference: Reference, caller: Caller, limits: ClipLimits | undefined): Promise<MediaFile | undefined> {
		const { url, mediaType, parameter } = reference;
		if (url.startsWith('asset://')) return this.library.resolve(url.slice(8), reference, caller);
		const bytes = url.startsWith('data:') ? decodeDataUri(url)?.bytes : await this.fetch(url, parameter);
		if (!bytes) return undefined;
		const file = await this.surroundings.workshop.keep(bytes);
		const problem = findProblem(mediaType, file, limits);
		if (problem) throw invalid(parameter, problem.message);
		return file;
	}

	private async fetch(url: string, parameter: string): Promise<Buffer | undefined> {
		if (isDocumentationHost(new URL(url))) return undefined;
		try {
			return await download(new URL(url));
		} catch {
			throw invalid(parameter, 'resource download failed');
		}
	}

	/** The same shot as the draft, in full quality. @throws UpstreamRefusal */
	private acceptFinal(apiRequest: ApiRequest, model: string, { draftTaskId, ...anew }: FinalRequest): object {
		const draft = this.tasks.get(draftTaskId);
		const refuse = (reason: string) => invalid('content[0].draft_task.id', reason);
		if (!draft || draft.owner.userId !== apiRequest.caller.userId) throw refuse('The specified draft task is not found');
		if (!draft.request.isDraft) throw refuse('the task is not a draft');
		if (draft.model !== model) throw refuse(`the draft was made with ${draft.model}`);
		if (this.taskProgress(draft).status !== 'SUCCESS') throw refuse('the draft task has not succeeded');
		if (this.surroundings.now() - draft.createdAtMs > draftLifetimeMs) throw refuse('the draft task has expired');
		const request = { ...draft.request, ...anew, isDraft: false };
		const label = `${model}  ${request.resolution}  ${draft.video.ratio}  ${request.durationSeconds} s`;
		const video = { ...draft.video, ...encodingOf(model, request), ...pixelSize(request.resolution, draft.video.ratio), label };
		return this.acceptTask(apiRequest, { model, request, video, seed: draft.seed, draftUpstreamId: draft.upstreamId });
	}

	private acceptTask(
		{ caller: owner, requestId, fate }: ApiRequest,
		made: Pick<Task, 'model' | 'request' | 'video' | 'lateProblem' | 'draftUpstreamId'> & { seed?: number },
	): object {
		const { model, request } = made;
		const now = this.surroundings.now();
		const id = `asyntask_${randomCharacters(32, this.surroundings.options.random)}`;
		const seed = made.seed ?? (request.seed === undefined || request.seed < 0 ? randomInt(100_000) : request.seed);
		const upstreamId = `cgt-${compactTime(now)}-${uniqueText()}`;
		const task: Task = { ...made, id, upstreamId, owner, seed, createdAtMs: now, fate };
		this.tasks.set(id, task);
		this.surroundings.bill({ kind: 'generation', id, model, requestId });
		return {
			...Object.fromEntries(this.options.createAnswerIds.map((field) => [field, id])),
			object: 'video',
			model,
			// The documented answer has an empty status.
			status: '',
			progress: 0,
			created_at: toSeconds(now),
		};
	}

	getTask({ caller, pathParameters: [id = ''], requestId }: ApiRequest): object {
		const task = this.tasks.get(id);
		if (!task || task.owner.userId !== caller.userId) {
			throw new Refusal(400, () => ({ code: 'task_not_exist', message: 'task_not_exist', data: null }));
		}
		const { status, progress, startedAtMs, finishedAtMs } = this.taskProgress(task);
		const isFinal = status === 'SUCCESS' || status === 'FAILURE';
		const isStuck = task.fate?.kind === 'taskModerated' && task.fate.isStuck && progress === 100;
		const failReason = status === 'FAILURE' || isStuck ? failureOf(task).message : '';
		const hasUrl = status === 'SUCCESS' && task.fate?.kind !== 'taskUrlMissing';
		const resultUrl = hasUrl ? this.videoLink(task) : undefined;
		return {
			code: 'success',
			message: '',
			data: {
				task_id: task.id,
				action: taskAction(task.request),
				status: task.fate?.kind === 'taskStatus' ? task.fate.status : status,
				// Kept for old clients: a copy of the link on success.
				fail_reason: resultUrl ?? failReason,
				...(resultUrl !== undefined && { result_url: resultUrl }),
				submit_time: toSeconds(task.createdAtMs),
				start_time: startedAtMs === undefined ? 0 : toSeconds(startedAtMs),
				finish_time: isFinal && finishedAtMs !== undefined ? toSeconds(finishedAtMs) : 0,
				progress: `${progress}%`,
				request_id: requestId,
				data: status === 'NOT_START' ? null : this.upstreamTask(task, status, resultUrl),
			},
		};
	}

	/** The upstream answer that the gateway passes on, with its own words for the status. */
	private upstreamTask(task: Task, status: TaskStatus, videoUrl: string | undefined): object {
		const { request, video } = task;
		const { safetyIdentifier, serviceTier } = request;
		const base = {
			id: task.upstreamId,
			model: is25(task) ? 'doubao-seedance-2-5-260628' : 'doubao-seedance-2-0-260128',
			created_at: toSeconds(task.createdAtMs),
			updated_at: toSeconds(this.surroundings.now()),
			service_tier: serviceTier,
			...(safetyIdentifier !== undefined && { safety_identifier: safetyIdentifier }),
		};
		if (status === 'FAILURE') return { ...base, status: 'failed', error: failureOf(task) };
		if (status !== 'SUCCESS') return { ...base, status: status === 'QUEUED' ? 'queued' : 'running' };
		const tokens = tokensOf(task);
		return {
			...base,
			content: {
				...(videoUrl !== undefined && { video_url: videoUrl }),
				...(videoUrl !== undefined &&
					request.returnsLastFrame && { last_frame_url: this.lastFrameLink(task) }),
			},
			draft: request.isDraft,
			...(task.draftUpstreamId !== undefined && { draft_task_id: task.draftUpstreamId }),
			...(is25(task) && { output_format: request.outputFormat }),
			duration: request.durationSeconds,
			framespersecond: 24,
			generate_audio: request.hasSound,
			ratio: video.ratio,
			resolution: request.resolution,
			seed: task.seed,
			status: 'succeeded',
			usage: { completion_tokens: tokens, total_tokens: tokens },
		};
	}

	/** The state of a task now, which depends on the clock alone. */
	private taskProgress({ createdAtMs, fate, lateProblem }: Task): {
		status: TaskStatus;
		progress: number;
		startedAtMs?: number;
		finishedAtMs?: number;
	} {
		const { taskQueueMs, taskRunMs } = this.surroundings.durations;
		const now = this.surroundings.now();
		const startedAtMs = createdAtMs + taskQueueMs;
		const finishedAtMs = startedAtMs + taskRunMs;
		if (now < createdAtMs + taskQueueMs / 5) return { status: 'NOT_START', progress: 0 };
		if (now < startedAtMs) return { status: 'QUEUED', progress: 10 };
		if (now < finishedAtMs || fate?.kind === 'taskNeverEnds' || fate?.kind === 'taskStatus') {
			const progress = 50 + Math.floor(49 * Math.min(1, (now - startedAtMs) / (taskRunMs || 1)));
			return { status: 'IN_PROGRESS', progress, startedAtMs };
		}
		if (fate?.kind === 'taskModerated' && fate.isStuck) return { status: 'IN_PROGRESS', progress: 100, startedAtMs };
		if (fate?.kind === 'taskModerated') {
			return { status: 'FAILURE', progress: 100, startedAtMs, finishedAtMs };
		}
		if (fate?.kind === 'taskFails' || lateProblem) {
			return { status: 'FAILURE', progress: 50, startedAtMs, finishedAtMs };
		}
		return { status: 'SUCCESS', progress: 100, startedAtMs, finishedAtMs };
	}

	private videoLink({ id, video }: Task): string {
		const { storage } = this.surroundings;
		const isMov = video.container === 'mov';
		const key = `videos/${id}.${isMov ? 'mov' : 'mp4'}`;
		storage.put(key, { contentType: isMov ? 'video/quicktime' : 'video/mp4', file: async () => await this.studio.video(video) });
		return storage.link(key);
	}

	private lastFrameLink({ id, video }: Task): string {
		const { storage } = this.surroundings;
		const key = `videos/${id}-last-frame.png`;
		storage.put(key, { contentType: 'image/png', file: async () => await this.studio.lastFrame(video) });
		return storage.link(key);
	}
}

/** 1280x720 for 5 s is documented as 108900 tokens: one frame more than 24 per second. */
function tokensOf({ request, video }: Task): number {
	const frames = 24 * request.durationSeconds + 1;
	return Math.ceil((video.width * video.height * frames) / 1024);
}

const is25 = ({ model }: Pick<Task, 'model'>) => model === 'seedance-2.5';

/** 1080p of Seedance 2.5, and 4k, are H.265; a MOV is for editing. */
function encodingOf(model: string, { resolution, outputFormat }: Pick<AcceptedRequest, 'resolution' | 'outputFormat'>): Pick<VideoSpec, 'codec' | 'container'> {
	if (outputFormat === 'mov') return { container: 'mov' };
	return (is25({ model }) && resolution === '1080p') || resolution === '4k' ? { codec: 'h265' } : {};
}

/** What the model chooses is longer than most would expect, as it was seen. An edited video keeps its length. */
function lengthOf(wanted: GenerationRequest['durationSeconds'], files: MediaFile[]): number {
	if (wanted !== 'automatic') return wanted;
	const clip = files.find(({ facts }) => facts?.mediaType === 'video')?.facts?.durationSeconds;
	return clip === undefined ? 10 : Math.min(30, Math.max(4, Math.round(clip)));
}

function describeVideo(model: string, request: AcceptedRequest, files: MediaFile[]): Task['video'] {
	const { resolution, durationSeconds, hasSound, hasWatermark, prompt } = request;
	const { firstSize, ...materials } = readMaterials(files);
	const adaptiveRatio = firstSize ? nearestRatio(firstSize) : '16:9';
	const ratio = request.ratio === 'adaptive' ? adaptiveRatio : request.ratio;
	return {
		...pixelSize(resolution, ratio),
		...encodingOf(model, request),
		ratio,
		durationSeconds,
		hasSound,
		hasWatermark,
		prompt,
		label: `${model}  ${resolution}  ${ratio}  ${durationSeconds} s`,
		...materials,
	};
}

/** The four actions of the document "Query Task". */
function taskAction({ mode, references }: AcceptedRequest): string {
	if (mode === 'firstAndLastFrame') return 'firstTailGenerate';
	if (mode !== 'reference') return 'generate';
	return references.every(({ mediaType }) => mediaType === 'image') ? 'referenceGenerate' : 'omniGenerate';
}

function failureOf({ fate, lateProblem }: Pick<Task, 'fate' | 'lateProblem'>): MediaProblem {
	if (lateProblem) return lateProblem;
	if (fate?.kind === 'taskModerated') {
		return {
			code: 'OutputVideoSensitiveContentDetected',
			message: 'The request failed because the output video may contain sensitive information.',
		};
	}
	const reason = fate?.kind === 'taskFails' ? fate.reason : undefined;
	return { code: 'InternalServiceError', message: reason ?? 'The service encountered an internal error.' };
}
