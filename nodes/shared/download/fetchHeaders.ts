import { limiter } from '../limiter';
import type { UrlRules } from '../publicUrl';
import { readNumber, readString } from '../providers/read';
import { openFile, type OpenOptions, type UrlContext } from './openFile';

const answerTimeoutMs = 10_000;
/** Many items may cite files of one host. */
const maxConcurrentRequests = 10;

/** What a host says about a file without sending it. */
export interface UrlFacts {
	statusCode: number;
	/** Without parameters, in lower case. */
	mimeType?: string;
	sizeBytes?: number;
}

/**
 * Asks for the headers of an address with HEAD requests that carry no credential.
 * @throws TransferError (broken without an answer; final for an address that is not allowed, also of a redirect)
 */
export async function fetchHeaders(
	context: UrlContext,
	url: string,
	options: Pick<OpenOptions, 'mayBePrivate' | 'signal'>,
): Promise<UrlFacts> {
	const { statusCode, headers, close } = await openFile(context, url, {
		...options,
		method: 'HEAD',
		timeoutMs: answerTimeoutMs,
	});
	close();
	return {
		statusCode,
		mimeType: readString(headers['content-type'])?.split(';')[0]?.trim().toLowerCase(),
		sizeBytes: readNumber(headers['content-length']),
	};
}

/** Fetches the headers of addresses that many items cite, of each once; throws as `fetchHeaders` does. */
export function headerReader(context: UrlContext, rules: UrlRules) {
	const inFlight = limiter(maxConcurrentRequests);
	const known = new Map<string, Promise<UrlFacts>>();
	return async (url: string, signal?: AbortSignal): Promise<UrlFacts> => {
		const facts = known.get(url) ?? inFlight(async () => await fetchHeaders(context, url, { ...rules, signal }));
		known.set(url, facts);
		return await facts;
	};
}
