import type { InputProblem } from '../errors';
import { fileOfDataUri } from '../media/dataUri';
import { probeMedia } from '../media/probe/probe';
import type { FileSource, ProviderAdapter, VideoLimits } from '../providers/adapter';
import type { MediaType } from '../vocabulary';
import { checkMedia, checkTotalLengths, type ProbedFile } from './checkMedia';

/** A file or its address, as it is about to be sent. */
export interface GivenMedium {
	/** The label of its field. */
	field: string;
	mediaType: MediaType;
	/** A file, a data URI or a URL. */
	source: FileSource | string;
}

/**
 * Looks into the files at hand, before anything is uploaded or paid; leaves URLs alone.
 * @param limits of the model, for files that are cited together
 * @returns every documented limit that they break
 */
export async function checkFiles(
	provider: Pick<ProviderAdapter, 'displayName' | 'mediaLimits'>,
	media: readonly GivenMedium[],
	limits?: Pick<VideoLimits, 'maxReferenceSeconds'>,
): Promise<InputProblem[]> {
	const files = await Promise.all(
		media.map(async ({ field, mediaType, source }): Promise<ProbedFile[]> => {
			const file = typeof source !== 'string' ? source : isDataUri(source) && fileOfDataUri(source);
			if (!file) return [];
			const { fileName, sizeBytes } = file;
			return [{ field, mediaType, fileName, sizeBytes, facts: await probeMedia(file) }];
		}),
	);
	const probed = files.flat();
	return [
		...probed.flatMap((file) => checkMedia(provider, file)),
		...checkTotalLengths(provider.displayName, limits?.maxReferenceSeconds, probed),
	];
}

const isDataUri = (text: string) => /^data:/i.test(text);
