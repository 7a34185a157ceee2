import { ProviderError, UnsureError } from '../errors';
import { explainFailure } from '../providers/adapter';
import type { FailureHint, ProviderAdapter, ProviderRequest } from '../providers/adapter';
import { readString, tableOf } from '../providers/read';
import { cut, excerpt } from '../text';
import type { FailureReason } from '../vocabulary';
import type { ProviderConnection } from './connection';
import { addressOf } from './connection';
import { type Exchange, fileProblemCode } from './exchange';
import { readRetryAfterMs } from './retry';

/** Characters of an address in a message. */
const maxShownAddress = 300;

const byStatus: Readonly<Record<number, Omit<FailureHint, 'statusCode' | 'match'>>> = {
	400: { reason: 'input', description: 'Change what the message names.' },
	401: { reason: 'authentication', description: 'Check the API key in the credential.' },
	402: { reason: 'quota', description: 'Top up the account at the provider.' },
	403: {
		reason: 'permission',
		description: 'Check that the API key may use this, and that no firewall stands in between.',
	},
	404: {
		reason: 'notFound',
		description: 'Check the ID, and the Base URL in the credential. A key sees only its own data.',
	},
	405: { reason: 'input', description: 'Check the Base URL in the credential: what is there takes no such request.' },
	409: {
		reason: 'input',
		description: 'This is in conflict with something that exists, for example a name that is taken. Change what the message names.',
	},
	413: {
		reason: 'input',
		description: 'The request is too large. Give files by public URL, or make assets from them and cite these.',
	},
	422: { reason: 'input', description: 'Change what the message names.' },
	429: {
		reason: 'rateLimit',
		description: 'Send fewer requests at a time, or wait a while and run this again.',
	},
};

/** A 404 to a create cannot be about the ID of what is created: it has none yet. */
const createdNotFound: Omit<FailureHint, 'statusCode' | 'match'> = {
	reason: 'notFound',
	description:
		'Check the IDs that this cites; a key sees only its own data. A name that is taken can be answered like this, too: choose another one.',
};

/** A limit of concurrent tasks. No document but PiAPI's says how a provider words it. */
const tooManyTasks: FailureHint = {
	statusCode: 429,
	match: /concurren|(active|running|pending) (task|job)s?\b/i,
	reason: 'rateLimit',
	description:
		'The provider accepted no more tasks for 15 minutes. Run this again when some have ended, or stay below the limit of the account with the option "Tasks at Once".',
	repeat: { intervalMs: 10_000, maxMs: 15 * 60_000, isCapacity: true },
};

/**
 * Turns a failed exchange into an error with the provider's words, the status and the next step.
 * @returns an UnsureError if the request is paid and may have been accepted
 * @param namedId of what the answer to a paid request says it has made, although its status is that of a refusal
 */
export function failureOf(
	connection: ProviderConnection,
	request: ProviderRequest,
	exchange: Exchange,
	namedId?: string,
): ProviderError {
	return exchange.answered
		? refusal(connection, request, exchange, namedId)
		: noAnswer(connection, request, exchange);
}

