import type { IncomingHttpHeaders } from 'node:http';
import { isObject } from '../json';
import type { Caller, Endpoint, ProviderServer, Refusal, SimulatedProvider, Surroundings } from '../provider';
import type { Charge, Route } from '../types';
import { AssetLibrary } from './assets';
import { refuse, refuseTask } from './errors';
import type { PiapiOptions, PiapiPlan } from './options';
import { pointsPerDollar, VideoTasks } from './tasks';
import { uploadFile, uploadPath } from './uploads';

/** PiAPI: tasks in an envelope, assets without one, and the storage that takes files. */
export const piapi: SimulatedProvider<PiapiOptions> = {
	displayName: 'PiAPI',
	uploadPath,
	serve: (surroundings, options) => new Piapi(surroundings, options),
};

class Piapi implements ProviderServer {
	readonly requestIdHeader = 'X-Request-Id';
	readonly endpoints: Endpoint[];
	private readonly tasks: VideoTasks;
	private readonly plan: PiapiPlan;

	constructor(
		private readonly surroundings: Surroundings,
		options: PiapiOptions,
	) {
		this.plan = options.plan ?? 'hobbyist';
		const library = new AssetLibrary(surroundings, this.plan);
		const tasks = new VideoTasks(surroundings, library, options);
		this.tasks = tasks;
		const asset = '/api/v1/asset';
		const oneAsset = /^\/api\/v1\/asset\/([^/]+)$/;
		this.endpoints = [
			{
				route: 'account.get',
				method: 'GET',
				path: '/account/info',
				handle: ({ caller }) => this.describeAccount(caller),
			},
			{
				route: 'assets.create',
				method: 'POST',
				path: `${asset}/upload`,
				statusCode: 202,
				handle: async (request) => await library.upload(request),
			},
			{
				route: 'assets.list',
				method: 'GET',
				path: `${asset}/list`,
				handle: (request) => library.list(request),
			},
			{ route: 'assets.get', method: 'GET', path: oneAsset, handle: (request) => library.get(request) },
			{
				route: 'assets.delete',
				method: 'DELETE',
				path: oneAsset,
				statusCode: 204,
				handle: (request) => library.delete(request),
			},
			{
				route: 'uploads.create',
				method: 'POST',
				path: uploadPath,
				handle: async (request) => await uploadFile(request, surroundings, options),
			},
			{
				route: 'tasks.create',
				method: 'POST',
				path: '/api/v1/task',
				handle: async (request) => await tasks.createTask(request),
			},
			{
				route: 'tasks.get',
				method: 'GET',
				path: /^\/api\/v1\/task\/([^/]+)$/,
				handle: (request) => tasks.getTask(request),
			},
			{
				route: 'tasks.list',
				method: 'GET',
				path: '/api/open/tasks/histories',
				handle: (request) => tasks.history(request),
			},
		];
	}

	authenticate(headers: IncomingHttpHeaders): Caller {
		const key = headers['x-api-key'];
		const { apiKey, otherApiKey } = this.surroundings.keys;
		if (key === apiKey) return { userId: 1024, tokenId: 1024 };
		if (key === otherApiKey) return { userId: 2048, tokenId: 2048 };
		throw refuse(401, key === undefined ? 'missing api key' : 'invalid api key');
	}

	unknownPath(method: string, path: string): Refusal {
		return refuse(404, `no route for ${method} ${path}`);
	}

	failure(statusCode: number): Refusal {
		if (statusCode === 402) return refuse(402, 'insufficient credits');
		if (statusCode === 429) return refuse(429, 'too many requests');
		return refuse(statusCode, 'internal server error');
	}

	refusalInside200(route: Route): Refusal {
		const message = 'invalid request: refused';
		return route === 'tasks.create' ? refuseTask(400, message) : refuse(400, message);
	}

	withoutId(answer: object): object {
		const idFields = ['asset_id', 'task_id', 'url'];
		const entries = Object.entries(answer).filter(([name]) => !idFields.includes(name));
		return Object.fromEntries(
			entries.map(([name, value]: [string, unknown]) => {
				return [name, name === 'data' && isObject(value) ? this.withoutId(value) : value];
			}),
		);
	}

	isRefunded(taskId: string): boolean {
		return this.tasks.isRefunded(taskId);
	}

	chargeOf(taskId: string): Charge | undefined {
		return this.tasks.chargeOf(taskId);
	}

	private describeAccount(caller: Caller): object {
		const points = this.tasks.remainingPoints(caller);
		const data = {
			id: String(caller.userId),
			name: `account-${caller.userId}`,
			plan: this.plan,
			is_enable: true,
			equivalent_in_usd: points / pointsPerDollar,
			max_concurrent_task_count: this.tasks.maxTasks,
			wallet: { point_remain: points, mj_remain: 0 },
		};
		return { code: 200, data, message: 'success' };
	}
}
