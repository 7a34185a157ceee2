import { SeedanceError, TaskNotFinishedError } from '../errors';
import type { ProviderConnection } from '../request/connection';
import { outcomeOf } from '../outcome';
import type { VideoTask } from '../vocabulary';
import { endOfTask } from './endOfTask';
import { automaticTaskIntervalMs, type ExpectedDuration } from './intervals';
import { isTransientFault, isTransientOrNew, pollUntil } from './pollUntil';
import { openTaskReader } from './taskReader';

export interface TaskWait {
	timeoutMs: number;
	/** Absent: automatic, by the age of the task. */
	pollingIntervalMs?: number;
	/** True for a task that was created a moment ago, false for one that may be done already. */
	isNew: boolean;
	/** How long earlier tasks took; called before each check, as other items may have learned more. */
	expected?: () => ExpectedDuration | undefined;
	/** Called with the result of each check. */
	onCheck?: (task: VideoTask) => void;
}

/** @returns 0.9 to 1.1, always the same for the same task */
function jitterOf(taskId: string): number {
	let hash = 7;
	for (let index = 0; index < taskId.length; index++) hash = (hash * 31 + taskId.charCodeAt(index)) % 1009;
	return 0.9 + (hash / 1009) * 0.2;
}

/**
 * Waits until a task has a final status; a failed task is a result, too.
 * @returns the task; `settled: false` with the last state seen when the time is up
 * @throws TaskNotFinishedError, which carries the task ID, when the execution is cancelled or the
 *         checks fail for good
 */
export async function waitForVideoTask(
	connection: ProviderConnection,
	taskId: string,
	{ timeoutMs, pollingIntervalMs, isNew, expected, onCheck }: TaskWait,
): Promise<{ settled: boolean; task?: VideoTask }> {
	const { provider, clock, signal, testMode } = connection;
	const end = endOfTask();
	const begunAtMs = clock.monotonicMs();
	const reader = openTaskReader(connection, taskId);
	const check = async () => {
		// What is given back as unfinished is told in full.
		const isLast = clock.monotonicMs() - begunAtMs >= timeoutMs;
		const task = await (isLast ? reader.readAlone() : reader.read());
		onCheck?.(task);
		const ended = end.endedTask(task, clock.monotonicMs());
		return { task: ended ?? task, hasEnded: ended !== undefined };
	};
	/** By the provider's own time of creation; -Infinity if it gives none. */
	const ageOf = (task?: VideoTask) => clock.now() - (task?.createdAtMs ?? Infinity);
	const wait = await outcomeOf(
		pollUntil(check, ({ hasEnded }) => hasEnded, {
			clock,
			signal,
			timeoutMs,
			nextIntervalMs: (waitedMs, last) =>
				pollingIntervalMs ??
				testMode?.taskIntervalMs ??
				automaticTaskIntervalMs(isNew ? waitedMs : Math.max(waitedMs, ageOf(last?.task)), {
					expected: expected?.(),
					progressPercent: last?.task.progressPercent,
					jitter: jitterOf(taskId),
					checkedTogether: reader.countTogether(),
				}),
			checkAtOnce: !isNew,
			pause: async (durationMs, pauseSignal) => await reader.pause(durationMs, pauseSignal),
			isTransient: isNew ? isTransientOrNew : isTransientFault,
		}),
	);
	reader.close();
	if (wait.ok) return { settled: wait.value.settled, task: wait.value.value?.task };
	const { displayName } = provider;
	if (signal?.aborted) {
		throw new TaskNotFinishedError(
			displayName,
			taskId,
			'was still running when the wait for it was cancelled',
			'cancelled',
		);
	}
	const { error } = wait;
	if (!isNew && error instanceof SeedanceError && error.details.reason === 'notFound') {
		throw error.with({ taskId });
	}
	const why = error instanceof Error ? error.message : String(error);
	if (!(error instanceof SeedanceError)) {
		throw new TaskNotFinishedError(displayName, taskId, `could not be followed: ${why}`, 'unknown');
	}
	const { reason, description, statusCode, requestId } = error.details;
	throw new TaskNotFinishedError(displayName, taskId, `could not be followed: ${why}`, reason, description).with({
		statusCode,
		requestId,
	});
}
