import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Faults, Hits } from './faults';
import { decode, listen, parseBody, retryAfterHeader, send, type RequestBody } from './http';
import { Refusal, type Caller, type Endpoint, type ProviderServer, type ReceivedRequest } from './provider';
import type { AnswerEffect, ApiCall } from './types';

interface ApiServerOptions {
	provider: string;
	/** One of `SimulatedProvider.hosts`. Default: its first host. */
	host?: string;
	port: number;
	now: () => number;
	latencySeconds?: number;
	latencyJitterSeconds?: number;
	faults: Faults;
	calls: ApiCall[];
	onCall?: (call: ApiCall) => void;
}

interface Answer {
	statusCode: number;
	/** None: an answer without content. */
	body?: object;
	headers?: Readonly<Record<string, string>>;
}

/** Its multiples are spread evenly between whole numbers. */
const goldenRatio = (1 + Math.sqrt(5)) / 2;

const nobody: Caller = { userId: 0, tokenId: 0 };

const htmlPage =
	'<!DOCTYPE html><html><head><title>Bad gateway</title></head><body>Bad gateway</body></html>';

/** Serves one host of a provider on a port of its own: finds the endpoint, applies faults, keeps the call log. */
export async function startApiServer(
	server: ProviderServer,
	options: ApiServerOptions,
): Promise<{ url: string; close: () => Promise<void> }> {
	return await listen(options.port, async (request, response) => {
		await handle(server, options, request, response);
	});
}

async function handle(
	server: ProviderServer,
	{ provider, host, now, latencySeconds = 0, latencyJitterSeconds = 0, faults, calls, onCall }: ApiServerOptions,
	request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	const url = new URL(request.url ?? '/', 'http://127.0.0.1');
	const method = request.method ?? '';
	const match = findEndpoint(server.endpoints, method, url, host);
	const call: ApiCall = {
		provider,
		...(host !== undefined && { host }),
		route: match?.endpoint.route,
		method,
		path: url.pathname,
		query: Object.fromEntries(url.searchParams),
		search: url.search,
		contentType: request.headers['content-type'],
		idempotencyKey: request.headers['idempotency-key']?.toString(),
		atMs: now(),
		requestId: newRequestId(now()),
		isHeld: false,
		get statusCode() {
			return response.headersSent ? response.statusCode : undefined;
		},
	};
	calls.push(call);
	response.setHeader('date', new Date(now()).toUTCString());
	response.once('close', () => onCall?.(call));

	const bytes = await buffer(request);
	const body = await parseBody(bytes, request.headers['content-type']);
	call.body = describeBody(body);
	const fault: Hits = match ? faults.take(match.endpoint.route, url.pathname, provider) : {};
	call.fault = fault.answer?.kind ?? fault.fate?.kind ?? fault.webhook?.kind;

	const delaySeconds = latencySeconds + latencyJitterSeconds * ((calls.length * goldenRatio) % 1);
	if (delaySeconds > 0) await hold(call, delaySeconds);

	const received = { host, method, path: url.pathname, searchParams: url.searchParams, bytes };
	const answer = async () => await findAnswer(server, match, request, call, received, body, fault);
	const reply = ({ statusCode, body: answerBody, headers: own }: Answer, extra?: Record<string, string>) => {
		const headers = { [server.requestIdHeader]: call.requestId, ...own, ...extra };
		if (answerBody === undefined) {
			response.writeHead(statusCode, headers).end();
			return;
		}
		send(response, statusCode, 'application/json; charset=utf-8', JSON.stringify(answerBody), headers);
	};
	if (fault.answer) await spoil(fault.answer, server, call, request, response, answer, reply);
	else reply(await answer());
}

async function hold(call: ApiCall, seconds: number): Promise<void> {
	call.isHeld = true;
	await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
	call.isHeld = false;
}

