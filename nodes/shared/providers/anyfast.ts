import type { ProviderAdapter } from './adapter';
import * as seedance from './seedance';
import * as volc from './volc';

/** Sources: AnyFast documents "Seedance 2.0 Asset Management" and "Seedance 2.0". */
export const anyfast = {
	id: 'anyfast',
	displayName: 'AnyFast',
	credentialType: 'anyfastApi',
	videoModels: [
		{
			id: 'seedance',
			displayName: 'Seedance 2.0',
			description: 'The full model, up to 1080p',
			resolutions: ['480p', '720p', '1080p'],
		},
		{
			id: 'seedance-fast',
			displayName: 'Seedance 2.0 Fast',
			description: 'Quicker and cheaper, up to 720p',
			resolutions: ['480p', '720p'],
		},
	],
	video: volc.videoCapabilities,
	models: volc.models,
	tokenPixels: seedance.pixelSizes,
	billsAssets: true,
	assetGroups: volc.assetGroups,
	assets: volc.assets,
	mediaLimits: volc.mediaLimits,
	videoTasks: volc.videoTasks,
	isRefusal: volc.isRefusal,
	parseFailure: volc.parseFailure,
	failureHints: volc.failureHints,
} satisfies ProviderAdapter;
