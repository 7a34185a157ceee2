import { outcomeOf } from '../../outcome';
import type { ByteReader } from './byteReader';
import { UnreadableError } from './byteReader';
import { readDefaults, readFragments } from './fragments';
import { type Box, boxesUntil } from './isoBoxes';
import { type Rotation, shownSize } from './shownSize';

/**
 * MP4, MOV, M4A and 3GP. Not by mediabunny, the best library for them: it holds the index in memory, 530 MB for one of
 * 200 MB; 16 MB of empty boxes, or one row of a table that counts a hundred million samples, keep it and with it n8n busy
 * for more than half a minute; and of a file that goes on in fragments after its index it tells the length of the first part.
 */

export interface Movie {
	/** As it is shown. */
	width?: number;
	height?: number;
	rotationDegrees?: Rotation;
	durationSeconds?: number;
	framesPerSecond?: number;
	/** True for a movie that contains only sound. */
	hasNoPicture?: boolean;
	/** Of the first track of each kind; null where there is none. */
	video: Codec | null;
	audio: Sound | null;
	isFragmented: boolean;
}

interface Codec {
	/** The name of its coding, e.g. H.264, or its four characters if that is not known. */
	codec?: string;
	isEncrypted?: boolean;
}

export interface Sound extends Codec {
	channels?: number;
	sampleRateHertz?: number;
}

/**
 * Reads the index of a movie, which is at the start or the end of the file. That of a movie in fragments covers the first
 * one at most; each other has an index of its own. If one of them cannot be read, the length is unknown; the frame rate is
 * in any case, as the first frame often lasts longer, by the delay of the sound.
 */
export async function readMovie(reader: ByteReader): Promise<Movie> {
	for await (const box of boxesUntil(reader, reader.sizeBytes)) {
		if (box.type !== 'moov') continue;
		const index = await readIndex(reader, box);
		if (!index.isFragmented) return { ...describe(index), ...timesOf(index) };
		const rest = await outcomeOf(readFragments(reader, index.tracks));
		if (!rest.ok && !(rest.error instanceof UnreadableError)) throw rest.error;
		return { ...describe(index), durationSeconds: rest.ok ? presentationSeconds(index.tracks.map(withoutEdits)) : undefined };
	}
	throw new UnreadableError();
}

interface Index {
	movie?: Duration;
	tracks: Track[];
	isFragmented: boolean;
}

async function readIndex(reader: ByteReader, { end }: Box): Promise<Index> {
	const index: Index = { tracks: [], isFragmented: false };
	const unitsOfSamples = new Map<number, number>();
	for await (const box of boxesUntil(reader, end)) {
		if (box.type === 'mvhd') index.movie = await readDuration(reader);
		if (box.type === 'trak') index.tracks.push(await readTrack(reader, box, {}));
		if (box.type !== 'mvex') continue;
		index.isFragmented = true;
		for (const [id, units] of await readDefaults(reader, box)) unitsOfSamples.set(id, units);
	}
	for (const track of index.tracks) track.unitsOfSample = unitsOfSamples.get(track.id ?? NaN);
	return index;
}

function describe({ tracks, isFragmented }: Index) {
	const picture = tracks.find(({ handler }) => handler === 'vide');
	const sound = tracks.find(({ handler }) => handler === 'soun');
	const { width, height, rotation = 0 } = picture ?? {};
	return {
		...(width && height && shownSize(width, height, rotation)),
		hasNoPicture: !picture && sound !== undefined,
		video: picture ? { ...picture.description } : null,
		audio: sound ? { ...sound.description } : null,
		isFragmented,
	};
}

function timesOf({ tracks, movie }: Index) {
	const { samples, media, edits } = tracks.find(({ handler }) => handler === 'vide') ?? {};
	const isAtNormalSpeed = edits?.isAtNormalSpeed ?? true;
	const framesPerSecond = samples && media?.seconds && isAtNormalSpeed ? samples / media.seconds : undefined;
	return {
		durationSeconds: presentationSeconds(tracks, movie),
		framesPerSecond: framesPerSecond && framesPerSecond <= maxFramesPerSecond ? framesPerSecond : undefined,
	};
}

