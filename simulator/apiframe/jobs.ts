import type { IncomingHttpHeaders } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { MediaFile } from '../media';
import { nearestRatio, pixelSize } from '../pixels';
import type { ApiRequest, Caller, Surroundings } from '../provider';
import { readMaterials, Studio, type VideoSpec } from '../render';
import { randomTaskUuid } from '../taskIds';
import type { Charge, FateEffect, WebhookEffect } from '../types';
import type { AssetLibrary } from './assets';
import { apiError, insufficientCredits, readJson, validationError } from './errors';
import { Issues } from './fields';
import {
	findContradiction,
	readGenerationRequest,
	type GenerationRequest,
	type Reference,
	type Resolution,
	type WebhookEventName,
} from './generationRequest';
import { isUuid, pageOfJobs, readJobQuery } from './jobList';
import { fetchMedium } from './medium';
import type { ApiframeOptions } from './options';
import { WebhookSigner } from './webhookSigner';

interface Job {
	id: string;
	owner: Caller;
	request: GenerationRequest;
	/** The body as it came. */
	input: Record<string, unknown>;
	creditCost: number;
	createdAtMs: number;
	/** The files of the references, once they are fetched. */
	files: MediaFile[];
	/** Why the provider behind Apiframe refuses the work. */
	problem?: string;
	fate?: FateEffect;
}

interface JobState {
	status: string;
	progress: number;
	completedAtMs?: number;
	error?: string;
}

interface Replay {
	jobId: string;
	body: Record<string, unknown>;
	expiresAtMs: number;
}

const dayMs = 24 * 60 * 60 * 1000;
const maxIdempotencyKeyLength = 255;

/** Invented: "per second" is documented, the numbers are not. */
export const creditsPerSecond: Record<Resolution, number> = {
	'480p': 10,
	'720p': 20,
	'1080p': 45,
	'4k': 90,
};

/**
 * Generations, from the paid request to the link.
 * Sources: the official openapi document; the pages "Get Job", "FAQ" and "Webhooks".
 */
export class VideoJobs {
	private readonly jobs: Map<string, Job>;
	private readonly replays: Map<string, Replay>;
	private readonly studio: Studio;
	private readonly startCredits: number;
	private readonly resultForm: 'object' | 'text';
	private readonly linkSeconds: number;
	private readonly signer: WebhookSigner;

	constructor(
		private readonly surroundings: Surroundings,
		private readonly assets: AssetLibrary,
		options: ApiframeOptions,
	) {
		const { videoLinkSeconds = dayMs / 1000 } = surroundings.options;
		this.jobs = surroundings.records('jobs');
		this.replays = surroundings.records('replays');
		this.studio = new Studio(surroundings.workshop, surroundings.options.videoFile, surroundings.options.videoBytes);
		this.startCredits = options.credits ?? 100_000;
		this.resultForm = options.result ?? 'object';
		this.linkSeconds = videoLinkSeconds;
		this.signer = new WebhookSigner(options);
	}

	/** A failed job is paid back. */
	isRefunded(jobId: string): boolean {
		const job = this.jobs.get(jobId);
		return job !== undefined && this.stateOf(job).status === 'FAILED';
	}

	chargeOf(jobId: string): Charge | undefined {
		const job = this.jobs.get(jobId);
		return job && { amount: this.costOf(job), unit: 'credits' };
	}

	/** What the team of the caller has left. */
	creditsOf(caller: Caller): number {
		const spent = this.jobsOf(caller).reduce((sum, job) => sum + this.costOf(job), 0);
		return this.startCredits - spent;
	}

	async create({ caller, requestId, headers, body: sent, fate, webhookEffect }: ApiRequest): Promise<object> {
		const body = readJson(sent);
		const request = readGenerationRequest(body);
		const key = readIdempotencyKey(headers);
		const replayId = key === undefined ? undefined : `${caller.userId}:${key}`;
		const earlier = replayId === undefined ? undefined : this.findReplay(replayId, body);
		if (earlier !== undefined) return accepted(earlier);

		const files = this.resolveAssets(request.references, caller);
		const creditCost = creditsPerSecond[request.resolution] * request.durationSeconds;
		const available = this.creditsOf(caller);
		if (creditCost > available) throw insufficientCredits(creditCost, available);
		const createdAtMs = this.surroundings.now();
		const job: Job = {
			id: randomTaskUuid(this.surroundings.options.random),
			owner: caller,
			request,
			input: body,
			creditCost,
			createdAtMs,
			files: [],
			problem: findContradiction(request),
			fate,
		};
		this.jobs.set(job.id, job);
		if (replayId !== undefined) {
			this.replays.set(replayId, { jobId: job.id, body, expiresAtMs: createdAtMs + dayMs });
		}
		this.surroundings.bill({ kind: 'generation', id: job.id, model: request.model, requestId });
		// From here on the job exists, so a repeat of the request that comes meanwhile finds it.
		await this.fetchReferences(job, files);
		this.announce(job, this.signer.keyOf(headers), webhookEffect);
		return accepted(job.id);
	}

