import { InputError, SeedanceError } from '../../shared/errors';
import { type Delivery, deliver, requireVideo, shapeTask } from '../../shared/node/deliver';
import type { OutputItem, Session } from '../../shared/node/operation';
import { isWiredToItself } from '../../shared/node/n8nInternals';
import { isObject, readNumber, readObject, readString } from '../../shared/providers/read';
import { callProvider } from '../../shared/request/callProvider';
import { outcomeOf } from '../../shared/outcome';
import { isSettledStatus, taskStatuses, type VideoTask } from '../../shared/vocabulary';
import { endOfTask } from '../../shared/wait/endOfTask';
import { isTransientFault } from '../../shared/wait/pollUntil';
import type { WaitSettings } from './wait.fields';
import { unfinished } from './inThisNode';

/**
 * Waiting without a worker: looks once at each task; while one is open, the whole execution is put aside
 * with all items. When n8n wakes it, the items leave by Still Running, come back to the input, and are
 * looked at again. Finished items are kept as they are until the last one is.
 */

const stillRunningOutput = 0;
/**
 * n8n looks once a minute for executions to wake. One that sleeps longer than that is woken on time,
 * any other at the next look: a shorter pause gains nothing.
 */
const automaticPauseMs = 61_000;

/** @throws InputError, which carries the task ID, where an execution cannot be put aside, or would end there */
export function refuseSuspending({ context }: Session, taskId: string): void {
	if (isWiredToItself(context, stillRunningOutput) === false) {
		const allowed = 'the output "Still Running" has to be connected to the input of this node';
		const given = 'it leads elsewhere or nowhere';
		const description = `Connect it, then run this again; this starts no new generation. Task ${taskId} was not asked for: it goes on at the provider, and is already paid.`;
		throw new InputError([{ field: 'Free the Worker Between Checks', allowed, given }]).with({ taskId, description });
	}
}

/**
 * @throws TaskFailedError, TaskNotFinishedError when the task is too old, or the error of the look if
 *         it will not heal; all carry the task ID
 */
export async function checkOrSuspend(
	session: Session,
	taskId: string,
	wait: WaitSettings,
	delivery: Delivery,
): Promise<OutputItem> {
	const { context, itemIndex, provider, connection } = session;
	const returned = context.getInputData()[itemIndex];
	if (returned && isDone(returned.json, taskId)) return { json: returned.json, binary: returned.binary };

	const nowMs = connection.clock.now();
	const rounds = roundsOf(session, taskId);
	const waitedMs = rounds.waitedUntil(nowMs);
	const end = endOfTask(rounds.doubtfulSinceMs);
	const look = await outcomeOf(callProvider(connection, provider.videoTasks.get, { taskId }));
	if (!look.ok && !isTransientFault(look.error)) {
		throw look.error instanceof SeedanceError ? look.error.with({ taskId }) : look.error;
	}
	const task: VideoTask = look.ok ? look.value : { id: taskId, status: 'running', raw: undefined };
	const ended = look.ok ? end.judge(task, waitedMs) : undefined;
	if (ended) return await deliver(session, requireVideo(session, ended), delivery);
	if (waitedMs >= wait.timeoutMs) return unfinished(session, taskId, task, wait, delivery);
	const pauseMs = Math.min(wait.pollingIntervalMs ?? automaticPauseMs, wait.timeoutMs - waitedMs);
	rounds.keep({ waitedMs, checkedAtMs: nowMs, pauseMs, doubtfulSinceMs: end.sinceMs });
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
 * What the rounds so far know of the wait for a task, kept with the execution. Only the wall clock lasts from round
 * to round, and it can be set meanwhile: a pause that cannot be true counts as it was planned.
 */
function roundsOf({ context }: Session, taskId: string) {
	const memory = context.getContext('node');
	const key = `wait for ${taskId}`;
	const known = readObject(memory[key]);
	const before = { waitedMs: readNumber(known.waitedMs) ?? 0, pauseMs: readNumber(known.pauseMs) ?? 0 };
	const checkedAtMs = readNumber(known.checkedAtMs);
	return {
		/** How long it was waited for in all rounds so far, in milliseconds. */
		waitedUntil(nowMs: number): number {
			const pausedMs = nowMs - (checkedAtMs ?? nowMs);
			const isPlausible = pausedMs >= 0 && pausedMs <= before.pauseMs + maxLateMs;
			return before.waitedMs + (isPlausible ? pausedMs : before.pauseMs);
		},
		/** Counted like the time that was waited. */
		doubtfulSinceMs: readNumber(known.doubtfulSinceMs),
		keep: (round: { waitedMs: number; checkedAtMs: number; pauseMs: number; doubtfulSinceMs?: number }) =>
			void (memory[key] = round),
	};
}
