import type { SoundFormat } from './aac';

/**
 * The packets of a track in decoding order, as columns: an hour has some hundred thousand of them. Times are in units of
 * the track, offsets and sizes in bytes of the file.
 */
export interface Packets {
	count: number;
	offsets: Float64Array;
	sizes: Uint32Array;
	decodeTimes: Float64Array;
	displayTimes: Float64Array;
	durations: Uint32Array;
	/** 1 where decoding can begin. */
	isKey: Uint8Array;
	/** Index into the descriptions of the track. */
	descriptions: Uint8Array;
}

export function emptyPackets(count: number): Packets {
	return {
		count,
		offsets: new Float64Array(count),
		sizes: new Uint32Array(count),
		decodeTimes: new Float64Array(count),
		displayTimes: new Float64Array(count),
		durations: new Uint32Array(count),
		isKey: new Uint8Array(count),
		descriptions: new Uint8Array(count),
	};
}

interface Track {
	unitsPerSecond: number;
	packets: Packets;
	/** Sample entries of ISO/IEC 14496-12, 8.5.2, whole boxes. */
	descriptions: readonly Buffer[];
	/** The display time, in units, with which the track begins to be shown; less if it begins later than the movie. */
	shownFrom: number;
	/** The display time at which it ends; Infinity: with its last packet. */
	shownUntil: number;
}

export interface VideoTrack extends Track {
	/** E.g. `H.264`. */
	format: string;
	width: number;
	height: number;
	/** Of the track header: how the picture is turned, 36 bytes, and its size on the screen, 8 bytes. */
	matrix: Buffer;
	screenSize: Buffer;
	/** 0, 90, 180 or 270 clockwise; undefined for other transformations. */
	rotation?: number;
}

export interface SoundTrack extends Track {
	format: SoundFormat;
}

/** A typed array knows no gaps; this says so to the compiler. */
export const at = (column: Float64Array | Uint32Array | Int32Array | Uint8Array, index: number): number => column[index] ?? 0;

/** The duration that most packets have, in units of the track. */
export function usualDuration({ count, durations }: Packets): number {
	const counts = new Map<number, number>();
	let usual = 0;
	for (let index = 0; index < count; index++) {
		const duration = at(durations, index);
		const seen = (counts.get(duration) ?? 0) + 1;
		counts.set(duration, seen);
		if (duration > 0 && seen > (counts.get(usual) ?? 0)) usual = duration;
	}
	return usual;
}

/** Samples in a packet. */
export function packetLength({ format, unitsPerSecond, packets }: SoundTrack): number {
	return format.samplesPerPacket ?? Math.max(1, Math.round((usualDuration(packets) / unitsPerSecond) * format.sampleRate));
}
