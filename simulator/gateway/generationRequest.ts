import { isObject } from '../json';
import { decodeDataUri, type MediaType } from '../media';

/**
 * The rules of the document "Seedance 2.0", sections "Parameters", "Input modes" and
 * "Referencing assets in prompts". `return_last_frame` and `seed` are accepted besides: the
 * document lists the last frame as a capability, and upstream has both parameters. Seedance 2.5 follows upstream's own
 * documents "Video generation API" and "Seedance 2.5", which public clients of the gateway follow too.
 */

export const resolutions = ['480p', '720p', '1080p', '2k', '4k'] as const;
export type Resolution = (typeof resolutions)[number];

export const ratios = ['16:9', '4:3', '1:1', '3:4', '9:16', '21:9'] as const;
export type Ratio = (typeof ratios)[number];

export interface VideoModel {
	resolutions: readonly Resolution[];
	isResolutionRequired?: boolean;
	/** Default: 2.0. */
	generation?: Generation;
}

type Generation = '2.0' | '2.5';

interface Limits {
	maxCounts: Record<ContentItem['type'], number>;
	seconds: readonly [min: number, max: number];
	/** Whether the model can choose the length, as it then does where none is asked for. */
	choosesLength: boolean;
	takesAudioAlone: boolean;
}

const limitsOf: Record<Generation, Limits> = {
	'2.0': {
		maxCounts: { text: 1, image: 9, video: 3, audio: 3 },
		seconds: [4, 15],
		choosesLength: false,
		takesAudioAlone: false,
	},
	'2.5': {
		maxCounts: { text: 1, image: 30, video: 10, audio: 10 },
		seconds: [4, 30],
		choosesLength: true,
		takesAudioAlone: true,
	},
};

export type Mode = 'textToVideo' | 'firstFrame' | 'firstAndLastFrame' | 'reference';

export interface Reference {
	mediaType: MediaType;
	url: string;
	/** Where it stands in the request, as messages cite it. */
	parameter: string;
}

export interface GenerationRequest extends OutputRequest {
	mode: Mode;
	prompt: string;
	references: Reference[];
	resolution: Resolution;
	ratio: Ratio | 'adaptive';
	/** The model chooses where it is `automatic`. */
	durationSeconds: number | 'automatic';
	hasSound: boolean;
	seed?: number;
	isDraft: boolean;
	/** Found out by the run alone: the task is accepted and fails. */
	lateProblem?: UpstreamRefusal;
}

/** What can be asked anew of the video that a draft becomes, as of any other. */
export interface OutputRequest {
	hasWatermark: boolean;
	returnsLastFrame: boolean;
	outputFormat: 'mp4' | 'mov';
	serviceTier: string;
	safetyIdentifier?: string;
}

/** A draft that becomes a video; what it is made from is that of the draft. */
export interface FinalRequest extends OutputRequest {
	draftTaskId: string;
	resolution: Resolution;
}

/** What upstream refuses; the gateway wraps it. */
export class UpstreamRefusal extends Error {
	constructor(
		readonly code: string,
		message: string,
	) {
		super(message);
	}
}

export function invalid(parameter: string, reason: string): UpstreamRefusal {
	return new UpstreamRefusal(
		'InvalidParameter',
		`The parameter \`${parameter}\` specified in the request is not valid: ${reason}.`,
	);
}

function missing(parameter: string): UpstreamRefusal {
	return new UpstreamRefusal(
		'MissingParameter',
		`The request failed because it is missing \`${parameter}\` parameter.`,
	);
}

interface ContentItem {
	type: MediaType | 'text';
	role?: string;
	/** The prompt, or the URL of a medium. */
	value: string;
	parameter: string;
}

const contentTypes = { text: 'text', image_url: 'image', video_url: 'video', audio_url: 'audio' } as const;
const contentOrder = ['text', 'image', 'video', 'audio'];
const roles: Record<MediaType, string[]> = {
	image: ['first_frame', 'last_frame', 'reference_image'],
	video: ['reference_video'],
	audio: ['reference_audio'],
};
const topLevelParameters = [
	'model',
	'content',
	'generate_audio',
	'resolution',
	'ratio',
	'duration',
	'tools',
	'watermark',
	'return_last_frame',
	'seed',
];
const topLevelParameters25 = [
	...topLevelParameters.filter((name) => name !== 'tools'),
	'draft',
	'omni_reference_task_type',
	'output_format',
	'priority',
	'service_tier',
	'execution_expires_after',
	'safety_identifier',
];
/** All else is refused beside a draft, also the value that the draft has. */
const finalParameters = [
	'model',
	'content',
	'resolution',
	'watermark',
	'return_last_frame',
	'output_format',
	'priority',
	'service_tier',
	'execution_expires_after',
	'safety_identifier',
];

