import { isObject } from '../json';
import { Refusal, type ApiRequest } from '../provider';

/** The error envelope, also of the asset endpoints, whose good answers have none. */
export function refuse(statusCode: number, message: string): Refusal {
	return new Refusal(statusCode, () => ({ code: statusCode, message, data: null }));
}

/** A request that breaks a rule of its endpoint. */
export function invalid(reason: string): Refusal {
	return refuse(400, `invalid request: ${reason}`);
}

/** What the task endpoint itself refuses has the reason inside `data` too. */
export function refuseTask(statusCode: number, message: string): Refusal {
	const error = taskError(10000, message);
	return new Refusal(statusCode, () => ({ code: statusCode, message, data: { error } }));
}

/** The error of a task; code 0 is none. */
export function taskError(code: number, message: string): object {
	return { code, raw_message: '', message, detail: null };
}

/** @throws Refusal when the body is no JSON object, or has other keys than the known ones. */
export function readBody(body: ApiRequest['body'], known: readonly string[]): Record<string, unknown> {
	if (body.kind !== 'json' || !isObject(body.value)) {
		throw invalid(body.kind === 'invalid' ? body.reason : 'the body must be a JSON object');
	}
	refuseUnknownKeys(body.value, known);
	return body.value;
}

export function refuseUnknownKeys(
	value: Record<string, unknown>,
	known: readonly string[],
	parent = '',
): void {
	const unknown = Object.keys(value).find((key) => !known.includes(key));
	if (unknown !== undefined) throw invalid(`unknown field '${parent}${unknown}'`);
}