/** In a movie in fragments they are about the first one. */
const withoutEdits = (track: Track): Track => ({ ...track, edits: undefined });

/** Nothing that is to be watched has more; a broken table says any number. */
const maxFramesPerSecond = 1000;

/** The duration of a movie is that of its longest track, of which an edit list may show only a part. */
function presentationSeconds(tracks: readonly Track[], movie?: Duration): number | undefined {
	const played = tracks.filter(({ handler }) => handler === 'vide' || handler === 'soun');
	const lengths = played.map(({ media, edits }) =>
		edits ? edits.units / (movie?.unitsPerSecond ?? NaN) : (media?.seconds ?? NaN),
	);
	const maxSeconds = Math.max(...lengths);
	return maxSeconds > 0 ? maxSeconds : movie?.seconds;
}

interface Track {
	id?: number;
	/** `vide` or `soun`. */
	handler?: string;
	media?: Duration;
	edits?: Edits;
	samples?: number;
	/** In pixels as they are stored. */
	width?: number;
	height?: number;
	rotation?: Rotation;
	description?: Sound;
	/** In fragments that do not say it, in units of the track. */
	unitsOfSample?: number;
}

/** The only boxes that are parsed recursively, by their parent, so the depth is bounded. */
const childrenToEnter: ReadonlyMap<string, readonly string[]> = new Map([
	['trak', ['mdia', 'edts']],
	['mdia', ['minf']],
	['minf', ['stbl']],
]);

async function readTrack(reader: ByteReader, parent: Box, track: Track): Promise<Track> {
	for await (const box of boxesUntil(reader, parent.end)) {
		if (childrenToEnter.get(parent.type)?.includes(box.type)) await readTrack(reader, box, track);
		switch (box.type) {
			case 'elst':
				track.edits = await readEdits(reader, box);
				break;
			case 'tkhd':
				Object.assign(track, await readTrackHeader(reader, box));
				break;
			case 'mdhd':
				track.media = await readDuration(reader);
				break;
			case 'hdlr':
				// QuickTime has a second, nested handler box for the data; the first one counts.
				track.handler ??= (await reader.read(12)).toString('latin1', 8);
				break;
			case 'stsz':
			case 'stz2':
				track.samples = (await reader.read(12)).readUInt32BE(8);
				break;
			case 'stsd':
				if (box.end - box.start < descriptionBytes) break;
				if (track.handler === 'vide') Object.assign(track, await readPictureDescription(reader));
				if (track.handler === 'soun') track.description = await readSoundDescription(reader, box);
				break;
		}
	}
	return track;
}

/** The edit list of a track, ISO 14496-12, 8.6.6: a clip that was cut without re-encoding contains more than it shows. */
interface Edits {
	/** The total duration in units of the movie, gaps included. */
	units: number;
	isAtNormalSpeed: boolean;
}

/** @returns undefined for an empty list, which means the whole track */
async function readEdits(reader: ByteReader, { end }: Box): Promise<Edits | undefined> {
	const head = await reader.read(8);
	const isLong = head.readUInt8(0) === 1;
	const count = head.readUInt32BE(4);
	const entryBytes = isLong ? 20 : 12;
	if (reader.position + count * entryBytes > end) throw new UnreadableError();
	const edits: Edits = { units: 0, isAtNormalSpeed: true };
	for (let index = 0; index < count; index++) {
		const entry = await reader.read(entryBytes);
		edits.units += isLong ? Number(entry.readBigUInt64BE(0)) : entry.readUInt32BE(0);
		edits.isAtNormalSpeed &&= entry.readInt32BE(isLong ? 16 : 8) === normalSpeed;
	}
	return count === 0 ? undefined : edits;
}

/** 1.0 as a 16.16 fixed-point number. */
const normalSpeed = 0x10000;

/** ISO 14496-12, 8.3.2. */
async function readTrackHeader(reader: ByteReader, { start, end }: Box): Promise<Pick<Track, 'id' | 'rotation'>> {
	const isLong = (await reader.read(4)).readUInt8(0) === 1;
	const matrixAt = isLong ? 52 : 40;
	if (start + matrixAt + 36 > end) return {};
	const header = await reader.read(matrixAt + 16);
	return { id: header.readUInt32BE(isLong ? 16 : 8), rotation: rotationOf(header.subarray(matrixAt - 4)) };
}

