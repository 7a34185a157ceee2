import { box, boxesIn, contentAt, fullBox, u16, u32 } from './boxes';

/** AAC as MP4 describes it: ISO/IEC 14496-3, 1.6.2.1 (AudioSpecificConfig), and 14496-1, 7.2.6 (the descriptors around it). */

export interface SoundFormat {
	/** E.g. `AAC`, as the person reads it. */
	name: string;
	channels: number;
	/** Of the coded sound; HE-AAC plays at twice this rate. */
	sampleRate: number;
	/** Samples of one packet; undefined if the file says it only in its times. */
	samplesPerPacket?: number;
	/** A packet of silence; undefined where none is known. */
	silence?: Buffer;
}

const sampleRates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** @returns undefined if it is no AAC that can be told apart. A wrong length gives undefined too. */
export function readAacConfig(config: Buffer): SoundFormat | undefined {
	const bits = new BitReader(config);
	const readType = () => {
		const type = bits.read(5);
		return type === 31 ? 32 + bits.read(6) : type;
	};
	const readRate = () => {
		const index = bits.read(4);
		return index === 15 ? bits.read(24) : sampleRates[index];
	};
	let type = readType();
	const sampleRate = readRate();
	const channelSetup = bits.read(4);
	const isHighEfficiency = type === 5 || type === 29;
	if (isHighEfficiency) {
		readRate();
		type = readType();
	}
	const isShort = bits.read(1) === 1;
	if (bits.isBeyondEnd || !sampleRate || type < 1 || type > 4) return undefined;
	const channels = channelSetup === 7 ? 8 : channelSetup;
	return {
		name: isHighEfficiency ? 'HE-AAC' : 'AAC',
		channels,
		sampleRate,
		samplesPerPacket: isShort ? 960 : 1024,
		silence: silentPacket(channelSetup),
	};
}

/** What ADTS says in every frame, as MP4 says it once. */
export const aacConfig = (type: number, rateIndex: number, channelSetup: number) =>
	u16((type << 11) | (rateIndex << 7) | (channelSetup << 3));

export const sampleRateAt = (index: number) => sampleRates[index];

/** Elements of a packet by channel setup, ISO/IEC 14496-3, table 1.19; 0: one channel, 1: a pair, 3: low frequencies. */
const elementsOf: ReadonlyArray<readonly number[]> = [[], [0], [1], [0, 1], [0, 1, 0], [0, 1, 1], [0, 1, 1, 3], [0, 1, 1, 1, 3]];

/** A packet without a single spectral line: ISO/IEC 14496-3, 4.4.2.1. */
function silentPacket(channelSetup: number): Buffer | undefined {
	const elements = elementsOf[channelSetup] ?? [];
	if (elements.length === 0) return undefined;
	const counts = new Map<number, number>();
	// Gain 0; no pulses, no noise shaping, no gain control.
	const channel = '00000000' + '000';
	// One long window with a sine slope and no bands, no prediction.
	const windows = '0' + '00' + '0' + '000000' + '0';
	const bits = elements.map((element) => {
		const tag = counts.get(element) ?? 0;
		counts.set(element, tag + 1);
		const head = element.toString(2).padStart(3, '0') + tag.toString(2).padStart(4, '0');
		return element === 1 ? `${head}1${windows}00${channel}${channel}` : `${head}00000000${windows}000`;
	});
	const all = `${bits.join('')}111`;
	return Buffer.from((all.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, '0'), 2)));
}

/** What an `esds` box says. */
export interface StreamDescription {
	/** Object type indication: 0x40 is AAC, 0x6b MP3. */
	objectType: number;
	config: Buffer;
}

/** @returns undefined if it cannot be read */
export function readStreamDescription(esds: Buffer): StreamDescription | undefined {
	let at = 4;
	let objectType: number | undefined;
	while (at + 2 <= esds.length) {
		const tag = esds.readUInt8(at++);
		let length = 0;
		for (let more = true; more && at < esds.length; at++) {
			const byte = esds.readUInt8(at);
			length = length * 128 + (byte & 0x7f);
			more = byte >= 0x80;
		}
		if (tag === 3) {
			if (at + 3 > esds.length) return undefined;
			const flags = esds.readUInt8(at + 2);
			at += 3 + (flags & 0x80 ? 2 : 0) + (flags & 0x20 ? 2 : 0);
			if (flags & 0x40) at += 1 + (at < esds.length ? esds.readUInt8(at) : 0);
		} else if (tag === 4) {
			if (at + 13 > esds.length) return undefined;
			objectType = esds.readUInt8(at);
			at += 13;
		} else if (tag === 5 && objectType !== undefined) {
			return { objectType, config: esds.subarray(at, at + length) };
		} else {
			at += length;
		}
	}
	return objectType === undefined ? undefined : { objectType, config: Buffer.alloc(0) };
}

/** The `esds` of a sound entry; QuickTime puts it into a `wave` box. */
export function findStreamDescription(children: Buffer): StreamDescription | undefined {
	const esds = contentAt(children, 'esds') ?? boxesIn(children).flatMap(({ type, content }) => (type === 'wave' ? [contentAt(content, 'esds')] : []))[0];
	return esds && readStreamDescription(esds);
}

/** The sample entry `mp4a` for AAC or MP3; the rates that it could name are informative and left open. */
export function mp4aEntry({ channels, sampleRate }: SoundFormat, { objectType, config }: StreamDescription): Buffer {
	const descriptor = (tag: number, ...parts: readonly Uint8Array[]) => {
		const content = Buffer.concat(parts);
		return Buffer.concat([Buffer.from([tag, 0x80, 0x80, 0x80 | (content.length >> 7), content.length & 0x7f]), content]);
	};
	const specific = config.length > 0 ? [descriptor(5, config)] : [];
	// 0x15: a stream of sound.
	const decoder = descriptor(4, Buffer.from([objectType, 0x15]), Buffer.alloc(11), ...specific);
	const esds = fullBox('esds', 0, 0, descriptor(3, u16(0), Buffer.from([0]), decoder, descriptor(6, Buffer.from([2]))));
	const rate = sampleRate < 0x10000 ? sampleRate * 0x10000 : 0;
	return box('mp4a', u16(0, 0, 0, 1), u32(0, 0), u16(channels, 16, 0, 0), u32(rate), esds);
}

class BitReader {
	private at = 0;

	constructor(private readonly bytes: Buffer) {}

	get isBeyondEnd() {
		return this.at > 8 * this.bytes.length;
	}

	read(count: number): number {
		let value = 0;
		for (let index = 0; index < count; index++, this.at++) {
			value = value * 2 + (((this.bytes[this.at >> 3] ?? 0) >> (7 - (this.at & 7))) & 1);
		}
		return value;
	}
}
