import { type InputProblem, mustBe } from '../errors';
import { megabyte } from '../quantities';
import type { SettingName } from '../videoSettings';
import { videoSettings } from '../videoSettings';
import { generationModes, type GenerationMode, type MediaType, type VideoTaskInput } from '../vocabulary';
import type { MediaLimits, PixelSize, Price, PriceList, UrlForm, VideoLimits, VideoModel } from './adapter';
import * as seedance from './seedance';

/**
 * The models of BytePlus ModelArk (international) and Volcengine Ark (China), which are the same under other IDs.
 * Sources: the BytePlus documents "Video generation API" and "Model list", revision of October 2026, and the Volcengine
 * documents "创建视频生成任务" and "模型列表"; the list of official prices of both.
 */

export type ArkRegion = 'international' | 'china';

const regionNames: Readonly<Record<ArkRegion, string>> = { international: 'BytePlus', china: 'China' };

/** What every model can be told. */
const commonSettings: readonly SettingName[] = [
	'resolution',
	'ratio',
	'durationSeconds',
	'watermark',
	'returnLastFrame',
	'executionExpiresAfterSeconds',
	'safetyIdentifier',
];
const settings20: readonly SettingName[] = [...commonSettings, 'generateAudio', 'priority'];
/** `service_tier` is known to 2.5, but only with its default. */
const settings25: readonly SettingName[] = [...settings20, 'draft', 'taskIntent', 'outputFormat'];
/** The documents name seed and camera for these models only. */
const settings1: readonly SettingName[] = [...commonSettings, 'seed', 'cameraFixed', 'serviceTier'];

const frameModes: readonly GenerationMode[] = ['textToVideo', 'firstFrame', 'firstAndLastFrame'];

const image: MediaLimits = {
	...seedance.media.image,
	sizeBytes: { below: 30 * megabyte },
	sidePixels: { min: 300, max: 6000 },
	aspectRatio: { min: 0.4, max: 2.5 },
};

const sides = { sidePixels: { min: 300, max: 6000 }, aspectRatio: { min: 0.4, max: 2.5 } };

/** Of assets; in China their videos are limited to 720p. */
export const assetLimits: Readonly<Record<MediaType, MediaLimits>> = {
	image,
	video: {
		...seedance.media.video,
		...sides,
		sizeBytes: { max: 50 * megabyte },
		resolutions: ['480p', '720p', '1080p'],
	},
	audio: { ...seedance.media.audio, sizeBytes: { max: 15 * megabyte } },
};

/** Of files that are cited by URL, or inside the request. */
const citedLimits = (maxSeconds: number): Readonly<Record<MediaType, MediaLimits>> => ({
	image,
	video: { ...seedance.media.video, ...sides, sizeBytes: { max: 200 * megabyte }, durationSeconds: { min: 2, max: maxSeconds } },
	audio: { ...seedance.media.audio, sizeBytes: { max: 15 * megabyte }, durationSeconds: { min: 2, max: maxSeconds } },
});

const pixels = (width: number, height: number): PixelSize => ({ width, height });
const bothWays = (width: number, height: number) => ({ '16:9': pixels(width, height), '9:16': pixels(height, width) });

/** 480p of 2.5 is smaller than that of 2.0. */
const pixelSizes25 = {
	...seedance.pixelSizes,
	'480p': { ...seedance.pixelSizes['480p'], ...bothWays(854, 480) },
};
/** The documents name the other ratios nowhere. */
const pixelSizes1 = { '480p': bothWays(864, 480), '720p': bothWays(1248, 704), '1080p': bothWays(1920, 1088) };

const upTo720p = ['480p', '720p'];
const upTo1080p = [...upTo720p, '1080p'];
const upTo4k = [...upTo1080p, '4k'];

const imagesOnly: Readonly<Record<MediaType, readonly UrlForm[]>> = { image: ['url', 'dataUri'], video: [], audio: [] };

type Family = Omit<VideoModel, 'id' | 'region'>;

const family20 = {
	settings: settings20,
	durationSeconds: { min: 4, max: 15, isAutomaticAllowed: true },
	maxReferences: seedance.video.maxReferences,
	maxReferencesInAll: 15,
	maxReferenceSeconds: { video: 15, audio: 15 },
	mediaLimits: citedLimits(15),
} as const satisfies Partial<Family>;

