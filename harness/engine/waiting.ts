/**
 * Resumes executions that a node suspended with `putExecutionToWait`: by n8n's timer, or by a call to
 * `$execution.resumeUrl`. Follows n8n 2.41 (wait-tracker.ts, workflow-runner.ts, waiting-webhooks.ts,
 * webhook-helpers.ts, execution-persistence.ts of packages/cli), whose engine does the rest.
 *
 * ```ts
 * const { run, workflow } = await runNode(host, 'n8n-nodes-seedance.suspending', { mode: 'trigger' });
 * run.status; // 'waiting'
 * const { response, ...outcome } = await callResumeUrl(host, workflow, run, { body: { status: 'done' } });
 * if (outcome.resumed) outputOf(outcome.run, 'Node');
 * else await resumeByTimer(host, workflow, run); // at run.waitTill; in virtual time this takes no time
 * ```
 */
import type { Request } from 'express';
import { parse, stringify } from 'flatted';
import { WAITING_TOKEN_QUERY_PARAM, WebhookContext, WorkflowExecute } from 'n8n-core';
import type {
	CloseFunction,
	IDataObject,
	IHttpRequestMethods,
	INode,
	IRun,
	IRunExecutionData,
	IWebhookData,
	IWebhookDescription,
	IWebhookResponseData,
	Workflow,
} from 'n8n-workflow';
import { deepCopy, UnexpectedError, WAIT_INDEFINITELY } from 'n8n-workflow';
import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse as parseQuery } from 'node:querystring';
import { buffer } from 'node:stream/consumers';
import { MIMEType } from 'node:util';
import {
	additionalDataOf,
	buildWorkflow,
	chooseBinaryMode,
	type EngineHost,
	executionIdOf,
	type RunOptions,
	runOnEngine,
	type WorkflowJson,
} from './engine';

export type ResumeOptions = Pick<RunOptions, 'staticData' | 'signal' | 'configureHooks'>;

/** A call to the resume URL of a run. */
export interface ResumeCall {
	/** The whole URL as the caller got it. Default: what `$execution.resumeUrl` says. */
	url?: string;
	/** The path of the webhook of the node, behind the execution's ID. */
	path?: string;
	/** Added to the URL, or put in place of what is there, such as `signature`. */
	query?: Record<string, string>;
	/** Default POST. */
	method?: 'DELETE' | 'GET' | 'HEAD' | 'PATCH' | 'POST' | 'PUT';
	/** Default with a body: `content-type: application/json`. */
	headers?: Record<string, string>;
	/** Sent as JSON. */
	body?: unknown;
	/** Sent as it is, in place of `body`. */
	rawBody?: string | Uint8Array;
}

export interface ResumeResponse {
	statusCode: number;
	headers: Record<string, string>;
	/** As the node or n8n gave it, before it becomes JSON. */
	body: unknown;
}

/** Whether the call resumed the execution. If so, `run` is its next state: ended, or suspended again. */
export type ResumeOutcome =
	| { response: ResumeResponse; resumed: false }
	| { response: ResumeResponse; resumed: true; run: IRun };

/** An execution as the server finds it in its database. */
export interface StoredExecution {
	host: EngineHost;
	workflow: WorkflowJson;
	/** Any of its runs so far. Without: its first run is not over. */
	run?: IRun;
	options?: ResumeOptions;
}

/**
 * Waits until the time that the run is suspended to, then resumes it as n8n's timer does: the node that
 * suspended it is not run again; the items that it left at its input come out of its first output.
 *
 * The static data of the workflow are empty in such a run, and replace the stored ones if a node writes into
 * them: n8n stores executions without static data, and loads them for calls only.
 *
 * @throws UnexpectedError if the execution does not wait, waits without a deadline, or a call was faster
 */
