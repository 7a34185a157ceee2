import {
	BmpParser,
	GifParser,
	HeifMetaParser,
	JpegParser,
	needsMore,
	type PictureParser,
	PngParser,
} from '../../libraries/probeImageSize';
import type { ByteReader } from './byteReader';
import { UnreadableError } from './byteReader';
import { boxesUntil } from './isoBoxes';
import { type Rotation, type ShownSize, shownSize } from './shownSize';

/**
 * Reads the size of each picture format. Throws UnreadableError for a file that breaks its format.
 *
 * Most are read by probe-image-size: forwards, in constant memory. image-size, which more people use, wants the picture
 * in one buffer, and is wrong about a BMP of OS/2 and a HEIC with a crop.
 */

export const readBmp = async (reader: ByteReader) => shown(await parse(reader, new BmpParser()));
export const readGif = async (reader: ByteReader) => shown(await parse(reader, new GifParser()));
export const readJpeg = async (reader: ByteReader) => shown(await parse(reader, new JpegParser()));
export const readPng = async (reader: ByteReader) => shown(await parse(reader, new PngParser()));

/**
 * HEIF (ISO 23008-12): the file has several sizes, of which the largest is that of the picture; the others are those
 * of its tiles and thumbnails.
 */
export async function readBoxedPicture(reader: ByteReader): Promise<ShownSize> {
	for await (const box of boxesUntil(reader, reader.sizeBytes)) {
		if (box.type !== 'meta') continue;
		// Not the library's parser of whole files, which goes on to an Exif record that counts for nothing here (6.5.10).
		const picture = await parse(reader, new HeifMetaParser(box.end - box.start), box.end);
		// HEIF turns anticlockwise (6.5.10), which the library takes for clockwise.
		return shown({ ...picture, rotationDegrees: opposite(picture.rotationDegrees) });
	}
	throw new UnreadableError();
}

interface StoredPicture {
	width: number;
	height: number;
	rotationDegrees: Rotation;
}

async function parse(reader: ByteReader, parser: PictureParser, end = Infinity): Promise<StoredPicture> {
	while (parser.getStatus() === needsMore && reader.position < end) {
		const chunk = await reader.readSome(end - reader.position);
		if (!chunk) break;
		parser.push(chunk);
	}
	const { width, height, orientation } = parser.getResult() ?? noPicture;
	return { width, height, rotationDegrees: rotationOf(orientation ?? 1) };
}

const noPicture = { width: 0, height: 0, orientation: undefined };

/** By Exif 2.32, 4.6.4, A. Of those that also mirror the picture only the rotation counts. */
const rotations: readonly Rotation[] = [0, 0, 180, 180, 270, 90, 90, 270];
const rotationOf = (orientation: number) => rotations[orientation - 1] ?? 0;

const opposites = { 0: 0, 90: 270, 180: 180, 270: 90 } as const;
const opposite = (rotation: Rotation): Rotation => opposites[rotation];

/**
 * WebP container: lossy (RFC 6386), lossless, or extended. The library reads such a file to its end and says nothing of
 * one that is cut.
 */
export async function readWebp(reader: ByteReader): Promise<ShownSize> {
	const head = await reader.read(30);
	switch (head.toString('latin1', 12, 16)) {
		case 'VP8 ':
			return notTurned(head.readUInt16LE(26) & 0x3fff, head.readUInt16LE(28) & 0x3fff);
		case 'VP8L': {
			const bits = head.readUInt32LE(21);
			return notTurned((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
		}
		case 'VP8X':
			return notTurned(head.readUIntLE(24, 3) + 1, head.readUIntLE(27, 3) + 1);
		default:
			throw new UnreadableError();
	}
}

/**
 * TIFF 6.0: the first directory, which may be at the end of the file. The library takes the thumbnail of a camera's raw
 * file for the picture, and does not know how a TIFF is turned.
 */
export async function readTiff(reader: ByteReader): Promise<ShownSize> {
	const head = await reader.read(8);
	const isLittleEndian = head.toString('latin1', 0, 2) === 'II';
	const uint16 = (bytes: Buffer, at: number) =>
		isLittleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
	const uint32 = (bytes: Buffer, at: number) =>
		isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
	await reader.skipTo(uint32(head, 4));
	const values = new Map<number, number>();
	const count = uint16(await reader.read(2), 0);
	for (let index = 0; index < count; index++) {
		const entry = await reader.read(12);
		const isShort = uint16(entry, 2) === 3;
		values.set(uint16(entry, 0), isShort ? uint16(entry, 8) : uint32(entry, 8));
	}
	// The first picture of a camera's raw file is a thumbnail.
	if ((values.get(newSubfileTypeTag) ?? 0) & 1) throw new UnreadableError();
	const [width = 0, height = 0] = [values.get(imageWidthTag), values.get(imageLengthTag)];
	return shown({ width, height, rotationDegrees: rotationOf(values.get(orientationTag) ?? 1) });
}

const newSubfileTypeTag = 254;
const imageWidthTag = 256;
const imageLengthTag = 257;
const orientationTag = 274;

const notTurned = (width: number, height: number) => shown({ width, height, rotationDegrees: 0 });

/** @throws UnreadableError for a picture without pixels */
function shown({ width, height, rotationDegrees }: StoredPicture): ShownSize {
	if (!(width > 0 && height > 0)) throw new UnreadableError();
	return shownSize(width, height, rotationDegrees);
}
