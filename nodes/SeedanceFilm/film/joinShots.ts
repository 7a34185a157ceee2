import { InputError } from '../../shared/errors';
import { checkDifferences, type Shot } from './differences';
import { makeFilm, soundOf } from './film';
import { joinPictures } from './picture';
import { maxPackets, readMp4 } from './readMp4';
import { joinSounds, type SoundPart } from './sound';
import { wholeStretch } from './stretch';
import type { Film, JoinOptions, MediaSource } from './types';
import { givenFile } from './unusable';

const field = 'Shots';
/** Of each shot, the index is in memory. */
const maxShots = 200;
/** Of pictures and sounds; a film has no more of either than one file may have. */
const maxPacketsInAll = 2 * maxPackets;

/**
 * Joins videos to one film by copying their packets; nothing is decoded. Each shot begins with the frame at which the one
 * before ends, and its sound is in step with its picture.
 * @throws ShotDifferenceError if the shots cannot become one film without encoding; InputError if one cannot be read
 */
export async function joinShots(sources: readonly MediaSource[], options: JoinOptions): Promise<Film> {
	const shots: Shot[] = [];
	let packetCount = 0;
	for (const [index, source] of sources.slice(0, maxShots + 1).entries()) {
		if (index === maxShots) throw tooMany(`There are ${sources.length} shots; ${maxShots} at most can be joined.`);
		const movie = await readMp4(givenFile(source, field, `Shot ${index + 1}`), options.signal);
		const stretch = wholeStretch(movie);
		const sound = soundOf(movie);
		packetCount += stretch.video.packets.count + (sound?.packets.count ?? 0);
		if (packetCount > maxPacketsInAll) {
			const message = `The shots have more frames and more sound than a film of three hours; shot ${index + 1} is too much.`;
			throw new InputError([{ field, message, advice: 'Join fewer shots.' }], '');
		}
		shots.push({ ...stretch, ...(sound && { sound }) });
	}
	const [first] = shots;
	if (!first) throw tooMany('There is no shot to join.');
	checkDifferences(shots, options);
	const picture = joinPictures(shots, field);
	const parts = shots.map(({ sound, fromSeconds }, pass): SoundPart => {
		const startSeconds = picture.starts[pass] ?? 0;
		return sound ? { startSeconds, sound: { track: sound, pass, fromSeconds } } : { startSeconds };
	});
	return makeFilm({
		passes: shots.map(({ file }) => file),
		video: first.video,
		picture,
		sound: joinSounds(parts, picture.seconds),
		soundFormat: shots.find(({ sound }) => sound)?.sound?.format.name,
		signal: options.signal,
	});
}

const tooMany = (message: string) =>
	new InputError([{ field, message, advice: 'Check what the node before this one passes on.' }], '');
