import type { InputProblem } from '../errors';
import { extensionOf } from '../media/formats';
import type { ProviderAdapter } from '../providers/adapter';
import { megabyte, roundedOutside } from '../quantities';
import type { FileSource, MediaType } from '../vocabulary';

/** Whether the provider's short-lived storage takes a file. @returns what it does not take */
export function checkUpload(
	{ uploads, displayName }: Pick<ProviderAdapter, 'uploads' | 'displayName'>,
	{ fileName, givenName = fileName, sizeBytes }: FileSource,
	mediaType: MediaType,
	field: string,
): InputProblem[] {
	if (!uploads) return [];
	const problems: InputProblem[] = [];
	const maxBytes = uploads.maxBytes[mediaType];
	if (sizeBytes > maxBytes) {
		problems.push({
			field,
			allowed: `${displayName} takes files of up to ${maxBytes / megabyte} MB; give a larger one by public URL`,
			given: `${givenName} of ${roundedOutside(sizeBytes, { max: maxBytes }, megabyte)} MB`,
		});
	}
	if (uploads.extensions && !uploads.extensions.includes(extensionOf(fileName))) {
		problems.push({
			field,
			allowed: `${displayName} takes files named .${uploads.extensions.join(', .')}; give another one by public URL`,
			given: givenName,
		});
	}
	return problems;
}
