import type { ByteReader } from './byteReader';
import { UnreadableError } from './byteReader';
import type { Sound } from './movies';

/**
 * WAV and MP3. Not by mediabunny, the best library for them: it says nothing of a WAV with compressed sound, takes one from
 * a recorder that never wrote its length for empty, estimates the length of an MP3 without an index by its first frames
 * (1.3 s of 7.3 s), and needs more than half a minute for 10 MB of empty tags.
 */

interface SoundFile {
	/** Absent if it is unknown. */
	durationSeconds?: number;
	audio: Sound;
}

/** WAV: RIFF chunks; the first is usually the format, tags may come before the data. RF64 (EBU 3306) has sizes of 64 bits. */
export async function readWav(reader: ByteReader): Promise<SoundFile> {
	await reader.read(12);
	let bytesPerSecond = 0;
	let audio: Sound = {};
	let longDataBytes = Infinity;
	for (;;) {
		const head = await reader.read(8);
		const id = head.toString('latin1', 0, 4);
		const sizeBytes = head.readUInt32LE(4);
		const start = reader.position;
		if (id === 'data') {
			// Recorders that cannot seek back leave 0 or the maximum here.
			const restBytes = reader.sizeBytes - start;
			const dataBytes = sizeBytes === 0 ? restBytes : Math.min(sizeBytes === maxUint32 ? longDataBytes : sizeBytes, restBytes);
			return { ...(bytesPerSecond > 0 && dataBytes > 0 && { durationSeconds: dataBytes / bytesPerSecond }), audio };
		}
		if (id === 'ds64') longDataBytes = Number((await reader.read(16)).readBigUInt64LE(8)) || Infinity;
		if (id === 'fmt ') {
			const format = await reader.read(12);
			const codec = uncompressed.get(format.readUInt16LE(0));
			// For compressed sound the rate is often wrong.
			if (codec) bytesPerSecond = format.readUInt32LE(8);
			audio = {
				codec,
				channels: format.readUInt16LE(2) || undefined,
				sampleRateHertz: format.readUInt32LE(4) || undefined,
			};
		}
		// Chunks begin at even positions.
		await reader.skipTo(start + sizeBytes + (sizeBytes % 2));
	}
}

const maxUint32 = 0xffffffff;

/** By their format tags; of more channels or bits is 0xfffe. */
const uncompressed: ReadonlyMap<number, string> = new Map([
	[1, 'PCM'],
	[3, 'PCM'],
	[6, 'A-law'],
	[7, 'µ-law'],
	[0xfffe, 'PCM'],
]);

/** Frames are counted up to here, as no header states the duration of a variable bit rate reliably. */
const maxCountedSeconds = 60;
/** Bytes between and before frames. */
const maxStrayBytes = 8 * 1024;

/** MP3 (ISO 11172-3, 13818-3): ID3 tags, then frames. Exact for sounds of up to a minute. */
export async function readMp3(reader: ByteReader): Promise<SoundFile> {
	await skipTags(reader);
	const start = reader.position;
	let durationSeconds = 0;
	let strayBytes = 0;
	let isInSync = false;
	let audio: Sound = {};
	while (durationSeconds < maxCountedSeconds && strayBytes < maxStrayBytes) {
		const head = await reader.peek(isInSync ? frameHeadBytes : maxFrameBytes + 4);
		if (head.length < 4) break;
		isInSync &&= readFrame(head) !== undefined;
		isInSync ||= hasMp3Frames(head, { maxStrayBytes: 0 });
		const frame = isInSync ? readFrame(head) : undefined;
		const end = reader.position + (frame?.sizeBytes ?? 1);
		if (end > reader.sizeBytes) break;
		if (frame) {
			durationSeconds += isIndex(head) ? 0 : frame.durationSeconds;
			audio = { codec: 'MP3', channels: frame.channels, sampleRateHertz: frame.sampleRateHertz };
		} else strayBytes++;
		await reader.skipTo(end);
	}
	if (durationSeconds === 0) throw new UnreadableError();
	if (durationSeconds < maxCountedSeconds) return { durationSeconds, audio };
	const countedShare = (reader.position - start) / (reader.sizeBytes - start);
	return { durationSeconds: durationSeconds / countedShare, audio };
}

/** ID3v2: the size has 7 bits in each of four bytes and leaves out the header. */
export async function skipTags(reader: ByteReader): Promise<void> {
	for (;;) {
		const head = await reader.peek(10);
		if (head.toString('latin1', 0, 3) !== 'ID3' || head.length < 10) return;
		const sizeBytes = head.subarray(6).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
		await reader.skipTo(reader.position + 10 + sizeBytes);
	}
}

/** A frame of 320 kbit/s at 32 kHz, with padding. */
const maxFrameBytes = 1441;

/** Whether two frames follow each other: the start of a single one is two bytes, which occur by chance. */
export function hasMp3Frames(bytes: Buffer, limits: { maxStrayBytes: number }): boolean {
	for (let at = 0; at <= limits.maxStrayBytes && at + 4 <= bytes.length; at++) {
		const frame = readFrame(bytes.subarray(at, at + 4));
		if (!frame) continue;
		const next = bytes.subarray(at + frame.sizeBytes, at + frame.sizeBytes + 4);
		const isEnd = at + frame.sizeBytes === bytes.length || /^(?:TAG|APE|LYR)/.test(next.toString('latin1'));
		if (isEnd || readFrame(next)) return true;
	}
	return false;
}

/** Enough to detect an index in the frame. */
const frameHeadBytes = 48;

/** The first frame may hold an index instead of sound: Xing, Info or VBRI. */
const isIndex = (head: Buffer) => /Xing|Info|VBRI/.test(head.toString('latin1', 4));

const kilobitsPerSecond = {
	mpeg1: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
	mpeg2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const samplesPerSecond = [44100, 48000, 32000];

interface Frame {
	sizeBytes: number;
	durationSeconds: number;
	channels: number;
	sampleRateHertz: number;
}

/** @returns undefined if no frame of layer III begins here */
function readFrame(head: Buffer): Frame | undefined {
	const [sync = 0, kind = 0, rates = 0, mode = 0] = head;
	const version = (kind >> 3) & 3;
	const isLayer3 = ((kind >> 1) & 3) === 1;
	if (sync !== 0xff || kind < 0xe0 || version === 1 || !isLayer3) return undefined;
	const isMpeg1 = version === 3;
	const bitRate = kilobitsPerSecond[isMpeg1 ? 'mpeg1' : 'mpeg2'][(rates >> 4) - 1];
	const baseRate = samplesPerSecond[(rates >> 2) & 3];
	if (bitRate === undefined || baseRate === undefined) return undefined;
	// MPEG 2 halves the sample rates of MPEG 1, MPEG 2.5 halves them again.
	const sampleRate = baseRate / (isMpeg1 ? 1 : version === 2 ? 2 : 4);
	const samples = isMpeg1 ? 1152 : 576;
	const padding = (rates >> 1) & 1;
	return {
		sizeBytes: Math.floor(((samples / 8) * bitRate * 1000) / sampleRate) + padding,
		durationSeconds: samples / sampleRate,
		channels: mode >> 6 === 3 ? 1 : 2,
		sampleRateHertz: sampleRate,
	};
}
