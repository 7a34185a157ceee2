/** Every route that a fault can hit and that the call log names. */
export type Route =
	| 'models.list'
	| 'account.get'
	| 'tasks.create'
	| 'tasks.get'
	| 'tasks.list'
	| 'tasks.delete'
	| 'assetGroups.create'
	| 'assetGroups.get'
	| 'assetGroups.list'
	| 'assetGroups.update'
	| 'assetGroups.delete'
	| 'assets.create'
	| 'assets.get'
	| 'assets.list'
	| 'assets.update'
	| 'assets.delete'
	| 'uploads.create'
	| 'validations.create'
	| 'validations.open'
	| 'validations.get'
	| 'storage.get';

/** A fault on the way: the request or its answer is spoiled. */
export type AnswerEffect =
	| {
			kind: 'status';
			statusCode: number;
			retryAfterSeconds?: number;
			/** Default: the error body the provider documents. */
			body?: unknown;
			/** The request was carried out and billed; only its answer is lost. */
			afterAcceptance?: boolean;
	  }
	| { kind: 'reset'; afterAcceptance?: boolean }
	/** Never answered: the connection stays open until the client gives up or the simulator closes. */
	| { kind: 'hang'; afterAcceptance?: boolean }
	/** The good answer comes so much later: the connection is held meanwhile. */
	| { kind: 'late'; seconds: number }
	/** A proxy's error page instead of JSON. */
	| { kind: 'html'; statusCode: number; afterAcceptance?: boolean }
	| { kind: 'malformedJson'; afterAcceptance?: boolean }
	/** The documented error body with HTTP 200. */
	| { kind: 'refusalInside200' }
	/** Accepted, but the answer carries no ID. */
	| { kind: 'missingId' }
	/** Storage only: the link is refused as one that has expired. */
	| { kind: 'linkExpired' }
	/** Storage only: the connection ends early. Default: after half of the bytes. */
	| { kind: 'truncate'; afterBytes?: number }
	/** Storage only: the connection is reset on the way. Default: after half of the bytes. */
	| { kind: 'resetMidway'; afterBytes?: number }
	/** Storage only: no further byte comes, and the connection stays open. Default: after half of the bytes. */
	| { kind: 'standstill'; afterBytes?: number }
	/** Storage only: the bytes come in so many parts, with a pause before each. */
	| { kind: 'slow'; parts: number; pauseSeconds: number }
	/** Storage only: a file of no bytes. */
	| { kind: 'empty' }
	/** Storage only: bytes without a length, and as good as without an end (256 MB, as disks have one). */
	| { kind: 'endless' }
	/** Storage only: so many bytes more are announced than there are. */
	| { kind: 'tooLongLength'; extraBytes: number }
	/** Storage only: another type is claimed. */
	| { kind: 'contentType'; contentType: string }
	/** Storage only: to there, or to the same address. */
	| { kind: 'redirect'; location?: string }
	/** Storage only: the whole file, whatever part was asked for. */
	| { kind: 'rangeIgnored' }
	/** Storage only: the part begins elsewhere than it was asked to. */
	| { kind: 'rangeShifted' }
	/** Storage only: half of the part that was asked for, which a server may give (RFC 9110, 15.3.7). */
	| { kind: 'rangeHalved' }
	/**
	 * Storage only: the object has been replaced by another one, as its ETag says.
	 * `inParts`: a part of it is given also to who asked for one of the old object.
	 */
	| { kind: 'replaced'; inParts?: boolean };

/** A fault in the work itself: what becomes of the task or the asset that the call creates. */
export type FateEffect =
	| { kind: 'taskNeverEnds' }
	| { kind: 'taskFails'; reason?: string }
	/**
	 * `isStuck`, of the gateway: at 100 % with the reason, but still said to run, as no document names the status.
	 * `keptPercent`, of PiAPI: what its review keeps of the price. Default: nothing.
	 */
	| { kind: 'taskModerated'; isStuck?: true; keptPercent?: 1 | 5 | 10 }
	/** SUCCESS without any link. */
	| { kind: 'taskUrlMissing' }
	/** The task answers with this status for ever. */
	| { kind: 'taskStatus'; status: string }
	| { kind: 'assetFails'; code?: string; message?: string };

/** A fault of the calls to the webhook of the task that the call creates. */
export type WebhookEffect =
	/** Nothing is ever sent. */
	| { kind: 'webhookLost' }
	/** Each event is sent again right after. */
	| { kind: 'webhookTwice' }
	/** Each event is sent so much later. */
	| { kind: 'webhookLate'; seconds: number };

export type Effect = AnswerEffect | FateEffect | WebhookEffect;

