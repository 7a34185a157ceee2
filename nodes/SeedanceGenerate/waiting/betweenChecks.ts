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
import { readWaitSettings } from './wait.fields';
import { unfinished } from './inThisNode';
import { type Rounds, type WaitRecord, readWaitRecord, writeWaitRecord } from './waitRecord';

/**
 * Waiting without a worker: checks each task once; while one is open, the whole execution is suspended with
 * all items. When n8n wakes it, the items leave by Still Running, come back to the input, and are checked
 * again. Finished items are kept as they are until the last one is.
 */

const stillRunningOutput = 0;
/**
 * n8n searches once a minute for executions to wake. One that sleeps longer than that is woken on time, any
 * other at the next search: a shorter pause gains nothing.
 */
const automaticPauseMs = 61_000;

/** @throws InputError, which carries the task ID, where an execution cannot be suspended, or would end there */
export function refuseSuspending({ context }: Session, taskId: string): void {
	if (isWiredToItself(context, stillRunningOutput) === false) {
		const allowed = 'the output "Still Running" has to be connected to the input of this node';
		const given = 'it leads elsewhere or nowhere';
		const description = `Connect it, then run this again; this starts no new generation. Task ${taskId} was not asked for: it goes on at the provider, and is already paid.`;
		throw new InputError([{ field: 'Free the Worker Between Checks', allowed, given }]).with({ taskId, description });
	}
}

/**
 * Reads the task and the settings of an item from its fields, or from what was recorded when its first round
 * began: an item that comes back is the task itself, in which their expressions may find nothing.
 * @throws InputError if neither tells a task
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
 * @throws TaskFailedError, TaskNotFinishedError when the task is too old, or the error of the check if it will
 *         not heal; all carry the task ID
 */
export async function checkOrSuspend(
	session: Session,
	{ taskId, rounds, wait, delivery }: WaitRecord & { taskId: string },
): Promise<OutputItem> {
	const { context, itemIndex, provider, connection } = session;
	const returned = context.getInputData()[itemIndex];
	if (returned && isDone(returned.json, taskId)) return { json: returned.json, binary: returned.binary };

	const nowMs = connection.clock.now();
	const waitedMs = rounds === undefined ? 0 : waitedUntil(nowMs, rounds);
	const end = endOfTask(rounds?.doubtfulSinceMs);
	const check = await outcomeOf(callProvider(connection, provider.videoTasks.get, { taskId }));
	if (!check.ok && !isTransientFault(check.error)) {
		throw check.error instanceof SeedanceError ? check.error.with({ taskId }) : check.error;
	}
	const task: VideoTask = check.ok ? check.value : { id: taskId, status: 'running', raw: undefined };
	const ended = check.ok ? end.judge(task, waitedMs) : undefined;
	const pauseMs = Math.min(wait.pollingIntervalMs ?? automaticPauseMs, Math.max(0, wait.timeoutMs - waitedMs));
	const round = { waitedMs, checkedAtMs: nowMs, pauseMs, doubtfulSinceMs: end.sinceMs };
	writeWaitRecord(context.getContext('node'), taskId, { rounds: round, wait, delivery });
	if (ended) return await deliver(session, requireVideo(session, ended), delivery);
	if (waitedMs >= wait.timeoutMs) return unfinished(session, taskId, task, wait, delivery);
	return { ...shapeTask(session, task, delivery), resumeAtMs: nowMs + pauseMs };
}

/**
 * An item that failed in an earlier round comes back as its error item, in which the expression of the
 * field Task ID finds nothing.
 * @returns it as it is, so that its message and its task ID are not lost
 */
export function failedEarlier({ context, itemIndex, parameters }: Session): OutputItem | undefined {
	if (!context.continueOnFail() || parameters.locator('taskId', 'Task')) return undefined;
	const json = context.getInputData()[itemIndex]?.json;
	return json && readString(json.error) && isObject(json.details) ? { json } : undefined;
}

/** An item of an earlier round whose task has ended. */
function isDone(json: Readonly<Record<string, unknown>>, taskId: string): boolean {
	return (
		json.taskId === taskId &&
		'videoUrlExpiresAt' in json &&
		taskStatuses.some((status) => status === json.status && isSettledStatus(status)) &&
		// The link may come yet.
		(json.status !== 'succeeded' || readString(json.videoUrl) !== undefined)
	);
}

/** n8n wakes an execution within a minute or so; what is later by more is a clock that was set, or an n8n that was down. */
const maxLateMs = 600_000;

/**
 * How long a task was waited for in all rounds so far, in milliseconds. Only the wall clock lasts from round to
 * round, and it can be set meanwhile: a pause that cannot be true counts as it was planned.
 */
function waitedUntil(nowMs: number, { waitedMs, checkedAtMs, pauseMs }: Rounds): number {
	const pausedMs = nowMs - checkedAtMs;
	const isPlausible = pausedMs >= 0 && pausedMs <= pauseMs + maxLateMs;
	return waitedMs + (isPlausible ? pausedMs : pauseMs);
}
