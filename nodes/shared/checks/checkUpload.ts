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
		const megabytes = roundedOutside(sizeBytes, { max: maxBytes }, megabyte);
		problems.push({
			field,
			message: `${givenName} (${field}) has ${megabytes} MB; ${displayName} takes files of up to ${maxBytes / megabyte} MB.`,
			advice: 'Make it smaller, or give it by public URL.',
		});
	}
	if (uploads.extensions && !uploads.extensions.includes(extensionOf(fileName))) {
		problems.push({
			field,
			message: `${displayName} takes files named .${uploads.extensions.join(', .')}; ${givenName} (${field}) has another name.`,
			advice: 'Convert it, or give it by public URL.',
		});
	}
	return problems;
}
