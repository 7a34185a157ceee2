import { expiringMap } from '../expiringMap';
import { readString } from '../providers/read';
import { plausibleTime } from '../time';
import type { ProviderConnection } from './connection';

/** By base URL: the provider's wall clock when this process was at 0 of its monotonic clock, which nobody sets. */
const zeroTimesMs = expiringMap<number>(60 * 60 * 1000);

/** @param date the Date header of an answer (RFC 9110, 6.6.1), in whole seconds */
export function noteProviderTime({ baseUrl, clock }: ProviderConnection, date: unknown): void {
	const dateMs = plausibleTime(Date.parse(readString(date) ?? ''));
	if (dateMs !== undefined) zeroTimesMs.set(baseUrl, dateMs - clock.monotonicMs());
}

/** @returns milliseconds since the epoch by the provider's clock, some seconds off; undefined if no answer has told */
export function providerTimeMs({ baseUrl, clock }: ProviderConnection): number | undefined {
	const zeroMs = zeroTimesMs.get(baseUrl);
	return zeroMs === undefined ? undefined : zeroMs + clock.monotonicMs();
}
