import type { IConnections, INode, INodeParameters } from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { providers } from '../nodes/shared/providers';
import type { WorkflowJson } from './engine/engine';

/**
 * Required fields that an example leaves empty, by node: its note asks to fill them in, and n8n does not start a
 * workflow without them, so that nothing is paid for a video that has nowhere to go.
 */
export const fieldsLeftEmpty: Readonly<Record<string, Readonly<Record<string, string[]>>>> = {
	'03-scheduled-content-pipeline.json': { 'Upload to S3': ['bucketName'], 'Post on Telegram': ['chatId'] },
	'11-publish-finished-videos.json': { 'When a Video Has Ended': ['webhookSecret'] },
	'12-photo-to-drive-and-email.json': { 'Save to Google Drive': ['folderId'], 'Send by Gmail': ['subject'] },
	'14-approve-on-telegram.json': {
		'Show Draft to Me': ['chatId'],
		'Ask Me': ['chatId'],
		'Publish in Channel': ['chatId'],
	},
};

interface Choices {
	/** Default: the provider that the example names. One that falls back to another provider keeps both. */
	provider?: string;
	/** Of each node that waits. Default: the node's own. */
	pollingIntervalSeconds?: number;
}

/** A workflow of `examples/`, with another provider or another polling interval. */
export async function loadExample(
	file: string,
	{ provider, pollingIntervalSeconds }: Choices = {},
): Promise<WorkflowJson> {
	const text = await readFile(path.join(__dirname, '../examples', file), 'utf8');
	const example = jsonParse<WorkflowJson>(text);
	const workflow =
		provider !== undefined && hasOneProvider(example) ? withProvider(example, provider) : example;
	if (pollingIntervalSeconds === undefined) return workflow;
	const nodes = workflow.nodes.map((node): INode => {
		if (node.type !== 'n8n-nodes-seedance.seedanceGenerate') return node;
		const given = node.parameters.options;
		const options = { ...(isCollection(given) && given), pollingIntervalSeconds };
		return { ...node, parameters: { ...node.parameters, options } };
	});
	return { ...workflow, nodes };
}

/** The same workflow with a Manual Trigger in the place of its form, for n8n's engine, which serves no form. */
export function startedByHand(workflow: WorkflowJson): WorkflowJson {
	const nodes = workflow.nodes.map((node): INode => {
		if (node.type !== 'n8n-nodes-base.formTrigger') return node;
		return { ...node, type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, parameters: {} };
	});
	return { ...workflow, nodes };
}

/** False for an example whose subject is the fallback from one provider to another. */
function hasOneProvider({ nodes }: WorkflowJson): boolean {
	return new Set(nodes.filter(hasProvider).map(({ parameters }) => parameters.provider)).size === 1;
}

const isCollection = (value: unknown): value is INodeParameters =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** Seedance Film Editor has none. */
const hasProvider = ({ type, parameters }: INode) => type.startsWith('n8n-nodes-seedance.') && parameters.provider !== undefined;

function withProvider(workflow: WorkflowJson, provider: string): WorkflowJson {
	const hasGroups = providers.find(({ id }) => id === provider)?.assetGroups !== undefined;
	const { nodes, connections } = hasGroups ? workflow : withoutGroups(workflow);
	return {
		...workflow,
		connections,
		nodes: nodes.map((node) => {
			if (!hasProvider(node)) return node;
			const { model, ...parameters } = node.parameters;
			// Model IDs differ; without one the first model of the provider is used.
			const keptModel = parameters.provider === provider && model !== undefined && { model };
			return { ...node, parameters: { ...parameters, ...keptModel, provider } };
		}),
	};
}

function withoutGroups({ nodes, connections }: WorkflowJson) {
	return nodes
		.filter(({ type }) => type === 'n8n-nodes-seedance.assetGroup')
		.reduce((rest, { name }) => without(rest, name), { nodes, connections });
}

/** Deletes a node as the editor does, which connects its neighbours. */
function without({ nodes, connections }: Pick<WorkflowJson, 'nodes' | 'connections'>, name: string) {
	const { [name]: deleted, ...others } = connections;
	const followers = deleted?.main?.[0] ?? [];
	const reconnected: IConnections = Object.fromEntries(
		Object.entries(others).map(([source, { main = [] }]) => [
			source,
			{
				main: main.map((targets) =>
					(targets ?? []).flatMap((target) => (target.node === name ? followers : target)),
				),
			},
		]),
	);
	return { nodes: nodes.filter((node) => node.name !== name), connections: reconnected };
}
