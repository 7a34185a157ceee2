import { InputError, type InputProblem } from '../shared/errors';
import { counting } from '../shared/node/combineFailures';
import { isObject } from '../shared/providers/read';

/**
 * The order of shots by a field of their items: by number if all values are numbers, otherwise as text, in which 2 comes
 * before 10. Shots with the same value stay in the order of the items.
 * @param values of the field, one for each item
 * @returns the indexes of the items, in the order of the film
 * @throws InputError naming the items without a value
 */
export function orderBy(values: readonly unknown[], label: string, path: string): number[] {
	const keys = values.map(keyOf);
	const problems = keys.flatMap((key, index) => (key === undefined ? [noValue(index, label, path)] : []));
	if (problems.length > 0) throw new InputError(problems, counting);
	const texts = keys.map((key) => key ?? '');
	const numbers = texts.map(Number);
	const areNumbers = numbers.every((number) => Number.isFinite(number));
	const compare = new Intl.Collator('en', { numeric: true }).compare;
	return [...texts.keys()].sort((one, other) =>
		areNumbers ? (numbers[one] ?? 0) - (numbers[other] ?? 0) : compare(texts[one] ?? '', texts[other] ?? ''),
	);
}

/** @param path a name of a field, or names with dots between them. @returns undefined if there is no such field */
export function valueAt(json: unknown, path: string): unknown {
	if (isObject(json) && Object.hasOwn(json, path)) return json[path];
	return path.split('.').reduce<unknown>((value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined), json);
}

function keyOf(value: unknown): string | undefined {
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

const noValue = (index: number, field: string, path: string): InputProblem => ({
	field,
	message: `Item ${index} has no number or text in ${JSON.stringify(path)} (${field}).`,
	advice: 'Correct the name of the field, or choose Input Order.',
});
