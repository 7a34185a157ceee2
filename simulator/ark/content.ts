import { isObject } from '../json';
import { decodeDataUri, type MediaType } from '../media';
import { invalid, missing } from './errors';
import { refuseUnknownKeys } from './fields';
import { is2x, type VideoModel } from './models';

/** Section "content" of the page "Create a video generation task". */

export type Mode = 'textToVideo' | 'firstFrame' | 'firstAndLastFrame' | 'reference';

export interface Reference {
	mediaType: MediaType;
	url: string;
	role?: string;
	/** The item that messages name, such as `content[1].image_url`. */
	item: string;
	/** Where its address stands. */
	param: string;
}

export interface Content {
	mode: Mode;
	prompt: string;
	references: Reference[];
	draftTaskId?: string;
}

const mediaTypes = { image_url: 'image', video_url: 'video', audio_url: 'audio' } as const;
const roles: Record<MediaType, readonly string[]> = {
	image: ['first_frame', 'last_frame', 'reference_image'],
	video: ['reference_video'],
	audio: ['reference_audio'],
};

/** @throws Refusal for the first rule that the content breaks. */
export function readContent(value: unknown, model: VideoModel, modelId: string): Content {
	if (value === undefined) throw missing('content');
	if (!Array.isArray(value) || value.length === 0) throw invalid('content', 'must be a non-empty array');
	const texts: string[] = [];
	const references: Reference[] = [];
	const draftTaskIds: string[] = [];
	value.forEach((item: unknown, index) => {
		const param = `content[${index}]`;
		if (!isObject(item)) throw invalid(param, 'must be an object');
		if (item.type === 'text') texts.push(readText(item, param));
		else if (item.type === 'draft_task') draftTaskIds.push(readDraftTask(item, param));
		else references.push(readMedium(item, param));
	});
	const [draftTaskId] = draftTaskIds;
	if (draftTaskId !== undefined) {
		if (value.length > 1) throw invalid('content', 'a draft task excludes texts and media');
		return { mode: 'textToVideo', prompt: '', references, draftTaskId };
	}
	if (texts.length > 1) throw invalid('content', `expected at most one text content but got ${texts.length} instead`);
	const mode = readMode(references, model, modelId);
	if (mode === 'textToVideo' && texts.length === 0) throw missing('content.text');
	return { mode, prompt: texts[0] ?? '', references };
}

function readText(item: Record<string, unknown>, param: string): string {
	refuseUnknownKeys(item, ['type', 'text'], param);
	if (item.text === undefined || item.text === '') throw missing(`${param}.text`);
	if (typeof item.text !== 'string') throw invalid(`${param}.text`, 'must be a string');
	return item.text;
}

function readDraftTask(item: Record<string, unknown>, param: string): string {
	refuseUnknownKeys(item, ['type', 'draft_task'], param);
	const { draft_task: draft } = item;
	if (!isObject(draft)) throw missing(`${param}.draft_task`);
	refuseUnknownKeys(draft, ['id'], `${param}.draft_task`);
	if (typeof draft.id === 'string' && draft.id !== '') return draft.id;
	throw missing(`${param}.draft_task.id`);
}

function readMedium(item: Record<string, unknown>, param: string): Reference {
	const { type } = item;
	if (!isMediaKey(type)) {
		throw invalid(`${param}.type`, `must be one of text, ${Object.keys(mediaTypes).join(', ')}, draft_task`);
	}
	const mediaType = mediaTypes[type];
	refuseUnknownKeys(item, ['type', type, 'role'], param);
	const { role } = item;
	if (role !== undefined && (typeof role !== 'string' || !roles[mediaType].includes(role))) {
		if (mediaType === 'image') throw invalid(`${param}.role`, `must be one of ${roles.image.join(', ')}`);
		throw invalid(`${param}.role`, `reference media mode requires ${mediaType} role to be reference_${mediaType}`);
	}
	const holder = item[type];
	if (!isObject(holder)) throw invalid(`${param}.${type}`, 'must be an object');
	refuseUnknownKeys(holder, ['url'], `${param}.${type}`);
	return {
		mediaType,
		url: readUrl(holder.url, mediaType, `${param}.${type}.url`),
		...(role !== undefined && { role }),
		item: `${param}.${type}`,
		param: `${param}.${type}.url`,
	};
}

