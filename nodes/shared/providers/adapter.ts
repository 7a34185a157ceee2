import type {
	Asset,
	AssetGroup,
	FailureReason,
	GenerationMode,
	MediaType,
	VideoSettings,
	VideoTask,
	VideoTaskInput,
} from '../vocabulary';

/**
 * What a provider is: data and pure functions. An adapter says what to ask and how to read the
 * answer; it never asks. A capability exists when its member is present.
 */
export interface ProviderAdapter {
	/** Value of the Provider field in workflows. */
	id: string;
	displayName: string;
	credentialType: string;
	/** The first one is the default of the Model field. */
	videoModels: readonly VideoModel[];
	video: VideoCapabilities;
	assetGroups?: {
		create: Endpoint<{ name: string }, Pick<AssetGroup, 'id'>>;
		list: Endpoint<AssetGroupQuery & PageQuery, Page<AssetGroup>>;
		update?: Endpoint<{ groupId: string; name: string }, void>;
		delete?: Endpoint<{ groupId: string }, void>;
	};
	assets: {
		create: Endpoint<NewAsset, Pick<Asset, 'id' | 'status'>>;
		list?: Endpoint<AssetQuery & PageQuery, Page<Asset>>;
		get?: Endpoint<{ assetId: string }, Asset>;
		update?: Endpoint<{ assetId: string; name?: string; groupId?: string }, void>;
		delete?: Endpoint<{ assetId: string }, void>;
	};
	videoTasks: {
		create: Endpoint<VideoTaskInput, Pick<VideoTask, 'id'>>;
		get: Endpoint<{ taskId: string }, VideoTask>;
	};
	/** IDs of all models that the key may use. */
	models?: Endpoint<void, string[]>;
	/** True for an answer that says no although its HTTP status is 2xx. */
	isRefusal(body: unknown): boolean;
	/** The provider's words for a refusal; must cope with any body, HTML included. */
	parseFailure(body: unknown): ProviderFailure;
	hints: readonly FailureHint[];
}

/** One call: a pure pair of what to send and how to read what comes back. */
export interface Endpoint<Input, Output> {
	request(input: Input): ProviderRequest;
	/** @throws UnexpectedAnswerError if the answer lacks what it must have */
	parse(body: unknown): Output;
}

export interface ProviderRequest {
	method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
	/** Begins with a slash; relative to the base URL of the credential. */
	path: string;
	query?: Record<string, string | number>;
	body?: Record<string, unknown> | MultipartBody;
	/** Sending it twice is harmless. False for everything that is paid or creates something. */
	repeatable: boolean;
}

export interface MultipartBody {
	fields: Record<string, string>;
	file: { fieldName: string; source: FileSource };
}

/** A file that can be read from its start any number of times. */
export interface FileSource {
	fileName: string;
	mimeType: string;
	sizeBytes: number;
	open(): AsyncGenerator<Uint8Array, void>;
}

export interface NewAsset {
	mediaType: MediaType;
	name?: string;
	groupId: string;
	/** A public URL or data URI, or a file that is streamed. */
	source: string | FileSource;
}

export interface AssetGroupQuery {
	name?: string;
}

export interface AssetQuery {
	name?: string;
	groupIds?: readonly string[];
	/** undefined: what the provider needs by default; empty: not sent. */
	groupType?: string;
}

export interface PageQuery {
	/** Counted from 1. */
	pageNumber: number;
	pageSize: number;
}

export interface Page<Item> {
	items: Item[];
	totalCount?: number;
}

export interface VideoModel {
	id: string;
	displayName: string;
	description: string;
	/** What the document names for this model; anything else is refused before sending. */
	resolutions: readonly string[];
}

export type UrlForm = 'url' | 'dataUri' | 'asset';

export interface VideoCapabilities {
	modes: readonly GenerationMode[];
	settings: ReadonlyArray<keyof VideoSettings>;
	ratios: readonly string[];
	durationSeconds: { min: number; max: number };
	maxReferences: Readonly<Record<MediaType, number>>;
	urlForms: Readonly<Record<MediaType, readonly UrlForm[]>>;
	prompt: { maxChineseCharacters: number; maxWords: number };
	/** How long a link to a finished video works when the link itself does not say. */
	linkLifetimeMs: number;
}

export interface ProviderFailure {
	message: string;
	code?: string;
	requestId?: string;
}

/** Turns a provider's message into a reason and a next step. The first hint that fits is used. */
export interface FailureHint {
	statusCode?: number;
	match?: RegExp;
	reason: FailureReason;
	description: string;
	/** A 5xx with these words did nothing; any other 5xx to a paid request leaves it in doubt. */
	isRefusal?: true;
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

