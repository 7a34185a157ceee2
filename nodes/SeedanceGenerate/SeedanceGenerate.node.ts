import type { IExecuteFunctions, INodeExecutionData, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { credentialSlots, nodeProperties, operationSubtitle } from '../shared/node/description';
import { runOperation } from '../shared/node/operation';
import { createAssetGroup, referencePickers, searchAssetGroups, searchModels, searchTasks } from '../shared/node/pickers';
import { operations } from './actions';
import { taskOutputs } from './actions/waitForTask.operation';
import { builderHint, waitingTooltip } from './hints';
import { callbackWebhooks, resumeOnCallback } from './waiting/resumeOnCallback';

export class SeedanceGenerate implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Seedance Generate',
		name: 'seedanceGenerate',
		icon: { light: 'file:seedanceGenerate.svg', dark: 'file:seedanceGenerate.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: operationSubtitle(operations),
		description: 'Make Seedance 2.0 videos from text, images, videos and audio',
		defaults: { name: 'Seedance Generate' },
		usableAsTool: true,
		builderHint,
		waitingNodeTooltip: waitingTooltip,
		inputs: [NodeConnectionTypes.Main],
		outputs: taskOutputs,
		credentials: credentialSlots(operations),
		webhooks: callbackWebhooks,
		properties: nodeProperties(operations),
	};

	methods = {
		listSearch: { searchAssetGroups, searchModels, searchTasks, ...referencePickers },
		actionHandler: { createAssetGroup },
	};

	webhook = resumeOnCallback;

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runOperation(this, operations);
	}
}
