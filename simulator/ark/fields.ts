import { invalid } from './errors';

/** @throws Refusal for the first key that is not among the known ones. */
export function refuseUnknownKeys(value: Record<string, unknown>, known: readonly string[], parent?: string): void {
	const unknown = Object.keys(value).find((key) => !known.includes(key));
	if (unknown !== undefined) {
		throw invalid(parent === undefined ? unknown : `${parent}.${unknown}`, 'unknown parameter');
	}
}

export function readOption<T extends string>(value: unknown, param: string, allowed: readonly T[]): T | undefined {
	if (value === undefined) return undefined;
	const found = allowed.find((candidate) => candidate === value);
	if (found === undefined) throw invalid(param, `must be one of ${allowed.join(', ')}`);
	return found;
}

export function readInteger(value: unknown, param: string, min: number, max: number): number | undefined {
	if (value === undefined) return undefined;
	if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
	throw invalid(param, `must be an integer between ${min} and ${max}`);
}

export function readBoolean(value: unknown, param: string): boolean | undefined {
	if (value === undefined || typeof value === 'boolean') return value;
	throw invalid(param, 'must be a boolean');
}