/** @returns the request for a video of a draft, undefined for any other request. @throws UpstreamRefusal */
export function readFinalRequest(body: Record<string, unknown>, model: VideoModel): FinalRequest | undefined {
	const content: unknown[] = Array.isArray(body.content) ? body.content : [];
	const item = content.find((candidate) => isObject(candidate) && candidate.type === 'draft_task');
	if (!isObject(item) || model.generation !== '2.5') return undefined;
	if (content.length > 1) throw invalid('content', 'draft_task must be the only item');
	refuseUnknownKeys(item, ['type', 'draft_task'], 'content[0]');
	const draft = item.draft_task;
	if (!isObject(draft) || typeof draft.id !== 'string' || draft.id === '') throw missing('content[0].draft_task.id');
	refuseUnknownKeys(body, finalParameters);
	const resolution = readEnum(body.resolution, 'resolution', ['1080p'], '1080p');
	return { draftTaskId: draft.id, resolution, ...readOutput(body) };
}

function readOutput(body: Record<string, unknown>): OutputRequest {
	readInteger(body.priority, 'priority', 0, 9);
	readInteger(body.execution_expires_after, 'execution_expires_after', 60, 172_800);
	const { safety_identifier: safetyIdentifier } = body;
	if (safetyIdentifier !== undefined && (typeof safetyIdentifier !== 'string' || safetyIdentifier.length > 64)) {
		throw invalid('safety_identifier', 'must be a string of at most 64 characters');
	}
	const serviceTier = readEnum(body.service_tier, 'service_tier', ['default', 'flex'], 'default');
	if (serviceTier === 'flex') {
		throw new UpstreamRefusal('InvalidParameter.UnsupportedParameter', 'The parameter `service_tier` flex is not supported by the model.');
	}
	return {
		hasWatermark: readBoolean(body.watermark, 'watermark', false),
		returnsLastFrame: readBoolean(body.return_last_frame, 'return_last_frame', false),
		outputFormat: readEnum(body.output_format, 'output_format', ['mp4', 'mov'], 'mp4'),
		serviceTier,
		safetyIdentifier,
	};
}

/** @throws UpstreamRefusal for the first rule that the request breaks. */
export function readGenerationRequest(
	body: Record<string, unknown>,
	model: VideoModel,
): GenerationRequest {
	const is25 = model.generation === '2.5';
	const limits = limitsOf[model.generation ?? '2.0'];
	refuseUnknownKeys(body, is25 ? topLevelParameters25 : topLevelParameters);
	const content = readContent(body.content, limits);
	const references = content.flatMap(({ type, value, parameter }) =>
		type === 'text' ? [] : [{ mediaType: type, url: value, parameter }],
	);
	const text = content.find(({ type }) => type === 'text');
	const mode = readMode(content, limits);
	if (text) checkPrompt(text, content);
	if (mode === 'textToVideo' && !text) throw missing('content.text');

	if (body.resolution === undefined && model.isResolutionRequired) throw missing('resolution');
	const resolution = readEnum(body.resolution, 'resolution', resolutions, '720p');
	if (!model.resolutions.includes(resolution)) {
		throw invalid('resolution', `must be one of ${model.resolutions.join(', ')} for this model`);
	}
	checkTools(body.tools, mode);
	const isDraft = readBoolean(body.draft, 'draft', false);
	if (isDraft && resolution !== '480p') throw invalid('resolution', 'a draft must be 480p');
	const [min, max] = limits.seconds;
	const durationSeconds =
		limits.choosesLength && (body.duration === undefined || body.duration === -1)
			? 'automatic'
			: (readInteger(body.duration, 'duration', min, max) ?? 5);
	const ratio = readEnum(body.ratio, 'ratio', [...ratios, 'adaptive'], 'adaptive');
	return {
		mode,
		prompt: text?.value ?? '',
		references,
		resolution,
		ratio,
		durationSeconds,
		hasSound: readBoolean(body.generate_audio, 'generate_audio', true),
		seed: readInteger(body.seed, 'seed', -1, 2 ** 32 - 1),
		isDraft,
		lateProblem: is25 ? findTaskTypeProblem(body, { mode, text: text?.value ?? '', references, ratio, durationSeconds }) : undefined,
		...readOutput(body),
	};
}

type Intent = 'edit' | 'extend' | 'reference';

