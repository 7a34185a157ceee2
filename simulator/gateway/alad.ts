import { gateway } from './gateway';

/** Alad: the four documented asset endpoints, all free of charge. */
export const alad = gateway('Alad', {
	models: {
		seedance: { resolutions: ['480p', '720p', '1080p'] },
		'seedance-2.0-ultra': { resolutions: ['720p', '1080p', '2k'], isResolutionRequired: true },
	},
	assetActions: ['CreateAssetGroup', 'ListAssetGroups', 'CreateAsset', 'ListAssets'],
	areAssetsBilled: false,
	// Clients of the gateway read `id || task_id`; this host makes them need the second.
	createAnswerIds: ['task_id'],
});
