import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';
import type { Clock } from '../clock';
import { systemClock } from '../clock';
import { InputError, type InputProblem, isMissing, mustBe, requireNoProblems, SeedanceError } from '../errors';
import type { Limiter } from '../limiter';
import { limiter } from '../limiter';
import type { AssetApi, ProviderAdapter, ProviderRequest, Region } from '../providers/adapter';
import { parseUrl } from '../parseUrl';
import { shownUrl, testModeOrigin } from '../publicUrl';
import { openTestWorld, type TestWorld } from '../testMode/world';
import { readString } from '../providers/read';
import { excerpt, listOf } from '../text';
import { CapacityQueue } from './capacityQueue';
import { redactor } from './redact';

/** Many items send requests at the same time, and providers refuse bursts. */
export const maxConcurrentRequests = 10;

/** Everything a request needs to reach one provider with one credential. */
export interface ProviderConnection {
	provider: ProviderAdapter;
	/** Without a trailing slash. */
	baseUrl: string;
	/** Where files are uploaded; the same as `baseUrl` where the provider has no separate host for them. */
	uploadBaseUrl: string;
	/** Set where the provider has an API of its own for assets. */
	assetApi?: AssetApiConnection;
	/** Of the provider's regions, the one of the credential. */
	region?: string;
	/** Comma-separated, from n8n's own restriction of the credential. */
	allowedDomains?: string;
	/** For signatures; never part of a message or an output. */
	apiKey: string;
	/** The prices that the user has written into the credential, as they stand there. */
	prices?: unknown;
	/** Values that must never show in an error or an output. */
	secrets: readonly string[];
	clock: Clock;
	signal?: AbortSignal;
	/** Limits the requests that are in flight at once; pauses between retries do not count. */
	inFlight: Limiter;
	/** Requests that wait until the provider has capacity for another task; see `RetryRule`. */
	capacityQueue: CapacityQueue;
	/** Set in Test Mode: it answers in place of the provider, and nothing is sent. */
	testMode?: TestWorld;
	/** Sends with the credential; options must be new for each call because n8n writes the key into them. */
	send(options: IHttpRequestOptions): Promise<unknown>;
}

export interface AssetApiConnection {
	/** Without a trailing slash. */
	baseUrl: string;
	/** What the credential adds to the body of every request. */
	commonBody: Readonly<Record<string, unknown>>;
	/** The keys that the credential lacks, without which nothing can be asked. */
	problems: readonly InputProblem[];
}

/** Whether this credential can ask for assets; one may have the key for generations alone. */
export const canReadAssets = ({ assetApi }: ProviderConnection) => (assetApi?.problems ?? []).length === 0;

/**
 * Reads the credential of a provider.
 * @throws SeedanceError (input) if its base URL is not https, except on this machine, or if it shows itself to be wrong
 */
