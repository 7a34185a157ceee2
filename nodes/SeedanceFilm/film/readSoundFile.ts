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
		const sound = (await readFrames(reader, readAdtsFrame)) ?? (await readFrames(reader, readMp3Frame));
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

/** ID3v2: the size has 7 bits in each of four bytes and leaves out the header. */
async function skipTags(reader: StreamReader) {
	for (;;) {
		const head = await reader.peek(10);
		if (head.toString('latin1', 0, 3) !== 'ID3' || head.length < 10) return;
		const sizeBytes = head.subarray(6).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
		await reader.skipTo(reader.position + 10 + sizeBytes);
	}
}

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
	const index = readFrame === readMp3Frame ? readIndexFrame(await reader.peek(first.sizeBytes)) : undefined;
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

const kilobitsPerSecond = {
	mpeg1: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
	mpeg2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const samplesPerSecond = [44100, 48000, 32000];

/** Layer III of ISO/IEC 11172-3 and 13818-3. */
function readMp3Frame(head: Buffer): Frame | undefined {
	if (head.length < 4) return undefined;
	const [sync = 0, kind = 0, rates = 0, channelMode = 0] = head;
	const version = (kind >> 3) & 3;
	const isLayer3 = ((kind >> 1) & 3) === 1;
	if (sync !== 0xff || kind < 0xe0 || version === 1 || !isLayer3) return undefined;
	const isMpeg1 = version === 3;
	const bitRate = kilobitsPerSecond[isMpeg1 ? 'mpeg1' : 'mpeg2'][(rates >> 4) - 1];
	const baseRate = samplesPerSecond[(rates >> 2) & 3];
	if (bitRate === undefined || baseRate === undefined) return undefined;
	// MPEG 2 halves the sample rates of MPEG 1, MPEG 2.5 halves them again.
	const sampleRate = baseRate / (isMpeg1 ? 1 : version === 2 ? 2 : 4);
	const samplesPerPacket = isMpeg1 ? 1152 : 576;
	const sizeBytes = Math.floor(((samplesPerPacket / 8) * bitRate * 1000) / sampleRate) + ((rates >> 1) & 1);
	const format = { name: 'MP3', channels: channelMode >> 6 === 3 ? 1 : 2, sampleRate, samplesPerPacket };
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
