import { type InputProblem, mustBe } from '../errors';
import { megabyte } from '../quantities';
import { automaticDuration, type SettingName, videoSettings } from '../videoSettings';
import { generationModes, isEditing, modeLabels, type VideoTaskInput } from '../vocabulary';
import type { Drafts, FailureHint, MediaLimits, PixelSize, ProviderAdapter, VideoCapabilities, VideoModel } from './adapter';

/**
 * What the documents of all providers say alike, as it is so of Seedance itself. An adapter spreads these and
 * overrides what its own document says otherwise. Sources: the AnyFast and Alad documents "Seedance 2.0" and
 * "Seedance 2.0 Asset Management", the PiAPI documents "Seedance 2" and "Private Asset Library", and the schema
 * `GenerateVideoRequest` of Apiframe.
 */

export const video = {
	modes: generationModes,
	ratios: ['16:9', '4:3', '1:1', '3:4', '9:16', '21:9', 'adaptive'],
	durationSeconds: { min: 4, max: 15 },
	maxReferences: { image: 9, video: 3, audio: 3 },
} as const satisfies Partial<VideoCapabilities>;

/** What a file may be, but for its size and pixels, whose bounds differ. */
export const media = {
	image: { formats: ['jpg', 'png', 'gif', 'webp', 'bmp', 'tiff', 'heic', 'heif'] },
	video: {
		formats: ['mp4', 'mov'],
		durationSeconds: { min: 2, max: 15 },
		framesPerSecond: { min: 24, max: 60 },
	},
	audio: { formats: ['mp3', 'wav'], durationSeconds: { min: 2, max: 15 } },
} as const satisfies Record<string, Partial<MediaLimits>>;

/**
 * What Seedance 2.5 has that 2.0 has not. Sources: the BytePlus documents "Video generation API" and "Seedance 2.5";
 * for the gateways, public clients of theirs.
 */
export const model25 = {
	// Left out, it is automatic, which can make the video twice as long, and as dear, as expected.
	durationSeconds: { min: 4, max: 30, isAutomaticAllowed: true, sentByDefault: 5 },
	maxReferences: { image: 30, video: 10, audio: 10 },
	takesAudioAlone: true,
} as const satisfies Partial<VideoModel>;

/** What Seedance 2.5 can be told besides. */
export const settings25: readonly SettingName[] = [
	'draft',
	'taskIntent',
	'outputFormat',
	'priority',
	'serviceTier',
	'executionExpiresAfterSeconds',
	'safetyIdentifier',
];

/** Of a video that Seedance 2.5 is shown by its link; an asset is made within the usual limits. */
export const citedVideo25 = {
	...media.video,
	durationSeconds: { min: 2, max: 30 },
	sizeBytes: { max: 200 * megabyte },
} as const satisfies MediaLimits;

const dayMs = 24 * 60 * 60 * 1000;

/** Source: the BytePlus document "Seedance 2.5", draft mode. */
export const drafts = {
	resolution: '480p',
	finalResolution: '1080p',
	lifetimeMs: 7 * dayMs,
	finalSettings: [
		'returnLastFrame',
		'outputFormat',
		'watermark',
		'priority',
		'serviceTier',
		'executionExpiresAfterSeconds',
		'safetyIdentifier',
	],
} as const satisfies Partial<Drafts>;

/** What Seedance 2.5 refuses, some of it only minutes later, as a task that has failed. */
export function check25(input: VideoTaskInput): InputProblem[] {
	const { mode, settings } = input;
	const { ratio, durationSeconds, serviceTier } = settings;
	const isExtending = mode === 'videoExtension' || settings.taskIntent === 'extend';
	const keepsRatio = mode === 'firstFrame' || mode === 'firstAndLastFrame' || isEditing(input) || isExtending;
	const what = isEditing(input) ? modeLabels.videoEditing : isExtending ? modeLabels.videoExtension : modeLabels[mode];
	const problems: InputProblem[] = [];
	if (keepsRatio && ratio !== undefined && ratio !== 'adaptive') {
		problems.push(mustBe(videoSettings.ratio.label, `adaptive with Seedance 2.5 in ${what}`, ratio, 'The video takes the shape of what it begins with.'));
	}
	if (isEditing(input) && durationSeconds !== undefined && durationSeconds !== automaticDuration) {
		const advice = 'A video that is edited keeps its length.';
		problems.push(mustBe(videoSettings.durationSeconds.label, `Automatic with Seedance 2.5 in ${what}`, String(durationSeconds), advice));
	}
	if (serviceTier === 'flex') {
		problems.push(mustBe(videoSettings.serviceTier.label, 'default with Seedance 2.5', serviceTier));
	}
	return problems;
}

/** The words in which every gateway passes on that the content was refused. */
export const moderationHint: FailureHint = {
	match: /sensitive|moderation|copyright|likeness|celebrit|content policy|violat|risk control/i,
	reason: 'moderation',
	description:
		"The provider's content moderation refused this. Change the prompt or use a different reference.",
};

const pixels = (width: number, height: number): PixelSize => ({ width, height });

/** The table "Resolution pixel values" of the AnyFast document "Seedance 2.0". */
export const pixelSizes = {
	'480p': {
		'16:9': pixels(864, 496),
		'4:3': pixels(752, 560),
		'1:1': pixels(640, 640),
		'3:4': pixels(560, 752),
		'9:16': pixels(496, 864),
		'21:9': pixels(992, 432),
	},
	'720p': {
		'16:9': pixels(1280, 720),
		'4:3': pixels(1112, 834),
		'1:1': pixels(960, 960),
		'3:4': pixels(834, 1112),
		'9:16': pixels(720, 1280),
		'21:9': pixels(1470, 630),
	},
	'1080p': {
		'16:9': pixels(1920, 1080),
		'4:3': pixels(1664, 1248),
		'1:1': pixels(1440, 1440),
		'3:4': pixels(1248, 1664),
		'9:16': pixels(1080, 1920),
		'21:9': pixels(2208, 944),
	},
	// No document of a gateway has the other ratios.
	'4k': {
		'16:9': pixels(3840, 2160),
		'9:16': pixels(2160, 3840),
	},
} satisfies ProviderAdapter['tokenPixels'];
