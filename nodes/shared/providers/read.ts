import { UnexpectedAnswerError } from '../errors';

/** Readers for answers from the wire: nothing is believed before it was looked at here. */

export type Json = Readonly<Record<string, unknown>>;

/** @returns the value as an object, an empty one if it is something else */
export function readObject(value: unknown): Json {
	return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is Json {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function readArray(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

/** @returns the text, undefined if it is empty or something else; numbers become text */
export function readString(value: unknown): string | undefined {
	if (typeof value === 'number' && Number.isFinite(value)) return String(value);
	return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** @returns the number, also from text such as "50%" */
export function readNumber(value: unknown): number | undefined {
	if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
	if (typeof value !== 'string' || value.trim() === '') return undefined;
	const number = Number(value.trim().replace(/%$/, ''));
	return Number.isFinite(number) ? number : undefined;
}

/** @returns the URL, undefined for anything that is not http(s) */
export function readUrl(value: unknown): string | undefined {
	return typeof value === 'string' && /^https?:\/\/\S+$/i.test(value.trim())
		? value.trim()
		: undefined;
}

/**
 * What words off the wire mean. A Map, as every object knows words such as `constructor` and `__proto__`, which
 * would be found although nobody has written them down.
 */
export function tableOf<Value>(meanings: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
	return new Map(Object.entries(meanings));
}

/** @throws UnexpectedAnswerError naming what is missing */
export function requireString(value: unknown, what: string, body: unknown): string {
	const text = readString(value);
	if (text === undefined) throw new UnexpectedAnswerError(what, body);
	return text;
}

/** @returns milliseconds since the epoch, from seconds since the epoch; 0 and absent are undefined */
export function readEpochSeconds(value: unknown): number | undefined {
	const seconds = readNumber(value);
	return seconds ? seconds * 1000 : undefined;
}

/** @returns milliseconds since the epoch, from a date and time in ISO 8601 */
export function readIsoTime(value: unknown): number | undefined {
	const timeMs = typeof value === 'string' ? Date.parse(value) : NaN;
	return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** Parses text that may be JSON; @returns undefined if it is not */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
