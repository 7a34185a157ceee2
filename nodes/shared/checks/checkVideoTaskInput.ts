import type { InputProblem } from '../errors';
import type { ProviderAdapter, UrlForm, VideoLimits, VideoModel } from '../providers/adapter';
import { findVideoModel, videoLimits } from '../providers/adapter';
import { settingNames, videoSettings, type SettingName } from '../videoSettings';
import type {
	GenerationMode,
	MediaReference,
	MediaType,
	VideoTaskInput,
} from '../vocabulary';
import { assetUri, fileOf, mediaLabels, mediaTypes, modeLabels, webhookLabels } from '../vocabulary';

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
 * @returns all violations at once, none if the input may be sent
 */
export function checkVideoTaskInput(
	provider: ProviderAdapter,
	input: VideoTaskInput,
): InputProblem[] {
	const found = findVideoModel(provider, input.model);
	const model = found && { ...videoLimits(provider, found), ...found };
	return [
		...checkModel(input),
		...checkMode(provider, input),
		...checkPrompt(provider, model, input),
		...checkCounts(provider, model, input),
		...input.references.flatMap((reference) =>
			checkReference(provider, model, reference, labelOf(input.references, reference)),
		),
		...checkCitations(input),
		...checkAvailability(provider, model, input),
		...(model ? checkSettings(provider, model, input) : []),
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
	return model.trim() === '' ? [{ field: 'Model', allowed: 'a model ID', given: '(empty)' }] : [];
}

function checkMode({ displayName, video }: ProviderAdapter, { mode }: VideoTaskInput): InputProblem[] {
	if (video.modes.includes(mode)) return [];
	const allowed = `${displayName} offers ${video.modes.map((known) => modeLabels[known]).join(', ')}`;
	return [{ field: 'Mode', allowed, given: modeLabels[mode] }];
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
		return who ? [{ field: 'Prompt', allowed: `${who} needs a prompt`, given: '(empty)' }] : [];
	}
	if (!model) return [];
	// By code points: an emoji is one character, though two units of a JavaScript text.
	const characters = Array.from(prompt).length;
	if (characters > maxCharacters) {
		return [
			{
				field: 'Prompt',
				allowed: `${displayName} takes ${maxCharacters} characters at most`,
				given: `${characters} characters`,
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
	model: KnownModel | undefined,
	{ mode, references }: VideoTaskInput,
): InputProblem[] {
	const { counts } = (model ? modeRules : modeForms)[mode];
	const label = modeLabels[mode];
	const countOf = (type: MediaType) =>
		references.filter(({ mediaType }) => mediaType === type).length;
	const problems = mediaTypes.flatMap((type): InputProblem[] => {
		const [min, maxOfMode] = counts[type];
		const max = Math.min(maxOfMode, model?.maxReferences[type] ?? Infinity);
		const count = countOf(type);
		if (count >= min && count <= max) return [];
		const range = max === 0 ? 'none' : max === Infinity ? `at least ${min}` : min === max ? String(min) : `${min} to ${max}`;
		return [{ field: mediaLabels[type], allowed: `${label} takes ${range}`, given: String(count) }];
	});
	const maxReferencesInAll = model?.maxReferencesInAll ?? Infinity;
	if (references.length > maxReferencesInAll) {
		problems.push({
			field: mediaTypes.map((type) => mediaLabels[type]).join(', '),
			allowed: `${provider.displayName} takes ${maxReferencesInAll} references in all`,
			given: String(references.length),
		});
	}
	if (mode === 'multimodalReference' && !model && references.length === 0) {
		problems.push({
			field: mediaTypes.map((type) => mediaLabels[type]).join(', '),
			allowed: `${label} needs at least one reference`,
			given: 'no references',
		});
	}
	// Upstream refuses sound without anything to see.
	if (mode === 'multimodalReference' && model && countOf('image') + countOf('video') === 0) {
		problems.push({
			field: `${mediaLabels.image}, ${mediaLabels.video}`,
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
	model: KnownModel | undefined,
	reference: MediaReference,
	field: string,
): InputProblem[] {
	const { mediaType, medium } = reference;
	const form = urlFormOf(reference);
	const forms = (model ?? provider.video).urlForms[mediaType];
	if (!form || !forms.includes(form)) {
		const names = forms.map((name) => urlFormNames[name]).join(', ');
		const advice = adviceFor(form, provider, model);
		return [{ field, allowed: `${names}${advice && `. ${advice}`}`, given: shownMedium(reference) }];
	}
	const mimeType = form === 'dataUri' ? fileOf(medium)?.mimeType : undefined;
	return mimeType && !mimeType.startsWith(`${mediaType}/`)
		? [{ field, allowed: `a file of type ${mediaType}`, given: mimeType }]
		: [];
}

function adviceFor(
	form: UrlForm | undefined,
	{ displayName }: ProviderAdapter,
	model: KnownModel | undefined,
): string {
	if (form === 'dataUri') {
		return `${displayName} takes no file inside the request here: create an asset from it and cite that`;
	}
	return form === 'asset' && model?.modelForAssets
		? `${displayName} cites assets with the model ${model.modelForAssets} instead of ${model.id}`
		: '';
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
			return shorten(medium.url) + suffix;
		case 'dataUri':
			return shorten(medium.dataUri) + suffix;
		case 'asset':
			return assetUri(medium.assetId);
		default:
			return shorten(medium.text);
	}
}

const shorten = (text: string) =>
	text === '' ? '(empty)' : text.length > 60 ? `${text.slice(0, 60)}…` : text;

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
		const type = citation.replace(/[@\d]/g, '').toLowerCase();
		const number = Number(citation.replace(/\D/g, ''));
		const count = references.filter(({ mediaType }) => mediaType === type).length;
		if (number >= 1 && number <= count) return [];
		const range = count > 1 ? `@${type}1 to @${type}${count}` : `@${type}1`;
		const allowed = count === 0 ? `there is no ${type} to cite` : range;
		return [{ field: 'Prompt', allowed, given: citation }];
	});
}

/** A setting that the provider or the model does not have is refused here, never left out silently. */
function checkAvailability(
	provider: ProviderAdapter,
	model: KnownModel | undefined,
	{ settings, webhook }: VideoTaskInput,
): InputProblem[] {
	const { displayName, videoModels, videoTasks } = provider;
	const given = settingNames.filter((name) => settings[name] !== undefined);
	const problems = given
		.filter((name) => !(model ?? provider.video).settings.includes(name))
		.map((name): InputProblem => {
			const others = videoModels.filter((other) => videoLimits(provider, other).settings.includes(name));
			const allowed =
				model && others.length > 0
					? `${model.displayName} at ${displayName} does not have it; ${others.map(({ id }) => id).join(', ')} do`
					: `${displayName} does not have it; remove it`;
			return { field: videoSettings[name].label, allowed, given: String(settings[name]) };
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

function typedKeys<Key extends string>(labels: Readonly<Record<Key, string>>): Key[] {
	const isKey = (name: string): name is Key => name in labels;
	return Object.keys(labels).filter(isKey);
}

function checkSettings(
	provider: ProviderAdapter,
	model: KnownModel,
	{ mode, settings }: VideoTaskInput,
): InputProblem[] {
	const problems: InputProblem[] = [];
	const { resolution, ratio } = settings;
	if (resolution !== undefined && !model.resolutions.includes(resolution)) {
		problems.push({
			field: videoSettings.resolution.label,
			allowed: `${model.displayName} at ${provider.displayName} offers ${model.resolutions.join(', ')}`,
			given: resolution,
		});
	}
	if (ratio !== undefined && !model.ratios.includes(ratio)) {
		problems.push({ field: videoSettings.ratio.label, allowed: model.ratios.join(', '), given: ratio });
	}
	const requireInteger = (name: SettingName, { min, max }: { min: number; max: number }) => {
		const value = settings[name];
		if (value === undefined || (Number.isInteger(value) && Number(value) >= min && Number(value) <= max)) return;
		const allowed = `a whole number from ${min} to ${max}`;
		problems.push({ field: videoSettings[name].label, allowed, given: String(value) });
	};
	requireInteger('durationSeconds', model.durationSeconds);
	for (const name of settingNames) {
		const { range } = videoSettings[name];
		if (range) requireInteger(name, range);
	}
	if (settings.webSearch && mode !== 'textToVideo') {
		problems.push({
			field: videoSettings.webSearch.label,
			allowed: 'only in Text to Video, without references',
			given: `on in ${modeLabels[mode]}`,
		});
	}
	return problems;
}
