import { randomBytes, randomInt } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isObject } from '../json';
import {
	decodeBase64,
	decodeDataUri,
	download,
	findProblem,
	isDocumentationHost,
	type MediaFile,
	type MediaProblem,
	type MediaType,
} from '../media';
import { nearestRatio, pixelSize } from '../pixels';
import {
	Refusal,
	type ApiRequest,
	type Caller,
	type Endpoint,
	type ProviderServer,
	type ProviderSimulation,
	type Surroundings,
} from '../provider';
import { Studio, type VideoSpec } from '../render';
import type { FateEffect, Route } from '../types';
import {
	invalid,
	readGenerationRequest,
	UpstreamRefusal,
	type GenerationRequest,
	type Reference,
	type VideoModel,
} from './generationRequest';

/**
 * The gateway that AnyFast and Alad run: asset management under /volc/asset, generation under
 * /v1/video. Sources: the documents "Seedance 2.0 Asset Management" of both, "Seedance 2.0" and
 * "Query Task" of AnyFast; error texts of the open-source gateway new-api it is derived from.
 */
export interface GatewayOptions {
	models: Record<string, VideoModel>;
	assetActions: readonly AssetAction[];
	areAssetsBilled: boolean;
	/** Which of the two fields carry the ID of a new task. */
	createAnswerIds: ReadonlyArray<'id' | 'task_id'>;
}

type AssetAction =
	| 'CreateAssetGroup'
	| 'ListAssetGroups'
	| 'UpdateAssetGroup'
	| 'DeleteAssetGroup'
	| 'CreateAsset'
	| 'GetAsset'
	| 'ListAssets'
	| 'UpdateAsset'
	| 'DeleteAsset';

interface AssetGroup {
	id: string;
	owner: Caller;
	/** With the isolation prefix. */
	name: string;
	createdAtMs: number;
	updatedAtMs: number;
}

interface Asset {
	id: string;
	owner: Caller;
	groupId: string;
	name: string;
	assetType: AssetType;
	createdAtMs: number;
	updatedAtMs: number;
	/** Undefined for documentation hosts, of which nothing is fetched. */
	file?: MediaFile;
	/** Where it came from, when it came by URL. */
	sourceUrl?: string;
	/** Why it will not become Active. */
	failure?: MediaProblem;
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

const assetTypes = {
	Image: { mediaType: 'image', model: 'volc-asset' },
	Video: { mediaType: 'video', model: 'volc-asset-video' },
	Audio: { mediaType: 'audio', model: 'volc-asset-audio' },
} as const satisfies Record<string, { mediaType: MediaType; model: string }>;

type AssetType = keyof typeof assetTypes;

const assetModels: string[] = Object.values(assetTypes).map(({ model }) => model);
const groupTypes = ['AIGC', 'LivenessFace'];
const maxNameLength = 64;
const maxPageSize = 100;


export function gateway(options: GatewayOptions): ProviderSimulation {
	return (surroundings) => new Gateway(options, surroundings);
}

class Gateway implements ProviderServer {
	readonly requestIdHeader = 'X-Oneapi-Request-Id';
	readonly endpoints: Endpoint[];
	private readonly groups = new Map<string, AssetGroup>();
	private readonly assets = new Map<string, Asset>();
	private readonly tasks = new Map<string, Task>();
	private readonly studio: Studio;

