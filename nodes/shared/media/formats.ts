import type { MediaType } from '../vocabulary';

interface Format {
	kind: MediaType | 'document';
	/** For containers: another kind of medium that it may hold, which the first bytes do not show. */
	other?: { kind: MediaType; mimeType: string };
	mimeType: string;
	/** Other spellings of the MIME type, by browsers, phones and other nodes. */
	mimeTypes?: readonly string[];
	/** Other extensions in the providers' tables, which are kept as they are. */
	extensions?: readonly string[];
	/** Extensions of this format that are in no provider's table, and are replaced by the usual one. */
	otherExtensions?: readonly string[];
}

/** The formats in the providers' tables of supported files, by their usual extension. */
const supported = {
	jpg: {
		kind: 'image',
		mimeType: 'image/jpeg',
		mimeTypes: ['image/jpg', 'image/pjpeg', 'image/jfif'],
		extensions: ['jpeg'],
		otherExtensions: ['jpe', 'jfif', 'jif', 'pjpeg', 'pjp'],
	},
	png: { kind: 'image', mimeType: 'image/png', mimeTypes: ['image/x-png', 'image/apng'], otherExtensions: ['apng'] },
	gif: { kind: 'image', mimeType: 'image/gif' },
	webp: { kind: 'image', mimeType: 'image/webp', mimeTypes: ['image/x-webp'] },
	bmp: { kind: 'image', mimeType: 'image/bmp', mimeTypes: ['image/x-bmp', 'image/x-ms-bmp'], otherExtensions: ['dib'] },
	tiff: { kind: 'image', mimeType: 'image/tiff', mimeTypes: ['image/tif', 'image/x-tiff'], otherExtensions: ['tif'] },
	heic: { kind: 'image', mimeType: 'image/heic', mimeTypes: ['image/heic-sequence'], otherExtensions: ['heics'] },
	heif: { kind: 'image', mimeType: 'image/heif', mimeTypes: ['image/heif-sequence'], otherExtensions: ['hif', 'heifs'] },
	mp4: {
		kind: 'video',
		other: { kind: 'audio', mimeType: 'audio/mp4' },
		mimeType: 'video/mp4',
		mimeTypes: ['application/mp4', 'video/x-mp4', 'video/x-m4v', 'video/m4v', 'video/mpeg4'],
		otherExtensions: ['m4v', 'mp4v', 'mpg4'],
	},
	mov: {
		kind: 'video',
		other: { kind: 'audio', mimeType: 'audio/mp4' },
		mimeType: 'video/quicktime',
		mimeTypes: ['video/mov', 'video/x-quicktime'],
		otherExtensions: ['qt'],
	},
	mp3: {
		kind: 'audio',
		mimeType: 'audio/mpeg',
		mimeTypes: ['audio/mp3', 'audio/x-mp3', 'audio/mpeg3', 'audio/x-mpeg-3', 'audio/x-mpeg', 'audio/mpg', 'audio/x-mpg'],
	},
	wav: {
		kind: 'audio',
		mimeType: 'audio/wav',
		mimeTypes: ['audio/x-wav', 'audio/wave', 'audio/vnd.wave', 'audio/x-pn-wav'],
		otherExtensions: ['wave'],
	},
} satisfies Record<string, Format>;

/** Other formats that are recognized, so that a message can name them. */
const others = {
	avif: { kind: 'image', mimeType: 'image/avif' },
	avi: { kind: 'video', mimeType: 'video/x-msvideo', mimeTypes: ['video/avi'] },
	webm: { kind: 'video', other: { kind: 'audio', mimeType: 'audio/webm' }, mimeType: 'video/webm' },
	mkv: { kind: 'video', other: { kind: 'audio', mimeType: 'audio/x-matroska' }, mimeType: 'video/x-matroska' },
	'3gp': {
		kind: 'video',
		other: { kind: 'audio', mimeType: 'audio/3gpp' },
		mimeType: 'video/3gpp',
		otherExtensions: ['3gpp', '3g2'],
	},
	aac: { kind: 'audio', mimeType: 'audio/aac', mimeTypes: ['audio/x-aac', 'audio/aacp'] },
	flac: { kind: 'audio', mimeType: 'audio/flac', mimeTypes: ['audio/x-flac'] },
	m4a: { kind: 'audio', mimeType: 'audio/mp4', mimeTypes: ['audio/m4a', 'audio/x-m4a'], otherExtensions: ['m4b'] },
	ogg: {
		kind: 'audio',
		other: { kind: 'video', mimeType: 'video/ogg' },
		mimeType: 'audio/ogg',
		mimeTypes: ['application/ogg', 'audio/opus'],
		otherExtensions: ['oga', 'ogv', 'opus'],
	},
	empty: { kind: 'document', mimeType: 'application/x-empty' },
	html: { kind: 'document', mimeType: 'text/html' },
	svg: { kind: 'document', mimeType: 'image/svg+xml' },
	xml: { kind: 'document', mimeType: 'text/xml' },
	json: { kind: 'document', mimeType: 'application/json' },
	text: { kind: 'document', mimeType: 'text/plain' },
	pdf: { kind: 'document', mimeType: 'application/pdf' },
	zip: { kind: 'document', mimeType: 'application/zip' },
} satisfies Record<string, Format>;

