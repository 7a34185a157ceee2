import type { ByteReader } from './byteReader';
import { type Box, boxesUntil } from './isoBoxes';

/** Movies in fragments, ISO 14496-12, 8.8: as streams are recorded, and as some editors export. */

/** A track as far as its fragments add to it. */
interface GrowingTrack {
	id?: number;
	media?: { unitsPerSecond: number; seconds?: number };
	samples?: number;
	unitsOfSample?: number;
}

/** @returns how long a sample lasts where a fragment does not say it, in units of the track, by the ID of the track */
export async function readDefaults(reader: ByteReader, mvex: Box): Promise<Map<number, number>> {
	const defaults = new Map<number, number>();
	for await (const box of boxesUntil(reader, mvex.end)) {
		if (box.type !== 'trex') continue;
		const trex = await reader.read(16);
		defaults.set(trex.readUInt32BE(4), trex.readUInt32BE(12));
	}
	return defaults;
}

/** Reads the rest of the file and adds the length of its fragments to the tracks. */
export async function readFragments(reader: ByteReader, tracks: readonly GrowingTrack[]): Promise<void> {
	// Some writers give the length of the whole movie to an index without samples.
	for (const { media, samples } of tracks) if (media && !samples) media.seconds = 0;
	for await (const box of boxesUntil(reader, reader.sizeBytes)) {
		if (box.type !== 'moof') continue;
		for await (const part of boxesUntil(reader, box.end)) {
			if (part.type === 'traf') await readTrackFragment(reader, part, tracks);
		}
	}
}

async function readTrackFragment(reader: ByteReader, traf: Box, tracks: readonly GrowingTrack[]): Promise<void> {
	let track: GrowingTrack | undefined;
	let unitsOfSample = 0;
	for await (const box of boxesUntil(reader, traf.end)) {
		if (box.type === 'tfhd') {
			const head = await reader.read(8);
			const flags = head.readUInt32BE(0);
			const id = head.readUInt32BE(4);
			track = tracks.find((known) => known.id === id);
			await reader.skipTo(reader.position + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0));
			unitsOfSample = flags & 8 ? (await reader.read(4)).readUInt32BE(0) : (track?.unitsOfSample ?? 0);
		}
		if (box.type !== 'trun' || !track?.media) continue;
		const units = await readRun(reader, unitsOfSample);
		track.media.seconds = (track.media.seconds ?? 0) + units / track.media.unitsPerSecond;
	}
}

const samplesAtOnce = 2000;

/** @returns how long the samples of a run last, in units of the track */
async function readRun(reader: ByteReader, unitsOfSample: number): Promise<number> {
	const head = await reader.read(8);
	const flags = head.readUInt32BE(0);
	const samples = head.readUInt32BE(4);
	if (!(flags & 0x100)) return samples * unitsOfSample;
	await reader.skipTo(reader.position + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0));
	const sampleBytes = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length;
	let units = 0;
	for (let read = 0; read < samples; read += samplesAtOnce) {
		const rows = await reader.read(Math.min(samplesAtOnce, samples - read) * sampleBytes);
		for (let at = 0; at < rows.length; at += sampleBytes) units += rows.readUInt32BE(at);
	}
	return units;
}