export async function resumeByTimer(
	host: EngineHost,
	workflow: WorkflowJson,
	run: IRun,
	{ staticData, ...options }: ResumeOptions = {},
): Promise<IRun> {
	const { waitTill } = latest(run) ?? {};
	if (!waitTill) throw new UnexpectedError('The execution does not wait');
	if (waitTill >= WAIT_INDEFINITELY) throw new UnexpectedError('The execution waits without a deadline');
	const durationMs = waitTill.getTime() - Date.now();
	if (durationMs > 0) await new Promise((resolve) => setTimeout(resolve, durationMs));

	const waiting = latest(run);
	if (!isWaiting(waiting)) throw new UnexpectedError('The execution does not wait any more');
	return await resume(host, workflow, waiting, readStored(waiting), {
		...options,
		staticData: {},
		configureHooks(hooks) {
			options.configureHooks?.(hooks);
			hooks.addHandler('workflowExecuteAfter', (_run, changed?: IDataObject) => {
				if (!changed || !staticData || waiting.mode === 'manual') return;
				for (const key of Object.keys(staticData)) Reflect.deleteProperty(staticData, key);
				Object.assign(staticData, deepCopy(changed));
			});
		},
	});
}

/**
 * Calls the resume URL of a run, as a provider does. The `webhook()` of the node that suspended it
 * decides whether it resumes. Nothing is sent over the network, so `webhook()` may sleep in virtual time.
 */
export async function callResumeUrl(
	host: EngineHost,
	workflow: WorkflowJson,
	run: IRun,
	{ path, query, method = 'POST', ...call }: ResumeCall = {},
	options: ResumeOptions = {},
): Promise<ResumeOutcome> {
	const url = new URL(call.url ?? resumeUrlOf(run));
	if (path) url.pathname += `/${path}`;
	for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
	const rawBody = Buffer.from(
		call.rawBody ?? (call.body === undefined ? '' : JSON.stringify(call.body)),
	);
	const headers = { ...(rawBody.length > 0 && { 'content-type': 'application/json' }), ...call.headers };
	const { response, run: resuming } = answerResumeCall(
		(executionId) => (executionId === executionIdOf(run) ? { host, workflow, run, options } : undefined),
		{ method, url: url.pathname + url.search, headers, rawBody },
	);
	const resumed = await resuming;
	return resumed
		? { response: await response, resumed: true, run: resumed }
		: { response: await response, resumed: false };
}

/** What `$execution.resumeUrl` says in a run, at `http://127.0.0.1:5678`. */
function resumeUrlOf(run: IRun): string {
	const url = new URL(`http://127.0.0.1:5678/webhook-waiting/${executionIdOf(run)}`);
	url.searchParams.set(WAITING_TOKEN_QUERY_PARAM, run.data.resumeToken ?? '');
	return url.toString();
}

/** A request as it comes over HTTP. */
export interface HttpCall {
	method: string;
	/** From the path on. */
	url: string;
	headers: IncomingHttpHeaders;
	rawBody: Buffer;
}

/**
 * n8n's endpoint `/webhook-waiting/<executionId>`.
 * @param find returns the stored execution of an ID
 * @returns the response, which n8n sends as soon as `webhook()` of the node has returned; and the resumed run,
 * undefined if the call did not resume it
 */
export function answerResumeCall(
	find: (executionId: string) => StoredExecution | undefined,
	call: HttpCall,
): { response: Promise<ResumeResponse>; run: Promise<IRun | undefined> } {
	const response = new WebhookResponse();
	const run = answer(find, call, response).catch((error: unknown) => {
		if (!(error instanceof Refusal)) {
			response.status(500).json({ message: 'The harness broke' });
			throw error;
		}
		const { statusCode, message, hint } = error;
		const code = statusCode === 500 ? 0 : statusCode;
		if (!response.headersSent) {
			response.status(statusCode).json(statusCode === 401 ? { error: message } : { code, message, ...(hint && { hint }) });
		}
		return undefined;
	});
	return { response: response.sent, run };
}

/**
 * The endpoint as an HTTP server, for callers that use the network, such as the simulator. `webhook()` must not
 * sleep in virtual time then: time stands still while a request is in flight, until the caller gives up.
 * @param onCall receives the resumed run of each call, undefined if the call did not resume its execution
 */
export async function startWebhookServer(
	find: (executionId: string) => StoredExecution | undefined,
	onCall: (run: Promise<IRun | undefined>) => void = () => {},
) {
	return await serveCalls((call) => answerResumeCall(find, call), onCall);
}