/** A format by its usual extension. */
export type FormatName = keyof typeof supported | keyof typeof others;

const formats: ReadonlyMap<string, Format> = new Map<string, Format>([...Object.entries(supported), ...Object.entries(others)]);

const formatsByExtension = new Map<string, string>();
const formatsByMimeType = new Map<string, string>();
for (const [name, { other, mimeTypes = [], extensions = [], otherExtensions = [] }] of formats) {
	for (const extension of [name, ...extensions, ...otherExtensions]) formatsByExtension.set(extension, name);
	for (const spelling of [...mimeTypes, ...(other ? [other.mimeType] : [])]) formatsByMimeType.set(spelling, name);
}
// Last, so that audio/mp4 means M4A rather than an MP4 with sound only.
for (const [name, { mimeType }] of formats) formatsByMimeType.set(mimeType, name);

const essenceOf = (mimeType: string) => mimeType.split(';')[0]?.trim().toLowerCase() ?? '';

export function kindOfFormat(format: FormatName): MediaType | 'document' {
	return formats.get(format)?.kind ?? 'document';
}

/** Whether a file of this format can be of a media type, as far as its first bytes show. */
export function mayHold(format: FormatName, mediaType: MediaType): boolean {
	const { kind, other } = formats.get(format) ?? {};
	return kind === mediaType || other?.kind === mediaType;
}

/** @param mediaType the media type of the file, for containers that may hold several */
export function mimeTypeOfFormat(format: FormatName, mediaType?: MediaType): string | undefined {
	const { mimeType, other } = formats.get(format) ?? {};
	return other && other.kind === mediaType ? other.mimeType : mimeType;
}

/** @returns the media type by the MIME type or, failing that, by the file name or URL */
export function detectMediaType(mimeType?: string, fileNameOrUrl?: string): MediaType | undefined {
	const essence = essenceOf(mimeType ?? '');
	const topLevel = /^(image|video|audio)\//.exec(essence)?.[1];
	if (topLevel === 'image' || topLevel === 'video' || topLevel === 'audio') return topLevel;
	const found = [formatsByMimeType.get(essence), formatsByExtension.get(extensionOf(fileNameOrUrl ?? ''))];
	const [kind] = found.flatMap((format) => formats.get(format ?? '')?.kind ?? []).filter((known) => known !== 'document');
	return kind;
}

/** @returns the usual spelling of a MIME type, without parameters */
export function usualMimeType(mimeType: string): string {
	const essence = essenceOf(mimeType);
	const usual = formats.get(formatsByMimeType.get(essence) ?? '')?.mimeType;
	const [topLevel] = essence.split('/');
	// audio/webm differs from video/webm, but application/mp4 means the same as video/mp4.
	return usual && (topLevel === 'application' || usual.startsWith(`${topLevel}/`)) ? usual : essence;
}

/** @returns the MIME type for the extension of a file name or URL */
export function mimeTypeOf(fileNameOrUrl: string): string | undefined {
	return formats.get(formatsByExtension.get(extensionOf(fileNameOrUrl)) ?? '')?.mimeType;
}

/** @returns the usual file extension of a MIME type */
export function extensionOfMimeType(mimeType: string): string | undefined {
	return formatsByMimeType.get(essenceOf(mimeType));
}

/** @returns the extension in lower case, empty if there is none */
export function extensionOf(fileNameOrUrl: string): string {
	const path = fileNameOrUrl.split(/[?#]/)[0] ?? '';
	return /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
}

/**
 * Makes the extension of a file name fit its format, as providers go by the extension. One that means another format,
 * or that no provider knows, is replaced; to anything else after the last dot the extension is appended.
 */
export function nameForFormat(fileName: string, format: string): string {
	const extension = extensionOf(fileName);
	if (extension === format || formats.get(format)?.extensions?.includes(extension)) return fileName;
	const isExtension = formatsByExtension.has(extension);
	const stem = isExtension ? fileName.slice(0, -extension.length - 1) : fileName.replace(/(?<!\.)\.+$/, '');
	return `${stem === '' ? 'file' : stem}.${format}`;
}
