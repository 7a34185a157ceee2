import type {
	EngineRequest,
	EngineResponse,
	IDataObject,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	INodeType,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import type { WorkflowJson } from '../../harness/engine/engine';
import { manualTrigger } from '../../harness/engine/engine';

/**
 * AI agents on n8n's engine, with a list of tool calls in the place of a model. What calls the tool is n8n-core's own:
 * - `nodes`: as an agent of version 3, which asks the engine to run its tools as nodes, one after the other;
 * - `functions`: as an older agent, which calls its tools itself, those of a turn in parallel.
 */
export type AgentKind = 'nodes' | 'functions';

/** What the model fills in, by turns; the calls of a turn are made in parallel where the agent can. */
export type Turns = ReadonlyArray<readonly IDataObject[]>;

export const agentName = 'Agent';
export const toolName = 'Tool';

/** @returns an agent whose items are the answers to its calls: `{ answer }` or `{ failure }`, by turns */
export function agentNode(kind: AgentKind, turns: Turns): INodeType {
	return {
		description: {
			displayName: 'Agent',
			name: 'test.agent',
			group: ['transform'],
			version: 1,
			description: 'Calls its tool as it is told',
			defaults: { name: 'Agent' },
			inputs: [NodeConnectionTypes.Main, { type: NodeConnectionTypes.AiTool }],
			outputs: [NodeConnectionTypes.Main],
			properties: [],
		},
		execute: kind === 'nodes' ? askEngine(turns) : callTools(turns),
	};
}

/** A node as n8n offers it to agents: ai-tools of packages/cli makes this of each node that is usable as a tool. */
export function asToolOfAgent(node: INodeType): INodeType {
	const { description } = node;
	return Object.create(node, {
		description: {
			value: { ...description, name: `${description.name}Tool`, inputs: [], outputs: [NodeConnectionTypes.AiTool] },
		},
	}) as INodeType;
}

/** A trigger, and an agent that has the tool. */
export function agentWorkflow(tool: Pick<INode, 'type' | 'parameters'> & Partial<INode>): WorkflowJson {
	const node = (name: string, type: string): INode => ({
		id: name,
		name,
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	});
	return {
		nodes: [
			node('Trigger', manualTrigger.description.name),
			node(agentName, 'test.agent'),
			{ ...node(toolName, tool.type), ...tool, id: toolName, name: toolName },
		],
		connections: {
			Trigger: { main: [[{ node: agentName, type: NodeConnectionTypes.Main, index: 0 }]] },
			[toolName]: { ai_tool: [[{ node: agentName, type: NodeConnectionTypes.AiTool, index: 0 }]] },
		},
	};
}

interface Progress {
	answers: INodeExecutionData[];
}

function askEngine(turns: Turns): NonNullable<INodeType['execute']> {
	return async function (this: IExecuteFunctions, response?: EngineResponse): Promise<EngineRequest | INodeExecutionData[][]> {
		const isBegun = response !== undefined && response.actionResponses.length > 0;
		const earlier = isBegun ? (response.metadata as Progress).answers : [];
		const answers = [
			...earlier,
			...(response?.actionResponses ?? []).map(({ data }) => {
				const [item] = data.data?.ai_tool?.[0] ?? [];
				const failure = data.error?.message ?? item?.json.error;
				return { json: failure === undefined ? { answer: item?.json } : { failure } };
			}),
		];
		let made = 0;
		const turn = turns.find((calls) => (made += calls.length) > answers.length);
		if (!turn) return [answers];
		const metadata: Progress = { answers };
		return {
			actions: turn.map((input, index) => ({
				actionType: 'ExecutionNodeAction' as const,
				nodeName: toolName,
				input,
				type: NodeConnectionTypes.AiTool,
				// Some models number their calls from 0 in each turn.
				id: `call_${index}`,
				metadata: {},
			})),
			metadata,
		};
	};
}

interface Tool {
	invoke(input: IDataObject): Promise<unknown>;
}

function callTools(turns: Turns): NonNullable<INodeType['execute']> {
	return async function (this: IExecuteFunctions) {
		const [tool] = (await this.getInputConnectionData(NodeConnectionTypes.AiTool, 0)) as Tool[];
		const answers: INodeExecutionData[] = [];
		for (const turn of turns) {
			const ofTurn = turn.map(async (input): Promise<INodeExecutionData> => {
				try {
					const [answer] = JSON.parse(String(await tool?.invoke(input))) as IDataObject[];
					return { json: { answer } };
				} catch (error) {
					return { json: { failure: error instanceof Error ? error.message : String(error) } };
				}
			});
			answers.push(...(await Promise.all(ofTurn)));
		}
		return [answers];
	};
}
