import { limiter } from '../limiter';
import type { UrlRules } from '../publicUrl';
import { readNumber, readString } from '../providers/read';
import { sampleAt } from '../testMode/sample';
import { openFile, type OpenOptions, type UrlContext } from './openFile';

const answerTimeoutMs = 10_000;
/** Many items may cite files on one host. */
const maxConcurrentRequests = 10;

/** What the headers of a file say about it. */
export interface UrlFacts {
	statusCode: number;
	/** Without parameters, in lower case. */
	mimeType?: string;
	sizeBytes?: number;
}

/**
 * Fetches the headers of a URL with a HEAD request that carries no credential.
 * @throws TransferError (broken without an answer; final if the URL or the target of a redirect is not allowed)
 */
export async function fetchHeaders(
	context: UrlContext,
	url: string,
	options: Pick<OpenOptions, 'mayBePrivate' | 'isTestMode' | 'signal'>,
): Promise<UrlFacts> {
	if (options.isTestMode) return headersInTestMode(url);
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

/** Nothing is known of what is on the internet, as with a host that answers no HEAD. */
function headersInTestMode(url: string): UrlFacts {
	const sample = sampleAt(url);
	return sample ? { statusCode: 200, mimeType: sample.mimeType, sizeBytes: sample.bytes.length } : { statusCode: 0 };
}

/** @returns a function that fetches the headers of each URL once, however many items cite it; throws as `fetchHeaders` does */
export function headerReader(context: UrlContext, rules: UrlRules) {
	const inFlight = limiter(maxConcurrentRequests);
	const known = new Map<string, Promise<UrlFacts>>();
	return async (url: string, signal?: AbortSignal): Promise<UrlFacts> => {
		const facts = known.get(url) ?? inFlight(async () => await fetchHeaders(context, url, { ...rules, signal }));
		known.set(url, facts);
		return await facts;
	};
}
