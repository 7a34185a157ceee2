import type { InputProblem } from '../../shared/errors';
import { InputError } from '../../shared/errors';
import type { FileSource } from '../../shared/vocabulary';

/**
 * A file that can be read from its start as often as needed; n8n's binary data offer nothing else. Everything here reads
 * forwards: once for the index, once for the media.
 */
export type MediaSource = Pick<FileSource, 'fileName' | 'sizeBytes' | 'open'>;

/** A finished MP4 that has not been written yet: only the index is in memory. */
export interface Film {
	sizeBytes: number;
	durationSeconds: number;
	/** Pixels as they are stored, before any rotation. */
	width: number;
	height: number;
	/** E.g. `H.264`. */
	videoFormat: string;
	/** E.g. `AAC`; null in a film without sound. */
	soundFormat: string | null;
	/**
	 * The bytes of the file in order, the index first, so that it plays while it loads. Opens the sources anew; a source
	 * that gives other bytes than before or ends too early makes it fail.
	 * @throws InputError
	 */
	content: () => AsyncGenerator<Uint8Array, void>;
}

/** One in which the person can find what was cut. */
export interface TrimmedFilm extends Film {
	/** Where the part begins and ends in the given video, in seconds. */
	fromSeconds: number;
	toSeconds: number;
	/** Length of the given video in seconds. */
	givenSeconds: number;
}

export interface FilmOptions {
	/** Ends reading; the promise or the content rejects with its reason. */
	signal?: AbortSignal;
}

export interface JoinOptions extends FilmOptions {
	/** What to do with shots without sound where others have some. */
	missingSound: 'silence' | 'refuse';
	/**
	 * Whether shots of other sizes or frame rates join: MP4 allows several descriptions in a track, and not every player
	 * or platform takes them.
	 */
	differences: 'refuse' | 'allow';
}

export interface SoundOptions extends FilmOptions {
	/** `cut`: the sound plays once and ends with the video at the latest. `loop`: it begins again until the video ends. */
	fit: 'cut' | 'loop';
}

export interface TrimOptions extends FilmOptions {
	/** 0 is the start. */
	fromSeconds: number;
	/** Absent: to the end. */
	toSeconds?: number;
}

/** What a shot has otherwise than the first one. */
export interface ShotDifference {
	/** Counted from 1. */
	shotNumber: number;
	fileName: string;
	property: 'codec' | 'size' | 'rotation' | 'frameRate' | 'sound';
	/** As the person reads it, e.g. `720 × 1280`. */
	value: string;
	expected: string;
}

/** Shots that cannot become one film without encoding. */
export class ShotDifferenceError extends InputError {
	constructor(
		problems: readonly InputProblem[],
		readonly differences: readonly ShotDifference[],
	) {
		super(problems, '');
	}
}
