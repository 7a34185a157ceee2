import { type Clock, untilAborted, withDeadline } from '../clock';
import { expiringMap } from '../expiringMap';
import { type Outcome, outcomeOf } from '../outcome';
import type { VideoTaskBatch } from '../providers/adapter';
import { callProvider } from '../request/callProvider';
import type { ProviderConnection } from '../request/connection';
import { redactor } from '../request/redact';
import { isSettledStatus, type VideoTask } from '../vocabulary';

/*
 * Tasks of one account that are waited for at the same time, by items and executions of this process, are checked
 * together where the provider tells the state of several in one request: the first check that is due asks for all of
 * them, and what it learns ends the pauses of the others. A task that the answer lacks, or that nobody else waits
 * beside, is read alone, as is every task for a minute after such a request has failed. The request belongs to the
 * execution whose check was due; if that is stopped, another one takes its place.
 */

/** Reads one task again and again, together with others where that saves requests. */
export interface TaskReader {
	/** @throws ProviderError as `callProvider`; the reason of the connection's signal if it aborts */
	read(): Promise<VideoTask>;
	/** All that the provider tells of this task, by a request of its own. @throws ProviderError as `callProvider` */
	readAlone(): Promise<VideoTask>;
	/**
	 * Pauses until the next check is due, or until a request of another wait has brought the state of this task, which
	 * the next `read` returns. Rejects as soon as the signal aborts.
	 */
	pause: Clock['sleep'];
	/** How many tasks, this one included, are checked by the same request. */
	countTogether(): number;
	/** Call this when the wait is over. */
	close(): void;
}

/** Somebody who waits for a task. */
interface Waiter {
	taskId: string;
	connection: ProviderConnection;
	/** When the next check is due, in milliseconds of the monotonic clock; Infinity after a check. */
	dueAtMs: number;
	/** The last answer that should have had the task did not. */
	isLacking: boolean;
	/** What the last request for several tasks has told, until it is read. */
	news?: VideoTask;
	/** Ends the pause. */
	wake(): void;
}

/** A request for several tasks. */
interface Round {
	leader: Waiter;
	asked: Set<Waiter>;
	/** The execution of the leader has ended meanwhile. */
	isBrokenOff: boolean;
	request: Promise<unknown>;
	/** Never rejects. */
	done: Promise<void>;
}

interface Account {
	key: string;
	batch: VideoTaskBatch;
	waiters: Set<Waiter>;
	round?: Round;
}

const accounts = new Map<string, Account>();

/** Slower answers are no gain over reading each task alone. */
const roundTimeoutMs = 5_000;
/** Accounts whose last request for several tasks has failed. */
const failedAccounts = expiringMap<true>(60_000);
/** When each account was last asked for several tasks, in milliseconds of the monotonic clock; no provider wants longer pauses. */
const lastRoundsMs = expiringMap<number>(60_000);

/** Begins to wait for a task; `close` ends it. */
export function openTaskReader(connection: ProviderConnection, taskId: string): TaskReader {
	const { provider, clock, signal } = connection;
	const { get, getMany } = provider.videoTasks;
	const readAlone = async () => await callProvider(connection, get, { taskId });
	if (!getMany || connection.testMode) {
		const pause: TaskReader['pause'] = async (...pauses) => await clock.sleep(...pauses);
		return { read: readAlone, readAlone, pause, countTogether: () => 1, close() {} };
	}
	const account = accountOf(connection, getMany);
	const waiter: Waiter = { taskId, connection, dueAtMs: clock.monotonicMs(), isLacking: false, wake() {} };
	account.waiters.add(waiter);
	return {
		async read() {
			waiter.dueAtMs = clock.monotonicMs();
			// Until all whose checks are due at this moment have said so.
			if (!waiter.news) await clock.sleep(0, signal);
			const news = await readTogether(account, waiter);
			const task = news && isEnough(account, waiter, news) ? news : await readAlone();
			waiter.news = undefined;
			waiter.dueAtMs = Infinity;
			return task;
		},
		readAlone,
		async pause(durationMs, pauseSignal) {
			waiter.dueAtMs = clock.monotonicMs() + durationMs;
			waiter.news = undefined;
			const woken = new AbortController();
			waiter.wake = () => woken.abort();
			const paused = await outcomeOf(clock.sleep(durationMs, AbortSignal.any([woken.signal, ...(pauseSignal ? [pauseSignal] : [])])));
			waiter.wake = () => {};
			pauseSignal?.throwIfAborted();
			if (!paused.ok && !woken.signal.aborted) throw paused.error;
		},
		countTogether: () => (isWorthARound(account, waiter) ? Math.min(account.waiters.size, getMany.maxTasks) : 1),
		close() {
			account.waiters.delete(waiter);
			if (account.waiters.size === 0 && accounts.get(account.key) === account) accounts.delete(account.key);
		},
	};
}

/** Reads a task once; several that are read at the same moment are read together. @throws as `TaskReader.read` */
export async function readTask(connection: ProviderConnection, taskId: string): Promise<VideoTask> {
	const reader = openTaskReader(connection, taskId);
	return await reader.read().finally(() => reader.close());
}

