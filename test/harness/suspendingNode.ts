import type {
	IDataObject,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import type { EngineHost, WorkflowJson } from '../../harness/engine/engine';
import { manualTrigger } from '../../harness/engine/engine';

/** A node that exists only to prove what the harness does with executions that are put aside. */

/** What the node could see from where it was asked; the tests read it. */
export interface Sight {
	where: 'execute' | 'webhook';
	atMs: number;
	[name: string]: unknown;
}

/**
 * Parks `{ word, round, file }` for each item at its own input, until `parkSeconds` from now.
 * With `loop` it has the outputs Still Running and Finished, and parks until the item's round is `rounds`.
 */
export class Parking implements INodeType {
	readonly seen: Sight[] = [];

	description: INodeTypeDescription = {
		displayName: 'Parking',
		name: 'parking',
		group: ['transform'],
		version: [1, 2],
		description: 'Puts the execution aside',
		defaults: { name: 'Parking' },
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
			{ displayName: 'Park', name: 'parkSeconds', type: 'number', default: 60 },
			{ displayName: 'File', name: 'file', type: 'boolean', default: false },
			{ displayName: 'Keep Every', name: 'keepEvery', type: 'number', default: 1 },
		],
	};

	/** What `webhook()` does with a call, by what the body asks for. */
	onCall: (this: IWebhookFunctions, body: IDataObject) => Promise<IWebhookResponseData> = async () => ({
		webhookResponse: 'not yet',
	});

	readonly execute = executeOf(this);

	readonly webhook = webhookOf(this);
}

// n8n calls the methods of a node with `this` set to its helpers.
function executeOf(parking: Parking) {
	return async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const context = this.getContext('node');
		const memory = this.getWorkflowStaticData('node');
		parking.seen.push({
			where: 'execute',
			atMs: Date.now(),
			context: { ...context },
			memory: { ...memory },
			words: items.map((_, index) => this.getNodeParameter('word', index)),
			customData: this.customData.getAll(),
			resumeUrl: this.evaluateExpression('{{ $execution.resumeUrl }}', 0),
		});
		context.runs = Number(context.runs ?? 0) + 1;
		memory.runs = Number(memory.runs ?? 0) + 1;
		this.customData.set('task', `task-${String(context.runs)}`);

		const isLoop = this.getNodeParameter('loop', 0) === true;
		const rounds = Number(this.getNodeParameter('rounds', 0));
		const isDone = isLoop && items.every(({ json }) => Number(json.round ?? 0) >= rounds);
		if (isDone) return [[], items.map(({ json }, item) => ({ json, pairedItem: { item } }))];

		const keepEvery = Number(this.getNodeParameter('keepEvery', 0));
		const parked: INodeExecutionData[] = [];
		for (const [index, { json, binary }] of items.entries()) {
			if (index % keepEvery > 0) continue;
			const file =
				binary?.data ??
				(this.getNodeParameter('file', index) === true
					? await this.helpers.prepareBinaryData(Buffer.from(`file ${index}`), 'a.txt', 'text/plain')
					: undefined);
			parked.push({
				json: {
					word: this.getNodeParameter('word', index),
					round: Number(json.round ?? 0) + 1,
				},
				...(file && { binary: { data: file } }),
				pairedItem: { item: index },
			});
		}
		const executeData = this.getExecuteData();
		executeData.data = { ...executeData.data, [NodeConnectionTypes.Main]: [parked] };
		const parkMs = Number(this.getNodeParameter('parkSeconds', 0)) * 1000;
		await this.putExecutionToWait(new Date(Date.now() + parkMs));
		return [[{ json: { dropped: true } }]];
	};
}

function webhookOf(parking: Parking) {
	return async function webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const memory = this.getWorkflowStaticData('node');
		const { rawBody } = this.getRequestObject() as { rawBody?: Buffer };
		parking.seen.push({
			where: 'webhook',
			atMs: Date.now(),
			body: this.getBodyData(),
			rawBody: rawBody?.toString(),
			headers: { ...this.getHeaderData() },
			query: this.getQueryData(),
			hasGetContext: 'getContext' in this,
			context: this.evaluateExpression(`{{ { ...$node["${this.getNode().name}"].context } }}`),
			memory: { ...memory },
			customData: this.customData.getAll(),
			executionId: this.getExecutionId(),
			word: this.getNodeParameter('word'),
			parked: this.evaluateExpression('{{ $input.all() }}'),
			triggerItem: this.evaluateExpression('{{ $("Trigger").item.json }}'),
			secondTriggerItem: this.evaluateExpression('{{ $("Trigger").item.json }}', 1),
		});
		memory.calls = Number(memory.calls ?? 0) + 1;
		return await parking.onCall.call(this, this.getBodyData());
	};
}

/** Lets everything through that comes in. */
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
		return [
			items.map(({ binary }, item) => ({
				json: { said: this.getNodeParameter('say', item) as string },
				...(binary && { binary }),
				pairedItem: { item },
			})),
		];
	}
}

const node = (name: string, type: string, parameters: INodeParameters, others: Partial<INode>): INode => ({
	id: name,
	name,
	type,
	typeVersion: 1,
	position: [0, 0],
	parameters,
	...others,
});

const to = (name: string) => ({ node: name, type: NodeConnectionTypes.Main, index: 0 });

/** Trigger → Parking → After (and Failed, at the last output), or with Still Running wired to itself. */
export function parkingWorkflow(
	parameters: INodeParameters,
	{ say = '={{ $json.word }}', ...settings }: Partial<INode> & { say?: string } = {},
): WorkflowJson {
	const outputs = [...(parameters.loop ? ['Parking'] : []), 'After', ...(settings.onError ? ['Failed'] : [])];
	return {
		nodes: [
			node('Trigger', manualTrigger.description.name, {}, {}),
			node('Parking', 'n8n-nodes-seedance.parking', parameters, settings),
			node('After', 'n8n-nodes-seedance.echo', { say }, {}),
			node('Failed', 'n8n-nodes-seedance.echo', { say: '={{ $json.error }}' }, {}),
		],
		connections: {
			Trigger: { main: [[to('Parking')]] },
			Parking: { main: outputs.map((name) => [to(name)]) },
		},
	};
}

export function parkingHost(overrides: Partial<EngineHost> = {}): EngineHost & { parking: Parking } {
	const parking = new Parking();
	return { nodeTypes: [parking, new Echo()], ...overrides, parking };
}
