import type { IHttpRequestOptions } from 'n8n-workflow';
import type { ProviderRequest } from '../providers/adapter';
import { isObject, readArray, readObject, readString } from '../providers/read';
import { systemClock, withDeadline } from '../clock';
import { outcomeOf } from '../outcome';
import { type HttpBody, toHttpBody } from './body';
import type { ProviderConnection } from './connection';
import { addressOf } from './connection';
import { noteProviderTime } from './providerTime';
import { redactor } from './redact';

/** The result of one request: an answer of the server, or none. */
export type Exchange =
	| { answered: true; statusCode: number; headers: Readonly<Record<string, unknown>>; body: unknown }
	| {
			answered: false;
			code: string;
			message: string;
			/** False only if it is certain that nothing was sent. */
			isSent: boolean;
	  };

/** The code of a request that was never sent. */
export const notSentCode = 'NOT_SENT';
const notSent = Symbol(notSentCode);

/** The code of a request that broke off on this side: it was incomplete, so it cannot have been accepted. */
export const fileProblemCode = 'FILE_NOT_READ';

const requestTimeoutMs = 30_000;
/** Unless the endpoint asks for more time. */
const createTimeoutMs = 120_000;
/** n8n's time-out includes the upload itself: 50 MB over a slow connection. */
const uploadTimeoutMs = 900_000;
/** These times begin anew with each byte of an answer; in so many times as long it has to be complete. */
const timeoutsInAll = 2;

/** Sends one request once. Never throws for what a server or the network does; the answer is bounded and redacted. */
export async function exchange(
	connection: ProviderConnection,
	request: ProviderRequest,
): Promise<Exchange> {
	const progress = { isHandedOver: false };
	const httpBody = request.body && toHttpBody(withCommonBody(connection, request, request.body));
	const outcome = await outcomeOf(
		connection.inFlight(async () => {
			// The execution may have ended while the request was queued.
			if (connection.signal?.aborted) return notSent;
			const options = toHttpOptions(connection, request, httpBody);
			progress.isHandedOver = true;
			const deadline = { clock: systemClock, timeoutMs: timeoutsInAll * options.timeout, what: 'the answer' };
			return await withDeadline(deadline, async (abortSignal) => await connection.send({ ...options, abortSignal }));
		}),
	);
	if (outcome.ok && outcome.value === notSent) {
		return { answered: false, code: notSentCode, message: 'the execution has ended', isSent: false };
	}
	const fileProblem = httpBody?.fileProblem();
	if (!outcome.ok && fileProblem !== undefined) {
		return { answered: false, code: fileProblemCode, message: fileProblem, isSent: false };
	}
	if (!outcome.ok) {
		const { code, message, hasFailedToConnect } = describeThrown(outcome.error);
		const isSent = progress.isHandedOver && !hasFailedToConnect;
		return { answered: false, code, message: redactor(connection.secrets).text(message), isSent };
	}
	const { statusCode, headers, body: received } = readObject(outcome.value);
	// An answer can contain secrets of its own that are not in the credential.
	const redact = redactor(connection.secrets, connection.provider.secretsIn?.(received));
	noteProviderTime(connection, readObject(headers).date);
	return {
		answered: true,
		statusCode: Number(statusCode),
		// Axios uses a class for headers; a plain object is needed here.
		headers: readObject(redact.answer({ ...readObject(headers) })),
		body: redact.answer(received),
	};
}

/** With what the credential says in every request to the API of the assets, such as its project. */
const withCommonBody = (
	{ assetApi }: ProviderConnection,
	{ host }: ProviderRequest,
	body: NonNullable<ProviderRequest['body']>,
) => (host === 'assets' && assetApi ? { ...assetApi.commonBody, ...body } : body);

function toHttpOptions(
	connection: ProviderConnection,
	request: ProviderRequest,
	body?: HttpBody,
): IHttpRequestOptions & { timeout: number } {
	const { method, path, query, repeatable, idempotencyKey, timeoutMs = repeatable ? requestTimeoutMs : createTimeoutMs } = request;
	return {
		method,
		url: `${addressOf(connection, request).url}${path}`,
		...(query && { qs: query, arrayFormat: 'repeat' as const }),
		...(idempotencyKey && { headers: { 'Idempotency-Key': idempotencyKey } }),
		json: true,
		...body?.options,
		timeout: body?.hasFile ? uploadTimeoutMs : timeoutMs,
		allowedDomains: connection.allowedDomains,
		// Statuses are handled by the caller: n8n would otherwise resend any request after a 401.
		ignoreHttpStatusErrors: true,
		returnFullResponse: true,
		// Keeps the key on its own host, and lets a body stream instead of being buffered for a redirect.
		disableFollowRedirect: true,
	};
}

/**
 * Network codes of the name lookup, of opening the connection, or of the certificate check, all of which come
 * before anything is sent. All other codes can also occur after the request was sent.
 */
const beforeSendingCodes =
	/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ERR_TLS_CERT_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+)$/;

/** n8n wraps axios errors in NodeApiError; the network's code and system call are in one of the nested causes. */
function describeThrown(thrown: unknown): { code: string; message: string; hasFailedToConnect: boolean } {
	let code: string | undefined;
	let syscall: string | undefined;
	let message: string | undefined;
	for (let error: unknown = thrown, depth = 0; isObject(error) && depth < 4; depth++) {
		code ??= readString(error.code);
		syscall ??= readString(error.syscall) ?? syscallOfAll(error.errors);
		message = readString(error.message) ?? message;
		error = error.cause;
	}
	code ??= (isObject(thrown) ? readString(thrown.httpCode) : undefined) ?? '';
	const hasFailedToConnect = beforeSendingCodes.test(code) || syscall === 'connect' || syscall === 'getaddrinfo';
	return { code, message: message ?? String(thrown), hasFailedToConnect };
}

/** Node throws an AggregateError when all of several addresses of a host fail. */
function syscallOfAll(errors: unknown): string | undefined {
	const syscalls = new Set(readArray(errors).map((error) => readString(readObject(error).syscall)));
	return syscalls.size === 1 ? [...syscalls][0] : undefined;
}
