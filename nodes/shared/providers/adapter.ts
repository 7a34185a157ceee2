import { InputError, type InputProblem, isMissing, mustBe } from '../errors';
import type { Interval } from '../quantities';
import type {
	Asset,
	AssetGroup,
	AssetQuota,
	AssetStatus,
	Failure,
	FailureReason,
	FileSource,
	GenerationMode,
	MediaReference,
	MediaType,
	TaskStatus,
	VideoTask,
	VideoTaskInput,
	Webhook,
} from '../vocabulary';
import { cut } from '../text';
import { isEditing, isId } from '../vocabulary';
import { automaticDuration } from '../videoSettings';
import type { SettingName, VideoSettings, WholeNumbers } from '../videoSettings';
import type { Json } from './read';

/**
 * What a provider is: data and pure functions. An adapter says what to ask and how to read the
 * answer; it never asks. A capability exists when its member is present.
 */
export interface ProviderAdapter {
	/** Value of the Provider field in workflows. */
	id: string;
	displayName: string;
	credentialType: string;
	/** Where the service runs, by the value of the field Region of the credential, each with its own keys; the first is the default. */
	regions?: Readonly<Record<string, Region>>;
	/** An API of its own for assets, with keys of its own; requests to it have `host: 'assets'`. Absent: as everything else. */
	assetApi?: AssetApi;
	/** What the credential itself shows to be wrong, before anything is sent. @param credential as it was filled in */
	checkCredential?(credential: Readonly<Record<string, unknown>>): InputProblem[];
	/** The first one is the default of the Model field. */
	videoModels: readonly VideoModel[];
	video: VideoCapabilities;
	/** New assets and groups are billed too, not only generations. */
	billsAssets?: true;
	assetGroups?: {
		create: Endpoint<{ name: string }, Pick<AssetGroup, 'id'>>;
		list: ListEndpoint<AssetGroupQuery, AssetGroup>;
		update?: Endpoint<{ groupId: string; name: string }, void>;
		delete?: Endpoint<{ groupId: string }, void>;
	};
	assets: {
		create: Endpoint<NewAsset, Pick<Asset, 'id' | 'status' | 'expiresAt'>>;
		/** What a new asset can have besides its file. */
		newAssetFields: ReadonlyArray<'name' | 'groupId'>;
		/** How `create` takes the file; any other form has to go through `uploads`. */
		sources: ReadonlyArray<'url' | 'dataUri' | 'file'>;
		list?: ListEndpoint<AssetQuery, Asset>;
		/** What `list` can be asked for. */
		filters?: ReadonlyArray<keyof AssetQuery>;
		get?: Endpoint<{ assetId: string }, Asset>;
		update?: Endpoint<{ assetId: string; name?: string; groupId?: string }, void>;
		/** What `update` can change; absent: all that a new asset can have. */
		updatableFields?: ReadonlyArray<'name' | 'groupId'>;
		delete?: Endpoint<{ assetId: string }, void>;
	};
	/** What files may be, cited or made into assets; absent where no document says. */
	mediaLimits?: Readonly<Record<MediaType, MediaLimits>>;
	/** Short-lived storage of the provider, for files where only URLs are taken. */
	uploads?: Uploads;
	videoTasks: {
		create: Endpoint<NewVideoTask, Pick<VideoTask, 'id'>>;
		get: Endpoint<{ taskId: string }, VideoTask>;
		list?: ListEndpoint<VideoTaskQuery, VideoTask>;
		/**
		 * Takes a queued task out of the queue. Only for a task that was just read and is queued: what it does to any
		 * other task is the provider's affair, and may be to delete its result.
		 */
		cancel?: Endpoint<{ taskId: string }, void>;
		/** `list` has a task as soon as it was accepted, whatever its state; absent where no document says so. */
		listsOpenTasks?: true;
		/** By which the task of a request is recognized whose answer was lost. */
		echo?: RequestEcho;
		/** The state of several tasks in one request, for many that are waited for at the same time. */
		getMany?: VideoTaskBatch;
		/** Creating again with the same key within this time brings the same task and costs nothing. */
		idempotencyKeyLifetimeMs?: number;
		callback?: Callbacks;
	};
	/** How a draft becomes a video in full quality: `videoTasks.create` takes its ID as `draftTaskId`. */
	drafts?: Drafts;
	/** Rules for a generation that the tables of limits cannot hold. */
	checkVideoTask?(input: VideoTaskInput): InputProblem[];
	/** All models that the key may use. */
	models?: Endpoint<void, ListedModel[]>;
	/** The list of models has their prices of the moment. */
	listsPrices?: true;
	/** What the provider has published; absent where it has published nothing. */
	priceList?: PriceList;
	/** By resolution and ratio, where a video is billed by tokens; these follow from its size and length. */
	tokenPixels?: Readonly<Record<string, Readonly<Record<string, PixelSize>>>>;
	/** How many units of `VideoTask.cost` are worth a US dollar. */
	costUnitsPerUsd?: number;
	/** What is left in the account, always in the same currency or unit. */
	balance?: Endpoint<void, Balance> & Pick<Balance, 'currency'>;
	/**
	 * True for a body in which the provider itself says no, whatever its HTTP status. Such a 4xx tells that
	 * nothing was accepted; the page of a proxy may have come instead of the answer to a request that was.
	 */
	isRefusal(body: unknown): boolean;
	/** The provider's words for a refusal; must cope with any body, HTML included. */
	parseFailure(body: unknown): ProviderFailure;
	/** Reasons and next steps for its failures, in the order in which they are tried. */
	failureHints: readonly FailureHint[];
	/** Secrets that an answer tells, apart from those that it was asked with. */
	secretsIn?(body: unknown): string[];
}

