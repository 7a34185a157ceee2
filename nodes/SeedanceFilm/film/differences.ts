import type { SoundFormat } from './aac';
import type { Stretch } from './stretch';
import { type SoundTrack, usualDuration } from './track';
import { type JoinOptions, type ShotDifference, ShotDifferenceError } from './types';
import { unusable } from './unusable';

export interface Shot extends Stretch {
	sound?: SoundTrack;
}

/** What all shots of a film must have alike, since it is written once for the whole track. */
interface Property {
	name: ShotDifference['property'];
	/** MP4 can hold several of these in one track. */
	canDiffer?: true;
	/** @returns undefined for a shot that this does not concern */
	read: (shot: Shot) => string | undefined;
	/** Completes a sentence that begins with the shot. */
	tell: (value: string) => string;
	advice: string;
}

const again = 'Generate all shots with the same model and settings';

const properties: readonly Property[] = [
	{
		name: 'codec',
		read: ({ video }) => video.format,
		tell: (value) => `has its picture in ${value}`,
		advice: `${again}, or convert this one in a video editor.`,
	},
	{
		name: 'size',
		canDiffer: true,
		read: ({ video }) => `${video.width} × ${video.height}`,
		tell: (value) => `has ${value} pixels`,
		advice: `${again}: Resolution and Aspect Ratio decide about the size.`,
	},
	{
		name: 'rotation',
		read: ({ video: { rotation } }) => (rotation === undefined ? 'mirrored or skewed' : rotation === 0 ? 'upright' : `turned by ${rotation}°`),
		tell: (value) => `is ${value}`,
		advice: 'Turn this one in a video editor that encodes it anew.',
	},
	{
		name: 'frameRate',
		canDiffer: true,
		// 23.976 and 24 play alike.
		read: ({ video }) => String(Math.round(video.unitsPerSecond / Math.max(usualDuration(video.packets), 1))),
		tell: (value) => `has ${value} frames per second`,
		advice: `${again}, or convert this one to the frame rate of the others.`,
	},
	{
		name: 'sound',
		read: ({ sound }) => sound && describeSound(sound.format),
		tell: (value) => `has ${value}`,
		advice: `${again}, or remove the sound of the shots first and set one for the whole film.`,
	},
];

/** E.g. `AAC sound with 2 channels at 44,100 Hz`. */
const describeSound = ({ name, channels, sampleRate }: SoundFormat) =>
	`${name} sound with ${channels === 1 ? '1 channel' : `${channels} channels`} at ${sampleRate.toLocaleString('en-US')} Hz`;

const noSound = 'no sound';
const maxTold = 5;

/** @throws ShotDifferenceError that names every odd shot and what it has otherwise than most of the shots */
export function checkDifferences(shots: readonly Shot[], options: JoinOptions): void {
	const told: string[] = [];
	const advice = new Set<string>();
	const differences: ShotDifference[] = [];
	const add = (odd: Shot, usual: Shot, { name, tell, ...property }: Property, value: string, expected: string) => {
		told.push(`${odd.file.subject} ${tell(value)}; ${lowerFirst(usual.file.subject)} ${tell(expected)}.`);
		advice.add(property.advice);
		differences.push({ shotNumber: shots.indexOf(odd) + 1, fileName: odd.file.source.fileName, property: name, value, expected });
	};
	for (const property of properties) {
		if (property.canDiffer && options.differences === 'allow') continue;
		const usual = mostCommon(shots, property);
		const expected = usual && property.read(usual);
		if (!usual || expected === undefined) continue;
		for (const shot of shots) {
			const value: string = property.read(shot) ?? (property.name === 'sound' && options.missingSound === 'refuse' ? noSound : expected);
			if (value !== expected) add(shot, usual, value === noSound ? { ...property, advice: missingSoundAdvice } : property, value, expected);
		}
	}
	const [field] = shots.map(({ file }) => file.field);
	if (field !== undefined && told.length > 0) {
		const more = told.length > maxTold ? ` There are ${told.length - maxTold} more differences.` : '';
		throw new ShotDifferenceError([{ field, message: told.slice(0, maxTold).join(' ') + more, advice: [...advice].join(' ') }], differences);
	}
	const silent = shots.find(({ sound }) => !sound);
	const sounding = shots.find(({ sound }) => sound)?.sound;
	if (silent && sounding && !sounding.format.silence) {
		throw unusable(silent.file, `has no sound, and silence cannot be added to ${sounding.format.name}`, 'Use shots with AAC sound, or remove the sound of all shots.');
	}
}

const missingSoundAdvice = 'Choose to fill missing sound with silence, or generate the shot with sound.';

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** The first of the shots that have what most of them have. */
function mostCommon(shots: readonly Shot[], { read }: Property): Shot | undefined {
	const groups = new Map<string, Shot[]>();
	for (const shot of shots) {
		const value = read(shot);
		if (value !== undefined) groups.set(value, [...(groups.get(value) ?? []), shot]);
	}
	return [...groups.values()].reduce<Shot[]>((most, group) => (group.length > most.length ? group : most), [])[0];
}
