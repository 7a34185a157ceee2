import type { ProviderRequest, RetryRule } from '../providers/adapter';
import { readNumber, readString } from '../providers/read';
import { plausibleTime } from '../time';
import type { Exchange } from './exchange';

const maxAttempts = 4;
const firstDelayMs = 1_000;
/** Longer waits are for the user to decide. */
export const maxRetryAfterMs = 60_000;
export const transientStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface Attempt {
	/** Counted from 1. */
	attempt: number;
	/** Since the first attempt. */
	spentMs: number;
	/** Set if the provider's refusal allows to retry, see `FailureHint`. */
	repeat?: RetryRule;
	/** It is unknown whether the request was accepted. */
	isUnsure: boolean;
}

/**
 * Decides whether and when to send a request again. One that is paid or creates something is sent again only after
 * the provider's own 429, or another refusal that says that nothing was done; an idempotency key makes every repeat
 * harmless.
 * @returns milliseconds to wait before the next attempt, undefined to give up
 */
export function retryDelayMs(
	request: ProviderRequest,
	exchange: Exchange,
	{ attempt, spentMs, repeat, isUnsure }: Attempt,
): number | undefined {
	const askedMs = exchange.answered ? readRetryAfterMs(exchange.headers) : undefined;
	if (repeat) {
		const delayMs = Math.max(askedMs ?? 0, jitter(repeat.intervalMs));
		return spentMs + delayMs <= repeat.maxMs ? delayMs : undefined;
	}
	if (attempt >= maxAttempts || !mayRepeat(request, exchange, isUnsure)) return undefined;
	if (askedMs !== undefined) return askedMs <= maxRetryAfterMs ? askedMs : undefined;
	return backoffMs(firstDelayMs, attempt);
}

/** How long to wait after an attempt, counted from 1: twice as long each time. */
export const backoffMs = (firstDelayMs: number, attempt: number) => jitter(firstDelayMs * 2 ** (attempt - 1));

/** Half fixed, half random, so that many items do not retry at the same moment. */
export const jitter = (delayMs: number) => delayMs * (0.5 + Math.random() / 2);

function mayRepeat(
	{ repeatable, idempotencyKey, isSentOnce }: ProviderRequest,
	exchange: Exchange,
	isUnsure: boolean,
): boolean {
	if (isSentOnce) return false;
	const isHarmless = repeatable || idempotencyKey !== undefined;
	if (!exchange.answered) return isHarmless;
	// Accepted without a readable answer: only a repeat under the same key returns the task.
	if (exchange.statusCode < 300) return isUnsure && idempotencyKey !== undefined;
	return isHarmless ? transientStatuses.has(exchange.statusCode) : exchange.statusCode === 429 && !isUnsure;
}

/** Nobody asks to wait for more than a year. */
const maxMeantSeconds = 366 * 24 * 60 * 60;

/** @returns milliseconds from a Retry-After header in seconds or as a date (RFC 9110, 10.2.3) */
export function readRetryAfterMs(headers: Readonly<Record<string, unknown>>): number | undefined {
	const value = headers['retry-after'];
	const seconds = readNumber(value);
	if (seconds !== undefined) return seconds <= maxMeantSeconds ? Math.max(0, seconds * 1000) : undefined;
	const dateMs = plausibleTime(Date.parse(readString(value) ?? ''));
	return dateMs === undefined ? undefined : Math.max(0, dateMs - Date.now());
}