function refusal(
	connection: ProviderConnection,
	request: ProviderRequest,
	{ statusCode, headers, body }: Extract<Exchange, { answered: true }>,
	namedId: string | undefined,
): ProviderError {
	const { provider } = connection;
	const { message, code, requestId = requestIdOf(headers) } = provider.parseFailure(body);
	const details = {
		providerName: provider.displayName,
		statusCode,
		code,
		requestId,
		retryAfterMs: readRetryAfterMs(headers),
	};
	const route = `[${request.method}] "${request.path}": ${statusCode}`;
	const trace = requestId ? `${route}, request ID ${requestId}` : route;
	const refusedWords = `${provider.displayName} refused this: ${message}`;
	const isRedirect = statusCode >= 300 && statusCode < 400;
	if (isRedirect && (request.repeatable || movedStatuses.has(statusCode))) {
		const target = cut(readString(headers.location) ?? 'another address', maxShownAddress);
		const { url, label } = addressOf(connection, request);
		return new ProviderError(`${provider.displayName} redirects from ${url} to ${target}`, {
			...details,
			reason: 'input',
			nothingAccepted: 'refused',
			description: `The API key is not sent to another address. Set the final address as ${label} in the credential. ${trace}`,
		});
	}
	if (namedId !== undefined) {
		return unsure(provider, request, mayBeAccepted(provider, `it answered ${statusCode} and named ID ${namedId}: ${message}`), details);
	}
	const explained = explainFailure([...provider.failureHints, tooManyTasks], { message, code, statusCode });
	const words = `${message} ${code ?? ''}`;
	const isUnanswered = [message, code ?? ''].some((text) => unansweredWords.test(text)) && !downloadWords.test(words);
	if (!request.repeatable && !isCertain(provider, { statusCode, headers, body }, { explained, isUnanswered })) {
		const doubt = unsure(provider, request, mayBeAccepted(provider, `it answered ${statusCode}: ${message}`), details);
		return provider.isRefusal(body) ? doubt : doubt.with({ description: `${notFromProvider(provider)} ${doubt.details.description}` });
	}
	const hintForStatus = statusCode === 404 && !request.repeatable ? createdNotFound : byStatus[statusCode];
	const { reason, description, repeat } = explained ??
		hintForStatus ?? {
			reason: 'provider' as FailureReason,
			repeat: undefined,
			description: 'Run this again later. If it happens again, ask the support of the provider.',
		};
	const { retryAfterMs = 0 } = details;
	const pause = retryAfterMs > 0 ? ` It asks to wait ${Math.ceil(retryAfterMs / 1000)} s.` : '';
	return new ProviderError(refusedWords, {
		...details,
		reason,
		nothingAccepted: request.repeatable ? undefined : 'refused',
		repeat,
		description: `${description}${pause}${request.repeatable || request.method === 'DELETE' ? '' : ` ${refusedIsFree}`} ${trace}`,
	});
}

const refusedIsFree = 'What is refused is not paid.';
const notSent = 'This request was not sent, so it is not paid.';

/** The resource has moved, so the request was not carried out here (RFC 9110, 15.4). */
const movedStatuses = new Set([301, 307, 308]);

/**
 * Statuses that mean "not carried out" whoever sends them, provider or proxy. 401 and 407: "has not been applied"
 * (RFC 9110, 15.5.2 and 15.5.8). 405: nothing at this address accepts a POST, as at a wrong Base URL. 411, 413, 414,
 * 417, 431: the request is refused for its form, before its content is read.
 *
 * Not among them: 400, 403 and 404, with which a proxy may also replace an answer that it blocks, and 429, which
 * shows whose limit it is only in the provider's own format.
 */
const neverAcceptedStatuses = new Set([401, 405, 407, 411, 413, 414, 417, 431]);

/** Refused by Cloudflare before it reaches the provider: for an address, a signature, a rule or a rate limit. */
const cloudflareRefusal = /^error code: 10(0[5-9]|1[0-3]|15|20)$/;

/**
 * Words of a gateway that has sent the request on and got no answer, whatever status it gives them. Those of Go and
 * Node, in which gateways are written, and of their users.
 */
const unansweredWords =
	/timed out|(?:gateway|upstream|request|response|read|connection|i\/o|client)[ _.-]?time-?out|timeout (?:awaiting|exceeded|of \d)|^\W*time-?out\W*$|deadline[ _]exceeded|context cancell?ed|connection (?:was )?(?:reset|closed|aborted)|closed (?:idle|network) connection|broken pipe|unexpected eof|: eof\b|stream error|goaway|socket hang up|econn(?:reset|aborted)|etimedout|no (?:response|answer) from|without (?:sending a )?response|超时/i;
/** A reference that could not be read in time is a reason for a refusal. */
const downloadWords = /download/i;

/** Whether it is certain that a paid request was not accepted. */
function isCertain(
	provider: ProviderAdapter,
	{ statusCode, headers, body }: Pick<Extract<Exchange, { answered: true }>, 'statusCode' | 'headers' | 'body'>,
	{ explained, isUnanswered }: { explained?: FailureHint; isUnanswered: boolean },
): boolean {
	if (provider.isRefusal(body)) {
		return explained?.nothingDone === true || (statusCode < 500 && statusCode !== 408 && !isUnanswered);
	}
	const isCloudflare = readString(headers.server)?.toLowerCase() === 'cloudflare';
	const isChallenge = readString(headers['cf-mitigated']) === 'challenge';
	const isBlocked = isChallenge || (typeof body === 'string' && cloudflareRefusal.test(body.trim()));
	return neverAcceptedStatuses.has(statusCode) || (isCloudflare && isBlocked);
}

