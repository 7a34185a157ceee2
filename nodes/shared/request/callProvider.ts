import { ProviderError, requireNoProblems, UnexpectedAnswerError, UnsureError } from '../errors';
import type { Endpoint, ProviderAdapter, ProviderRequest } from '../providers/adapter';
import { readObject, readString } from '../providers/read';
import { outcomeOf } from '../outcome';
import type { TestWorld } from '../testMode/world';
import { excerpt } from '../text';
import type { HeadOfQueue } from './capacityQueue';
import type { ProviderConnection } from './connection';
import type { Exchange } from './exchange';
import { exchange } from './exchange';
import { failureOf, mayBeAccepted, requestIdOf, unsure } from './failure';
import { retryDelayMs } from './retry';
import { requireNoTestId } from './testIds';

/**
 * The only function that calls a provider: sends the request, retries what is harmless to repeat, turns refusals
 * into errors and parses the answer. In Test Mode nothing is sent, and a small world in memory answers.
 * @throws InputError if the credential lacks the keys for assets;
 *         ProviderError with reason, status, request ID and next step;
 *         UnsureError if a paid request may have been accepted without a readable answer
 */
export async function callProvider<Input, Output>(
	connection: ProviderConnection,
	endpoint: Endpoint<Input, Output>,
	input: Input,
): Promise<Output> {
	const { provider, clock, signal, capacityQueue } = connection;
	const request = endpoint.request(input);
	if (connection.testMode) return answerInTestMode(connection, connection.testMode, endpoint, input);
	requireNoTestId(provider, request);
	if (request.host === 'assets') requireNoProblems(connection.assetApi?.problems ?? []);
	const begunAtMs = clock.monotonicMs();
	let head: HeadOfQueue | undefined;
	let doubt: UnsureError | undefined;
	let isAnswerLost = false;
	let attempt = 0;
	try {
		for (;;) {
			const answer = await exchange(connection, request);
			// Whatever else an answer says, what it names was accepted.
			const namedId = request.repeatable ? undefined : idIn(answer, (body) => endpoint.parse(body, input));
			const result = namedId === undefined ? withStatusOfRefusal(provider, answer) : answer;
			const reading = readAnswer(connection, endpoint, request, input, result, namedId);
			if (reading.ok) {
				head?.admit(clock.monotonicMs());
				return reading.value;
			}
			const { failure } = reading;
			if (request.isDeletion && isAnswerLost && failure.details.reason === 'notFound') {
				return endpoint.parse(undefined, input);
			}
			isAnswerLost ||= !result.answered || result.statusCode >= 500;
			const isUnsure = failure instanceof UnsureError;
			// The first doubt is kept: its answer concerns the request that may have been accepted.
			if (isUnsure) doubt ??= failure;
			const repeat = request.isSentOnce ? undefined : failure.details.repeat;
			if (repeat?.isCapacity && !head) {
				head = await capacityQueue.enter(begunAtMs);
				continue;
			}
			// Retries that the provider itself allows do not count as attempts.
			if (!repeat) attempt++;
			const spentMs = clock.monotonicMs() - (head?.sinceMs ?? begunAtMs);
			const delayMs = signal?.aborted ? undefined : retryDelayMs(request, result, { attempt, spentMs, repeat, isUnsure });
			const pause = delayMs === undefined ? undefined : await outcomeOf(clock.sleep(delayMs, signal));
			if (!pause?.ok) throw doubt ? stillUnsure(doubt, failure) : failure;
		}
	} finally {
		head?.leave();
	}
}

function answerInTestMode<Input, Output>(
	{ provider, signal }: ProviderConnection,
	world: TestWorld,
	endpoint: Endpoint<Input, Output>,
	input: Input,
): Output {
	if (!signal?.aborted) return world.answer(endpoint, input);
	throw new ProviderError('The execution was cancelled', {
		reason: 'cancelled',
		nothingAccepted: 'notSent',
		providerName: provider.displayName,
	});
}

/** @returns the ID of what a paid request has made, if the answer has one */
function idIn(answer: Exchange, parse: (body: unknown) => unknown): string | undefined {
	if (!answer.answered) return undefined;
	try {
		return readString(readObject(parse(answer.body)).id);
	} catch {
		return undefined;
	}
}

/** A refusal inside a 2xx is treated by the status that it states: a 429 is retried, a 500 leaves a create in doubt. */
function withStatusOfRefusal(provider: ProviderAdapter, result: Exchange): Exchange {
	if (!isAccepted(result) || !provider.isRefusal(result.body)) return result;
	const { statusCode = result.statusCode } = provider.parseFailure(result.body);
	return { ...result, statusCode };
}

/** A refused repeat does not reveal whether the first request was accepted. */
function stillUnsure(doubt: UnsureError, last: ProviderError): UnsureError {
	if (doubt === last) return doubt;
	return doubt.with({ description: `${doubt.details.description} The last repeat: ${last.message}` });
}

function isAccepted(result: Exchange): result is Extract<Exchange, { answered: true }> {
	return result.answered && result.statusCode >= 200 && result.statusCode < 300;
}

/** @returns the parsed answer, or the error for a refusal, no answer, or an unreadable one */
function readAnswer<Input, Output>(
	connection: ProviderConnection,
	endpoint: Endpoint<Input, Output>,
	request: ProviderRequest,
	input: Input,
	result: Exchange,
	namedId: string | undefined,
): Reading<Output> {
	if (!isAccepted(result) || (namedId === undefined && connection.provider.isRefusal(result.body))) {
		return { ok: false, failure: failureOf(connection, request, result, namedId) };
	}
	return read(connection, request, (body) => endpoint.parse(body, input), result);
}

type Reading<Output> = { ok: true; value: Output } | { ok: false; failure: ProviderError };

function read<Output>(
	{ provider }: ProviderConnection,
	request: ProviderRequest,
	parse: (body: unknown) => Output,
	{ body, headers }: Extract<Exchange, { answered: true }>,
): Reading<Output> {
	let problem: string;
	let isReadable = false;
	if (typeof body === 'string' && body.trim() !== '') {
		// JSON arrives parsed, so text is the page of a proxy or truncated JSON.
		problem = `the answer is not readable: ${excerpt(body)}`;
	} else {
		try {
			return { ok: true, value: parse(body) };
		} catch (error) {
			isReadable = error instanceof UnexpectedAnswerError;
			problem =
				error instanceof UnexpectedAnswerError
					? `${error.message}. ${error.details.description}`
					: `the answer is not readable: ${excerpt(body)}`;
		}
	}
	if (!request.repeatable) {
		const message = isReadable
			? `${provider.displayName} accepted this request, but ${problem}`
			: mayBeAccepted(provider, problem);
		return { ok: false, failure: unsure(provider, request, message, { requestId: requestIdOf(headers) }) };
	}
	const failure = new ProviderError(
		`${provider.displayName} gave an unexpected answer: ${problem}`,
		{
			reason: 'unexpectedAnswer',
			description: `Run this again. If it happens again, please report it with this text. [${request.method}] "${request.path}"`,
			providerName: provider.displayName,
		},
	);
	return { ok: false, failure };
}
