import { CapacityQueue } from '../../nodes/shared/request/capacityQueue';
import type { ICredentialType, IHttpRequestOptions, INode, INodeTypes } from 'n8n-workflow';
import { Workflow } from 'n8n-workflow';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fetch, FormData } from 'undici';
import { EngineCredentials, evaluate } from '../../harness/engine/credentials';
import type { Clock } from '../../nodes/shared/clock';
import { limiter } from '../../nodes/shared/limiter';
import type { Endpoint, ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { parseJson, readString } from '../../nodes/shared/providers/read';
import type { ProviderConnection } from '../../nodes/shared/request/connection';

/** The answer to the last request, before it is read. */
export interface RawAnswer {
	statusCode: number;
	headers: Record<string, string>;
	body: unknown;
}

export interface LiveConnection extends ProviderConnection {
	/** The free call with which n8n tests the credential. */
	credentialTest: Endpoint<void, void>;
	/** Undefined while no answer has come. */
	lastAnswer?: RawAnswer;
}

interface Access {
	apiKey: string;
	/** Default: that of the credential, or of its region. */
	baseUrl?: string;
	uploadUrl?: string;
	/** Of the provider's regions; default: the first. */
	region?: string;
	/** Where the provider has an API of its own for assets; default: that of the region. */
	assetUrl?: string;
	/** The fields of the credential that such an API needs. */
	assetKeys?: Readonly<Record<string, string>>;
	clock: Clock;
}

/**
 * Reaches a provider as the nodes do, with the same credential, retries and error messages; only the
 * HTTP client is undici instead of n8n's.
 * @throws RangeError for an address that is neither https nor on this machine, a region that there is not, or keys that are missing
 */
export async function openConnection(provider: ProviderAdapter, access: Access): Promise<LiveConnection> {
	const { apiKey, clock } = access;
	const credential = await loadCredential(provider.credentialType);
	const defaultOf = (name: string) =>
		readString(credential.properties.find((property) => property.name === name)?.default) ?? '';
	const { region, regionName } = findRegion(provider, access.region);
	const baseUrl = readAddress(access.baseUrl ?? (defaultOf('baseUrl') || region?.baseUrl) ?? '');
	const uploadDefault = defaultOf('uploadBaseUrl') || baseUrl;
	const credentials = new EngineCredentials([credential], {});
	const data = { apiKey, projectName: defaultOf('projectName'), ...(regionName !== undefined && { region: regionName }), ...access.assetKeys };
	const connection: LiveConnection = {
		provider,
		baseUrl,
		uploadBaseUrl: readAddress(access.uploadUrl ?? uploadDefault),
		apiKey,
		...(regionName !== undefined && { region: regionName }),
		...(provider.assetApi && {
			assetApi: {
				baseUrl: readAddress(access.assetUrl ?? region?.assetBaseUrl ?? baseUrl),
				commonBody: provider.assetApi.commonBody?.(data) ?? {},
				problems: [],
			},
		}),
		secrets: [apiKey, ...Object.values(access.assetKeys ?? {})],
		clock,
		inFlight: limiter(1),
		capacityQueue: new CapacityQueue(),
		credentialTest: {
			request: () => ({ method: 'GET', path: evaluate(String(credential.test?.request.url), data, emptyWorkflow, anyNode), repeatable: true }),
			parse: () => {},
		},
		async send(options) {
			connection.lastAnswer = undefined;
			const signed = await credentials.authenticate(data, credential.name, options, emptyWorkflow, anyNode);
			return (connection.lastAnswer = await send(signed));
		},
	};
	return connection;
}

function findRegion({ regions = {}, displayName }: ProviderAdapter, wanted: string | undefined) {
	const names = Object.keys(regions);
	const regionName = wanted ?? names[0];
	if (regionName === undefined) return {};
	const region = regions[regionName];
	if (!region) throw new RangeError(`${displayName} has no region ${regionName}, but ${names.join(', ') || 'none'}`);
	return { region, regionName };
}

async function loadCredential(type: string): Promise<ICredentialType> {
	const className = type.charAt(0).toUpperCase() + type.slice(1);
	const file = path.join(__dirname, `../../credentials/${className}.credentials`);
	const classes = (await import(file)) as Record<string, new () => ICredentialType>;
	const Credential = classes[className];
	if (!Credential) throw new Error(`credentials/${className}.credentials.ts has no class ${className}`);
	return new Credential();
}

function readAddress(text: string): string {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const isHere = url?.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
	if (url?.protocol === 'https:' || isHere) return text.replace(/\/+$/, '');
	throw new RangeError(`${text} is neither https nor on this machine`);
}

async function send(options: IHttpRequestOptions): Promise<RawAnswer> {
	const url = new URL(options.url);
	const query: Record<string, unknown> = options.qs ?? {};
	for (const [name, value] of Object.entries(query)) url.searchParams.set(name, readString(value) ?? '');
	const headers = new Headers({ accept: 'application/json', 'user-agent': 'n8n-nodes-seedance live check' });
	const given: Record<string, unknown> = options.headers ?? {};
	for (const [name, value] of Object.entries(given)) headers.set(name, readString(value) ?? '');
	if (options.body !== undefined && !(options.body instanceof globalThis.FormData)) headers.set('content-type', 'application/json');
	const answer = await fetch(url, {
		method: options.method,
		headers: [...headers],
		body: await toUndici(options.body),
		redirect: 'manual',
		signal: AbortSignal.timeout(options.timeout ?? 60_000),
	});
	const text = await answer.text();
	return {
		statusCode: answer.status,
		headers: Object.fromEntries(answer.headers),
		body: text === '' ? undefined : (parseJson(text) ?? text),
	};
}

/** A form, JSON with a file in it, or any other JSON. undici knows its own forms only. */
async function toUndici(body: unknown): Promise<FormData | Buffer | string | undefined> {
	// Signed as it is.
	if (typeof body === 'string') return body;
	if (body instanceof Blob) return await buffer(body.stream());
	if (!(body instanceof globalThis.FormData)) return JSON.stringify(body);
	const copy = new FormData();
	for (const [name, value] of body) copy.append(name, value);
	return copy;
}

/** n8n resolves the expressions of a credential in the context of a node. */
const noNodes: INodeTypes = {
	getByName: () => {
		throw new Error('There are no nodes here');
	},
	getByNameAndVersion: () => {
		throw new Error('There are no nodes here');
	},
	getKnownTypes: () => ({}),
};
const emptyWorkflow = new Workflow({ nodes: [], connections: {}, active: false, nodeTypes: noNodes });
const anyNode: INode = { id: '', name: 'Live check', type: '', typeVersion: 1, position: [0, 0], parameters: {} };
