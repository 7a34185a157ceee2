import type { ByteReader } from './byteReader';
import { UnreadableError } from './byteReader';

/** ISO base media files (ISO 14496-12): MP4, MOV, and HEIF pictures, which consist of nested boxes. */

interface Box {
	type: string;
	/** Positions in the file. */
	start: number;
	end: number;
}

/** Yields the boxes up to a position, each at the start of its content; content that is not read is skipped. */
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

/**
 * Reads the index of a movie, which is at the start or the end of the file. That of a fragmented movie covers the
 * first fragment at most, so the duration of such a movie is unknown.
 */
export async function readMovie(reader: ByteReader): Promise<Movie> {
	for await (const box of boxesUntil(reader, reader.sizeBytes)) {
		if (box.type === 'moov') return await readIndex(reader, box);
	}
	throw new UnreadableError();
}

async function readIndex(reader: ByteReader, { end }: Box): Promise<Movie> {
	let movie: Duration | undefined;
	let isFragmented = false;
	const tracks: Track[] = [];
	for await (const box of boxesUntil(reader, end)) {
		if (box.type === 'mvhd') movie = await readDuration(reader);
		if (box.type === 'mvex') isFragmented = true;
		if (box.type === 'trak') tracks.push(await readTrack(reader, box, {}));
	}
	const picture = tracks.find(({ handler }) => handler === 'vide');
	const hasSound = tracks.some(({ handler }) => handler === 'soun');
	const { width, height, samples, media, edits } = picture ?? {};
	const measures = { width: width || undefined, height: height || undefined, hasNoPicture: !picture && hasSound };
	if (isFragmented) return measures;
	const isAtNormalSpeed = edits?.isAtNormalSpeed ?? true;
	return {
		...measures,
		durationSeconds: presentationSeconds(tracks, movie),
		framesPerSecond: samples && media?.seconds && isAtNormalSpeed ? samples / media.seconds : undefined,
	};
}

/** The duration of a movie is that of its longest track, of which an edit list may show only a part. */
function presentationSeconds(tracks: readonly Track[], movie: Duration | undefined): number | undefined {
	const played = tracks.filter(({ handler }) => handler === 'vide' || handler === 'soun');
	const lengths = played.map(({ media, edits }) =>
		edits ? edits.units / (movie?.unitsPerSecond ?? NaN) : (media?.seconds ?? NaN),
	);
	const maxSeconds = Math.max(...lengths);
	return maxSeconds > 0 ? maxSeconds : movie?.seconds;
}

interface Track {
	/** `vide` or `soun`. */
	handler?: string;
	media?: Duration;
	edits?: Edits;
	samples?: number;
	width?: number;
	height?: number;
}

/** The only boxes that are parsed recursively, by their parent, so the depth is bounded. */
const childrenToEnter: ReadonlyMap<string, readonly string[]> = new Map([
	['trak', ['mdia', 'edts']],
	['mdia', ['minf']],
	['minf', ['stbl']],
]);

async function readTrack(reader: ByteReader, parent: Box, track: Track): Promise<Track> {
	for await (const box of boxesUntil(reader, parent.end)) {
		if (childrenToEnter.get(parent.type)?.includes(box.type)) await readTrack(reader, box, track);
		switch (box.type) {
			case 'elst':
				track.edits = await readEdits(reader, box);
				break;
			case 'mdhd':
				track.media = await readDuration(reader);
				break;
			case 'hdlr':
				// QuickTime has a second, nested handler box for the data; the first one counts.
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

/** The edit list of a track, ISO 14496-12, 8.6.6: a clip that was cut without re-encoding contains more than it shows. */
interface Edits {
	/** The total duration in units of the movie, gaps included. */
	units: number;
	isAtNormalSpeed: boolean;
}

/** @returns undefined for an empty list, which means the whole track */
async function readEdits(reader: ByteReader, { end }: Box): Promise<Edits | undefined> {
	const head = await reader.read(8);
	const isLong = head.readUInt8(0) === 1;
	const count = head.readUInt32BE(4);
	const entryBytes = isLong ? 20 : 12;
	if (reader.position + count * entryBytes > end) throw new UnreadableError();
	const edits: Edits = { units: 0, isAtNormalSpeed: true };
	for (let index = 0; index < count; index++) {
		const entry = await reader.read(entryBytes);
		edits.units += isLong ? Number(entry.readBigUInt64BE(0)) : entry.readUInt32BE(0);
		edits.isAtNormalSpeed &&= entry.readInt32BE(isLong ? 16 : 8) === normalSpeed;
	}
	return count === 0 ? undefined : edits;
}

/** 1.0 as a 16.16 fixed-point number. */
const normalSpeed = 0x10000;

/** The first sample description of a picture track, in pixels as they are stored. */
async function readPictureSize(reader: ByteReader) {
	const description = await reader.read(44);
	return { width: description.readUInt16BE(40), height: description.readUInt16BE(42) };
}

interface Duration {
	unitsPerSecond: number;
	/** Absent if the file leaves it open. */
	seconds?: number;
}

/** Reads the duration of a movie or a track; version 1 of the box has 64-bit times. */
async function readDuration(reader: ByteReader): Promise<Duration | undefined> {
	const isLong = (await reader.read(4)).readUInt8(0) === 1;
	const times = await reader.read(isLong ? 28 : 16);
	const unitsPerSecond = times.readUInt32BE(isLong ? 16 : 8);
	const units = isLong ? Number(times.readBigUInt64BE(20)) : times.readUInt32BE(12);
	const isOpen = units === 0 || units >= (isLong ? 2 ** 64 - 1 : 2 ** 32 - 1);
	if (unitsPerSecond === 0) return undefined;
	return isOpen ? { unitsPerSecond } : { unitsPerSecond, seconds: units / unitsPerSecond };
}

/**
 * HEIF (ISO 23008-12): the file has several sizes, of which the largest is that of the picture; the others are those
 * of its tiles and thumbnails.
 */
export async function readBoxedPicture(reader: ByteReader) {
	for await (const box of boxesUntil(reader, reader.sizeBytes)) {
		if (box.type !== 'meta') continue;
		await reader.read(4);
		const sizes = await readSizes(reader, box);
		const areas = sizes.map(({ width, height }) => width * height);
		const pictureSize = sizes[areas.indexOf(Math.max(...areas))];
		if (pictureSize) return pictureSize;
	}
	throw new UnreadableError();
}

const propertiesToEnter: ReadonlyMap<string, string> = new Map([
	['meta', 'iprp'],
	['iprp', 'ipco'],
]);

async function readSizes(reader: ByteReader, parent: Box) {
	const sizes: Array<{ width: number; height: number }> = [];
	for await (const box of boxesUntil(reader, parent.end)) {
		if (box.type === propertiesToEnter.get(parent.type)) sizes.push(...(await readSizes(reader, box)));
		if (box.type !== 'ispe') continue;
		const size = await reader.read(12);
		sizes.push({ width: size.readUInt32BE(4), height: size.readUInt32BE(8) });
	}
	return sizes;
}
