import { isObject } from '../json';
import { Refusal, type ApiRequest } from '../provider';
import type { UpstreamRefusal } from './generationRequest';

/** An error of the gateway itself. */
export function gatewayError(statusCode: number, message: string, code = ''): Refusal {
	return new Refusal(statusCode, (requestId) => ({
		error: { message: `${message} (request id: ${requestId})`, type: 'new_api_error', code },
	}));
}

/** A refusal of the upstream asset API, as the gateway words it. */
export function upstreamAssetError(statusCode: number, code: string, message: string): Refusal {
	return new Refusal(statusCode, (requestId) => ({
		error: { message: `upstream_error: [${code}] ${message} (request id: ${requestId})` },
	}));
}

export function groupNotFound(id: string): Refusal {
	return upstreamAssetError(404, 'NotFound.group_id', `The specified asset_group ${id} is not found.`);
}

/** A refusal of the upstream generation API: JSON inside the message of the gateway's JSON. */
export function upstreamTaskError({ code, message }: UpstreamRefusal): Refusal {
	return new Refusal(400, (requestId) => ({
		code: 'fail_to_fetch_task',
		message: JSON.stringify({
			error: { code, message: `${message} Request id: ${requestId}`, param: '', type: 'BadRequest' },
		}),
		data: null,
	}));
}

/** @throws Refusal when the body is no JSON object. */
export function readJson(body: ApiRequest['body']): Record<string, unknown> {
	if (body.kind === 'json' && isObject(body.value)) return body.value;
	throw gatewayError(400, body.kind === 'invalid' ? body.reason : 'the request body must be a JSON object');
}
