import {
	download,
	findProblem,
	isDocumentationHost,
	type MediaFile,
	type MediaType,
	type Workshop,
} from '../media';
import { sniff } from './sniff';

export interface Medium {
	contentType?: string;
	/** Undefined for documentation hosts, of which nothing is fetched. */
	file?: MediaFile;
	/** Why it cannot be used. */
	problem?: string;
}

/** Fetches and measures a file, as the provider behind Apiframe does. */
export async function fetchMedium(
	url: string,
	mediaType: MediaType,
	workshop: Workshop,
): Promise<Medium> {
	const address = new URL(url);
	if (isDocumentationHost(address)) return {};
	const bytes = await download(address).catch(() => undefined);
	if (!bytes) return { problem: 'resource download failed' };
	const file = await workshop.keep(bytes);
	return { contentType: sniff(bytes)?.contentType, file, problem: findProblem(mediaType, file)?.message };
}
