import type { Ratio } from '../gateway/generationRequest';
import type { MediaType } from '../media';
import { validationError } from './errors';
import { Fields, Issues } from './fields';

/**
 * The rules of the official openapi document, schema `GenerateVideoRequest`, and the defaults of the
 * pages "Seedance 2.0" and "Seedance 2.0 Fast".
 */

const resolutions = ['480p', '720p', '1080p', '4k'] as const;
export type Resolution = (typeof resolutions)[number];

/** The Seedance 2 models, whose fields differ in the resolutions alone. */
export const models = {
	'seedance-2': { label: 'Seedance 2.0', resolutions },
	'seedance-2-fast': { label: 'Seedance 2.0 Fast', resolutions: ['480p', '720p'] },
	'seedance-2-mini': { label: 'Seedance 2.0 Mini', resolutions: ['480p', '720p'] },
	'seedance-2.5': { label: 'Seedance 2.5', resolutions },
} as const satisfies Record<string, { label: string; resolutions: readonly Resolution[] }>;

export type ModelId = keyof typeof models;

export interface Reference {
	mediaType: MediaType;
	url: string;
	/** Where it stands in the request. */
	path: string;
	isFrame: boolean;
}

export interface GenerationRequest {
	model: ModelId;
	prompt: string;
	references: Reference[];
	resolution: Resolution;
	ratio: Ratio | 'adaptive';
	durationSeconds: number;
	hasSound: boolean;
	returnsLastFrame: boolean;
	webhook?: { url: string; events: WebhookEventName[] };
}

const topLevelFields = ['model', 'prompt', 'seedanceParams', 'webhookUrl', 'webhookEvents'];
const parameters = [
	'aspect_ratio',
	'camera_fixed',
	'duration',
	'end_image',
	'generate_audio',
	'reference_audio_urls',
	'reference_image_urls',
	'reference_video_urls',
	'resolution',
	'return_last_frame',
	'seed',
	'start_image',
	'web_search',
];
const ratios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16', 'adaptive'] as const;
const webhookEvents = ['progress', 'completed', 'failed'] as const;
export type WebhookEventName = (typeof webhookEvents)[number];
/** Those that the page "Webhooks" asks for; what is told without asking is not documented. */
const defaultWebhookEvents: WebhookEventName[] = ['completed', 'failed'];

/** The schema says URI; the pages name these, and no data URI. */
const mediaUrl = /^(https?:\/\/|asset:\/\/.)/i;
export const publicUrl = /^https?:\/\//i;

/** @throws Refusal with every rule that the request breaks. */
export function readGenerationRequest(body: Record<string, unknown>): GenerationRequest {
	const { model } = body;
	// The model decides which schema holds, so without it nothing else is checked.
	if (!isModelId(model)) throw validationError({ model: ['Invalid input'] });
	const issues = new Issues();
	const fields = new Fields(body, issues);
	fields.refuseOthers(topLevelFields);
	const prompt = fields.text('prompt', { min: 1, max: 4000 });
	const webhookUrl = fields.url('webhookUrl', publicUrl);
	const asked = fields.options('webhookEvents', webhookEvents);
	const events = asked.length > 0 ? asked : defaultWebhookEvents;

	const params = fields.object('seedanceParams');
	params.refuseOthers(parameters);
	const frame = (name: string): Reference[] => {
		const url = params.url(name, mediaUrl);
		return url === undefined
			? []
			: [{ mediaType: 'image', url, path: params.pathOf(name), isFrame: true }];
	};
	const references = (mediaType: MediaType, maxCount: number): Reference[] => {
		const given = params.urls(`reference_${mediaType}_urls`, mediaUrl, maxCount);
		return given.map(({ url, path }) => ({ mediaType, url, path, isFrame: false }));
	};
	params.flag('camera_fixed');
	params.flag('web_search');
	params.integer('seed');
	const request: GenerationRequest = {
		model,
		prompt,
		references: [
			...frame('start_image'),
			...frame('end_image'),
			...references('image', 9),
			...references('video', 3),
			...references('audio', 3),
		],
		resolution: params.option('resolution', models[model].resolutions) ?? '720p',
		ratio: params.option('aspect_ratio', ratios) ?? '16:9',
		durationSeconds: params.integer('duration', { min: 4, max: 15 }) ?? 8,
		hasSound: params.flag('generate_audio') ?? true,
		returnsLastFrame: params.flag('return_last_frame') ?? false,
		...(webhookUrl !== undefined && { webhook: { url: webhookUrl, events } }),
	};
	issues.refuse();
	return request;
}

function isModelId(id: unknown): id is ModelId {
	return typeof id === 'string' && Object.hasOwn(models, id);
}

/**
 * What the schema lets through and the model cannot do: frames and references exclude each other with Seedance 2.5, says the
 * README of the official SDK, a last frame needs a first one, and a sound needs something to see.
 */
export function findContradiction({ model, references }: GenerationRequest): string | undefined {
	const frames = references.filter(({ isFrame }) => isFrame);
	if (model === 'seedance-2.5' && frames.length > 0 && frames.length < references.length) {
		return 'first/last frame content cannot be mixed with reference media content';
	}
	if (frames.length === 1 && frames[0]?.path.endsWith('end_image')) {
		return 'last frame content needs first frame content';
	}
	if (references.length > 0 && references.every(({ mediaType }) => mediaType === 'audio')) {
		return 'audio needs at least one image or video beside it';
	}
	return undefined;
}
