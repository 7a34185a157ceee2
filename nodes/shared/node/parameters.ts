import { InputError } from '../errors';
import type { Json } from '../providers/read';
import { readArray, readNumber, readObject, readString } from '../providers/read';
import { assetIdOf } from '../vocabulary';

/** The fields of one item, after their expressions. Expressions can give anything, so all is checked. */
export class Parameters {
	/** @param get null for a field that the chosen options hide */
	constructor(private readonly get: (name: string) => unknown) {}

	private read(name: string): unknown {
		return this.get(name) ?? undefined;
	}

	/** @returns the text, empty if there is none */
	text(name: string): string {
		return readString(this.read(name)) ?? '';
	}

	/** @throws InputError if it is empty */
	requiredText(name: string, label: string): string {
		return required(this.text(name).trim(), label);
	}

	boolean(name: string): boolean {
		return this.read(name) === true;
	}

	number(name: string, label: string): number {
		return toNumber(this.read(name), label);
	}

	/** Of Get Many: infinite when all results are wanted. */
	limit(): number {
		return this.boolean('returnAll') ? Infinity : Math.max(1, this.number('limit', 'Limit'));
	}

	/** The value of a resource locator; an asset may also be given as `asset://<id>`. */
	locator(name: string): string {
		return locatorValue(this.read(name));
	}

	/** @throws InputError if nothing is chosen */
	requiredLocator(name: string, label: string): string {
		return required(this.locator(name), label);
	}

	/** A collection of optional settings; only what the user added is in it. */
	collection(name: string): Collection {
		return new Collection(readObject(this.read(name)));
	}

	/** What is chosen of several; or text with commas. */
	texts(name: string): string[] {
		return toTexts(this.read(name));
	}

	/** The entries of a list in which the user can add as many as wanted. */
	entries(name: string, entryName: string): Collection[] {
		return readArray(readObject(this.read(name))[entryName]).map(
			(entry) => new Collection(readObject(entry)),
		);
	}
}

export class Collection {
	constructor(private readonly values: Json) {}

	/** An expression that gives null is as good as a setting that was not added. */
	private read(name: string): unknown {
		return this.values[name] ?? undefined;
	}

	text(name: string): string | undefined {
		return readString(this.read(name))?.trim();
	}

	/** A time in seconds that must be positive. @returns milliseconds */
	durationMs(name: string, label: string): number | undefined {
		const seconds = this.number(name, label);
		if (seconds === undefined || seconds > 0) return seconds === undefined ? undefined : seconds * 1000;
		throw new InputError([{ field: label, allowed: 'more than 0', given: String(seconds) }]);
	}

	/** Present but empty counts as empty text, absent as undefined. */
	textOrEmpty(name: string): string | undefined {
		const value = this.read(name);
		return value === undefined ? undefined : (readString(value) ?? '').trim();
	}

	boolean(name: string): boolean | undefined {
		const value = this.read(name);
		return value === undefined ? undefined : value === true || value === 'true';
	}

	number(name: string, label: string): number | undefined {
		const value = this.read(name);
		return value === undefined || value === '' ? undefined : toNumber(value, label);
	}

	/** A number of things, at least one. */
	count(name: string, label: string): number | undefined {
		const count = this.number(name, label);
		if (count === undefined || (Number.isInteger(count) && count > 0)) return count;
		throw new InputError([{ field: label, allowed: 'a whole number from 1', given: String(count) }]);
	}

	locator(name: string): string {
		return locatorValue(this.read(name));
	}

	/** As an expression gives it. */
	value(name: string): unknown {
		return this.read(name);
	}

	/** A list, or text with commas. */
	texts(name: string): string[] {
		return toTexts(this.read(name));
	}
}

function toTexts(value: unknown): string[] {
	const list = Array.isArray(value) ? value : (readString(value) ?? '').split(',');
	return list.flatMap((text) => readString(text)?.trim() || []);
}

function locatorValue(value: unknown): string {
	const text = readString(typeof value === 'object' ? readObject(value).value : value)?.trim() ?? '';
	return assetIdOf(text) ?? text;
}

function required(text: string, label: string): string {
	if (text !== '') return text;
	throw new InputError([{ field: label, allowed: 'a value is needed', given: '(empty)' }]);
}

function toNumber(value: unknown, label: string): number {
	const number = readNumber(value);
	if (number !== undefined) return number;
	throw new InputError([
		{ field: label, allowed: 'a number', given: value === undefined ? '(empty)' : JSON.stringify(value) },
	]);
}
