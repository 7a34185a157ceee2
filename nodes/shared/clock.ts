import { sleep } from 'n8n-workflow';

/** Time as the package sees it, so that tests can bring their own. */
export interface Clock {
	/** Milliseconds since the epoch. The wall clock: it can be set back or ahead at any moment. */
	now(): number;
	/** Milliseconds since some moment; never set, so that a difference is a time that has passed in this process. */
	monotonicMs(): number;
	/** Rejects as soon as the signal aborts. */
	sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
	now: () => Date.now(),

	monotonicMs: () => performance.now(),

	async sleep(durationMs, signal) {
		signal?.throwIfAborted();
		// n8n before 2.35 ignores the second argument of sleep: the race ends the wait there too.
		await untilAborted(sleep(durationMs, signal), signal);
	},
};

/** What the work brings, or a rejection as soon as the signal aborts; the work itself may go on then. */
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