/** An HTTP server for any endpoint of webhooks. */
export async function serveCalls(
	answerCall: (call: HttpCall) => ReturnType<typeof answerResumeCall>,
	onCall: (run: Promise<IRun | undefined>) => void = () => {},
) {
	const server = createServer((request, reply) => {
		const { method = '', url = '/', headers } = request;
		const answering = (async () => {
			const { response, run } = answerCall({ method, url, headers, rawBody: await buffer(request) });
			void response.then(({ statusCode, body, ...answer }) => {
				const isText = typeof body === 'string' || body instanceof Uint8Array;
				const type = isText ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8';
				reply
					.writeHead(statusCode, { 'content-type': type, ...answer.headers })
					.end(isText ? body : JSON.stringify(body));
			});
			return await run;
		})();
		// A failure reaches `onCall`; without a listener it must not be an unhandled rejection.
		answering.catch(() => {});
		onCall(answering);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	return {
		/** For `EngineHost.webhookBaseUrl`. */
		baseUrl: `http://127.0.0.1:${port}`,
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

/** A response of n8n itself, without or in place of that of the node. */
class Refusal extends Error {
	constructor(
		readonly statusCode: number,
		message: string,
		readonly hint?: string,
	) {
		super(message);
	}
}

/** The part of express' response that nodes use. Everything after the first `end` is dropped. */
export class WebhookResponse {
	statusCode = 200;

	headersSent = false;

	readonly headers: Record<string, string> = {};

	private finish: (response: ResumeResponse) => void = () => {};

	readonly sent = new Promise<ResumeResponse>((resolve) => (this.finish = resolve));

	status(statusCode: number) {
		this.statusCode = statusCode;
		return this;
	}

	setHeader(name: string, value: string) {
		this.headers[name.toLowerCase()] = value;
		return this;
	}

	json(body: unknown) {
		return this.end(body);
	}

	send(body: unknown) {
		return this.end(body);
	}

	end(body?: unknown) {
		this.headersSent = true;
		this.finish({ statusCode: this.statusCode, headers: this.headers, body });
		return this;
	}
}

/**
 * WaitingWebhooks.executeWebhook and WebhookHelpers.executeWebhook of n8n.
 * @returns the resumed run, undefined if the node did not resume the execution
 */
async function answer(
	find: (executionId: string) => StoredExecution | undefined,
	call: HttpCall,
	response: WebhookResponse,
): Promise<IRun | undefined> {
	const { pathname, searchParams } = new URL(call.url, 'http://127.0.0.1');
	const [, executionId = '', pathSuffix = ''] =
		/^\/webhook-waiting\/([^/]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
	const execution = find(executionId);
	if (!execution) throw new Refusal(404, `The execution "${executionId}" does not exist.`);
	const { host, workflow: workflowJson, run, options = {} } = execution;
	const waiting = run && latest(run);
	const [token = '', webhookPath = ''] = splitOnce(searchParams.get(WAITING_TOKEN_QUERY_PARAM) ?? '', '/');
	if (run && !isSameToken(token, run.data.resumeToken)) throw new Refusal(401, 'Invalid token');
	if (!waiting) throw new Refusal(409, `The execution "${executionId}" is running already.`);
	if (waiting.data.resultData.error) {
		throw new Refusal(409, `The execution "${executionId}" has finished with error.`);
	}
	if (!isWaiting(waiting)) throw new Refusal(409, `The execution "${executionId} has finished already.`);

	const data = readStored(waiting);
	const [entry] = data.executionData?.nodeExecutionStack ?? [];
	const nodeName = data.resultData.lastNodeExecuted ?? '';
	// From the stored execution, so without static data.
	const workflow = buildWorkflow(host, workflowJson);
	const node = workflow.getNode(nodeName);
	if (!entry || !node) throw new Refusal(404, 'Could not find node to process webhook.');
	entry.node.disabled = true;
	data.waitTill = undefined;
	data.resultData.runData[nodeName]?.pop();

	const description = findWebhook(workflow, node, call.method, pathSuffix || webhookPath);
	if (!description) {
		const place = `The workflow for execution "${executionId}"`;
		throw new Refusal(404, `${place} does not contain a waiting webhook with a matching path/method.`);
	}
	const read = readWebhookDescription(workflow, node, description, waiting, executionId);
	const request = toExpressRequest(call, searchParams, node);
	const { result, failure } = await runWebhook(host, workflow, node, description, waiting, {
		executionId,
		request,
		response,
		data,
	});
	const respond = (body: unknown) => {
		if (!result.noWebhookResponse && !failure) response.status(read.responseCode()).send(body);
	};
	if (failure) {
		response.status(500).json({ code: 0, message: 'Workflow Webhook Error: Workflow could not be started!' });
		// n8n forgets what the execution has done so far.
		data.resultData = { runData: {}, lastNodeExecuted: nodeName, error: failure };
	}
	if (!result.workflowData) {
		respond(result.webhookResponse ?? { message: 'Webhook call received' });
		return undefined;
	}

	entry.data.main = result.workflowData;
	entry.metadata = { ...entry.metadata, forwardAllOutputs: true };
	// Another call can have resumed the execution while the node handled this one.
	if (latest(waiting) !== waiting) throw new Refusal(500, 'There was a problem executing the workflow');
	const resumed = resume(host, workflowJson, waiting, data, options);
	const said = read.responseData();
	if (said === 'noData') respond(undefined);
	else respond(said || (result.webhookResponse ?? { message: 'Workflow was started' }));
	return await resumed;
}

/** WebhookService.getNodeWebhooks of n8n, for webhooks that resume an execution. */
function findWebhook(workflow: Workflow, node: INode, method: string, path: string) {
	const { webhooks = [] } = workflow.nodeTypes.getByNameAndVersion(node.type, node.typeVersion).description;
	return webhooks.find((description) => {
		const evaluate = (value: string, otherwise?: string) =>
			String(
				workflow.expression.getSimpleParameterValue(node, value, 'internal', {}, undefined, otherwise),
			);
		return (
			description.restartWebhook === true &&
			description.nodeType !== 'form' &&
			evaluate(description.path).trim().replace(/^\/|\/$/g, '') === path &&
			evaluate(description.httpMethod, 'GET')
				.split(',')
				.some((known) => known.trim() === method)
		);
	});
}

/** What the description says of the answer. */
function readWebhookDescription(
	workflow: Workflow,
	node: INode,
	description: IWebhookDescription,
	{ mode }: IRun,
	executionId: string,
) {
	const keys = { $executionId: executionId };
	const { expression } = workflow;
	const { responseMode, responseCode, responseData, responseHeaders } = description;
	const chosenMode = expression.getSimpleParameterValue(node, responseMode, mode, keys, undefined, 'onReceived');
	if (chosenMode !== 'onReceived' || responseHeaders) {
		throw new UnexpectedError('The harness answers calls on receipt only, and without headers');
	}
	return {
		responseCode: () =>
			Number(expression.getSimpleParameterValue(node, responseCode, mode, keys, undefined, 200)),
		responseData: () =>
			expression.getComplexParameterValue(node, responseData, mode, keys, undefined, 'firstEntryJson'),
	};
}

/** WebhookService.runWebhook of n8n; an error of the node becomes an empty item, as n8n has it. */
export async function runWebhook(
	host: EngineHost,
	workflow: Workflow,
	node: INode,
	webhookDescription: IWebhookDescription,
	{ mode }: Pick<IRun, 'mode'>,
	call: {
		executionId?: string;
		request: Request;
		response: WebhookResponse;
		/** Of the execution that waits. */
		data?: IRunExecutionData;
	},
): Promise<{ result: IWebhookResponseData; failure?: IRunExecutionData['resultData']['error'] }> {
	await chooseBinaryMode(host.binaryMode ?? 'memory');
	const additionalData = {
		...additionalDataOf(host),
		executionId: call.executionId,
		httpRequest: call.request,
		httpResponse: call.response as object as Request['res'],
	};
	const webhookData: IWebhookData = {
		httpMethod: call.request.method as IHttpRequestMethods,
		node: node.name,
		path: webhookDescription.path,
		webhookDescription,
		workflowId: workflow.id,
		workflowExecuteAdditionalData: additionalData,
	};
	const closeFunctions: CloseFunction[] = [];
	const context = new WebhookContext(
		workflow,
		node,
		additionalData,
		mode,
		webhookData,
		closeFunctions,
		call.data ?? null,
	);
	const nodeType = workflow.nodeTypes.getByNameAndVersion(node.type, node.typeVersion);
	await workflow.expression.acquireIsolate();
	try {
		if (!nodeType.webhook) throw new UnexpectedError('Node does not have any webhooks defined');
		return { result: await nodeType.webhook.call(context) };
	} catch (error) {
		const failure = error as NonNullable<IRunExecutionData['resultData']['error']>;
		return {
			result: { noWebhookResponse: true, workflowData: [[{ json: {} }]] },
			failure: Object.assign({}, failure, { message: failure.message, stack: failure.stack }),
		};
	} finally {
		await Promise.allSettled(closeFunctions.map(async (close) => await close()));
		await workflow.expression.releaseIsolate();
	}
}

/** What n8n and express make of a request: body-parser.ts, and parseRequestBody of webhook-helpers.ts. */
export function toExpressRequest(
	{ rawBody, ...call }: HttpCall,
	searchParams: URLSearchParams,
	{ typeVersion }: INode,
): Request {
	const headers = Object.fromEntries(
		Object.entries(call.headers).map(([name, value]) => [name.toLowerCase(), value]),
	);
	const contentType = headers['content-type'] ? new MIMEType(String(headers['content-type'])).essence : '';
	const isRead =
		typeVersion === 1 ||
		/^(application\/json|text\/plain|application\/x-www-form-urlencoded)/.test(contentType);
	const request = {
		...call,
		headers,
		contentType,
		originalUrl: call.url,
		params: {},
		query: parseQuery(searchParams.toString()),
		// A body that n8n does not read is absent.
		rawBody: isRead ? rawBody : undefined,
		body: isRead && rawBody.length > 0 ? parseBody(rawBody, contentType) : undefined,
	};
	return request as object as Request;
}

function parseBody(rawBody: Buffer, contentType: string): unknown {
	const text = rawBody.toString();
	if (contentType === 'application/x-www-form-urlencoded') return parseQuery(text);
	if (contentType === 'text/plain') return text;
	if (contentType !== 'application/json') return undefined;
	try {
		return JSON.parse(text);
	} catch (error) {
		throw new Refusal(422, 'Failed to parse request body', (error as Error).message);
	}
}

/** The last run of an execution, undefined while it is running. */
function latest(run: IRun): IRun | undefined {
	const next = continuations.get(run);
	if (next === 'running') return undefined;
	return next ? latest(next) : run;
}

const continuations = new WeakMap<IRun, IRun | 'running'>();

const isWaiting = (run: IRun | undefined): run is IRun => run?.status === 'waiting';

/** The data of a run, written to n8n's database and read from it. */
const readStored = ({ data }: IRun) => parse(stringify(data)) as IRunExecutionData;

async function resume(
	host: EngineHost,
	workflowJson: WorkflowJson,
	waiting: IRun,
	data: IRunExecutionData,
	options: ResumeOptions,
): Promise<IRun> {
	continuations.set(waiting, 'running');
	const { mode } = waiting;
	const executionId = executionIdOf(waiting);
	const run = await runOnEngine(
		host,
		workflowJson,
		{ ...options, mode, executionId },
		({ workflow, additionalData }) =>
			new WorkflowExecute(
				{ ...additionalData, restartExecutionId: executionId },
				mode,
				data,
			).processRunExecutionData(workflow),
	);
	continuations.set(waiting, run);
	return run;
}

function isSameToken(given: string, expected = ''): boolean {
	return (
		expected !== '' &&
		given.length === expected.length &&
		timingSafeEqual(Buffer.from(given), Buffer.from(expected))
	);
}

function splitOnce(text: string, separator: string): string[] {
	const index = text.indexOf(separator);
	return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
