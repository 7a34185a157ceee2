/**
 * Films from files, by copying packets; nothing is decoded. Knows nothing of n8n.
 *
 * The index of MP4 is read and written here and not by mediabunny, which the package bundles for looking into files.
 * Of its version 1.61 these functions would need what it does not have: an MP4 written in order with the index first
 * without all of it in memory, several descriptions in a track, the end of an edit list and sample entries as they are,
 * and work and memory bounded by the size of the file (a table that claims four billion packets is expanded).
 */
export { joinShots } from './joinShots';
export { setSound } from './setSound';
export { trim } from './trim';
export type {
	Film,
	FilmOptions,
	JoinOptions,
	MediaSource,
	ShotDifference,
	SoundOptions,
	TrimmedFilm,
	TrimOptions,
} from './types';
export { ShotDifferenceError } from './types';
