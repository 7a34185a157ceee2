import { InputError } from '../errors';
import { requireId } from '../providers/adapter';
import { isObject, type Json } from '../providers/read';
import { assetIdOf } from '../vocabulary';
import { booleanOf, locatorValueOf, numberOf, textOf, textsOf, wordsFor } from './fieldValue';

/**
 * Fields after their expressions. Expressions can give anything, so each reader takes what its kind of field
 * can hold and throws an InputError for the rest; see `fieldValue.ts`. A label is what the editor calls the
 * field. An expression that gives null is as good as a field that was not filled in.
 */
export class Fields {
	/** @param get null or undefined for a field that is not there */
	constructor(protected readonly get: (name: string) => unknown) {}

	/** @returns the text without blanks around it, undefined if there is none */
	text(name: string, label: string): string | undefined {
		return textOf(this.get(name), label)?.trim();
	}

	/** Present but empty counts as empty text, absent as undefined. */
	textOrEmpty(name: string, label: string): string | undefined {
		return this.text(name, label) ?? (typeof this.get(name) === 'string' ? '' : undefined);
	}

	boolean(name: string, label: string): boolean | undefined {
		return booleanOf(this.get(name), label);
	}

	number(name: string, label: string): number | undefined {
		return numberOf(this.get(name), label);
	}

	/** A time in seconds that must be positive. @returns milliseconds */
	durationMs(name: string, label: string): number | undefined {
		const seconds = this.number(name, label);
		if (seconds === undefined || seconds > 0) return seconds === undefined ? undefined : seconds * 1000;
		throw new InputError([{ field: label, allowed: 'more than 0', given: String(seconds) }]);
	}

	/** A number of things, at least one. */
	count(name: string, label: string): number | undefined {
		const count = this.number(name, label);
		if (count === undefined || (Number.isInteger(count) && count > 0)) return count;
		throw new InputError([{ field: label, allowed: 'a whole number from 1', given: String(count) }]);
	}

	/** One value of a menu; what the menu does not have is refused rather than taken for its default. */
	choice<Value extends string>(name: string, label: string, values: readonly Value[]): Value | undefined {
		const text = textOf(this.get(name), label)?.trim();
		return text === undefined ? undefined : choiceOf(text, label, values);
	}

	/** Several values of a menu: a list, or text with commas. */
	choices<Value extends string>(name: string, label: string, values: readonly Value[]): Value[] {
		return this.texts(name, label).map((text) => choiceOf(text, label, values));
	}

	/** A list, or text with commas. */
	texts(name: string, label: string): string[] {
		return textsOf(this.get(name), label);
	}

	/** The value of a resource locator, empty if nothing is chosen; an asset may also be given as `asset://<id>`. */
	locator(name: string, label: string): string {
		const text = locatorValueOf(this.get(name), label) ?? '';
		return assetIdOf(text) ?? text;
	}

	/** The ID in a resource locator, undefined if nothing is chosen. */
	id(name: string, label: string): string | undefined {
		const id = this.locator(name, label);
		return id === '' ? undefined : requireId(id, label);
	}

	/** As an expression gives it. */
	value(name: string): unknown {
		return this.get(name) ?? undefined;
	}
}

/** The fields of one item; what the chosen options hide is not there. */
export class Parameters extends Fields {
	/** @returns the text with all its blanks, empty if there is none */
	override text(name: string, label: string): string {
		return textOf(this.get(name), label) ?? '';
	}

	/** @throws InputError if it is empty */
	requiredText(name: string, label: string): string {
		return this.text(name, label).trim() || missing(label);
	}

	/** @returns false if there is none */
	override boolean(name: string, label: string): boolean {
		return super.boolean(name, label) ?? false;
	}

	/** @throws InputError if nothing is chosen */
	requiredChoice<Value extends string>(name: string, label: string, values: readonly Value[]): Value {
		return this.choice(name, label, values) ?? missing(label, values);
	}

	/** @throws InputError if nothing is chosen */
	requiredId(name: string, label: string): string {
		return this.id(name, label) ?? missing(label);
	}

	/** Of Get Many: infinite when all results are wanted. */
	limit(): number {
		return this.boolean('returnAll', 'Return All') ? Infinity : (this.count('limit', 'Limit') ?? missing('Limit'));
	}

	/** A collection of optional settings; only what the user added is in it. */
	collection(name: string, label: string): Fields {
		return fieldsOf(objectOf(this.get(name), label, 'fields with values'));
	}

	/** The entries of a list in which the user can add as many as wanted. */
	entries(name: string, entryName: string, label: string): Fields[] {
		const allowed = 'a list of entries';
		const entries = objectOf(this.get(name), label, allowed)[entryName] ?? [];
		if (!Array.isArray(entries)) throw new InputError([{ field: label, allowed, given: wordsFor(entries) }]);
		return entries.map((entry: unknown, index) =>
			fieldsOf(objectOf(entry, `${label} ${index + 1}`, 'fields with values')),
		);
	}
}

const fieldsOf = (values: Json) => new Fields((name) => (Object.hasOwn(values, name) ? values[name] : undefined));

/** @returns no fields for null and for empty text, which is what an expression leaves of none */
function objectOf(value: unknown, label: string, allowed: string): Json {
	if (value === undefined || value === null || value === '') return {};
	if (isObject(value)) return value;
	throw new InputError([{ field: label, allowed, given: wordsFor(value) }]);
}

function choiceOf<Value extends string>(text: string, label: string, values: readonly Value[]): Value {
	const choice = values.find((value) => value === text);
	if (choice !== undefined) return choice;
	throw new InputError([{ field: label, allowed: oneOf(values), given: wordsFor(text) }]);
}

function missing(label: string, values?: readonly string[]): never {
	throw new InputError([{ field: label, allowed: values ? oneOf(values) : 'a value is needed', given: '(empty)' }]);
}

const oneOf = (values: readonly string[]) => `one of ${values.join(', ')}`;