	/** What its webhook will be told. */
	private announce(job: Job, signingKey: string | Buffer, effect: WebhookEffect | undefined): void {
		const { webhook } = job.request;
		if (!webhook) return;
		const { provider, durations, webhooks } = this.surroundings;
		const startedAtMs = job.createdAtMs + durations.taskQueueMs;
		const endMs = startedAtMs + durations.taskRunMs;
		const endedAtMs = this.stateOf(job, endMs).completedAtMs ?? endMs;
		const progressAtMs = progressShares.map((share) => startedAtMs + share * durations.taskRunMs);
		for (const atMs of new Set([...progressAtMs, endedAtMs])) {
			const event = eventAt(atMs, this.stateOf(job, atMs));
			if (event === undefined || !webhook.events.includes(event)) continue;
			const message = () => {
				const body = JSON.stringify(this.webhookBody(job, event, atMs));
				const signature = this.signer.sign(body, signingKey);
				return { headers: { 'x-webhook-event': event, 'x-webhook-signature': signature }, body };
			};
			webhooks.add({ provider, taskId: job.id, event, url: webhook.url, atMs, message, effect });
		}
	}

	private webhookBody(job: Job, event: WebhookEventName, atMs: number): object {
		const { status, progress, error } = this.stateOf(job, atMs);
		const { model } = job.request;
		const start = { event, jobId: job.id, status };
		if (event === 'progress') return { ...start, progress, model };
		if (event === 'failed') return { ...start, error, model };
		return {
			...start,
			progress,
			result: this.resultOf(job, atMs),
			model,
			creditCost: job.creditCost,
			completedAt: new Date(atMs).toISOString(),
		};
	}

	/** @throws Refusal 409 when the key came with another body. */
	private findReplay(replayId: string, body: Record<string, unknown>): string | undefined {
		const replay = this.replays.get(replayId);
		if (!replay || this.surroundings.now() >= replay.expiresAtMs) return undefined;
		if (isDeepStrictEqual(replay.body, body)) return replay.jobId;
		throw apiError(409, 'Idempotency key was already used with a different request body');
	}

	private resolveAssets(
		references: Reference[],
		caller: Caller,
	): Map<Reference, MediaFile | undefined> {
		const issues = new Issues();
		const files = new Map<Reference, MediaFile | undefined>();
		for (const reference of references) {
			const id = /^asset:\/\/(.+)$/i.exec(reference.url)?.[1];
			if (id !== undefined) files.set(reference, this.assets.resolve(id, reference, caller, issues));
		}
		issues.refuse();
		return files;
	}

	/** The provider behind Apiframe fetches the media, so what is wrong with them fails the job. */
	private async fetchReferences(
		job: Job,
		assets: Map<Reference, MediaFile | undefined>,
	): Promise<void> {
		for (const reference of job.request.references) {
			const { url, mediaType } = reference;
			const { file, problem } = assets.has(reference)
				? { file: assets.get(reference), problem: undefined }
				: await fetchMedium(url, mediaType, this.surroundings.workshop);
			job.problem ??= problem;
			if (file) job.files.push(file);
		}
	}

	get({ caller, pathParameters: [id = ''] }: ApiRequest): object {
		if (!isUuid(id)) throw apiError(400, 'Invalid job ID');
		const job = this.jobs.get(id.toLowerCase());
		if (job?.owner.userId !== caller.userId) throw apiError(404, 'Job not found');
		const { model, prompt, seedanceParams } = job.input;
		return { ...this.describe(job), input: { model, prompt, seedanceParams } };
	}

	list({ caller, query }: ApiRequest): object {
		const wanted = readJobQuery(query);
		const jobs = this.jobsOf(caller);
		const matching = jobs.filter((job) => {
			if (wanted.status !== undefined && this.stateOf(job).status !== wanted.status) return false;
			if (wanted.model !== undefined && job.request.model !== wanted.model) return false;
			return wanted.search === undefined || job.id === wanted.search;
		});
		const { page, nextCursor } = pageOfJobs(matching, wanted);
		return {
			jobs: page.map((job) => this.describe(job)),
			nextCursor,
			hasMore: nextCursor !== null,
			...(wanted.includesModels && { models: [...new Set(jobs.map(({ request }) => request.model))] }),
		};
	}

	private jobsOf({ userId }: Caller): Job[] {
		return [...this.jobs.values()].filter(({ owner }) => owner.userId === userId);
	}

