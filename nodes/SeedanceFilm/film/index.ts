/**
 * Films from files, by copying packets; nothing is decoded. Knows nothing of n8n.
 *
 * MP4 is read and written here, and not by mediabunny (MPL-2.0, tried in version 1.61), which lacks what this needs: an
 * MP4 with its index first that is written in order without all of it in memory, several descriptions in a track, the end
 * of an edit list, and sample entries as they are. Nor does it bound its work and memory by the size of the file: a table
 * of a few bytes that claims a hundred million packets keeps it busy for more than half a minute.
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