const family1 = {
	settings: settings1,
	modes: frameModes,
	durationSeconds: { min: 2, max: 12 },
	maxReferences: { image: 2, video: 0, audio: 0 },
	urlForms: imagesOnly,
	resolutions: upTo1080p,
	tokenPixels: pixelSizes1,
	// The ratio depends on the mode.
	defaults: { resolutions: ['1080p'], durationSeconds: 5 },
} as const satisfies Partial<Family>;

const families = {
	'2.0': {
		...family20,
		displayName: 'Seedance 2.0',
		description: 'The full model, up to 4k, which is H.265',
		resolutions: upTo4k,
	},
	'2.0 fast': {
		...family20,
		displayName: 'Seedance 2.0 Fast',
		description: 'Quicker and cheaper, up to 720p',
		resolutions: upTo720p,
	},
	'2.0 mini': {
		...family20,
		displayName: 'Seedance 2.0 Mini',
		description: 'The small model, up to 720p',
		resolutions: upTo720p,
	},
	'2.5': {
		...seedance.model25,
		displayName: 'Seedance 2.5',
		description: 'The newer model, up to 30 seconds; 1080p is H.265',
		resolutions: upTo1080p,
		settings: settings25,
		maxReferencesInAll: 50,
		maxReferenceSeconds: { video: 30, audio: 30 },
		mediaLimits: citedLimits(30),
		tokenPixels: pixelSizes25,
	},
	'1.5 pro': {
		...family1,
		displayName: 'Seedance 1.5 Pro',
		description: 'An older model, with sound',
		settings: [...settings1, 'generateAudio'],
		durationSeconds: { min: 4, max: 12, isAutomaticAllowed: true },
		tokenPixels: seedance.pixelSizes,
		defaults: { resolutions: ['720p'], ratio: 'adaptive', durationSeconds: 5 },
	},
	'1.0 pro': {
		...family1,
		displayName: 'Seedance 1.0 Pro',
		description: 'An older model, without sound and references',
	},
	'1.0 pro fast': {
		...family1,
		displayName: 'Seedance 1.0 Pro Fast',
		description: 'The cheapest of all, without sound, last frame and references',
		modes: ['textToVideo', 'firstFrame'],
	},
} as const satisfies Readonly<Record<string, Family>>;

type FamilyName = keyof typeof families;

/** In the order of the menu. Those that a region has switched off are not in its list. */
const modelIds: Readonly<Record<ArkRegion, Readonly<Partial<Record<FamilyName, string>>>>> = {
	international: {
		'2.0': 'dreamina-seedance-2-0-260128',
		'2.0 fast': 'dreamina-seedance-2-0-fast-260128',
		'2.0 mini': 'dreamina-seedance-2-0-mini-260615',
		'2.5': 'dreamina-seedance-2-5-260628',
		'1.0 pro': 'seedance-1-0-pro-250528',
		'1.0 pro fast': 'seedance-1-0-pro-fast-251015',
	},
	china: {
		'2.0': 'doubao-seedance-2-0-260128',
		'2.0 fast': 'doubao-seedance-2-0-fast-260128',
		'2.0 mini': 'doubao-seedance-2-0-mini-260615',
		'2.5': 'doubao-seedance-2-5-260628',
		'1.5 pro': 'doubao-seedance-1-5-pro-251215',
		'1.0 pro': 'doubao-seedance-1-0-pro-250528',
		'1.0 pro fast': 'doubao-seedance-1-0-pro-fast-251015',
	},
};

interface KnownModel extends VideoModel {
	region: ArkRegion;
	family: FamilyName;
}

const familyNames = Object.keys(families).filter((name): name is FamilyName => name in families);
const regions: readonly ArkRegion[] = ['international', 'china'];

const models: readonly KnownModel[] = regions.flatMap((region) =>
	familyNames.flatMap((family): KnownModel[] => {
		const id = modelIds[region][family];
		const model: Family = families[family];
		return id === undefined ? [] : [{ ...model, id, region, family, displayName: `${model.displayName} (${regionNames[region]})` }];
	}),
);

export const videoModels: readonly VideoModel[] = models.map((model) => ({
	...model,
	// The document of China has it for this model; that of BytePlus names it, but not how.
	...(model.id === modelIds.china['2.0'] && { settings: [...settings20, 'webSearch'] }),
}));

