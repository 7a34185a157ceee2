/** Times from outside. An implausible one is ignored rather than an error. */

/** No task, asset or link of these providers can be outside of these years. */
const earliestMs = Date.UTC(2000, 0);
const latestMs = Date.UTC(2100, 0);

/** @returns the milliseconds since the epoch, undefined if they are implausible */
export function plausibleTime(timeMs: number): number | undefined {
	return timeMs >= earliestMs && timeMs < latestMs ? timeMs : undefined;
}

/** @returns milliseconds since the epoch of a date and time in ISO 8601, undefined for anything else */
export function parseTime(value: unknown): number | undefined {
	const isDate = typeof value === 'string' && value.length <= 40 && /^\d{4}-\d\d-\d\d/.test(value);
	return isDate ? plausibleTime(Date.parse(value)) : undefined;
}

/** @returns e.g. "2026-04-27T16:05:00.000Z"; undefined if it is not a valid time */
export function toIsoTime(timeMs: number): string | undefined {
	const date = new Date(timeMs);
	return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** @returns e.g. "2026-04-27 16:05 UTC" */
export function toMoment(timeMs: number): string | undefined {
	const iso = toIsoTime(timeMs);
	return iso && `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