export interface Fault<ProviderId extends string = string> {
	route: Route;
	/** Default: any provider. */
	provider?: ProviderId;
	/** Only calls whose path has this in it, e.g. the ID of a task. Default: all of the route. */
	path?: string;
	/** Calls that pass before the first one is hit. Default 0. */
	skip?: number;
	/** Calls that are hit. Default 1. */
	times?: number;
	effect: Effect;
}

/** One request to a provider, in the order of arrival. Never holds the key. */
export interface ApiCall {
	provider: string;
	/** One of `SimulatedProvider.hosts`; absent for the first host. */
	host?: string;
	/** Undefined for a path the provider does not have. */
	route?: Route;
	method: string;
	path: string;
	query: Record<string, string>;
	/** The query as it was sent, with repeated names. */
	search: string;
	contentType?: string;
	/** The header of that name. */
	idempotencyKey?: string;
	/** Parsed JSON; for multipart the fields, with name, type and size of each file. */
	body?: unknown;
	atMs: number;
	/** Undefined while unanswered, and for good when a fault broke the connection. */
	readonly statusCode?: number;
	requestId: string;
	/** It is on its way, see `SimulatorOptions.latencySeconds`. */
	isHeld: boolean;
	/** The fault that spoiled this call. */
	fault?: Effect['kind'];
}

/** One request to the storage host. */
export interface StorageCall {
	method: string;
	path: string;
	atMs: number;
	/** Undefined while unanswered, and for good when a fault broke the connection. */
	readonly statusCode?: number;
	/** Names of headers and query parameters that carried a credential; must stay empty. */
	credentials: string[];
	/** The header of that name. */
	range?: string;
	fault?: Effect['kind'];
	/** A fault holds bytes back at this moment, or for good. */
	isHeld: boolean;
}

/** One call to the webhook of a task, in the order of sending. Never holds the secret or the key. */
export interface WebhookDelivery {
	provider: string;
	taskId: string;
	/** PiAPI: the status told of. Apiframe: `progress`, `completed` or `failed`. */
	event: string;
	url: string;
	/** From 1; a duplicate counts for itself. */
	attempt: number;
	atMs: number;
	/** Undefined while unanswered, and for good when no answer came in time. */
	statusCode?: number;
}

export interface Bill {
	provider: string;
	atMs: number;
	kind: 'generation' | 'asset' | 'assetGroup';
	id: string;
	model: string;
	/** Of the call that it is for. */
	requestId: string;
	/** A generation that failed is paid back. */
	refunded: boolean;
	/** What the account is charged by now, of a generation. */
	charge?: Charge;
}

export interface Charge {
	amount: number;
	/** Of PiAPI, Apiframe and the gateway, whose price for a token no document has. */
	unit: 'points' | 'credits' | 'tokens';
}

/** What holds for all simulated providers. */
export interface CommonOptions {
	apiKey?: string;
	/** What the IDs of tasks are made of, from 0 to below 1. Default: Math.random. */
	random?: () => number;
	/** Milliseconds since the epoch, read at every request. Default: Date.now. */
	now?: () => number;
	/**
	 * Simulated seconds per second of `now`. Default 1.
	 * Shortens what tasks and assets take, not the life of links.
	 */
	timeScale?: number;
	/** How long each call of an API is on its way, there and back together. Default 0. */
	latencySeconds?: number;
	/** How much longer than that a call may take; a sequence that is the same with each start decides. Default 0. */
	latencyJitterSeconds?: number;
	/** How long a generation is queued, then runs. Defaults 5 and 60. */
	taskQueueSeconds?: number;
	taskRunSeconds?: number;
	/** How long a new asset is Processing. Default 6. */
	assetProcessingSeconds?: number;
	/** How long a new asset is unknown to every other call. Default 2. */
	propagationSeconds?: number;
	/** Path of an MP4 that is served for every video, instead of one that is made of the request. */
	videoFile?: string;
	/** Each video is padded to so many bytes by an empty box, and still plays. Default: as it was rendered. */
	videoBytes?: number;
	/** How long the link to a video lives. Default: what the provider documents. */
	videoLinkSeconds?: number;
	/**
	 * `manual` (default) calls webhooks in `Simulator.webhooks.deliver()` only; `automatic` checks ten
	 * times a second what is due.
	 */
	webhooks?: 'manual' | 'automatic';
	/**
	 * A folder in which groups, assets and tasks are kept from one start to the next, and the files of assets. Not kept:
	 * bills, uploads, links, and what webhooks have not been told yet. Default: all is forgotten at the end.
	 */
	stateFolder?: string;
	/** How long a webhook may take to answer, in real time. Default 5. */
	webhookTimeoutSeconds?: number;
	/** Told of each API call once it is answered or broken off, and of each bill. */
	onCall?: (call: ApiCall) => void;
	onStorageCall?: (call: StorageCall) => void;
	onBill?: (bill: Bill) => void;
	/** Told of each call to a webhook once it is answered or given up. */
	onWebhook?: (delivery: WebhookDelivery) => void;
}
