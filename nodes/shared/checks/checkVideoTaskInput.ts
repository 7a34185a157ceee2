import type { InputProblem } from '../errors';
import { mimeTypeOfDataUri } from '../media/dataUri';
import type { ProviderAdapter, UrlForm } from '../providers/adapter';
import type { GenerationMode, MediaReference, MediaType, VideoTaskInput } from '../vocabulary';
import { assetIdOf, mediaTypes } from '../vocabulary';

interface ModeRule {
	label: string;
	needsPrompt: boolean;
	/** Least and most references of each media type; the provider's own maximum holds as well. */
	counts: Readonly<Record<MediaType, readonly [least: number, most: number]>>;
}

const none = [0, 0] as const;
const any = [0, Infinity] as const;
const some = [1, Infinity] as const;

/** Source: AnyFast document "Seedance 2.0", table "Input modes". */
const modeRules: Readonly<Record<GenerationMode, ModeRule>> = {
	textToVideo: {
		label: 'Text to Video',
		needsPrompt: true,
		counts: { image: none, video: none, audio: none },
	},
	firstFrame: {
		label: 'First Frame',
		needsPrompt: false,
		counts: { image: [1, 1], video: none, audio: none },
	},
	firstAndLastFrame: {
		label: 'First and Last Frame',
		needsPrompt: false,
		counts: { image: [2, 2], video: none, audio: none },
	},
	multimodalReference: {
		label: 'Multimodal Reference',
		needsPrompt: false,
		counts: { image: any, video: any, audio: any },
	},
	videoEditing: {
		label: 'Video Editing',
		needsPrompt: true,
		counts: { image: some, video: some, audio: none },
	},
	videoExtension: {
		label: 'Video Extension',
		needsPrompt: true,
		counts: { image: none, video: some, audio: none },
	},
};

export const mediaLabels: Readonly<Record<MediaType, string>> = {
	image: 'Images',
	video: 'Videos',
	audio: 'Audio Clips',
};

/**
 * Every documented rule of a generation, checked without a request.
 * @returns all violations at once, none if the input may be sent
 */
export function checkVideoTaskInput(
	provider: ProviderAdapter,
	input: VideoTaskInput,
): InputProblem[] {
	return [
		...checkModel(input),
		...checkPrompt(provider, input),
		...checkCounts(provider, input),
		...input.references.flatMap((reference) =>
			checkReference(provider, reference, labelOf(input.references, reference)),
		),
		...checkTags(input),
		...checkSettings(provider, input),
	];
}

/** The label of a reference as the user sees it, e.g. `Images 2`. */
export function labelOf(references: readonly MediaReference[], reference: MediaReference): string {
	if (reference.role === 'firstFrame') return 'First Frame';
	if (reference.role === 'lastFrame') return 'Last Frame';
	const siblings = references.filter(({ mediaType }) => mediaType === reference.mediaType);
	return `${mediaLabels[reference.mediaType]} ${siblings.indexOf(reference) + 1}`;
}

function checkModel({ model }: VideoTaskInput): InputProblem[] {
	return model.trim() === '' ? [{ field: 'Model', allowed: 'a model ID', given: '(empty)' }] : [];
}

function checkPrompt({ displayName, video }: ProviderAdapter, input: VideoTaskInput): InputProblem[] {
	const { label, needsPrompt } = modeRules[input.mode];
	if (input.prompt.trim() === '') {
		return needsPrompt
			? [{ field: 'Prompt', allowed: `${label} needs a prompt`, given: '(empty)' }]
			: [];
	}
	const { maxChineseCharacters, maxWords } = video.prompt;
	const chineseCharacters = input.prompt.match(/\p{Script=Han}/gu)?.length ?? 0;
	const words = input.prompt
		.replace(/\p{Script=Han}/gu, ' ')
		.split(/\s+/)
		.filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
	if (chineseCharacters <= maxChineseCharacters && words <= maxWords) return [];
	return [
		{
			field: 'Prompt',
			allowed: `${displayName} takes ${maxChineseCharacters} Chinese characters or ${maxWords} words at most`,
			given: `${chineseCharacters} Chinese characters and ${words} other words`,
		},
	];
}

