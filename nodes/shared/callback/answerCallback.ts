import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { systemClock, untilAborted, withDeadline } from '../clock';
import { type Limiter, keyedLimiter, limiter } from '../limiter';
import { parseUrl } from '../parseUrl';
import { outcomeOf } from '../outcome';
import type { ProviderAdapter } from '../providers/adapter';
import { parseJson, readObject, readString } from '../providers/read';
import { connect, type ProviderConnection } from '../request/connection';
import type { Callback } from './verifyCallback';

/**
 * How long callers wait for a check before they are answered to call again. Long enough for one request that is
 * never answered and a retry that is.
 */
export const checkDeadline = { clock: systemClock, timeoutMs: 60_000, what: 'Asking the provider' };
/** Of a read with its wait in the queue; a single read has less, so that those queued behind it are served in time. */
const connectDeadline = { clock: systemClock, timeoutMs: 30_000, what: 'Reading the credential' };
const readDeadline = { ...connectDeadline, timeoutMs: 10_000 };

/**
 * Hundreds of callbacks can arrive at the same moment, and an n8n process has two connections to its database by
 * default; queries that wait for one too long fail. Held during the read only, never while a provider is called.
 */
const credentialReads = limiter(10);

/** By account, so that a provider that hangs delays only the callbacks of its own account. */
const checksByAccount = keyedLimiter(10);

/** By account and host of the file; limited, as some binary modes hold a whole file in memory. */
const downloads = keyedLimiter(3);

/**
 * Reads the credential of a provider for a callback.
 * @throws Error if n8n's database does not answer in time; SeedanceError for a credential that cannot be used
 */
export async function connectForCallback(
	context: IWebhookFunctions,
	provider: ProviderAdapter,
): Promise<ProviderConnection> {
	return await withDeadline(connectDeadline, async (signal) =>
		await credentialReads(async () => {
			signal.throwIfAborted();
			return await withDeadline(readDeadline, async () => await connect(context, provider));
		}),
	);
}

/**
 * Runs a check as soon as fewer than ten of this account are in flight.
 * @param signal ends the check, which frees its place for the next one
 * @throws what the check throws; the reason of the signal when it aborts
 */
export async function checkAccount<Value>(
	connection: ProviderConnection,
	signal: AbortSignal,
	check: (connection: ProviderConnection) => Promise<Value>,
): Promise<Value> {
	return await checksByAccount(keyOf(connection))(async () => {
		signal.throwIfAborted();
		return await untilAborted(check({ ...connection, signal }), signal);
	});
}

/** @returns the limiter for the download of a URL, shared by all callbacks of the account */
export function downloadsOfCallbacks(account: Account): (url: string) => Limiter {
	return (url) => downloads(keyOf(account, parseUrl(url)?.host ?? ''));
}

type Account = Pick<ProviderConnection, 'baseUrl' | 'apiKey'>;

const keyOf = ({ baseUrl, apiKey }: Account, ...more: string[]) => JSON.stringify([baseUrl, apiKey, ...more]);

/**
 * Answers a callback, with 500 if `receive` fails. Never throws: n8n would lose the data of the execution, or start
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
	return respond(context, 500, 'The callback could not be used');
}

/**
 * Sends the response at once and returns what tells n8n not to send another. Never throws: a caller that has
 * disconnected must not keep the workflow from running.
 */
export function respond(
	context: IWebhookFunctions,
	statusCode: number,
	message: string,
): IWebhookResponseData {
	try {
		const response = context.getResponseObject();
		if (!response.headersSent) response.status(statusCode).json({ message }).end();
	} catch {
		context.logger.warn(`A callback could not be answered with ${statusCode}`);
	}
	return { noWebhookResponse: true };
}

/** @returns the headers, the query and the raw body of the request that n8n received */
export function callbackOf(context: IWebhookFunctions): Callback {
	const { rawBody } = readObject(context.getRequestObject());
	return {
		headers: context.getHeaderData(),
		query: readObject(context.getQueryData()),
		rawBody: rawBody instanceof Uint8Array ? rawBody : Buffer.from(readString(rawBody) ?? ''),
	};
}

/** @returns the parsed body, undefined if it is not JSON */
export const bodyOf = ({ rawBody }: Callback): unknown => parseJson(Buffer.from(rawBody).toString());
