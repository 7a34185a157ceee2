import { type InputProblem, isMissing, mustBe } from '../errors';
import type { ProviderAdapter, UrlForm, VideoLimits, VideoModel } from '../providers/adapter';
import { findVideoModel, videoLimits } from '../providers/adapter';
import { cut, listOf } from '../text';
import { automaticDuration, settingNames, type SettingName, type VideoSettings, videoSettings, type WholeNumbers } from '../videoSettings';
import type {
	GenerationMode,
	MediaReference,
	MediaType,
	VideoTaskInput,
} from '../vocabulary';
import { assetUri, countOf, fileOf, mediaLabels, mediaTypes, modeLabels, webhookLabels, withArticle } from '../vocabulary';

interface ModeRule {
	needsPrompt: boolean;
	/** Fewest and most references of each media type; the maximum of the model holds as well. */
	counts: Readonly<Record<MediaType, readonly [min: number, max: number]>>;
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

/** What makes a mode what it is, whatever the model: a frame is one image, and an edit is one of something. */
const modeForms: Readonly<Record<GenerationMode, ModeRule>> = {
	...modeRules,
	videoEditing: {
		needsPrompt: false,
		counts: { image: anyNumber, video: some, audio: anyNumber },
	},
	videoExtension: {
		needsPrompt: false,
		counts: { image: anyNumber, video: some, audio: anyNumber },
	},
};

/** A model of the provider's tables, with its limits. */
type KnownModel = VideoModel & VideoLimits;

/**
 * Every documented rule of a generation, checked without a request. A model that no table of the provider
 * knows is held to the form of a request alone; its limits are left to the provider.
 * @param allProviders among which a way out is searched, such as a model that makes longer videos
 * @returns all violations at once, none if the input may be sent
 */
export function checkVideoTaskInput(
	provider: ProviderAdapter,
	input: VideoTaskInput,
	allProviders: readonly ProviderAdapter[] = [provider],
): InputProblem[] {
	const found = findVideoModel(provider, input.model);
	const model = found && { ...videoLimits(provider, found), ...found };
	return [
		...checkModel(input),
		...checkMode(provider, model, input),
		...checkPrompt(provider, model, input),
		...checkCounts(provider, model, input),
		...input.references.flatMap((reference) =>
			checkReference(provider, model, reference, labelOf(input.references, reference)),
		),
		...checkCitations(input),
		...checkAvailability(provider, model, input),
		...(model ? checkSettings(provider, model, input, allProviders) : []),
		...(model ? (provider.checkVideoTask?.(input) ?? []) : []),
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
	return model.trim() === '' ? [isMissing('Model', 'Choose a model.')] : [];
}

function checkMode(
	{ displayName, video }: ProviderAdapter,
	model: KnownModel | undefined,
	{ mode }: VideoTaskInput,
): InputProblem[] {
	const { modes } = model ?? video;
	if (modes.includes(mode)) return [];
	const isOfModel = model !== undefined && video.modes.includes(mode);
	const who = isOfModel ? `${model.displayName} at ${displayName}` : displayName;
	const others = listOf(modes.map((known) => modeLabels[known]), 'or');
	const advice = `Choose ${others}${isOfModel ? ', or another Model' : ''}.`;
	return [{ field: 'Mode', message: `${who} does not offer the Mode ${modeLabels[mode]}.`, advice }];
}

function checkPrompt(
	{ displayName, video }: ProviderAdapter,
	model: KnownModel | undefined,
	{ mode, prompt }: VideoTaskInput,
): InputProblem[] {
	const { maxCharacters = Infinity, maxChineseCharacters = Infinity, maxWords = Infinity } = video.prompt;
	if (prompt.trim() === '') {
		const rule = (model ? modeRules : modeForms)[mode];
		const who = video.prompt.isRequired ? displayName : rule.needsPrompt && modeLabels[mode];
		return who ? [noPrompt(who)] : [];
	}
	if (!model) return [];
	// By code points: an emoji is one character, though two units of a JavaScript text.
	const characters = Array.from(prompt).length;
	if (characters > maxCharacters) {
		return [
			{
				field: 'Prompt',
				message: `The Prompt has ${characters} characters; ${displayName} takes ${maxCharacters} at most.`,
				advice: 'Shorten it.',
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
			message: `The Prompt has ${chineseCharacters} Chinese characters and ${words} other words; ${displayName} takes ${maxChineseCharacters} Chinese characters or ${maxWords} words at most.`,
			advice: 'Shorten it.',
		},
	];
}

/** @param who the mode or the provider that wants a prompt */
const noPrompt = (who: string): InputProblem => ({
	field: 'Prompt',
	message: `${who} needs a prompt; Prompt is empty.`,
	advice: 'Describe what happens in the video. If Prompt has an expression, it gave nothing for this item.',
});

function checkCounts(
	provider: ProviderAdapter,
	model: KnownModel | undefined,
	{ mode, references }: VideoTaskInput,
): InputProblem[] {
	const { counts } = (model ? modeRules : modeForms)[mode];
	const label = modeLabels[mode];
	const numberOf = (type: MediaType) =>
		references.filter(({ mediaType }) => mediaType === type).length;
	const problems = mediaTypes.flatMap((type): InputProblem[] => {
		const [min, maxOfMode] = counts[type];
		const max = Math.min(maxOfMode, model?.maxReferences[type] ?? Infinity);
		const count = numberOf(type);
		if (count >= min && count <= max) return [];
		const field = mediaLabels[type];
		const message = `${label} takes ${rangeOf(min, max, type)}; there ${count === 1 ? 'is' : 'are'} ${count === 0 ? 'none' : count}.`;
		const change = max === 0 ? `Remove all ${field}` : count > max ? `Remove ${count - max} of ${field}` : `Add ${countOf(min - count, type)}`;
		return [{ field, message, advice: `${change}, or choose another Mode.` }];
	});
	const maxReferencesInAll = model?.maxReferencesInAll ?? Infinity;
	if (references.length > maxReferencesInAll) {
		problems.push({
			field: listOf(mediaTypes.map((type) => mediaLabels[type])),
			message: `${provider.displayName} takes ${maxReferencesInAll} references in all; there are ${references.length}.`,
			advice: `Remove ${references.length - maxReferencesInAll} of ${listOf(mediaTypes.map((type) => mediaLabels[type]), 'or')}.`,
		});
	}
	const needsSight = model !== undefined && !model.takesAudioAlone;
	if (mode === 'multimodalReference' && !needsSight && references.length === 0) {
		problems.push({
			field: listOf(mediaTypes.map((type) => mediaLabels[type])),
			message: `${label} needs at least one reference; there is none.`,
			advice: 'Add an image, a video or audio.',
		});
	}
	// Upstream refuses sound without anything to see.
	if (mode === 'multimodalReference' && needsSight && numberOf('image') + numberOf('video') === 0) {
		problems.push({
			field: listOf([mediaLabels.image, mediaLabels.video]),
			message: `${label} needs at least one image or video; there is ${numberOf('audio') > 0 ? 'only audio' : 'none'}.`,
			advice: 'Add an image or a video.',
		});
	}
	return problems;
}

/** @returns e.g. "exactly 1 image", "up to 9 images", "at least 1 video", "no audio files" */
function rangeOf(min: number, max: number, type: MediaType): string {
	if (max === 0) return countOf(0, type);
	if (max === Infinity) return `at least ${countOf(min, type)}`;
	if (min === max) return `exactly ${countOf(max, type)}`;
	return min === 0 ? `up to ${countOf(max, type)}` : `${min} to ${countOf(max, type)}`;
}

const urlFormNames: Readonly<Record<UrlForm, string>> = {
	url: 'a public http(s) URL',
	dataUri: 'a data URI',
	asset: 'an asset',
};

function checkReference(
	provider: ProviderAdapter,
	model: KnownModel | undefined,
	reference: MediaReference,
	field: string,
): InputProblem[] {
	const { mediaType, medium } = reference;
	const form = urlFormOf(reference);
	const forms = (model ?? provider.video).urlForms[mediaType];
	if (forms.length === 0) {
		const message = `${provider.displayName} takes ${countOf(0, mediaType)}; ${field} is ${shownMedium(reference) || 'empty'}.`;
		return [{ field, message, advice: `Remove ${field}.` }];
	}
	if (!form || !forms.includes(form)) {
		const allowed = listOf(forms.map((name) => urlFormNames[name]), 'or');
		return [mustBe(field, allowed, shownMedium(reference), adviceFor(form, provider, model))];
	}
	const mimeType = form === 'dataUri' ? fileOf(medium)?.mimeType : undefined;
	return mimeType && !mimeType.startsWith(`${mediaType}/`)
		? [mustBe(field, withArticle(mediaType), `of type ${mimeType}`)]
		: [];
}

function adviceFor(
	form: UrlForm | undefined,
	{ displayName }: ProviderAdapter,
	model: KnownModel | undefined,
): string {
	if (form === 'dataUri') {
		return `${displayName} takes no file inside the request here: make an asset of it and cite that.`;
	}
	return form === 'asset' && model?.modelForAssets
		? `Choose the model ${model.modelForAssets} instead of ${model.id}: with that ${displayName} cites assets.`
		: 'Give a link that works without a login, or choose another source.';
}

/** What the provider is sent in place of the medium. */
function urlFormOf({ medium, by }: MediaReference): UrlForm | undefined {
	if (by === 'newAsset') return 'asset';
	if (by === 'upload' || by === 'signedLink') return 'url';
	if (medium.kind === 'unknown') return undefined;
	return medium.kind === 'file' ? 'dataUri' : medium.kind;
}

function shownMedium({ medium, by }: MediaReference): string {
	const suffix = by === 'newAsset' ? ', made into an asset' : '';
	switch (medium.kind) {
		case 'file':
			return (medium.file.givenName ?? medium.file.fileName) + suffix;
		case 'url':
			return cut(medium.url, maxShownLength) + suffix;
		case 'dataUri':
			return cut(medium.dataUri, maxShownLength) + suffix;
		case 'asset':
			return assetUri(medium.assetId);
		default:
			return cut(medium.text, maxShownLength);
	}
}

const maxShownLength = 60;

/**
 * `@image1` and the like. A letter, a digit or an underscore before or after it makes it a part of an
 * address or of another word, and no model takes a hundred references.
 */
const citations = /(?<![\p{Script=Latin}\p{N}_])@(image|video|audio)(\d{1,2})(?![\p{Script=Latin}\p{N}_])/giu;
/** With or without a scheme. The characters are those of RFC 3986, so that the text of Asian scripts may follow at once. */
const addresses = /(?:\bhttps?:\/\/|\bwww\.|(?<![a-z\d-])[a-z\d-]+\.[a-z]{2,}\/)[\x21-\x7e]*/gi;

/**
 * `@image2` must have a second image; the provider would reject it or, worse, ignore it. `Image 2`, which
 * PiAPI reads as well, may be an ordinary word: its document says that the model ignores one of nothing.
 */
function checkCitations({ prompt, references }: VideoTaskInput): InputProblem[] {
	const found = prompt.replace(addresses, ' ').match(citations) ?? [];
	return [...new Set(found)].flatMap((citation): InputProblem[] => {
		const type = mediaTypes.find((known) => citation.toLowerCase().startsWith(`@${known}`)) ?? 'image';
		const number = Number(citation.replace(/\D/g, ''));
		const count = references.filter(({ mediaType }) => mediaType === type).length;
		if (number >= 1 && number <= count) return [];
		const message = `The Prompt cites ${citation}, but there is ${presentOf(type, count)}.`;
		const advice = count === 0
			? `Add ${withArticle(type)} (in a Mode that takes it), or take ${citation} out of the Prompt.`
			: `Add ${withArticle(type)}, or change the number in the Prompt.`;
		return [{ field: 'Prompt', message, advice }];
	});
}

/** Completes "there is …", e.g. "no image", "only one image: @image1". */
function presentOf(type: MediaType, count: number): string {
	const noun = type === 'audio' ? 'audio file' : type;
	if (count === 0) return `no ${noun}`;
	return count === 1 ? `only one ${noun}: @${type}1` : `nothing after @${type}${count}, the last of the ${countOf(count, type)}`;
}

/** A setting that the provider or the model does not have is refused here, never left out silently. */
export function checkAvailability(
	provider: ProviderAdapter,
	model: KnownModel | undefined,
	{ settings, webhook }: Pick<VideoTaskInput, 'settings' | 'webhook'>,
): InputProblem[] {
	const { displayName, videoModels, videoTasks } = provider;
	const modelsWith = (name: SettingName) => videoModels.filter((other) => videoLimits(provider, other).settings.includes(name));
	const isAvailable = (name: SettingName) => (model ? model.settings.includes(name) : modelsWith(name).length > 0);
	const given = settingNames.filter((name) => settings[name] !== undefined);
	const problems = given
		.filter((name) => !isAvailable(name))
		.map((name): InputProblem => {
			const others = modelsWith(name);
			const { label } = videoSettings[name];
			const who = model && others.length > 0 ? `${model.displayName} at ${displayName}` : displayName;
			return {
				field: label,
				message: `${who} does not have the setting ${label}, which is set to ${settings[name]}.`,
				advice:
					model && others.length > 0
						? `Remove it, or choose a model that has it: ${listOf(others.map(({ id }) => id), 'or')}.`
						: 'Remove it.',
			};
		});
	for (const name of typedKeys(webhookLabels)) {
		if (!webhook?.[name] || videoTasks.callback?.fields.includes(name)) continue;
		// The secret itself stays out of messages.
		const shown = name === 'url' ? `, which is ${webhook.url}` : '';
		problems.push({
			field: webhookLabels[name],
			message: `${displayName} does not have the option ${webhookLabels[name]}${shown}.`,
			advice: 'Remove it.',
		});
	}
	return problems;
}

function typedKeys<Key extends string>(labels: Readonly<Record<Key, string>>): Key[] {
	const isKey = (name: string): name is Key => name in labels;
	return Object.keys(labels).filter(isKey);
}

function checkSettings(
	provider: ProviderAdapter,
	model: KnownModel,
	input: VideoTaskInput,
	allProviders: readonly ProviderAdapter[],
): InputProblem[] {
	const { mode, settings } = input;
	const problems: InputProblem[] = [];
	const { resolution, ratio, durationSeconds } = settings;
	const who = `${model.displayName} at ${provider.displayName}`;
	if (resolution === undefined && model.isResolutionRequired) {
		const advice = `${who} has no default: choose ${listOf(model.resolutions, 'or')}.`;
		problems.push(isMissing(videoSettings.resolution.label, advice));
	}
	if (resolution !== undefined && !model.resolutions.includes(resolution)) {
		problems.push(mustBe(videoSettings.resolution.label, `${listOf(model.resolutions, 'or')} with ${who}`, resolution));
	}
	if (ratio !== undefined && !model.ratios.includes(ratio)) {
		problems.push(mustBe(videoSettings.ratio.label, `${listOf(model.ratios, 'or')} with ${who}`, ratio));
	}
	if (durationSeconds !== undefined) problems.push(...checkDuration(provider, model, durationSeconds, who, allProviders));
	problems.push(...checkValues(settings, model.ranges), ...checkDraft(provider, settings), ...checkIntent(input));
	if (settings.webSearch && mode !== 'textToVideo') {
		problems.push({
			field: videoSettings.webSearch.label,
			message: `${videoSettings.webSearch.label} works in ${modeLabels.textToVideo} only; the Mode is ${modeLabels[mode]}.`,
			advice: `Remove ${videoSettings.webSearch.label}.`,
		});
	}
	return problems;
}

const isIn = (value: unknown, { min, max }: WholeNumbers) =>
	Number.isInteger(value) && Number(value) >= min && Number(value) <= max;

function checkDuration(
	provider: ProviderAdapter,
	model: KnownModel,
	seconds: number,
	who: string,
	allProviders: readonly ProviderAdapter[],
): InputProblem[] {
	const { durationSeconds: limits } = model;
	const { min, max, isAutomaticAllowed } = limits;
	const isAutomatic = seconds === automaticDuration;
	if (isAutomatic ? isAutomaticAllowed : isIn(seconds, limits)) return [];
	const allowed = isAutomaticAllowed
		? `a whole number from ${min} to ${max}, or Automatic, with ${who}`
		: `a whole number from ${min} to ${max} with ${who}`;
	const advice = seconds > max ? longerThan(max, provider, model, allProviders) : undefined;
	return [mustBe(videoSettings.durationSeconds.label, allowed, isAutomatic ? 'Automatic' : String(seconds), advice)];
}

/** @param ranges those of the model, where they are narrower */
export const checkValues = (settings: VideoTaskInput['settings'], ranges: VideoLimits['ranges']): InputProblem[] =>
	settingNames.flatMap((name) => checkValue(name, settings[name], ranges?.[name]));

/** What the table of settings says of a value, whatever the model. @param narrower the range of the model */
function checkValue(name: SettingName, value: VideoSettings[SettingName], narrower: WholeNumbers | undefined): InputProblem[] {
	const { range, values, maxCharacters, label } = videoSettings[name];
	if (value === undefined) return [];
	const bounds = narrower ?? range;
	if (bounds && !isIn(value, bounds)) {
		return [mustBe(label, `a whole number from ${bounds.min} to ${bounds.max}`, String(value))];
	}
	if (values && !values.some((known) => known === value)) return [mustBe(label, listOf(values, 'or'), String(value))];
	const { length } = Array.from(String(value));
	if (maxCharacters === undefined || length <= maxCharacters) return [];
	return [{ field: label, message: `${label} has ${length} characters; ${maxCharacters} are allowed.`, advice: 'Shorten it.' }];
}

/** There are drafts in one resolution only. */
function checkDraft({ drafts }: ProviderAdapter, { draft, resolution }: VideoTaskInput['settings']): InputProblem[] {
	if (!draft || !drafts || resolution === undefined || resolution === drafts.resolution) return [];
	const allowed = `${drafts.resolution} for a Draft`;
	const advice = `Finalize Draft makes ${drafts.finalResolution} of it later. For ${resolution} at once switch ${videoSettings.draft.label} off.`;
	return [mustBe(videoSettings.resolution.label, allowed, resolution, advice)];
}

/** An intent that does not fit what is cited makes a task that fails, or another video than the one that was meant. */
function checkIntent({ mode, references, settings: { taskIntent } }: VideoTaskInput): InputProblem[] {
	const { label } = videoSettings.taskIntent;
	if (taskIntent === undefined || taskIntent === 'auto') return [];
	const intents = intentsOf[mode];
	if (!intents.some((known) => known === taskIntent)) {
		return [mustBe(label, `${listOf(['auto', ...intents], 'or')} in the Mode ${modeLabels[mode]}`, taskIntent)];
	}
	const needsVideo = taskIntent === 'edit' || taskIntent === 'extend';
	if (!needsVideo || references.some(({ mediaType }) => mediaType === 'video')) return [];
	const message = `The ${label} ${taskIntent} needs a video; there is none.`;
	return [{ field: mediaLabels.video, message, advice: `Add the video, or set ${label} to reference.` }];
}

/** Beside auto, with which the model tells from the prompt. */
const intentsOf: Readonly<Record<GenerationMode, readonly string[]>> = {
	textToVideo: [],
	firstFrame: [],
	firstAndLastFrame: [],
	multimodalReference: ['reference', 'edit', 'extend'],
	videoEditing: ['edit'],
	videoExtension: ['extend'],
};

/** The way out for somebody who wants a longer video than the model makes. */
function longerThan(seconds: number, own: ProviderAdapter, { region }: KnownModel, providers: readonly ProviderAdapter[]): string {
	const models = providers.flatMap((provider) =>
		provider.videoModels.map((model) => ({
			isOwn: provider.id === own.id,
			isElsewhere: provider.id === own.id && model.region !== region,
			name: `${model.displayName} at ${provider.displayName}`,
			max: { ...videoLimits(provider, model), ...model }.durationSeconds.max,
		})),
	);
	const [longest] = models
		.filter(({ max, isElsewhere }) => max > seconds && !isElsewhere)
		.sort((one, other) => other.max - one.max || Number(other.isOwn) - Number(one.isOwn) || one.name.length - other.name.length);
	const other = longest ? `${longest.name} makes videos of up to ${longest.max} s; or` : 'For a longer video';
	return `Shorten it. ${other} join several shots, or go on from one with ${modeLabels.videoExtension}.`;
}
