import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeApiError, NodeConnectionTypes } from 'n8n-workflow';
import { appendFileSync } from 'node:fs';

/**
 * Nodes that exist only to see what n8n does with suspended executions. A real n8n loads this file on its own,
 * so it imports nothing of ours, and what the nodes do is said by their parameters and by the calls that they get.
 */

/** What a node saw from where n8n ran it. */
export interface Sight {
	where: 'execute' | 'webhook';
	/** The name of the workflow. */
	workflow: string | undefined;
	[name: string]: unknown;
}

/** The instructions for `webhook()` in the body of a call. Without any, it answers "not yet". */
export interface Order {
	/** The execution resumes with these items, by output. `file` becomes a file. */
	outputs?: Array<Array<{ json: IDataObject; pairedItem?: { item: number }; file?: string }>>;
	/** The answer to the call. */
	webhookResponse?: string | IDataObject;
	/** Nothing for n8n to answer with. */
	isSilent?: boolean;
	/** Answers by itself, with this status. */
	refuseWith?: number;
	/** Written into the custom data. */
	customData?: string;
	failWith?: string;
	/** Waits, before anything else, until so many calls to the workflow are being handled. */
	together?: number;
}

/** The file into which the nodes write what they see in a real n8n, one JSON text per line. */
const seenFile = process.env.SUSPENDING_SEEN_FILE;
const toFile = { push: (sight: Sight) => appendFileSync(seenFile ?? '', `${JSON.stringify(sight)}\n`) };

/** Stands in for the Manual Trigger of the harness in a real n8n: a call begins an execution with its items. */
export class Start implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Start',
		name: 'start',
		group: ['trigger'],
		version: 1,
		description: 'Starts with the items of a call',
		defaults: { name: 'Start' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		webhooks: [
			{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: '={{ $parameter["path"] }}', isFullPath: true },
		],
		properties: [{ displayName: 'Path', name: 'path', type: 'string', default: '' }],
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return { workflowData: [this.getBodyData().items as unknown as INodeExecutionData[]] };
	}
}

/**
 * Suspends the execution for `waitSeconds`, with `{ word, round, file }` for each item at its own input.
 * With `loop` it has the outputs Still Running and Finished, and suspends until the item's round is `rounds`.
 */
export class Suspending implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Suspending',
		name: 'suspending',
		group: ['transform'],
		version: [1, 2],
		description: 'Suspends the execution',
		defaults: { name: 'Suspending' },
		inputs: [NodeConnectionTypes.Main],
		outputs: `={{ $parameter["loop"] ? ["${NodeConnectionTypes.Main}", "${NodeConnectionTypes.Main}"] : ["${NodeConnectionTypes.Main}"] }}`,
		outputNames: ['Still Running', 'Finished'],
		webhooks: [
			{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: '', restartWebhook: true },
			{ name: 'setup', httpMethod: 'PUT', responseMode: 'onReceived', path: 'other', responseData: '=', restartWebhook: true },
			{ name: 'default', httpMethod: 'GET', responseMode: 'onReceived', path: 'start' },
		],
		properties: [
			{ displayName: 'Word', name: 'word', type: 'string', default: '' },
			{ displayName: 'Loop', name: 'loop', type: 'boolean', default: false },
			{ displayName: 'Rounds', name: 'rounds', type: 'number', default: 3 },
			{ displayName: 'Wait', name: 'waitSeconds', type: 'number', default: 3600 },
			{ displayName: 'File', name: 'file', type: 'boolean', default: false },
			{ displayName: 'Keep Every', name: 'keepEvery', type: 'number', default: 1 },
		],
	};

	readonly execute: (this: IExecuteFunctions) => Promise<INodeExecutionData[][]>;

	readonly webhook: (this: IWebhookFunctions) => Promise<IWebhookResponseData>;

	constructor(seen: { push(sight: Sight): unknown } = toFile) {
		// n8n calls the methods of a node with `this` set to its helpers.
		this.execute = async function () {
			return await suspend(this, seen);
		};
		this.webhook = async function () {
			return await handleCall(this, seen);
		};
	}
}