export async function connect(
	context: IExecuteFunctions | ILoadOptionsFunctions | IWebhookFunctions,
	provider: ProviderAdapter,
): Promise<ProviderConnection> {
	const { credentialType } = provider;
	const credential = await context.getCredentials(credentialType);
	// HTTP drops blanks around a header, so an answer that repeats the key has it without them.
	const apiKey = typeof credential.apiKey === 'string' ? credential.apiKey.trim() : '';
	const assetKeys = Object.keys(provider.assetApi?.keys ?? {}).flatMap((name) => readString(credential[name])?.trim() ?? []);
	const secrets = [...(apiKey ? [apiKey] : []), ...assetKeys];
	const common = {
		provider,
		apiKey,
		prices: credential.prices,
		secrets,
		clock: systemClock,
		inFlight: limiter(maxConcurrentRequests),
		capacityQueue: new CapacityQueue(),
	};
	if (isTestMode(provider, credential)) {
		return {
			...common,
			// Not the provider's, so that nothing that is kept by address is mixed with what is live.
			baseUrl: testModeOrigin,
			uploadBaseUrl: testModeOrigin,
			testMode: openTestWorld(provider, credentialId(context, credentialType), systemClock),
			async send() {
				throw new Error('Test Mode sends nothing');
			},
		};
	}
	requireNoProblems(provider.checkCredential?.(credential) ?? []);
	const { regionName, region } = readRegion(provider, credential.region);
	const baseUrl = readBaseUrl(provider, 'Base URL', readString(credential.baseUrl) ?? region?.baseUrl, secrets);
	return {
		...common,
		baseUrl,
		...(regionName !== undefined && { region: regionName }),
		...(provider.assetApi && { assetApi: connectAssets(provider, provider.assetApi, region, credential, { baseUrl, secrets }) }),
		uploadBaseUrl:
			credential.uploadBaseUrl === undefined
				? baseUrl
				: readBaseUrl(provider, 'Upload URL', credential.uploadBaseUrl, secrets),
		allowedDomains: readAllowedDomains(provider, credential),
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

/** What is made in Test Mode belongs to the credential, as it has no key. */
const credentialId = (context: Pick<IExecuteFunctions, 'getNode'>, credentialType: string) =>
	context.getNode().credentials?.[credentialType]?.id ?? '';

/** @throws InputError for a value that leaves in doubt whether the provider is to be paid, such as that of an expression */
function isTestMode({ displayName }: ProviderAdapter, credential: ICredentialDataDecryptedObject): boolean {
	const testMode: unknown = credential.testMode;
	if (testMode === undefined || testMode === null || testMode === false || testMode === '' || testMode === 'false') return false;
	if (testMode === true || testMode === 'true') return true;
	throw new InputError([mustBe(`Test Mode in the ${displayName} credential`, 'on or off', excerpt(testMode), 'Correct it in the credential.')]);
}

/** @returns the same connection, with these secrets redacted from its answers as well */
export const withSecrets = (
	connection: ProviderConnection,
	secrets: ReadonlyArray<string | undefined>,
): ProviderConnection => ({
	...connection,
	secrets: [...connection.secrets, ...secrets.filter((secret) => secret !== undefined)],
});

/** For parallel requests: Node 20 warns of a leak when more than ten listeners share a signal. */
export const withOwnSignal = (connection: ProviderConnection): ProviderConnection => ({
	...connection,
	signal: connection.signal && AbortSignal.any([connection.signal]),
});

/** @returns the base address of a request and the label of its field in the credential */
export function addressOf(
	{ baseUrl, uploadBaseUrl, assetApi }: Pick<ProviderConnection, 'baseUrl' | 'uploadBaseUrl' | 'assetApi'>,
	{ host }: Pick<ProviderRequest, 'host'>,
): { url: string; label: 'Base URL' | 'Upload URL' | 'Asset API URL' } {
	switch (host) {
		case 'uploads':
			return { url: uploadBaseUrl, label: 'Upload URL' };
		case 'assets':
			return { url: assetApi?.baseUrl ?? baseUrl, label: 'Asset API URL' };
		default:
			return { url: baseUrl, label: 'Base URL' };
	}
}

/** @throws InputError for a region that the provider does not have */
function readRegion(
	{ regions = {}, displayName }: ProviderAdapter,
	value: unknown,
): { regionName?: string; region?: Region } {
	const names = Object.keys(regions);
	const [first] = names;
	if (first === undefined) return {};
	const regionName = value === undefined || value === '' ? first : names.find((name) => name === value);
	if (regionName !== undefined) return { regionName, region: regions[regionName] };
	const allowed = listOf(Object.values(regions).map((region) => region.displayName), 'or');
	throw new InputError([mustBe(`Region in the ${displayName} credential`, allowed, excerpt(value), 'Choose one in the credential.')]);
}

function connectAssets(
	provider: ProviderAdapter,
	{ keys, commonBody }: AssetApi,
	region: Region | undefined,
	credential: ICredentialDataDecryptedObject,
	{ baseUrl, secrets }: { baseUrl: string; secrets: readonly string[] },
): AssetApiConnection {
	const given = readString(credential.assetBaseUrl) ?? region?.assetBaseUrl ?? baseUrl;
	const missing = Object.entries(keys).filter(([name]) => readString(credential[name]) === undefined);
	return {
		baseUrl: readBaseUrl(provider, 'Asset API URL', given, secrets),
		commonBody: commonBody?.(credential) ?? {},
		problems: missing.map(([, label]) => lacksKey(provider, label, Object.values(keys))),
	};
}

const lacksKey = ({ displayName }: ProviderAdapter, label: string, labels: readonly string[]) =>
	isMissing(
		`${label} in the ${displayName} credential`,
		`Asset groups and assets need ${listOf(labels)} besides the API Key, which is for generations only. Fill them in there.`,
	);

/** No base URL has an @ of its own, so a login may hold anything, a slash as well. */
const loginOfBaseUrl = /^(https?:[/\\]*)?.*@/is;

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
			mustBe(
				`${label} in the ${provider.displayName} credential`,
				'an https address without parameters, such as https://api.example.com',
				shownUrl(redactor(secrets).text(given).replace(loginOfBaseUrl, '$1[redacted]@')),
				'Correct it in the credential. An http address works for this machine only.',
			),
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
