import type { Workflow, WorkflowNode } from '../../harness/n8n/n8nClient';
import { byId } from '../../harness/n8n/workflow';

/** The workflows that the demo video shows: every operation of a node once, in a row. */

export const manualTrigger = 'When clicking ‘Execute workflow’';

type CredentialSlots = WorkflowNode['credentials'];

interface Step {
	name: string;
	type: string;
	parameters: Record<string, unknown>;
}

const group = byId("={{ $('Create Asset Group').first().json.groupId }}");
const asset = byId("={{ $('Create Asset').first().json.assetId }}");

const groupStep = (name: string, parameters: Step['parameters']): Step => ({
	name,
	type: 'n8n-nodes-seedance.assetGroup',
	parameters,
});
const assetStep = (name: string, parameters: Step['parameters']): Step => ({
	name,
	type: 'n8n-nodes-seedance.asset',
	parameters,
});
const generateStep = (name: string, parameters: Step['parameters']): Step => ({
	name,
	type: 'n8n-nodes-seedance.seedanceGenerate',
	parameters,
});

/** The operations of Seedance Asset Group and of Seedance Asset Library: AnyFast has all of them. */
export const librarySteps: readonly Step[] = [
	groupStep('Create Asset Group', { operation: 'create', name: 'spring-campaign' }),
	groupStep('Update Asset Group', { operation: 'update', groupId: group, name: 'summer-campaign' }),
	groupStep('Get Many Asset Groups', { operation: 'getMany' }),
	assetStep('Create Asset', {
		operation: 'create',
		source: 'url',
		// A documentation address, of which the simulator fetches nothing.
		url: 'https://example.com/face.png',
		groupId: group,
		name: 'main-character',
		waitUntilActive: false,
	}),
	assetStep('Wait Until Active', { operation: 'waitUntilActive', assetId: asset }),
	assetStep('Get Asset', { operation: 'get', assetId: asset }),
	assetStep('Update Asset', { operation: 'update', assetId: asset, updateFields: { name: 'hero' } }),
	assetStep('Get Many Assets', { operation: 'getMany' }),
	assetStep('Delete Asset', { operation: 'delete', assetId: asset }),
	groupStep('Delete Asset Group', { operation: 'delete', groupId: group }),
];

const request = {
	mode: 'textToVideo',
	prompt: 'A potter shapes a tall vase on the wheel, warm workshop light',
	ratio: '9:16',
	durationSeconds: 5,
	resolution: '720p',
};
const taskId = "={{ $('Generate Video').first().json.taskId }}";

/** The operations of Seedance Generate: Apiframe has all of them. */
export const generateSteps: readonly Step[] = [
	generateStep('Check Video', { operation: 'check', ...request }),
	generateStep('Generate Video', { operation: 'generate', ...request, waitForCompletion: 'dontWait' }),
	generateStep('Get Task', { operation: 'getTask', taskId }),
	generateStep('Wait for Task', {
		operation: 'waitForTask',
		taskId,
		downloadVideo: false,
		options: { pollingIntervalSeconds: 1 },
	}),
	generateStep('Download Video', { operation: 'downloadVideo', taskId }),
	generateStep('Get Many Tasks', { operation: 'getManyTasks' }),
	generateStep('Get Balance', { operation: 'getBalance' }),
];

/** A workflow that a person starts, in which each step follows the one before and runs once. */
export function workflowOf(name: string, steps: readonly Step[], provider: string, credentials: CredentialSlots): Workflow {
	const nodes: WorkflowNode[] = [
		{ name: manualTrigger, type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, position: [0, 0], parameters: {} },
		...steps.map((step, index) => ({
			...step,
			typeVersion: 1,
			// Two rows, so that names can be read.
			position: [220 * (1 + (index % 5)), 220 * Math.floor(index / 5)] satisfies [number, number],
			parameters: { provider, ...step.parameters },
			credentials,
			executeOnce: true,
		})),
	];
	const connections: Workflow['connections'] = {};
	nodes.forEach(({ name: from }, index) => {
		const next = nodes[index + 1];
		if (next) connections[from] = { main: [[{ node: next.name, type: 'main', index: 0 }]] };
	});
	return { name, nodes, connections, settings: {} };
}
