import { isObject } from '../json';
import { Refusal, type ApiRequest } from '../provider';

const types: Readonly<Record<number, string>> = {
	400: 'BadRequest',
	401: 'Unauthorized',
	403: 'Forbidden',
	404: 'NotFound',
	// Not among the documented types.
	409: 'Conflict',
	429: 'TooManyRequests',
};

/** An error of the data plane. */
export function dataError(statusCode: number, code: string, message: string, param = ''): Refusal {
	return new Refusal(
		statusCode,
		(requestId) => ({
			error: {
				code,
				message: `${message} Request id: ${requestId}`,
				param,
				type: types[statusCode] ?? 'InternalServerError',
			},
		}),
		{ 'x-error-code': code },
	);
}

export function invalid(param: string, reason: string, code = 'InvalidParameter'): Refusal {
	const message = `The parameter \`${param}\` specified in the request is not valid: ${reason}.`;
	return dataError(400, code, message, param);
}

export function unsupported(param: string, model: string): Refusal {
	const message = `The parameter \`${param}\` specified in the request is not supported by the model ${model}.`;
	return dataError(400, 'InvalidParameter.UnsupportedParameter', message, param);
}

export function missing(param: string): Refusal {
	const message = `The request failed because it is missing \`${param}\` parameter.`;
	return dataError(400, 'MissingParameter', message, param);
}

/** The words are measured. */
export function unauthenticated(): Refusal {
	return new Refusal(
		401,
		(requestId) => ({
			error: {
				code: 'AuthenticationError',
				message: `the API key or AK/SK in the request is missing or invalid. request id: ${requestId}`,
				param: '',
				type: 'Unauthorized',
			},
		}),
		{ 'x-error-code': 'AuthenticationError' },
	);
}

/** Numbers that the documents give. */
const codeNumbers: Readonly<Record<string, number>> = {
	MissingParameter: 100002,
	MissingRequestInfo: 100004,
	InvalidTimestamp: 100006,
	ServiceNotFound: 100007,
	InvalidActionOrVersion: 100008,
	InvalidAccessKey: 100009,
	SignatureDoesNotMatch: 100010,
	AccessDenied: 100013,
	InternalError: 100014,
	InternalServiceTimeout: 100016,
	FlowLimitExceeded: 100018,
	ServiceUnavailableTemp: 100019,
	InternalServiceError: 100023,
	InvalidAuthorization: 100024,
	InvalidCredential: 100025,
	InvalidSecretToken: 100026,
	AccountFlowLimitExceeded: 100027,
};

/** An error of the control plane, without what only the request knows. */
export class ControlError extends Error {
	constructor(
		readonly statusCode: number,
		readonly code: string,
		message: string,
	) {
		super(message);
	}
}

/** What stands around every answer of the control plane. */
export interface EnvelopeFields {
	action: string | undefined;
	version: string | undefined;
	signingRegion: string;
}

export function responseMetadata(requestId: string, { action, version, signingRegion }: EnvelopeFields): object {
	return {
		RequestId: requestId,
		...(action !== undefined && { Action: action }),
		...(version !== undefined && { Version: version }),
		Service: 'ark',
		Region: signingRegion,
	};
}

/** A failure has no Result. */
export function controlRefusal({ statusCode, code, message }: ControlError, fields: EnvelopeFields): Refusal {
	const number = codeNumbers[code];
	return new Refusal(statusCode, (requestId) => ({
		ResponseMetadata: {
			...responseMetadata(requestId, fields),
			Error: { ...(number !== undefined && { CodeN: number }), Code: code, Message: message },
		},
	}));
}

export function missingField(name: string): ControlError {
	return new ControlError(400, `MissingParameter.${name}`, `The request is missing the parameter ${name}.`);
}

export function invalidField(name: string, reason: string): ControlError {
	return new ControlError(400, `InvalidParameter.${name}`, `The parameter ${name} is not valid: ${reason}.`);
}

export function groupNotFound(id: string): ControlError {
	return new ControlError(404, 'NotFound.group_id', `The specified asset_group ${id} is not found.`);
}

export function assetNotFound(id: string): ControlError {
	return new ControlError(404, 'NotFound.asset_id', `The specified asset ${id} is not found.`);
}

/** @throws Refusal when the body is no JSON object. */
export function readJson(body: ApiRequest['body']): Record<string, unknown> {
	if (body.kind === 'json' && isObject(body.value)) return body.value;
	const reason = body.kind === 'invalid' ? body.reason : 'the request body must be a JSON object';
	throw dataError(400, 'InvalidParameter', `The request body is not valid: ${reason}.`);
}
