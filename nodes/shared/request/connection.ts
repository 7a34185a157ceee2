import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';
import type { Clock } from '../clock';
import { systemClock } from '../clock';
import { InputError, SeedanceError } from '../errors';
import type { Limiter } from '../limiter';
import { limiter } from '../limiter';
import type { ProviderAdapter, ProviderRequest } from '../providers/adapter';
import { parseUrl } from '../parseUrl';
import { CapacityQueue } from './capacityQueue';
import { redactor } from './redact';

/** Many items ask at the same time; providers refuse bursts. */
export const maxConcurrentRequests = 10;

/** Everything a request needs to reach one provider with one credential. */
export interface ProviderConnection {
	provider: ProviderAdapter;
	/** Without a trailing slash. */
	baseUrl: string;
	/** Where the provider takes files, if that is a host of its own. */
	uploadBaseUrl: string;
	/** Comma-separated, from n8n's own restriction of the credential. */
	allowedDomains?: string;
	/** For signatures; it goes into no message and no output. */
	apiKey: string;
	/** Values that must never show in an error or an output. */
	secrets: readonly string[];
	clock: Clock;
	signal?: AbortSignal;
	/** Requests that are sent at once; their retries and pauses do not count. */
	limit: Limiter;
	/** Requests for which there is no room; see `Repeat`. */
	capacityQueue: CapacityQueue;
	/** Sends with the credential; options must be new for each call because n8n writes the key into them. */
	send(options: IHttpRequestOptions): Promise<unknown>;
}

/**
 * Reads the credential of a provider.
 * @throws SeedanceError (input) if its base URL is not https, except on this machine
 */
export async function connect(
	context: IExecuteFunctions | ILoadOptionsFunctions | IWebhookFunctions,
	provider: ProviderAdapter,
): Promise<ProviderConnection> {
	const { credentialType } = provider;
	const credential = await context.getCredentials(credentialType);
	// Blanks around a key get lost on the way, and providers repeat it without them.
	const apiKey = typeof credential.apiKey === 'string' ? credential.apiKey.trim() : '';
	const secrets = apiKey ? [apiKey] : [];
	const baseUrl = readBaseUrl(provider, 'Base URL', credential.baseUrl, secrets);
	return {
		provider,
		baseUrl,
		uploadBaseUrl:
			credential.uploadBaseUrl === undefined
				? baseUrl
				: readBaseUrl(provider, 'Upload URL', credential.uploadBaseUrl, secrets),
		allowedDomains: readAllowedDomains(provider, credential),
		apiKey,
		secrets,
		clock: systemClock,
		limit: limiter(maxConcurrentRequests),
		capacityQueue: new CapacityQueue(),
		async send(request) {
			const { helpers } = context;
			const answer: unknown = await helpers.httpRequestWithAuthentication.call(
				context,
				credentialType,
				request,
			);
			return answer;
		},
	};
}

/** The same connection, in whose answers these do not show either. */
export const withSecrets = (
	connection: ProviderConnection,
	secrets: ReadonlyArray<string | undefined>,
): ProviderConnection => ({
	...connection,
	secrets: [...connection.secrets, ...secrets.filter((secret) => secret !== undefined)],
});

/** For requests side by side: Node 20 warns of a leak when more than ten listen to the same signal. */
export const withOwnSignal = (connection: ProviderConnection): ProviderConnection => ({
	...connection,
	signal: connection.signal && AbortSignal.any([connection.signal]),
});

/** Where a request goes, and what the credential calls that address. */
export function addressOf(
	{ baseUrl, uploadBaseUrl }: Pick<ProviderConnection, 'baseUrl' | 'uploadBaseUrl'>,
	{ host }: Pick<ProviderRequest, 'host'>,
): { url: string; label: 'Base URL' | 'Upload URL' } {
	return host === 'uploads'
		? { url: uploadBaseUrl, label: 'Upload URL' }
		: { url: baseUrl, label: 'Base URL' };
}

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

function readBaseUrl(
	provider: ProviderAdapter,
	label: string,
	value: unknown,
	secrets: readonly string[],
): string {
	const given = typeof value === 'string' ? value.trim() : '';
	const url = parseUrl(given);
	const isSafe =
		url?.protocol === 'https:' || (url?.protocol === 'http:' && loopbackHost.test(url.hostname));
	if (!isSafe || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
		throw new InputError([
			{
				field: `${label} in the ${provider.displayName} credential`,
				allowed: 'an https address without parameters, e.g. https://api.example.com',
				given: redactor(secrets).text(given.replace(/\/\/[^/@]*@/, '//[redacted]@')) || '(empty)',
			},
		]);
	}
	return `${url.origin}${url.pathname}`.replace(/(?<!\/)\/+$/, '');
}

/** n8n adds these two fields to every credential; "none" only concerns the HTTP Request node. */
function readAllowedDomains(
	provider: ProviderAdapter,
	credential: ICredentialDataDecryptedObject,
): string | undefined {
	if (credential.allowedHttpRequestDomains !== 'domains') return undefined;
	const { allowedDomains } = credential;
	if (typeof allowedDomains === 'string' && allowedDomains.trim() !== '') return allowedDomains;
	throw new SeedanceError(`The ${provider.displayName} credential allows no domain`, {
		reason: 'permission',
		description: 'Fill in Allowed Domains in the credential, or allow all domains.',
		providerName: provider.displayName,
	});
}
