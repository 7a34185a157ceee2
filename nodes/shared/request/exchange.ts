import type { IHttpRequestOptions } from 'n8n-workflow';
import type { ProviderRequest } from '../providers/adapter';
import { isObject, readObject, readString } from '../providers/read';
import { outcomeOf } from '../outcome';
import { type HttpBody, toHttpBody } from './body';
import type { ProviderConnection } from './connection';
import { addressOf } from './connection';
import { redactSecrets, redactText } from './redact';

/** What came back for one request: an answer of the server, or none. */
export type Exchange =
	| { answered: true; statusCode: number; headers: Readonly<Record<string, unknown>>; body: unknown }
	| { answered: false; code: string; message: string };

/** Says that a request never left. */
export const notSentCode = 'NOT_SENT';
const notSent = Symbol(notSentCode);

/** Says that a request broke off on this side, so that nobody can have accepted it. */
export const fileProblemCode = 'FILE_NOT_READ';

const requestTimeoutMs = 30_000;
/** A gateway may hold the connection of a create until its upstream has answered. */
const createTimeoutMs = 120_000;
/** n8n counts the time of the upload itself: 50 MB on a slow line. */
const uploadTimeoutMs = 900_000;

/** Sends one request once. Never throws for what a server or the network does. */
export async function exchange(
	connection: ProviderConnection,
	request: ProviderRequest,
): Promise<Exchange> {
	const body = request.body && toHttpBody(request.body);
	const outcome = await outcomeOf(
		connection.limit(async () =>
			// While it stood in line the execution may have ended.
			connection.signal?.aborted ? notSent : await connection.send(toHttpOptions(connection, request, body)),
		),
	);
	if (outcome.ok && outcome.value === notSent) {
		return { answered: false, code: notSentCode, message: 'the execution has ended' };
	}
	const fileProblem = body?.fileProblem();
	if (!outcome.ok && fileProblem !== undefined) {
		return { answered: false, code: fileProblemCode, message: fileProblem };
	}
	if (!outcome.ok) {
		const { code, message } = describeThrown(outcome.error);
		return { answered: false, code, message: redactText(message, connection.secrets) };
	}
	const response = readObject(outcome.value);
	return {
		answered: true,
		statusCode: Number(response.statusCode),
		// Axios has a class of its own for them.
		headers: readObject(redactSecrets({ ...readObject(response.headers) }, connection.secrets)),
		body: redactSecrets(response.body, connection.secrets),
	};
}

function toHttpOptions(
	connection: ProviderConnection,
	request: ProviderRequest,
	body?: HttpBody,
): IHttpRequestOptions {
	const { method, path, query, repeatable, idempotencyKey } = request;
	return {
		method,
		url: `${addressOf(connection, request).url}${path}`,
		...(query && { qs: query }),
		...(idempotencyKey && { headers: { 'Idempotency-Key': idempotencyKey } }),
		json: true,
		...body?.options,
		timeout: body?.hasFile ? uploadTimeoutMs : repeatable ? requestTimeoutMs : createTimeoutMs,
		allowedDomains: connection.allowedDomains,
		// Statuses are judged here: n8n would otherwise send any request again after a 401.
		ignoreHttpStatusErrors: true,
		returnFullResponse: true,
		// Keeps the key on its own host, and lets a body stream instead of being kept for a replay.
		disableFollowRedirect: true,
	};
}

/** n8n wraps what axios throws in NodeApiError; the code of the network sits somewhere inside. */
function describeThrown(thrown: unknown): { code: string; message: string } {
	let code: string | undefined;
	let message: string | undefined;
	for (let error: unknown = thrown, depth = 0; isObject(error) && depth < 4; depth++) {
		code ??= readString(error.code);
		message = readString(error.message) ?? message;
		error = error.cause;
	}
	code ??= isObject(thrown) ? readString(thrown.httpCode) : undefined;
	return { code: code ?? '', message: message ?? String(thrown) };
}
