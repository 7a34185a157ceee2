import { empty, InputError, mustBe } from '../errors';
import { isObject, parseJson } from '../providers/read';

/**
 * Reads the value of a field after its expression was evaluated, which can be anything. A value that does not fit the
 * field is refused rather than ignored, since it would be missing in a paid request. `label` is the name of the field
 * in the editor. Null counts as empty.
 */

/**
 * @returns undefined if there is none; numbers and dates as text
 * @throws InputError for anything else than text
 */
export function textOf(value: unknown, label: string): string | undefined {
	const plain = plainOf(value);
	if (plain === undefined || plain === null) return undefined;
	if (typeof plain === 'string') return plain.trim() === '' ? undefined : plain;
	if (typeof plain === 'bigint' || (typeof plain === 'number' && Number.isFinite(plain))) return String(plain);
	throw new InputError([mustBe(label, 'text', wordsFor(value), 'Choose the part that is text, for example {{ $json.output.prompt }}.')]);
}

/**
 * @returns undefined if there is none
 * @throws InputError for what is neither yes nor no
 */
export function booleanOf(value: unknown, label: string): boolean | undefined {
	if (typeof value === 'boolean') return value;
	const word = typeof value === 'string' || typeof value === 'number' ? String(value).trim().toLowerCase() : value;
	if (word === undefined || word === null || word === '') return undefined;
	if (word === 'true' || word === 'yes' || word === '1') return true;
	if (word === 'false' || word === 'no' || word === '0') return false;
	throw new InputError([mustBe(label, 'true or false', wordsFor(value), 'Correct the expression; yes, no, 1 and 0 count too.')]);
}

/** Not `5%`, `0x5` or `1e3`: those may mean something else. */
const plainNumber = /^-?\d+(\.\d+)?$/;

/**
 * @returns undefined if there is none
 * @throws InputError for anything else than a number or its digits
 */
export function numberOf(value: unknown, label: string): number | undefined {
	const text = typeof value === 'string' ? value.trim() : value;
	if (text === undefined || text === null || text === '') return undefined;
	const number = typeof text === 'string' && plainNumber.test(text) ? Number(text) : text;
	if (typeof number === 'number' && Number.isFinite(number)) return number;
	throw new InputError([mustBe(label, 'a number in plain digits, such as 5', wordsFor(value))]);
}

/**
 * The value of a resource locator, or a plain value in its place.
 * @returns undefined if there is none
 * @throws InputError for an object that is not a locator, or whose value is not text
 */
export function locatorValueOf(value: unknown, label: string): string | undefined {
	const isLocator = isObject(value) && 'value' in value && 'mode' in value;
	return textOf(isLocator ? value.value : value, label)?.trim() || undefined;
}

/**
 * Several texts, from a list or from text with commas.
 * @throws InputError for an entry of a list that is empty or not text
 */
export function textsOf(value: unknown, label: string): string[] {
	if (!Array.isArray(value)) {
		return (textOf(value, label) ?? '').split(',').flatMap((text) => text.trim() || []);
	}
	return value.map((entry: unknown, index) => {
		const text = textOf(entry, label)?.trim();
		if (text) return text;
		const message = `${label} must be a list without gaps; entry ${index + 1} of ${value.length} is empty.`;
		throw new InputError([{ field: label, message, advice: 'Correct the expression, or filter the list before this node.' }]);
	});
}

/**
 * Describes a value for a message: an object by the names of its fields only, as their values may be long or secret.
 */
export function wordsFor(value: unknown): string {
	if (value === undefined || value === null) return empty;
	if (typeof value === 'string') return JSON.stringify(shortened(value));
	if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
	if (Array.isArray(value)) return `a list of ${value.length}`;
	if (!isObject(value)) return `a ${typeof value}`;
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'a date that is none' : 'a date';
	if (value instanceof Uint8Array) return 'bytes';
	const names = Object.keys(value);
	if (names.length === 0) return 'an empty object';
	return `an object with ${shortened(names.slice(0, maxNames).join(', '))}${names.length > maxNames ? ', …' : ''}`;
}

const maxNames = 5;
const maxShownLength = 60;
const shortened = (text: string) => (text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text);

/** Converts objects with a toJSON to text, such as dates, those of Luxon included, and URLs. */
function plainOf(value: unknown): unknown {
	if (!isObject(value) || value instanceof Uint8Array || typeof value.toJSON !== 'function') return value;
	return parseJson(JSON.stringify(value)) ?? value;
}
