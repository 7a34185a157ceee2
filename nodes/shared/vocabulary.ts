import type { VideoSettings } from './videoSettings';

/** The words of this package: every provider's answers are translated into these types. */

export const mediaTypes = ['image', 'video', 'audio'] as const;
export type MediaType = (typeof mediaTypes)[number];

/** @returns e.g. "an image" */
export const withArticle = (mediaType: MediaType) => (mediaType === 'video' ? 'a video' : mediaType === 'image' ? 'an image' : 'audio');

/** @returns e.g. "no images", "1 video", "2 audio files" */
export function countOf(count: number, mediaType: MediaType): string {
	const noun = mediaType === 'audio' ? 'audio file' : mediaType;
	return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `firstFrame` and `lastFrame` pin a picture to the timeline; `reference` guides look, motion or sound. */
export type ReferenceRole = 'firstFrame' | 'lastFrame' | 'reference';

/** A file that can be read from its start any number of times. */
export interface FileSource {
	/** Its extension tells the provider the format. */
	fileName: string;
	/** What the user knows it by, if that is another name. */
	givenName?: string;
	mimeType: string;
	sizeBytes: number;
	open(): AsyncGenerator<Uint8Array, void>;
}

/** What a person gives, told apart once, where its field is read. */
export type Medium =
	/** Public, or at a private address that the provider can reach. */
	| { kind: 'url'; url: string }
	| { kind: 'asset'; assetId: string }
	/** A file as text, in full and with its MIME type. */
	| { kind: 'dataUri'; dataUri: string; file: FileSource }
	| { kind: 'file'; file: FileSource }
	/** A text that is none of these. */
	| { kind: 'unknown'; text: string };

/** What an asset can be made of. */
export type AssetMedium = Exclude<Medium, { kind: 'asset' | 'unknown' }>;

/**
 * How a medium gets into a generation: as it was given, which puts a file inside the request; or by a URL of the provider's
 * short-lived storage or of this n8n; or as an asset that is made of it.
 */
export type ReferenceWay = 'asGiven' | 'upload' | 'signedLink' | 'newAsset';

/** A medium that a generation cites. */
export interface MediaReference {
	mediaType: MediaType;
	role: ReferenceRole;
	medium: Medium;
	by: ReferenceWay;
}

/** In the order in which the editor shows them. */
export const generationModes = [
	'textToVideo',
	'firstFrame',
	'firstAndLastFrame',
	'multimodalReference',
	'videoEditing',
	'videoExtension',
] as const;
export type GenerationMode = (typeof generationModes)[number];

/** What the user asks for. A setting that is absent is not sent, so the provider's own default holds. */
export interface VideoTaskInput {
	model: string;
	mode: GenerationMode;
	prompt: string;
	references: readonly MediaReference[];
	settings: VideoSettings;
	webhook?: Webhook;
	/** The draft that becomes a video in full quality. Its prompt, references, length and ratio are taken over, so that there are none here. */
	draftTaskId?: string;
}

/** Whether a video is changed, and so keeps its length, rather than a new one made. */
export const isEditing = ({ mode, settings }: Pick<VideoTaskInput, 'mode' | 'settings'>) =>
	mode === 'videoEditing' || settings.taskIntent === 'edit';

/** Whom the provider tells when a task has ended. */
export interface Webhook {
	url: string;
	secret?: string;
}

/** What the editor calls these fields; messages use the same words. */
export const webhookLabels: Readonly<Record<keyof Webhook, string>> = {
	url: 'Webhook URL',
	secret: 'Webhook Secret',
};

export const mediaLabels: Readonly<Record<MediaType, string>> = {
	image: 'Images',
	video: 'Videos',
	audio: 'Audio',
};

export const modeLabels: Readonly<Record<GenerationMode, string>> = {
	textToVideo: 'Text to Video',
	firstFrame: 'Image to Video (First Frame)',
	firstAndLastFrame: 'Image to Video (First and Last Frame)',
	multimodalReference: 'References to Video',
	videoEditing: 'Edit Video',
	videoExtension: 'Extend Video',
};

/** Every other status a provider knows is mapped to one of these; an unknown one counts as running. */
export const taskStatuses = [
	'queued',
	'running',
	'succeeded',
	'failed',
	'cancelled',
	'expired',
] as const;
export type TaskStatus = (typeof taskStatuses)[number];

/** Why something did not work, for expressions and IF nodes to branch on. */
export type FailureReason =
	| 'input'
	| 'authentication'
	| 'permission'
	| 'quota'
	| 'budget'
	| 'rateLimit'
	| 'notFound'
	| 'moderation'
	| 'provider'
	| 'network'
	| 'unexpectedAnswer'
	| 'unsure'
	| 'timeout'
	| 'cancelled'
	| 'expired'
	| 'download'
	| 'unknown';

export interface Failure {
	reason: FailureReason;
	/** The provider's own words. */
	message: string;
	code?: string;
}

/** A generation that a provider has accepted. Times are in milliseconds since the epoch. */
export interface VideoTask {
	id: string;
	status: TaskStatus;
	model?: string;
	/** As the provider repeats it, which can differ from what was sent: PiAPI writes references its own way. */
	prompt?: string;
	videoUrl?: string;
	lastFrameUrl?: string;
	progressPercent?: number;
	failure?: Failure;
	/** Of a task that is said to run, although its answer shows that it has failed; see `endOfTask`. */
	likelyFailure?: Failure;
	usage?: Readonly<Record<string, unknown>>;
	/** What the provider has charged. */
	cost?: { amount: number; unit: string };
	/** A draft that can be finalized; undefined if the answer does not tell. */
	isDraft?: boolean;
	/** Whether it was made from videos too, which may be billed; undefined if the answer does not tell. */
	citesVideos?: boolean;
	resolution?: string;
	ratio?: string;
	durationSeconds?: number;
	seed?: number;
	createdAtMs?: number;
	startedAtMs?: number;
	finishedAtMs?: number;
	/** When the links stop working, if the provider counts from another moment than the check of the task. */
	linksExpireAtMs?: number;
	/** The provider's answer as it came. */
	raw: unknown;
}

export const assetStatuses = ['processing', 'active', 'failed'] as const;
export type AssetStatus = (typeof assetStatuses)[number];

/** A file kept by a provider for later generations. */
export interface Asset {
	id: string;
	status?: AssetStatus;
	mediaType?: MediaType;
	name?: string;
	groupId?: string;
	url?: string;
	failure?: Failure;
	createdAt?: string;
	updatedAt?: string;
	lastUsedAt?: string;
	/** When the provider deletes the asset unless it is used before. */
	expiresAt?: string;
	raw: unknown;
}

/** How many assets the account has and may have. */
export interface AssetQuota {
	used?: number;
	limit?: number;
	/** An asset that is not used for this long is deleted. */
	idleDays?: number;
}

export interface AssetGroup {
	id: string;
	/** The name the user gave, without the provider's isolation prefix. */
	name?: string;
	/** The name as the provider stores it. */
	storedName?: string;
	groupType?: string;
	createdAt?: string;
	updatedAt?: string;
	raw: unknown;
}

/** @returns the file that is at hand, undefined for what is only an address */
export const fileOf = (medium: Medium): FileSource | undefined => ('file' in medium ? medium.file : undefined);

/** What a generation cites an asset by. */
export const assetUri = (assetId: string) => `asset://${assetId}`;

/** @returns the asset ID inside an asset URI, or undefined for any other text */
export function assetIdOf(url: string): string | undefined {
	return /^asset:\/\/(.+)$/i.exec(url.trim())?.[1];
}

/** How long a generation takes. Source: AnyFast document "Seedance 2.0"; the others name no time. */
export const usualDuration = '1 to 5 minutes';

/** A settled task will not change any more. */
export const isSettledStatus = (status: TaskStatus) => status !== 'queued' && status !== 'running';

/**
 * Whether a text can be the ID of something at a provider. No document says what IDs are made of; this is what
 * they cannot be made of, because it would make another address of the one that the ID is put into.
 */
export const isId = (text: string) =>
	text.length <= maxIdLength && text !== '.' && text !== '..' && /^[^\s\p{C}/\\?#%]+$/u.test(text);

const maxIdLength = 300;
