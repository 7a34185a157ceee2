import { fileOfDataUri } from '../media/dataUri';
import type { FileSource, NewAsset } from '../providers/adapter';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';
import { hostFile } from './hostFile';

type Source = NewAsset['source'];

/** Creates an asset; its file goes by the provider's own short-lived storage where only URLs are taken. */
export async function createAsset(connection: ProviderConnection, asset: NewAsset) {
	const { assets } = connection.provider;
	const source = assets.sources.includes(formOf(asset.source))
		? asset.source
		: await hostFile(connection, fileOf(asset.source));
	return await callProvider(connection, assets.create, { ...asset, source });
}

export const formOf = (source: Source) =>
	typeof source !== 'string' ? 'file' : /^data:/i.test(source) ? 'dataUri' : 'url';

export const fileOf = (source: Source): FileSource =>
	typeof source === 'string' ? fileOfDataUri(source) : source;
