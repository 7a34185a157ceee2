import { makeFilm, soundOf } from './film';
import { joinPictures } from './picture';
import { readMp4 } from './readMp4';
import { readSoundFile } from './readSoundFile';
import { joinSounds, type SoundPart } from './sound';
import { wholeStretch } from './stretch';
import { at, type SoundTrack } from './track';
import type { Film, MediaSource, SoundOptions } from './types';
import { givenFile, unusable } from './unusable';

const videoField = 'Video';
const soundField = 'Sound';
/** Each repetition reads the sound anew. */
const maxRepetitions = 1_000;

/**
 * Replaces, adds or removes the sound of a video. The picture is copied, the sound too: M4A, AAC, MP3, or that of another
 * video.
 * @throws InputError if a file cannot be read or the sound cannot be copied
 */
export async function setSound(videoSource: MediaSource, soundSource: MediaSource | 'none', { fit, signal }: SoundOptions): Promise<Film> {
	const videoFile = givenFile(videoSource, videoField, 'The video');
	const part = wholeStretch(await readMp4(videoFile, signal));
	const picture = joinPictures([part], videoField);
	const { video } = part;
	if (soundSource === 'none') return makeFilm({ passes: [videoFile], video, picture, signal });

	const soundFile = givenFile(soundSource, soundField, 'The sound');
	const track = soundOf(await readSoundFile(soundFile, signal));
	const lengthSeconds = track ? heardSeconds(track) : 0;
	if (!track || lengthSeconds <= 0) throw unusable(soundFile, 'has no sound', 'Choose a sound file, or a video with sound.');
	const repetitions = fit === 'loop' ? Math.ceil(picture.seconds / lengthSeconds) : 1;
	if (repetitions > maxRepetitions) {
		throw unusable(soundFile, `lasts ${lengthSeconds.toFixed(3)} seconds, too short to be repeated until the video ends`, 'Choose a longer sound.');
	}
	const parts: SoundPart[] = Array.from({ length: repetitions }, (_, index) => ({
		startSeconds: index * lengthSeconds,
		sound: { track, pass: index + 1, fromSeconds: 0, untilSeconds: lengthSeconds },
	}));
	return makeFilm({
		passes: [videoFile, ...parts.map(() => soundFile)],
		video,
		picture,
		sound: joinSounds(parts, picture.seconds),
		soundFormat: track.format.name,
		signal,
	});
}

/** Without what the encoder has added at both ends; with the time before the sound begins. */
function heardSeconds({ packets, unitsPerSecond, shownFrom, shownUntil }: SoundTrack): number {
	const last = packets.count - 1;
	const end = at(packets.decodeTimes, last) + at(packets.durations, last);
	return (Math.min(end, shownUntil) - shownFrom) / unitsPerSecond;
}
