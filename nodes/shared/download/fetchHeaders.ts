import { readNumber, readString } from '../providers/read';
import { openFile, type OpenOptions, type UrlContext } from './openFile';

const answerTimeoutMs = 10_000;

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
