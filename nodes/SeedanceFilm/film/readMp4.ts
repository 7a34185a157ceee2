import { megabyte } from '../../shared/quantities';
import { findStreamDescription, mp4aEntry, readAacConfig, type SoundFormat } from './aac';
import { box, type Box, boxesIn, BrokenBoxError, contentAt } from './boxes';
import { StreamReader } from './streamReader';
import { at, emptyPackets, packetLength, type Packets, type SoundTrack, type VideoTrack } from './track';
import { cutOff, damaged, type GivenFile, unusable } from './unusable';

export interface Movie {
	file: GivenFile;
	/** Functions, since a picture or a sound that cannot be copied hinders only those who need it. */
	video?: () => VideoTrack;
	sound?: () => SoundTrack;
}

/** The index of an hour has about five megabytes. */
const maxIndexBytes = 32 * megabyte;
const maxBoxes = 10_000;
/** Three hours of AAC. */
export const maxPackets = 600_000;
export const maxSeconds = 3 * 3600;
/** How much earlier than it is shown a frame may have to be decoded. */
const maxReorderSeconds = 60;

/**
 * Reads the index of an MP4 or MOV (ISO/IEC 14496-12), which is before or after the media.
 * @throws InputError if it is none, or one whose packets cannot be copied
 */
export async function readMp4(file: GivenFile, signal?: AbortSignal): Promise<Movie> {
	const index = await readIndex(file, signal);
	return guarded(file, () => readMovie(file, index));
}

/** What a file of this family may begin with. */
const firstTypes = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'uuid', 'styp', 'moof', 'sidx']);

export const isMp4 = (head: Buffer) => firstTypes.has(head.toString('latin1', 4, 8));

async function readIndex(file: GivenFile, signal?: AbortSignal): Promise<Buffer> {
	const reader = new StreamReader(file, signal);
	try {
		if (!isMp4(await reader.peek(8))) {
			throw unusable(file, 'is not an MP4 or MOV video', 'Choose a video file; a link to one, or a page that shows one, is not enough.');
		}
		for (let count = 0; count < maxBoxes && reader.position + 8 <= reader.sizeBytes; count++) {
			const start = reader.position;
			const head = await reader.read(8);
			const type = head.toString('latin1', 4, 8);
			const shortSize = head.readUInt32BE(0);
			const size =
				shortSize === 1 ? Number((await reader.read(8)).readBigUInt64BE(0)) : shortSize === 0 ? reader.sizeBytes - start : shortSize;
			if (start + size > reader.sizeBytes) throw cutOff(file);
			if (start + size < reader.position) throw damaged(file);
			if (type === 'moof') throw fragmented(file);
			if (type === 'moov') {
				if (size > maxIndexBytes) throw unusable(file, 'has an index that is too large', 'Export it in parts, of an hour at most.');
				return await reader.read(start + size - reader.position);
			}
			await reader.skipTo(start + size);
		}
		throw unusable(file, 'has no index, so it cannot be played', 'The recording may not have been finished. Export it again.');
	} finally {
		await reader.close();
	}
}

const fragmented = (file: GivenFile) =>
	unusable(file, 'is a fragmented MP4, as streams and live recordings are', 'Export it as an ordinary MP4 file.');

function readMovie(file: GivenFile, index: Buffer): Movie {
	const boxes = boxesIn(index);
	if (boxes.some(({ type }) => type === 'mvex')) throw fragmented(file);
	if (boxes.some(({ type }) => type === 'cmov')) throw unusable(file, 'has a compressed index', 'Export it as an ordinary MP4 file.');
	const movieHeader = contentAt(index, 'mvhd');
	if (!movieHeader) throw damaged(file);
	const movieUnitsPerSecond = movieHeader.readUInt32BE(movieHeader.readUInt8(0) === 1 ? 20 : 12);
	const tracks = boxes.filter(({ type }) => type === 'trak').map(({ content }) => content);
	const first = (handler: string) => {
		const fitting = tracks.filter((track) => contentAt(track, 'mdia', 'hdlr')?.toString('latin1', 8, 12) === handler);
		return fitting.find(isEnabled) ?? fitting[0];
	};
	const [video, sound] = [first('vide'), first('soun')];
	return {
		file,
		...(video && { video: () => guarded(file, () => readVideo(file, video, movieUnitsPerSecond)) }),
		...(sound && { sound: () => guarded(file, () => readSound(file, sound, movieUnitsPerSecond)) }),
	};
}

function guarded<Value>(file: GivenFile, read: () => Value): Value {
	try {
		return read();
	} catch (error) {
		throw error instanceof BrokenBoxError || isOutOfBounds(error) ? damaged(file) : error;
	}
}

