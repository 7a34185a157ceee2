import { isObject } from '../json';
import { validationError } from './errors';

/**
 * What is wrong with a request, all of it at once, as Zod tells it: the API says that it validates
 * with Zod. The wording is that of Zod 4, whose "Unrecognized keys" clients have met.
 */
export class Issues {
	private readonly details = new Map<string, string[]>();

	add(path: string, message: string): void {
		this.details.set(path, [...(this.details.get(path) ?? []), message]);
	}

	/** @throws Refusal when there is any. */
	refuse(): void {
		if (this.details.size > 0) throw validationError(Object.fromEntries(this.details));
	}
}

interface Range {
	min: number;
	max: number;
}

/** Reads the fields of one object. What is wrong becomes an issue, and is read as if not given. */
export class Fields {
	constructor(
		private readonly values: Record<string, unknown>,
		private readonly issues: Issues,
		private readonly parent = '',
	) {}

	refuseOthers(known: readonly string[]): void {
		const unknown = Object.keys(this.values).filter((name) => !known.includes(name));
		if (unknown.length === 0) return;
		const names = unknown.map((name) => `"${name}"`).join(', ');
		this.issues.add(this.parent, `Unrecognized key${unknown.length > 1 ? 's' : ''}: ${names}`);
	}

	/** A text that must be given. */
	text(name: string, length: Range): string {
		const value = this.values[name];
		if (typeof value !== 'string') this.expected('string', name);
		else if (value.length < length.min) {
			this.issue(name, `Too small: expected string to have >=${length.min} characters`);
		} else if (value.length > length.max) {
			this.issue(name, `Too big: expected string to have <=${length.max} characters`);
		} else return value;
		return '';
	}

	requiredUrl(name: string, protocols: RegExp): string {
		return this.readUrl(name, this.values[name], protocols) ?? '';
	}

	requiredOption<T extends string>(name: string, options: readonly [T, ...T[]]): T {
		return this.readOption(name, this.values[name], options) ?? options[0];
	}

	option<T extends string>(name: string, options: readonly T[]): T | undefined {
		const value = this.values[name];
		return value === undefined ? undefined : this.readOption(name, value, options);
	}

	/** A list of options, at least one of them. */
	options<T extends string>(name: string, options: readonly T[]): T[] {
		const values = this.list(name);
		if (values?.length === 0) this.issue(name, 'Too small: expected array to have >=1 items');
		return (values ?? []).flatMap((value, index) => {
			return this.readOption(`${name}.${index}`, value, options) ?? [];
		});
	}

	integer(name: string, range?: Range): number | undefined {
		const value = this.values[name];
		if (value === undefined) return undefined;
		if (typeof value !== 'number') this.expected('number', name);
		else if (!Number.isSafeInteger(value)) {
			this.issue(name, 'Invalid input: expected int, received number');
		} else if (range && value < range.min) {
			this.issue(name, `Too small: expected number to be >=${range.min}`);
		} else if (range && value > range.max) {
			this.issue(name, `Too big: expected number to be <=${range.max}`);
		} else return value;
		return undefined;
	}

	flag(name: string): boolean | undefined {
		const value = this.values[name];
		if (value === undefined || typeof value === 'boolean') return value;
		this.expected('boolean', name);
		return undefined;
	}

	url(name: string, protocols: RegExp): string | undefined {
		const value = this.values[name];
		return value === undefined ? undefined : this.readUrl(name, value, protocols);
	}

	urls(name: string, protocols: RegExp, maxCount: number): Array<{ path: string; url: string }> {
		const values = this.list(name) ?? [];
		if (values.length > maxCount) {
			this.issue(name, `Too big: expected array to have <=${maxCount} items`);
		}
		return values.flatMap((value, index) => {
			const url = this.readUrl(`${name}.${index}`, value, protocols);
			return url === undefined ? [] : [{ path: this.pathOf(`${name}.${index}`), url }];
		});
	}

	object(name: string): Fields {
		const value = this.values[name];
		if (value !== undefined && !isObject(value)) this.expected('object', name);
		return new Fields(isObject(value) ? value : {}, this.issues, this.pathOf(name));
	}

	pathOf(name: string): string {
		return this.parent === '' ? name : `${this.parent}.${name}`;
	}

	private list(name: string): unknown[] | undefined {
		const value = this.values[name];
		if (value === undefined || Array.isArray(value)) return value;
		this.expected('array', name);
		return undefined;
	}

	private readOption<T extends string>(
		name: string,
		value: unknown,
		options: readonly T[],
	): T | undefined {
		const found = options.find((candidate) => candidate === value);
		if (found === undefined) {
			const names = options.map((option) => `"${option}"`).join('|');
			this.issue(name, `Invalid option: expected one of ${names}`);
		}
		return found;
	}

	private readUrl(name: string, value: unknown, protocols: RegExp): string | undefined {
		if (typeof value !== 'string') this.expected('string', name, value);
		else if (!protocols.test(value) || !URL.canParse(value)) this.issue(name, 'Invalid URL');
		else return value;
		return undefined;
	}

	private expected(type: string, name: string, value = this.values[name]): void {
		this.issue(name, `Invalid input: expected ${type}, received ${nameType(value)}`);
	}

	private issue(name: string, message: string): void {
		this.issues.add(this.pathOf(name), message);
	}
}

function nameType(value: unknown): string {
	if (value === null) return 'null';
	return Array.isArray(value) ? 'array' : typeof value;
}
