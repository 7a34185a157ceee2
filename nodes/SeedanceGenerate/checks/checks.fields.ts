import type { INodeProperties } from 'n8n-workflow';

export const checkAssetsOption: INodeProperties = {
	displayName: 'Check Assets',
	name: 'checkAssets',
	type: 'boolean',
	default: true,
	description:
		'Whether to check, free of charge, that every cited asset exists and is Active before the generation is paid',
};
