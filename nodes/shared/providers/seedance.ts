import { generationModes } from '../vocabulary';
import type { FailureHint, MediaLimits, PixelSize, ProviderAdapter, VideoCapabilities } from './adapter';

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
} satisfies ProviderAdapter['tokenPixels'];
