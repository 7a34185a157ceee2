import type { ByteReader } from './byteReader';
import { UnreadableError } from './byteReader';

/** Reads the size of each picture format, in pixels. Throws UnreadableError for a file that breaks its format. */

interface Size {
	width: number;
	height: number;
}

/** PNG (W3C): the first chunk is IHDR; in those that Apple's tools put into apps it is another one. */
export async function readPng(reader: ByteReader): Promise<Size> {
	const head = await reader.read(24);
	if (head.toString('latin1', 12, 16) !== 'IHDR') throw new UnreadableError();
	return size(head.readUInt32BE(16), head.readUInt32BE(20));
}

/** GIF89a: logical screen descriptor. */
export async function readGif(reader: ByteReader): Promise<Size> {
	const head = await reader.read(10);
	return size(head.readUInt16LE(6), head.readUInt16LE(8));
}

/** BMP: the height is negative if the rows are stored from top to bottom; OS/2 headers have 16-bit sizes. */
export async function readBmp(reader: ByteReader): Promise<Size> {
	const head = await reader.read(26);
	return head.readUInt32LE(14) === 12
		? size(head.readUInt16LE(18), head.readUInt16LE(20))
		: size(Math.abs(head.readInt32LE(18)), Math.abs(head.readInt32LE(22)));
}

/** WebP container: lossy (RFC 6386), lossless, or extended. */
export async function readWebp(reader: ByteReader): Promise<Size> {
	const head = await reader.read(30);
	switch (head.toString('latin1', 12, 16)) {
		case 'VP8 ':
			return size(head.readUInt16LE(26) & 0x3fff, head.readUInt16LE(28) & 0x3fff);
		case 'VP8L': {
			const bits = head.readUInt32LE(21);
			return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
		}
		case 'VP8X':
			return size(head.readUIntLE(24, 3) + 1, head.readUIntLE(27, 3) + 1);
		default:
			throw new UnreadableError();
	}
}

/** JPEG (ITU T.81, annex B): segments up to the first frame header. */
export async function readJpeg(reader: ByteReader): Promise<Size> {
	await reader.read(2);
	for (;;) {
		const [prefix, marker = 0] = await reader.peek(2);
		if (prefix !== 0xff) throw new UnreadableError();
		// Any number of fill bytes may precede a marker.
		await reader.read(marker === 0xff ? 1 : 2);
		if (marker === 0xff) continue;
		if (frameHeaders.has(marker)) {
			const header = await reader.read(7);
			return size(header.readUInt16BE(5), header.readUInt16BE(3));
		}
		const length = (await reader.read(2)).readUInt16BE(0);
		await reader.skipTo(reader.position + length - 2);
	}
}

/** Start-of-frame markers of all codings; C4, C8 and CC in between are other segments. */
const frameHeaders = new Set([
	0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf,
]);

/** TIFF 6.0: the first directory, which may be at the end of the file. */
export async function readTiff(reader: ByteReader): Promise<Size> {
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
	return size(values.get(imageWidthTag) ?? 0, values.get(imageLengthTag) ?? 0);
}

const newSubfileTypeTag = 254;
const imageWidthTag = 256;
const imageLengthTag = 257;

function size(width: number, height: number): Size {
	if (width === 0 || height === 0) throw new UnreadableError();
	return { width, height };
}
