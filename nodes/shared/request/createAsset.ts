import { fileOfDataUri } from '../media/dataUri';
import type { FileSource, NewAsset } from '../providers/adapter';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';
import { hostFile } from './hostFile';

type Source = NewAsset['source'];

/** Creates an asset; uploads its file to the provider's short-lived storage first where assets are created from URLs only. */
export async function createAsset(connection: ProviderConnection, asset: NewAsset) {
	const { assets } = connection.provider;
	const source = assets.sources.includes(formOf(asset.source))
		? asset.source
		: await hostFile(connection, fileOf(asset.source));
	return await callProvider(connection, assets.create, { ...asset, source });
}

/** @returns which kind of source it is, as in `assets.sources` of an adapter */
export const formOf = (source: Source) =>
	typeof source !== 'string' ? 'file' : /^data:/i.test(source) ? 'dataUri' : 'url';

/** @param source a file or a data URI; a URL is no file */
export const fileOf = (source: Source): FileSource =>
	typeof source === 'string' ? fileOfDataUri(source) : source;
