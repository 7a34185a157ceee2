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
