import { ratios, type Ratio, type Resolution } from '../gateway/generationRequest';
import { isObject } from '../json';
import type { MediaType } from '../media';
import { refuseTask, refuseUnknownKeys } from './errors';
import { isPublicUrl } from './files';

/**
 * The rules of a task: those of the document "Private Asset Library", and those that clients and
 * the vendor's model pages give for the rest (see docs/providers.md).
 */

interface Model {
	/** For a second of video. */
	points: Partial<Record<Resolution, number>>;
	/** For a second of the less-restriction twin, on the price pages. */
	surchargedPoints: Partial<Record<Resolution, number>>;
	defaultResolution: Resolution;
	maxSeconds: number;
	/** A draft in 480p becomes a video in 1080p. */
	hasDrafts?: true;
}

const models: Record<string, Model> = {
	'seedance-2': {
		points: { '480p': 1_000_000, '720p': 2_000_000, '1080p': 5_000_000 },
		surchargedPoints: { '480p': 1_100_000, '720p': 2_200_000, '1080p': 5_500_000 },
		defaultResolution: '480p',
		maxSeconds: 15,
	},
	'seedance-2-fast': {
		points: { '480p': 480_000, '720p': 960_000 },
		surchargedPoints: { '480p': 530_000, '720p': 1_060_000 },
		defaultResolution: '480p',
		maxSeconds: 15,
	},
	'seedance-2-mini': {
		points: { '480p': 420_000, '720p': 840_000 },
		surchargedPoints: { '480p': 460_000, '720p': 920_000 },
		defaultResolution: '480p',
		maxSeconds: 15,
	},
	'seedance-2.5': {
		points: { '480p': 1_500_000, '720p': 3_500_000, '1080p': 8_000_000 },
		surchargedPoints: { '480p': 1_650_000, '720p': 3_850_000, '1080p': 8_800_000 },
		defaultResolution: '720p',
		maxSeconds: 30,
		hasDrafts: true,
	},
};

const modes = ['text_to_video', 'first_last_frames', 'omni_reference'] as const;
type Mode = (typeof modes)[number];

export interface Reference {
	mediaType: MediaType;
	url: string;
}

export interface TaskRequest {
	taskType: string;
	/** As it was sent, with the mode and the prompt in the canonical form. */
	input: Record<string, unknown>;
	config: Record<string, unknown>;
	webhook?: { url: string; secret: string };
	prompt: string;
	mode: Mode;
	references: Reference[];
	resolution: Resolution;
	ratio: Ratio | 'auto';
	durationSeconds: number;
	hasSound: boolean;
	pointsPerSecond: number;
	/** Of a less-restriction type on the price pages; the same for any other. */
	surchargedPointsPerSecond: number;
	/** What the service writes into its log about the request. */
	logs: string[];
	isDraft: boolean;
}

/** Makes a finished draft into a video in full quality. */
export interface FinalRequest {
	taskType: string;
	draftTaskId: string;
	/** As it was sent. */
	input: Record<string, unknown>;
	config: Record<string, unknown>;
	webhook?: { url: string; secret: string };
	resolution: Resolution;
	pointsPerSecond: number;
	surchargedPointsPerSecond: number;
}

const maxPromptLength = 4000;
const maxReferences = 12;
const lists = [
	{ name: 'image_urls', mediaType: 'image', max: 9 },
	{ name: 'video_urls', mediaType: 'video', max: 3 },
	{ name: 'audio_urls', mediaType: 'audio', max: 3 },
] as const;
const inputFields = [
	'prompt',
	'mode',
	...lists.map(({ name }) => name),
	'duration',
	'resolution',
	'aspect_ratio',
	'audio',
	'auto_upload_assets',
	'asset_retention_hours',
	'draft',
	'draft_task_id',
];
/** No document tells what a draft may have beside it; what it was made from is its own. */
const finalFields = ['draft_task_id', 'resolution'];

function invalid(reason: string) {
	return refuseTask(400, `invalid request: ${reason}`);
}

export const taskFields = ['model', 'task_type', 'input', 'config'];

