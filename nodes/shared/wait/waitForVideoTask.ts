import { SeedanceError, TaskNotFinishedError } from '../errors';
import { callProvider } from '../request/callProvider';
import type { ProviderConnection } from '../request/connection';
import { outcomeOf } from '../outcome';
import type { VideoTask } from '../vocabulary';
import { isSettledStatus } from '../vocabulary';
import { automaticTaskIntervalMs, type ExpectedDuration } from './intervals';
import { isTransientFault, isTransientOrNew, pollUntil } from './pollUntil';

export interface TaskWait {
	timeoutMs: number;
	/** undefined: automatic, by the age of the task. */
	pollingIntervalMs?: number;
	/** True for a task that was created a moment ago, false for one that may be done already. */
	isNew: boolean;
	/** What is known of earlier tasks; asked before each look, as it may become more. */
	expected?: () => ExpectedDuration | undefined;
}

/** From 0.9 to 1.1, always the same for a task. */
function jitterOf(taskId: string): number {
	let hash = 7;
	for (let index = 0; index < taskId.length; index++) hash = (hash * 31 + taskId.charCodeAt(index)) % 1009;
	return 0.9 + (hash / 1009) * 0.2;
}

/** Some answers say "succeeded" before they carry the link. */
const linkGraceMs = 60_000;

/**
 * Waits until a task has settled; a failed task is a result too.
 * @returns the task; `settled: false` with the last state seen when the time is up
 * @throws TaskNotFinishedError, which carries the task ID, when the execution is cancelled or the
 *         provider cannot be asked any more
 */
export async function waitForVideoTask(
	connection: ProviderConnection,
	taskId: string,
	{ timeoutMs, pollingIntervalMs, isNew, expected }: TaskWait,
): Promise<{ settled: boolean; task?: VideoTask }> {
	const { provider, clock, signal } = connection;
	let succeededAtMs: number | undefined;
	const isSettled = (task: VideoTask) => {
		if (task.status !== 'succeeded' || task.videoUrl) return isSettledStatus(task.status);
		succeededAtMs ??= clock.monotonicMs();
		return clock.monotonicMs() - succeededAtMs >= linkGraceMs;
	};
	/** As the provider says, if it does. */
	const ageOf = (task?: VideoTask) => clock.now() - (task?.createdAtMs ?? Infinity);
	const wait = await outcomeOf(
		pollUntil(() => callProvider(connection, provider.videoTasks.get, { taskId }), isSettled, {
			clock,
			signal,
			timeoutMs,
			nextIntervalMs: (waitedMs, last) =>
				pollingIntervalMs ??
				automaticTaskIntervalMs(isNew ? waitedMs : Math.max(waitedMs, ageOf(last)), {
					expected: expected?.(),
					progressPercent: last?.progressPercent,
					jitter: jitterOf(taskId),
				}),
			checkAtOnce: !isNew,
			isTransient: isNew ? isTransientOrNew : isTransientFault,
		}),
	);
	if (wait.ok) return { settled: wait.value.settled, task: wait.value.value };
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
	const reason = error instanceof SeedanceError ? error.details.reason : 'unknown';
	throw new TaskNotFinishedError(displayName, taskId, `could not be followed: ${why}`, reason).with(
		error instanceof SeedanceError
			? { statusCode: error.details.statusCode, requestId: error.details.requestId }
			: {},
	);
}
