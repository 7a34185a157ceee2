import type { IExecuteFunctions } from 'n8n-workflow';
import { type Json, isObject, readNumber, readObject, readString } from '../providers/read';
import { systemClock, withDeadline } from '../clock';
import type { FileStream } from '../media/streams';
import { outcomeOf } from '../outcome';
import { parseUrl } from '../parseUrl';
import { readLink, shownUrl, type UrlFlaw, type UrlRules } from '../publicUrl';
import { TransferError } from './transferError';

/** The part of n8n's context that a request needs; every kind of context has it. */
export interface UrlContext {
	helpers: Pick<IExecuteFunctions['helpers'], 'httpRequest'>;
}

/** The part of n8n's context that a download needs; every kind of context has it. */
export interface FileContext {
	helpers: Pick<IExecuteFunctions['helpers'], 'httpRequest' | 'prepareBinaryData'>;
}

export interface FileAnswer {
	statusCode: number;
	/** By their names in lower case. */
	headers: Json;
	body: FileStream;
	/** Closes the connection. Destroying the body alone would not, as axios wraps the stream of the connection. */
	close: () => void;
}

export interface OpenOptions extends UrlRules {
	/** HEAD fetches the headers only. */
	method?: 'GET' | 'HEAD';
	headers?: Record<string, string>;
	/** In milliseconds, until the answer begins. */
	timeoutMs?: number;
	signal?: AbortSignal;
}

const answerTimeoutMs = 60_000;
/** In some versions of n8n this time begins anew with each byte; in so many times as long the headers have to be there. */
const timeoutsInAll = 2;
const maxRedirects = 5;

/**
 * Requests a file; the only function that opens URLs from users, agents and providers. No credential is read here,
 * so none can be sent. Redirects are followed here rather than by n8n, so that each address is checked first; see
 * `isPublic` for what that check cannot detect.
 * @throws TransferError (broken without an answer; final for an address that is not allowed)
 */
export async function openFile(
	{ helpers }: UrlContext,
	url: string,
	{ method = 'GET', headers, mayBePrivate, isTestMode, timeoutMs = answerTimeoutMs, signal }: OpenOptions,
): Promise<FileAnswer> {
	if (isTestMode) throw new TransferError('final', 'Test Mode requests nothing');
	let address = url;
	for (let redirects = 0; redirects <= maxRedirects; redirects++) {
		address = requireAllowed(address, { mayBePrivate });
		const stop = new AbortController();
		const ask = async (isLate: AbortSignal): Promise<unknown> =>
			await helpers.httpRequest({
				method,
				url: address,
				// The length of a compressed body would not be that of the file.
				headers: { ...headers, 'Accept-Encoding': 'identity' },
				encoding: 'stream',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
				timeout: timeoutMs,
				abortSignal: AbortSignal.any([...(signal ? [signal] : []), stop.signal, isLate]),
			});
		const deadline = { clock: systemClock, timeoutMs: timeoutsInAll * timeoutMs, what: 'the answer' };
		const request = await outcomeOf(withDeadline(deadline, ask));
		if (!request.ok) throw new TransferError('broken', messageOf(request.error));
		const answer = readAnswer(request.value, stop);
		const location = readString(answer.headers.location);
		if (!isRedirect(answer.statusCode) || location === undefined) return answer;
		answer.close();
		address = parseUrl(location, address)?.href ?? location;
	}
	throw new TransferError('final', `the link was redirected more than ${maxRedirects} times`);
}

/** @returns the address to request. @throws TransferError (final) if it is not allowed */
function requireAllowed(url: string, rules: UrlRules): string {
	const reading = readLink(url, rules);
	if (reading.ok) return reading.url;
	throw new TransferError('final', `the link leads to ${parseUrl(url)?.host || shownUrl(url)}, ${linkFlaws[reading.flaw]}`);
}

const linkFlaws: Readonly<Record<UrlFlaw, string>> = {
	noHttp: 'which is neither http nor https',
	invisible: 'which is no address',
	joined: 'which is no address',
	malformed: 'which is no address',
	login: 'with a user name or password in it',
	private: 'which is no address of the internet',
	testMode: 'which is a sample of Test Mode',
};

const isRedirect = (statusCode: number) => [301, 302, 303, 307, 308].includes(statusCode);

function readAnswer(value: unknown, stop: AbortController): FileAnswer {
	const { statusCode, headers, body } = readObject(value);
	if (!isStream(body)) throw new TransferError('broken', 'the answer has no content');
	const close = () => {
		// Aborting makes the body fail, which nobody handles any more.
		body.on('error', () => {});
		stop.abort();
		body.destroy();
	};
	return { statusCode: readNumber(statusCode) ?? 0, headers: readObject(headers), body, close };
}

function isStream(value: unknown): value is FileStream {
	return isObject(value) && typeof value.pipe === 'function' && typeof value.destroy === 'function';
}

/** @returns the message of an error that may come from n8n, axios or Node */
export function messageOf(error: unknown): string {
	return readString(readObject(error).message) ?? (error instanceof Error ? error.message : String(error));
}
