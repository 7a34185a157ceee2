import type { InputProblem } from '../errors';
import { mapWithin } from '../limiter';
import { maxFilesAtOnce } from '../media/binaryFile';
import { probeMedia } from '../media/probe/probe';
import type { MediaLimits, ProviderAdapter, VideoLimits } from '../providers/adapter';
import { fileOf, type MediaType, type Medium } from '../vocabulary';
import { checkMedia, checkTotalLengths, type ProbedFile } from './checkMedia';

/** What was given in a field. */
export interface GivenMedium {
	/** The label of its field. */
	field: string;
	mediaType: MediaType;
	medium: Medium;
	/** Absent where no document says what it may be. */
	limits?: MediaLimits;
}

export interface CheckedFiles {
	/** Every documented limit that the files break. */
	problems: InputProblem[];
	/** The names of those whose format nobody knows, so that their limits could not be checked. */
	unknown: string[];
}

/**
 * Inspects the files at hand, before anything is uploaded or paid; leaves URLs alone.
 * @param limits of the model, for files that are cited together
 */
export async function checkFiles(
	provider: Pick<ProviderAdapter, 'displayName'>,
	media: readonly GivenMedium[],
	limits?: Pick<VideoLimits, 'maxReferenceSeconds'>,
): Promise<CheckedFiles> {
	const files = await mapWithin(maxFilesAtOnce, media, async ({ medium, ...given }): Promise<ProbedFile[]> => {
		const file = fileOf(medium);
		if (!file) return [];
		const { fileName, givenName = fileName, sizeBytes } = file;
		return [{ ...given, fileName: givenName, sizeBytes, facts: await probeMedia(file) }];
	});
	const probed = files.flat();
	return {
		problems: [
			...probed.flatMap((file) => checkMedia(provider, file)),
			...checkTotalLengths(provider.displayName, limits?.maxReferenceSeconds, probed),
		],
		unknown: probed.filter(({ facts }) => !facts).map(({ fileName }) => fileName),
	};
}
