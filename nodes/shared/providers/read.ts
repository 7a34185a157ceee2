import { httpSchemeOf, parseUrl } from '../parseUrl';
import { UnexpectedAnswerError } from '../errors';
import { cut, mapTexts, maxTextLength } from '../text';
import { parseTime, plausibleTime } from '../time';

/** Readers for answers from the wire: nothing is trusted before it was checked here. */

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

/** Signed links have some thousand characters. */
const maxUrlLength = 16_000;

/** @returns the URL, undefined for anything that is not http(s), or that nobody could follow */
export function readUrl(value: unknown): string | undefined {
	const url = typeof value === 'string' && value.length <= maxUrlLength ? value.trim() : '';
	return httpSchemeOf(url) && !/\s/.test(url) && parseUrl(url) ? url : undefined;
}

/**
 * The URL of a result whose shape is not certain: the value itself, that of the first entry of a list, or of the
 * first member that has one.
 * @param names of the members that may have it, the likeliest first
 */
export function findUrl(value: unknown, names: readonly string[]): string | undefined {
	if (Array.isArray(value)) return findUrl(value[0], names);
	if (!isObject(value)) return readUrl(value);
	return names.reduce<string | undefined>((found, name) => found ?? findUrl(value[name], names), undefined);
}

/** What a message repeats of a provider's own words. */
const maxWordsLength = 1_000;
const maxCodeLength = 100;

/** @returns words for a person, undefined if there are none */
export function readWords(value: unknown): string | undefined {
	const words = readString(value)?.trim();
	return words && cut(words, maxWordsLength);
}

/** @returns a code or an ID that a message names beside the words */
export function readCode(value: unknown): string | undefined {
	const code = readString(value);
	return code && cut(code, maxCodeLength);
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

/**
 * @returns milliseconds since the epoch, from seconds since the epoch; some write them in milliseconds, in
 *          microseconds or in nanoseconds. 0 and what cannot be a time of a task are undefined
 */
export function readEpochSeconds(value: unknown): number | undefined {
	const count = readNumber(value) ?? NaN;
	return [1_000, 1, 1e-3, 1e-6].map((factor) => plausibleTime(count * factor)).find((timeMs) => timeMs !== undefined);
}

/** @returns milliseconds since the epoch, from a date and time in ISO 8601; one that is not set is undefined */
export const readIsoTime = parseTime;

/** Parses text that may be JSON. @returns undefined if it is not; like an answer, nothing in it is too long or too deep */
export function parseJson(text: string): unknown {
	try {
		return mapTexts(JSON.parse(text), (inner) => cut(inner, maxTextLength));
	} catch {
		return undefined;
	}
}
