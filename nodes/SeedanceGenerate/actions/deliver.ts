import type { IBinaryKeyData, IExecuteFunctions } from 'n8n-workflow';
import { SeedanceError, TaskFailedError, TaskNotFinishedError } from '../../shared/errors';
import type { OutputItem, Run, Session } from '../../shared/node/operation';
import { shapeVideoTask } from '../../shared/node/shape';
import { type FileContext, downloadFile } from '../../shared/request/downloadFile';
import { settle } from '../../shared/settle';
import type { VideoTask } from '../../shared/vocabulary';
import { waitForVideoTask } from '../../shared/wait/waitForVideoTask';
import type { BinaryFields, WaitSettings } from './wait.fields';

/** What delivering needs of a session; a callback has no more. */
export interface DeliverySession extends Pick<Session, 'provider' | 'connection'> {
	context: FileContext & Partial<Pick<IExecuteFunctions, 'addExecutionHints'>>;
	run: Pick<Run, 'downloads'>;
}

export interface Delivery {
	simplify: boolean;
	binaryFields?: BinaryFields;
}

/**
 * Waits for a task and turns it into an output item.
 * @throws TaskFailedError, TaskNotFinishedError: both carry the task ID
 */
export async function waitAndDeliver(
	session: Session,
	taskId: string,
	{ onTimeout, kind, ...wait }: WaitSettings & { isNew: boolean; kind?: string },
	delivery: Delivery,
): Promise<OutputItem> {
	const {
		connection,
		run: { durations },
	} = session;
	const begunAtMs = connection.clock.now();
	const { settled, task } = await waitForVideoTask(connection, taskId, {
		...wait,
		expected: kind === undefined ? undefined : () => durations.expected(kind),
	});
	if (settled && task?.status === 'succeeded' && kind !== undefined && wait.isNew) {
		durations.learn(kind, connection.clock.now() - begunAtMs);
	}
	if (settled && task) return await deliver(session, requireVideo(session, task), delivery);
	return unfinished(session, taskId, task, { onTimeout, ...wait }, delivery);
}

/**
 * What becomes of a task when the time is up.
 * @returns the task as it is, if the user wants that
 * @throws TaskNotFinishedError otherwise
 */
export function unfinished(
	session: DeliverySession,
	taskId: string,
	task: VideoTask | undefined,
	{ onTimeout, timeoutMs }: WaitSettings,
	delivery: Delivery,
): OutputItem {
	if (onTimeout === 'returnTask') {
		return shapeTask(session, task ?? { id: taskId, status: 'queued', raw: undefined }, delivery);
	}
	const seconds = Math.round(timeoutMs / 1000);
	const state = task?.status === 'queued' ? 'still queued' : 'still running';
	const why = `is ${state} after ${seconds} s`;
	throw new TaskNotFinishedError(session.provider.displayName, taskId, why, 'timeout');
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
	const { binary, failures } = await download(session, task, delivery.binaryFields);
	const [failure] = failures;
	if (!failure) return { ...item, binary };
	session.context.addExecutionHints?.({
		message: `Task ${task.id} is finished, but not everything was downloaded: ${failure.message}`,
		type: 'warning',
	});
	return { json: { ...item.json, downloadFailure: failure.message }, binary };
}

/** Fetches the video and, if there is one, the last frame; each may fail without the other. */
export async function download(
	{ context, connection: { signal }, run: { downloads } }: DeliverySession,
	{ id, videoUrl, lastFrameUrl }: VideoTask & { videoUrl: string },
	fields: BinaryFields,
): Promise<{ binary: IBinaryKeyData; failures: Error[] }> {
	const baseName = id.replace(/[^\w.-]+/g, '_');
	const files = [
		{ field: fields.video, url: videoUrl, fileName: `${baseName}.mp4`, mimeType: 'video/mp4' },
		{
			field: fields.lastFrame,
			url: lastFrameUrl,
			fileName: `${baseName}.png`,
			mimeType: 'image/png',
		},
	];
	const binary: IBinaryKeyData = {};
	const failures: Error[] = [];
	for (const { field, url, fileName, mimeType } of files) {
		if (!url) continue;
		const file = await settle(
			downloads(async () => await downloadFile(context, url, { fileName, mimeType }, signal)),
		);
		if (file.ok) binary[field] = file.value;
		else failures.push(asError(file.error, { taskId: id, videoUrl }));
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
