import type { IncomingHttpHeaders } from 'node:http';
import {
	Refusal,
	type Caller,
	type Endpoint,
	type ProviderServer,
	type SimulatedProvider,
	type Surroundings,
} from '../provider';
import type { Charge, Route } from '../types';
import { AssetLibrary, assetModels, type ChannelOptions } from './assets';
import { gatewayError, upstreamAssetError, upstreamTaskError } from './errors';
import { invalid } from './generationRequest';
import { VideoTasks, type VideoTaskOptions } from './tasks';

/**
 * The gateway that AnyFast and Alad run: asset management under /volc/asset, generation under
 * /v1/video. Sources: the documents "Seedance 2.0 Asset Management" of both, "Seedance 2.0" and
 * "Query Task" of AnyFast; error texts of the open-source gateway new-api it is derived from.
 */
export interface GatewayOptions extends VideoTaskOptions {
	assetActions: readonly AssetAction[];
	areAssetsBilled: boolean;
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

/** One host of it. */
export function gateway(displayName: string, options: GatewayOptions): SimulatedProvider<ChannelOptions> {
	return { displayName, serve: (surroundings, channel) => new Gateway(options, surroundings, channel) };
}

class Gateway implements ProviderServer {
	readonly requestIdHeader = 'X-Oneapi-Request-Id';
	readonly endpoints: Endpoint[];
	private readonly tasks: VideoTasks;

	constructor(
		private readonly options: GatewayOptions,
		private readonly surroundings: Surroundings,
		channel: ChannelOptions,
	) {
		const library = new AssetLibrary(surroundings, options.areAssetsBilled, channel);
		const tasks = new VideoTasks(options, surroundings, library);
		this.tasks = tasks;
		const actions: Record<AssetAction, [Route, Endpoint['handle']]> = {
			CreateAssetGroup: ['assetGroups.create', (request) => library.createAssetGroup(request)],
			ListAssetGroups: ['assetGroups.list', (request) => library.listAssetGroups(request)],
			UpdateAssetGroup: ['assetGroups.update', (request) => library.updateAssetGroup(request)],
			DeleteAssetGroup: ['assetGroups.delete', (request) => library.deleteAssetGroup(request)],
			CreateAsset: ['assets.create', async (request) => await library.createAsset(request)],
			GetAsset: ['assets.get', (request) => library.getAsset(request)],
			ListAssets: ['assets.list', (request) => library.listAssets(request)],
			UpdateAsset: ['assets.update', (request) => library.updateAsset(request)],
			DeleteAsset: ['assets.delete', (request) => library.deleteAsset(request)],
		};
		this.endpoints = [
			{ route: 'models.list', method: 'GET', path: '/v1/models', handle: () => this.listModels() },
			{
				route: 'tasks.create',
				method: 'POST',
				path: '/v1/video/generations',
				handle: async (request) => await tasks.createTask(request),
			},
			{
				route: 'tasks.get',
				method: 'GET',
				path: /^\/v1\/video\/generations\/([^/]+)$/,
				handle: (request) => tasks.getTask(request),
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
		return this.tasks.isRefunded(taskId);
	}

	chargeOf(taskId: string): Charge | undefined {
		return this.tasks.chargeOf(taskId);
	}

	private listModels(): object {
		const ids = [...Object.keys(this.options.models), ...assetModels];
		const data = ids.map((id) => ({ id, object: 'model', created: 1626777600, owned_by: 'volcengine' }));
		return { data, object: 'list', success: true };
	}
}
