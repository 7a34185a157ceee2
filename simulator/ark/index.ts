import type { IncomingHttpHeaders } from 'node:http';
import {
	Refusal,
	type ApiRequest,
	type Caller,
	type Endpoint,
	type ProviderServer,
	type ReceivedRequest,
	type SimulatedProvider,
	type Surroundings,
} from '../provider';
import type { Charge, Route } from '../types';
import { accessKeysOf, apiKeysOf, regionIds, regions, secrets, type ApiKeyRights, type Region } from './accounts';
import { AssetLibrary, controlRates } from './assets';
import {
	ControlError,
	controlRefusal,
	dataError,
	responseMetadata,
	unauthenticated,
	type EnvelopeFields,
} from './errors';
import type { ArkOptions } from './options';
import { verifySignature } from './signature';
import { VideoTasks } from './tasks';
import { Validations } from './validations';

/**
 * The maker's own API: BytePlus ModelArk on the first host and its control plane, and Volcengine Ark on two others.
 * Generations take an API key, assets a signature. Sources: the pages of both, as each class names them.
 */
export const ark: SimulatedProvider<ArkOptions> = {
	displayName: 'ModelArk',
	basePath: '/api/v3',
	hosts: regionIds.flatMap((id) => {
		const { dataHost, controlHost } = regions[id];
		return dataHost === undefined ? [controlHost] : [dataHost, controlHost];
	}),
	secrets,
	serve: (surroundings, options) => new Ark(surroundings, options),
};

const version = '2024-01-01';
const controlRoutes: ReadonlySet<Route> = new Set([
	...(['assetGroups.create', 'assetGroups.get', 'assetGroups.list', 'assetGroups.update'] as const),
	...(['assetGroups.delete', 'assets.create', 'assets.get', 'assets.list', 'assets.update'] as const),
	...(['assets.delete', 'validations.create', 'validations.get'] as const),
]);

class Ark implements ProviderServer {
	readonly requestIdHeader = 'x-request-id';
	readonly endpoints: Endpoint[];
	private readonly planes: readonly RegionPlanes[];

	constructor(surroundings: Surroundings, options: ArkOptions) {
		this.planes = regionIds.map((id) => new RegionPlanes(regions[id], surroundings, options));
		this.endpoints = this.planes.flatMap(({ endpoints }) => endpoints);
	}

	authenticate(headers: IncomingHttpHeaders, received: ReceivedRequest): Caller {
		const planes = this.planes.find(({ region }) => {
			return received.host === region.dataHost || received.host === region.controlHost;
		});
		if (!planes) throw unauthenticated();
		return planes.authenticate(headers, received);
	}

	/** A host that does not have an action answers without a body. */
	unknownPath(_method: string, path: string, host?: string): Refusal {
		const region = regionIds.map((id) => regions[id]).find(({ controlHost }) => controlHost === host);
		if (path !== '/' || !region) return new Refusal(404, () => undefined);
		const error = new ControlError(404, 'InvalidActionOrVersion', 'The specified action or version is not valid.');
		return controlRefusal(error, { action: undefined, version: undefined, signingRegion: region.signingRegion });
	}

	failure(statusCode: number, route?: Route): Refusal {
		if (route !== undefined && controlRoutes.has(route)) {
			const [code, message] = controlFailures[statusCode] ?? ['InternalServiceError', 'Internal service error.'];
			const fields = { action: undefined, version, signingRegion: regions.international.signingRegion };
			return controlRefusal(new ControlError(statusCode, code, message), fields);
		}
		if (statusCode === 401) return unauthenticated();
		const [code, message] = dataFailures[statusCode] ?? [
			'InternalServiceError',
			'The service encountered an unexpected internal error.',
		];
		return dataError(statusCode, code, message);
	}

	refusalInside200(route: Route): Refusal {
		return this.failure(controlRoutes.has(route) ? 429 : 400, route);
	}

