import { sleep } from 'n8n-workflow';

/** The time of the package; tests use a virtual one. */
export interface Clock {
	/** Milliseconds since the epoch, by the wall clock: it can be set back or ahead at any moment. */
	now(): number;
	/** Milliseconds since an arbitrary moment; never set, so differences are elapsed time of this process. */
	monotonicMs(): number;
	/** Rejects as soon as the signal aborts. */
	sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
	now: () => Date.now(),

	monotonicMs: () => performance.now(),

	async sleep(durationMs, signal) {
		signal?.throwIfAborted();
		for (let restMs = durationMs; ; restMs -= maxTimerMs) {
			const partMs = Math.min(restMs, maxTimerMs);
			// n8n before 2.35 ignores the second argument of sleep, so the race ends the wait as well.
			await untilAborted(sleep(partMs, signal), signal);
			if (restMs <= maxTimerMs) return;
		}
	},
};

/** Longer timers fire at once (Node's documentation of setTimeout). */
const maxTimerMs = 2 ** 31 - 1;

export interface Deadline {
	clock: Clock;
	timeoutMs: number;
	/** The start of the message when the time is up, e.g. "Asking the provider". */
	what: string;
}

/** @returns a signal that aborts when the time is up, unless `end` is called before */
export function startDeadline({ clock, timeoutMs, what }: Deadline): { signal: AbortSignal; end: () => void } {
	const deadline = new AbortController();
	const isOver = new AbortController();
	const abort = () => deadline.abort(new Error(`${what} took longer than ${Math.round(timeoutMs / 1000)} s`));
	void clock.sleep(timeoutMs, isOver.signal).then(abort, () => {});
	return { signal: deadline.signal, end: () => isOver.abort() };
}

/**
 * Limits the time that is waited for some work, whether or not the work heeds its signal.
 * @throws Error when the time is up; otherwise what the work throws
 */
export async function withDeadline<Value>(
	deadline: Deadline,
	work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
	const { signal, end } = startDeadline(deadline);
	return await untilAborted(work(signal), signal).finally(end);
}

/** The result of the work, or a rejection as soon as the signal aborts; the work itself may continue. */
export async function untilAborted<Value>(work: Promise<Value>, signal?: AbortSignal): Promise<Value> {
	if (!signal) return await work;
	let onAbort = () => {};
	const aborted = new Promise<never>((_resolve, reject) => {
		onAbort = () => reject(toError(signal.reason));
		if (signal.aborted) onAbort();
		signal.addEventListener('abort', onAbort, { once: true });
	});
	return await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

function toError(reason: unknown): Error {
	return reason instanceof Error ? reason : new Error(String(reason));
}