/** What a Buffer throws for a number beyond its end. */
const isOutOfBounds = (error: unknown) =>
	typeof error === 'object' &&
	error !== null &&
	'code' in error &&
	(error.code === 'ERR_OUT_OF_RANGE' || error.code === 'ERR_BUFFER_OUT_OF_BOUNDS');

/** A cover or another language is often in a track that is not enabled. */
const isEnabled = (track: Buffer) => ((contentAt(track, 'tkhd')?.readUInt8(3) ?? 1) & 1) === 1;

const videoFormats: ReadonlyMap<string, string> = new Map([
	['avc1', 'H.264'],
	['avc3', 'H.264'],
	['hvc1', 'H.265'],
	['hev1', 'H.265'],
	['av01', 'AV1'],
	['vp09', 'VP9'],
	['mp4v', 'MPEG-4 Part 2'],
]);

function readVideo(file: GivenFile, track: Buffer, movieUnitsPerSecond: number): VideoTrack {
	const entries = descriptionsOf(file, track);
	const [entry] = entries;
	const format = entry && videoFormats.get(entry.type);
	if (!entry || !format) {
		throw unusable(
			file,
			`has its picture in a format that is not for publishing (${entry ? printable(entry.type) : 'none'})`,
			'Export it with H.264 or H.265.',
		);
	}
	if (entries.some(({ type }) => videoFormats.get(type) !== format)) throw damaged(file);
	const header = contentAt(track, 'tkhd');
	if (!header) throw damaged(file);
	const matrixAt = header.readUInt8(0) === 1 ? 52 : 40;
	// Copied, as a part of the index would keep all of it in memory.
	const matrix = Buffer.from(header.subarray(matrixAt, matrixAt + 36));
	const width = entry.content.readUInt16BE(24);
	const height = entry.content.readUInt16BE(26);
	if (width === 0 || height === 0 || header.length < matrixAt + 44) throw damaged(file);
	const packets = readPackets(file, track, entries.length);
	if (packets.count === 0) throw unusable(file, 'has no frames', 'Choose another file, or generate the shot again.');
	// Where the list of key frames is empty, decoding can only begin at the start.
	if (!packets.isKey.includes(1)) packets.isKey[0] = 1;
	return {
		format,
		width,
		height,
		matrix,
		screenSize: Buffer.from(header.subarray(matrixAt + 36, matrixAt + 44)),
		rotation: rotationOf(matrix),
		descriptions: entries.map(({ type, content }) => box(type, content)),
		packets,
		...timesOf(file, track, packets, movieUnitsPerSecond),
	};
}

/** The turn that a matrix of ISO/IEC 14496-12, 6.2.2 stands for, in degrees clockwise. */
function rotationOf(matrix: Buffer): number | undefined {
	const corner = [0, 4, 12, 16].map((offset) => matrix.readInt32BE(offset) / 0x10000).join();
	const turns: ReadonlyArray<string> = ['1,0,0,1', '0,1,-1,0', '-1,0,0,-1', '0,-1,1,0'];
	const turn = turns.indexOf(corner);
	return turn < 0 ? undefined : 90 * turn;
}

/** Formats whose entries MP4 takes as they are. */
const otherSoundFormats: ReadonlyMap<string, string> = new Map([
	['Opus', 'Opus'],
	['ac-3', 'Dolby Digital'],
	['ec-3', 'Dolby Digital Plus'],
	['alac', 'Apple Lossless'],
	['fLaC', 'FLAC'],
]);

const mp3Types = new Set([0x69, 0x6b]);
const aacTypes = new Set([0x40, 0x66, 0x67, 0x68]);

function readSound(file: GivenFile, track: Buffer, movieUnitsPerSecond: number): SoundTrack {
	const entries = descriptionsOf(file, track);
	const [entry] = entries;
	const known = entry && soundFormatOf(entry);
	if (!known || entries.length > 1) {
		const found = entry && entries.length === 1 ? printable(entry.type) : 'several at once';
		throw unusable(
			file,
			`has its sound in a format that cannot be copied into an MP4 for publishing (${found})`,
			'Export it with AAC sound, or replace its sound first.',
		);
	}
	const packets = readPackets(file, track, entries.length);
	const sound = { format: known.format, descriptions: [known.description], packets, ...timesOf(file, track, packets, movieUnitsPerSecond) };
	const { channels, sampleRate } = known.format;
	const isPlausible = channels > 0 && sampleRate >= 1_000 && sampleRate <= maxSampleRate;
	if (!isPlausible || (packets.count > 0 && packetLength(sound) < sampleRate / maxPacketsPerSecond)) throw damaged(file);
	return sound;
}

const maxSampleRate = 96_000;
/** A packet of any of these formats has at least five milliseconds. */
const maxPacketsPerSecond = 200;

