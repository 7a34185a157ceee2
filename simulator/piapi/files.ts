import path from 'node:path';
import {
	download,
	findProblem,
	isDocumentationHost,
	type MediaFile,
	type MediaProblem,
	type MediaType,
	type Workshop,
} from '../media';

/** The document's table of file types. */
const extensions: Record<MediaType, string[]> = {
	image: ['jpeg', 'jpg', 'png', 'webp', 'bmp', 'tiff', 'gif', 'heic', 'heif'],
	video: ['mp4', 'mov'],
	audio: ['mp3', 'wav'],
};

/** The extension of a file name in lower case, without the dot. */
export function extensionOf(name: string): string {
	return path.posix.extname(name).slice(1).toLowerCase();
}

export function mediaTypeOf(extension: string): MediaType | undefined {
	const mediaTypes: MediaType[] = ['image', 'video', 'audio'];
	return mediaTypes.find((mediaType) => extensions[mediaType].includes(extension));
}

/** Whether PiAPI could fetch this: it takes no data URI and no Base64. */
export function isPublicUrl(url: string): boolean {
	return /^https?:\/\//i.test(url) && URL.canParse(url);
}

/** Fetches and measures a file; of documentation hosts, nothing is fetched and nothing wrong. */
export async function fetchFile(
	url: string,
	mediaType: MediaType,
	workshop: Workshop,
): Promise<{ file?: MediaFile; failure?: MediaProblem }> {
	if (isDocumentationHost(new URL(url))) return {};
	const bytes = await download(new URL(url)).catch(() => undefined);
	if (!bytes) return { failure: { code: 'InvalidParameter.URL', message: 'resource download failed' } };
	const file = await workshop.keep(bytes);
	if (mediaType === 'image' && file.facts?.format === 'heif') {
		// In the document's table of formats, and yet its example of a failure.
		const message = 'Image format heif is not supported by current version';
		return { file, failure: { code: 'ImageFormatNotSupported', message } };
	}
	return { file, failure: findProblem(mediaType, file, { maxResolution: '1080p' }) };
}
