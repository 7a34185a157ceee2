import type { InputProblem } from '../errors';
import type { MediaFacts } from '../media/probe/probe';
import type { MediaLimits, ProviderAdapter } from '../providers/adapter';
import type { MediaType } from '../vocabulary';

/** A file, what it is needed for, and what it turned out to be. */
export interface ProbedFile {
	/** The label of its field. */
	field: string;
	mediaType: MediaType;
	fileName: string;
	sizeBytes: number;
	/** Absent: not understood, and therefore left to the provider. */
	facts?: MediaFacts;
}

/** Encoders fill up whole frames and packets: up to 0.04 s of a video, 0.12 s of a low-rate MP3. */
const toleranceSeconds = 0.15;
/** 23.976 and 59.94 frames per second go by the names of 24 and 60. */
const frameRateTolerance = 0.01;

/**
 * The documents' table "Resolution pixel values": each name stands for a number of lines, and in
 * other aspect ratios for about as many pixels.
 */
const namedResolutions: Readonly<Record<string, { lines: number; minPixels: number; maxPixels: number }>> = {
	'480p': { lines: 480, minPixels: 640 * 640, maxPixels: 864 * 496 },
	'720p': { lines: 720, minPixels: 960 * 960, maxPixels: 834 * 1112 },
	'1080p': { lines: 1080, minPixels: 1440 * 1440, maxPixels: 2208 * 944 },
};

const megabyte = 1024 * 1024;

/**
 * Holds a file against the documented limits, without a request.
 * @returns all violations at once; none where nothing is documented or known
 */
export function checkMedia(
	{ displayName, mediaLimits }: Pick<ProviderAdapter, 'displayName' | 'mediaLimits'>,
	file: ProbedFile,
): InputProblem[] {
	const limits = mediaLimits?.[file.mediaType];
	const { fileName, facts, mediaType } = file;
	const problem = (allowed: string, given: string): InputProblem => ({
		field: file.field,
		allowed: `${allowed} (${displayName})`,
		given: `${fileName} ${given}`,
	});
	const problems: InputProblem[] = [];
	if (limits && file.sizeBytes > limits.maxBytes) {
		problems.push(problem(`up to ${limits.maxBytes / megabyte} MB`, `has ${megabytes(file.sizeBytes)} MB`));
	}
	if (!facts) return problems;
	if (facts.kind !== mediaType || (limits && !limits.formats.includes(facts.format))) {
		const allowed = limits ? upperCase(limits.formats) : `a file of type ${mediaType}`;
		return [...problems, problem(allowed, `is of format ${facts.format.toUpperCase()} by its content`)];
	}
	if (!limits) return problems;
	return [
		...problems,
		...checkPicture(limits, facts).map(([allowed, given]) => problem(allowed, given)),
		...checkTimes(limits, facts).map(([allowed, given]) => problem(allowed, given)),
	];
}

type Violation = [allowed: string, given: string];

function checkPicture(
	{ sidePixels, aspectRatio, resolutions }: MediaLimits,
	{ width, height }: MediaFacts,
): Violation[] {
	if (width === undefined || height === undefined) return [];
	const violations: Violation[] = [];
	const size = `has ${width} × ${height} px`;
	if (sidePixels && (isOutside(width, sidePixels) || isOutside(height, sidePixels))) {
		violations.push([`${rangeText(sidePixels)} px in width and height`, size]);
	}
	// The documents give one decimal, so whoever scales to it may be off by a pixel.
	const ratio = Math.round((width / height) * 100) / 100;
	if (aspectRatio && isOutside(ratio, aspectRatio)) {
		violations.push([`an aspect ratio of ${rangeText(aspectRatio)}`, `${size}, a ratio of ${ratio}`]);
	}
	if (resolutions && !isWithinResolutions(resolutions, width, height)) {
		violations.push([resolutions.join(', '), size]);
	}
	return violations;
}

/** Too large or too small only by lines and pixels alike: either may be meant. */
function isWithinResolutions(names: readonly string[], width: number, height: number): boolean {
	const known = names.flatMap((name) => namedResolutions[name] ?? []);
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
	if (length && durationSeconds !== undefined && isOutside(durationSeconds, length, toleranceSeconds)) {
		violations.push([`${rangeText(length)} s`, `is ${rounded(durationSeconds)} s long`]);
	}
	if (rate && framesPerSecond !== undefined) {
		const share = { min: rate.min * (1 - frameRateTolerance), max: rate.max * (1 + frameRateTolerance) };
		if (isOutside(framesPerSecond, share)) {
			violations.push([
				`${rangeText(rate)} frames per second`,
				`has ${rounded(framesPerSecond)} frames per second`,
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
		const most = maxSeconds?.[type];
		if (most === undefined || seconds <= most + toleranceSeconds * ofType.length) return [];
		return [
			{
				field: ofType.map(({ field }) => field).join(', '),
				allowed: `up to ${most} s together (${displayName})`,
				given: `${ofType.map(({ fileName }) => fileName).join(', ')} are ${rounded(seconds)} s long`,
			},
		];
	});
}

const isOutside = (value: number, { min, max }: { min: number; max: number }, tolerance = 0) =>
	value < min - tolerance || value > max + tolerance;

const rangeText = ({ min, max }: { min: number; max: number }) => `${min}–${max}`;
const upperCase = (formats: readonly string[]) => formats.map((format) => format.toUpperCase()).join(', ');
/** To the hundredth, so that what is refused never looks like what is allowed. */
const rounded = (value: number) => Math.round(value * 100) / 100;
/** Upwards, for the same reason. */
const megabytes = (sizeBytes: number) => Math.ceil((sizeBytes / megabyte) * 100) / 100;
