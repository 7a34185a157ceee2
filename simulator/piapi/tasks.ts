import { randomUUID } from 'node:crypto';
import { isoTime, toSeconds } from '../gateway/names';
import type { MediaFile, MediaProblem } from '../media';
import { nearestRatio, pixelSize } from '../pixels';
import type { ApiRequest, Caller, Surroundings } from '../provider';
import { readMaterials, Studio, type VideoSpec } from '../render';
import { randomTaskUuid } from '../taskIds';
import type { Charge, FateEffect, WebhookEffect } from '../types';
import type { AssetLibrary } from './assets';
import { invalid, readBody, refuse, taskError } from './errors';
import { fetchFile } from './files';
import type { PiapiOptions } from './options';
import { readFinalRequest, readTaskRequest, taskFields, type FinalRequest, type Reference, type TaskRequest } from './taskRequest';

interface Task {
	id: string;
	owner: Caller;
	request: TaskRequest;
	video: VideoSpec;
	/** Of the video on the storage host. */
	storageKey: string;
	/** What a completed task costs. */
	points: number;
	createdAtMs: number;
	/** A reference could not be used, which only the run finds out. */
	failure?: MediaProblem;
	fate?: FateEffect;
	reads: number;
}

type TaskStatus = 'pending' | 'staged' | 'processing' | 'completed' | 'failed';

interface Progress {
	status: TaskStatus;
	startedAtMs?: number;
	endedAtMs?: number;
}

export const pointsPerDollar = 10_000_000;
const linkSeconds = 24 * 60 * 60;
/** A draft can be made into a video for so long. */
const draftLifetimeMs = 7 * 24 * 60 * 60 * 1000;
/** How Go writes a time that is not set. */
const noTime = '0001-01-01T00:00:00Z';

/**
 * Generations, from the paid request to the link.
 * Sources: the documents "Private Asset Library", "Seedance 2 preview" and "Get task" of PiAPI.
 */
export class VideoTasks {
	readonly maxTasks: number;
	private readonly startPoints: number;
	private readonly tasks: Map<string, Task>;
	private readonly studio: Studio;
	private readonly webhookStatuses: 'final' | 'every';

	constructor(
		private readonly surroundings: Surroundings,
		private readonly library: AssetLibrary,
		private readonly options: PiapiOptions,
	) {
		this.tasks = surroundings.records('tasks');
		this.studio = new Studio(surroundings.workshop, surroundings.options.videoFile, surroundings.options.videoBytes);
		const { points = 1000 * pointsPerDollar, maxTasks = 20, webhookStatuses = 'final' } = options;
		this.startPoints = points;
		this.maxTasks = maxTasks;
		this.webhookStatuses = webhookStatuses;
	}

	/** The points of this account that no generation has used or holds back; failed ones give theirs back. */
	remainingPoints(caller: Caller): number {
		return this.tasksOf(caller).reduce((points, task) => points - this.pointsOf(task), this.startPoints);
	}

	/** Used, held back, or kept after the review; see the page "Moderation and penalty". */
	private pointsOf(task: Task): number {
		if (this.progress(task).status !== 'failed') return task.points;
		const kept = task.fate?.kind === 'taskModerated' ? (task.fate.keptPercent ?? 0) : 0;
		return (task.points * kept) / 100;
	}

	private priceOf({ durationSeconds, ...request }: TaskRequest, files: MediaFile[]): number {
		const { lessRestrictionPrice, referenceVideoPrice } = this.options;
		const { pointsPerSecond, surchargedPointsPerSecond } = request;
		const perSecond = lessRestrictionPrice === 'surcharge' ? surchargedPointsPerSecond : pointsPerSecond;
		return (durationSeconds + videoSeconds(files) * (referenceVideoPrice === 'half' ? 0.5 : 1)) * perSecond;
	}

	chargeOf(taskId: string): Charge | undefined {
		const task = this.tasks.get(taskId);
		return task && { amount: this.pointsOf(task), unit: 'points' };
	}

	private tasksOf({ userId }: Caller): Task[] {
		return [...this.tasks.values()].filter(({ owner }) => owner.userId === userId);
	}

	isRefunded(taskId: string): boolean {
		const task = this.tasks.get(taskId);
		return task !== undefined && this.progress(task).status === 'failed';
	}