async function findAnswer(
	server: ProviderServer,
	match: EndpointMatch | undefined,
	request: IncomingMessage,
	{ query, requestId }: ApiCall,
	received: ReceivedRequest,
	body: RequestBody,
	{ fate, webhook: webhookEffect }: Hits,
): Promise<Answer> {
	const { host, method, path, searchParams } = received;
	try {
		if (!match) throw server.unknownPath(method, path, host);
		const { endpoint, pathParameters } = match;
		const { headers } = request;
		const caller = endpoint.isPublic ? nobody : server.authenticate(headers, received);
		const apiRequest = {
			...{ caller, requestId, pathParameters, query, searchParams, headers, body },
			...{ fate, webhookEffect },
		};
		const answer = await endpoint.handle(apiRequest);
		return { statusCode: endpoint.statusCode ?? 200, body: answer };
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		return { statusCode: error.statusCode, body: error.body(requestId), headers: error.headers };
	}
}

async function spoil(
	effect: AnswerEffect,
	server: ProviderServer,
	call: ApiCall,
	request: IncomingMessage,
	response: ServerResponse,
	answer: () => Promise<Answer>,
	reply: (answer: Answer, headers?: Record<string, string>) => void,
): Promise<void> {
	const { route, requestId } = call;
	if ('afterAcceptance' in effect && effect.afterAcceptance) await answer();
	switch (effect.kind) {
		case 'late':
			await hold(call, effect.seconds);
			reply(await answer());
			return;
		case 'hang':
			return;
		case 'reset':
			request.socket.resetAndDestroy();
			return;
		case 'html':
			send(response, effect.statusCode, 'text/html; charset=utf-8', htmlPage);
			return;
		case 'malformedJson':
			send(response, 200, 'application/json; charset=utf-8', '{"code":"success","data":{"task_i');
			return;
		case 'status': {
			const { statusCode, retryAfterSeconds, body } = effect;
			const headers = retryAfterHeader(retryAfterSeconds);
			if (body === undefined) {
				reply({ statusCode, body: server.failure(statusCode, route).body(requestId) }, headers);
			} else {
				send(response, statusCode, 'application/json; charset=utf-8', JSON.stringify(body), headers);
			}
			return;
		}
		case 'refusalInside200':
			if (route) reply({ statusCode: 200, body: server.refusalInside200(route).body(requestId) });
			return;
		case 'missingId': {
			const { statusCode, body } = await answer();
			reply({ statusCode, body: body && server.withoutId(body) });
			return;
		}
		default:
			throw new Error(`The fault "${effect.kind}" is for the storage server`);
	}
}

interface EndpointMatch {
	endpoint: Endpoint;
	pathParameters: string[];
}

function findEndpoint(
	endpoints: Endpoint[],
	method: string,
	{ pathname: path, searchParams }: URL,
	host: string | undefined,
): EndpointMatch | undefined {
	for (const endpoint of endpoints) {
		if (endpoint.method !== method || endpoint.host !== host) continue;
		const wanted = Object.entries(endpoint.query ?? {});
		if (wanted.some(([name, value]) => searchParams.get(name) !== value)) continue;
		if (typeof endpoint.path === 'string') {
			if (endpoint.path === path) return { endpoint, pathParameters: [] };
		} else {
			const match = endpoint.path.exec(path);
			if (match) return { endpoint, pathParameters: match.slice(1).map(decode) };
		}
	}
	return undefined;
}

function describeBody(body: RequestBody): unknown {
	switch (body.kind) {
		case 'none':
			return undefined;
		case 'json':
			return body.value;
		case 'invalid':
			return body.reason;
		case 'form': {
			const files = Object.entries(body.files).map(([name, file]) => {
				return [name, { name: file.name, type: file.type, sizeBytes: file.bytes.length }];
			});
			return { ...body.fields, ...Object.fromEntries(files) };
		}
	}
}

/** As the gateway writes them: the time, then random digits. */
function newRequestId(nowMs: number): string {
	const time = new Date(nowMs).toISOString().replace(/\D/g, '');
	return `${time}${randomBytes(4).toString('hex')}`;
}
