import type { IBinaryKeyData, IExecuteFunctions } from 'n8n-workflow';
import { SeedanceError, TaskFailedError } from '../errors';
import { safeFileName } from '../media/safeFileName';
import { callProvider } from '../request/callProvider';
import { type FileContext, downloadFile } from '../download/downloadFile';
import { urlRulesFor } from '../publicUrl';
import { outcomeOf } from '../outcome';
import type { VideoTask } from '../vocabulary';
import { type BinaryFields, downloadVideoField, readBinaryFields } from './download.fields';
import { simplifyField } from './fields';
import type { OutputItem, Run, Session } from './operation';
import type { Parameters } from './parameters';
import { shapeVideoTask } from './shape';

/** What delivering needs of a session; a callback has no more. */
export interface DeliverySession extends Pick<Session, 'provider' | 'connection'> {
	context: FileContext & Partial<Pick<IExecuteFunctions, 'addExecutionHints'>>;
	run: Pick<Run, 'downloads'>;
}

export interface Delivery {
	simplify: boolean;
	binaryFields?: BinaryFields;
}

export function readDelivery(parameters: Parameters): Delivery {
	return {
		simplify: parameters.boolean('simplify', simplifyField.displayName),
		binaryFields: parameters.boolean('downloadVideo', downloadVideoField.displayName) ? readBinaryFields(parameters) : undefined,
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
		);
	}
	if (videoUrl) return { ...task, videoUrl };
	throw new TaskFailedError(provider.displayName, id, {
		reason: 'unexpectedAnswer',
		message: 'it has succeeded, but its answer has no link to the video. Use "Get Task" to look again',
	});
}

/**
 * The finished task, with its files if wanted. A file that does not arrive does not lose the task:
 * the item says so as `downloadFailure`.
 */
export async function deliver(
	session: DeliverySession,
	task: VideoTask & { videoUrl: string },
	delivery: Delivery,
): Promise<OutputItem> {
	const item = shapeTask(session, task, delivery);
	if (!delivery.binaryFields) return item;
	const { binary, failures } = await download(session, task, delivery.binaryFields, fetchLater);
	const [failure] = failures;
	if (!failure) return { ...item, binary };
	session.context.addExecutionHints?.({
		message: `Task ${task.id} is finished, but not everything was downloaded: ${failure.message}`,
		type: 'warning',
	});
	return { json: { ...item.json, downloadFailure: failure.message }, binary };
}

const fetchLater =
	'Use the operation "Download Video" with the task ID to fetch it later; this starts no new generation.';

/**
 * Fetches the video and, if there is one, the last frame; each may fail without the other.
 * @param advice how to fetch a file later, as a sentence
 */
export async function download(
	{ context, provider, connection, run: { downloads } }: DeliverySession,
	{ id: taskId, ...task }: VideoTask & { videoUrl: string },
	fields: BinaryFields,
	advice: string,
): Promise<{ binary: IBinaryKeyData; failures: Error[] }> {
	const { baseUrl, clock, signal } = connection;
	const baseName = safeFileName(taskId);
	const options = { maxBytes: fields.maxBytes, ...urlRulesFor({ baseUrl }), clock, signal };
	const files = [
		{ field: fields.video, from: 'videoUrl', mediaType: 'video' },
		{ field: fields.lastFrame, from: 'lastFrameUrl', mediaType: 'image' },
	] as const;
	const binary: IBinaryKeyData = {};
	const failures: Error[] = [];
	for (const { field, from, mediaType } of files) {
		const url = task[from];
		if (!url) continue;
		const refresh = async () => (await callProvider(connection, provider.videoTasks.get, { taskId }))[from];
		const link = { url, refresh, deletedAtMs: task.linksExpireAtMs };
		const file = await outcomeOf(
			downloads(url)(async () => await downloadFile(context, link, { baseName, mediaType, fetchLater: advice }, options)),
		);
		if (file.ok) binary[field] = file.value;
		else failures.push(asError(file.error, { taskId, videoUrl: task.videoUrl }));
	}
	return { binary, failures };
}

export function shapeTask(
	{ provider, connection }: DeliverySession,
	task: VideoTask,
	{ simplify }: Delivery,
) {
	return shapeVideoTask(provider, task, connection.clock.now(), simplify);
}

function asError(error: unknown, facts: { taskId: string; videoUrl: string }): Error {
	if (error instanceof SeedanceError) return error.with(facts);
	return error instanceof Error ? error : new Error(String(error));
}
