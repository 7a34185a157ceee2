import type { IncomingHttpHeaders } from 'node:http';
import type { RequestBody } from './http';
import type { Workshop } from './media';
import type { Storage } from './storage';
import type { Bill, Charge, CommonOptions, FateEffect, Route, WebhookEffect } from './types';
import type { Webhooks } from './webhooks';

/** One entry in the list of `providers.ts`. `Options`: what is special to it, as in `{ <id>: { … } }` of `startSimulator`. */
export interface SimulatedProvider<Options extends object = object> {
	/** As it writes its own name. */
	displayName: string;
	/** Where the API begins on its first host, as part of the base URL. Default: at the root. */
	basePath?: string;
	/** Its other hosts by name, each on a port of its own. */
	hosts?: readonly string[];
	/** Where it takes files, when that is a host of its own in reality. */
	uploadPath?: string;
	/** What must never reach the storage host, besides the API keys of `Surroundings`. */
	secrets?: readonly string[];
	/** A list of endpoints over a state of their own. */
	serve(surroundings: Surroundings, options: Options): ProviderServer;
}

export interface Surroundings {
	provider: string;
	now: () => number;
	durations: Durations;
	keys: { apiKey: string; otherApiKey: string };
	storage: Storage;
	workshop: Workshop;
	webhooks: Webhooks;
	options: CommonOptions;
	/** The records of one kind, such as tasks, which a folder of state keeps from one start to the next: plain data. */
	records<Value>(kind: string): Map<string, Value>;
	bill(bill: Omit<Bill, 'provider' | 'atMs' | 'refunded' | 'charge'>): void;
}

/** Already divided by the time scale. */
export interface Durations {
	taskQueueMs: number;
	taskRunMs: number;
	assetProcessingMs: number;
	propagationMs: number;
}

export interface ProviderServer {
	endpoints: Endpoint[];
	/** @throws Refusal for a missing or wrong key, or a wrong signature. */
	authenticate(headers: IncomingHttpHeaders, received: ReceivedRequest): Caller;
	/** The answer to a method and path that no endpoint has. */
	unknownPath(method: string, path: string, host?: string): Refusal;
	/** The error body of this provider, for injected faults. */
	failure(statusCode: number, route?: Route): Refusal;
	/** A refusal that some deployments send with HTTP 200. */
	refusalInside200(route: Route): Refusal;
	/** The answer of a create call without its ID. */
	withoutId(answer: object): object;
	/** Whether a generation has failed by now, so that its bill is paid back. */
	isRefunded(taskId: string): boolean;
	/** What a generation is charged by now; undefined for anything else that is billed. */
	chargeOf(taskId: string): Charge | undefined;
	requestIdHeader: string;
}

export interface Endpoint {
	route: Route;
	method: 'GET' | 'POST' | 'DELETE';
	/** Groups in the pattern are handed to the handler, decoded. */
	path: string | RegExp;
	/** One of `SimulatedProvider.hosts`. Default: the first host of the provider. */
	host?: string;
	/** What the query must say, where the path does not tell endpoints apart. */
	query?: Readonly<Record<string, string>>;
	/** Of a good answer. Default 200. */
	statusCode?: number;
	/** Answered without a key, as if to nobody. */
	isPublic?: boolean;
	/** Without a body, the answer is empty. */
	handle(request: ApiRequest): object | undefined | Promise<object | undefined>;
}

/** Who is calling: a key stands for one user with one token. */
export interface Caller {
	userId: number;
	tokenId: number;
}

/** A request as it came in, which is what a signature covers. */
export interface ReceivedRequest {
	/** One of `SimulatedProvider.hosts`; undefined for the first host. */
	host: string | undefined;
	method: string;
	path: string;
	/** With repeated names. */
	searchParams: URLSearchParams;
	bytes: Buffer;
}

export interface ApiRequest {
	caller: Caller;
	requestId: string;
	pathParameters: string[];
	query: Record<string, string>;
	/** The same with repeated names. */
	searchParams: URLSearchParams;
	headers: IncomingHttpHeaders;
	body: RequestBody;
	/** What a fault has in store for the task or asset that this call creates. */
	fate?: FateEffect;
	/** What a fault has in store for the calls to its webhook. */
	webhookEffect?: WebhookEffect;
}

/** An answer other than success; the body may cite the request ID, or be none. */
export class Refusal extends Error {
	constructor(
		readonly statusCode: number,
		readonly body: (requestId: string) => object | undefined,
		readonly headers: Readonly<Record<string, string>> = {},
	) {
		super(JSON.stringify(body('…')));
	}
}
