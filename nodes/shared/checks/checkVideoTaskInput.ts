import type { InputProblem } from '../errors';
import { mimeTypeOfDataUri } from '../media/dataUri';
import type { ProviderAdapter, UrlForm, VideoModel } from '../providers/adapter';
import { videoLimits } from '../providers/adapter';
import type {
	GenerationMode,
	MediaReference,
	MediaType,
	VideoSettings,
	VideoTaskInput,
} from '../vocabulary';
import { assetIdOf, mediaLabels, mediaTypes, modeLabels, settingLabels, webhookLabels } from '../vocabulary';

interface ModeRule {
	needsPrompt: boolean;
	/** Least and most references of each media type; the provider's own maximum holds as well. */
	counts: Readonly<Record<MediaType, readonly [least: number, most: number]>>;
}

const none = [0, 0] as const;
const anyNumber = [0, Infinity] as const;
const some = [1, Infinity] as const;

/** Source: AnyFast document "Seedance 2.0", table "Input modes". */
const modeRules: Readonly<Record<GenerationMode, ModeRule>> = {
	textToVideo: {
		needsPrompt: true,
		counts: { image: none, video: none, audio: none },
	},
	firstFrame: {
		needsPrompt: false,
		counts: { image: [1, 1], video: none, audio: none },
	},
	firstAndLastFrame: {
		needsPrompt: false,
		counts: { image: [2, 2], video: none, audio: none },
	},
	multimodalReference: {
		needsPrompt: false,
		counts: { image: anyNumber, video: anyNumber, audio: anyNumber },
	},
	videoEditing: {
		needsPrompt: true,
		counts: { image: some, video: some, audio: none },
	},
	videoExtension: {
		needsPrompt: true,
		counts: { image: none, video: some, audio: none },
	},
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
		...checkMode(provider, input),
		...checkPrompt(provider, input),
		...checkCounts(provider, input),
		...input.references.flatMap((reference) =>
			checkReference(provider, input.model, reference, labelOf(input.references, reference)),
		),
		...checkTags(provider, input),
		...checkAvailability(provider, input),
		...checkSettings(provider, input),
		...(provider.checkVideoTask?.(input) ?? []),
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

function checkMode({ displayName, video }: ProviderAdapter, { mode }: VideoTaskInput): InputProblem[] {
	if (video.modes.includes(mode)) return [];
	const allowed = `${displayName} offers ${video.modes.map((known) => modeLabels[known]).join(', ')}`;
	return [{ field: 'Mode', allowed, given: modeLabels[mode] }];
}

function checkPrompt(
	{ displayName, video }: ProviderAdapter,
	{ mode, prompt }: VideoTaskInput,
): InputProblem[] {
	const { maxCharacters = Infinity, maxChineseCharacters = Infinity, maxWords = Infinity } = video.prompt;
	if (prompt.trim() === '') {
		const who = video.prompt.isRequired ? displayName : modeRules[mode].needsPrompt && modeLabels[mode];
		return who ? [{ field: 'Prompt', allowed: `${who} needs a prompt`, given: '(empty)' }] : [];
	}
	if (prompt.length > maxCharacters) {
		return [
			{
				field: 'Prompt',
				allowed: `${displayName} takes ${maxCharacters} characters at most`,
				given: `${prompt.length} characters`,
			},
		];
	}
	const chineseCharacters = prompt.match(/\p{Script=Han}/gu)?.length ?? 0;
	const words = prompt
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

function checkCounts(
	provider: ProviderAdapter,
	{ model, mode, references }: VideoTaskInput,
): InputProblem[] {
	const { maxReferences, maxReferencesInAll = Infinity } = videoLimits(provider, model);
	const { counts } = modeRules[mode];
	const label = modeLabels[mode];
	const countOf = (type: MediaType) =>
		references.filter(({ mediaType }) => mediaType === type).length;
	const problems = mediaTypes.flatMap((type): InputProblem[] => {
		const [least, most] = counts[type];
		const allowedMost = Math.min(most, maxReferences[type]);
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
	if (references.length > maxReferencesInAll) {
		problems.push({
			field: 'Images, Videos, Audio Clips',
			allowed: `${provider.displayName} takes ${maxReferencesInAll} references in all`,
			given: String(references.length),
		});
	}
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
	provider: ProviderAdapter,
	modelId: string,
	{ mediaType, url }: MediaReference,
	field: string,
): InputProblem[] {
	const form = urlFormOf(url);
	const { urlForms, model } = videoLimits(provider, modelId);
	const forms = urlForms[mediaType];
	if (!form || !forms.includes(form)) {
		const names = forms.map((name) => urlFormNames[name]).join(', ');
		const advice = adviceFor(form, provider, model);
		return [{ field, allowed: `${names}${advice && `. ${advice}`}`, given: shorten(url) }];
	}
	const mimeType = form === 'dataUri' ? mimeTypeOfDataUri(url) : undefined;
	return mimeType && !mimeType.startsWith(`${mediaType}/`)
		? [{ field, allowed: `a file of type ${mediaType}`, given: mimeType }]
		: [];
}

function adviceFor(
	form: UrlForm | undefined,
	{ displayName }: ProviderAdapter,
	model: VideoModel | undefined,
): string {
	if (form === 'dataUri') {
		return `${displayName} takes no file inside the request here: create an asset from it and cite that`;
	}
	return form === 'asset' && model?.modelForAssets
		? `${displayName} cites assets with the model ${model.modelForAssets} instead of ${model.id}`
		: '';
}

function urlFormOf(url: string): UrlForm | undefined {
	if (assetIdOf(url)) return 'asset';
	if (/^data:/i.test(url)) return 'dataUri';
	return /^https?:\/\//i.test(url) && URL.canParse(url) ? 'url' : undefined;
}

const shorten = (text: string) =>
	text === '' ? '(empty)' : text.length > 60 ? `${text.slice(0, 60)}…` : text;

/** `@image2` must have a second image; the provider would reject it or, worse, ignore it. */
function checkTags(
	{ video }: ProviderAdapter,
	{ prompt, references }: VideoTaskInput,
): InputProblem[] {
	const tags = prompt.match(/@(image|video|audio)\d+/gi) ?? [];
	// Without any reference these are words like all others.
	const canCiteByName = video.prompt.citesByName && references.length > 0;
	const names = canCiteByName ? (prompt.match(/\b(Image|Video|Audio) \d+\b/g) ?? []) : [];
	return [...new Set([...tags, ...names])].flatMap((citation): InputProblem[] => {
		const [, sign = '', word = '', space = '', number = ''] = /^(@?)([a-z]+)( ?)(\d+)$/i.exec(citation) ?? [];
		const type = word.toLowerCase();
		const count = references.filter(({ mediaType }) => mediaType === type).length;
		if (Number(number) >= 1 && Number(number) <= count) return [];
		const start = sign ? `@${type}` : `${word}${space}`;
		const range = count === 0 ? `there is no ${type} to cite` : `${start}1${count > 1 ? ` to ${start}${count}` : ''}`;
		const allowed = sign ? range : `${range}; in lower case if it cites nothing`;
		return [{ field: 'Prompt', allowed, given: citation }];
	});
}

/** A setting that the provider or the model does not have is refused here, never left out silently. */
function checkAvailability(
	provider: ProviderAdapter,
	{ model: modelId, settings, webhook }: VideoTaskInput,
): InputProblem[] {
	const { displayName, videoModels, videoTasks } = provider;
	const limits = videoLimits(provider, modelId);
	const { model } = limits;
	const given = settingNames.filter((name) => settings[name] !== undefined);
	const problems = given
		.filter((name) => !limits.settings.includes(name))
		.map((name): InputProblem => {
			const others = videoModels.filter(({ id }) => videoLimits(provider, id).settings.includes(name));
			const allowed =
				model && others.length > 0
					? `${model.displayName} at ${displayName} does not have it; ${others.map(({ id }) => id).join(', ')} do`
					: `${displayName} does not have it; remove it`;
			return { field: settingLabels[name], allowed, given: String(settings[name]) };
		});
	for (const name of typedKeys(webhookLabels)) {
		if (!webhook?.[name] || videoTasks.callback?.fields.includes(name)) continue;
		// The secret itself stays out of messages.
		const shown = name === 'url' ? webhook.url : '(set)';
		problems.push({
			field: webhookLabels[name],
			allowed: `${displayName} does not have it; remove it`,
			given: shown,
		});
	}
	return problems;
}

const settingNames = typedKeys(settingLabels);

function typedKeys<Key extends string>(labels: Readonly<Record<Key, string>>): Key[] {
	const isKey = (name: string): name is Key => name in labels;
	return Object.keys(labels).filter(isKey);
}

const seeds = { min: -1, max: 2 ** 32 - 1 };

function checkSettings(
	provider: ProviderAdapter,
	{ model: modelId, mode, settings }: VideoTaskInput,
): InputProblem[] {
	const problems: InputProblem[] = [];
	const { resolution, ratio, durationSeconds, seed, assetRetentionHours } = settings;
	const { model, ratios, durationSeconds: duration } = videoLimits(provider, modelId);
	// A model typed by hand may know more than the documents; the provider decides then.
	if (resolution !== undefined && model && !model.resolutions.includes(resolution)) {
		problems.push({
			field: settingLabels.resolution,
			allowed: `${model.displayName} at ${provider.displayName} offers ${model.resolutions.join(', ')}`,
			given: resolution,
		});
	}
	if (ratio !== undefined && model && !ratios.includes(ratio)) {
		problems.push({ field: settingLabels.ratio, allowed: ratios.join(', '), given: ratio });
	}
	const requireInteger = (
		setting: keyof VideoSettings,
		value: number | undefined,
		{ min, max }: { min: number; max: number },
	) => {
		if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
		const allowed = `a whole number from ${min} to ${max}`;
		problems.push({ field: settingLabels[setting], allowed, given: String(value) });
	};
	requireInteger('durationSeconds', model && durationSeconds, duration);
	requireInteger('seed', seed, seeds);
	requireInteger('assetRetentionHours', assetRetentionHours, assetRetention);
	if (settings.webSearch && mode !== 'textToVideo') {
		problems.push({
			field: settingLabels.webSearch,
			allowed: 'only in Text to Video, without references',
			given: `on in ${modeLabels[mode]}`,
		});
	}
	return problems;
}

/** Source: PiAPI "Private Asset Library", auto_upload_assets. */
const assetRetention = { min: 3, max: 8 };
