import type { INode, INodeParameters } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import type { EngineHost, WorkflowJson } from '../../../harness/engine/engine';
import { manualTrigger } from '../../../harness/engine/engine';
import { node } from '../../../harness/engine/node';
import { Echo, type Sight, Suspending } from './nodes';

const to = (name: string) => ({ node: name, type: NodeConnectionTypes.Main, index: 0 });

/** Trigger → Suspending → After (and Failed, at the last output), or with Still Running wired to itself. */
export function suspendingWorkflow(
	parameters: INodeParameters,
	{ say = '={{ $json.word }}', ...settings }: Partial<INode> & { say?: string } = {},
): WorkflowJson {
	const outputs = [...(parameters.loop ? ['Suspending'] : []), 'After', ...(settings.onError ? ['Failed'] : [])];
	return {
		nodes: [
			node('Trigger', manualTrigger.description.name, {}, {}),
			node('Suspending', 'n8n-nodes-seedance.suspending', parameters, settings),
			node('After', 'n8n-nodes-seedance.echo', { say }, {}),
			node('Failed', 'n8n-nodes-seedance.echo', { say: '={{ $json.error }}' }, {}),
		],
		connections: {
			Trigger: { main: [[to('Suspending')]] },
			Suspending: { main: outputs.map((name) => [to(name)]) },
		},
	};
}

/** The harness with these nodes, and what they saw. */
export function suspendingHost(overrides: Partial<EngineHost> = {}): EngineHost & { seen: Sight[] } {
	const seen: Sight[] = [];
	return { nodeTypes: [new Suspending(seen), new Echo()], ...overrides, seen };
}
