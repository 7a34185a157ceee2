import type { IExecuteFunctions, INodeExecutionData, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { localProperties, localSubtitle } from '../shared/node/description';
import { runLocalOperation } from '../shared/node/operation';
import { operations } from './actions';

export class SeedanceFilm implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Seedance Film Editor',
		name: 'seedanceFilm',
		icon: { light: 'file:seedanceFilm.svg', dark: 'file:seedanceFilm.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: localSubtitle(operations),
		description: 'Join videos to a film, set its sound, trim it, and see what a file is; in n8n itself, without a service',
		defaults: { name: 'Seedance Film Editor' },
		// Agents hand no files to their tools and take none from them.
		usableAsTool: undefined,
		builderHint: {
			searchHint: 'Joins MP4 videos of all items to one film, replaces the sound of a video, trims videos, and reads size, length and codecs of media files. Works on binary fields inside n8n: no ffmpeg, no service, no credential. Behind Seedance Generate, Join Shots makes one film of all its videos.',
			relatedNodes: [{ nodeType: 'n8n-nodes-seedance.seedanceGenerate', relationHint: 'Makes the videos that are joined' }],
		},
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		properties: localProperties(operations),
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runLocalOperation(this, operations);
	}
}