async function suspend(
	node: IExecuteFunctions,
	seen: { push(sight: Sight): unknown },
): Promise<INodeExecutionData[][]> {
	const items = node.getInputData();
	const context = node.getContext('node');
	const memory = node.getWorkflowStaticData('node');
	seen.push({
		where: 'execute',
		workflow: node.getWorkflow().name,
		context: { ...context },
		memory: { ...memory },
		words: items.map((_, index) => node.getNodeParameter('word', index)),
		customData: node.customData.getAll(),
		resumeUrl: node.evaluateExpression('{{ $execution.resumeUrl }}', 0),
	});
	context.runs = Number(context.runs ?? 0) + 1;
	memory.runs = Number(memory.runs ?? 0) + 1;
	node.customData.set('task', `task-${String(context.runs)}`);

	const isLoop = node.getNodeParameter('loop', 0) === true;
	const rounds = Number(node.getNodeParameter('rounds', 0));
	const isDone = isLoop && items.every(({ json }) => Number(json.round ?? 0) >= rounds);
	if (isDone) return [[], items.map(({ json }, item) => ({ json, pairedItem: { item } }))];

	const keepEvery = Number(node.getNodeParameter('keepEvery', 0));
	const suspended: INodeExecutionData[] = [];
	for (const [index, { json, binary }] of items.entries()) {
		if (index % keepEvery > 0) continue;
		const hasFile = node.getNodeParameter('file', index) === true;
		const file = binary?.data ?? (hasFile && (await makeFile(node, `file ${index}`)));
		suspended.push({
			json: { word: node.getNodeParameter('word', index), round: Number(json.round ?? 0) + 1 },
			...(file && { binary: { data: file } }),
			pairedItem: { item: index },
		});
	}
	const executeData = node.getExecuteData();
	executeData.data = { ...executeData.data, [NodeConnectionTypes.Main]: [suspended] };
	const waitMs = Number(node.getNodeParameter('waitSeconds', 0)) * 1000;
	await node.putExecutionToWait(new Date(Date.now() + waitMs));
	return [[{ json: { dropped: true } }]];
}

async function handleCall(
	node: IWebhookFunctions,
	seen: { push(sight: Sight): unknown },
): Promise<IWebhookResponseData> {
	const memory = node.getWorkflowStaticData('node');
	const suspended = node.evaluateExpression('{{ $input.all() }}') as INodeExecutionData[];
	const { rawBody } = node.getRequestObject() as { rawBody?: Buffer };
	const headers = node.getHeaderData() as Record<string, unknown>;
	// Nothing, when the call has no body that n8n reads.
	const body = node.getBodyData() as IDataObject | undefined;
	seen.push({
		where: 'webhook',
		workflow: node.getWorkflow().name,
		body,
		rawBody: rawBody?.toString(),
		// Of those that the client and the server add, as many as there are clients and servers.
		headers: { 'content-type': headers['content-type'], 'x-signature': headers['x-signature'] },
		query: node.getQueryData(),
		hasGetContext: 'getContext' in node,
		context: node.evaluateExpression(`{{ { ...$node["${node.getNode().name}"].context } }}`),
		memory: { ...memory },
		customData: node.customData.getAll(),
		executionId: node.getExecutionId(),
		word: node.getNodeParameter('word'),
		suspended,
		triggerItems: suspended.map((_, index) => evaluate(node, '{{ $("Trigger").item.json }}', index)),
	});
	memory.calls = Number(memory.calls ?? 0) + 1;

	const order: Order = body ?? {};
	if (order.together !== undefined) await meet(String(node.getWorkflow().name), order.together);
	if (order.customData !== undefined) node.customData.set(order.customData, 'yes');
	if (order.failWith !== undefined) throw new NodeApiError(node.getNode(), {}, { message: order.failWith });
	if (order.refuseWith !== undefined) {
		node.getResponseObject().status(order.refuseWith).json({ message: 'Who are you?' }).end();
		return { noWebhookResponse: true };
	}
	if (order.isSilent === true) return {};
	const { webhookResponse, outputs } = order;
	if (!outputs) return { webhookResponse: webhookResponse ?? 'not yet' };
	const workflowData = await Promise.all(
		outputs.map(async (items) => {
			return await Promise.all(
				items.map(async ({ file, ...item }): Promise<INodeExecutionData> => {
					return file === undefined ? item : { ...item, binary: { data: await makeFile(node, file) } };
				}),
			);
		}),
	);
	return { webhookResponse, workflowData };
}

const meetings = new Map<string, Array<() => void>>();

/** Comes back once it has been called so often for the workflow. */
async function meet(workflow: string, count: number): Promise<void> {
	const waiting = meetings.get(workflow) ?? [];
	meetings.set(workflow, waiting);
	const met = new Promise<void>((resolve) => waiting.push(resolve));
	if (waiting.length >= count) for (const goOn of waiting.splice(0)) goOn();
	await met;
}

/** What an expression gives, or why it gives nothing. */
function evaluate(node: IWebhookFunctions, expression: string, index: number): unknown {
	try {
		return node.evaluateExpression(expression, index);
	} catch (error) {
		return String(error);
	}
}

async function makeFile({ helpers }: IExecuteFunctions | IWebhookFunctions, content: string) {
	return await helpers.prepareBinaryData(Buffer.from(content), 'a.txt', 'text/plain');
}

/** Lets everything through that comes in, and says what it reads. */
export class Echo implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Echo',
		name: 'echo',
		group: ['transform'],
		version: 1,
		description: 'Says what it sees',
		defaults: { name: 'Echo' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		properties: [{ displayName: 'Say', name: 'say', type: 'string', default: '' }],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const echoes = items.map(async ({ binary }, item): Promise<INodeExecutionData> => {
			const file = binary?.data && (await this.helpers.getBinaryDataBuffer(item, 'data')).toString();
			return {
				json: { said: this.getNodeParameter('say', item), ...(file !== undefined && { file }) },
				...(binary && { binary }),
				pairedItem: { item },
			};
		});
		return [await Promise.all(echoes)];
	}
}