/** Waits with the same key at the same address share their requests; what one credential forbids is no request of another. */
function accountOf({ provider, baseUrl, allowedDomains, apiKey }: ProviderConnection, batch: VideoTaskBatch): Account {
	const key = JSON.stringify([provider.id, baseUrl, allowedDomains, apiKey]);
	const account = accounts.get(key) ?? { key, batch, waiters: new Set() };
	accounts.set(key, account);
	return account;
}

/** @returns what a request for several tasks tells of this one; undefined if it has to be read alone */
async function readTogether(account: Account, waiter: Waiter): Promise<VideoTask | undefined> {
	const { signal } = waiter.connection;
	while (!waiter.news && isWorthARound(account, waiter)) {
		const round = (account.round ??= startRound(account, waiter));
		// What the leader has sent gets the time to finish that `pollUntil` gives to every request.
		if (round.leader === waiter) await round.request;
		await untilAborted(round.done, signal);
		signal?.throwIfAborted();
		if (round.asked.has(waiter) && !round.isBrokenOff) break;
	}
	return waiter.news;
}

/** One request for a single task is one by its ID. */
function isWorthARound({ key, waiters }: Account, waiter: Waiter): boolean {
	if (waiter.isLacking || failedAccounts.get(key)) return false;
	for (const other of waiters) if (other.taskId !== waiter.taskId && !other.isLacking) return true;
	return false;
}

function startRound(account: Account, leader: Waiter): Round {
	const { signal } = leader.connection;
	const asked = new Set([leader]);
	const request = outcomeOf(askForMany(account, leader, asked));
	const round: Round = { leader, asked, isBrokenOff: false, request, done: Promise.resolve() };
	round.done = outcomeOf(untilAborted(request, signal)).then((outcome) => {
		account.round = undefined;
		const answer: Outcome<VideoTask[]> = outcome.ok ? outcome.value : outcome;
		if (answer.ok) tellAll(account, asked, answer.value);
		else if (signal?.aborted) round.isBrokenOff = true;
		else failedAccounts.set(account.key, true);
	});
	return round;
}

/** @param asked gets the waiters whose tasks are asked for, when the request is sent */
async function askForMany({ key, batch, waiters }: Account, { connection }: Waiter, asked: Set<Waiter>): Promise<VideoTask[]> {
	const { clock, signal } = connection;
	const { endpoint, maxTasks, minIntervalMs = 0 } = batch;
	const pauseMs = (lastRoundsMs.get(key) ?? -Infinity) + minIntervalMs - clock.monotonicMs();
	if (minIntervalMs > 0 && pauseMs > 0) await clock.sleep(Math.min(pauseMs, minIntervalMs), signal);
	lastRoundsMs.set(key, clock.monotonicMs());
	const taskIds = new Set([...asked].map(({ taskId }) => taskId));
	for (const waiter of inOrder(waiters)) {
		if (taskIds.size >= maxTasks && !taskIds.has(waiter.taskId)) continue;
		taskIds.add(waiter.taskId);
		asked.add(waiter);
	}
	const deadline = { clock, timeoutMs: roundTimeoutMs, what: 'Reading several tasks' };
	return await withDeadline(deadline, async (deadlineSignal) => {
		const ownSignal = AbortSignal.any([deadlineSignal, ...(signal ? [signal] : [])]);
		// Not behind the other requests of this execution, as others wait for the answer.
		const ownConnection = { ...connection, signal: ownSignal, inFlight: async <Result>(work: () => Promise<Result>) => await work() };
		return await callProvider(ownConnection, endpoint, { taskIds: [...taskIds] });
	});
}

/** Those whose check is due, or will be soonest, first; those that the provider could not tell of last. */
const inOrder = (waiters: ReadonlySet<Waiter>) =>
	[...waiters].sort((one, other) => Number(one.isLacking) - Number(other.isLacking) || one.dueAtMs - other.dueAtMs);

/** Gives every waiter the state of its task. */
function tellAll({ waiters }: Account, asked: ReadonlySet<Waiter>, tasks: readonly VideoTask[]): void {
	const taskById = new Map(tasks.map((task) => [task.id, task]));
	for (const waiter of waiters) {
		const task = taskById.get(waiter.taskId);
		if (task) {
			waiter.news = task;
			waiter.dueAtMs = Infinity;
			waiter.isLacking = false;
			waiter.wake();
		} else if (asked.has(waiter)) waiter.isLacking = true;
	}
}

/**
 * Whether the answer to a request for several tasks will do in place of one for this task: it has all that is needed,
 * and repeats no secret of this connection, as those who asked redact only their own.
 */
function isEnough({ batch }: Account, { connection }: Waiter, task: VideoTask): boolean {
	const isOpen = !isSettledStatus(task.status) && task.likelyFailure === undefined;
	if (!isOpen && !batch.isComplete) return false;
	const text = JSON.stringify(task);
	return redactor(connection.secrets).text(text) === text;
}
