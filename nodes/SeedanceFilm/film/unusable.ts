import { InputError } from '../../shared/errors';
import { cut } from '../../shared/text';
import type { MediaSource } from './types';

/** A file as messages name it. */
export interface GivenFile {
	source: MediaSource;
	/** The label of the field that it comes from. */
	field: string;
	/** Begins a sentence, e.g. `Shot 2 (sea.mp4)`. */
	subject: string;
}

const maxNameLength = 60;

/** @param role e.g. `Shot 2` */
export const givenFile = (source: MediaSource, field: string, role: string): GivenFile => ({
	source,
	field,
	subject: `${role} (${cut(source.fileName, maxNameLength)})`,
});

/**
 * @param what completes the sentence that begins with the file, without a full stop
 * @param advice what to do, as sentences
 */
export function unusable({ field, subject }: GivenFile, what: string, advice: string): InputError {
	return new InputError([{ field, message: `${subject} ${what}.`, advice }], '');
}

export const damaged = (file: GivenFile) =>
	unusable(file, 'is damaged: its index contradicts itself', 'Play the file to see whether it is whole, or fetch it again.');

export const cutOff = (file: GivenFile) =>
	unusable(file, 'ends too early: a part of its content is missing', 'Fetch or export the file again; the transfer may have been interrupted.');
