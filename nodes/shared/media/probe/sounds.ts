import { readMp3Frame, skipTags } from '../mp3';
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
		isInSync &&= readMp3Frame(head) !== undefined;
		isInSync ||= hasMp3Frames(head, { maxStrayBytes: 0 });
		const frame = isInSync ? readMp3Frame(head) : undefined;
		const end = reader.position + (frame?.sizeBytes ?? 1);
		if (end > reader.sizeBytes) break;
		if (frame) {
			durationSeconds += isIndex(head) ? 0 : frame.samples / frame.sampleRateHertz;
			audio = { codec: 'MP3', channels: frame.channels, sampleRateHertz: frame.sampleRateHertz };
		} else strayBytes++;
		await reader.skipTo(end);
	}
	if (durationSeconds === 0) throw new UnreadableError();
	if (durationSeconds < maxCountedSeconds) return { durationSeconds, audio };
	const countedShare = (reader.position - start) / (reader.sizeBytes - start);
	return { durationSeconds: durationSeconds / countedShare, audio };
}

/** A frame of 320 kbit/s at 32 kHz, with padding. */
const maxFrameBytes = 1441;

/** Whether two frames follow each other: the start of a single one is two bytes, which occur by chance. */
export function hasMp3Frames(bytes: Buffer, limits: { maxStrayBytes: number }): boolean {
	for (let at = 0; at <= limits.maxStrayBytes && at + 4 <= bytes.length; at++) {
		const frame = readMp3Frame(bytes.subarray(at, at + 4));
		if (!frame) continue;
		const next = bytes.subarray(at + frame.sizeBytes, at + frame.sizeBytes + 4);
		const isEnd = at + frame.sizeBytes === bytes.length || /^(?:TAG|APE|LYR)/.test(next.toString('latin1'));
		if (isEnd || readMp3Frame(next)) return true;
	}
	return false;
}

/** Enough to detect an index in the frame. */
const frameHeadBytes = 48;

/** The first frame may hold an index instead of sound: Xing, Info or VBRI. */
const isIndex = (head: Buffer) => /Xing|Info|VBRI/.test(head.toString('latin1', 4));
