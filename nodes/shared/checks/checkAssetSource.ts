import { type InputProblem, mustBe } from '../errors';
import type { ProviderAdapter } from '../providers/adapter';
import type { AssetMedium, MediaType } from '../vocabulary';
import { checkUpload } from './checkUpload';

/** Whether the provider can make an asset of this at all. @returns what it does not take */
export function checkAssetSource(
	provider: ProviderAdapter,
	medium: AssetMedium,
	mediaType: MediaType,
	field: string,
): InputProblem[] {
	if (provider.assets.sources.includes(medium.kind)) return [];
	if (provider.uploads && medium.kind !== 'url') return checkUpload(provider, medium.file, mediaType, field);
	const allowed = `a public URL, of which alone ${provider.displayName} makes assets`;
	return [mustBe(field, allowed, medium.kind === 'file' ? 'a binary file' : 'a data URI', 'Choose the source URL.')];
}