	constructor(
		private readonly options: GatewayOptions,
		private readonly surroundings: Surroundings,
	) {
		this.studio = new Studio(surroundings.workshop);
		const actions: Record<AssetAction, [Route, Endpoint['handle']]> = {
			CreateAssetGroup: ['assetGroups.create', (request) => this.createAssetGroup(request)],
			ListAssetGroups: ['assetGroups.list', (request) => this.listAssetGroups(request)],
			UpdateAssetGroup: ['assetGroups.update', (request) => this.updateAssetGroup(request)],
			DeleteAssetGroup: ['assetGroups.delete', (request) => this.deleteAssetGroup(request)],
			CreateAsset: ['assets.create', async (request) => await this.createAsset(request)],
			GetAsset: ['assets.get', (request) => this.getAsset(request)],
			ListAssets: ['assets.list', (request) => this.listAssets(request)],
			UpdateAsset: ['assets.update', (request) => this.updateAsset(request)],
			DeleteAsset: ['assets.delete', (request) => this.deleteAsset(request)],
		};
		this.endpoints = [
			{ route: 'models.list', method: 'GET', path: '/v1/models', handle: () => this.listModels() },
			{
				route: 'tasks.create',
				method: 'POST',
				path: '/v1/video/generations',
				handle: async (request) => await this.createTask(request),
			},
			{
				route: 'tasks.get',
				method: 'GET',
				path: /^\/v1\/video\/generations\/([^/]+)$/,
				handle: (request) => this.getTask(request),
			},
			...options.assetActions.map((action): Endpoint => {
				const [route, handle] = actions[action];
				return { route, method: 'POST', path: `/volc/asset/${action}`, handle };
			}),
		];
	}

	authenticate(headers: IncomingHttpHeaders): Caller {
		const { authorization } = headers;
		if (!authorization) throw new Refusal(401, () => ({ error: { message: 'No token provided' } }));
		const key = /^Bearer (.+)$/.exec(authorization)?.[1];
		const { apiKey, otherApiKey } = this.surroundings.keys;
		if (key === apiKey) return { userId: 1024, tokenId: 77 };
		if (key === otherApiKey) return { userId: 2048, tokenId: 99 };
		throw gatewayError(401, 'Invalid token');
	}

	unknownPath(method: string, path: string): Refusal {
		const message = `Invalid URL (${method} ${path})`;
		return new Refusal(404, () => ({
			error: { message, type: 'invalid_request_error', param: '', code: '' },
		}));
	}

	failure(statusCode: number): Refusal {
		return statusCode === 429
			? gatewayError(429, 'Too many requests, please try again later', 'rate_limit_exceeded')
			: gatewayError(statusCode, `bad response status code ${statusCode}`, 'bad_response_status_code');
	}

	refusalInside200(route: Route): Refusal {
		return route.startsWith('tasks.')
			? upstreamTaskError(invalid('content', 'refused'))
			: upstreamAssetError(400, 'InvalidParameter', 'The request is refused.');
	}

	withoutId(answer: object): object {
		const idFields = ['id', 'task_id', 'Id'];
		return Object.fromEntries(Object.entries(answer).filter(([name]) => !idFields.includes(name)));
	}

	isRefunded(taskId: string): boolean {
		const task = this.tasks.get(taskId);
		return task !== undefined && this.taskProgress(task).status === 'FAILURE';
	}

	// Models and generation

	private listModels(): object {
		const ids = [...Object.keys(this.options.models), ...assetModels];
		const data = ids.map((id) => ({ id, object: 'model', created: 1626777600, owned_by: 'volcengine' }));
		return { data, object: 'list', success: true };
	}

	private async createTask({ caller, body: sent, fate }: ApiRequest): Promise<object> {
		const body = readJson(sent);
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
			return this.acceptTask(caller, model, request, files, fate);
		} catch (error) {
			throw error instanceof UpstreamRefusal ? upstreamTaskError(error) : error;
		}
	}

	/** The file behind a reference; undefined for documentation hosts. */
	private async resolveReference(reference: Reference, caller: Caller): Promise<MediaFile | undefined> {
		const { url, mediaType, parameter } = reference;
		if (url.startsWith('asset://')) return this.resolveAsset(url.slice(8), reference, caller);
		const bytes = url.startsWith('data:') ? decodeDataUri(url)?.bytes : await this.fetch(url, parameter);
		if (!bytes) return undefined;
		const file = await this.surroundings.workshop.keep(bytes);
		const problem = findProblem(mediaType, file);
		if (problem) throw invalid(parameter, problem.message);
		return file;
	}

