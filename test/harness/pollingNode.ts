import type {
	ICredentialType,
	IDataObject,
	IExecuteFunctions,
	ILoadOptionsFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeApiError, NodeConnectionTypes, NodeOperationError, sleep } from 'n8n-workflow';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';

/** A node, a credential and a server that exist only to prove the harness and its virtual time. */

export class PollingApi implements ICredentialType {
	name = 'pollingApi';

	displayName = 'Polling API';

	properties: ICredentialType['properties'] = [
		{ displayName: 'API Key', name: 'apiKey', type: 'string', default: '' },
		{ displayName: 'Version', name: 'version', type: 'string', default: 'v1' },
		{ displayName: 'Base URL', name: 'baseUrl', type: 'string', default: '' },
	];

	authenticate: ICredentialType['authenticate'] = {
		type: 'generic',
		properties: {
			headers: { Authorization: '=Bearer {{$credentials.apiKey}}' },
			qs: { version: '={{$credentials.version}}' },
		},
	};
}

/** Asks a path again and again until the answer says "done"; each answer becomes a field. */
export class Polling implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Polling',
		name: 'polling',
		group: ['input'],
		version: 1,
		description: 'Asks until done',
		defaults: { name: 'Polling' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'pollingApi', required: true }],
		properties: [
			{ displayName: 'Path', name: 'path', type: 'string', required: true, default: '' },
			{ displayName: 'Interval', name: 'intervalMs', type: 'number', default: 5000 },
			{ displayName: 'Save', name: 'save', type: 'boolean', default: false },
			{ displayName: 'Suspend', name: 'suspendMs', type: 'number', default: 0 },
		],
	};

	methods = {
		listSearch: {
			async searchPaths(
				this: ILoadOptionsFunctions,
				filter?: string,
				paginationToken?: string,
			) {
				const { baseUrl } = await this.getCredentials<{ baseUrl: string }>('pollingApi');
				const path = this.getCurrentNodeParameter('path') as string;
				const body: unknown = await this.helpers.httpRequestWithAuthentication.call(
					this,
					'pollingApi',
					{
						url: `${baseUrl}${path}`,
						qs: { filter, paginationToken },
					},
				);
				return {
					results: [{ name: JSON.stringify(body), value: path }],
					paginationToken: 'next',
				};
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const { baseUrl } = await this.getCredentials<{ baseUrl: string }>('pollingApi');
		const output: INodeExecutionData[] = [];
		for (const [itemIndex] of this.getInputData().entries()) {
			const url = `${baseUrl}${this.getNodeParameter('path', itemIndex) as string}`;
			const suspendMs = Number(this.getNodeParameter('suspendMs', itemIndex));
			if (suspendMs > 0) await this.putExecutionToWait(new Date(Date.now() + suspendMs));
			try {
				if (this.getNodeParameter('save', itemIndex)) {
					const stream = (await this.helpers.httpRequest({
						url,
						encoding: 'stream',
					})) as Readable;
					const data = await this.helpers.prepareBinaryData(
						stream,
						'file.bin',
						'application/x-test',
					);
					output.push({ json: {}, binary: { data } });
					continue;
				}
				for (;;) {
					const request = { url, timeout: 30_000 };
					const body = (await this.helpers.httpRequestWithAuthentication.call(
						this,
						'pollingApi',
						request,
					)) as IDataObject;
					if (body.status === 'done') {
						output.push({ json: body, pairedItem: { item: itemIndex } });
						break;
					}
					const intervalMs = Number(this.getNodeParameter('intervalMs', itemIndex));
					await sleep(intervalMs, this.getExecutionCancelSignal());
				}
			} catch (error) {
				const failure =
					error instanceof NodeApiError
						? error
						: new NodeOperationError(this.getNode(), error as Error);
				if (!this.continueOnFail()) throw failure;
				output.push({ json: { error: failure.message }, pairedItem: { item: itemIndex } });
			}
		}
		return [output];
	}
}

/** Full name under which the harness knows the node. */
export const pollingType = 'n8n-nodes-seedance.polling';

export interface SeenRequest {
	path: string;
	query: Record<string, string>;
	authorization: string | undefined;
	atMs: number;
}

/** A server on any free port that records each request before it answers. */
export async function startServer(
	answer: (
		request: IncomingMessage,
		response: ServerResponse,
		seen: readonly SeenRequest[],
	) => void,
) {
	const seen: SeenRequest[] = [];
	const server = createServer((request, response) => {
		const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
		seen.push({
			path: pathname,
			query: Object.fromEntries(searchParams),
			authorization: request.headers.authorization,
			atMs: Date.now(),
		});
		answer(request, response, seen);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		seen,
		baseUrl: `http://127.0.0.1:${port}`,
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

export function sendJson(response: ServerResponse, body: object, statusCode = 200) {
	response
		.writeHead(statusCode, { 'content-type': 'application/json' })
		.end(JSON.stringify(body));
}

export function pollingHost(baseUrl: string) {
	return {
		nodeTypes: [new Polling()],
		credentialTypes: [new PollingApi()],
		credentials: { pollingApi: { apiKey: 'test-key', baseUrl } },
	};
}
