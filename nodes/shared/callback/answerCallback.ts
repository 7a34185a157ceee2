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
 * How long the callers of one check wait for it in all, and then are told to call again. Long enough for one
 * request that is never answered, and a repeat that is.
 */
export const checkDeadline = { clock: systemClock, timeoutMs: 60_000, what: 'Asking the provider' };
/** With the wait for a place; and of one read alone, so that those that wait have their turn in time. */
const connectDeadline = { clock: systemClock, timeoutMs: 30_000, what: 'Reading the credential' };
const readDeadline = { ...connectDeadline, timeoutMs: 10_000 };

/**
 * Hundreds of calls can come at the same moment, and a process of n8n has two connections to its database by
 * default; whoever waits for one too long is refused. Held for the database alone, never for a provider.
 */
const credentialReads = limiter(10);

/** By account, so that a provider that hangs holds up nobody but its own user. */
const checksByAccount = keyedLimiter(10);

/** Of all calls together, as some binary modes hold a whole file in memory; by account and host of the file. */
const downloads = keyedLimiter(3);

/**
 * Reads the credential of a provider for a call.
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
 * Asks the provider, when there is room for one more check of this account.
 * @param signal ends the check and gives its place free
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

/** What limits the downloads of one account's calls, by the URL of the file. */
export function downloadsOfCalls(account: Account): (url: string) => Limiter {
	return (url) => downloads(keyOf(account, parseUrl(url)?.host ?? ''));
}

type Account = Pick<ProviderConnection, 'baseUrl' | 'apiKey'>;

const keyOf = ({ baseUrl, apiKey }: Account, ...more: string[]) => JSON.stringify([baseUrl, apiKey, ...more]);

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

/**
 * Answers at once; what is returned tells n8n that this is done. Never throws: a caller who is gone must not
 * keep the workflow from going on.
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

export function callbackOf(context: IWebhookFunctions): Callback {
	const { rawBody } = readObject(context.getRequestObject());
	return {
		headers: context.getHeaderData(),
		rawBody: rawBody instanceof Uint8Array ? rawBody : Buffer.from(readString(rawBody) ?? ''),
	};
}

/** @returns undefined for what is no JSON */
export const bodyOf = ({ rawBody }: Callback): unknown => parseJson(Buffer.from(rawBody).toString());
