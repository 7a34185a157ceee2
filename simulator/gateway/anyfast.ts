import { gateway } from './gateway';

/**
 * AnyFast: every asset endpoint, with creates billed per request. The models but the first two are those that public
 * clients name, with the limits of the document "Seedance 2.5" of the API behind it.
 */
export const anyfast = gateway('AnyFast', {
	models: {
		seedance: { resolutions: ['480p', '720p', '1080p'] },
		'seedance-fast': { resolutions: ['480p', '720p'] },
		'seedance-2.0': { resolutions: ['480p', '720p', '1080p', '4k'] },
		'seedance-2.0-mini': { resolutions: ['480p', '720p'] },
		'seedance-2.5': { resolutions: ['480p', '720p', '1080p'], generation: '2.5' },
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
