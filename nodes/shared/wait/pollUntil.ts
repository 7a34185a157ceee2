import { type Clock, untilAborted } from '../clock';
import { SeedanceError } from '../errors';
import { type Outcome, outcomeOf } from '../outcome';
import type { FailureReason } from '../vocabulary';

export interface PollOptions<Value> {
	clock: Clock;
	signal?: AbortSignal;
	/** Milliseconds from now until the wait gives up. */
	timeoutMs: number;
	/** Milliseconds until the next look at something that was waited for so long and was last seen like this. */
	nextIntervalMs: (waitedMs: number, last?: Value) => number;
	/** Looks once before the first pause; for things that may be settled already. */
	checkAtOnce?: boolean;
	/** A failed look that may heal; by default faults of the network and of the server. */
	isTransient?: (error: unknown, waitedMs: number) => boolean;
}

export type PollResult<Value> =
	| { settled: true; value: Value }
	/** The time is up; the value is the last one seen. */
	| { settled: false; value?: Value };

/** In a row, each of them already repeated by the request helper; a success starts the count anew. */
const maxConsecutiveFailures = 10;

/**
 * The only loop that waits: looks, pauses, looks again until the value is settled or time is up.
 * The last look happens at the deadline itself.
 * @throws what the probe throws when it is not transient or too many looks failed in a row;
 *         the reason of the signal when it aborts
 */
export async function pollUntil<Value>(
	probe: () => Promise<Value>,
	isSettled: (value: Value) => boolean,
	options: PollOptions<Value>,
): Promise<PollResult<Value>> {
	const { clock, signal, timeoutMs, nextIntervalMs, isTransient = isTransientFault } = options;
	const begunAtMs = clock.monotonicMs();
	const waitedMs = () => clock.monotonicMs() - begunAtMs;
	let last: Value | undefined;
	let failures = 0;
	let askedPauseMs = 0;
	for (let looks = 0; ; looks++) {
		if (looks > 0 || !options.checkAtOnce) {
			const intervalMs = Math.max(nextIntervalMs(waitedMs(), last), askedPauseMs);
			await clock.sleep(Math.max(0, Math.min(intervalMs, timeoutMs - waitedMs())), signal);
		}
		const look = await finishWithinGrace(probe(), clock, signal);
		signal?.throwIfAborted();
		if (look.ok) {
			if (isSettled(look.value)) return { settled: true, value: look.value };
			last = look.value;
			failures = 0;
			askedPauseMs = 0;
		} else {
			failures++;
			if (!isTransient(look.error, waitedMs()) || failures >= maxConsecutiveFailures) {
				throw look.error;
			}
			askedPauseMs =
				look.error instanceof SeedanceError ? (look.error.details.retryAfterMs ?? 0) : 0;
		}
		if (waitedMs() >= timeoutMs) return { settled: false, value: last };
	}
}

/**
 * A look is not ended by an item that fails, nor in n8n 1 by Stop. It gets a moment, so that nothing is sent
 * once the node has ended; one that is not answered is left alone.
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

export function isTransientFault(error: unknown): boolean {
	return error instanceof SeedanceError && transientReasons.includes(error.details.reason);
}

/** A thing that was just made may not be known everywhere at the provider yet. */
export function isTransientOrNew(error: unknown, waitedMs: number): boolean {
	const isNew = waitedMs < propagationMs;
	return (
		isTransientFault(error) ||
		(isNew && error instanceof SeedanceError && error.details.reason === 'notFound')
	);
}

/** Clients of the gateway see a new asset appear after 3 to 20 s. */
const propagationMs = 30_000;
