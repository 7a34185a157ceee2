import type { ProviderAdapter } from './adapter';
import * as seedance from './seedance';
import * as volc from './volc';

const { newAssetFields, sources, filters, create, list } = volc.assets;

/**
 * Sources: Alad documents "Seedance 2.0 Asset Management" and "Seedance 2.0 Ultra". The former names four asset endpoints; reading one
 * asset, changing and deleting are not documented there and therefore not offered.
 */
export const alad = {
	id: 'alad',
	displayName: 'Alad',
	credentialType: 'aladApi',
	videoModels: [
		{
			id: 'seedance',
			displayName: 'Seedance 2.0',
			description: 'The full model, up to 1080p',
			resolutions: ['480p', '720p', '1080p'],
		},
		volc.ultraModel,
	],
	video: volc.videoCapabilities,
	models: volc.models,
	tokenPixels: seedance.pixelSizes,
	assetGroups: { create: volc.assetGroups.create, list: volc.assetGroups.list },
	assets: { newAssetFields, sources, filters, create, list },
	mediaLimits: volc.mediaLimits,
	videoTasks: volc.videoTasks,
	isRefusal: volc.isRefusal,
	parseFailure: volc.parseFailure,
	failureHints: volc.failureHints,
} satisfies ProviderAdapter;