	async createTask({ caller, requestId, body, fate, webhookEffect }: ApiRequest): Promise<object> {
		const read = readBody(body, taskFields);
		const final = readFinalRequest(read);
		const request = final ? this.finalOf(final, caller) : readTaskRequest(read);
		const sources = await Promise.all(
			request.references.map(async (reference) => await this.open(reference, caller)),
		);
		const files = sources.flatMap(({ file }) => (file ? [file] : []));
		const points = this.priceOf(request, files);
		this.refuseExcess(caller, points);
		const task: Task = {
			id: randomTaskUuid(this.surroundings.options.random),
			owner: caller,
			request,
			video: describeVideo(request, files),
			storageKey: `ephemeral/${randomUUID()}.mp4`,
			points,
			createdAtMs: this.surroundings.now(),
			failure: sources.find(({ failure }) => failure)?.failure,
			fate,
			reads: 0,
		};
		this.tasks.set(task.id, task);
		this.surroundings.bill({ kind: 'generation', id: task.id, model: request.taskType, requestId });
		this.announce(task, webhookEffect);
		return { code: 200, data: this.describe(task, { status: 'pending' }), message: 'success' };
	}

	/** The request of the draft, in full quality. @throws Refusal */
	private finalOf({ draftTaskId, ...final }: FinalRequest, caller: Caller): TaskRequest {
		const draft = this.tasks.get(draftTaskId);
		if (!draft || draft.owner.userId !== caller.userId) throw refuse(404, 'draft task not found');
		if (!draft.request.isDraft) throw refuse(400, 'invalid request: the task is not a draft');
		if (draft.request.taskType !== final.taskType) throw refuse(400, `invalid request: the draft was made with ${draft.request.taskType}`);
		if (this.progress(draft).status !== 'completed') throw refuse(400, 'invalid request: the draft task is not completed');
		if (this.surroundings.now() - draft.createdAtMs > draftLifetimeMs) throw refuse(400, 'invalid request: the draft task has expired');
		return { ...draft.request, ...final, webhook: final.webhook, isDraft: false };
	}

	/**
	 * The body of its webhook: the answer of "Get task" at that moment. The time stamp identifies repeats,
	 * so it is that of the event.
	 */
	private announce(task: Task, effect: WebhookEffect | undefined): void {
		const { webhook } = task.request;
		if (!webhook) return;
		const { url, secret } = webhook;
		const headers: Record<string, string> = secret === '' ? {} : { 'x-webhook-secret': secret };
		const { taskQueueMs, taskRunMs } = this.surroundings.durations;
		const startedAtMs = task.createdAtMs + taskQueueMs;
		const moments = [task.createdAtMs, startedAtMs, startedAtMs + taskRunMs].map((atMs) => {
			return { atMs, progress: this.progress(task, atMs) };
		});
		const told = new Set<TaskStatus>();
		for (const { atMs, progress } of moments) {
			const { status } = progress;
			if (told.has(status) || (this.webhookStatuses === 'final' && !isFinal(status))) continue;
			told.add(status);
			this.surroundings.webhooks.add({
				provider: this.surroundings.provider,
				taskId: task.id,
				event: status,
				url,
				atMs,
				message: () => ({
					headers,
					body: JSON.stringify({ timestamp: toSeconds(atMs), data: this.describe(task, progress) }),
				}),
				effect,
			});
		}
	}

	/** An asset must be good at once; what is wrong with any other file, only the run finds out. */
	private async open(
		{ url, mediaType }: Reference,
		caller: Caller,
	): Promise<{ file?: MediaFile; failure?: MediaProblem }> {
		if (!url.startsWith('asset://')) return await fetchFile(url, mediaType, this.surroundings.workshop);
		return { file: this.library.resolve(url.slice('asset://'.length), mediaType, caller) };
	}

	private refuseExcess(caller: Caller, points: number): void {
		const active = this.tasksOf(caller).filter((task) => !isFinal(this.progress(task).status)).length;
		if (active >= this.maxTasks) throw refuse(429, `active task count ${active} has reached the plan limit`);
		if (points > this.remainingPoints(caller)) throw refuse(402, 'insufficient credits');
	}

