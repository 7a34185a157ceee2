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