/** A place where the service runs. */
export interface Region {
	/** As the menu of the credential names it. */
	displayName: string;
	/** Where the credential gives no Base URL. */
	baseUrl: string;
	/** Of `assetApi`, where the credential gives none. */
	assetBaseUrl?: string;
}

export interface AssetApi {
	/** The fields of the credential without which it cannot be asked, with their labels. */
	keys: Readonly<Record<string, string>>;
	/** What the credential adds to the body of every request. */
	commonBody?: (credential: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

/** What a task repeats of the request that has made it. */
export interface RequestEcho {
	/** @returns the body of a request, without what no task repeats, such as a secret */
	ofRequest(body: Json): Json;
	/** @returns the same of a task that was listed or read; what it does not repeat is absent */
	ofTask(task: VideoTask): Json;
}

/**
 * The provider calls an address of the user's when a task has ended. One whose calls could prove nothing, not even
 * by a secret in the address, has no such member: nobody could tell its calls from those of a stranger.
 */
export interface Callbacks {
	/** What a new task can be told of the address; a proof by secret needs `secret`. */
	fields: ReadonlyArray<keyof Webhook>;
	/** How a call shows that it comes from the provider. */
	proof: CallbackProof;
	/** The ID of the task that a call is about. */
	taskIdOf(body: unknown): string | undefined;
	/** Whether the call itself says that the task has not ended, where the provider reports that, too; it needs no check. */
	isOpen?(body: unknown): boolean;
}

export interface VideoTaskBatch {
	/** The answer may lack tasks, which are read alone then, and may have others. */
	endpoint: Endpoint<{ taskIds: readonly string[] }, VideoTask[]>;
	/** How many tasks one request may ask for. */
	maxTasks: number;
	/** How long an account has to pause between two requests. */
	minIntervalMs?: number;
	/** An entry has all that `get` tells; otherwise a task that has ended is read once more, by `get`. */
	isComplete?: true;
}

export type CallbackProof =
	/** A header with the secret of the webhook. */
	| { kind: 'secret'; header: string }
	/**
	 * The provider neither signs its calls nor sends a secret along, so the adapter writes the secret into the address
	 * that is called, as this parameter of its query.
	 */
	| { kind: 'query'; parameter: string }
	/** A header with the HMAC-SHA256 of the raw body, whose key is the SHA-256 of the API key. */
	| { kind: 'hmac'; header: string };

/** One call: a pure pair of what to send and how to read what comes back. */
export interface Endpoint<Input, Output> {
	request(input: Input): ProviderRequest;
	/** @throws UnexpectedAnswerError if the answer lacks what it must have */
	parse(body: unknown, input: Input): Output;
}

/** A list that is asked for page by page. */
export interface ListEndpoint<Query, Item> extends Endpoint<Query & PageQuery, Page<Item>> {
	/** Whether a filter is sent that the user has not set; see `withoutDefaultFilter`. */
	hasDefaultFilter?(query: Query): boolean;
}

export interface ProviderRequest {
	method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
	/** Begins with a slash; relative to the base URL of the credential. IDs are put in by `pathOf`. */
	path: string;
	/** The upload host of the credential, or the host of `assetApi`, instead of the base URL. */
	host?: 'uploads' | 'assets';
	/** A list is sent as one parameter for each value. */
	query?: Record<string, string | number | readonly string[]>;
	/** JSON, in which an `InlineFile` may stand for a text. */
	body?: Record<string, unknown> | MultipartBody;
	/** Sending it twice is harmless. False for everything that is paid or creates something. */
	repeatable: boolean;
	/** Not sent again even after a refusal: after a pause it could do something else than it was meant to. */
	isSentOnce?: true;
	/** Deletes something: when an answer was lost, a repeat that finds nothing tells that it worked. */
	isDeletion?: true;
	/** Makes a repeat bring the first result, even if the first answer was lost. */
	idempotencyKey?: string;
	/** How long the answer may take, where the provider holds the connection for longer than is usual. */
	timeoutMs?: number;
}

export interface MultipartBody {
	fields: Record<string, string>;
	file: { fieldName: string; source: FileSource };
}

/** A file inside JSON, read only while the request is sent. */
export class InlineFile {
	/** @param form bare base64, or a data URI */
	constructor(
		readonly source: FileSource,
		readonly form: 'base64' | 'dataUri',
	) {}
}

export interface NewAsset {
	mediaType: MediaType;
	name?: string;
	/** Present where the provider has groups. */
	groupId?: string;
	/** A public URL or data URI, or a file that is streamed. */
	source: string | FileSource;
}

/** What no document says is absent and not checked. */
export interface MediaLimits {
	/** By their usual extension. */
	formats: readonly string[];
	sizeBytes: Interval;
	/** Width and height. */
	sidePixels?: Interval;
	/** Width divided by height. */
	aspectRatio?: Interval;
	/** By name, e.g. 720p. */
	resolutions?: readonly string[];
	durationSeconds?: Interval;
	framesPerSecond?: Interval;
}

export interface Uploads {
	create: Endpoint<{ file: FileSource }, { url: string }>;
	/** Allowed itself. */
	maxBytes: Readonly<Record<MediaType, number>>;
	/** File extensions that are taken; absent: the content decides. */
	extensions?: readonly string[];
	/** How long the link to the file works. */
	lifetimeMs: number;
}

export interface SentReference extends Pick<MediaReference, 'mediaType' | 'role'> {
	/** A URL, a data URI or an asset URI; or a file that becomes a data URI while it is sent, where `urlForms` has that. */
	url: string | InlineFile;
}

export interface NewVideoTask extends Omit<VideoTaskInput, 'references'> {
	references: readonly SentReference[];
	idempotencyKey?: string;
}

export interface VideoTaskQuery {
	status?: TaskStatus;
	model?: string;
	/** Milliseconds since the epoch by the provider's clock. A provider that cannot be asked for it lists all. */
	createdAfterMs?: number;
}

export interface AssetGroupQuery {
	name?: string;
}

export interface AssetQuery {
	name?: string;
	groupIds?: readonly string[];
	/** undefined: what the provider needs by default; empty: not sent. */
	groupType?: string;
	statuses?: readonly AssetStatus[];
	order?: AssetOrder;
}

export type AssetOrder = 'lastUsed' | 'newest' | 'oldest';

export interface PageQuery {
	/** Counted from 1. */
	pageNumber: number;
	/** What the page before gave, where the provider does not count pages. */
	cursor?: string;
	pageSize: number;
	/** Asked again, as nothing was found with the filter that is sent by default. */
	withoutDefaultFilter?: boolean;
}

export interface Page<Item> {
	items: Item[];
	totalCount?: number;
	/** Where the next page begins; null on the last one. */
	nextCursor?: string | null;
	quota?: AssetQuota;
}

/** A model, and the limits in which it differs from the other models of its provider. */
export interface VideoModel extends Partial<VideoLimits> {
	id: string;
	displayName: string;
	description: string;
	/** Of `regions`, the one that has it; absent: all of them. */
	region?: string;
	/** What the document names for this model; anything else is refused before sending. */
	resolutions: readonly string[];
	/** Nothing holds where the user sets no resolution. */
	isResolutionRequired?: true;
	/** The model to choose instead for citing assets. */
	modelForAssets?: string;
	/** Of files that are cited, as far as they differ from those of the provider; assets are made within the latter. */
	mediaLimits?: ProviderAdapter['mediaLimits'];
	/** In place of those of the provider. */
	defaults?: VideoDefaults;
	/** In place of those of the provider; empty where it is not known what is counted. */
	tokenPixels?: ProviderAdapter['tokenPixels'];
}

/** Both bounds are allowed themselves, in seconds. */
export interface DurationLimits extends WholeNumbers {
	/** The model can choose the length itself; see `automaticDuration`. */
	isAutomaticAllowed?: true;
	/** Sent where the user sets nothing, because the model would choose then, at the cost of the user. */
	sentByDefault?: number;
}

/** What is so of drafts and of what they become. */
export interface Drafts {
	/** Of every draft. */
	resolution: string;
	/** Of what it becomes. */
	finalResolution: string;
	/** How long a draft can be finalized, from its creation. */
	lifetimeMs: number;
	/** What can be set anew; all else is that of the draft. */
	finalSettings: readonly SettingName[];
	/** Whether the model, as the user names it, has made the task; undefined if the task does not tell. */
	isMadeBy(task: VideoTask, model: string): boolean | undefined;
}

export type UrlForm = 'url' | 'dataUri' | 'asset';

export interface VideoLimits {
	/** Of a provider: those of all its models together. */
	modes: readonly GenerationMode[];
	settings: ReadonlyArray<SettingName>;
	ratios: readonly string[];
	/** Narrower than in the table of settings. */
	ranges?: Readonly<Partial<Record<SettingName, WholeNumbers>>>;
	durationSeconds: DurationLimits;
	maxReferences: Readonly<Record<MediaType, number>>;
	/** Of all media types together. */
	maxReferencesInAll?: number;
	/** Whether sound alone can be cited, without anything to see. */
	takesAudioAlone?: true;
	/** How long all references of a type may be together. */
	maxReferenceSeconds?: Readonly<Partial<Record<MediaType, number>>>;
	urlForms: Readonly<Record<MediaType, readonly UrlForm[]>>;
}

/** What a provider can be sent at all, and the limits of its models, unless one of them says otherwise. */
export interface VideoCapabilities extends VideoLimits {
	prompt: PromptLimits;
	/** What holds where the user sets nothing, as far as a source says so. */
	defaults?: VideoDefaults;
	/** How long a link to a finished video works when the link itself does not say. */
	linkLifetimeMs: number;
}

/** In a currency by its ISO 4217 code, or in the unit that the provider counts in, e.g. `credits`. */
export interface Money {
	amount: number;
	currency: string;
}

export const priceUnits = ['second', 'video', 'millionTokens'] as const;

export interface Price extends Money {
	per: (typeof priceUnits)[number];
	/** What is billed may be less: sources contradict each other, or tell no more than a range. */
	isUpperBound?: true;
}

export interface PriceList {
	/** The day on which the source was read, e.g. 2026-11-28. Prices change. */
	asOf: string;
	/** Where it is published, for the documents. */
	source: string;
	/** Of a second of video, by model and resolution. */
	prices: Readonly<Record<string, Readonly<Record<string, Price>>>>;
}

export interface ListedModel {
	id: string;
	/** Where the provider `listsPrices`. */
	price?: Price;
}

export interface PixelSize {
	width: number;
	height: number;
}

export interface Balance extends Money {
	plan?: string;
	/** How many tasks of the account may be under way. */
	maxConcurrentTasks?: number;
}

export interface VideoDefaults {
	/** More than one where it depends on the model and no document says how. */
	resolutions: readonly string[];
	ratio?: string;
	durationSeconds: number;
}

export interface PromptLimits {
	maxCharacters?: number;
	maxChineseCharacters?: number;
	maxWords?: number;
	/** True where every mode needs a prompt. */
	isRequired?: boolean;
}

export interface ProviderFailure {
	message: string;
	code?: string;
	requestId?: string;
	/** Of a refusal inside a 2xx: the HTTP status that it says it should have had. */
	statusCode?: number;
}

export interface RetryRule {
	intervalMs: number;
	maxMs: number;
	/** There is no capacity: requests wait in a queue, only its head is repeated, and `maxMs` counts since the queue moved. */
	isCapacity?: true;
}

/**
 * Turns a provider's message into a reason and a next step. The first hint that fits is used. An expression takes
 * time in proportion to the text, whatever that is: no `.*` between words, but `.{0,100}`.
 */
export interface FailureHint {
	statusCode?: number;
	match?: RegExp;
	reason: FailureReason;
	description: string;
	/** A 5xx with these words did nothing; any other 5xx to a paid request leaves it in doubt. */
	nothingDone?: true;
	/** Refused for the time being: nothing was done, and the same request works later. */
	repeat?: RetryRule;
}

/** @returns undefined for a model that no table of the provider knows: its limits are nobody's to guess */
export const findVideoModel = ({ videoModels }: Pick<ProviderAdapter, 'videoModels'>, modelId: string) =>
	videoModels.find(({ id }): boolean => id === modelId);

/** The limits of a model: those of its provider, where the model has no others. */
export const videoLimits = ({ video }: Pick<ProviderAdapter, 'video'>, model: VideoModel): VideoLimits => ({
	...video,
	...model,
});

/**
 * What the user has set, and what has to be sent besides, because the provider's own default is not what the user
 * would expect: a length that the model would choose at the user's cost, and the one resolution of a draft.
 */
export function settingsToSend(
	provider: Pick<ProviderAdapter, 'video' | 'videoModels' | 'drafts'>,
	{ model: modelId, mode, settings }: Pick<VideoTaskInput, 'model' | 'mode' | 'settings'>,
): VideoSettings {
	const model = findVideoModel(provider, modelId);
	const sentByDefault = model && videoLimits(provider, model).durationSeconds.sentByDefault;
	const ownDuration = sentByDefault !== undefined && isEditing({ mode, settings }) ? automaticDuration : sentByDefault;
	return {
		...settings,
		durationSeconds: settings.durationSeconds ?? ownDuration,
		resolution: settings.resolution ?? (settings.draft ? provider.drafts?.resolution : undefined),
	};
}

/** The reason and advice for a failure in the provider's words. */
export function explainFailure(
	hints: readonly FailureHint[],
	failure: { message: string; code?: string; statusCode?: number },
): FailureHint | undefined {
	const words = `${failure.code ?? ''} ${failure.message}`;
	return hints.find(
		({ statusCode, match }) =>
			(statusCode === undefined || statusCode === failure.statusCode) &&
			(match === undefined || match.test(words)),
	);
}

/** What became of a task or an asset, in the provider's words and with the reason that they name. */
export const toFailure = (
	hints: readonly FailureHint[],
	{ message, code }: { message: string; code?: string },
): Failure => ({ reason: explainFailure(hints, { message, code })?.reason ?? 'provider', message, code });

/** A body with what the user set, and nothing else. */
export function withoutUndefined(body: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/**
 * The one way to put IDs into a path, as in pathOf`/v1/tasks/${taskId}`.
 * @throws InputError for what is no ID, such as `..`, which would make it the path of something else
 */
export function pathOf(parts: TemplateStringsArray, ...ids: readonly string[]): string {
	return String.raw({ raw: parts }, ...ids.map((id) => encodeURIComponent(requireId(id, 'ID'))));
}

/**
 * @param field the label of the field that it was given in
 * @throws InputError for what cannot be the ID of anything
 */
export function requireId(id: string, field: string): string {
	if (isId(id)) return id;
	if (id === '') throw new InputError([isMissing(field)]);
	const allowed = 'an ID, without blanks and without any of the characters / \\ ? # %';
	throw new InputError([mustBe(field, allowed, JSON.stringify(cut(id, 60)), adviceForId)]);
}

const adviceForId = 'Give the taskId, assetId or groupId that another operation returned.';
