import { skipTags } from '../mp3';
import type { FormatName } from '../formats';
import type { ByteReader } from './byteReader';
import { hasMp3Frames } from './sounds';
import { textFormatOf } from './texts';

/** Enough to distinguish text from media, and to find two frames of an MP3. */
const headBytes = 4096;
/** Some writers leave zeros between a tag and the first frame. */
const headBytesAfterTag = 16 * 1024;

/**
 * Detects the format of a file by its first bytes. Skips an ID3 tag if the file begins with one.
 * @returns undefined if the format is unknown
 * @throws UnreadableError if the file ends inside a tag
 */
export async function detectFormat(reader: ByteReader): Promise<FormatName | undefined> {
	const head = await reader.peek(headBytes);
	if (head.length === 0) return 'empty';
	const text = textFormatOf(head);
	if (text) return text;
	const isTagged = head.toString('latin1', 0, 3) === 'ID3';
	if (padding.test(typeOfBox(head))) return await formatAfterPadding(reader);
	if (!isTagged) return formatOfHead(head);
	// A tag can also precede a sound that is not an MP3.
	await skipTags(reader);
	const afterTag = await reader.peek(headBytesAfterTag);
	if (afterTag.toString('latin1', 0, 4) === 'fLaC') return 'flac';
	if (isAac(afterTag)) return 'aac';
	return hasMp3Frames(afterTag, { maxStrayBytes: headBytesAfterTag / 2 }) ? 'mp3' : undefined;
}

/** Boxes without a meaning, which can stand before the brands (ISO 14496-12, 8.1.2). */
const padding = /^(?:wide|free|skip)$/;
const maxPaddingBoxes = 10;

const typeOfBox = (head: Buffer) => head.toString('latin1', 4, 8);

/** A movie without brands is one of QuickTime. */
async function formatAfterPadding(reader: ByteReader): Promise<FormatName | undefined> {
	for (let boxes = 0; boxes < maxPaddingBoxes; boxes++) {
		const head = await reader.peek(headBytes);
		if (typeOfBox(head) === 'ftyp') return formatOfBrands(head);
		const sizeBytes = head.length < 8 ? 0 : head.readUInt32BE(0);
		if (!padding.test(typeOfBox(head)) || sizeBytes < 8) break;
		await reader.skipTo(reader.position + sizeBytes);
	}
	return 'mov';
}

/** The first bytes of each format, as Latin-1 text; the first match wins. n8n's linter takes `\cZ`, but not `\x1a`. */
const signatures: ReadonlyArray<[signature: RegExp, format: FormatName]> = [
	[/^\x89PNG\r\n\cZ\n/, 'png'],
	[/^\xff\xd8\xff/, 'jpg'],
	[/^GIF8[79]a/, 'gif'],
	// Two reserved fields are zero, and the header has one of a few lengths.
	[/^BM[\s\S]{4}\0{4}[\s\S]{4}[\f\cP\x28\x34\x38\x40\x6c\x7c]\0{3}/, 'bmp'],
	// Canon's raw pictures begin like TIFF.
	[/^(?:II\*\0|MM\0\*)(?![\s\S]{4}CR)/, 'tiff'],
	[/^RIFF[\s\S]{4}WEBP/, 'webp'],
	[/^(?:RIFF|RF64|BW64)[\s\S]{4}WAVE/, 'wav'],
	[/^RIFF[\s\S]{4}AVI /, 'avi'],
	[/^fLaC/, 'flac'],
	[/^OggS/, 'ogg'],
	[/^\cZE\xdf\xa3[\s\S]{0,60}webm/, 'webm'],
	[/^\cZE\xdf\xa3[\s\S]{0,60}matroska/, 'mkv'],
	[/^%PDF-/, 'pdf'],
	[/^PK\cC\cD/, 'zip'],
	// QuickTime before it had brands.
	[/^[\s\S]{4}(?:moov|mdat|pnot)/, 'mov'],
];

function formatOfHead(head: Buffer): FormatName | undefined {
	if (typeOfBox(head) === 'ftyp') return formatOfBrands(head);
	if (isAac(head)) return 'aac';
	if (hasMp3Frames(head, { maxStrayBytes: 0 })) return 'mp3';
	const text = head.toString('latin1', 0, 128);
	return signatures.find(([signature]) => signature.test(text))?.[1];
}

/** The brands of mp4ra.org that every reader takes for an MP4, and those that cameras write. */
const mp4Brands = /^(?:iso[m\d]|isml|mp4[12v]|mp71|avc1|hvc1|hev1|av01|M4V[ HP]|MSNV|dash|mmp4|[fF]4[vV] |XAVC|cmf[cs2]|NDS[CHMPSX])$/;

/** ISO 14496-12, 4.3: the major brand, then all compatible ones. */
function formatOfBrands(head: Buffer): FormatName | undefined {
	const brands: string[] = [head.toString('latin1', 8, 12)];
	const end = Math.min(head.readUInt32BE(0), head.length);
	for (let at = 16; at + 4 <= end; at += 4) brands.push(head.toString('latin1', at, at + 4));
	const [major = ''] = brands;
	const isOneOf = (known: RegExp) => brands.some((brand) => known.test(brand));
	const isAvif = isOneOf(/^avi[fos]$/);
	const isHevcPicture = isOneOf(/^he(?:i[cmsx]|v[cmsx])$/);
	// Only the codec would show which one it is, and that is not parsed.
	if (isAvif && isHevcPicture) return undefined;
	if (isAvif) return 'avif';
	if (isHevcPicture || /^(?:mif1|msf1|miaf)$/.test(major)) return major.startsWith('he') ? 'heic' : 'heif';
	if (major === 'qt  ') return 'mov';
	if (/^M4[ABP] $/.test(major)) return 'm4a';
	if (isOneOf(mp4Brands)) return 'mp4';
	if (isOneOf(/^qt {2}$/)) return 'mov';
	return isOneOf(/^3g[2egprs]/) ? '3gp' : undefined;
}

/** ADTS (ISO 13818-7): each frame header has the position of the next frame. */
function isAac(head: Buffer): boolean {
	const isFrame = (at: number) => head[at] === 0xff && ((head[at + 1] ?? 0) & 0xf6) === 0xf0;
	if (head.length < 7 || !isFrame(0)) return false;
	const sizeBytes = (head.readUIntBE(3, 3) >> 5) & 0x1fff;
	return sizeBytes >= 7 && (sizeBytes >= head.length || isFrame(sizeBytes));
}
