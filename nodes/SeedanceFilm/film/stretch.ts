import type { Movie } from './readMp4';
import { at, usualDuration, type VideoTrack } from './track';
import { type GivenFile, unusable } from './unusable';

/** The part of a video that goes into a film. It begins with a key frame. */
export interface Stretch {
	file: GivenFile;
	video: VideoTrack;
	/** Packets in decoding order. */
	packets: Int32Array;
	/** Display time of the first frame, and the time from there to the end, in units of the track. */
	from: number;
	length: number;
	/** When the first frame is shown in the given video. */
	fromSeconds: number;
}

/** @throws InputError if the file has no picture, or one that cannot be copied */
export function videoOf({ file, video }: Movie): VideoTrack {
	if (video) return video();
	throw unusable(file, 'has no picture', 'Choose a video.');
}

/**
 * All of a video that is shown. Frames that the file hides at its end are left out.
 * @throws InputError if it hides frames at its start, without which the others cannot be decoded
 */
export function wholeStretch(movie: Movie): Stretch {
	const video = videoOf(movie);
	const { unitsPerSecond, packets, shownFrom, shownUntil } = video;
	const first = packets.isKey.indexOf(1);
	const tolerance = usualDuration(packets);
	const hidden = shownFrom - at(packets.displayTimes, first);
	if (hidden > tolerance) {
		throw unusable(
			movie.file,
			`hides its first ${(hidden / unitsPerSecond).toFixed(1)} seconds, which joining would show again`,
			'Use Trim first, which begins at the next key frame.',
		);
	}
	const ends = possibleEnds(video, first);
	const end = ends.find(({ time }) => time >= shownUntil - tolerance / 2) ?? ends.at(-1);
	return stretch(movie.file, video, first, end);
}

/** Where a video can be cut. */
export interface Cut {
	/** The packet before which it is. */
	packet: number;
	/** Its display time in units of the track. */
	time: number;
}

/** The key frames that are shown. */
export function possibleStarts({ packets, shownFrom, shownUntil }: VideoTrack): Cut[] {
	const starts: Cut[] = [];
	const tolerance = usualDuration(packets);
	for (let packet = 0; packet < packets.count; packet++) {
		const time = at(packets.displayTimes, packet);
		if (packets.isKey[packet] === 1 && time >= shownFrom - tolerance && time < shownUntil) starts.push({ packet, time });
	}
	return starts;
}

/**
 * An end needs no key frame: whatever was decoded before is complete. But no frame that is left out may have to be shown
 * before one that stays.
 * @returns the ends after the packet, in order
 */
export function possibleEnds({ packets }: VideoTrack, first: number): Cut[] {
	const { count, displayTimes, durations } = packets;
	const firstTime = at(displayTimes, first);
	// The earliest display time of this packet and all that follow.
	const earliest = new Float64Array(count + 1);
	earliest[count] = Infinity;
	for (let packet = count - 1; packet >= first; packet--) earliest[packet] = Math.min(at(earliest, packet + 1), at(displayTimes, packet));
	const usual = usualDuration(packets);
	const ends: Cut[] = [];
	let latest = -Infinity;
	let end = firstTime;
	for (let packet = first; packet < count; packet++) {
		const time = at(displayTimes, packet);
		latest = Math.max(latest, time);
		end = Math.max(end, time + (at(durations, packet) || usual));
		if (latest < at(earliest, packet + 1) && latest >= firstTime) ends.push({ packet: packet + 1, time: Math.min(at(earliest, packet + 1), end) });
	}
	return ends;
}

/** @param end undefined if there is none, in a video that shows nothing */
export function stretch(file: GivenFile, video: VideoTrack, first: number, end: Cut | undefined): Stretch {
	if (first < 0 || !end) throw unusable(file, 'shows no frame', 'Choose another file.');
	const from = at(video.packets.displayTimes, first);
	const packets: number[] = [];
	for (let packet = first; packet < end.packet; packet++) {
		// Frames that are shown before the key frame need what is no longer there.
		if (at(video.packets.displayTimes, packet) >= from) packets.push(packet);
	}
	return {
		file,
		video,
		packets: Int32Array.from(packets),
		from,
		length: Math.max(end.time - from, 1),
		fromSeconds: (from - video.shownFrom) / video.unitsPerSecond,
	};
}