	private describe(job: Job): object {
		const { status, progress, completedAtMs, error } = this.stateOf(job);
		const isDone = status === 'COMPLETED' && completedAtMs !== undefined;
		const isExpired = isDone && this.surroundings.now() >= completedAtMs + this.linkSeconds * 1000;
		return {
			id: job.id,
			status,
			model: job.request.model,
			progress,
			result: isDone && !isExpired ? this.resultOf(job, completedAtMs) : null,
			error: error ?? null,
			creditCost: this.costOf(job),
			webhookStatus: job.request.webhook ? this.surroundings.webhooks.statusOf(job.id) : null,
			createdAt: new Date(job.createdAtMs).toISOString(),
			completedAt: completedAtMs === undefined ? null : new Date(completedAtMs).toISOString(),
			expired: isExpired,
		};
	}

	/** The page "Get Job" shows a failed one at a cost of nothing. */
	private costOf(job: Job): number {
		return this.stateOf(job).status === 'FAILED' ? 0 : job.creditCost;
	}

	/** The state of a job, which depends on the clock alone. */
	private stateOf({ createdAtMs, fate, problem }: Job, atMs = this.surroundings.now()): JobState {
		const { taskQueueMs, taskRunMs } = this.surroundings.durations;
		const startedAtMs = createdAtMs + taskQueueMs;
		const completedAtMs = startedAtMs + taskRunMs;
		const isWorking = atMs < completedAtMs || fate?.kind === 'taskNeverEnds';
		const share = Math.max(0, Math.min(1, (atMs - startedAtMs) / (taskRunMs || 1)));
		const progress = Math.floor(99 * share);
		if (fate?.kind === 'taskStatus') return { status: fate.status, progress };
		if (atMs < startedAtMs) return { status: 'QUEUED', progress: 0 };
		const failed = (failedAtMs: number, error: string): JobState => {
			return { status: 'FAILED', progress: 0, completedAtMs: failedAtMs, error };
		};
		// What the provider refuses, it refuses as soon as it gets the work.
		if (problem !== undefined) return failed(startedAtMs, `Provider returned an error: ${problem}`);
		if (isWorking) return { status: 'PROCESSING', progress };
		if (fate?.kind === 'taskModerated') {
			return failed(completedAtMs, 'Provider returned an error: content policy violation');
		}
		if (fate?.kind === 'taskFails') {
			return failed(completedAtMs, fate.reason ?? 'Provider returned an error: internal error');
		}
		return { status: 'COMPLETED', progress: 100, completedAtMs };
	}

	private resultOf(job: Job, completedAtMs: number): object | string {
		if (job.fate?.kind === 'taskUrlMissing') return {};
		const { storage } = this.surroundings;
		const { id, request } = job;
		const video = describeVideo(request, job.files);
		const life = { fromMs: completedAtMs, seconds: this.linkSeconds };
		const videoKey = `videos/${id}.mp4`;
		storage.put(videoKey, {
			contentType: 'video/mp4',
			file: async () => await this.studio.video(video),
		});
		const videoUrl = storage.link(videoKey, life);
		if (this.resultForm === 'text') return videoUrl;
		if (!request.returnsLastFrame) return { videoUrl };
		const frameKey = `videos/${id}-last-frame.png`;
		storage.put(frameKey, {
			contentType: 'image/png',
			file: async () => await this.studio.lastFrame(video),
		});
		// The name of this field is not documented.
		return { videoUrl, lastFrameUrl: storage.link(frameKey, life) };
	}
}

/** "Each time the progress updates", the page says; at which shares of the run that is, it does not. */
const progressShares = [0.25, 0.5, 0.75];

function eventAt(atMs: number, { status, completedAtMs }: JobState): WebhookEventName | undefined {
	if (status === 'PROCESSING') return 'progress';
	if (completedAtMs !== atMs) return undefined;
	return status === 'FAILED' ? 'failed' : 'completed';
}

/** A repeat gets the status at the moment the job was made, as the first answer did. */
function accepted(jobId: string): object {
	return { jobId, status: 'QUEUED' };
}

function readIdempotencyKey(headers: IncomingHttpHeaders): string | undefined {
	const key = headers['idempotency-key']?.toString();
	if (key === undefined || key === '') return undefined;
	if (key.length <= maxIdempotencyKeyLength) return key;
	const message = `Too big: expected string to have <=${maxIdempotencyKeyLength} characters`;
	throw validationError({ 'Idempotency-Key': [message] });
}

function describeVideo(request: GenerationRequest, files: MediaFile[]): VideoSpec {
	const { model, resolution, durationSeconds, hasSound, prompt } = request;
	const { firstSize, ...materials } = readMaterials(files);
	const adaptiveRatio = firstSize ? nearestRatio(firstSize) : '16:9';
	const ratio = request.ratio === 'adaptive' ? adaptiveRatio : request.ratio;
	return {
		...pixelSize(resolution, ratio),
		durationSeconds,
		hasSound,
		hasWatermark: false,
		prompt,
		label: `${model}  ${resolution}  ${ratio}  ${durationSeconds} s`,
		...materials,
	};
}
