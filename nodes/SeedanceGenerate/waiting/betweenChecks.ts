import { InputError, SeedanceError } from '../../shared/errors';
import { deliver, readDelivery, requireVideo, shapeTask } from '../../shared/node/deliver';
import type { OutputItem, Session } from '../../shared/node/operation';
import { isWiredToItself } from '../../shared/node/n8nInternals';
import { readTaskId } from '../../shared/node/pickers';
import { isObject, readString } from '../../shared/providers/read';
import { callProvider } from '../../shared/request/callProvider';
import { outcomeOf } from '../../shared/outcome';
import { isSettledStatus, taskStatuses, type VideoTask } from '../../shared/vocabulary';
import { endOfTask } from '../../shared/wait/endOfTask';
import { isTransientFault } from '../../shared/wait/pollUntil';
import { readTask } from '../../shared/wait/taskReader';
import { readWaitSettings } from './wait.fields';
import { itemOnTimeout } from './inThisNode';
import { type Rounds, type WaitRecord, readWaitRecord, writeWaitRecord } from './waitRecord';

/**
 * Waits without holding a worker. Each round checks every task once; while one is open, the whole execution is
 * suspended with all items. When n8n resumes it, the items leave by Still Running, come back to the input, and are
 * checked again. Finished items are kept as they are until all have finished.
 */

const stillRunningOutput = 0;
/**
 * n8n searches once a minute for executions to resume. One that is suspended for longer than that is resumed on time,
 * any other at the next search, so a shorter pause gains nothing.
 */
const automaticPauseMs = 61_000;

/** @throws InputError, which carries the task ID, if Still Running is not connected back: the suspended items would be lost */
export function requireLoop({ context }: Session, taskId: string): void {
	if (isWiredToItself(context, stillRunningOutput) === false) {
		const message =
			'Pause Between Checks needs the output "Still Running" connected to the input of this node; it leads elsewhere or nowhere.';
		const advice = 'Connect it, then run this again; that is not paid again.';
		const closing = `Task ${taskId} was not checked: it continues at the provider, and is already paid.`;
		throw new InputError([{ field: 'Pause Between Checks', message, advice }], closing).with({ taskId });
	}
}

/**
 * Reads the task and the settings of an item: in the first round from its fields, later from what that round stored.
 * An item that comes back is the task itself, in which the expressions of the fields may find nothing.
 * @throws InputError if neither has a task ID
 */
export function readWait(session: Session): WaitRecord & { taskId: string } {
	const { context, itemIndex, parameters, run } = session;
	const memory = context.getContext('node');
	const returnedId = readString(context.getInputData()[itemIndex]?.json.taskId);
	const isReturned = returnedId !== undefined && readWaitRecord(memory, returnedId) !== undefined;
	const taskId = (isReturned ? (parameters.id('taskId', 'Task') ?? returnedId) : undefined) ?? readTaskId(session);
	run.askedTaskIds.set(itemIndex, taskId);
	const earlier = readWaitRecord(memory, taskId);
	if (earlier) return { ...earlier, taskId };
	return { wait: readWaitSettings(parameters), delivery: readDelivery(parameters), taskId };
}

/**
 * Checks the task once.
 * @returns the finished item, or the open task with `resumeAtMs`, which suspends the execution
 * @throws TaskFailedError, TaskNotFinishedError when the time is up, or the error of the check if it is not
 *         transient; all carry the task ID
 */
export async function checkOrSuspend(
	session: Session,
	{ taskId, rounds, wait, delivery }: WaitRecord & { taskId: string },
): Promise<OutputItem> {
	const { context, itemIndex, provider, connection } = session;
	const returned = context.getInputData()[itemIndex];
	// In the first round it is what the node before has made of the task, maybe without the files.
	if (rounds && returned && isDone(returned.json, taskId)) return { json: returned.json, binary: returned.binary };

	const nowMs = connection.clock.now();
	const waitedMs = rounds === undefined ? 0 : waitedUntil(nowMs, rounds);
	const end = endOfTask(rounds?.doubtfulSinceMs);
	// What is given back as unfinished is told in full.
	const isLast = waitedMs >= wait.timeoutMs;
	const check = await outcomeOf(
		isLast ? callProvider(connection, provider.videoTasks.get, { taskId }) : readTask(connection, taskId),
	);
	if (!check.ok && !isTransientFault(check.error)) {
		throw check.error instanceof SeedanceError ? check.error.with({ taskId }) : check.error;
	}
	const task: VideoTask = check.ok ? check.value : { id: taskId, status: 'running', raw: undefined };
	const ended = check.ok ? end.endedTask(task, waitedMs) : undefined;
	const pauseMs = Math.min(wait.pollingIntervalMs ?? automaticPauseMs, Math.max(0, wait.timeoutMs - waitedMs));
	const round = { waitedMs, checkedAtMs: nowMs, pauseMs, doubtfulSinceMs: end.sinceMs };
	writeWaitRecord(context.getContext('node'), taskId, { rounds: round, wait, delivery });
	if (ended) return await deliver(session, requireVideo(session, ended), delivery);
	if (isLast) return itemOnTimeout(session, taskId, task, wait, delivery);
	return { ...shapeTask(session, task, delivery), resumeAtMs: nowMs + pauseMs };
}

/**
 * Finds an item that failed in an earlier round: it comes back as its error item, in which the expression of the field
 * Task ID finds nothing.
 * @returns the error item unchanged, so that its message and its task ID are not lost; undefined for any other item
 */
export function failedEarlier({ context, itemIndex, parameters }: Session): OutputItem | undefined {
	if (!context.continueOnFail() || parameters.locator('taskId', 'Task')) return undefined;
	const json = context.getInputData()[itemIndex]?.json;
	return json && readString(json.error) && isObject(json.details) ? { json } : undefined;
}

/** Whether an item was finished in an earlier round. */
function isDone(json: Readonly<Record<string, unknown>>, taskId: string): boolean {
	return (
		json.taskId === taskId &&
		'videoUrlExpiresAt' in json &&
		taskStatuses.some((status) => status === json.status && isSettledStatus(status)) &&
		// The link to the video may still be missing.
		(json.status !== 'succeeded' || readString(json.videoUrl) !== undefined)
	);
}

/** n8n resumes an execution within about a minute. A later one means that the clock was set, or that n8n was down. */
const maxLateMs = 600_000;

/**
 * @returns how long a task was waited for in all rounds so far, in milliseconds. Only the wall clock is comparable
 *          between rounds, and it can be set meanwhile: an implausible pause counts with its planned length.
 */
function waitedUntil(nowMs: number, { waitedMs, checkedAtMs, pauseMs }: Rounds): number {
	const pausedMs = nowMs - checkedAtMs;
	const isPlausible = pausedMs >= 0 && pausedMs <= pauseMs + maxLateMs;
	return waitedMs + (isPlausible ? pausedMs : pauseMs);
}
