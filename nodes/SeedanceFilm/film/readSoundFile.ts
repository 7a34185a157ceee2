import { readMp3Frame, skipTags } from '../../shared/media/mp3';
import { aacConfig, mp4aEntry, readAacConfig, sampleRateAt, type SoundFormat } from './aac';
import { isMp4, maxPackets, type Movie, readMp4 } from './readMp4';
import { StreamReader } from './streamReader';
import { emptyPackets, type SoundTrack } from './track';
import { damaged, type GivenFile, unusable } from './unusable';

/**
 * Reads a file for its sound: MP4, M4A, MOV, MP3 or AAC in ADTS frames.
 * @throws InputError if it is none of these, or damaged
 */
export async function readSoundFile(file: GivenFile, signal?: AbortSignal): Promise<Movie> {
	const reader = new StreamReader(file, signal);
	try {
		await skipTags(reader);
		const head = await reader.peek(searchedBytes);
		if (reader.position === 0 && isMp4(head)) return await readMp4(file, signal);
		const other = otherFormats.find(({ pattern }) => pattern.test(head.toString('latin1', 0, 12)));
		if (other) throw unusable(file, `is in the format ${other.name}, which an MP4 for publishing cannot hold`, 'Convert it to M4A, AAC or MP3.');
		const sound = (await readFrames(reader, readAdtsFrame)) ?? (await readFrames(reader, readFrameOfMp3));
		if (!sound) throw unusable(file, 'is no sound that is known here', 'Choose an M4A, AAC or MP3 file, or a video with sound.');
		return { file, sound: () => sound };
	} finally {
		await reader.close();
	}
}

const otherFormats = [
	{ name: 'WAV', pattern: /^(?:RIFF|RF64)....WAVE/s },
	{ name: 'FLAC', pattern: /^fLaC/ },
	{ name: 'Ogg', pattern: /^OggS/ },
	{ name: 'AIFF', pattern: /^FORM....AIF/s },
	{ name: 'WebM', pattern: /^\x1aE\xdf\xa3/ },
];

/** A frame of MP3 or ADTS. */
interface Frame {
	sizeBytes: number;
	/** Not part of the packet in an MP4. */
	headBytes: number;
	format: SoundFormat;
	entry(): Buffer;
}

type ReadFrame = (head: Buffer) => Frame | undefined;

/** Where the first frame may begin at the latest, and bytes between frames. */
const searchedBytes = 16 * 1024;
const frameHeadBytes = 9;

/** @returns undefined if no two frames follow each other at the start; nothing is read then */
async function readFrames(reader: StreamReader, readFrame: ReadFrame): Promise<SoundTrack | undefined> {
	const start = firstFrame(await reader.peek(searchedBytes), readFrame);
	const head = start === undefined ? undefined : (await reader.peek(start + frameHeadBytes)).subarray(start);
	const first = head && readFrame(head);
	if (start === undefined || !first) return undefined;
	await reader.skipTo(reader.position + start);
	const index = readFrame === readFrameOfMp3 ? readIndexFrame(await reader.peek(first.sizeBytes)) : undefined;
	if (index) await reader.skipTo(reader.position + first.sizeBytes);
	const offsets: number[] = [];
	const sizes: number[] = [];
	for (let strayBytes = 0; strayBytes < searchedBytes; ) {
		const frame = readFrame(await reader.peek(frameHeadBytes));
		const isSound = frame?.format.sampleRate === first.format.sampleRate;
		const size = frame && isSound ? frame.sizeBytes : 1;
		if (reader.position + size > reader.sizeBytes) break;
		if (frame && isSound) {
			offsets.push(reader.position + frame.headBytes);
			sizes.push(size - frame.headBytes);
			if (offsets.length > maxPackets) throw unusable(reader.file, 'is longer than three hours', 'Use a shorter file.');
		} else {
			strayBytes++;
		}
		await reader.skipTo(reader.position + size);
	}
	const { samplesPerPacket = 0 } = first.format;
	const packets = emptyPackets(offsets.length);
	packets.offsets.set(offsets);
	packets.sizes.set(sizes);
	packets.durations.fill(samplesPerPacket);
	packets.isKey.fill(1);
	for (let packet = 0; packet < packets.count; packet++) packets.decodeTimes[packet] = packet * samplesPerPacket;
	const samples = packets.count * samplesPerPacket;
	const shownFrom = index ? index.delay + decoderDelay : 0;
	const shownUntil = index ? Math.min(samples, samples - index.padding + decoderDelay) : samples;
	if (shownUntil <= shownFrom) throw damaged(reader.file);
	return { format: first.format, descriptions: [first.entry()], unitsPerSecond: first.format.sampleRate, packets, shownFrom, shownUntil };
}

