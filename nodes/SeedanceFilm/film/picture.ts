import { InputError } from '../../shared/errors';
import { maxSeconds } from './readMp4';
import type { Stretch } from './stretch';
import { at } from './track';
import { emptyOutput, type OutputTrack } from './writeMp4';

/** The picture of a film: stretches one after the other. */
export interface Picture {
	track: OutputTrack;
	/** When each stretch begins, in seconds. */
	starts: number[];
	seconds: number;
}

/** Of the timescale of a film; what most files have divides a number below. */
const maxUnitsPerSecond = 10_000_000;

/**
 * @param field the label of the field for a film that is too long
 * @throws InputError
 */
export function joinPictures(stretches: readonly Stretch[], field: string): Picture {
	const unitsPerSecond = commonUnits(stretches.map(({ video }) => video.unitsPerSecond));
	const output = emptyOutput(stretches.reduce((sum, { packets }) => sum + packets.length, 0));
	const descriptions = new Descriptions();
	const decodeTimes = new Float64Array(output.count);
	const displayTimes = new Float64Array(output.count);
	const starts: number[] = [];
	let start = 0;
	let shift = 0;
	let filled = 0;
	stretches.forEach(({ video, packets, from, length }, pass) => {
		const scale = unitsPerSecond / video.unitsPerSecond;
		const firstDecoded = at(video.packets.decodeTimes, at(packets, 0));
		starts.push(start / unitsPerSecond);
		for (const packet of packets) {
			const decodeTime = start + Math.round((at(video.packets.decodeTimes, packet) - firstDecoded) * scale);
			const displayTime = start + Math.round((at(video.packets.displayTimes, packet) - from) * scale);
			decodeTimes[filled] = decodeTime;
			displayTimes[filled] = displayTime;
			// All frames are shown later by this, so that none is shown before it is decoded.
			shift = Math.max(shift, decodeTime - displayTime);
			output.passes[filled] = pass;
			output.offsets[filled] = at(video.packets.offsets, packet);
			output.sizes[filled] = at(video.packets.sizes, packet);
			output.isKey[filled] = at(video.packets.isKey, packet);
			output.descriptions[filled] = descriptions.add(video.descriptions[at(video.packets.descriptions, packet)]);
			filled++;
		}
		start = Math.max(start + Math.round(length * scale), at(decodeTimes, filled - 1) + 1);
	});
	if (start > maxSeconds * unitsPerSecond) {
		throw new InputError([{ field, message: 'The film would be longer than three hours.', advice: 'Join fewer shots.' }], '');
	}
	for (let packet = 0; packet < output.count; packet++) {
		const next = packet + 1 < output.count ? at(decodeTimes, packet + 1) : start;
		output.durations[packet] = next - at(decodeTimes, packet);
		output.displayDelays[packet] = at(displayTimes, packet) + shift - at(decodeTimes, packet);
	}
	const [first] = stretches;
	return {
		track: {
			kind: 'video',
			unitsPerSecond,
			descriptions: descriptions.list,
			...(first && { matrix: first.video.matrix, screenSize: first.video.screenSize }),
			delayUnits: 0,
			skippedUnits: shift,
			shownUnits: start,
			packets: output,
		},
		starts,
		seconds: start / unitsPerSecond,
	};
}

/** Sample entries without repetitions. */
class Descriptions {
	readonly list: Buffer[] = [];
	private readonly indices = new Map<string, number>();

	/** @returns its place in the list */
	add(entry: Buffer | undefined): number {
		if (!entry) return 0;
		const key = entry.toString('latin1');
		const known = this.indices.get(key);
		if (known !== undefined) return known;
		this.indices.set(key, this.list.length);
		return this.list.push(entry) - 1;
	}
}

/** A timescale in which all times are whole numbers, or the finest of all where there is none; then times are rounded. */
function commonUnits(all: readonly number[]): number {
	const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
	const common = all.reduce((product, units) => (product / divisor(product, units)) * units, 1);
	return common <= maxUnitsPerSecond ? common : Math.min(Math.max(...all), maxUnitsPerSecond);
}
