import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { type Limiter, limiter } from '../limiter';
import { parseUrl } from '../parseUrl';
import { parseJson, readObject, readString } from '../providers/read';
import type { Callback } from './verifyCallback';
import { outcomeOf } from '../outcome';

/**
 * For what needs n8n's database. Hundreds of calls can come at the same moment, and a process of n8n has two
 * connections to it by default; whoever waits for one too long is refused.
 */
export const callsAtOnce = limiter(10);

const maxConcurrentDownloads = 3;
const downloadsByHost = new Map<string, Limiter>();

/**
 * Of all calls together, as some binary modes hold a whole file in memory; by host, so that one which hangs
 * holds up no other.
 */
export function downloadsOfCalls(url: string): Limiter {
	const host = parseUrl(url)?.host ?? '';
	const downloads = downloadsByHost.get(host) ?? limiter(maxConcurrentDownloads);
	downloadsByHost.set(host, downloads);
	return downloads;
}

/**
 * Answers a call, 500 if that fails. Never throws: n8n would forget what the execution has done, or start
 * one with an empty item.
 */
export async function answerCallback(
	context: IWebhookFunctions,
	receive: (context: IWebhookFunctions) => Promise<IWebhookResponseData>,
): Promise<IWebhookResponseData> {
	const answer = await outcomeOf(receive(context));
	if (answer.ok) return answer.value;
	const reason = answer.error instanceof Error ? answer.error.message : String(answer.error);
	context.logger.warn(`A callback could not be used: ${reason}`);
	return respond(context, 500, 'The call could not be used');
}

/** Answers at once; what is returned tells n8n that this is done. */
export function respond(
	context: IWebhookFunctions,
	statusCode: number,
	message: string,
): IWebhookResponseData {
	const response = context.getResponseObject();
	if (!response.headersSent) response.status(statusCode).json({ message }).end();
	return { noWebhookResponse: true };
}

export function callbackOf(context: IWebhookFunctions): Callback {
	const { rawBody } = readObject(context.getRequestObject());
	return {
		headers: context.getHeaderData(),
		rawBody: rawBody instanceof Uint8Array ? rawBody : Buffer.from(readString(rawBody) ?? ''),
	};
}

/** @returns undefined for what is no JSON */
export const bodyOf = ({ rawBody }: Callback): unknown => parseJson(Buffer.from(rawBody).toString());