/** Two bytes occur by chance; two frames that follow each other hardly do. */
function firstFrame(bytes: Buffer, readFrame: ReadFrame): number | undefined {
	for (let start = 0; start + frameHeadBytes <= bytes.length; start++) {
		const frame = readFrame(bytes.subarray(start));
		if (frame && (start + frame.sizeBytes === bytes.length || readFrame(bytes.subarray(start + frame.sizeBytes)))) return start;
	}
	return undefined;
}

/** ISO/IEC 13818-7, 6.2: AAC with a header before each packet. */
function readAdtsFrame(head: Buffer): Frame | undefined {
	if (head.length < frameHeadBytes || (head.readUInt16BE(0) & 0xfff6) !== 0xfff0) return undefined;
	const kind = head.readUInt32BE(2);
	const rateIndex = (kind >>> 26) & 15;
	const channelSetup = (kind >>> 22) & 7;
	const sizeBytes = (kind >>> 5) & 0x1fff;
	const headBytes = (head.readUInt8(1) & 1) === 1 ? 7 : 9;
	const blocks = head.readUInt8(6) & 3;
	if (sizeBytes <= headBytes || blocks > 0 || !sampleRateAt(rateIndex) || channelSetup === 0) return undefined;
	const config = aacConfig((kind >>> 30) + 1, rateIndex, channelSetup);
	const format = readAacConfig(config);
	return format && { sizeBytes, headBytes, format, entry: () => mp4aEntry(format, { objectType: 0x40, config }) };
}

function readFrameOfMp3(head: Buffer): Frame | undefined {
	const frame = readMp3Frame(head);
	if (!frame) return undefined;
	const { sizeBytes, samples, sampleRateHertz, channels, isMpeg1 } = frame;
	const format = { name: 'MP3', channels, sampleRate: sampleRateHertz, samplesPerPacket: samples };
	return { sizeBytes, headBytes: 0, format, entry: () => mp4aEntry(format, { objectType: isMpeg1 ? 0x6b : 0x69, config: Buffer.alloc(0) }) };
}

/** Samples by which every decoder of MP3 is late: http://gabriel.mp3-tech.org/mp3infotag.html */
const decoderDelay = 529;

/**
 * The first frame may hold an index instead of sound; that of LAME and FFmpeg says what the encoder has added.
 * @returns undefined for a frame of sound
 */
function readIndexFrame(frame: Buffer): { delay: number; padding: number } | undefined {
	const start = frame.toString('latin1', 0, 64).search(/Xing|Info|VBRI/);
	if (start < 0) return undefined;
	const flags = start + 8 <= frame.length ? frame.readUInt32BE(start + 4) : 0;
	const fieldBytes = [4, 4, 100, 4].reduce((sum, bytes, bit) => sum + ((flags >> bit) & 1 ? bytes : 0), 0);
	const encoder = start + 8 + fieldBytes;
	const isKnown = /^(?:LAME|L3\.9|Lav[cf])/.test(frame.toString('latin1', encoder, encoder + 4));
	if (!isKnown || encoder + 24 > frame.length) return { delay: -decoderDelay, padding: decoderDelay };
	const both = frame.readUIntBE(encoder + 21, 3);
	return { delay: both >> 12, padding: both & 0xfff };
}
