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

/** What is known by its first bytes only, so that a message can name it. */
const otherFormats: Readonly<Record<string, MediaType | 'document'>> = {
	avif: 'image',
	svg: 'image',
	avi: 'video',
	webm: 'video',
	aac: 'audio',
	flac: 'audio',
	m4a: 'audio',
	ogg: 'audio',
	html: 'document',
	json: 'document',
	pdf: 'document',
	zip: 'document',
};

/** The first bytes of each format, as Latin-1 text; the first one that fits is it. */
const beginnings: ReadonlyArray<[beginning: RegExp, extension: string]> = [
	[/^\x89PNG/, 'png'],
	[/^\xff\xd8\xff/, 'jpg'],
	[/^GIF8/, 'gif'],
	[/^BM/, 'bmp'],
	[/^(II\*\0|MM\0\*)/, 'tiff'],
	[/^RIFF[\s\S]{4}WEBP/, 'webp'],
	[/^RIFF[\s\S]{4}WAVE/, 'wav'],
	[/^RIFF[\s\S]{4}AVI /, 'avi'],
	[/^(ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb])/, 'mp3'],
	[/^\xff[\xf0\xf1\xf8\xf9]/, 'aac'],
	[/^fLaC/, 'flac'],
	[/^OggS/, 'ogg'],
	[/^\x1a\x45\xdf\xa3/, 'webm'],
	[/^[\s\S]{4}ftypqt/, 'mov'],
	[/^[\s\S]{4}ftyphe/, 'heic'],
	[/^[\s\S]{4}ftypmif1/, 'heif'],
	[/^[\s\S]{4}ftypavi/, 'avif'],
	[/^[\s\S]{4}ftypM4[AB]/, 'm4a'],
	[/^[\s\S]{4}ftyp/, 'mp4'],
	// QuickTime before it had brands.
	[/^[\s\S]{4}(moov|mdat|wide)/, 'mov'],
	[/^%PDF/, 'pdf'],
	[/^PK\x03\x04/, 'zip'],
	[/^\s*(<!doctype html|<html)/i, 'html'],
	[/^\s*<svg/i, 'svg'],
	[/^\s*\{\s*"/, 'json'],
];

/** How many bytes `formatOf` looks at. */
export const formatHeadBytes = 32;

/** @returns the usual extension of the format that the first bytes of a file show */
export function formatOf(head: Buffer): string | undefined {
	const text = head.toString('latin1', 0, formatHeadBytes);
	return beginnings.find(([beginning]) => beginning.test(text))?.[1];
}

/** @param extension as `formatOf` gives it */
export function kindOfFormat(extension: string): MediaType | 'document' | undefined {
	return formats[extension]?.mediaType ?? otherFormats[extension];
}

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
	const extension = formatOf(Buffer.from(base64.slice(0, 44), 'base64'));
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
