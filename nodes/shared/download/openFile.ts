import type { IExecuteFunctions } from 'n8n-workflow';
import { type Json, isObject, readNumber, readObject, readString } from '../providers/read';
import { systemClock, withDeadline } from '../clock';
import { outcomeOf } from '../outcome';
import { parseUrl } from '../parseUrl';
import { readLink, shownUrl, type UrlFlaw, type UrlRules } from '../publicUrl';
import { TransferError } from './transferError';

/** What asking a host needs of n8n; every context of a node has it. */
export interface UrlContext {
	helpers: Pick<IExecuteFunctions['helpers'], 'httpRequest'>;
}

/** What downloading needs of n8n; every context of a node has it. */
export interface FileContext {
	helpers: Pick<IExecuteFunctions['helpers'], 'httpRequest' | 'prepareBinaryData'>;
}

/** A stream of Node's, which n8n's binary store takes. */
export type FileStream = Exclude<Parameters<FileContext['helpers']['prepareBinaryData']>[0], Buffer>;

export interface FileAnswer {
	statusCode: number;
	/** By their names in lower case. */
	headers: Json;
	body: FileStream;
	/** Ends the connection. Destroying the body alone would leave it open, as axios puts a stream of its own in front. */
	close: () => void;
}

export interface OpenOptions extends UrlRules {
	/** HEAD asks for what is known of the file, without the file. */
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
 * Asks a host for a file; the only door to addresses that others have given. No credential is read here, so
 * none can reach any host. Redirects are followed here and not by n8n, so that each address is checked
 * first; see `isPublic` for what that cannot see.
 * @throws TransferError (broken without an answer; final for an address that is not allowed)
 */
export async function openFile(
	{ helpers }: UrlContext,
	url: string,
	{ method = 'GET', headers, mayBePrivate, timeoutMs = answerTimeoutMs, signal }: OpenOptions,
): Promise<FileAnswer> {
	let address = url;
	for (let redirects = 0; redirects <= maxRedirects; redirects++) {
		address = requireAllowed(address, { mayBePrivate });
		const stop = new AbortController();
		const ask = async (isLate: AbortSignal): Promise<unknown> =>
			await helpers.httpRequest({
				method,
				url: address,
				// The length of what is packed on the way says nothing about the file.
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

/** @returns the address as it is to be asked */
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
};

const isRedirect = (statusCode: number) => [301, 302, 303, 307, 308].includes(statusCode);

function readAnswer(value: unknown, stop: AbortController): FileAnswer {
	const { statusCode, headers, body } = readObject(value);
	if (!isStream(body)) throw new TransferError('broken', 'the answer has no content');
	const close = () => {
		// Nobody reads any more, and nobody wants to know.
		body.on('error', () => {});
		stop.abort();
		body.destroy();
	};
	return { statusCode: readNumber(statusCode) ?? 0, headers: readObject(headers), body, close };
}

function isStream(value: unknown): value is FileStream {
	return isObject(value) && typeof value.pipe === 'function' && typeof value.destroy === 'function';
}

export function messageOf(error: unknown): string {
	return readString(readObject(error).message) ?? (error instanceof Error ? error.message : String(error));
}
