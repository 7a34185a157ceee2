import { download, isDocumentationHost, type MediaFile, type MediaProblem, type MediaType, type Workshop } from '../media';
import type { RegionId } from './accounts';
import type { VideoModel } from './models';

interface Limits {
	maxBytes: Readonly<Record<MediaType, number>>;
	videoPixels: readonly [min: number, max: number];
	framesPerSecond: readonly [min: number, max: number];
	/** Of one video or sound. */
	seconds: readonly [min: number, max: number];
	takesHeif: boolean;
}

const megabyte = 1024 * 1024;
/** What a reference video may have; that of an asset is smaller. */
const maxVideoBytes = 200 * megabyte;
const sidePixels = [300, 6000] as const;
/** Open at both ends, as far as the documents agree. */
const ratios = [0.4, 2.5] as const;
/** The server tolerates 0.2 s, as those who tried have seen. */
const toleratedSeconds = 0.2;

const formats: Record<MediaType, RegExp> = {
	image: /^(jpeg|image2|png|webp|bmp|tiff|gif|heif)$/,
	video: /mp4/,
	audio: /^(mp3|wav)$/,
};

/** Of files that a generation cites. */
export function citedLimits({ referenceSeconds, takesHeif }: VideoModel, isEdit: boolean): Limits {
	const [minSeconds, maxSeconds] = referenceSeconds ?? [2, 15];
	return {
		maxBytes: { image: 30 * megabyte, video: maxVideoBytes, audio: 15 * megabyte },
		videoPixels: [407_696, 8_295_044],
		framesPerSecond: [24, 60],
		seconds: [isEdit ? 4 : minSeconds, maxSeconds],
		takesHeif: takesHeif === true,
	};
}

/** Of files that become assets, which are others. */
export function assetLimits(region: RegionId): Limits {
	return {
		maxBytes: { image: 30 * megabyte, video: 50 * megabyte, audio: 15 * megabyte },
		videoPixels: [409_600, region === 'china' ? 927_408 : 2_086_876],
		// As the message of the server has it.
		framesPerSecond: [23.8, 60],
		seconds: [2, 15],
		takesHeif: true,
	};
}

/** The first limit that the file breaks, by the codes that have been seen at failed assets. */
export function findProblem(wanted: MediaType, { facts, sizeBytes }: MediaFile, limits: Limits): MediaProblem | undefined {
	if (!facts) return problem('FormatUndetectable', `The format of the ${wanted} cannot be detected.`);
	if (facts.mediaType !== wanted) {
		return problem('TypeMismatch', `The file is of the type ${facts.mediaType}, not ${wanted}.`);
	}
	if (!formats[wanted].test(facts.format) || (facts.format === 'heif' && !limits.takesHeif)) {
		return problem('FormatUnsupported', `The format ${facts.format} is not supported for the type ${wanted}.`);
	}
	const maxBytes = limits.maxBytes[wanted];
	if (wanted === 'image' ? sizeBytes >= maxBytes : sizeBytes > maxBytes) {
		return problem('FileSizeTooLarge', `The ${wanted} must not be larger than ${maxBytes / megabyte} MB.`);
	}
	return findDurationProblem(wanted, facts.durationSeconds, limits) ?? findPictureProblem(wanted, facts, limits);
}

function findDurationProblem(wanted: MediaType, seconds: number | undefined, limits: Limits): MediaProblem | undefined {
	if (wanted === 'image' || seconds === undefined) return undefined;
	const [min, max] = limits.seconds;
	// Encoders pad to whole packets.
	if (seconds < min - 0.1) return problem('DurationTooShort', `The ${wanted} must last at least ${min} s.`);
	const maxTolerated = max + toleratedSeconds;
	if (seconds <= maxTolerated) return undefined;
	return problem('DurationTooLong', `The ${wanted} must last at most ${maxTolerated} s, not ${seconds} s.`);
}

function findPictureProblem(
	wanted: MediaType,
	{ width, height, framesPerSecond }: { width?: number; height?: number; framesPerSecond?: number },
	limits: Limits,
): MediaProblem | undefined {
	if (width === undefined || height === undefined) return undefined;
	const size = `${width}x${height}`;
	const [minSide, maxSide] = sidePixels;
	if (Math.min(width, height) < minSide || Math.max(width, height) > maxSide) {
		return problem('SizeUnsupported', `The sides of the ${wanted} must have ${minSide} to ${maxSide} px, not ${size}.`);
	}
	const [minRatio, maxRatio] = ratios;
	if (width / height <= minRatio || width / height >= maxRatio) {
		return problem('RatioUnsupported', `The aspect ratio of the ${wanted} must be between ${minRatio} and ${maxRatio}.`);
	}
	if (wanted !== 'video') return undefined;
	const [minPixels, maxPixels] = limits.videoPixels;
	if (width * height < minPixels || width * height > maxPixels) {
		return problem('PixelsUnsupported', `The video must have ${minPixels} to ${maxPixels} pixels, not ${size}.`);
	}
	const [minRate, maxRate] = limits.framesPerSecond;
	if (framesPerSecond === undefined || framesPerSecond < minRate - 0.01) {
		return problem('FpsTooLow', `The video must have ${minRate} to ${maxRate} frames per second.`);
	}
	return framesPerSecond > maxRate + 0.01
		? problem('FpsTooHigh', `The video must have ${minRate} to ${maxRate} frames per second.`)
		: undefined;
}

/** All references of a type together may last as long as the longest of them. */
export function findTotalProblem(files: readonly MediaFile[], { referenceSeconds }: VideoModel): MediaProblem | undefined {
	const max = (referenceSeconds?.[1] ?? Infinity) + toleratedSeconds;
	for (const type of ['video', 'audio'] as const) {
		const total = secondsOf(files, type);
		if (total > max) return problem('DurationTooLong', `The ${type} contents must last at most ${max} s together.`);
	}
	return undefined;
}

export function secondsOf(files: readonly MediaFile[], type: 'video' | 'audio'): number {
	return files.reduce((sum, { facts }) => {
		return sum + (facts?.mediaType === type ? (facts.durationSeconds ?? 0) : 0);
	}, 0);
}

function problem(code: string, message: string): MediaProblem {
	return { code, message };
}

/**
 * A file by its public address. Addresses of this computer stand for public ones here.
 * @returns undefined for documentation hosts
 * @throws Error when it cannot be fetched
 */
export async function fetchMedium(address: string, workshop: Workshop): Promise<MediaFile | undefined> {
	const url = new URL(address);
	if (isPrivateHost(url)) throw new Error('not a public address');
	if (isDocumentationHost(url)) return undefined;
	return await workshop.keep(await download(url, maxVideoBytes));
}

function isPrivateHost({ hostname }: URL): boolean {
	return /^(10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|^\[f[cd]|\.(local|internal|lan)$/.test(hostname);
}