/** @returns the request for a video of a draft, undefined for any other request. @throws Refusal */
export function readFinalRequest(body: Record<string, unknown>): FinalRequest | undefined {
	const { input } = body;
	if (!isObject(input) || input.draft_task_id === undefined) return undefined;
	const { taskType, model, isLessRestricted } = readTaskType(body.task_type);
	const { draft_task_id: draftTaskId } = input;
	if (!model.hasDrafts) throw invalid("'draft_task_id' requires a seedance-2.5 task type");
	if (typeof draftTaskId !== 'string' || draftTaskId === '') throw invalid("'draft_task_id' must be a string");
	refuseUnknownKeys(input, finalFields, 'input.');
	if (input.resolution !== undefined && input.resolution !== '1080p') throw invalid("'resolution' must be 1080p beside 'draft_task_id'");
	const { resolution, pointsPerSecond } = readResolution('1080p', model);
	const surcharged = isLessRestricted ? model.surchargedPoints[resolution] : undefined;
	const surchargedPointsPerSecond = surcharged ?? pointsPerSecond;
	return { taskType, draftTaskId, input, ...readConfig(body.config), resolution, pointsPerSecond, surchargedPointsPerSecond };
}

/** @throws Refusal for the first rule that the request breaks. */
export function readTaskRequest(body: Record<string, unknown>): TaskRequest {
	if (body.model !== 'seedance') throw invalid("'model' must be seedance");
	const { taskType, model, isLessRestricted } = readTaskType(body.task_type);
	const { input } = body;
	if (!isObject(input)) throw invalid("'input' is required");
	refuseUnknownKeys(input, inputFields, 'input.');
	const { prompt } = input;
	if (typeof prompt !== 'string' || prompt === '') throw invalid("'prompt' is required");
	if (prompt.length > maxPromptLength) throw invalid(`'prompt' exceeds ${maxPromptLength} characters`);

	const references = readReferences(input);
	if (!isLessRestricted && references.some(({ url }) => url.startsWith('asset://'))) {
		const message = 'asset:// references are only allowed on -less-restriction task types';
		throw refuseTask(422, message);
	}
	checkAutoUpload(input, isLessRestricted);
	const mode = readMode(input.mode, references);
	const isDraft = readDraft(input, model);
	const { resolution, pointsPerSecond } = readResolution(isDraft ? '480p' : input.resolution, model);
	const surcharged = isLessRestricted ? model.surchargedPoints[resolution] : undefined;
	const durationSeconds = input.duration ?? 5;
	if (!isIntegerBetween(durationSeconds, 4, model.maxSeconds)) {
		throw invalid(`'duration' must be an integer between 4 and ${model.maxSeconds}`);
	}
	const hasSound = input.audio ?? true;
	if (typeof hasSound !== 'boolean') throw invalid("'audio' must be a boolean");
	const canonicalPrompt = useCanonicalNotation(prompt);
	return {
		taskType,
		input: { ...input, prompt: canonicalPrompt, mode },
		...readConfig(body.config),
		prompt: canonicalPrompt,
		mode,
		references,
		resolution,
		ratio: readRatio(input.aspect_ratio, mode),
		durationSeconds,
		hasSound,
		pointsPerSecond,
		surchargedPointsPerSecond: surcharged ?? pointsPerSecond,
		logs: [
			...(input.mode === undefined ? [`mode auto-detected: ${mode}`] : []),
			`audio: enabled=${hasSound}`,
		],
		isDraft,
	};
}

function readDraft({ draft = false, resolution }: Record<string, unknown>, { hasDrafts }: Model): boolean {
	if (typeof draft !== 'boolean') throw invalid("'draft' must be a boolean");
	if (draft && !hasDrafts) throw invalid("'draft' requires a seedance-2.5 task type");
	if (draft && resolution !== undefined && resolution !== '480p') throw invalid("'resolution' of a draft must be 480p");
	return draft;
}

function readTaskType(taskType: unknown) {
	if (typeof taskType === 'string') {
		const base = taskType.replace(/-less-restriction$/, '');
		const model = Object.entries(models).find(([name]) => name === base)?.[1];
		if (model) return { taskType, model, isLessRestricted: base !== taskType };
	}
	throw invalid(`unknown 'task_type' ${String(taskType)}`);
}

function readReferences(input: Record<string, unknown>): Reference[] {
	const references = lists.flatMap(({ name, mediaType, max }) => {
		const list = input[name];
		if (list === undefined) return [];
		if (!Array.isArray(list)) throw invalid(`'${name}' must be an array`);
		if (list.length > max) throw invalid(`'${name}' exceeds the maximum of ${max}`);
		return list.map((url: unknown, index) => {
			if (typeof url === 'string' && (/^asset:\/\/./.test(url) || isPublicUrl(url))) {
				return { mediaType, url };
			}
			const reason = `'${name}[${index}]' must be a public URL or asset://<asset_id>`;
			throw refuseTask(400, `InvalidParameter.URL: ${reason}`);
		});
	});
	if (references.length > maxReferences) {
		throw invalid(`at most ${maxReferences} references in total`);
	}
	return references;
}

