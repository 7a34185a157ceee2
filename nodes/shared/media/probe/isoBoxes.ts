import type { ByteReader } from './byteReader';
import { UnreadableError } from './byteReader';

/** ISO base media files (ISO 14496-12): MP4, MOV, and HEIF pictures. Everything is a box in a box. */

interface Box {
	type: string;
	/** Positions in the file. */
	start: number;
	end: number;
}

/** The boxes up to a position, each at the start of its content; what is not read is skipped. */
async function* boxesUntil(reader: ByteReader, end: number): AsyncGenerator<Box, void> {
	while (reader.position + 8 <= end) {
		const boxStart = reader.position;
		const head = await reader.read(8);
		const shortSize = head.readUInt32BE(0);
		const sizeBytes =
			shortSize === 1
				? Number((await reader.read(8)).readBigUInt64BE(0))
				: // The last box may leave its size open.
					shortSize === 0
					? end - boxStart
					: shortSize;
		const box = {
			type: head.toString('latin1', 4, 8),
			start: reader.position,
			end: boxStart + sizeBytes,
		};
		if (box.end < box.start || box.end > end) throw new UnreadableError();
		yield box;
		await reader.skipTo(box.end);
	}
}

interface Movie {
	width?: number;
	height?: number;
	durationSeconds?: number;
	framesPerSecond?: number;
	hasNoPicture?: boolean;
}

/** The index, which is at the start or the end of the file. Movies in fragments may not say their length. */
export async function readMovie(reader: ByteReader): Promise<Movie> {
	for await (const box of boxesUntil(reader, reader.sizeBytes)) {
		if (box.type === 'moov') return await readIndex(reader, box);
	}
	throw new UnreadableError();
}

async function readIndex(reader: ByteReader, { end }: Box): Promise<Movie> {
	let movieSeconds: number | undefined;
	const tracks: Track[] = [];
	for await (const box of boxesUntil(reader, end)) {
		if (box.type === 'mvhd') movieSeconds = await readDuration(reader);
		if (box.type === 'trak') tracks.push(await readTrack(reader, box, {}));
	}
	const picture = tracks.find(({ handler }) => handler === 'vide');
	const hasSound = tracks.some(({ handler }) => handler === 'soun');
	const { width, height, samples, durationSeconds } = picture ?? {};
	return {
		width: width || undefined,
		height: height || undefined,
		durationSeconds: movieSeconds ?? durationSeconds,
		framesPerSecond: samples && durationSeconds ? samples / durationSeconds : undefined,
		hasNoPicture: !picture && hasSound,
	};
}

interface Track {
	/** `vide` or `soun`. */
	handler?: string;
	durationSeconds?: number;
	samples?: number;
	width?: number;
	height?: number;
}

/** The only boxes to look into, by the box that they are in; so nothing nests any deeper. */
const childToEnter: Readonly<Record<string, string>> = { trak: 'mdia', mdia: 'minf', minf: 'stbl' };

async function readTrack(reader: ByteReader, parent: Box, track: Track): Promise<Track> {
	for await (const box of boxesUntil(reader, parent.end)) {
		switch (box.type) {
			case childToEnter[parent.type]:
				await readTrack(reader, box, track);
				break;
			case 'mdhd':
				track.durationSeconds = await readDuration(reader);
				break;
			case 'hdlr':
				// QuickTime has a second one for where the data is, deeper inside.
				track.handler ??= (await reader.read(12)).toString('latin1', 8);
				break;
			case 'stsz':
			case 'stz2':
				track.samples = (await reader.read(12)).readUInt32BE(8);
				break;
			case 'stsd':
				if (track.handler === 'vide') Object.assign(track, await readPictureSize(reader));
				break;
		}
	}
	return track;
}

/** The first sample description of a picture track, in pixels as they are stored. */
async function readPictureSize(reader: ByteReader) {
	const description = await reader.read(44);
	return { width: description.readUInt16BE(40), height: description.readUInt16BE(42) };
}

/** Of a movie or a track: version 1 has times of 64 bits. @returns seconds; undefined if left open */
async function readDuration(reader: ByteReader): Promise<number | undefined> {
	const isLong = (await reader.read(4)).readUInt8(0) === 1;
	const times = await reader.read(isLong ? 28 : 16);
	const unitsPerSecond = times.readUInt32BE(isLong ? 16 : 8);
	const units = isLong ? Number(times.readBigUInt64BE(20)) : times.readUInt32BE(12);
	const isOpen = units === 0 || units >= (isLong ? 2 ** 64 - 1 : 2 ** 32 - 1);
	return isOpen || unitsPerSecond === 0 ? undefined : units / unitsPerSecond;
}

/**
 * HEIF (ISO 23008-12): the largest of the sizes in the file is that of the picture; the others belong
 * to its tiles and thumbnails.
 */
export async function readBoxedPicture(reader: ByteReader) {
	for await (const box of boxesUntil(reader, reader.sizeBytes)) {
		if (box.type !== 'meta') continue;
		await reader.read(4);
		const sizes = await readSizes(reader, box);
		const areas = sizes.map(({ width, height }) => width * height);
		const largest = sizes[areas.indexOf(Math.max(...areas))];
		if (largest) return largest;
	}
	throw new UnreadableError();
}

const propertiesToEnter: Readonly<Record<string, string>> = { meta: 'iprp', iprp: 'ipco' };

async function readSizes(reader: ByteReader, parent: Box) {
	const sizes: Array<{ width: number; height: number }> = [];
	for await (const box of boxesUntil(reader, parent.end)) {
		if (box.type === propertiesToEnter[parent.type]) sizes.push(...(await readSizes(reader, box)));
		if (box.type !== 'ispe') continue;
		const size = await reader.read(12);
		sizes.push({ width: size.readUInt32BE(4), height: size.readUInt32BE(8) });
	}
	return sizes;
}