	getTask({ caller, pathParameters: [id = ''] }: ApiRequest): object {
		const task = this.tasks.get(id);
		if (!task || task.owner.userId !== caller.userId) throw refuse(404, 'task not found');
		const data = this.describe(task, this.progress(task));
		task.reads += 1;
		// Both forms have been seen; a client must not need the code.
		const isBare = task.reads % 2 === 1;
		return isBare
			? { timestamp: toSeconds(this.surroundings.now()), data: withTab(data) }
			: { code: 200, data, message: 'success' };
	}

	/**
	 * The page "User Task History": newest first, whatever the model. Its list of values for `model` has no Seedance, so
	 * the filter finds none. The rows are as a published client has typed them; the times are those of "Get task".
	 */
	history({ caller, query }: ApiRequest): object {
		const page = readCount(query, 'page', 1, Number.MAX_SAFE_INTEGER);
		const size = readCount(query, 'page_size', 10, maxHistoryPageSize);
		const [startSeconds, endSeconds] = [readSeconds(query, 'start_time'), readSeconds(query, 'end_time')];
		const { history = 'all', historyLagSeconds = 0 } = this.options;
		const latestMs = this.surroundings.now() - historyLagSeconds * 1000;
		const tasks = (query.model ?? '') === '' ? this.tasksOf(caller) : [];
		const listed = tasks
			.filter(({ createdAtMs }) => createdAtMs <= latestMs)
			.filter(({ createdAtMs }) => createdAtMs >= (startSeconds ?? 0) * 1000)
			.filter(({ createdAtMs }) => createdAtMs <= (endSeconds ?? Infinity) * 1000)
			.filter((task) => history === 'all' || isFinal(this.progress(task).status))
			.reverse()
			.sort((one, other) => other.createdAtMs - one.createdAtMs);
		const data = listed.slice((page - 1) * size, page * size).map((task) => this.describeRow(task));
		return { code: 200, data: { data, page, size, total: listed.length }, message: 'success' };
	}

	private describeRow(task: Task): object {
		const progress = this.progress(task);
		const { endedAtMs, startedAtMs } = progress;
		const status = progress.status === 'completed' ? 'finished' : progress.status;
		return {
			id: [...this.tasks.keys()].indexOf(task.id) + 1,
			account_id: task.owner.userId,
			api_key_id: task.owner.tokenId,
			task_id: task.id,
			task_model: 'seedance',
			action: task.request.taskType,
			status: task.fate?.kind === 'taskStatus' && startedAtMs !== undefined ? task.fate.status : status,
			usage: isFinal(progress.status) ? this.pointsOf(task) : 0,
			usage_type: 'point',
			service_mode: 'public',
			detail: {
				model: 'seedance',
				task_id: task.id,
				task_type: task.request.taskType,
				output: status === 'finished' ? this.videoLink(task, endedAtMs) : null,
			},
			created_at: isoTime(task.createdAtMs),
			updated_at: isoTime(endedAtMs ?? startedAtMs ?? task.createdAtMs),
			deleted_at: null,
			fixed: false,
		};
	}

	private describe(task: Task, progress: Progress) {
		const { request, fate } = task;
		const { status, startedAtMs, endedAtMs } = progress;
		const isReviewed = fate?.kind === 'taskModerated' && fate.keptPercent !== undefined;
		const time = (atMs: number | undefined) => (atMs === undefined ? noTime : isoTime(atMs));
		return {
			task_id: task.id,
			model: 'seedance',
			task_type: request.taskType,
			status: fate?.kind === 'taskStatus' && startedAtMs !== undefined ? fate.status : status,
			config: request.config,
			input: request.input,
			output: status === 'completed' ? { video: this.videoLink(task, endedAtMs) } : null,
			meta: {
				created_at: isoTime(task.createdAtMs),
				started_at: time(startedAtMs),
				ended_at: time(endedAtMs),
				usage: { type: 'point', frozen: 0, consume: isFinal(status) ? this.pointsOf(task) : 0 },
				is_using_private_pool: false,
			},
			detail: null,
			logs: [
				...(startedAtMs === undefined ? [] : request.logs),
				...(status === 'failed' ? [failureOf(task), generalFailure, 'restored frozen points'] : []),
			],
			error: status === 'failed' ? taskError(isReviewed ? reviewCode : 10000, generalFailure) : taskError(0, ''),
		};
	}