/**
 * Upstream recognises by itself what a task is, and then refuses what does not fit it: at once where the request says what it
 * is, minutes later where it does not.
 * @throws UpstreamRefusal if the request says what it is
 */
function findTaskTypeProblem(
	body: Record<string, unknown>,
	{ mode, text, references, ratio, durationSeconds }: Pick<GenerationRequest, 'mode' | 'references' | 'ratio' | 'durationSeconds'> & { text: string },
): UpstreamRefusal | undefined {
	const stated = readEnum(body.omni_reference_task_type, 'omni_reference_task_type', ['auto', 'reference', 'edit', 'extend'], 'auto');
	const hasVideo = references.some(({ mediaType }) => mediaType === 'video');
	if (stated !== 'auto' && mode !== 'reference') {
		throw invalid('omni_reference_task_type', `${stated} needs reference media`);
	}
	if ((stated === 'edit' || stated === 'extend') && !hasVideo) {
		throw invalid('omni_reference_task_type', `${stated} needs a reference video`);
	}
	const intent: Intent = stated === 'auto' ? intentOf(text, hasVideo) : stated;
	const isFrames = mode === 'firstFrame' || mode === 'firstAndLastFrame';
	const keepsRatio = isFrames || (mode === 'reference' && intent !== 'reference');
	const isEdit = mode === 'reference' && intent === 'edit';
	const reason =
		keepsRatio && ratio !== 'adaptive'
			? `ratio must be adaptive for ${isFrames ? 'first frame' : intent} tasks`
			: isEdit && durationSeconds !== 'automatic'
				? 'duration must be -1 for edit tasks'
				: undefined;
	if (reason === undefined) return undefined;
	const refusal = new UpstreamRefusal('InvalidParameter.TaskTypeConstraint', `The request does not fit the recognised task type: ${reason}.`);
	if (stated !== 'auto') throw refusal;
	return refusal;
}

/** By the verb, as the documents describe it. */
function intentOf(prompt: string, hasVideo: boolean): Intent {
	if (hasVideo && /\b(add|remove|replace|change)\b/i.test(prompt)) return 'edit';
	return hasVideo && /\b(extend|continue)\b/i.test(prompt) ? 'extend' : 'reference';
}

function readContent(content: unknown, { maxCounts }: Limits): ContentItem[] {
	if (content === undefined) throw missing('content');
	if (!Array.isArray(content) || content.length === 0) {
		throw invalid('content', 'must be a non-empty array');
	}
	const items = content.map(readContentItem);
	let lastPosition = 0;
	for (const item of items) {
		const position = contentOrder.indexOf(item.type);
		if (position < lastPosition) {
			throw invalid(item.parameter, 'items must follow the order text, image_url, video_url, audio_url');
		}
		lastPosition = position;
		const count = items.filter(({ type }) => type === item.type).length;
		if (count > maxCounts[item.type]) {
			throw invalid('content', `at most ${maxCounts[item.type]} ${item.type} items, got ${count}`);
		}
	}
	return items;
}

function readContentItem(item: unknown, index: number): ContentItem {
	const parameter = `content[${index}]`;
	if (!isObject(item)) throw invalid(parameter, 'must be an object');
	const { type: wireType } = item;
	if (!isContentType(wireType)) {
		throw invalid(`${parameter}.type`, `must be one of ${Object.keys(contentTypes).join(', ')}`);
	}
	const type = contentTypes[wireType];
	if (type === 'text') {
		refuseUnknownKeys(item, ['type', 'text'], parameter);
		if (item.text === undefined || item.text === '') throw missing(`${parameter}.text`);
		if (typeof item.text !== 'string') throw invalid(`${parameter}.text`, 'must be a string');
		return { type, value: item.text, parameter: `${parameter}.text` };
	}
	refuseUnknownKeys(item, ['type', wireType, 'role'], parameter);
	const { role } = item;
	if (role !== undefined && (typeof role !== 'string' || !roles[type].includes(role))) {
		throw invalid(`${parameter}.role`, `must be one of ${roles[type].join(', ')}`);
	}
	const holder = item[wireType];
	if (!isObject(holder)) throw missing(`${parameter}.${wireType}`);
	refuseUnknownKeys(holder, ['url'], `${parameter}.${wireType}`);
	const urlParameter = `${parameter}.${wireType}.url`;
	return { type, role, value: readMediaUrl(holder.url, type, urlParameter), parameter: urlParameter };
}

function isContentType(type: unknown): type is keyof typeof contentTypes {
	return typeof type === 'string' && type in contentTypes;
}

