import { isObject } from '../json';
import type { Ratio } from '../gateway/generationRequest';
import { dataError, invalid, unsupported } from './errors';
import { readContent, type Content } from './content';
import { readBoolean, readInteger, readOption, refuseUnknownKeys } from './fields';
import { is2x, resolutions, type Resolution, type VideoModel } from './models';
import type { RegionId } from './accounts';

/**
 * The body of "Create a video generation task". What is unknown is refused, while the real one ignores
 * some of it and makes a task that is paid.
 */

const ratios = ['16:9', '4:3', '1:1', '3:4', '9:16', '21:9'] as const;
const taskTypes = ['auto', 'reference', 'edit', 'extend'] as const;
export type TaskType = (typeof taskTypes)[number];
export const serviceTiers = ['default', 'flex'] as const;
export type ServiceTier = (typeof serviceTiers)[number];

export interface GenerationRequest extends Content {
	resolution: Resolution;
	ratio: Ratio | 'adaptive';
	/** -1: as the model chooses. */
	durationSeconds: number;
	frames?: number;
	seed?: number;
	hasSound: boolean;
	hasWatermark: boolean;
	outputFormat: 'mp4' | 'mov';
	returnsLastFrame: boolean;
	isDraft: boolean;
	taskType: TaskType;
	serviceTier: ServiceTier;
	expiresAfterSeconds: number;
	priority: number;
	callbackUrl?: string;
	safetyIdentifier?: string;
	tools?: object[];
	/** What 2.5 finds out only while it works. */
	lateProblem?: { code: string; message: string };
}

const maxSeed = 2 ** 31 - 1;
const maxSafetyIdentifierLength = 64;

const fields = [
	...['model', 'content', 'resolution', 'ratio', 'duration', 'frames', 'seed', 'camera_fixed', 'generate_audio'],
	...['watermark', 'output_format', 'return_last_frame', 'draft', 'omni_reference_task_type', 'service_tier'],
	...['execution_expires_after', 'priority', 'callback_url', 'safety_identifier', 'tools'],
];

/** What may stand beside a `draft_task`; anything else is refused, even with the value of the draft. */
const fieldsOfFinal = [
	...['model', 'content', 'resolution', 'return_last_frame', 'output_format', 'watermark', 'service_tier'],
	...['execution_expires_after', 'priority', 'callback_url', 'safety_identifier'],
];

/** @throws Refusal for the first rule that the request breaks. */
export function readGenerationRequest(
	body: Record<string, unknown>,
	model: VideoModel,
	modelId: string,
	region: RegionId,
): GenerationRequest {
	refuseUnknownKeys(body, fields);
	const content = readContent(body.content, model, modelId);
	refuseUnsupported(body, model, modelId, region);
	if (content.draftTaskId !== undefined) return readFinal(body, content, model, modelId);
	const flags = readPromptFlags(content.prompt, model);
	const given = { ...flags.fields, ...body };
	const isDraft = readBoolean(body.draft, 'draft') ?? false;
	const resolution = readResolution(given.resolution, model, modelId);
	if (isDraft && (given.resolution === undefined || resolution !== '480p')) {
		throw invalid('resolution', 'must be 480p for a draft');
	}
	const isImageGiven = content.mode !== 'textToVideo';
	const defaultRatio = model.series === '1.0' && !isImageGiven ? '16:9' : 'adaptive';
	const ratio = readOption(given.ratio, 'ratio', [...ratios, 'adaptive']) ?? defaultRatio;
	if (ratio === 'adaptive' && model.series === '1.0' && !isImageGiven) {
		throw invalid('ratio', 'adaptive is not supported for text-to-video by this model');
	}
	const request = {
		...content,
		prompt: flags.prompt,
		resolution,
		ratio,
		durationSeconds: readDuration(given.duration, model),
		frames: readFrames(body.frames),
		seed: readInteger(given.seed, 'seed', -1, maxSeed),
		hasSound: (readBoolean(body.generate_audio, 'generate_audio') ?? true) && model.hasSound === true,
		isDraft,
		taskType: readOption(body.omni_reference_task_type, 'omni_reference_task_type', taskTypes) ?? 'auto',
		tools: readTools(body.tools),
		...readCommon(given),
	};
	if (isDraft && request.returnsLastFrame && model.series === '1.5') {
		throw invalid('return_last_frame', 'is not supported for drafts');
	}
	return model.series === '2.5' ? checkTaskType(request, given) : request;
}

