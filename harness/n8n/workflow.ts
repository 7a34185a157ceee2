import type { Workflow, WorkflowNode } from './n8nClient';

type NodeOptions = Pick<
	WorkflowNode,
	'credentials' | 'onError' | 'retryOnFail' | 'maxTries' | 'waitBetweenTries'
>;

/** Builds a workflow from a webhook on: nodes in a row unless told otherwise. */
export class WorkflowBuilder {
	private readonly nodes: WorkflowNode[] = [];
	private readonly connections: Workflow['connections'] = {};

	constructor(
		private readonly name: string,
		/** The path of the production webhook that starts the workflow. */
		readonly webhookPath: string,
		/** When the webhook answers: at once, or by a node of the workflow. */
		responseMode: 'onReceived' | 'responseNode' = 'onReceived',
	) {
		this.add('Webhook', 'n8n-nodes-base.webhook', 2.1, {
			httpMethod: 'POST',
			path: webhookPath,
			responseMode,
			options: {},
		});
	}

	add(
		name: string,
		type: string,
		typeVersion: number,
		parameters: Record<string, unknown>,
		options: NodeOptions = {},
	): this {
		this.nodes.push({
			name,
			type,
			typeVersion,
			position: [this.nodes.length * 200, 0],
			parameters,
			...options,
			...(type === 'n8n-nodes-base.webhook' && { webhookId: this.webhookPath }),
		});
		return this;
	}

	connect(from: string, to: string, { output = 0, input = 0 } = {}): this {
		const outputs = (this.connections[from] ??= { main: [] }).main;
		while (outputs.length <= output) outputs.push([]);
		outputs[output]?.push({ node: to, type: 'main', index: input });
		return this;
	}

	/** Connects first outputs to first inputs, in a row. */
	chain(...names: string[]): this {
		names.slice(1).forEach((name, index) => this.connect(names[index] ?? '', name));
		return this;
	}

	build(): Workflow {
		return { name: this.name, nodes: this.nodes, connections: this.connections, settings: {} };
	}
}

/** A resource locator in its By ID mode. */
export const byId = (value: string) => ({ __rl: true, mode: 'id', value });