function soundFormatOf({ type, content }: Box): { format: SoundFormat; description: Buffer } | undefined {
	// QuickTime's versions 1 and 2 of the entry are longer.
	const version = content.readUInt16BE(8);
	const children = content.subarray(28 + ([0, 16, 36][version] ?? 0));
	const given = { channels: content.readUInt16BE(16), sampleRate: content.readUInt16BE(24) };
	const otherName = otherSoundFormats.get(type);
	if (otherName !== undefined && version === 0) {
		return { format: { name: otherName, ...given }, description: box(type, content) };
	}
	const stream = type === 'mp4a' ? findStreamDescription(children) : type === '.mp3' ? { objectType: 0x6b, config: Buffer.alloc(0) } : undefined;
	if (!stream) return undefined;
	if (mp3Types.has(stream.objectType)) {
		const format = { name: 'MP3', ...given };
		return { format, description: mp4aEntry(format, stream) };
	}
	const aac = aacTypes.has(stream.objectType) ? readAacConfig(stream.config) : undefined;
	if (!aac) return undefined;
	const format = { ...aac, channels: aac.channels || given.channels };
	return { format, description: mp4aEntry(format, stream) };
}

/** A name of four characters from a file, fit for a message. */
const printable = (type: string) => type.replace(/[^\x20-\x7e]/g, '?').trim();

function descriptionsOf(file: GivenFile, track: Buffer): Box[] {
	const list = contentAt(track, 'mdia', 'minf', 'stbl', 'stsd');
	const references = contentAt(track, 'mdia', 'minf', 'dinf', 'dref');
	if (!list) throw damaged(file);
	const entries = boxesIn(list.subarray(8));
	if (entries.some(({ type }) => /^(?:enc[vast]|drm[is]|p608)$/.test(type))) {
		throw unusable(file, 'is encrypted', 'Use a copy without copy protection.');
	}
	if (entries.length > 100) throw damaged(file);
	// Flag 1: the media is in the same file.
	if (references && boxesIn(references.subarray(8)).some(({ content }) => (content.readUInt8(3) & 1) === 0)) {
		throw unusable(file, 'refers to media in other files', 'Export it as a file of its own.');
	}
	return entries;
}

/** Times of the media header and the edit list, ISO/IEC 14496-12, 8.4.2 and 8.6.6. */
function timesOf(file: GivenFile, track: Buffer, packets: Packets, movieUnitsPerSecond: number) {
	const header = contentAt(track, 'mdia', 'mdhd');
	if (!header) throw damaged(file);
	const unitsPerSecond = header.readUInt32BE(header.readUInt8(0) === 1 ? 20 : 12);
	const last = packets.count - 1;
	const seconds = last < 0 ? 0 : (at(packets.decodeTimes, last) + at(packets.durations, last)) / unitsPerSecond;
	if (unitsPerSecond === 0 || movieUnitsPerSecond === 0) throw damaged(file);
	if (seconds > maxSeconds) throw unusable(file, 'is longer than three hours', 'Use a shorter file.');
	for (let index = 0; index < packets.count; index++) {
		const delay = Math.abs(at(packets.displayTimes, index) - at(packets.decodeTimes, index)) / unitsPerSecond;
		if (delay > maxReorderSeconds) throw damaged(file);
	}
	return { unitsPerSecond, ...editsOf(file, contentAt(track, 'edts', 'elst'), unitsPerSecond / movieUnitsPerSecond) };
}

function editsOf(file: GivenFile, list: Buffer | undefined, unitsPerMovieUnit: number) {
	let delay = 0;
	let start: number | undefined;
	let length = 0;
	const isLong = list?.readUInt8(0) === 1;
	const count = list?.readUInt32BE(4) ?? 0;
	for (let index = 0; list && index < count; index++) {
		const entry = list.subarray(8 + index * (isLong ? 20 : 12));
		const duration = unitsPerMovieUnit * (isLong ? Number(entry.readBigUInt64BE(0)) : entry.readUInt32BE(0));
		const mediaTime = isLong ? Number(entry.readBigInt64BE(8)) : entry.readInt32BE(4);
		const rate = entry.readInt32BE(isLong ? 16 : 8);
		if (mediaTime < 0) {
			// A gap after the media is silence or a still picture at the end.
			if (start === undefined) delay += duration;
			continue;
		}
		const continues = start === undefined || Math.abs(mediaTime - (start + length)) <= 1;
		if (!continues || rate !== normalSpeed) {
			throw unusable(
				file,
				'is put together or played at another speed by its edit list, which cannot be joined as it is',
				'Export it again from a video editor.',
			);
		}
		start ??= mediaTime;
		// 0: to the end.
		length += duration === 0 ? Infinity : duration;
	}
	const shownFrom = (start ?? 0) - delay;
	return { shownFrom, shownUntil: start === undefined ? Infinity : start + length };
}

/** 1.0 as a 16.16 fixed-point number. */
const normalSpeed = 0x10000;