function isMediaKey(type: unknown): type is keyof typeof mediaTypes {
	return typeof type === 'string' && Object.hasOwn(mediaTypes, type);
}

/** A public address, `asset://`, or a data URI of an image or a sound. */
function readUrl(url: unknown, mediaType: MediaType, param: string): string {
	const code = mediaType === 'image' ? 'InvalidImageURL' : 'InvalidParameter';
	if (url === undefined || url === '') {
		throw mediaType === 'image' ? invalid(param, 'is empty', `${code}.EmptyURL`) : missing(param);
	}
	if (typeof url !== 'string') throw invalid(param, 'must be a string');
	if (/^asset:\/\/./.test(url)) return url;
	if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
	const format = mediaType === 'image' ? `${code}.InvalidFormat` : code;
	if (!url.startsWith('data:')) throw invalid(param, 'is not a URL of a supported form', format);
	if (mediaType === 'video') throw invalid(param, 'a video must be a URL or asset://<ID>');
	const start = url.slice(0, url.indexOf(',') + 1);
	const isLowerCase = start === start.toLowerCase();
	if (isLowerCase && start.startsWith(`data:${mediaType}/`) && decodeDataUri(url)) return url;
	throw invalid(param, `is not of the form data:${mediaType}/<lower-case subtype>;base64,<data>`, format);
}

/** Frames and references exclude each other. */
function readMode(references: readonly Reference[], model: VideoModel, modelId: string): Mode {
	const images = references.filter(({ mediaType }) => mediaType === 'image');
	if (references.length === 0) {
		if (model.firstFrame === 'required') throw missing('content.image_url');
		return 'textToVideo';
	}
	const [only] = references;
	const isBareImage = only?.mediaType === 'image' && only.role === undefined && references.length === 1;
	const roleless = references.find(({ role }) => role === undefined);
	if (roleless && !isBareImage) {
		const role = `${roleless.item.replace(/\.\w+$/, '')}.role`;
		throw invalid(role, `role must be specified for ${roleless.mediaType} contents`);
	}
	const isReference = references.some(({ role }) => role?.startsWith('reference_'));
	const framesOf = (role: string) => images.filter((image) => image.role === role).length;
	const [firsts, lasts] = [isBareImage ? 1 : framesOf('first_frame'), framesOf('last_frame')];
	if (isReference && firsts + lasts > 0) {
		throw invalid('content', 'first/last frame content cannot be mixed with reference media content');
	}
	if (isReference) {
		checkReferences(references, model, modelId);
		return 'reference';
	}
	for (const [name, count] of [['first', firsts], ['last', lasts]] as const) {
		if (count > 1) {
			throw invalid('content', `expected at most one ${name} frame image content but got ${count} instead`);
		}
	}
	if (lasts > firsts) throw invalid('content', 'a last frame image content needs a first frame image content');
	if (model.firstFrame === 'none') throw invalid('content', `the model ${modelId} takes no images`);
	if (lasts > 0 && !model.hasLastFrame) throw invalid('content', `the model ${modelId} takes no last frame`);
	return lasts > 0 ? 'firstAndLastFrame' : 'firstFrame';
}

function checkReferences(references: readonly Reference[], model: VideoModel, modelId: string): void {
	if (!is2x(model) || !model.references) {
		throw invalid('content', `the model ${modelId} does not support reference media content`);
	}
	for (const [mediaType, max] of Object.entries(model.references)) {
		const count = references.filter((reference) => reference.mediaType === mediaType).length;
		if (count > max) throw invalid('content', `expected at most ${max} ${mediaType} contents but got ${count} instead`);
	}
	if (!model.takesAudioAlone && references.every(({ mediaType }) => mediaType === 'audio')) {
		throw invalid('content', 'audio content needs at least one image or video content');
	}
}
