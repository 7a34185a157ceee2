import { box, fullBox, table, u16, u32, u64 } from './boxes';
import { StreamReader } from './streamReader';
import { at } from './track';
import { damaged, type GivenFile } from './unusable';

/** Packets of a film in decoding order, as columns. */
export interface OutputPackets {
	count: number;
	/** Which pass over a file has the packet, or `silentPass`. */
	passes: Int32Array;
	/** In that file. */
	offsets: Float64Array;
	sizes: Uint32Array;
	durations: Uint32Array;
	/** Units from decoding to display. */
	displayDelays: Uint32Array;
	isKey: Uint8Array;
	descriptions: Uint8Array;
}

/** Stands for packets that are in no file. */
export const silentPass = -1;

export function emptyOutput(count: number): OutputPackets {
	return {
		count,
		passes: new Int32Array(count),
		offsets: new Float64Array(count),
		sizes: new Uint32Array(count),
		durations: new Uint32Array(count),
		displayDelays: new Uint32Array(count),
		isKey: new Uint8Array(count),
		descriptions: new Uint8Array(count),
	};
}

/** Times are in units of the track. */
export interface OutputTrack {
	kind: 'video' | 'sound';
	unitsPerSecond: number;
	descriptions: readonly Buffer[];
	/** Of a video: how it is turned, and its size on the screen, as in the track header. */
	matrix?: Buffer;
	screenSize?: Buffer;
	/** How long after the start of the film the track begins. */
	delayUnits: number;
	/** At the start of the media, not shown. */
	skippedUnits: number;
	shownUnits: number;
	packets: OutputPackets;
	/** The content of silent packets. */
	silence?: Buffer;
}

/** An MP4 of which the index is made, and the media are still in their files. */
export interface PlannedFile {
	sizeBytes: number;
	content: () => AsyncGenerator<Uint8Array, void>;
}

/** Packets of one track that follow each other in the file. */
interface Chunk {
	track: OutputTrack;
	firstPacket: number;
	count: number;
	sizeBytes: number;
	pass: number;
	seconds: number;
}

/** Bytes that are copied at once. */
interface Piece {
	pass: number;
	offset: number;
	sizeBytes: number;
	silence?: Buffer;
}

/** Positions after the index fit into 32 bits if the media are not longer than this. */
const maxShortBytes = 2 ** 31;

/** Sound and picture alternate in the file at least that often, so that neither has to be sought. */
const chunkSeconds = 0.5;

/**
 * Plans an MP4 with its index at the front (ISO/IEC 14496-12). Packets of a pass keep the order that they have in their
 * file, so that each file is read forwards once.
 * @param passes the file of each pass
 * @throws InputError if packets overlap in a file
 */
export function writeMp4(tracks: readonly OutputTrack[], passes: readonly GivenFile[], signal?: AbortSignal): PlannedFile {
	const chunks = orderedChunks(tracks, passes);
	const mediaBytes = chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
	const [first] = tracks;
	const type = box('ftyp', Buffer.from('isom'), u32(0x200), Buffer.from('isomiso2mp41'));
	const mediaHead = mediaBytes + 8 < 2 ** 32 ? Buffer.concat([u32(mediaBytes + 8), Buffer.from('mdat')]) : Buffer.concat([u32(1), Buffer.from('mdat'), u64(mediaBytes + 16)]);
	const movieAt = (start: number) => movieBox(tracks, chunks, { start, isLong: mediaBytes >= maxShortBytes }, first?.unitsPerSecond ?? 1);
	// The size of the index does not depend on where the media begin.
	const headBytes = type.length + movieAt(0).length + mediaHead.length;
	const head = Buffer.concat([type, movieAt(headBytes), mediaHead]);
	const pieces = piecesOf(chunks);
	return {
		sizeBytes: head.length + mediaBytes,
		async *content() {
			yield head;
			yield* copy(pieces, passes, signal);
		},
	};
}

async function* copy(pieces: readonly Piece[], passes: readonly GivenFile[], signal?: AbortSignal): AsyncGenerator<Uint8Array, void> {
	const readers = new Map<number, StreamReader>();
	const lastPiece = new Map(pieces.map(({ pass }, index) => [pass, index]));
	try {
		for (const [index, { pass, offset, sizeBytes, silence }] of pieces.entries()) {
			signal?.throwIfAborted();
			if (silence) yield silence;
			const file = passes[pass];
			if (!file) continue;
			const reader = readers.get(pass) ?? new StreamReader(file, signal);
			readers.set(pass, reader);
			await reader.skipTo(offset);
			yield* reader.pass(sizeBytes);
			if (lastPiece.get(pass) !== index) continue;
			readers.delete(pass);
			await reader.close();
		}
	} finally {
		for (const reader of readers.values()) await reader.close();
	}
}

