import type { InputProblem } from '../errors';
import { mayHold } from '../media/formats';
import type { MediaFacts } from '../media/probe/probe';
import type { MediaLimits, ProviderAdapter } from '../providers/adapter';
import { describeInterval, type Interval, isWithin, megabyte, roundedOutside } from '../quantities';
import { tableOf } from '../providers/read';
import { listOf } from '../text';
import type { MediaType } from '../vocabulary';
import { adviceForOther, describeFormat, isOtherMedium } from './checkContent';

/** A file, what it is needed for, and what it turned out to be. */
export interface ProbedFile {
	/** The label of its field. */
	field: string;
	mediaType: MediaType;
	fileName: string;
	sizeBytes: number;
	/** Absent: not understood, and therefore left to the provider. */
	facts?: MediaFacts;
	/** Absent: no document says, and the type of medium alone is checked. */
	limits?: MediaLimits;
}

/** Encoders fill up the last frame and packet, so files are a little longer: 0.04 s of a video, 0.12 s of a low-rate MP3. */
const paddingSeconds = 0.15;
/** 24000/1001 and 23.976 frames per second go by the name of 24. */
const ntscShare = 0.9989;

/**
 * The documents' table "Resolution pixel values": each name stands for a number of lines, and in
 * other aspect ratios for about as many pixels.
 */
const namedResolutions = tableOf({
	'480p': { lines: 480, minPixels: 640 * 640, maxPixels: 864 * 496 },
	'720p': { lines: 720, minPixels: 960 * 960, maxPixels: 834 * 1112 },
	'1080p': { lines: 1080, minPixels: 1440 * 1440, maxPixels: 2208 * 944 },
});

/**
 * Holds a file against the documented limits, without a request.
 * @returns all violations at once; none where nothing is documented or known
 */
export function checkMedia({ displayName }: Pick<ProviderAdapter, 'displayName'>, file: ProbedFile): InputProblem[] {
	const { fileName, facts, mediaType, limits } = file;
	const problem = (found: string, allowed: string, advice: string): InputProblem => ({
		field: file.field,
		message: `${fileName} (${file.field}) ${found}; ${displayName} takes ${allowed}.`,
		advice,
	});
	const problems: InputProblem[] = [];
	if (limits && !isWithin(file.sizeBytes, limits.sizeBytes)) {
		problems.push(
			problem(
				`has ${roundedOutside(file.sizeBytes, limits.sizeBytes, megabyte)} MB`,
				`${describeInterval(limits.sizeBytes, megabyte)} MB`,
				'Make it smaller.',
			),
		);
	}
	if (!facts) return problems;
	// Of a container whose tracks are not understood nobody knows what it holds.
	const isOfType = facts.kind === mediaType || (facts.width === undefined && mayHold(facts.format, mediaType));
	if (!isOfType || (limits && !limits.formats.includes(facts.format))) {
		const { format } = facts;
		if (!limits) return [...problems, isOtherMedium(file.field, fileName, mediaType, format)];
		const advice = isOfType ? 'Convert it.' : adviceForOther(format, mediaType);
		return [...problems, problem(describeFormat(format), listOf(upperCase(limits.formats)), advice)];
	}
	if (!limits) return problems;
	return [
		...problems,
		...[...checkPicture(limits, facts), ...checkTimes(limits, facts)].map((violation) => problem(...violation)),
	];
}

type Violation = [found: string, allowed: string, advice: string];

function checkPicture(
	{ sidePixels, aspectRatio, resolutions }: MediaLimits,
	{ width, height }: MediaFacts,
): Violation[] {
	if (width === undefined || height === undefined) return [];
	const violations: Violation[] = [];
	const size = `has ${width} × ${height} px`;
	if (sidePixels && !(isWithin(width, sidePixels) && isWithin(height, sidePixels))) {
		violations.push([size, `${describeInterval(sidePixels)} px in width and height`, 'Scale it.']);
	}
	const ratio = width / height;
	if (aspectRatio && !isWithin(ratio, aspectRatio)) {
		violations.push([
			`${size}, a ratio of ${roundedOutside(ratio, aspectRatio)}`,
			`an aspect ratio of ${describeInterval(aspectRatio)}`,
			'Crop it.',
		]);
	}
	if (resolutions && !isWithinResolutions(resolutions, width, height)) {
		violations.push([size, listOf(resolutions), 'Scale it.']);
	}
	return violations;
}

/** Too large or too small only by lines and pixels alike: either may be meant. */
function isWithinResolutions(names: readonly string[], width: number, height: number): boolean {
	const known = names.flatMap((name) => namedResolutions.get(name) ?? []);
	const [lines, pixels] = [Math.min(width, height), width * height];
	return (
		known.length < names.length ||
		(known.some((least) => lines >= least.lines || pixels >= least.minPixels) &&
			known.some((most) => lines <= most.lines || pixels <= most.maxPixels))
	);
}

function checkTimes(
	{ durationSeconds: length, framesPerSecond: rate }: MediaLimits,
	{ durationSeconds, framesPerSecond }: MediaFacts,
): Violation[] {
	const violations: Violation[] = [];
	if (length && durationSeconds !== undefined && !isWithin(durationSeconds, withPadding(length))) {
		violations.push([`is ${roundedOutside(durationSeconds, length)} s long`, `${describeInterval(length)} s`, 'Cut it, or choose another one.']);
	}
	if (rate && framesPerSecond !== undefined) {
		// How long the last frame stays is arbitrary (ISO 14496-12), so the mean is exact to one frame of the clip.
		const oneFrame = durationSeconds ? 1 / durationSeconds : 0;
		const { min, max } = rate;
		const measured = { ...rate, min: min && min * ntscShare, max: max && max + oneFrame };
		if (!isWithin(framesPerSecond, measured)) {
			violations.push([
				`has ${roundedOutside(framesPerSecond, rate)} frames per second`,
				`${describeInterval(rate)} frames per second`,
				'Convert it.',
			]);
		}
	}
	return violations;
}

/**
 * How long the references of one request may be together.
 * @param maxSeconds by media type; undefined where no document says
 */
export function checkTotalLengths(
	displayName: string,
	maxSeconds: Readonly<Partial<Record<MediaType, number>>> | undefined,
	files: readonly ProbedFile[],
): InputProblem[] {
	return (['video', 'audio'] as const).flatMap((type): InputProblem[] => {
		const ofType = files.filter(({ mediaType }) => mediaType === type);
		const seconds = ofType.reduce((sum, { facts }) => sum + (facts?.durationSeconds ?? 0), 0);
		const max = maxSeconds?.[type];
		if (max === undefined || isWithin(seconds, withPadding({ max }, ofType.length))) return [];
		const names = ofType.map(({ fileName, field }) => `${fileName} (${field})`);
		return [
			{
				field: ofType.map(({ field }) => field).join(', '),
				message: `${listOf(names)} ${names.length === 1 ? 'is' : 'are'} ${roundedOutside(seconds, { max })} s long together; ${displayName} takes up to ${max} s.`,
				advice: 'Cut them, or remove one.',
			},
		];
	});
}

const withPadding = ({ max, ...rest }: Interval, clips = 1): Interval => ({
	...rest,
	max: max === undefined ? undefined : max + paddingSeconds * clips,
});

const upperCase = (formats: readonly string[]) => formats.map((format) => format.toUpperCase());
