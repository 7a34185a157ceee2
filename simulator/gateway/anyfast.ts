import { gateway } from './gateway';

/** AnyFast: every asset endpoint, with creates billed per request. */
export const anyfast = gateway('AnyFast', {
	models: {
		seedance: { resolutions: ['480p', '720p', '1080p'] },
		'seedance-fast': { resolutions: ['480p', '720p'] },
		'seedance-2.0-ultra': { resolutions: ['720p', '1080p', '2k'], isResolutionRequired: true },
	},
	assetActions: [
		'CreateAssetGroup',
		'ListAssetGroups',
		'UpdateAssetGroup',
		'DeleteAssetGroup',
		'CreateAsset',
		'GetAsset',
		'ListAssets',
		'UpdateAsset',
		'DeleteAsset',
	],
	areAssetsBilled: true,
	createAnswerIds: ['id', 'task_id'],
});
