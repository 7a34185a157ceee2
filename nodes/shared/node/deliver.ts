import type { IBinaryKeyData, IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { startDeadline, untilAborted } from '../clock';
import { SeedanceError, TaskFailedError } from '../errors';
import { type Estimate, readEstimate } from '../estimate/estimate';
import { describeMoney } from '../estimate/money';
import { nameFromPrompt, safeFileName, withoutMediaExtension } from '../media/fileName';
import { callProvider } from '../request/callProvider';
import { type FileContext, downloadFile } from '../download/downloadFile';
import { urlRulesFor } from '../publicUrl';
import { type Outcome, outcomeOf } from '../outcome';
import type { ProviderAdapter } from '../providers/adapter';
import { readObject, readString } from '../providers/read';
import type { Failure, VideoTask } from '../vocabulary';
import {
	type BinaryFields,
	downloadVideoField,
	readBinaryFields,
	readStoredBinaryFields,
} from './download.fields';
import { simplifyField } from './fields';
import type { OutputItem, Run, Session } from './operation';
import type { Parameters } from './parameters';
import { shapeVideoTask } from './shape';

/** The part of a session that delivering needs, which callbacks have as well. */
export interface DeliverySession extends Pick<Session, 'provider' | 'connection'> {
	context: FileContext & Partial<Pick<IExecuteFunctions, 'addExecutionHints'>>;
	run: Pick<Run, 'downloads'>;
}

/** How a finished task is returned. */
export interface Delivery {
	simplify: boolean;
	/** Absent if the files are not downloaded. */
	binaryFields?: BinaryFields;
	/** What the generation was estimated at; null if that is not known, absent if it was not asked. */
	estimate?: Estimate | null;
	/** What the user asked for; absent where only the provider can know it. */
	prompt?: string;
}

/** @throws InputError for fields with an invalid value */
export function readDelivery(parameters: Parameters): Delivery {
	return {
		simplify: parameters.boolean('simplify', simplifyField.displayName),
		binaryFields: parameters.boolean('downloadVideo', downloadVideoField.displayName) ? readBinaryFields(parameters) : undefined,
	};
}

/** @returns the delivery in a form that can be stored with an execution; see `readStoredDelivery` */
export function storedDelivery({ simplify, binaryFields, prompt, estimate }: Delivery): IDataObject {
	return {
		simplify,
		...(binaryFields && { binaryFields: { ...binaryFields } }),
		...(prompt !== undefined && { prompt }),
		...(estimate !== undefined && { estimate: estimate && { ...estimate } }),
	};
}

/** Reads the result of `storedDelivery` from the data of an execution. */
export function readStoredDelivery(stored: unknown): Delivery {
	const { simplify, binaryFields, prompt, estimate } = readObject(stored);
	return {
		simplify: simplify !== false,
		binaryFields: binaryFields === undefined ? undefined : readStoredBinaryFields(binaryFields),
		prompt: readString(prompt),
		...(estimate !== undefined && { estimate: readEstimate(estimate) }),
	};
}

/**
 * @returns the task, known to have a video
 * @throws TaskFailedError
 */
export function requireVideo({ provider }: DeliverySession, task: VideoTask): VideoTask & { videoUrl: string } {
	const { id, status, failure, videoUrl } = task;
	if (status !== 'succeeded') {
		throw new TaskFailedError(
			provider.displayName,
			id,
			failure ?? { reason: 'provider', message: `its status is ${status}` },
			chargeOf(provider, task),
		);
	}
	if (videoUrl) return { ...task, videoUrl };
	throw new TaskFailedError(provider.displayName, id, {
		reason: 'unexpectedAnswer',
		message: 'it has succeeded, but its answer has no link to the video. Use "Get Task" to check again',
	});
}

/** What a failed task has cost: some keep a part of the price, such as PiAPI after its review ("Moderation and penalty"). */
function chargeOf({ displayName, costUnitsPerUsd }: ProviderAdapter, { cost }: VideoTask): string | undefined {
	if (!cost) return undefined;
	if (cost.amount === 0) return `${displayName} has charged nothing for it.`;
	const money = costUnitsPerUsd
		? { amount: cost.amount / costUnitsPerUsd, currency: 'USD' }
		: { amount: cost.amount, currency: cost.unit };
	return `${displayName} has charged ${describeMoney(money)} for it all the same.`;
}

/**
 * Turns a finished task into an output item, with its files if they are wanted. A failed download does not fail the
 * item: its `failureMessage` then says what did not arrive.
 */
export async function deliver(
	session: DeliverySession,
	task: VideoTask & { videoUrl: string },
	delivery: Delivery,
): Promise<OutputItem> {
	if (!delivery.binaryFields) return shapeTask(session, task, delivery);
	const named = { ...task, prompt: delivery.prompt ?? task.prompt };
	const { binary, failures } = await download(session, named, delivery.binaryFields, fetchLater);
	const [error] = failures;
	if (!error) return { ...shapeTask(session, task, delivery), binary };
	const message = `Task ${task.id} is finished, but not everything was downloaded: ${error.message}`;
	// A hint that cannot be shown is no failure: the item has the message, too.
	await outcomeOf((async () => session.context.addExecutionHints?.({ message, type: 'warning' }))());
	return { ...shapeTask(session, { ...task, failure: toFailure(error) }, delivery), binary };
}

/** Why a task that has succeeded comes without all of its files. */
const toFailure = (error: unknown): Failure => ({
	reason: error instanceof SeedanceError ? error.details.reason : 'download',
	message: error instanceof Error ? error.message : String(error),
});

const fetchLater =
	'Use the operation "Download Video" with the task ID to fetch it later; that is not paid again.';

/** For all files of a task together, where there is no execution that a user could stop. */
const deliveryTimeoutMs = 60 * 60_000;

/**
 * Delivers a task from a callback, where nobody can stop the download: ends after an hour at the latest, whatever the
 * storage host or n8n's binary store does.
 */
export async function deliverInTime(
	session: DeliverySession,
	task: VideoTask,
	delivery: Delivery,
): Promise<Outcome<OutputItem>> {
	const { connection } = session;
	const { clock } = connection;
	const { signal, end } = startDeadline({ clock, timeoutMs: deliveryTimeoutMs, what: 'Fetching the files' });
	const inTime = { ...session, connection: { ...connection, signal } };
	const work = async () => await deliver(inTime, requireVideo(session, task), delivery);
	return await outcomeOf(work().finally(end));
}

/**
 * The item of a task that has ended and could not be delivered, for a workflow that has to continue all the same.
 * Never throws: if the task cannot be shaped, the item has its basic fields only.
 */
export function describeUndelivered(
	session: DeliverySession,
	task: VideoTask,
	delivery: Delivery,
	error: unknown,
): OutputItem {
	const failure = toFailure(error);
	try {
		return shapeTask(session, error instanceof TaskFailedError ? task : { ...task, failure }, delivery);
	} catch {
		const failureMessage = `The task has ended, but its result could not be read: ${failure.message}. Use "Get Task" or "Download Video" with its ID; that is not paid again.`;
		const { id: taskId, status, videoUrl = null } = task;
		return { json: { provider: session.provider.id, taskId, status, videoUrl, failureReason: 'unknown', failureMessage } };
	}
}

/**
 * Downloads the video and, if there is one, the last frame; one may fail without the other.
 * @param advice tells the user how to fetch a file later, as a sentence
 * @returns the binary fields of the files that arrived, and the errors of the others
 */
export async function download(
	{ context, provider, connection, run: { downloads } }: DeliverySession,
	{ id: taskId, ...task }: VideoTask & { videoUrl: string },
	fields: BinaryFields,
	advice: string,
): Promise<{ binary: IBinaryKeyData; failures: Error[] }> {
	const { baseUrl, clock, signal } = connection;
	const name = fields.fileName === undefined ? nameFromPrompt(task.prompt, taskId) : safeFileName(withoutMediaExtension(fields.fileName));
	const options = { maxBytes: fields.maxBytes, ...urlRulesFor({ baseUrl }), clock, signal };
	const files = [
		{ field: fields.video, from: 'videoUrl', mediaType: 'video', baseName: name },
		{ field: fields.lastFrame, from: 'lastFrameUrl', mediaType: 'image', baseName: `${name}-last-frame` },
	] as const;
	const binary: IBinaryKeyData = {};
	const failures: Error[] = [];
	for (const { field, from, mediaType, baseName } of files) {
		const url = task[from];
		if (!url) continue;
		const refresh = async () => (await callProvider(connection, provider.videoTasks.get, { taskId }))[from];
		const link = { url, refresh, deletedAtMs: task.linksExpireAtMs };
		const file = await outcomeOf(
			untilAborted(
				downloads(url)(async () => {
					signal?.throwIfAborted();
					const work = downloadFile(context, link, { baseName, mediaType, fetchLater: advice }, options);
					// Frees the place in the limiter when the time is up, even if n8n's binary store hangs.
					return await untilAborted(work, signal);
				}),
				signal,
			),
		);
		if (file.ok) binary[field] = file.value;
		else failures.push(asError(file.error, { taskId, videoUrl: task.videoUrl }));
	}
	return { binary, failures };
}

/** @returns the output item of a task, without files */
export function shapeTask(
	{ provider, connection }: DeliverySession,
	task: VideoTask,
	{ simplify, prompt = task.prompt, estimate }: Delivery,
) {
	return shapeVideoTask(provider, { ...task, prompt }, connection.clock.now(), simplify, estimate);
}

function asError(error: unknown, facts: { taskId: string; videoUrl: string }): Error {
	if (error instanceof SeedanceError) return error.with(facts);
	return error instanceof Error ? error : new Error(String(error));
}
