import type { NewAsset } from '../providers/adapter';
import type { AssetMedium } from '../vocabulary';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';
import { hostFile } from './hostFile';

/** An asset to be made of what a person gives. */
export interface WantedAsset extends Omit<NewAsset, 'source'> {
	medium: AssetMedium;
}

/** Creates an asset; uploads its file to the provider's short-lived storage first where assets are created from URLs only. */
export async function createAsset(connection: ProviderConnection, { medium, ...asset }: WantedAsset) {
	const { assets } = connection.provider;
	const source = await sourceOf(connection, medium);
	return await callProvider(connection, assets.create, { ...asset, source });
}

async function sourceOf(connection: ProviderConnection, medium: AssetMedium): Promise<NewAsset['source']> {
	if (medium.kind === 'url') return medium.url;
	if (!connection.provider.assets.sources.includes(medium.kind)) return await hostFile(connection, medium.file);
	return medium.kind === 'file' ? medium.file : medium.dataUri;
}