export const videoLimits = {
	modes: generationModes,
	settings: settings20,
	ratios: seedance.video.ratios,
	ranges: { executionExpiresAfterSeconds: { min: 3600, max: 259_200 }, seed: { min: -1, max: 2 ** 31 - 1 } },
	durationSeconds: { min: 4, max: 15, isAutomaticAllowed: true },
	maxReferences: seedance.video.maxReferences,
	urlForms: {
		image: ['url', 'dataUri', 'asset'],
		video: ['url', 'asset'],
		audio: ['url', 'dataUri', 'asset'],
	},
} as const satisfies VideoLimits;

type Currency = 'USD' | 'CNY';

const perMillion = (amount: number, currency: Currency): Price => ({
	amount,
	currency,
	per: 'millionTokens',
});
/** Half as much with the service tier Flex. */
const perMillionAtMost = (amount: number, currency: Currency): Price => ({ ...perMillion(amount, currency), isUpperBound: true });

const samePrice = (resolutions: readonly string[], price: Price) =>
	Object.fromEntries(resolutions.map((resolution) => [resolution, price]));

/**
 * The prices without cited videos. With them a million tokens cost about 40 % less, but there is a lowest number of
 * tokens that no document names; so this is what it costs at most.
 */
const pricesIn: Readonly<Record<ArkRegion, Readonly<Partial<Record<FamilyName, Readonly<Record<string, Price>>>>>>> = {
	international: {
		'2.0': {
			...samePrice(upTo720p, perMillion(7, 'USD')),
			'1080p': perMillion(7.7, 'USD'),
			'4k': perMillion(4, 'USD'),
		},
		'2.0 fast': samePrice(upTo720p, perMillion(5.6, 'USD')),
		'2.0 mini': samePrice(upTo720p, perMillion(3.5, 'USD')),
		'2.5': { ...samePrice(upTo720p, perMillion(10.7, 'USD')), '1080p': perMillion(11.7, 'USD') },
		'1.0 pro': samePrice(upTo1080p, perMillionAtMost(2.5, 'USD')),
		'1.0 pro fast': samePrice(upTo1080p, perMillionAtMost(1, 'USD')),
	},
	china: {
		'2.0': {
			...samePrice(upTo720p, perMillion(46, 'CNY')),
			'1080p': perMillion(51, 'CNY'),
			'4k': perMillion(26, 'CNY'),
		},
		'2.0 fast': samePrice(upTo720p, perMillion(37, 'CNY')),
		'2.0 mini': samePrice(upTo720p, perMillion(23, 'CNY')),
		'2.5': { ...samePrice(upTo720p, perMillion(70, 'CNY')), '1080p': perMillion(77, 'CNY') },
	},
};

export const priceList: PriceList = {
	asOf: '2026-10-02',
	source: 'https://docs.byteplus.com/en/docs/ModelArk/1099320',
	prices: Object.fromEntries(
		models.flatMap(({ id, region, family }) => {
			const prices = pricesIn[region][family];
			return prices ? [[id, prices] as const] : [];
		}),
	),
};

/** The API still reads settings at the end of a prompt, as an older one had them, and goes by them. */
const promptFlag = /(?:^|\s)--(rs|rt|dur|seed|cf|wm|fps|resolution|ratio|duration|camera_?fixed|watermark)\s/i;

/** What the tables of limits cannot hold. */
export function checkVideoTask(input: VideoTaskInput): InputProblem[] {
	const family = models.find(({ id }) => id === input.model)?.family;
	const { mode, prompt, settings } = input;
	const problems = family === '2.5' ? seedance.check25(input) : [];
	const isFirstSeries = family === '1.0 pro' || family === '1.0 pro fast';
	if (isFirstSeries && mode === 'textToVideo' && settings.ratio === 'adaptive') {
		const others = 'one of the others: Seedance 1.0 has nothing to adapt to in Text to Video';
		problems.push(mustBe(videoSettings.ratio.label, others, 'adaptive', 'Choose another one.'));
	}
	const flag = promptFlag.exec(`${prompt} `)?.[1];
	if (flag !== undefined) {
		problems.push({
			field: 'Prompt',
			message: `The Prompt has --${flag}, which the model would take for a setting.`,
			advice: 'Take it out of the Prompt, and set what it means in the fields of the node.',
		});
	}
	return problems;
}