/** Fields that drafts, finals and all others share. */
function readCommon(body: Record<string, unknown>) {
	const serviceTier = readOption(body.service_tier, 'service_tier', serviceTiers) ?? 'default';
	const priority = readInteger(body.priority, 'priority', 0, 9) ?? 0;
	return {
		hasWatermark: readBoolean(body.watermark, 'watermark') ?? false,
		outputFormat: readOption(body.output_format, 'output_format', ['mp4', 'mov'] as const) ?? 'mp4',
		returnsLastFrame: readBoolean(body.return_last_frame, 'return_last_frame') ?? false,
		serviceTier,
		expiresAfterSeconds:
			readInteger(body.execution_expires_after, 'execution_expires_after', 3600, 259_200) ?? 172_800,
		priority,
		callbackUrl: readCallbackUrl(body.callback_url),
		safetyIdentifier: readSafetyIdentifier(body.safety_identifier),
	};
}

function readFinal(
	body: Record<string, unknown>,
	content: Content,
	model: VideoModel,
	modelId: string,
): GenerationRequest {
	const refused = Object.keys(body).find((key) => !fieldsOfFinal.includes(key));
	if (refused !== undefined) throw invalid(refused, 'is not supported together with draft_task');
	if (!model.takesDrafts) throw invalid('content', `the model ${modelId} has no drafts`);
	const resolution = readResolution(body.resolution ?? '1080p', model, modelId);
	if (resolution !== '1080p') throw invalid('resolution', 'must be 1080p together with draft_task');
	return {
		...content,
		resolution,
		// What the draft had stands in its own request.
		ratio: 'adaptive',
		durationSeconds: -1,
		hasSound: true,
		isDraft: false,
		taskType: 'auto',
		...readCommon(body),
	};
}

/** Fields that only some models know. */
function refuseUnsupported(
	body: Record<string, unknown>,
	model: VideoModel,
	modelId: string,
	region: RegionId,
): void {
	const is25 = model.series === '2.5';
	const isKnown: Readonly<Record<string, boolean>> = {
		frames: model.takesFrames === true,
		seed: !is2x(model),
		camera_fixed: !is2x(model),
		generate_audio: model.hasSound === true,
		output_format: is25,
		draft: model.takesDrafts === true,
		omni_reference_task_type: is25,
		priority: is2x(model),
		// China: 2.0 only. The international document has it in its OpenAPI part alone.
		tools: region === 'china' ? model.series === '2.0' : is2x(model),
	};
	for (const [field, known] of Object.entries(isKnown)) {
		if (body[field] !== undefined && !known) throw unsupported(field, modelId);
	}
	if (body.service_tier !== 'flex') return;
	if (is2x(model)) throw unsupported('service_tier', modelId);
	if (body.priority !== undefined) throw invalid('priority', 'is not supported together with service_tier flex');
}

/** Upper case is accepted too. */
function readResolution(value: unknown, model: VideoModel, modelId: string): Resolution {
	const text = typeof value === 'string' ? value.toLowerCase() : value;
	const resolution = readOption(text, 'resolution', resolutions) ?? model.defaultResolution;
	if (model.resolutions.includes(resolution)) return resolution;
	throw invalid('resolution', `the resolution ${resolution} is not supported by the model ${modelId}`);
}

function readDuration(value: unknown, { seconds: [min, max], choosesDuration, defaultSeconds }: VideoModel): number {
	if (value === -1 && choosesDuration) return -1;
	return readInteger(value, 'duration', min, max) ?? defaultSeconds;
}

/** 29 to 289, of the form 25 + 4n. */
function readFrames(value: unknown): number | undefined {
	const frames = readInteger(value, 'frames', 29, 289);
	if (frames !== undefined && (frames - 25) % 4 !== 0) throw invalid('frames', 'must be of the form 25 + 4n');
	return frames;
}

function readCallbackUrl(value: unknown): string | undefined {
	if (value === undefined) return undefined;
	if (typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)) return value;
	throw invalid('callback_url', 'is not a URL');
}

function readSafetyIdentifier(value: unknown): string | undefined {
	if (value === undefined) return undefined;
	if (typeof value === 'string' && value.length <= maxSafetyIdentifierLength) return value;
	throw invalid('safety_identifier', `must be a string of at most ${maxSafetyIdentifierLength} characters`);
}

