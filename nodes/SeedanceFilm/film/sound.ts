import { at, packetLength, type SoundTrack } from './track';
import { emptyOutput, type OutputTrack, silentPass } from './writeMp4';

/** A sound from a moment of the film on, until the next part begins. */
export interface SoundPart {
	startSeconds: number;
	/** Absent: silence. */
	sound?: {
		track: SoundTrack;
		/** The pass over its file, as `writeMp4` counts them. */
		pass: number;
		/** The moment of the sound that is at the start of the part, from where the track begins to be shown. */
		fromSeconds: number;
		/** Where it ends at the latest, counted like that. */
		untilSeconds?: number;
	};
}

/**
 * The sound of a film. Its packets follow each other without a gap or an overlap, because players and transcoders play
 * them so whatever the index says: each part is moved by up to half a packet (11 ms of AAC) to where one begins. As every
 * part is placed by the picture and not by the part before, that does not add up. The first part is exact.
 *
 * A packet of AAC can be decoded only with the one before it. So each part brings that one along, in place of the last
 * packet of the part before.
 * @returns undefined if there is no sound, or none of its packets is heard
 */
export function joinSounds(parts: readonly SoundPart[], filmSeconds: number): OutputTrack | undefined {
	const firstTrack = parts.find(({ sound }) => sound)?.sound?.track;
	if (!firstTrack) return undefined;
	const { format, descriptions } = firstTrack;
	const rate = format.sampleRate;
	const length = packetLength(firstTrack);
	const [firstPart] = parts;
	const skipped = firstPart?.sound ? skippedBefore(firstPart.sound, rate, length) : 0;
	const slotCount = Math.ceil((filmSeconds * rate + skipped) / length - tiny);
	const passes = new Int32Array(slotCount).fill(silentPass);
	const packets = new Int32Array(slotCount);
	const placesOfTracks = new Map<SoundTrack, Int32Array>();
	let filledEnd = 0;
	for (const { startSeconds, sound } of parts) {
		const start = (startSeconds * rate + skipped) / length;
		const position = sound ? positionIn(sound, rate) / length : 0;
		const firstNeeded = Math.max(0, Math.floor(position + tiny) - 1);
		const base = Math.round(start - position);
		const from = Math.max(0, position >= 0 && sound ? base + firstNeeded : Math.round(start));
		passes.fill(silentPass, Math.min(from, filledEnd), filledEnd);
		if (!sound) continue;
		const { track, untilSeconds = Infinity } = sound;
		const end = Math.ceil(positionIn({ track, fromSeconds: untilSeconds }, rate) / length - tiny);
		// A sound that is repeated is the same track each time.
		const places = placesOfTracks.get(track) ?? placesOf(track, rate, length);
		placesOfTracks.set(track, places);
		for (let packet = 0; packet < places.length; packet++) {
			const place = at(places, packet);
			const slot = base + place;
			if (slot >= slotCount || place >= end) break;
			if (place < firstNeeded || slot < from) continue;
			passes[slot] = sound.pass;
			packets[slot] = packet;
			filledEnd = Math.max(filledEnd, slot + 1);
		}
	}
	const tracks = new Map(parts.flatMap(({ sound }) => (sound ? [[sound.pass, sound.track] as const] : [])));
	return trackOf({ passes, packets, tracks, firstTrack, length, skipped, descriptions, shownUnits: Math.round(filmSeconds * rate) });
}

/** Against errors of floating point at whole numbers. */
const tiny = 1e-6;

type PlacedSound = NonNullable<SoundPart['sound']>;

/** The sample of the track at a moment; negative if the track begins later. */
const positionIn = ({ track, fromSeconds }: Pick<PlacedSound, 'track' | 'fromSeconds'>, rate: number) =>
	(track.shownFrom / track.unitsPerSecond + fromSeconds) * rate;

/** Samples that are decoded before the first one that is heard: the delay of the encoder. */
function skippedBefore(sound: PlacedSound, rate: number, length: number): number {
	const position = positionIn(sound, rate);
	if (position <= 0) return 0;
	return position - Math.max(0, Math.floor(position / length + tiny) - 1) * length;
}

/**
 * The place of each packet, counted in packets. Times that are only roughly right do not count; a gap does, and a packet
 * at the time of another is left out.
 * @returns places in order; -1 for a packet that is left out
 */
function placesOf({ packets, unitsPerSecond }: SoundTrack, rate: number, length: number): Int32Array {
	const places = new Int32Array(packets.count);
	let expected = 0;
	for (let packet = 0; packet < packets.count; packet++) {
		const place = Math.round(((at(packets.decodeTimes, packet) / unitsPerSecond) * rate) / length);
		const isLeftOut = place < expected - 1;
		const isGap = place > expected + 1;
		places[packet] = isLeftOut ? -1 : isGap ? place : expected;
		if (!isLeftOut) expected = at(places, packet) + 1;
	}
	return places;
}

interface Slots {
	passes: Int32Array;
	packets: Int32Array;
	tracks: ReadonlyMap<number, SoundTrack>;
	firstTrack: SoundTrack;
	length: number;
	skipped: number;
	descriptions: readonly Buffer[];
	shownUnits: number;
}

function trackOf({ passes, packets, tracks, firstTrack, length, skipped, descriptions, shownUnits }: Slots): OutputTrack | undefined {
	const { silence, sampleRate } = firstTrack.format;
	const output = emptyOutput(passes.length);
	let count = 0;
	let delay = 0;
	for (let slot = 0; slot < passes.length; slot++) {
		const track = tracks.get(at(passes, slot));
		if (!track && !silence) {
			// Without silent packets, the one before lasts longer; at the end nothing is needed.
			if (count === 0) delay += length;
			else output.durations[count - 1] = at(output.durations, count - 1) + length;
			continue;
		}
		const packet = at(packets, slot);
		output.passes[count] = track ? at(passes, slot) : silentPass;
		output.offsets[count] = track ? at(track.packets.offsets, packet) : 0;
		output.sizes[count] = track ? at(track.packets.sizes, packet) : (silence?.length ?? 0);
		output.durations[count] = length;
		output.isKey[count] = 1;
		count++;
	}
	if (count === 0) return undefined;
	if (!silence) output.durations[count - 1] = length;
	output.count = count;
	const mediaUnits = output.durations.subarray(0, count).reduce((sum, duration) => sum + duration, 0);
	return {
		kind: 'sound',
		unitsPerSecond: sampleRate,
		descriptions,
		delayUnits: delay,
		skippedUnits: Math.round(skipped),
		shownUnits: Math.min(shownUnits - delay, mediaUnits - Math.round(skipped)),
		packets: output,
		...(silence && { silence }),
	};
}
