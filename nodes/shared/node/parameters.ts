import { empty, InputError, isMissing, mustBe } from '../errors';
import { requireId } from '../providers/adapter';
import { isObject, type Json } from '../providers/read';
import { assetIdOf } from '../vocabulary';
import { booleanOf, locatorValueOf, numberOf, textOf, textsOf, wordsFor } from './fieldValue';

/**
 * The values of fields after their expressions were evaluated. Expressions can return anything, so each method accepts
 * what its kind of field can hold and throws an InputError for anything else; see `fieldValue.ts`. `label` is the name
 * of the field in the editor. Null counts as empty.
 */
export class Fields {
	/** @param get returns null or undefined for a field that does not exist */
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
		throw new InputError([mustBe(label, 'more than 0', String(seconds))]);
	}

	/** A number of things, at least one. */
	count(name: string, label: string): number | undefined {
		const count = this.number(name, label);
		if (count === undefined || (Number.isInteger(count) && count > 0)) return count;
		throw new InputError([mustBe(label, 'a whole number from 1', String(count))]);
	}

	/** One value of a menu; one that the menu does not have is refused rather than replaced by the default. */
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

	/** The fields of the one entry of a group; undefined if the user has not added it. */
	group(name: string, entryName: string, label: string): Fields | undefined {
		const entry = objectOf(this.get(name), label, 'fields with values', fillInFields)[entryName];
		return entry === undefined || entry === null ? undefined : fieldsOf(objectOf(entry, label, 'fields with values', fillInFields));
	}

	/** The value as it is, of any type. */
	value(name: string): unknown {
		return this.get(name) ?? undefined;
	}
}

/** The fields of one item, without those that are hidden. */
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

	/** The same fields, read as those of a collection are: undefined where there is no value. */
	optional(): Fields {
		return new Fields(this.get);
	}

	/** The limit of Get Many, Infinity for all results. */
	limit(): number {
		return this.boolean('returnAll', 'Return All') ? Infinity : (this.count('limit', 'Limit') ?? missing('Limit'));
	}

	/** A collection of optional settings, which has only those that the user added. */
	collection(name: string, label: string): Fields {
		return fieldsOf(objectOf(this.get(name), label, 'fields with values', fillInFields));
	}

	/** The entries of a list to which the user can add any number. */
	entries(name: string, entryName: string, label: string): Fields[] {
		const allowed = 'a list of entries';
		const entries = objectOf(this.get(name), label, allowed, fillInEntries)[entryName] ?? [];
		if (!Array.isArray(entries)) throw new InputError([mustBe(label, allowed, wordsFor(entries), fillInEntries)]);
		return entries.map((entry: unknown, index) =>
			fieldsOf(objectOf(entry, `${label} ${index + 1}`, 'fields with values', fillInFields)),
		);
	}
}

const fillInFields = 'Remove the expression, and fill in the fields one by one.';
const fillInEntries = 'Remove the expression, and add the entries one by one.';

const fieldsOf = (values: Json) => new Fields((name) => (Object.hasOwn(values, name) ? values[name] : undefined));

/** @returns no fields for null and for empty text, the result of an empty expression */
function objectOf(value: unknown, label: string, allowed: string, advice: string): Json {
	if (value === undefined || value === null || value === '') return {};
	if (isObject(value)) return value;
	throw new InputError([mustBe(label, allowed, wordsFor(value), advice)]);
}

function choiceOf<Value extends string>(text: string, label: string, values: readonly Value[]): Value {
	const choice = values.find((value) => value === text);
	if (choice !== undefined) return choice;
	throw new InputError([mustBe(label, oneOf(values), wordsFor(text))]);
}

function missing(label: string, values?: readonly string[]): never {
	throw new InputError([values ? mustBe(label, oneOf(values), empty) : isMissing(label)]);
}

const oneOf = (values: readonly string[]) => `one of ${values.join(', ')}`;
