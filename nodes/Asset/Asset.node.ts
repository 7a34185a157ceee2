import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { credentialSlots, nodeProperties, operationSubtitle } from '../shared/node/description';
import { runOperation } from '../shared/node/operation';
import { createAssetGroup, getAssetGroups, searchAssetGroups, searchAssets } from '../shared/node/pickers';
import { operations } from './actions';

export class Asset implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Seedance Asset Library',
		name: 'asset',
		icon: { light: 'file:asset.svg', dark: 'file:asset.dark.svg' },
		group: ['input'],
		version: 1,
		subtitle: operationSubtitle(operations),
		description: 'Upload images, videos and audio once and reuse them in Seedance videos, for example the same face in every shot',
		defaults: { name: 'Seedance Asset Library' },
		usableAsTool: true,
		builderHint: {
			searchHint: 'Uploads and finds the images, videos and audio that Seedance Generate cites. Create each file once, wait until it is active, and cite its assetId in every video.',
			relatedNodes: [{ nodeType: 'n8n-nodes-seedance.seedanceGenerate', relationHint: 'Makes the videos that cite the assets' }],
		},
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialSlots(operations),
		properties: nodeProperties(operations),
	};

	methods = {
		listSearch: { searchAssets, searchAssetGroups },
		loadOptions: { getAssetGroups },
		actionHandler: { createAssetGroup },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runOperation(this, operations);
	}
}
