import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { credentialSlots, nodeProperties, operationSubtitle } from '../shared/node/description';
import { runOperation } from '../shared/node/operation';
import { searchAssetGroups } from '../shared/node/pickers';
import { operations } from './actions';

export class AssetGroup implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Seedance Asset Group',
		name: 'assetGroup',
		icon: { light: 'file:assetGroup.svg', dark: 'file:assetGroup.dark.svg' },
		group: ['input'],
		version: 1,
		subtitle: operationSubtitle(operations),
		description: 'Create and manage groups of assets for Seedance videos',
		defaults: { name: 'Seedance Asset Group' },
		usableAsTool: true,
		builderHint: {
			searchHint: 'Needed once before assets are made at AnyFast and Alad; PiAPI and Apiframe have no groups.',
			relatedNodes: [{ nodeType: 'n8n-nodes-seedance.asset', relationHint: 'Puts assets into the group' }],
		},
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialSlots(operations),
		properties: nodeProperties(operations),
	};

	methods = { listSearch: { searchAssetGroups } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runOperation(this, operations);
	}
}
