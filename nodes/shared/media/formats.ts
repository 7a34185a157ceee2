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

/** How base64 text of each format begins; text without a data URI header says nothing else. */
const base64Beginnings: ReadonlyArray<[beginning: RegExp, extension: string]> = [
	[/^iVBORw0KGgo/, 'png'],
	[/^\/9j\//, 'jpg'],
	[/^R0lGOD/, 'gif'],
	[/^Qk[0-9A-Za-z]/, 'bmp'],
	[/^(SUkqA|TU0AK)/, 'tiff'],
	[/^UklGR.{6}XRUJQ/, 'webp'],
	[/^UklGR.{6}XQVZF/, 'wav'],
	[/^(SUQz|\/\/[tuvsr])/, 'mp3'],
	[/^AAAA.{6}0eXBxdC/, 'mov'],
	[/^AAAA.{6}0eXBoZWlj/, 'heic'],
	[/^AAAA.{6}0eXBtaWYx/, 'heif'],
	[/^AAAA.{6}0eX/, 'mp4'],
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
	const extension = base64Beginnings.find(([beginning]) => beginning.test(base64))?.[1];
	return extension && formats[extension]?.mimeType;
}

function extensionOf(fileNameOrUrl: string): string {
	const path = fileNameOrUrl.split(/[?#]/)[0] ?? '';
	return /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
}
