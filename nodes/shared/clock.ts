import { sleep } from 'n8n-workflow';

/** Time as the package sees it, so that tests can bring their own. */
export interface Clock {
	/** Milliseconds since the epoch. */
	now(): number;
	/** Rejects as soon as the signal aborts. */
	sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
	now: () => Date.now(),

	async sleep(durationMs, signal) {
		signal?.throwIfAborted();
		if (!signal) {
			await sleep(durationMs);
			return;
		}
		// n8n before 2.35 ignores the second argument of sleep: the race ends the wait there too.
		let onAbort = () => {};
		const aborted = new Promise<never>((_resolve, reject) => {
			onAbort = () => reject(toError(signal.reason));
			signal.addEventListener('abort', onAbort, { once: true });
		});
		await Promise.race([sleep(durationMs, signal), aborted]).finally(() =>
			signal.removeEventListener('abort', onAbort),
		);
	},
};

function toError(reason: unknown): Error {
	return reason instanceof Error ? reason : new Error(String(reason));
}