/** Neighbours in the film that are neighbours in their file are copied as one. */
function piecesOf(chunks: readonly Chunk[]): Piece[] {
	const pieces: Piece[] = [];
	for (const { track, firstPacket, count, pass } of chunks) {
		const { packets, silence } = track;
		if (pass === silentPass) {
			const content = Buffer.concat(new Array<Buffer>(count).fill(silence ?? Buffer.alloc(0)));
			pieces.push({ pass, offset: 0, sizeBytes: content.length, silence: content });
			continue;
		}
		for (let packet = firstPacket; packet < firstPacket + count; packet++) {
			const offset = at(packets.offsets, packet);
			const sizeBytes = at(packets.sizes, packet);
			const before = pieces.at(-1);
			if (before?.pass === pass && before.offset + before.sizeBytes === offset) before.sizeBytes += sizeBytes;
			else pieces.push({ pass, offset, sizeBytes });
		}
	}
	return pieces;
}

/** In the order of the file: that of each pass, and among passes by time. */
function orderedChunks(tracks: readonly OutputTrack[], passes: readonly GivenFile[]): Chunk[] {
	const ofPasses = new Map<number, Array<{ chunk: Chunk; offset: number }>>();
	for (const track of tracks) {
		const { packets, unitsPerSecond, skippedUnits, delayUnits } = track;
		let time = delayUnits - skippedUnits;
		let before: Chunk | undefined;
		for (let packet = 0; packet < packets.count; packet++) {
			const pass = at(packets.passes, packet);
			const offset = at(packets.offsets, packet);
			const seconds = time / unitsPerSecond;
			const isSame =
				before?.pass === pass &&
				seconds - before.seconds < chunkSeconds &&
				at(packets.descriptions, packet) === at(packets.descriptions, packet - 1) &&
				(pass === silentPass || offset === at(packets.offsets, packet - 1) + at(packets.sizes, packet - 1));
			if (!before || !isSame) {
				before = { track, firstPacket: packet, count: 0, sizeBytes: 0, pass, seconds };
				const list = ofPasses.get(pass) ?? [];
				ofPasses.set(pass, list);
				list.push({ chunk: before, offset });
			}
			before.count++;
			before.sizeBytes += at(packets.sizes, packet);
			time += at(packets.durations, packet);
		}
	}
	const ordered: Array<{ chunk: Chunk; seconds: number; pass: number; index: number }> = [];
	for (const [pass, list] of ofPasses) {
		const file = passes[pass];
		if (file) {
			list.sort((a, b) => a.offset - b.offset);
			checkOverlaps(list, file);
		}
		let seconds = -Infinity;
		list.forEach(({ chunk }, index) => {
			// Never before what comes before it in the file.
			seconds = Math.max(seconds, chunk.seconds);
			ordered.push({ chunk, seconds, pass, index });
		});
	}
	ordered.sort((a, b) => a.seconds - b.seconds || a.pass - b.pass || a.index - b.index);
	return ordered.map(({ chunk }) => chunk);
}

/** A small file whose packets are all the same bytes would make a film without end. */
function checkOverlaps(list: ReadonlyArray<{ chunk: Chunk; offset: number }>, file: GivenFile) {
	let end = 0;
	for (const { chunk, offset } of list) {
		if (offset < end) throw damaged(file);
		end = offset + chunk.sizeBytes;
	}
}

/** @param movieUnitsPerSecond of the whole film, for times that are not those of a track */
function movieBox(
	tracks: readonly OutputTrack[],
	chunks: readonly Chunk[],
	media: { start: number; isLong: boolean },
	movieUnitsPerSecond: number,
): Buffer {
	const offsets = new Map<OutputTrack, Array<{ chunk: Chunk; offset: number }>>(tracks.map((track) => [track, []]));
	let offset = media.start;
	for (const chunk of chunks) {
		offsets.get(chunk.track)?.push({ chunk, offset });
		offset += chunk.sizeBytes;
	}
	const inMovie = (units: number, { unitsPerSecond }: OutputTrack) => Math.round((units / unitsPerSecond) * movieUnitsPerSecond);
	const lengths = tracks.map((track) => inMovie(track.delayUnits + track.shownUnits, track));
	const boxes = tracks.map((track, index) => {
		const list = (offsets.get(track) ?? []).sort((a, b) => a.chunk.firstPacket - b.chunk.firstPacket);
		const edits = editBox(inMovie(track.delayUnits, track), inMovie(track.shownUnits, track), track.skippedUnits);
		return trackBox(track, index + 1, lengths[index] ?? 0, edits, sampleTable(track, list, media.isLong));
	});
	const header = fullBox(
		'mvhd',
		1,
		0,
		// No date, so that the same shots give the same file.
		u64(0, 0),
		u32(movieUnitsPerSecond),
		u64(Math.max(...lengths)),
		u32(0x10000),
		u16(0x100, 0),
		u32(0, 0),
		upright,
		Buffer.alloc(24),
		u32(tracks.length + 1),
	);
	return box('moov', header, ...boxes);
}