const notFromProvider = ({ displayName }: ProviderAdapter) =>
	`${displayName} did not write this answer: a proxy or a firewall did, or the Base URL in the credential is wrong.`;

function noAnswer(
	connection: ProviderConnection,
	request: ProviderRequest,
	{ code, message, isSent }: Extract<Exchange, { answered: false }>,
): ProviderError {
	const { provider, signal } = connection;
	const trace = `[${request.method}] "${request.path}": ${code || 'no answer'}`;
	const isDomainRefused = /^Domain not allowed/.test(message);
	const nothingAccepted = isSent && !isDomainRefused ? undefined : ('notSent' as const);
	const details = { providerName: provider.displayName, code, nothingAccepted };
	if (isDomainRefused) {
		return new ProviderError(message, {
			...details,
			reason: 'permission',
			description: `Add the host to Allowed Domains in the credential. ${notSent}`,
		});
	}
	if (code === fileProblemCode) {
		return new ProviderError(`The request to ${provider.displayName} broke off: ${message}`, {
			...details,
			reason: 'input',
			description: `Check that n8n still has the file. The request did not arrive as a whole, so it is not paid. ${trace}`,
		});
	}
	const isCancelled = signal?.aborted === true;
	if (!request.repeatable && isSent) {
		const why = isCancelled ? 'the execution was cancelled before it answered' : plainWords(code, message);
		return unsure(provider, request, mayBeAccepted(provider, why), details);
	}
	if (isCancelled) {
		return new ProviderError('The execution was cancelled', { ...details, reason: 'cancelled', ...(!isSent && { description: notSent }) });
	}
	const { url, label } = addressOf(connection, request);
	return new ProviderError(
		`${provider.displayName} could not be reached at ${url}: ${plainWords(code, message)}`,
		{
			...details,
			reason: 'network',
			description: `Check the ${label} in the credential and the network of n8n.${isSent ? '' : ` ${notSent}`} ${trace}`,
		},
	);
}

export const mayBeAccepted = ({ displayName }: ProviderAdapter, why: string) =>
	`${displayName} may have accepted this request, but ${why}`;

/** The error for a create that was or may have been accepted: the user has to check before paying again. */
export function unsure(
	provider: ProviderAdapter,
	{ method, path, idempotencyKey }: ProviderRequest,
	message: string,
	details: { statusCode?: number; code?: string; requestId?: string },
): UnsureError {
	const advice =
		idempotencyKey === undefined
			? 'It was sent once and is not repeated, because a repeat could be billed again.'
			: 'It carries an idempotency key: another attempt of this execution brings the same task, not a second one.';
	const trace = [details.statusCode ?? details.code, details.requestId && `request ID ${details.requestId}`]
		.filter(Boolean)
		.join(', ');
	const { displayName } = provider;
	return new UnsureError(message, {
		...details,
		providerName: displayName,
		reason: 'unsure',
		description: `${advice} Check ${whereToCheck(provider)} whether it was accepted before you start it again. [${method}] "${path}"${trace && `: ${trace}`}`,
	});
}

/** @returns where a user finds out whether a doubtful request was accepted, as the end of a sentence */
export function whereToCheck({ displayName, videoTasks }: ProviderAdapter): string {
	return videoTasks.list
		? 'with the operation "Get Many Tasks"'
		: `on the usage page of ${displayName}`;
}

const codeWords = tableOf<string>({
	ECONNREFUSED: 'the connection was refused',
	ECONNRESET: 'the connection was reset',
	ECONNABORTED: 'no answer came in time',
	ETIMEDOUT: 'no answer came in time',
	ENOTFOUND: 'the host is unknown',
	EAI_AGAIN: 'the host name could not be looked up',
	EHOSTUNREACH: 'there is no route to the host',
	ENETUNREACH: 'there is no route to the host',
});

/** n8n replaces messages that contain a network code with its own, so the codes are left out. */
function plainWords(code: string, message: string): string {
	const words = codeWords.get(code);
	if (words) return words;
	return excerpt(message.replace(/\bE[A-Z]{4,}\b:?/g, '')) || 'the connection broke';
}

export function requestIdOf(headers: Readonly<Record<string, unknown>>): string | undefined {
	return readString(headers['x-oneapi-request-id']) ?? readString(headers['x-request-id']);
}