/** Frames are one or two pictures and nothing else; sounds need a picture or a video beside them. */
function readMode(mode: unknown, references: Reference[]): Mode {
	const isImagesOnly = references.every(({ mediaType }) => mediaType === 'image');
	const canBeFrames = isImagesOnly && references.length >= 1 && references.length <= 2;
	if (mode === undefined) {
		if (references.length === 0) return 'text_to_video';
		if (canBeFrames) return 'first_last_frames';
	}
	const wanted = mode === undefined ? 'omni_reference' : modes.find((candidate) => candidate === mode);
	switch (wanted) {
		case undefined:
			throw invalid(`'mode' must be one of ${modes.join(', ')}`);
		case 'text_to_video':
			if (references.length > 0) throw invalid('text_to_video accepts no references');
			break;
		case 'first_last_frames':
			if (!canBeFrames) throw invalid('first_last_frames requires 1 or 2 images and nothing else');
			break;
		case 'omni_reference':
			if (references.length === 0) throw invalid('omni_reference requires references');
			if (references.every(({ mediaType }) => mediaType === 'audio')) {
				throw invalid("'audio_urls' requires at least one image or video");
			}
	}
	return wanted;
}

function readResolution(value: unknown, model: Model) {
	const wanted = value ?? model.defaultResolution;
	const resolutions: Resolution[] = ['480p', '720p', '1080p'];
	const resolution = resolutions.find((candidate) => candidate === wanted);
	const pointsPerSecond = resolution && model.points[resolution];
	if (resolution === undefined || pointsPerSecond === undefined) {
		const allowed = Object.keys(model.points).join(', ');
		throw invalid(`'resolution' must be one of ${allowed} for this task type`);
	}
	return { resolution, pointsPerSecond };
}

/** `auto` follows the first frame. */
function readRatio(value: unknown, mode: Mode): Ratio | 'auto' {
	const hasFrames = mode === 'first_last_frames';
	if (value === undefined) return hasFrames ? 'auto' : '16:9';
	if (value === 'auto' && hasFrames) return 'auto';
	if (value === 'auto') throw invalid("'aspect_ratio' auto is only for first_last_frames");
	const ratio = ratios.find((candidate) => candidate === value);
	if (ratio === undefined) throw invalid(`'aspect_ratio' must be one of ${ratios.join(', ')}, auto`);
	return ratio;
}

function checkAutoUpload(input: Record<string, unknown>, isLessRestricted: boolean): void {
	const { auto_upload_assets: isWanted = false, asset_retention_hours: hours } = input;
	if (typeof isWanted !== 'boolean') throw invalid("'auto_upload_assets' must be a boolean");
	if (hours !== undefined && !isIntegerBetween(hours, 3, 8)) {
		throw invalid("'asset_retention_hours' must be an integer between 3 and 8");
	}
	if ((isWanted || hours !== undefined) && !isLessRestricted) {
		throw invalid("'auto_upload_assets' requires a -less-restriction task type");
	}
}

function readConfig(config: unknown): Pick<TaskRequest, 'config' | 'webhook'> {
	if (config === undefined) return { config: {} };
	if (!isObject(config)) throw invalid("'config' must be an object");
	refuseUnknownKeys(config, ['service_mode', 'webhook_config'], 'config.');
	const { service_mode: serviceMode = 'public', webhook_config: webhook } = config;
	if (serviceMode !== 'public' && serviceMode !== 'private') {
		throw invalid("'config.service_mode' must be public or private");
	}
	if (webhook === undefined) return { config };
	if (!isObject(webhook)) throw invalid("'config.webhook_config' must be an object");
	refuseUnknownKeys(webhook, ['endpoint', 'secret'], 'config.webhook_config.');
	const { endpoint, secret = '' } = webhook;
	if (typeof endpoint !== 'string' || !isPublicUrl(endpoint)) {
		throw invalid("'config.webhook_config.endpoint' must be a URL");
	}
	if (typeof secret !== 'string') throw invalid("'config.webhook_config.secret' must be a string");
	return { config, webhook: { url: endpoint, secret } };
}

/** `@image1` becomes `Image 1`. Numbers beyond the lists are left alone: the model ignores them. */
function useCanonicalNotation(prompt: string): string {
	return prompt.replace(/@(image|video|audio)(\d+)/g, (_, type: string, number: string) => {
		return `${type.charAt(0).toUpperCase()}${type.slice(1)} ${number}`;
	});
}

function isIntegerBetween(value: unknown, min: number, max: number): value is number {
	return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}
