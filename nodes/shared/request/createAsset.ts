import { checkUpload } from '../checks/checkUpload';
import type { InputProblem } from '../errors';
import { fileOfDataUri } from '../media/dataUri';
import type { FileSource, NewAsset, ProviderAdapter } from '../providers/adapter';
import type { MediaType } from '../vocabulary';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';
import { hostFile } from './hostFile';

type Source = NewAsset['source'];

/** Whether the provider can make an asset of this at all. @returns what it does not take */
export function checkAssetSource(
	provider: ProviderAdapter,
	source: Source,
	mediaType: MediaType,
	field: string,
): InputProblem[] {
	const form = formOf(source);
	if (provider.assets.sources.includes(form)) return [];
	if (provider.uploads && form !== 'url') return checkUpload(provider, fileOf(source), mediaType, field);
	const allowed = `${provider.displayName} makes assets from a public URL only`;
	return [{ field, allowed, given: form === 'file' ? 'a binary file' : 'a data URI' }];
}

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

const fileOf = (source: Source): FileSource =>
	typeof source === 'string' ? fileOfDataUri(source) : source;