function checkCounts({ video }: ProviderAdapter, { mode, references }: VideoTaskInput): InputProblem[] {
	const { label, counts } = modeRules[mode];
	const countOf = (type: MediaType) =>
		references.filter(({ mediaType }) => mediaType === type).length;
	const problems = mediaTypes.flatMap((type): InputProblem[] => {
		const [least, most] = counts[type];
		const allowedMost = Math.min(most, video.maxReferences[type]);
		const count = countOf(type);
		if (count >= least && count <= allowedMost) return [];
		const range = least === allowedMost ? String(least) : `${least} to ${allowedMost}`;
		return [
			{
				field: mediaLabels[type],
				allowed: `${label} takes ${allowedMost === 0 ? 'none' : range}`,
				given: String(count),
			},
		];
	});
	// Upstream refuses sound without anything to see.
	if (mode === 'multimodalReference' && countOf('image') + countOf('video') === 0) {
		problems.push({
			field: 'Images, Videos',
			allowed: `${label} needs at least one image or video`,
			given: countOf('audio') > 0 ? 'audio only' : 'no references',
		});
	}
	return problems;
}

const urlFormNames: Readonly<Record<UrlForm, string>> = {
	url: 'a public http(s) URL',
	dataUri: 'a data URI',
	asset: 'an asset',
};

function checkReference(
	{ displayName, video }: ProviderAdapter,
	{ mediaType, url }: MediaReference,
	field: string,
): InputProblem[] {
	const form = urlFormOf(url);
	const forms = video.urlForms[mediaType];
	if (!form || !forms.includes(form)) {
		const names = forms.map((name) => urlFormNames[name]).join(', ');
		const advice =
			form === 'dataUri'
				? `. ${displayName} takes no file inside the request here: create an asset from it and cite that`
				: '';
		return [{ field, allowed: `${names}${advice}`, given: shorten(url) }];
	}
	const mimeType = form === 'dataUri' ? mimeTypeOfDataUri(url) : undefined;
	return mimeType && !mimeType.startsWith(`${mediaType}/`)
		? [{ field, allowed: `a file of type ${mediaType}`, given: mimeType }]
		: [];
}

function urlFormOf(url: string): UrlForm | undefined {
	if (assetIdOf(url)) return 'asset';
	if (/^data:/i.test(url)) return 'dataUri';
	return /^https?:\/\//i.test(url) && URL.canParse(url) ? 'url' : undefined;
}

const shorten = (text: string) =>
	text === '' ? '(empty)' : text.length > 60 ? `${text.slice(0, 60)}…` : text;

/** `@image2` must have a second image; the provider would reject it or, worse, ignore it. */
function checkTags({ prompt, references }: VideoTaskInput): InputProblem[] {
	const tags = new Set(prompt.match(/@(image|video|audio)\d+/gi) ?? []);
	return [...tags].flatMap((tag): InputProblem[] => {
		const [, type = '', number = ''] = /@(\D+)(\d+)/.exec(tag) ?? [];
		const count = references.filter(({ mediaType }) => mediaType === type.toLowerCase()).length;
		if (Number(number) >= 1 && Number(number) <= count) return [];
		const allowed =
			count === 0
				? `there is no ${type.toLowerCase()} to cite`
				: `@${type.toLowerCase()}1${count > 1 ? ` to @${type.toLowerCase()}${count}` : ''}`;
		return [{ field: 'Prompt', allowed, given: tag }];
	});
}

const largestSeed = 2 ** 32 - 1;

function checkSettings(
	{ displayName, video, videoModels }: ProviderAdapter,
	{ model, mode, settings }: VideoTaskInput,
): InputProblem[] {
	const problems: InputProblem[] = [];
	const { resolution, ratio, durationSeconds, seed } = settings;
	const known = videoModels.find(({ id }) => id === model);
	// A model typed by hand may know more than the documents; the provider decides then.
	if (resolution !== undefined && known && !known.resolutions.includes(resolution)) {
		problems.push({
			field: 'Resolution',
			allowed: `${known.displayName} at ${displayName} offers ${known.resolutions.join(', ')}`,
			given: resolution,
		});
	}
	if (ratio !== undefined && known && !video.ratios.includes(ratio)) {
		problems.push({ field: 'Aspect Ratio', allowed: video.ratios.join(', '), given: ratio });
	}
	const { min, max } = video.durationSeconds;
	if (
		durationSeconds !== undefined &&
		known &&
		!(Number.isInteger(durationSeconds) && durationSeconds >= min && durationSeconds <= max)
	) {
		problems.push({
			field: 'Duration (Seconds)',
			allowed: `a whole number from ${min} to ${max}`,
			given: String(durationSeconds),
		});
	}
	if (seed !== undefined && !(Number.isInteger(seed) && seed >= -1 && seed <= largestSeed)) {
		problems.push({
			field: 'Seed',
			allowed: `a whole number from -1 to ${largestSeed}`,
			given: String(seed),
		});
	}
	if (settings.webSearch && mode !== 'textToVideo') {
		problems.push({
			field: 'Web Search',
			allowed: 'only in Text to Video, without references',
			given: `on in ${modeRules[mode].label}`,
		});
	}
	return problems;
}