/** The sample table, ISO/IEC 14496-12, 8.5 to 8.7. Work and memory are bounded by the size of the index. */
function readPackets(file: GivenFile, track: Buffer, descriptionCount: number): Packets {
	const tableOf = (type: string) => contentAt(track, 'mdia', 'minf', 'stbl', type);
	const sizes = tableOf('stsz');
	const times = tableOf('stts');
	const chunks = tableOf('stsc');
	const [shortOffsets, longOffsets] = [tableOf('stco'), tableOf('co64')];
	if (!sizes || !times || !chunks || (!shortOffsets && !longOffsets)) throw damaged(file);
	if (tableOf('senc') || tableOf('saiz')) throw unusable(file, 'is encrypted', 'Use a copy without copy protection.');
	const equalSize = sizes.readUInt32BE(4);
	const count = sizes.readUInt32BE(8);
	const { sizeBytes } = file.source;
	// Each packet has a byte at least, and what is not in a table has its place in the file.
	if (equalSize === 0 ? 12 + 4 * count > sizes.length : count * equalSize > sizeBytes) throw damaged(file);
	if (count > maxPackets) throw unusable(file, 'has too many packets', 'Use a shorter file, with a compressed sound such as AAC.');
	const packets = emptyPackets(count);
	for (let index = 0; index < count; index++) packets.sizes[index] = equalSize || sizes.readUInt32BE(12 + 4 * index);
	readTimes(packets, times, tableOf('ctts'));
	readKeys(packets, tableOf('stss'));

	const chunkCount = (shortOffsets ?? longOffsets)?.readUInt32BE(4) ?? 0;
	const offsetOf = (chunk: number) => (shortOffsets ? shortOffsets.readUInt32BE(8 + 4 * chunk) : Number(longOffsets?.readBigUInt64BE(8 + 8 * chunk)));
	const rowCount = chunks.readUInt32BE(4);
	let packet = 0;
	for (let row = 0; row < rowCount && packet < count; row++) {
		const [firstChunk, perChunk, description] = [0, 4, 8].map((column) => chunks.readUInt32BE(8 + 12 * row + column)) as [number, number, number];
		const endChunk = row + 1 < rowCount ? chunks.readUInt32BE(20 + 12 * row) - 1 : chunkCount;
		if (firstChunk < 1 || endChunk > chunkCount || perChunk === 0 || description < 1 || description > descriptionCount) throw damaged(file);
		for (let chunk = firstChunk - 1; chunk < endChunk && packet < count; chunk++) {
			let offset = offsetOf(chunk);
			for (let inChunk = 0; inChunk < perChunk && packet < count; inChunk++, packet++) {
				packets.offsets[packet] = offset;
				packets.descriptions[packet] = description - 1;
				offset += at(packets.sizes, packet);
			}
			if (offset > sizeBytes) throw cutOff(file);
		}
	}
	if (packet < count) throw damaged(file);
	return packets;
}

function readTimes(packets: Packets, times: Buffer, offsets: Buffer | undefined) {
	const { count, decodeTimes, displayTimes, durations } = packets;
	const rowCount = times.readUInt32BE(4);
	let packet = 0;
	let time = 0;
	let duration = 0;
	for (let row = 0; row < rowCount && packet < count; row++) {
		const rowPackets = times.readUInt32BE(8 + 8 * row);
		duration = times.readUInt32BE(12 + 8 * row);
		for (let inRow = 0; inRow < rowPackets && packet < count; inRow++, packet++) {
			decodeTimes[packet] = displayTimes[packet] = time;
			durations[packet] = duration;
			time += duration;
		}
	}
	// Some files say less than they have; players go on with the last duration.
	for (; packet < count; packet++, time += duration) {
		decodeTimes[packet] = displayTimes[packet] = time;
		durations[packet] = duration;
	}
	const offsetRows = offsets?.readUInt32BE(4) ?? 0;
	packet = 0;
	for (let row = 0; offsets && row < offsetRows && packet < count; row++) {
		const rowPackets = offsets.readUInt32BE(8 + 8 * row);
		// Version 0 has no negative ones, but some writers put them there.
		const offset = offsets.readInt32BE(12 + 8 * row);
		for (let inRow = 0; inRow < rowPackets && packet < count; inRow++, packet++) displayTimes[packet] = at(decodeTimes, packet) + offset;
	}
}

/** Without a list, every packet is a key. */
function readKeys({ count, isKey }: Packets, keys: Buffer | undefined) {
	if (!keys) {
		isKey.fill(1);
		return;
	}
	const keyCount = keys.readUInt32BE(4);
	for (let index = 0; index < keyCount; index++) {
		const number = keys.readUInt32BE(8 + 4 * index);
		if (number >= 1 && number <= count) isKey[number - 1] = 1;
	}
}
