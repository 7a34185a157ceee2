import type { PixelSize } from '../pixels';
import type { RegionId } from './accounts';

export const resolutions = ['480p', '720p', '1080p', '4k'] as const;
export type Resolution = (typeof resolutions)[number];

type Series = '2.5' | '2.0' | '1.5' | '1.0';

export interface VideoModel {
	series: Series;
	resolutions: readonly Resolution[];
	defaultResolution: Resolution;
	/** Of a video, in whole seconds. */
	seconds: readonly [min: number, max: number];
	/** Whether the model may choose the duration (-1). */
	choosesDuration: boolean;
	defaultSeconds: number;
	/** References by type; undefined for a model without references. */
	references?: Readonly<Record<'image' | 'video' | 'audio', number>>;
	/** Seconds of one reference, and of all of a type together. */
	referenceSeconds?: readonly [min: number, max: number];
	takesAudioAlone?: true;
	hasSound?: true;
	takesFrames?: true;
	/** Which frames it takes. */
	firstFrame: 'optional' | 'required' | 'none';
	hasLastFrame: boolean;
	takesDrafts?: true;
	/** HEIC and HEIF. */
	takesHeif?: true;
	/** When it was stopped, by region. */
	stoppedAtMs?: Partial<Record<RegionId, number>>;
	taskTypes: readonly string[];
}

const upTo1080p = ['480p', '720p', '1080p'] as const;

const seedance20 = {
	series: '2.0',
	resolutions,
	defaultResolution: '720p',
	seconds: [4, 15],
	choosesDuration: true,
	defaultSeconds: 5,
	references: { image: 9, video: 3, audio: 3 },
	referenceSeconds: [2, 15],
	hasSound: true,
	firstFrame: 'optional',
	hasLastFrame: true,
	takesHeif: true,
	taskTypes: ['TextToVideo', 'ImageToVideo', 'MultimodalToVideo', 'VideoEditing', 'VideoExtension'],
} as const satisfies VideoModel;

const seedance20Small = { ...seedance20, resolutions: ['480p', '720p'] } as const satisfies VideoModel;

const seedance10 = {
	series: '1.0',
	resolutions: upTo1080p,
	defaultResolution: '1080p',
	seconds: [2, 12],
	choosesDuration: false,
	defaultSeconds: 5,
	firstFrame: 'optional',
	hasLastFrame: true,
	taskTypes: ['TextToVideo', 'ImageToVideo'],
} as const satisfies VideoModel;

/** The day on which the lite models were stopped is known without an hour. */
const stoppedLite = { international: Date.UTC(2026, 4, 13) };

/** By what their IDs end in, in both regions. */
const models: Readonly<Record<string, VideoModel>> = {
	'seedance-2-5-260628': {
		...seedance20,
		series: '2.5',
		resolutions: upTo1080p,
		seconds: [4, 30],
		defaultSeconds: -1,
		references: { image: 30, video: 10, audio: 10 },
		referenceSeconds: [2, 30],
		takesAudioAlone: true,
		takesDrafts: true,
	},
	'seedance-2-0-260128': seedance20,
	'seedance-2-0-fast-260128': seedance20Small,
	'seedance-2-0-mini-260615': seedance20Small,
	'seedance-1-5-pro-251215': {
		...seedance10,
		series: '1.5',
		defaultResolution: '720p',
		seconds: [4, 12],
		choosesDuration: true,
		hasSound: true,
		takesDrafts: true,
		takesHeif: true,
		// 17:00 in UTC+8.
		stoppedAtMs: { international: Date.UTC(2026, 10, 11, 9) },
	},
	'seedance-1-0-pro-250528': { ...seedance10, takesFrames: true },
	'seedance-1-0-pro-fast-251015': { ...seedance10, takesFrames: true, hasLastFrame: false },
	'seedance-1-0-lite-t2v-250428': {
		...seedance10,
		firstFrame: 'none',
		hasLastFrame: false,
		stoppedAtMs: stoppedLite,
		taskTypes: ['TextToVideo'],
	},
	'seedance-1-0-lite-i2v-250428': {
		...seedance10,
		firstFrame: 'required',
		stoppedAtMs: stoppedLite,
		taskTypes: ['ImageToVideo'],
	},
};

/** The models of a region by their IDs. */
export function modelsOf(region: RegionId): Map<string, VideoModel> {
	return new Map(Object.entries(models).map(([id, model]) => [prefix(region, model) + id, model]));
}

function prefix(region: RegionId, { series }: VideoModel): string {
	if (region === 'china') return 'doubao-';
	return series === '2.5' || series === '2.0' ? 'dreamina-' : '';
}

export function isStopped({ stoppedAtMs }: VideoModel, region: RegionId, nowMs: number): boolean {
	return nowMs >= (stoppedAtMs?.[region] ?? Infinity);
}

export function is2x({ series }: VideoModel): boolean {
	return series === '2.5' || series === '2.0';
}

/** Where a series differs from the common table, which is known of 16:9 only. */
const ownSizes: Readonly<Record<string, readonly [width: number, height: number]>> = {
	'2.5 480p': [854, 480],
	'1.0 480p': [864, 480],
	'1.0 720p': [1248, 704],
	'1.0 1080p': [1920, 1088],
};

export function ownPixelSize({ series }: VideoModel, resolution: Resolution, ratio: string): PixelSize | undefined {
	const size = ratio === '16:9' ? ownSizes[`${series} ${resolution}`] : undefined;
	return size && { width: size[0], height: size[1] };
}
