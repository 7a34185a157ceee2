import type { IExecuteFunctions } from 'n8n-workflow';
import { readNumber, readObject, readString } from '../providers/read';
import { outcomeOf } from '../outcome';

const answerTimeoutMs = 10_000;

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