	withoutId(answer: object): object {
		const entries: Array<[string, unknown]> = Object.entries(answer).filter(([name]) => !['id', 'Id'].includes(name));
		return Object.fromEntries(
			entries.map(([name, value]) => {
				const isResult = name === 'Result' && typeof value === 'object' && value !== null;
				return [name, isResult ? this.withoutId(value) : value];
			}),
		);
	}

	isRefunded(taskId: string): boolean {
		return this.planes.some(({ tasks }) => tasks.isRefunded(taskId));
	}

	chargeOf(taskId: string): Charge | undefined {
		return this.planes.find(({ tasks }) => tasks.has(taskId))?.tasks.chargeOf(taskId);
	}
}

const dataFailures: Readonly<Record<number, readonly [code: string, message: string]>> = {
	400: ['InvalidParameter', 'A parameter specified in the request is not valid.'],
	403: ['AccessDenied', 'The request is not allowed.'],
	404: ['NotFound.TaskId', 'The specified task is not found.'],
	429: ['RateLimitExceeded.EndpointRPMExceeded', 'The request rate of the endpoint exceeds the limit.'],
};

const controlFailures: Readonly<Record<number, readonly [code: string, message: string]>> = {
	400: ['InvalidParameter', 'A parameter specified in the request is not valid.'],
	401: ['InvalidAccessKey', 'The access key in the request is not valid.'],
	403: ['AccessDenied', 'User is not authorized to perform this action.'],
	404: ['NotFound.asset_id', 'The specified asset is not found.'],
	429: ['AccountFlowLimitExceeded', 'The request rate of the account exceeds the limit.'],
	503: ['ServiceUnavailableTemp', 'The service is temporarily unavailable.'],
	504: ['InternalServiceTimeout', 'The service did not answer in time.'],
};

/** The data plane and the control plane of one region, which share its assets. */
class RegionPlanes {
	readonly endpoints: Endpoint[];
	readonly tasks: VideoTasks;
	private readonly apiKeys: Map<string, ApiKeyRights>;
	private readonly accessKeys: ReturnType<typeof accessKeysOf>;

	constructor(
		readonly region: Region,
		private readonly surroundings: Surroundings,
		private readonly options: ArkOptions,
	) {
		this.apiKeys = apiKeysOf(region.id, surroundings.keys);
		this.accessKeys = accessKeysOf(region.id);
		const library = new AssetLibrary(region, surroundings, options);
		const rightsOf = ({ tokenId }: Caller) => this.rightsAt(tokenId);
		this.tasks = new VideoTasks(region, surroundings, library, rightsOf, options);
		this.endpoints = [
			...dataEndpoints(this.tasks).map((endpoint) => ({ ...endpoint, ...hostOf(region.dataHost) })),
			...this.controlEndpoints(library, new Validations(region, surroundings, library)),
		];
	}

	private rightsAt(index: number): ApiKeyRights {
		const rights = [...this.apiKeys.values()][index];
		if (!rights) throw unauthenticated();
		return rights;
	}

	/** On the data plane a key, on the control plane a signature; each refuses what belongs to the other. */
	authenticate(headers: IncomingHttpHeaders, received: ReceivedRequest): Caller {
		if (received.host !== this.region.controlHost) {
			const key = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
			const index = [...this.apiKeys.keys()].findIndex((known) => known === key);
			return { userId: this.rightsAt(index).accountId, tokenId: index };
		}
		const { signingRegion } = this.region;
		const nowMs = this.surroundings.now();
		const { searchParams } = received;
		const action = searchParams.get('Action') ?? undefined;
		const fields = { action, version: searchParams.get('Version') ?? undefined, signingRegion };
		return asRefusal(fields, () => {
			const { accessKeys } = this;
			const key = verifySignature({ headers, received, signingRegion, accessKeys, nowMs });
			if (!key.isAllowed) {
				throw new ControlError(403, 'AccessDenied', `User is not authorized to perform: ark:${action} on resource: *`);
			}
			return { userId: key.accountId, tokenId: 0 };
		});
	}