function readTools(value: unknown): object[] | undefined {
	if (value === undefined) return undefined;
	if (!Array.isArray(value)) throw invalid('tools', 'must be an array');
	return value.map((tool: unknown, index) => {
		if (!isObject(tool)) throw invalid(`tools[${index}]`, 'must be an object');
		refuseUnknownKeys(tool, ['type'], `tools[${index}]`);
		if (tool.type !== 'web_search') throw invalid(`tools[${index}].type`, 'must be web_search');
		return tool;
	});
}

const flagFields: Readonly<Record<string, string>> = {
	rs: 'resolution',
	resolution: 'resolution',
	rt: 'ratio',
	ratio: 'ratio',
	dur: 'duration',
	duration: 'duration',
	seed: 'seed',
	wm: 'watermark',
	watermark: 'watermark',
};

/** Flags of old at the end of a prompt, such as `--dur 5`: still read, and passed over when they make no sense. */
function readPromptFlags(prompt: string, model: VideoModel): { prompt: string; fields: Record<string, unknown> } {
	const end = /(?:\s+--[a-z_]+\s+\S+)+\s*$/.exec(prompt);
	if (!end) return { prompt, fields: {} };
	const found: Record<string, unknown> = {};
	for (const [, flag = '', value = ''] of end[0].matchAll(/--([a-z_]+)\s+(\S+)/g)) {
		const field = flagFields[flag];
		const meant = /^-?\d+$/.test(value) ? Number(value) : value === 'true' || (value === 'false' ? false : value);
		if (field !== undefined && isSensible(field, meant, model)) found[field] = meant;
	}
	return { prompt: prompt.slice(0, end.index), fields: found };
}

function isSensible(field: string, value: unknown, { seconds: [min, max], resolutions: known, series }: VideoModel): boolean {
	switch (field) {
		case 'duration':
			return typeof value === 'number' && value >= min && value <= max;
		case 'resolution':
			return known.some((resolution) => resolution === value);
		case 'ratio':
			return ratios.some((ratio) => ratio === value);
		case 'seed':
			return typeof value === 'number' && value >= -1 && value <= maxSeed && series.startsWith('1');
		default:
			return typeof value === 'boolean';
	}
}

const verbs = {
	edit: /\b(edit|add|remove|replace|delete|change|swap|erase|turn)\w*\b|编辑|增加|添加|删除|去除|移除|替换|修改|改成|换成/i,
	extend: /\b(extend|continue|prolong|lengthen)\w*\b|延长|延展|续写|继续/i,
} as const;

/**
 * What 2.5 takes a request for, and what that rules out. With an explicit type it is refused at once; otherwise the task is
 * made, and fails.
 */
function checkTaskType(request: GenerationRequest, given: Record<string, unknown>): GenerationRequest {
	const { taskType, mode, prompt, references } = request;
	const hasVideo = references.some(({ mediaType }) => mediaType === 'video');
	const isExplicit = taskType === 'edit' || taskType === 'extend';
	if (taskType !== 'auto' && mode !== 'reference') {
		throw mismatch(`the task type ${taskType} needs reference media content`);
	}
	if (isExplicit && !hasVideo) throw mismatch(`the task type ${taskType} needs a reference video`);
	if (isExplicit && !verbs[taskType].test(prompt)) {
		throw mismatch(`the text does not ask to ${taskType} the video`);
	}
	const recognised = isExplicit ? taskType : recognise(request, hasVideo);
	const { ratio } = request;
	const problems = [
		...(recognised !== undefined && ratio !== 'adaptive'
			? [`the parameter ratio must be adaptive for ${recognised}`]
			: []),
		...(recognised === 'edit' && given.duration !== undefined && given.duration !== -1
			? ['the parameter duration must be -1 for edit']
			: []),
	];
	const [problem] = problems;
	if (problem === undefined) return request;
	const code = 'InvalidParameter.TaskTypeConstraint';
	const message = `The request failed because ${problem}.`;
	if (isExplicit) throw dataError(400, code, message, 'omni_reference_task_type');
	return { ...request, lateProblem: { code, message } };
}

function recognise({ mode, taskType, prompt }: GenerationRequest, hasVideo: boolean): string | undefined {
	if (mode === 'firstFrame') return 'a first frame';
	if (mode === 'firstAndLastFrame') return 'a first and a last frame';
	if (taskType === 'reference' || !hasVideo) return undefined;
	if (verbs.extend.test(prompt)) return 'extend';
	return verbs.edit.test(prompt) ? 'edit' : undefined;
}

function mismatch(reason: string) {
	return invalid('omni_reference_task_type', reason, 'InvalidParameter.TaskTypeMismatch');
}
