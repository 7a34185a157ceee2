import { type InputProblem, mustBe } from '../errors';
import type { NewAsset, ProviderAdapter } from '../providers/adapter';
import { fileOf, formOf } from '../request/createAsset';
import type { MediaType } from '../vocabulary';
import { checkUpload } from './checkUpload';

/** Whether the provider can make an asset of this at all. @returns what it does not take */
export function checkAssetSource(
	provider: ProviderAdapter,
	source: NewAsset['source'],
	mediaType: MediaType,
	field: string,
): InputProblem[] {
	const form = formOf(source);
	if (provider.assets.sources.includes(form)) return [];
	if (provider.uploads && form !== 'url') return checkUpload(provider, fileOf(source), mediaType, field);
	const allowed = `a public URL, of which alone ${provider.displayName} makes assets`;
	return [mustBe(field, allowed, form === 'file' ? 'a binary file' : 'a data URI', 'Choose the source URL.')];
}
