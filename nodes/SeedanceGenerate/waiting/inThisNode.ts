import { TaskNotFinishedError } from '../../shared/errors';
import { type Delivery, type DeliverySession, deliver, requireVideo, shapeTask } from '../../shared/node/deliver';
import type { OutputItem, Session } from '../../shared/node/operation';
import { progressReporter } from './progress';
import { expectedDuration, recordDuration } from './taskDurations';
import type { VideoTask } from '../../shared/vocabulary';
import { waitForVideoTask } from '../../shared/wait/waitForVideoTask';
import type { WaitSettings } from './wait.fields';

/**
 * Waits for a task in this node and turns it into an output item.
 * @param kind of generation, to learn from and predict durations; absent if it is unknown
 * @throws TaskFailedError, TaskNotFinishedError: both carry the task ID
 */
export async function waitAndDeliver(
	session: Session,
	taskId: string,
	{ onTimeout, kind, ...wait }: WaitSettings & { isNew: boolean; kind?: string },
	delivery: Delivery,
): Promise<OutputItem> {
	const { connection } = session;
	const begunAtMs = connection.clock.monotonicMs();
	const { settled, task } = await waitForVideoTask(connection, taskId, {
		...wait,
		onCheck: progressReporter(session, taskId),
		expected: kind === undefined ? undefined : () => expectedDuration(kind),
	});
	if (settled && task?.status === 'succeeded' && kind !== undefined && wait.isNew) {
		recordDuration(kind, connection.clock.monotonicMs() - begunAtMs);
	}
	if (settled && task) return await deliver(session, requireVideo(session, task), delivery);
	return itemOnTimeout(session, taskId, task, { onTimeout, ...wait }, delivery);
}

/**
 * Applies On Timeout to a task that is still open when the time is up.
 * @returns the task as it is, for Return Unfinished Task
 * @throws TaskNotFinishedError for Fail
 */
export function itemOnTimeout(
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
