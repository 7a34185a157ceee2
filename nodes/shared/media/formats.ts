import type { MediaType } from '../vocabulary';

/** The formats in the providers' tables of supported files, by file extension. */
const formats: Readonly<Record<string, { mediaType: MediaType; mimeType: string }>> = {
	jpg: { mediaType: 'image', mimeType: 'image/jpeg' },
	jpeg: { mediaType: 'image', mimeType: 'image/jpeg' },
	png: { mediaType: 'image', mimeType: 'image/png' },
	gif: { mediaType: 'image', mimeType: 'image/gif' },
	webp: { mediaType: 'image', mimeType: 'image/webp' },
	bmp: { mediaType: 'image', mimeType: 'image/bmp' },
	tif: { mediaType: 'image', mimeType: 'image/tiff' },
	tiff: { mediaType: 'image', mimeType: 'image/tiff' },
	heic: { mediaType: 'image', mimeType: 'image/heic' },
	heif: { mediaType: 'image', mimeType: 'image/heif' },
	mp4: { mediaType: 'video', mimeType: 'video/mp4' },
	mov: { mediaType: 'video', mimeType: 'video/quicktime' },
	mp3: { mediaType: 'audio', mimeType: 'audio/mpeg' },
	wav: { mediaType: 'audio', mimeType: 'audio/wav' },
};

/** The first bytes of each format, as Latin-1 text; bare base64 says nothing else about itself. */
const beginnings: ReadonlyArray<[beginning: RegExp, extension: string]> = [
	[/^\x89PNG/, 'png'],
	[/^\xff\xd8\xff/, 'jpg'],
	[/^GIF8/, 'gif'],
	[/^BM/, 'bmp'],
	[/^(II\*\0|MM\0\*)/, 'tiff'],
	[/^RIFF[\s\S]{4}WEBP/, 'webp'],
	[/^RIFF[\s\S]{4}WAVE/, 'wav'],
	[/^(ID3|\xff[\xe2-\xff])/, 'mp3'],
	[/^[\s\S]{4}ftypqt/, 'mov'],
	[/^[\s\S]{4}ftyphe/, 'heic'],
	[/^[\s\S]{4}ftypmif1/, 'heif'],
	[/^[\s\S]{4}ftyp/, 'mp4'],
];

/** @returns the media type of a MIME type or, failing that, of a file name or URL */
export function detectMediaType(mimeType?: string, fileNameOrUrl?: string): MediaType | undefined {
	const fromMimeType = /^(image|video|audio)\//i.exec(mimeType ?? '')?.[1]?.toLowerCase();
	if (fromMimeType === 'image' || fromMimeType === 'video' || fromMimeType === 'audio') {
		return fromMimeType;
	}
	return formats[extensionOf(fileNameOrUrl ?? '')]?.mediaType;
}

/** @returns the MIME type for the extension of a file name or URL */
export function mimeTypeOf(fileNameOrUrl: string): string | undefined {
	return formats[extensionOf(fileNameOrUrl)]?.mimeType;
}

/** @returns the MIME type that the first bytes of base64 text show */
export function mimeTypeOfBase64(base64: string): string | undefined {
	const head = Buffer.from(base64.slice(0, 32), 'base64').toString('latin1');
	const extension = beginnings.find(([beginning]) => beginning.test(head))?.[1];
	return extension && formats[extension]?.mimeType;
}

/** @returns the usual file extension of a MIME type */
export function extensionOfMimeType(mimeType: string): string | undefined {
	return Object.keys(formats).find((extension) => formats[extension]?.mimeType === mimeType);
}

/** @returns the extension in lower case, empty if there is none */
export function extensionOf(fileNameOrUrl: string): string {
	const path = fileNameOrUrl.split(/[?#]/)[0] ?? '';
	return /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
}