	/** The state of a task, which depends on the clock alone. */
	private progress({ createdAtMs, failure, fate }: Task, atMs = this.surroundings.now()): Progress {
		const { taskQueueMs, taskRunMs } = this.surroundings.durations;
		const startedAtMs = createdAtMs + taskQueueMs;
		const endedAtMs = startedAtMs + taskRunMs;
		if (atMs < createdAtMs + taskQueueMs / 5) return { status: 'pending' };
		if (atMs < startedAtMs) return { status: 'staged' };
		if (atMs < endedAtMs || fate?.kind === 'taskNeverEnds' || fate?.kind === 'taskStatus') {
			return { status: 'processing', startedAtMs };
		}
		const isFailed = failure !== undefined || fate?.kind === 'taskFails' || fate?.kind === 'taskModerated';
		return { status: isFailed ? 'failed' : 'completed', startedAtMs, endedAtMs };
	}

	/** One link for good, that lives from the end of the run; reading anew does not renew it. */
	private videoLink({ storageKey, video, fate }: Task, endedAtMs: number | undefined): string {
		if (fate?.kind === 'taskUrlMissing') return '';
		const { storage, options } = this.surroundings;
		const file = async () => await this.studio.video(video);
		storage.put(storageKey, { contentType: 'video/mp4', file });
		const seconds = options.videoLinkSeconds ?? linkSeconds;
		return storage.link(storageKey, { fromMs: endedAtMs, seconds });
	}
}

const maxHistoryPageSize = 100;

function readCount(query: Record<string, string>, name: string, usual: number, max: number): number {
	const value = query[name];
	if (value === undefined) return usual;
	const count = Number(value);
	if (!/^\d+$/.test(value) || count < 1 || count > max) throw invalid(`${name} must be from 1 to ${max}`);
	return count;
}

function readSeconds(query: Record<string, string>, name: string): number | undefined {
	const value = query[name];
	if (value === undefined || value === '') return undefined;
	if (!/^\d+$/.test(value)) throw invalid(`${name} must be a Unix timestamp in seconds`);
	return Number(value);
}

function isFinal(status: TaskStatus): boolean {
	return status === 'completed' || status === 'failed';
}

/** Clients have seen the status with a tab behind it. */
const withTab = <Data extends { status: string }>(data: Data) =>
	data.status === 'processing' ? { ...data, status: 'processing\t' } : data;

/** The page "Moderation and penalty": of a task that the review of ByteDance has refused. */
const reviewCode = 10003;

/** The only text in `error`; the real cause is in the logs. */
const generalFailure = 'Internal error. Please try again later.';

function failureOf({ failure, fate }: Task): string {
	if (failure) return `${failure.code}: ${failure.message}`;
	if (fate?.kind === 'taskModerated') {
		return 'The request was rejected because the output video may contain sensitive information.';
	}
	return (fate?.kind === 'taskFails' ? fate.reason : undefined) ?? 'upstream internal error';
}

/** Reference videos are billed like the output. */
function videoSeconds(files: MediaFile[]): number {
	const seconds = files.map(({ facts }) => (facts?.mediaType === 'video' ? facts.durationSeconds : 0) ?? 0);
	return Math.ceil(seconds.reduce((sum, one) => sum + one, 0));
}

function describeVideo(request: TaskRequest, files: MediaFile[]): VideoSpec {
	const { taskType, resolution, durationSeconds, hasSound, prompt } = request;
	const { firstSize, ...materials } = readMaterials(files);
	const adaptiveRatio = firstSize ? nearestRatio(firstSize) : '16:9';
	const ratio = request.ratio === 'auto' ? adaptiveRatio : request.ratio;
	return {
		...pixelSize(resolution, ratio),
		...(taskType.startsWith('seedance-2.5') && resolution === '1080p' && { codec: 'h265' as const }),
		durationSeconds,
		hasSound,
		hasWatermark: false,
		prompt,
		label: `${taskType}  ${resolution}  ${ratio}  ${durationSeconds} s`,
		...materials,
	};
}
