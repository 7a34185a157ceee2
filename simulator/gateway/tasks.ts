import { randomInt } from 'node:crypto';
import {
	decodeDataUri,
	download,
	findProblem,
	isDocumentationHost,
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
	readGenerationRequest,
	UpstreamRefusal,
	type GenerationRequest,
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
	request: GenerationRequest;
	video: VideoSpec & { ratio: string };
	seed: number;
	createdAtMs: number;
	fate?: FateEffect;
}

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
			const request = readGenerationRequest(body, videoModel);
			const files: MediaFile[] = [];
			for (const reference of request.references) {
				const file = await this.resolveReference(reference, caller);
				if (file) files.push(file);
			}
			return this.acceptTask(apiRequest, model, request, files);
		} catch (error) {
			throw error instanceof UpstreamRefusal ? upstreamTaskError(error) : error;
		}
	}

	/** The file behind a reference; undefined for documentation hosts. */
	private async resolveReference(reference: Reference, caller: Caller): Promise<MediaFile | undefined> {
		const { url, mediaType, parameter } = reference;
		if (url.startsWith('asset://')) return this.library.resolve(url.slice(8), reference, caller);
		const bytes = url.startsWith('data:') ? decodeDataUri(url)?.bytes : await this.fetch(url, parameter);
		if (!bytes) return undefined;
		const file = await this.surroundings.workshop.keep(bytes);
		const problem = findProblem(mediaType, file);
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

	private acceptTask(
		{ caller: owner, requestId, fate }: ApiRequest,
		model: string,
		request: GenerationRequest,
		files: MediaFile[],
	): object {
		const now = this.surroundings.now();
		const id = `asyntask_${randomCharacters(32, this.surroundings.options.random)}`;
		const seed = request.seed === undefined || request.seed < 0 ? randomInt(100_000) : request.seed;
		const upstreamId = `cgt-${compactTime(now)}-${uniqueText()}`;
		const video = describeVideo(model, request, files);
		const task: Task = { id, upstreamId, owner, model, request, video, seed, createdAtMs: now, fate };
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
		const failReason = status === 'FAILURE' || isStuck ? failureOf(task.fate).message : '';
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
		const { request, video, fate } = task;
		const base = {
			id: task.upstreamId,
			model: 'doubao-seedance-2-0-260128',
			created_at: toSeconds(task.createdAtMs),
			updated_at: toSeconds(this.surroundings.now()),
			service_tier: 'default',
		};
		if (status === 'FAILURE') return { ...base, status: 'failed', error: failureOf(fate) };
		if (status !== 'SUCCESS') return { ...base, status: status === 'QUEUED' ? 'queued' : 'running' };
		const tokens = tokensOf(task);
		return {
			...base,
			content: {
				...(videoUrl !== undefined && { video_url: videoUrl }),
				...(videoUrl !== undefined &&
					request.returnsLastFrame && { last_frame_url: this.lastFrameLink(task) }),
			},
			draft: false,
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
	private taskProgress({ createdAtMs, fate }: Task): {
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
		if (fate?.kind === 'taskFails') {
			return { status: 'FAILURE', progress: 50, startedAtMs, finishedAtMs };
		}
		return { status: 'SUCCESS', progress: 100, startedAtMs, finishedAtMs };
	}

	private videoLink({ id, video }: Task): string {
		const { storage } = this.surroundings;
		const key = `videos/${id}.mp4`;
		storage.put(key, { contentType: 'video/mp4', file: async () => await this.studio.video(video) });
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

function describeVideo(model: string, request: GenerationRequest, files: MediaFile[]): Task['video'] {
	const { resolution, durationSeconds, hasSound, hasWatermark, prompt } = request;
	const { firstSize, ...materials } = readMaterials(files);
	const adaptiveRatio = firstSize ? nearestRatio(firstSize) : '16:9';
	const ratio = request.ratio === 'adaptive' ? adaptiveRatio : request.ratio;
	return {
		...pixelSize(resolution, ratio),
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
function taskAction({ mode, references }: GenerationRequest): string {
	if (mode === 'firstAndLastFrame') return 'firstTailGenerate';
	if (mode !== 'reference') return 'generate';
	return references.every(({ mediaType }) => mediaType === 'image') ? 'referenceGenerate' : 'omniGenerate';
}

function failureOf(fate: FateEffect | undefined): MediaProblem {
	if (fate?.kind === 'taskModerated') {
		return {
			code: 'OutputVideoSensitiveContentDetected',
			message: 'The request failed because the output video may contain sensitive information.',
		};
	}
	const reason = fate?.kind === 'taskFails' ? fate.reason : undefined;
	return { code: 'InternalServiceError', message: reason ?? 'The service encountered an internal error.' };
}
