import type { IExecuteFunctions } from 'n8n-workflow';
import { readNumber, readObject, readString } from '../providers/read';
import { limiter } from '../limiter';
import { outcomeOf } from '../outcome';

const answerTimeoutMs = 10_000;
/** Many items may cite files of one host. */
const maxConcurrentRequests = 10;

/** What a look at a URL needs of n8n; every context of a node has it. */
export interface UrlContext {
	helpers: Pick<IExecuteFunctions['helpers'], 'httpRequest'>;
}

/** What a host says about a file without sending it. */
export interface UrlFacts {
	statusCode: number;
	/** Without parameters, in lower case. */
	mimeType?: string;
	sizeBytes?: number;
}

/**
 * Asks for the headers of a public address with one HEAD request that carries no credential.
 * @returns undefined if there was no answer
 */
export async function fetchHeaders(
	{ helpers }: UrlContext,
	url: string,
	signal?: AbortSignal,
): Promise<UrlFacts | undefined> {
	const request = await outcomeOf(
		helpers.httpRequest({
			method: 'HEAD',
			url,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout: answerTimeoutMs,
			abortSignal: signal,
		}),
	);
	if (!request.ok) return undefined;
	const { statusCode, headers } = readObject(request.value);
	const { 'content-type': contentType, 'content-length': contentLength } = readObject(headers);
	return {
		statusCode: readNumber(statusCode) ?? 0,
		mimeType: readString(contentType)?.split(';')[0]?.trim().toLowerCase(),
		sizeBytes: readNumber(contentLength),
	};
}

/** Fetches the headers of addresses that many items cite, of each once. */
export function headerReader(context: UrlContext) {
	const inFlight = limiter(maxConcurrentRequests);
	const known = new Map<string, Promise<UrlFacts | undefined>>();
	return async (url: string, signal?: AbortSignal): Promise<UrlFacts | undefined> => {
		const facts = known.get(url) ?? inFlight(async () => await fetchHeaders(context, url, signal));
		known.set(url, facts);
		return await facts;
	};
}
