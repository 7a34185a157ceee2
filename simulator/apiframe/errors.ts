import { isObject } from '../json';
import { Refusal, type ApiRequest } from '../provider';

/** The form of most errors. */
export function apiError(statusCode: number, error: string): Refusal {
	return new Refusal(statusCode, () => ({ error }));
}

/** A request that breaks its schema: all that is wrong with it, by JSON path. */
export function validationError(details: Record<string, string[]>): Refusal {
	return new Refusal(400, () => ({ error: 'Validation failed', details }));
}

/** The numbers are in the smallest unit of credits. */
export function insufficientCredits(creditsRequired: number, creditsAvailable: number): Refusal {
	const error = 'Insufficient credits';
	return new Refusal(402, () => ({ error, creditsRequired, creditsAvailable }));
}

/** @throws Refusal when the body is no JSON object. */
export function readJson(body: ApiRequest['body']): Record<string, unknown> {
	if (body.kind === 'json' && isObject(body.value)) return body.value;
	throw apiError(400, body.kind === 'invalid' ? body.reason : 'The request body must be a JSON object');
}
