import type { InputProblem } from '../errors';
import { fileOfDataUri } from '../media/dataUri';
import { probeMedia } from '../media/probe/probe';
import type { FileSource, MediaLimits, ProviderAdapter, VideoLimits } from '../providers/adapter';
import type { MediaType } from '../vocabulary';
import { checkMedia, checkTotalLengths, type ProbedFile } from './checkMedia';

/** A file or its address, as it is about to be sent. */
export interface GivenMedium {
	/** The label of its field. */
	field: string;
	mediaType: MediaType;
	/** A file, a data URI or a URL. */
	source: FileSource | string;
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
 * Looks into the files at hand, before anything is uploaded or paid; leaves URLs alone.
 * @param limits of the model, for files that are cited together
 */
export async function checkFiles(
	provider: Pick<ProviderAdapter, 'displayName'>,
	media: readonly GivenMedium[],
	limits?: Pick<VideoLimits, 'maxReferenceSeconds'>,
): Promise<CheckedFiles> {
	const files = await Promise.all(
		media.map(async ({ source, ...medium }): Promise<ProbedFile[]> => {
			const file = typeof source !== 'string' ? source : isDataUri(source) && fileOfDataUri(source);
			if (!file) return [];
			const { fileName, givenName = fileName, sizeBytes } = file;
			return [{ ...medium, fileName: givenName, sizeBytes, facts: await probeMedia(file) }];
		}),
	);
	const probed = files.flat();
	return {
		problems: [
			...probed.flatMap((file) => checkMedia(provider, file)),
			...checkTotalLengths(provider.displayName, limits?.maxReferenceSeconds, probed),
		],
		unknown: probed.filter(({ facts }) => !facts).map(({ fileName }) => fileName),
	};
}

const isDataUri = (text: string) => /^data:/i.test(text);
