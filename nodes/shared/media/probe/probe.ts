import { outcomeOf } from '../../outcome';
import type { FileSource, MediaType } from '../../vocabulary';
import { type FormatName, kindOfFormat } from '../formats';
import { ByteReader, UnreadableError } from './byteReader';
import { detectFormat } from './detectFormat';
import { type Movie, readMovie } from './movies';
import { readBmp, readBoxedPicture, readGif, readJpeg, readPng, readTiff, readWebp } from './pictures';
import { readMp3, readWav } from './sounds';

/** What the content of a file shows, whatever its name and MIME type say. */
export interface MediaFacts extends Pick<Measures, 'width' | 'height' | 'durationSeconds' | 'framesPerSecond'> {
	format: FormatName;
	/** A document is not a medium, such as an error page that was saved as a picture. */
	kind: MediaType | 'document';
}

/** Sizes in pixels, durations in seconds. Absent if the file does not contain them in a way that is understood. */
type Measures = Partial<Omit<Movie, 'hasNoPicture'>>;

/** A format with all that was measured. */
export interface MeasuredFile {
	format: FormatName;
	kind: MediaType | 'document';
	measures: Measures;
}

const measurers: Readonly<Partial<Record<FormatName, (reader: ByteReader) => Promise<Partial<Movie>>>>> = {
	png: readPng,
	jpg: readJpeg,
	gif: readGif,
	bmp: readBmp,
	tiff: readTiff,
	webp: readWebp,
	heic: readBoxedPicture,
	heif: readBoxedPicture,
	avif: readBoxedPicture,
	mp4: readMovie,
	mov: readMovie,
	m4a: readMovie,
	'3gp': readMovie,
	mp3: readMp3,
	wav: readWav,
};

/**
 * Probes a file: reads its head, and its tail if the index of an MP4 is there. Reads no more than that, holds some
 * kilobytes in memory, and never fails because of the content.
 * @returns undefined if the format is unknown
 * @throws what the source throws if the file cannot be read
 */
export async function probeMedia(file: FileSource): Promise<MediaFacts | undefined> {
	const measured = await measureFile(file);
	if (!measured) return undefined;
	const { format, kind, measures } = measured;
	const { width, height, durationSeconds, framesPerSecond } = measures;
	return { format, kind, width, height, durationSeconds, framesPerSecond };
}

/**
 * As `probeMedia`, with everything that is known.
 * @param maxReadBytes how far into the file it reads
 */
export async function measureFile(file: FileSource, maxReadBytes?: number): Promise<MeasuredFile | undefined> {
	return await reading(new ByteReader(file, maxReadBytes), async (reader) => {
		const format = await detectFormat(reader);
		return format && (await measure(reader, format));
	});
}

/** @returns the format that the first bytes of a file show; undefined if it is unknown */
export async function formatOfFile(file: FileSource): Promise<FormatName | undefined> {
	return await reading(new ByteReader(file), detectFormat);
}

/** Does some work on a file and closes it. The content is never an error, but a source that fails is. */
async function reading<Result>(
	reader: ByteReader,
	work: (reader: ByteReader) => Promise<Result>,
): Promise<Result | undefined> {
	const outcome = await outcomeOf(work(reader));
	await reader.close();
	if (outcome.ok) return outcome.value;
	if (outcome.error instanceof UnreadableError) return undefined;
	throw outcome.error;
}

async function measure(reader: ByteReader, format: FormatName): Promise<MeasuredFile> {
	const kind = kindOfFormat(format);
	const outcome = await outcomeOf((async () => await measurers[format]?.(reader))());
	if (!outcome.ok) {
		if (!(outcome.error instanceof UnreadableError)) throw outcome.error;
		return { format, kind, measures: {} };
	}
	const { hasNoPicture, ...measures } = outcome.value ?? {};
	if (!hasNoPicture) return { format, kind, measures };
	return { format: format === '3gp' ? format : 'm4a', kind: 'audio', measures };
}