/** Anything but a turn by right angles, such as a mirror, counts as none. */
function rotationOf(matrix: Buffer): Rotation {
	const [a, b, c, d] = [0, 4, 12, 16].map((at) => Math.sign(matrix.readInt32BE(at)));
	if (a === 0 && d === 0 && b === 1 && c === -1) return 90;
	if (a === -1 && d === -1 && b === 0 && c === 0) return 180;
	return a === 0 && d === 0 && b === -1 && c === 1 ? 270 : 0;
}

/** Enough of the first sample description (ISO 14496-12, 8.5.2 and 12) for either kind. */
const descriptionBytes = 44;

async function readPictureDescription(reader: ByteReader) {
	const description = await reader.read(descriptionBytes);
	return {
		width: description.readUInt16BE(40),
		height: description.readUInt16BE(42),
		description: codecOf(description),
	};
}

async function readSoundDescription(reader: ByteReader, { end }: Box): Promise<Sound> {
	const description = await reader.read(descriptionBytes);
	// QuickTime File Format, "Sound sample description (version 2)".
	const isLong = description.readUInt16BE(24) === 2 && reader.position + 16 <= end;
	const [channels, sampleRateHertz] = isLong
		? ((more: Buffer) => [more.readUInt32BE(12), Math.round(more.readDoubleBE(4))] as const)(await reader.read(16))
		: [description.readUInt16BE(32), description.readUInt16BE(40)];
	return { ...codecOf(description), channels: channels || undefined, sampleRateHertz: sampleRateHertz > 0 ? sampleRateHertz : undefined };
}

/** The first characters of each code in the register of mp4ra.org. */
const codecs: ReadonlyArray<[code: RegExp, codec: string]> = [
	[/^avc[1-4]$/, 'H.264'],
	[/^(?:hvc1|hev1|dvh1|dvhe)$/, 'H.265'],
	[/^av01$/, 'AV1'],
	[/^vp0[89]$/, 'VP9'],
	[/^mp4v$/, 'MPEG-4'],
	[/^(?:jpeg|mjp[ab])$/, 'Motion JPEG'],
	[/^ap(?:c[hnso]|4[hx])$/, 'ProRes'],
	[/^mp4a$/, 'AAC'],
	[/^\.mp3$/, 'MP3'],
	[/^ac-3$/, 'AC-3'],
	[/^ec-3$/, 'E-AC-3'],
	[/^alac$/, 'ALAC'],
	[/^fLaC$/, 'FLAC'],
	[/^Opus$/, 'Opus'],
	[/^(?:sowt|twos|[il]pcm|fpcm|in24|in32|fl32|fl64|raw )$/, 'PCM'],
];

function codecOf(description: Buffer): Codec {
	const code = description.toString('latin1', 12, 16);
	// ISO 14496-12, 8.12: the code of the content is further inside.
	if (/^enc[va]$/.test(code)) return { isEncrypted: true };
	const known = codecs.find(([pattern]) => pattern.test(code))?.[1];
	return { codec: known ?? (/^[\w.-]+ *$/.test(code) ? code.trim() : undefined) };
}

interface Duration {
	unitsPerSecond: number;
	/** Absent if the file leaves it open. */
	seconds?: number;
}

/** Reads the duration of a movie or a track; version 1 of the box has 64-bit times. */
async function readDuration(reader: ByteReader): Promise<Duration | undefined> {
	const isLong = (await reader.read(4)).readUInt8(0) === 1;
	const times = await reader.read(isLong ? 28 : 16);
	const unitsPerSecond = times.readUInt32BE(isLong ? 16 : 8);
	const units = isLong ? Number(times.readBigUInt64BE(20)) : times.readUInt32BE(12);
	const isOpen = units === 0 || units >= (isLong ? 2 ** 64 - 1 : 2 ** 32 - 1);
	if (unitsPerSecond === 0) return undefined;
	return isOpen ? { unitsPerSecond } : { unitsPerSecond, seconds: units / unitsPerSecond };
}