/** The unit matrix, ISO/IEC 14496-12, 6.2.2. */
const upright = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

function trackBox(track: OutputTrack, id: number, length: number, edits: Buffer, samples: Buffer): Buffer {
	const { kind, unitsPerSecond, packets } = track;
	const isVideo = kind === 'video';
	const mediaUnits = packets.durations.subarray(0, packets.count).reduce((sum, duration) => sum + duration, 0);
	// Enabled, and in the movie.
	const header = fullBox(
		'tkhd',
		1,
		3,
		u64(0, 0),
		u32(id, 0),
		u64(length),
		u32(0, 0),
		u16(0, isVideo ? 0 : 1, isVideo ? 0 : 0x100, 0),
		track.matrix ?? upright,
		track.screenSize ?? u32(0, 0),
	);
	const mediaHeader = fullBox('mdhd', 1, 0, u64(0, 0), u32(unitsPerSecond), u64(mediaUnits), u16(undetermined, 0));
	const name = Buffer.from(isVideo ? 'VideoHandler\0' : 'SoundHandler\0');
	const handler = fullBox('hdlr', 0, 0, u32(0), Buffer.from(isVideo ? 'vide' : 'soun'), u32(0, 0, 0), name);
	const information = isVideo ? fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)) : fullBox('smhd', 0, 0, u16(0, 0));
	// Flag 1: the media is in this file.
	const references = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
	return box('trak', header, edits, box('mdia', mediaHeader, handler, box('minf', information, references, samples)));
}

/** The language "und", three letters of five bits. */
const undetermined = 0x55c4;

/** ISO/IEC 14496-12, 8.6.6; the rate is normal. */
function editBox(delay: number, length: number, skippedUnits: number): Buffer {
	const wait = delay > 0 ? [u64(delay), noMedia, u16(1, 0)] : [];
	return box('edts', fullBox('elst', 1, 0, u32(delay > 0 ? 2 : 1), ...wait, u64(length), u64(skippedUnits), u16(1, 0)));
}

/** The time -1. */
const noMedia = Buffer.alloc(8, 0xff);

/** ISO/IEC 14496-12, 8.5 to 8.7. */
function sampleTable(track: OutputTrack, chunks: ReadonlyArray<{ chunk: Chunk; offset: number }>, isLong: boolean): Buffer {
	const { packets, descriptions, kind } = track;
	const { count, durations, displayDelays, isKey, sizes } = packets;
	const runs = (column: Uint32Array) => {
		const rows: Array<{ count: number; value: number }> = [];
		for (let packet = 0; packet < count; packet++) {
			const value = at(column, packet);
			const last = rows.at(-1);
			if (last?.value === value) last.count++;
			else rows.push({ count: 1, value });
		}
		return rows;
	};
	const runTable = (type: string, column: Uint32Array) => {
		const rows = runs(column);
		return table(type, 2, rows.map((row) => [row.count, row.value]));
	};
	const keys: number[] = [];
	for (let packet = 0; packet < count; packet++) if (isKey[packet] === 1) keys.push(packet + 1);
	const rows = chunks
		.map(({ chunk }, index) => ({ index, count: chunk.count, description: at(packets.descriptions, chunk.firstPacket) }))
		.filter((row, index, all) => index === 0 || row.count !== all[index - 1]?.count || row.description !== all[index - 1]?.description);
	const sizeTable = Buffer.alloc(4 * count);
	for (let packet = 0; packet < count; packet++) sizeTable.writeUInt32BE(at(sizes, packet), 4 * packet);
	const hasDelays = displayDelays.subarray(0, count).some((delay) => delay > 0);
	return box(
		'stbl',
		fullBox('stsd', 0, 0, u32(descriptions.length), ...descriptions),
		runTable('stts', durations),
		...(hasDelays ? [runTable('ctts', displayDelays)] : []),
		...(kind === 'video' && keys.length < count ? [table('stss', 1, keys.map((key) => [key]))] : []),
		table('stsc', 3, rows.map((row) => [row.index + 1, row.count, row.description + 1])),
		fullBox('stsz', 0, 0, u32(0, count), sizeTable),
		isLong
			? fullBox('co64', 0, 0, u32(chunks.length), ...chunks.map(({ offset }) => u64(offset)))
			: table('stco', 1, chunks.map(({ offset }) => [offset])),
	);
}