	private controlEndpoints(library: AssetLibrary, validations: Validations): Endpoint[] {
		const actions: Record<string, [Route, (request: ApiRequest) => object | Promise<object>]> = {
			CreateAssetGroup: ['assetGroups.create', (request) => library.createGroup(request)],
			GetAssetGroup: ['assetGroups.get', (request) => library.getGroup(request)],
			ListAssetGroups: ['assetGroups.list', (request) => library.listGroups(request)],
			UpdateAssetGroup: ['assetGroups.update', (request) => library.updateGroup(request)],
			DeleteAssetGroup: ['assetGroups.delete', (request) => library.deleteGroup(request)],
			CreateAsset: ['assets.create', async (request) => await library.create(request)],
			GetAsset: ['assets.get', (request) => library.get(request)],
			ListAssets: ['assets.list', (request) => library.list(request)],
			UpdateAsset: ['assets.update', (request) => library.update(request)],
			DeleteAsset: ['assets.delete', (request) => library.delete(request)],
			CreateVisualValidateSession: ['validations.create', (request) => validations.create(request)],
			GetVisualValidateResult: ['validations.get', (request) => validations.get(request)],
		};
		const { controlHost: host, signingRegion } = this.region;
		const rateOf = controlRates(this.region, this.surroundings.now);
		const endpoints = Object.entries(actions).map(([action, [route, perform]]): Endpoint => {
			const fields = { action, version, signingRegion };
			const handle = async (request: ApiRequest) => {
				const result = await asRefusal(fields, async () => {
					const isWithin = this.options.rates === 'none' || rateOf(action).take(String(request.caller.userId));
					if (!isWithin) {
						const message = 'The request rate of the account exceeds the limit. Please try again later.';
						throw new ControlError(429, 'AccountFlowLimitExceeded', message);
					}
					return await perform(request);
				});
				return { ResponseMetadata: responseMetadata(request.requestId, fields), Result: result };
			};
			return { route, method: 'POST', path: '/', host, query: { Action: action, Version: version }, handle };
		});
		const page: Endpoint = {
			route: 'validations.open',
			method: 'GET',
			path: '/h5/face',
			host,
			isPublic: true,
			handle: (request) => validations.open(request),
		};
		return [...endpoints, page];
	}
}

function dataEndpoints(tasks: VideoTasks): Endpoint[] {
	const task = /^\/api\/v3\/contents\/generations\/tasks\/([^/]+)$/;
	return [
		{ route: 'models.list', method: 'GET', path: '/api/v3/models', handle: () => tasks.listModels() },
		{
			route: 'tasks.create',
			method: 'POST',
			// There is no /cancel or /stop: as has been tried, such a POST makes a task too.
			path: /^\/api\/v3\/contents\/generations\/tasks(?:\/.*)?$/,
			handle: async (request) => await tasks.create(request),
		},
		{
			route: 'tasks.list',
			method: 'GET',
			path: '/api/v3/contents/generations/tasks',
			handle: (request) => tasks.list(request),
		},
		{ route: 'tasks.get', method: 'GET', path: task, handle: (request) => tasks.get(request) },
		{ route: 'tasks.delete', method: 'DELETE', path: task, handle: (request) => tasks.delete(request) },
	];
}

function hostOf(host: string | undefined): { host?: string } {
	return host === undefined ? {} : { host };
}

/** Puts the envelope around an error of the control plane. */
function asRefusal<T>(fields: EnvelopeFields, work: () => T): T {
	const wrap = (error: unknown): never => {
		throw error instanceof ControlError ? controlRefusal(error, fields) : error;
	};
	try {
		const result = work();
		return result instanceof Promise ? (result.catch(wrap) as T) : result;
	} catch (error) {
		return wrap(error);
	}
}
