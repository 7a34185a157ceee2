import type { IConnections, INode, INodeParameters } from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { providers } from '../nodes/shared/providers';
import type { WorkflowJson } from './engine/engine';

/** The folder that the examples name for files; n8n in its Docker image reads and writes there. */
const folderInExamples = '/home/node/.n8n-files';

interface Choices {
	/** Default: the provider that the example names. One that falls back to another provider keeps both. */
	provider?: string;
	/** Where files are read and written; a picture, a clip and a sound are in its subfolder `seedance`. */
	folder: string;
	pollingIntervalSeconds: number;
}

/** Applies to an example what its sticky note asks the user to do. */
export async function loadExample(
	file: string,
	{ provider, folder, pollingIntervalSeconds }: Choices,
): Promise<WorkflowJson> {
	const text = await readFile(path.join(__dirname, '../examples', file), 'utf8');
	const example = jsonParse<WorkflowJson>(
		text.replaceAll(folderInExamples, folder.split(path.sep).join(path.posix.sep)),
	);
	const workflow =
		provider !== undefined && hasOneProvider(example) ? withProvider(example, provider) : example;
	const nodes = workflow.nodes.map((node): INode => {
		if (!isOurs(node)) return node;
		const waits = node.type.endsWith('.seedanceGenerate');
		const given = node.parameters.options;
		const options = waits
			? { options: { ...(isCollection(given) && given), pollingIntervalSeconds } }
			: {};
		// The harness gives a node the credential of its provider, as the user chooses one in the editor.
		return { ...node, parameters: { ...node.parameters, ...options }, credentials: undefined };
	});
	return { ...workflow, nodes };
}

/** False for an example whose subject is the fallback from one provider to another. */
function hasOneProvider({ nodes }: WorkflowJson): boolean {
	return new Set(nodes.filter(isOurs).map(({ parameters }) => parameters.provider)).size === 1;
}

const isCollection = (value: unknown): value is INodeParameters =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const isOurs = ({ type }: INode) => type.startsWith('n8n-nodes-seedance.');

function withProvider(workflow: WorkflowJson, provider: string): WorkflowJson {
	const hasGroups = providers.find(({ id }) => id === provider)?.assetGroups !== undefined;
	const { nodes, connections } = hasGroups ? workflow : withoutGroups(workflow);
	return {
		...workflow,
		connections,
		nodes: nodes.map((node) => {
			if (!isOurs(node)) return node;
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
