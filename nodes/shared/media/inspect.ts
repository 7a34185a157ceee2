import type { FileSource, MediaType } from '../vocabulary';
import { type FormatName, mimeTypeOfFormat } from './formats';
import type { Sound } from './probe/movies';
import { measureFile } from './probe/probe';
import type { Rotation } from './probe/shownSize';

/** What a file is; null: unknown, or there is no such thing in it. */
export interface MediaInspection {
	readonly format: FormatName | null;
	readonly kind: MediaType | 'document' | null;
	readonly mimeType: string | null;
	readonly sizeBytes: number;
	/** In pixels, as it is shown. */
	readonly width: number | null;
	readonly height: number | null;
	/** How far it is turned clockwise when it is shown; null for what has no picture. */
	readonly rotationDegrees: Rotation | null;
	/** Estimated by its first minute for an MP3 that is longer. */
	readonly durationSeconds: number | null;
	/** The mean, where frames are shown for different times. */
	readonly framesPerSecond: number | null;
	/** E.g. H.264. */
	readonly videoCodec: string | null;
	/** E.g. AAC. */
	readonly audioCodec: string | null;
	readonly hasSound: boolean | null;
	readonly channels: number | null;
	readonly sampleRateHertz: number | null;
	/** Whether it is a movie in fragments, as streams are. */
	readonly isFragmented: boolean | null;
	/** Whether its picture or sound can only be played with a key. */
	readonly isEncrypted: boolean | null;
}

/**
 * Reads what a file is, its index wherever it may be: unlike `probeMedia` in a file of any size. Holds some kilobytes in
 * memory, and never fails because of the content.
 * @throws what the source throws if the file cannot be read
 */
export async function inspectMedia(file: FileSource): Promise<MediaInspection> {
	const measured = await measureFile(file, Infinity);
	if (!measured) return { ...nothing, sizeBytes: file.sizeBytes };
	const { format, kind, measures } = measured;
	const { width, height, rotationDegrees, durationSeconds, framesPerSecond, video, audio, isFragmented } = measures;
	const isEncrypted = video?.isEncrypted === true || audio?.isEncrypted === true;
	return {
		format,
		kind,
		mimeType: mimeTypeOfFormat(format, kind === 'document' ? undefined : kind) ?? null,
		sizeBytes: file.sizeBytes,
		width: width ?? null,
		height: height ?? null,
		rotationDegrees: rotationDegrees ?? null,
		durationSeconds: toThousandths(durationSeconds),
		framesPerSecond: toThousandths(framesPerSecond),
		videoCodec: video?.codec ?? null,
		audioCodec: audio?.codec ?? null,
		hasSound: hasSound(kind, audio),
		channels: audio?.channels ?? null,
		sampleRateHertz: audio?.sampleRateHertz ?? null,
		isFragmented: isFragmented ?? null,
		isEncrypted: video === undefined && audio === undefined ? null : isEncrypted,
	};
}

const toThousandths = (value?: number) => (value === undefined ? null : Math.round(value * 1000) / 1000);

const nothing = {
	format: null,
	kind: null,
	mimeType: null,
	width: null,
	height: null,
	rotationDegrees: null,
	durationSeconds: null,
	framesPerSecond: null,
	videoCodec: null,
	audioCodec: null,
	hasSound: null,
	channels: null,
	sampleRateHertz: null,
	isFragmented: null,
	isEncrypted: null,
} satisfies Omit<MediaInspection, 'sizeBytes'>;

/** @param audio null: there is no such track; undefined: nobody knows */
function hasSound(kind: MediaInspection['kind'], audio: Sound | null | undefined): boolean | null {
	if (kind === 'audio') return true;
	if (kind !== 'video') return false;
	return audio === undefined ? null : audio !== null;
}
