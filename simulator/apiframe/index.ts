import type { IncomingHttpHeaders } from 'node:http';
import type {
	ApiRequest,
	Caller,
	Endpoint,
	ProviderServer,
	Refusal,
	SimulatedProvider,
	Surroundings,
} from '../provider';
import type { Charge, Route } from '../types';
import { AssetLibrary } from './assets';
import { apiError, validationError } from './errors';
import { Fields, Issues } from './fields';
import { models } from './generationRequest';
import { creditsPerSecond, VideoJobs } from './jobs';
import type { ApiframeOptions } from './options';
import { upload } from './uploads';

/**
 * Apiframe v2: assets by URL, short-lived uploads, and generations as jobs that cost credits.
 * Sources: the document "Assets", the openapi document of the official SDK, the pages "Get Job"
 * and "FAQ".
 */
export const apiframe: SimulatedProvider<ApiframeOptions> = {
	displayName: 'Apiframe',
	serve: (surroundings, options) => new Apiframe(surroundings, options),
};

const errorTexts: Record<number, string> = {
	401: 'Invalid API key',
	403: 'API key is inactive',
	429: 'Rate limit exceeded',
	502: 'Upstream request failed',
	503: 'Service temporarily unavailable',
};

class Apiframe implements ProviderServer {
	readonly requestIdHeader = 'x-request-id';
	readonly endpoints: Endpoint[];
	private readonly jobs: VideoJobs;

	constructor(
		private readonly surroundings: Surroundings,
		options: ApiframeOptions,
	) {
		const assets = new AssetLibrary(surroundings);
		const jobs = new VideoJobs(surroundings, assets, options);
		this.jobs = jobs;
		this.endpoints = [
			{
				route: 'account.get',
				method: 'GET',
				path: '/v2/me',
				handle: ({ caller }) => this.describeAccount(caller),
			},
			{ route: 'models.list', method: 'GET', path: '/v2/models', isPublic: true, handle: listModels },
			{
				route: 'assets.create',
				method: 'POST',
				path: '/v2/assets/create',
				statusCode: 201,
				handle: async (request) => await assets.create(request),
			},
			{
				route: 'assets.get',
				method: 'GET',
				path: /^\/v2\/assets\/([^/]+)$/,
				handle: (request) => assets.get(request),
			},
			{
				route: 'uploads.create',
				method: 'POST',
				path: '/v2/uploads',
				statusCode: 201,
				handle: async (request) => await upload(request, surroundings),
			},
			{
				route: 'tasks.create',
				method: 'POST',
				path: '/v2/videos/generate',
				statusCode: 202,
				handle: async (request) => await jobs.create(request),
			},
			{ route: 'tasks.list', method: 'GET', path: '/v2/jobs', handle: (request) => jobs.list(request) },
			{
				route: 'tasks.get',
				method: 'GET',
				path: /^\/v2\/jobs\/([^/]+)$/,
				handle: (request) => jobs.get(request),
			},
		];
	}

	authenticate(headers: IncomingHttpHeaders): Caller {
		const key = headers['x-api-key'];
		const { apiKey, otherApiKey } = this.surroundings.keys;
		if (key === undefined || key === '') throw apiError(401, 'API key is required');
		if (key === apiKey) return { userId: 1024, tokenId: 77 };
		if (key === otherApiKey) return { userId: 2048, tokenId: 99 };
		throw apiError(401, 'Invalid API key');
	}

	unknownPath(method: string, path: string): Refusal {
		return apiError(404, `Route ${method} ${path} not found`);
	}

	failure(statusCode: number): Refusal {
		return apiError(statusCode, errorTexts[statusCode] ?? 'Internal server error');
	}

	refusalInside200(route: Route): Refusal {
		return route === 'tasks.create'
			? validationError({ prompt: ['The request is refused'] })
			: apiError(400, 'The request is refused');
	}

	withoutId(answer: object): object {
		const idFields = ['id', 'jobId', 'assetId'];
		return Object.fromEntries(Object.entries(answer).filter(([name]) => !idFields.includes(name)));
	}

	isRefunded(jobId: string): boolean {
		return this.jobs.isRefunded(jobId);
	}

	chargeOf(jobId: string): Charge | undefined {
		return this.jobs.chargeOf(jobId);
	}

	private describeAccount(caller: Caller): object {
		const { userId, tokenId } = caller;
		const { apiKey, otherApiKey } = this.surroundings.keys;
		const prefix = (userId === 1024 ? apiKey : otherApiKey).slice(0, 8);
		const credits = this.jobs.creditsOf(caller);
		return {
			user: { id: uuidOf(userId), email: `user-${userId}@example.com`, role: 'OWNER' },
			team: { id: uuidOf(userId), name: 'Simulated team', credits, plan: 'pro', customerId: null },
			apiKey: { id: uuidOf(tokenId), name: 'Default', prefix },
		};
	}
}

function uuidOf(number: number): string {
	return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** The catalog holds more than video, and more video than Seedance; that is listed, but not made here. */
const otherModels = [
	{ id: 'midjourney', label: 'Midjourney', modality: 'image' },
	{ id: 'kling-2.5-turbo-pro', label: 'Kling 2.5 Turbo Pro', modality: 'video' },
	{ id: 'suno', label: 'Suno', modality: 'music' },
];

function listModels({ query }: ApiRequest): object {
	const issues = new Issues();
	const modality = new Fields(query, issues).option('modality', ['image', 'video', 'music']);
	issues.refuse();
	const seedance = Object.entries(models).map(([id, { label, resolutions }]) => {
		const costs = resolutions.map((resolution) => creditsPerSecond[resolution]);
		return {
			id,
			label,
			description: `ByteDance ${label}`,
			modality: 'video',
			pricingMode: 'per-second',
			costMin: Math.min(...costs),
			costMax: Math.max(...costs),
		};
	});
	const catalog = [...otherModels, ...seedance];
	return { models: catalog.filter((entry) => modality === undefined || entry.modality === modality) };
}
