import type { ProviderAdapter } from './adapter';
import * as seedance from './seedance';
import * as volc from './volc';

const settings25 = [
	...volc.videoCapabilities.settings.filter((name) => name !== 'webSearch'),
	...seedance.settings25,
];

/**
 * Sources: AnyFast documents "Seedance 2.0 Asset Management" and "Seedance 2.0". The models but `seedance` and
 * `seedance-fast`, and what Seedance 2.5 takes, are known from public clients that name AnyFast's API reference.
 */
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
		{
			id: 'seedance-2.0',
			displayName: 'Seedance 2.0 in 4k',
			description: 'The full model, up to 4k, which is H.265',
			resolutions: ['480p', '720p', '1080p', '4k'],
		},
		{
			id: 'seedance-2.0-mini',
			displayName: 'Seedance 2.0 Mini',
			description: 'The small model, up to 720p',
			resolutions: ['480p', '720p'],
		},
		volc.ultraModel,
		{
			id: volc.model25Id,
			displayName: 'Seedance 2.5',
			description: 'The newer model, up to 30 seconds; 1080p is H.265',
			resolutions: ['480p', '720p', '1080p'],
			...seedance.model25,
			maxReferencesInAll: 50,
			settings: settings25,
			ranges: { executionExpiresAfterSeconds: { min: 60, max: 172_800 } },
			mediaLimits: { ...volc.mediaLimits, video: seedance.citedVideo25 },
		},
	],
	video: volc.videoCapabilities,
	drafts: volc.drafts,
	checkVideoTask: (input) => (input.model === volc.model25Id ? seedance.check25(input) : []),
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
