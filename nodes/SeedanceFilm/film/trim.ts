import { InputError, type InputProblem, mustBe } from '../../shared/errors';
import { makeFilm, soundOf } from './film';
import { joinPictures } from './picture';
import { readMp4 } from './readMp4';
import { joinSounds } from './sound';
import { type Cut, possibleEnds, possibleStarts, stretch, videoOf } from './stretch';
import type { MediaSource, TrimmedFilm, TrimOptions } from './types';
import { givenFile } from './unusable';

const field = 'Video';

/**
 * Cuts a part out of a video. It begins at the key frame nearest to the wanted time, since others cannot be decoded
 * without those before, and ends at the frame that is nearest to the other time and needs none that is cut off.
 * @throws InputError if there is no such part
 */
export async function trim(source: MediaSource, { fromSeconds, toSeconds = Infinity, signal }: TrimOptions): Promise<TrimmedFilm> {
	const file = givenFile(source, field, 'The video');
	const movie = await readMp4(file, signal);
	const video = videoOf(movie);
	const secondsAt = (time: number) => (time - video.shownFrom) / video.unitsPerSecond;
	const timeAt = (seconds: number) => video.shownFrom + seconds * video.unitsPerSecond;
	const starts = possibleStarts(video);
	const whole = possibleEnds(video, starts[0]?.packet ?? 0).at(-1);
	const givenSeconds = secondsAt(Math.min(whole?.time ?? 0, video.shownUntil));
	checkTimes(fromSeconds, toSeconds, givenSeconds);
	// One at the end or after it would leave nothing of what is wanted.
	const start = nearest(starts.filter(({ time }) => time < timeAt(toSeconds)), timeAt(fromSeconds)) ?? starts[0];
	const ends = possibleEnds(video, start?.packet ?? 0);
	const part = stretch(file, video, start?.packet ?? -1, nearest(ends, Math.min(timeAt(toSeconds), video.shownUntil)));
	const picture = joinPictures([part], field);
	const sound = soundOf(movie);
	const film = makeFilm({
		passes: [file],
		video,
		picture,
		sound: sound && joinSounds([{ startSeconds: 0, sound: { track: sound, pass: 0, fromSeconds: part.fromSeconds } }], picture.seconds),
		soundFormat: sound?.format.name,
		signal,
	});
	return { ...film, fromSeconds: Math.max(0, part.fromSeconds), toSeconds: part.fromSeconds + picture.seconds, givenSeconds };
}

const nearest = (cuts: readonly Cut[], time: number): Cut | undefined =>
	cuts.reduce<Cut | undefined>((best, cut) => (best && Math.abs(best.time - time) <= Math.abs(cut.time - time) ? best : cut), undefined);

function checkTimes(from: number, to: number, givenSeconds: number) {
	const length = `${Number(givenSeconds.toFixed(3))} seconds, the length of the video`;
	const problems: InputProblem[] = [];
	if (!(from >= 0 && from < givenSeconds)) problems.push(mustBe('From', `0 or more and less than ${length}`, String(from)));
	else if (!(to > from)) problems.push(mustBe('To', `later than From, which is ${from} seconds`, String(to)));
	if (problems.length > 0) throw new InputError(problems, '');
}
