import { type Clock, untilAborted } from '../clock';
import { SeedanceError } from '../errors';
import { type Outcome, outcomeOf } from '../outcome';
import type { FailureReason } from '../vocabulary';

export interface PollOptions<Value> {
	clock: Clock;
	signal?: AbortSignal;
	/** Milliseconds from now until the wait gives up. */
	timeoutMs: number;
	/** Milliseconds until the next check, by the time waited so far and the last value. */
	nextIntervalMs: (waitedMs: number, last?: Value) => number;
	/** Pauses until the next check, or for less time if that is no longer needed; by default `sleep` of the clock. */
	pause?: Clock['sleep'];
	/** Checks before the first pause, for what may have a final value already. */
	checkAtOnce?: boolean;
	/** Whether a check that failed may succeed later; by default for faults of the network and of the server. */
	isTransient?: (error: unknown, waitedMs: number) => boolean;
}

export type PollResult<Value> =
	| { settled: true; value: Value }
	/** The time is up; `value` is the last one, undefined if no check succeeded. */
	| { settled: false; value?: Value };

/** Each of them was already retried by `callProvider`; a success resets the count. */
const maxConsecutiveFailures = 10;

/**
 * The only loop that waits: checks and pauses until the value is settled or the time is up. The last check happens
 * at the deadline itself.
 * @throws what the probe throws, if it is not transient or too many checks failed in a row; the reason of the signal
 *         if it aborts
 */
export async function pollUntil<Value>(
	probe: () => Promise<Value>,
	isSettled: (value: Value) => boolean,
	options: PollOptions<Value>,
): Promise<PollResult<Value>> {
	const { clock, signal, timeoutMs, nextIntervalMs, isTransient = isTransientFault } = options;
	const { pause = async (...pauses) => await clock.sleep(...pauses) } = options;
	const begunAtMs = clock.monotonicMs();
	const waitedMs = () => clock.monotonicMs() - begunAtMs;
	let last: Value | undefined;
	let failures = 0;
	let retryAfterMs = 0;
	for (let checks = 0; ; checks++) {
		if (checks > 0 || !options.checkAtOnce) {
			const intervalMs = Math.max(nextIntervalMs(waitedMs(), last), retryAfterMs);
			await pause(Math.max(0, Math.min(intervalMs, timeoutMs - waitedMs())), signal);
		}
		const check = await finishWithinGrace(probe(), clock, signal);
		signal?.throwIfAborted();
		if (check.ok) {
			if (isSettled(check.value)) return { settled: true, value: check.value };
			last = check.value;
			failures = 0;
			retryAfterMs = 0;
		} else {
			failures++;
			if (!isTransient(check.error, waitedMs()) || failures >= maxConsecutiveFailures) {
				throw check.error;
			}
			retryAfterMs =
				check.error instanceof SeedanceError ? (check.error.details.retryAfterMs ?? 0) : 0;
		}
		if (waitedMs() >= timeoutMs) return { settled: false, value: last };
	}
}

/**
 * The signal does not cancel a request: not when another item fails, and in n8n 1 not by Stop either. After an abort
 * the request gets a second to finish, so that nothing is sent after the node has ended; then it is abandoned.
 */
async function finishWithinGrace<Value>(work: Promise<Value>, clock: Clock, signal?: AbortSignal): Promise<Outcome<Value>> {
	const outcome = await outcomeOf(untilAborted(work, signal));
	if (!signal?.aborted) return outcome;
	const isOver = new AbortController();
	const pause = outcomeOf(clock.sleep(graceMs, isOver.signal));
	await Promise.race([outcomeOf(work), pause]);
	isOver.abort();
	return outcome;
}

const graceMs = 1_000;

const transientReasons: readonly FailureReason[] = [
	'network',
	'provider',
	'rateLimit',
	'unexpectedAnswer',
];

/** Whether a later check may succeed: faults of the network and of the provider. */
export function isTransientFault(error: unknown): boolean {
	return error instanceof SeedanceError && transientReasons.includes(error.details.reason);
}

/** As `isTransientFault`; also "not found" at first, as the provider may not know a new task or asset everywhere yet. */
export function isTransientOrNew(error: unknown, waitedMs: number): boolean {
	const isNew = waitedMs < propagationMs;
	return (
		isTransientFault(error) ||
		(isNew && error instanceof SeedanceError && error.details.reason === 'notFound')
	);
}

/** Clients of the gateway report that a new asset appears after 3 to 20 s. */
const propagationMs = 30_000;