	private resolveAsset(
		id: string,
		{ mediaType, parameter }: Reference,
		caller: Caller,
	): MediaFile | undefined {
		const asset = this.visibleAssets(caller).find((candidate) => candidate.id === id);
		if (!asset) throw invalid(parameter, `The specified asset ${id} is not found`);
		const status = this.assetStatus(asset);
		if (status === 'Processing') throw invalid(parameter, `The specified asset ${id} is still processing`);
		if (status === 'Failed') throw invalid(parameter, `The specified asset ${id} is not Active`);
		if (assetTypes[asset.assetType].mediaType !== mediaType) {
			throw invalid(parameter, `The specified asset ${id} is of type ${asset.assetType}, not ${mediaType}`);
		}
		return asset.file;
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
		owner: Caller,
		model: string,
		request: GenerationRequest,
		files: MediaFile[],
		fate: FateEffect | undefined,
	): object {
		const now = this.surroundings.now();
		const id = `asyntask_${randomText(32)}`;
		const seed = request.seed === undefined || request.seed < 0 ? randomInt(100_000) : request.seed;
		const upstreamId = `cgt-${compactTime(now)}-${randomText(5)}`;
		const video = describeVideo(model, request, files);
		const task: Task = { id, upstreamId, owner, model, request, video, seed, createdAtMs: now, fate };
		this.tasks.set(id, task);
		this.surroundings.bill({ kind: 'generation', id, model });
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

	private getTask({ caller, pathParameters: [id = ''], requestId }: ApiRequest): object {
		const task = this.tasks.get(id);
		if (!task || task.owner.userId !== caller.userId) {
			throw new Refusal(400, () => ({ code: 'task_not_exist', message: 'task_not_exist', data: null }));
		}
		const { status, progress, startedAtMs, finishedAtMs } = this.taskProgress(task);
		const isSettled = status === 'SUCCESS' || status === 'FAILURE';
		const failReason = status === 'FAILURE' ? failureOf(task.fate).message : '';
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
				finish_time: isSettled && finishedAtMs !== undefined ? toSeconds(finishedAtMs) : 0,
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
		// 1280x720 for 5 s is documented as 108900 tokens: one frame more than 24 per second.
		const frames = 24 * request.durationSeconds + 1;
		const tokens = Math.ceil((video.width * video.height * frames) / 1024);
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

	/** Where a task stands now; nothing but the clock moves it. */
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

	// Asset groups

	private createAssetGroup({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Name', 'GroupType']);
		const model = readAssetModel(body.model);
		const name = readName(body.Name);
		if (body.GroupType !== undefined && body.GroupType !== 'AIGC') {
			throw upstreamAssetError(400, 'InvalidParameter.GroupType', 'GroupType must be one of [AIGC]');
		}
		const now = this.surroundings.now();
		const group: AssetGroup = {
			id: `group-${compactTime(now)}-${randomText(5)}`,
			owner: caller,
			name: isolate(name, caller),
			createdAtMs: now,
			updatedAtMs: now,
		};
		this.groups.set(group.id, group);
		if (this.options.areAssetsBilled) this.surroundings.bill({ kind: 'assetGroup', id: group.id, model });
		return { Id: group.id };
	}

	private listAssetGroups({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Filter', 'PageNumber', 'PageSize']);
		readAssetModel(body.model);
		const filter = readFilter(body.Filter, ['Name', 'GroupIds', 'Id', 'GroupType']);
		if (!filter) throw upstreamAssetError(400, 'MissingParameter.Filter', 'Filter is missing');
		const groups = [...this.groups.values()].reverse().filter(({ id, owner, name }) => {
			if (owner.tokenId !== caller.tokenId || filter.groupType === 'LivenessFace') return false;
			return matchesName(name, filter.name) && (filter.groupIds?.includes(id) ?? true);
		});
		return page(body, groups, ({ id, name, createdAtMs, updatedAtMs }) => ({
			Id: id,
			Name: name,
			GroupType: 'AIGC',
			ProjectName: 'default',
			CreateTime: isoTime(createdAtMs),
			UpdateTime: isoTime(updatedAtMs),
		}));
	}

	private updateAssetGroup({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Id', 'Name']);
		readAssetModel(body.model);
		const group = this.findGroup(body.Id, 'Id', caller);
		group.name = isolate(readName(body.Name), caller);
		group.updatedAtMs = this.surroundings.now();
		return { Id: group.id };
	}

	/** The assets go with their group. The answer is not documented; upstream's result is empty. */
	private deleteAssetGroup({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Id']);
		const group = this.findGroup(body.Id, 'Id', caller);
		this.groups.delete(group.id);
		for (const { id, groupId } of this.assets.values()) {
			if (groupId === group.id) this.assets.delete(id);
		}
		return {};
	}

	private findGroup(id: unknown, parameter: string, caller: Caller): AssetGroup {
		const wanted = readId(id, parameter);
		const group = this.groups.get(wanted);
		if (!group || group.owner.tokenId !== caller.tokenId) throw groupNotFound(wanted);
		return group;
	}

	// Assets

	private async createAsset({ caller, body: sent, fate }: ApiRequest): Promise<object> {
		const body = readAssetBody(sent, ['model', 'GroupId', 'Name', 'AssetType', 'URL'], ['file']);
		const assetType = readAssetType(body.AssetType);
		const model = readAssetModel(body.model);
		if (model !== assetTypes[assetType].model) {
			const message = `model ${model} does not fit AssetType ${assetType}`;
			throw upstreamAssetError(400, 'InvalidParameter.model', message);
		}
		const group = this.findGroup(body.GroupId, 'GroupId', caller);
		const name = body.Name === undefined ? '' : readName(body.Name);
		this.refuseDuplicateName(name, group.id);
		const source = await this.readSource(sent, body.URL, assetTypes[assetType].mediaType);
		const now = this.surroundings.now();
		const asset: Asset = {
			id: `asset-${compactTime(now)}-${randomText(5)}`,
			owner: caller,
			groupId: group.id,
			name,
			assetType,
			createdAtMs: now,
			updatedAtMs: now,
			...source,
		};
		if (fate?.kind === 'assetFails') {
			const { code = 'FaceMismatch', message = 'Face consistency verification failed.' } = fate;
			asset.failure = { code, message };
		}
		this.assets.set(asset.id, asset);
		if (this.options.areAssetsBilled) this.surroundings.bill({ kind: 'asset', id: asset.id, model });
		return { Id: asset.id };
	}

	/** What was uploaded. A file that breaks a limit is accepted, and fails while it is processed. */
	private async readSource(
		sent: ApiRequest['body'],
		url: unknown,
		mediaType: MediaType,
	): Promise<Pick<Asset, 'file' | 'failure' | 'sourceUrl'>> {
		const upload = sent.kind === 'form' ? sent.files.file : undefined;
		if (upload) return await this.inspect(upload.bytes, mediaType);
		if (typeof url !== 'string' || url === '') {
			throw upstreamAssetError(400, 'MissingParameter.URL', 'URL is missing');
		}
		if (/^https?:/i.test(url) && URL.canParse(url)) {
			if (isDocumentationHost(new URL(url))) return { sourceUrl: url };
			const fetched = await download(new URL(url)).catch(() => undefined);
			if (fetched) return { sourceUrl: url, ...(await this.inspect(fetched, mediaType)) };
			return { failure: { code: 'InvalidParameter.URL', message: 'resource download failed' } };
		}
		const bytes = decodeDataUri(url)?.bytes ?? decodeBase64(url);
		if (!bytes) {
			const message = 'URL must be a public URL, a data URI or Base64';
			throw upstreamAssetError(400, 'InvalidParameter.URL', message);
		}
		if (!url.startsWith('data:') && mediaType !== 'image') {
			const message = 'Base64 without a type is treated as a PNG image.';
			return { failure: { code: 'InvalidParameter.UnsupportedFormat', message } };
		}
		return await this.inspect(bytes, mediaType);
	}

	private async inspect(bytes: Buffer, mediaType: MediaType): Promise<Pick<Asset, 'file' | 'failure'>> {
		const file = await this.surroundings.workshop.keep(bytes);
		return { file, failure: findProblem(mediaType, file) };
	}

	private getAsset({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Id']);
		return this.describeAsset(this.findAsset(body.Id, caller));
	}

	private listAssets({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Filter', 'PageNumber', 'PageSize']);
		readAssetModel(body.model);
		const filter = readFilter(body.Filter, ['Name', 'GroupIds', 'GroupType']);
		if (filter?.groupType === undefined) {
			throw upstreamAssetError(400, 'MissingParameter.GroupType', 'GroupType is missing');
		}
		const assets = this.visibleAssets(caller).filter(({ name, groupId }) => {
			if (filter.groupType === 'LivenessFace') return false;
			return matchesName(name, filter.name) && (filter.groupIds?.includes(groupId) ?? true);
		});
		return page(body, assets.reverse(), (asset) => this.describeAsset(asset));
	}

	private updateAsset({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Id', 'Name', 'GroupId']);
		readAssetModel(body.model);
		const asset = this.findAsset(body.Id, caller);
		if (body.Name === undefined && body.GroupId === undefined) {
			throw upstreamAssetError(400, 'MissingParameter.Name', 'Name or GroupId is missing');
		}
		const name = body.Name === undefined ? asset.name : readName(body.Name);
		const groupId =
			body.GroupId === undefined ? asset.groupId : this.findGroup(body.GroupId, 'GroupId', caller).id;
		if (name !== asset.name || groupId !== asset.groupId) this.refuseDuplicateName(name, groupId);
		asset.name = name;
		asset.groupId = groupId;
		asset.updatedAtMs = this.surroundings.now();
		return { Id: asset.id };
	}

	private deleteAsset({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Id']);
		const { id } = this.findAsset(body.Id, caller);
		this.assets.delete(id);
		return { Id: id, Deleted: true };
	}

	/** A second asset of the same name is answered as if there were no such group. */
	private refuseDuplicateName(name: string, groupId: string): void {
		for (const asset of this.assets.values()) {
			if (name !== '' && asset.name === name && asset.groupId === groupId) throw groupNotFound(groupId);
		}
	}

	private findAsset(id: unknown, caller: Caller): Asset {
		const wanted = readId(id, 'Id');
		const asset = this.visibleAssets(caller).find((candidate) => candidate.id === wanted);
		if (asset) return asset;
		throw upstreamAssetError(404, 'NotFound.asset_id', `The specified asset ${wanted} is not found.`);
	}

	/** The assets of this token, without those too new to be known everywhere. */
	private visibleAssets(caller: Caller): Asset[] {
		const { durations, now } = this.surroundings;
		return [...this.assets.values()].filter(({ owner, createdAtMs }) => {
			return owner.tokenId === caller.tokenId && now() >= createdAtMs + durations.propagationMs;
		});
	}

	private assetStatus({ createdAtMs, failure }: Asset): 'Processing' | 'Active' | 'Failed' {
		const { durations, now } = this.surroundings;
		if (now() < createdAtMs + durations.assetProcessingMs) return 'Processing';
		return failure ? 'Failed' : 'Active';
	}

	private describeAsset(asset: Asset): object {
		const status = this.assetStatus(asset);
		return {
			Id: asset.id,
			Name: asset.name,
			...(status === 'Active' && { URL: this.assetLink(asset) }),
			AssetType: asset.assetType,
			GroupId: asset.groupId,
			Status: status,
			...(status === 'Failed' &&
				asset.failure && { Error: { Code: asset.failure.code, Message: asset.failure.message } }),
			ProjectName: 'default',
			CreateTime: isoTime(asset.createdAtMs),
			UpdateTime: isoTime(asset.updatedAtMs),
		};
	}

	private assetLink({ id, file, sourceUrl }: Asset): string | undefined {
		if (!file) return sourceUrl;
		const key = `assets/${id}`;
		const contentType = contentTypes[file.facts?.format ?? ''] ?? 'application/octet-stream';
		this.surroundings.storage.put(key, { contentType, file: async () => await Promise.resolve(file.path) });
		return this.surroundings.storage.link(key);
	}
}

const contentTypes: Record<string, string> = {
	png: 'image/png',
	jpeg: 'image/jpeg',
	gif: 'image/gif',
	webp: 'image/webp',
	mp3: 'audio/mpeg',
	wav: 'audio/wav',
	'mov,mp4,m4a,3gp,3g2,mj2': 'video/mp4',
};

function describeVideo(model: string, request: GenerationRequest, files: MediaFile[]): Task['video'] {
	const { resolution, durationSeconds, hasSound, hasWatermark, prompt } = request;
	const visuals = files.flatMap(({ path, facts }) => {
		const isMeasured = facts?.width !== undefined && facts.mediaType !== 'audio';
		return isMeasured ? [{ mediaType: facts.mediaType, path, facts }] : [];
	});
	const first = visuals[0]?.facts;
	const adaptiveRatio =
		first?.width !== undefined && first.height !== undefined
			? nearestRatio({ width: first.width, height: first.height })
			: '16:9';
	const ratio = request.ratio === 'adaptive' ? adaptiveRatio : request.ratio;
	return {
		...pixelSize(resolution, ratio),
		ratio,
		durationSeconds,
		hasSound,
		hasWatermark,
		prompt,
		label: `${model}  ${resolution}  ${ratio}  ${durationSeconds} s`,
		visuals: visuals.flatMap(({ mediaType, path }) =>
			mediaType === 'audio' ? [] : [{ mediaType, path }],
		),
		soundtrack: files.find(({ facts }) => facts?.mediaType === 'audio')?.path,
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

// Reading requests of the asset API

function readJson(body: ApiRequest['body']): Record<string, unknown> {
	if (body.kind === 'json' && isObject(body.value)) return body.value;
	throw gatewayError(400, body.kind === 'invalid' ? body.reason : 'the request body must be a JSON object');
}

function readAssetBody(
	body: ApiRequest['body'],
	known: string[],
	knownFiles?: string[],
): Record<string, unknown> {
	const isForm = body.kind === 'form' && knownFiles !== undefined;
	const values = isForm ? body.fields : readJson(body);
	const sentFiles = isForm ? Object.keys(body.files) : [];
	const unknown =
		Object.keys(values).find((key) => !known.includes(key)) ??
		sentFiles.find((key) => !knownFiles?.includes(key));
	if (unknown !== undefined) {
		throw upstreamAssetError(400, `InvalidParameter.${unknown}`, `Unknown parameter ${unknown}`);
	}
	return values;
}

/** Images need not name their billing model, so it is the default everywhere. */
function readAssetModel(model: unknown = 'volc-asset'): string {
	if (typeof model === 'string' && assetModels.includes(model)) return model;
	throw gatewayError(503, `No available channel for model ${String(model)}`, 'model_not_found');
}

function readAssetType(value: unknown = 'Image'): AssetType {
	switch (value) {
		case 'Image':
		case 'Video':
		case 'Audio':
			return value;
		default:
			throw upstreamAssetError(
				400,
				'InvalidParameter.AssetType',
				'AssetType must be one of [Image, Video, Audio]',
			);
	}
}

function readName(name: unknown): string {
	if (name === undefined || name === '') {
		throw upstreamAssetError(400, 'MissingParameter.Name', 'Name is missing');
	}
	if (typeof name === 'string' && name.length <= maxNameLength) return name;
	const message = `Name must be a string of at most ${maxNameLength} characters`;
	throw upstreamAssetError(400, 'InvalidParameter.Name', message);
}

function readId(id: unknown, parameter: string): string {
	if (typeof id === 'string' && id !== '') return id;
	throw upstreamAssetError(400, `MissingParameter.${parameter}`, `${parameter} is missing`);
}

interface Filter {
	name?: string;
	groupIds?: string[];
	groupType?: string;
}

function readFilter(filter: unknown, known: string[]): Filter | undefined {
	if (filter === undefined) return undefined;
	const refuse = (name: string) =>
		upstreamAssetError(400, `InvalidParameter.Filter.${name}`, `Filter.${name} is not valid`);
	if (!isObject(filter)) throw refuse('');
	const unknown = Object.keys(filter).find((key) => !known.includes(key));
	if (unknown !== undefined) throw refuse(unknown);
	const { Name: name, GroupIds: groupIds, Id: id, GroupType: groupType } = filter;
	if (name !== undefined && typeof name !== 'string') throw refuse('Name');
	if (id !== undefined && typeof id !== 'string') throw refuse('Id');
	if (groupIds !== undefined && !isStringArray(groupIds)) throw refuse('GroupIds');
	if (groupType !== undefined && (typeof groupType !== 'string' || !groupTypes.includes(groupType))) {
		throw upstreamAssetError(400, 'InvalidParameter.GroupType', `GroupType must be one of [${groupTypes.join(', ')}]`);
	}
	return { name, groupIds: id === undefined ? groupIds : [id], groupType };
}

function isStringArray(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** The name filter is fuzzy. */
function matchesName(name: string, wanted: string | undefined): boolean {
	return wanted === undefined || name.toLowerCase().includes(wanted.toLowerCase());
}

function page<T>(body: Record<string, unknown>, all: T[], describe: (entry: T) => object): object {
	const number = readPageValue(body.PageNumber, 'PageNumber', 1, Number.MAX_SAFE_INTEGER);
	const size = readPageValue(body.PageSize, 'PageSize', 10, maxPageSize);
	const items = all.slice((number - 1) * size, number * size);
	return { Items: items.map(describe), TotalCount: all.length, PageNumber: number, PageSize: size };
}

function readPageValue(value: unknown, parameter: string, fallback: number, max: number): number {
	if (value === undefined) return fallback;
	if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value;
	throw upstreamAssetError(400, `InvalidParameter.${parameter}`, `${parameter} is out of range`);
}

// Errors

/** An error of the gateway itself. */
function gatewayError(statusCode: number, message: string, code = ''): Refusal {
	return new Refusal(statusCode, (requestId) => ({
		error: { message: `${message} (request id: ${requestId})`, type: 'new_api_error', code },
	}));
}

/** A refusal of the upstream asset API, as the gateway words it. */
function upstreamAssetError(statusCode: number, code: string, message: string): Refusal {
	return new Refusal(statusCode, (requestId) => ({
		error: { message: `upstream_error: [${code}] ${message} (request id: ${requestId})` },
	}));
}

function groupNotFound(id: string): Refusal {
	return upstreamAssetError(404, 'NotFound.group_id', `The specified asset_group ${id} is not found.`);
}

/** A refusal of the upstream generation API: JSON inside the message of the gateway's JSON. */
function upstreamTaskError({ code, message }: UpstreamRefusal): Refusal {
	return new Refusal(400, (requestId) => ({
		code: 'fail_to_fetch_task',
		message: JSON.stringify({
			error: { code, message: `${message} Request id: ${requestId}`, param: '', type: 'BadRequest' },
		}),
		data: null,
	}));
}

// Names and times

function isolate(name: string, { userId, tokenId }: Caller): string {
	return `[u-${userId}]-[t-${tokenId}]${name}`;
}

function randomText(length: number): string {
	return randomBytes(length).toString('base64url').toLowerCase().replace(/[-_]/g, 'x').slice(0, length);
}

function compactTime(atMs: number): string {
	return new Date(atMs).toISOString().replace(/\D/g, '').slice(0, 14);
}

function isoTime(atMs: number): string {
	return new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function toSeconds(atMs: number): number {
	return Math.floor(atMs / 1000);
}