function readMediaUrl(url: unknown, mediaType: MediaType, parameter: string): string {
	if (url === undefined || url === '') throw missing(parameter);
	if (typeof url !== 'string') throw invalid(parameter, 'must be a string');
	if (/^asset:\/\/./.test(url)) return url;
	if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
	if (url.startsWith('data:')) {
		if (mediaType === 'video') throw invalid(parameter, 'a video must be a URL or asset://<ID>');
		if (decodeDataUri(url)?.mimeType.startsWith(`${mediaType}/`)) return url;
		throw invalid(parameter, `is not a Base64 data URI of type ${mediaType}/*`);
	}
	throw invalid(parameter, 'is not a URL of a supported form');
}

/** First frame, first and last frame, and references exclude one another. */
function readMode(content: ContentItem[], { takesAudioAlone }: Limits): Mode {
	const media = content.filter(({ type }) => type !== 'text');
	if (media.length === 0) return 'textToVideo';
	const images = media.filter(({ type }) => type === 'image');
	const isImagesOnly = images.length === media.length;
	const imageRoles = images.map(({ role }) => role).join();
	if (isImagesOnly && (imageRoles === '' || imageRoles === 'first_frame') && images.length === 1) {
		return 'firstFrame';
	}
	if (isImagesOnly && ['first_frame,last_frame', 'last_frame,first_frame'].includes(imageRoles)) {
		return 'firstAndLastFrame';
	}
	for (const { role, parameter } of media) {
		if (role?.startsWith('reference_')) continue;
		const name = parameter.replace(/\.\w+_url\.url$/, '.role');
		if (role === undefined) throw missing(name);
		throw invalid(
			name,
			'first frame, first and last frame, and multimodal reference are mutually exclusive, ' +
				'and a last frame needs one first frame',
		);
	}
	// Upstream: "audio alone is not allowed".
	if (!takesAudioAlone && media.every(({ type }) => type === 'audio')) {
		throw invalid('content', 'audio needs at least one image or video beside it');
	}
	return 'reference';
}

function checkPrompt({ value, parameter }: ContentItem, content: ContentItem[]): void {
	const chineseCharacters = value.match(/\p{Script=Han}/gu)?.length ?? 0;
	const words = value.replace(/\p{Script=Han}/gu, ' ').match(/\S+/g)?.length ?? 0;
	if (chineseCharacters > 500 || words > 1000) {
		throw invalid(parameter, 'the text must not exceed 500 Chinese characters or 1000 English words');
	}
	// Placeholders stand alone; no document says that an address such as me@image2.com is one.
	for (const [placeholder, type, number] of value.matchAll(/(?<!\w)@(image|video|audio)(\d{1,2})(?!\w)/g)) {
		const count = content.filter((item) => item.type === type).length;
		if (Number(number) < 1 || Number(number) > count) {
			throw invalid(parameter, `${placeholder} refers to nothing: there are ${count} ${type} items`);
		}
	}
}

function checkTools(tools: unknown, mode: Mode): void {
	if (tools === undefined) return;
	if (!Array.isArray(tools)) throw invalid('tools', 'must be an array');
	tools.forEach((tool: unknown, index) => {
		if (!isObject(tool)) throw invalid(`tools[${index}]`, 'must be an object');
		refuseUnknownKeys(tool, ['type'], `tools[${index}]`);
		if (tool.type !== 'web_search') throw invalid(`tools[${index}].type`, 'must be web_search');
	});
	if (tools.length > 0 && mode !== 'textToVideo') {
		throw invalid('tools', 'web_search is for text-to-video only');
	}
}

function refuseUnknownKeys(value: Record<string, unknown>, known: string[], parent?: string): void {
	const unknown = Object.keys(value).find((key) => !known.includes(key));
	if (unknown !== undefined) {
		throw invalid(parent === undefined ? unknown : `${parent}.${unknown}`, 'unknown parameter');
	}
}

function readEnum<T extends string>(
	value: unknown,
	parameter: string,
	allowed: readonly T[],
	fallback: T,
): T {
	if (value === undefined) return fallback;
	const found = allowed.find((candidate) => candidate === value);
	if (found === undefined) throw invalid(parameter, `must be one of ${allowed.join(', ')}`);
	return found;
}

function readInteger(value: unknown, parameter: string, min: number, max: number): number | undefined {
	if (value === undefined) return undefined;
	if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
		throw invalid(parameter, `must be an integer between ${min} and ${max}`);
	}
	return value;
}

function readBoolean(value: unknown, parameter: string, fallback: boolean): boolean {
	if (value === undefined) return fallback;
	if (typeof value !== 'boolean') throw invalid(parameter, 'must be a boolean');
	return value;
}
