import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { listen } from '../listen';
import { Refusal } from './refusal';

/**
 * The part of OpenAI's API that lets a chat model call tools, with a script in the place of the model;
 * https://platform.openai.com/docs/api-reference/chat.
 */

const functionName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/);

const toolSchema = z
	.object({
		type: z.literal('function'),
		function: z
			.object({
				name: functionName,
				description: z.string().max(1024).optional(),
				parameters: z
					.object({
						type: z.literal('object'),
						properties: z.record(z.object({ type: z.string(), description: z.string().optional() }).passthrough()),
						required: z.array(z.string()).optional(),
					})
					.passthrough(),
				strict: z.boolean().nullish(),
			})
			.strict(),
	})
	.strict();

const toolCallSchema = z
	.object({
		id: z.string().min(1),
		type: z.literal('function'),
		function: z.object({ name: functionName, arguments: z.string() }).strict(),
	})
	.strict();

const textPartSchema = z.object({ type: z.literal('text'), text: z.string() }).strict();

const messageSchema = z.discriminatedUnion('role', [
	z.object({ role: z.literal('system'), content: z.string() }).strict(),
	/** The newer name of the system message. */
	z.object({ role: z.literal('developer'), content: z.string() }).strict(),
	z.object({ role: z.literal('user'), content: z.string() }).strict(),
	z
		.object({
			role: z.literal('assistant'),
			content: z.union([z.string(), z.array(textPartSchema)]).nullish(),
			tool_calls: z.array(toolCallSchema).min(1).optional(),
		})
		.strict(),
	z
		.object({
			role: z.literal('tool'),
			content: z.string(),
			tool_call_id: z.string(),
			/** Not documented here, but accepted: n8n's memory adds it. */
			name: functionName.optional(),
		})
		.strict(),
]);

const requestSchema = z
	.object({
		model: z.string().min(1),
		messages: z.array(messageSchema).min(1),
		tools: z.array(toolSchema).min(1).optional(),
		stream: z.literal(false).optional(),
		n: z.literal(1).optional(),
		temperature: z.number().min(0).max(2).optional(),
		top_p: z.number().min(0).max(1).optional(),
	})
	.strict();

export type ChatTool = z.infer<typeof toolSchema>['function'];
export type ChatMessage = z.infer<typeof messageSchema>;
export type ChatRequest = z.infer<typeof requestSchema>;

/** What a model answers: words, or the call of a tool. */
export type Reply = { content: string } | { call: string; arguments: Record<string, unknown> };

export interface OpenAiServer {
	/** Fields of n8n's credential type `openAiApi`. */
	credentialData: { apiKey: string; url: string };
	/** What the model was asked, in the order of arrival. */
	requests: readonly ChatRequest[];
	/** Every request as it came, refused ones too, without its headers. */
	bodies: readonly string[];
	/** What was refused, which a client may have hidden by another attempt. */
	refusals: readonly string[];
	close(): Promise<void>;
}

/**
 * Starts the API on 127.0.0.1.
 * @param think answers each request that the API would take
 */
export async function startOpenAiServer(think: (request: ChatRequest) => Reply): Promise<OpenAiServer> {
	const apiKey = 'not-a-real-key-of-openai';
	const requests: ChatRequest[] = [];
	const bodies: string[] = [];
	const refusals: string[] = [];

	async function answer(request: IncomingMessage): Promise<object> {
		const body = await text(request);
		bodies.push(body);
		if (request.headers.authorization !== `Bearer ${apiKey}`) {
			throw new Refusal(401, 'Incorrect API key provided');
		}
		switch (`${request.method} ${request.url}`) {
			case 'GET /v1/models':
				return { object: 'list', data: [{ id: 'gpt-5-mini', object: 'model', created: 1, owned_by: 'openai' }] };
			case 'POST /v1/chat/completions': {
				const asked = readRequest(body);
				requests.push(asked);
				const reply = think(asked);
				checkCall(reply, asked);
				return completion(asked, reply, requests.length);
			}
			default:
				throw new Refusal(404, `Invalid URL (${request.method} ${request.url})`);
		}
	}

	const server = createServer((request, response) => {
		answer(request).then(
			(result) => send(response, 200, result),
			(error: unknown) => {
				const { statusCode, message } = error instanceof Refusal ? error : new Refusal(500, String(error));
				refusals.push(message);
				const type = statusCode === 500 ? 'server_error' : 'invalid_request_error';
				send(response, statusCode, { error: { message, type, param: null, code: null } });
			},
		);
	});
	const { origin, close } = await listen(server);
	return {
		credentialData: { apiKey, url: `${origin}/v1` },
		requests,
		bodies,
		refusals,
		close,
	};
}

function send(response: ServerResponse, statusCode: number, body: object): void {
	response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** @throws Refusal for what the API does not take */
function readRequest(body: string): ChatRequest {
	const read = requestSchema.safeParse(JSON.parse(body));
	if (!read.success) {
		const [issue] = read.error.issues;
		throw new Refusal(400, `Invalid value for '${issue?.path.join('.')}': ${issue?.message}`);
	}
	const { messages, tools = [] } = read.data;
	const names = tools.map((tool) => tool.function.name);
	if (new Set(names).size < names.length) throw new Refusal(400, "Invalid 'tools': names must be unique");
	checkToolMessages(messages);
	return read.data;
}

/** Each call of a tool has to be followed by its answer, and each answer has to follow its call. */
function checkToolMessages(messages: readonly ChatMessage[]): void {
	let open = new Set<string>();
	for (const message of messages) {
		if (message.role === 'tool') {
			if (!open.delete(message.tool_call_id)) {
				throw new Refusal(400, "messages with role 'tool' must be a response to a preceding message with 'tool_calls'");
			}
			continue;
		}
		if (open.size > 0) {
			throw new Refusal(400, `These tool_call_ids have no response messages: ${[...open].join(', ')}`);
		}
		open = new Set(message.role === 'assistant' ? message.tool_calls?.map(({ id }) => id) : []);
	}
	if (open.size > 0) throw new Refusal(400, `These tool_call_ids have no response messages: ${[...open].join(', ')}`);
}

/** A model may only call the tools that it was given. */
function checkCall(reply: Reply, { tools = [] }: ChatRequest): void {
	if (!('call' in reply)) return;
	const tool = tools.map(({ function: { name, parameters } }) => ({ name, parameters })).find(({ name }) => name === reply.call);
	if (!tool) throw new Error(`The script calls ${reply.call}, which is not among the tools`);
	const { properties, required = [] } = tool.parameters;
	const missing = required.filter((name) => !(name in reply.arguments));
	const unknown = Object.keys(reply.arguments).filter((name) => !(name in properties));
	if (missing.length + unknown.length > 0) {
		throw new Error(`The script calls ${reply.call} without ${String(missing)} and with ${String(unknown)}`);
	}
}

function completion({ model }: ChatRequest, reply: Reply, number: number): object {
	const isCall = 'call' in reply;
	const message = isCall
		? {
				role: 'assistant',
				content: null,
				tool_calls: [
					{
						id: `call_${number}`,
						type: 'function',
						function: { name: reply.call, arguments: JSON.stringify(reply.arguments) },
					},
				],
			}
		: { role: 'assistant', content: reply.content };
	return {
		id: `chatcmpl-${number}`,
		object: 'chat.completion',
		created: Math.floor(Date.now() / 1000),
		model,
		choices: [{ index: 0, message, logprobs: null, finish_reason: isCall ? 'tool_calls' : 'stop' }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	};
}
