import { request } from 'undici';
import type { Simulator } from '../../simulator';
import { isObject } from '../../simulator/json';
import type { WorkflowNode } from './n8nClient';
import { byId, WorkflowBuilder } from './workflow';

/** Workflows that move nothing but large files, by this package and by HTTP Request nodes. */

type Credentials = NonNullable<WorkflowNode['credentials']>;

export interface FileSite {
	/** Of the webhook, and the name of the workflow. */
	path: string;
	/** Of the provider's API. */
	baseUrl: string;
	credentials: Credentials;
}

export interface UploadSite extends FileSite {
	/** The path of the file, which n8n reads first. */
	file: string;
	groupId: string;
}

/** Where the files are, or where they are sent. */
export const moverNode = 'Move';

export interface FileMover {
	id: string;
	name: string;
	isOurs: boolean;
	/** The IDs of finished tasks are in the field `ids` of the webhook's body. */
	download(site: FileSite): WorkflowBuilder;
	upload(site: UploadSite): WorkflowBuilder;
}

const provider = 'anyfast';
const httpRequest = { type: 'n8n-nodes-base.httpRequest', version: 4.5 };
const authentication = { authentication: 'genericCredentialType', genericAuthType: 'httpHeaderAuth' };
const taskId = "{{ $json['body.ids'] }}";

const split = ({ path }: FileSite) =>
	new WorkflowBuilder(path, path).add('IDs', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.ids' });

const read = ({ path, file }: UploadSite) =>
	new WorkflowBuilder(path, path).add('Read', 'n8n-nodes-base.readWriteFile', 1.1, { fileSelector: file });

export const seedanceMover: FileMover = {
	id: 'seedance',
	name: 'Seedance',
	isOurs: true,
	download: (site) =>
		split(site)
			.add(
				moverNode,
				'n8n-nodes-seedance.seedanceGenerate',
				1,
				{ provider, operation: 'waitForTask', taskId: byId(`=${taskId}`) },
				{ credentials: site.credentials },
			)
			.chain('Webhook', 'IDs', moverNode),
	upload: (site) =>
		read(site)
			.add(
				moverNode,
				'n8n-nodes-seedance.asset',
				1,
				{ provider, source: 'binary', groupId: byId(site.groupId) },
				{ credentials: site.credentials },
			)
			.chain('Webhook', 'Read', moverNode),
};

export const stockMover: FileMover = {
	id: 'stock',
	name: 'HTTP Request',
	isOurs: false,
	download: (site) =>
		split(site)
			.add(
				'Get',
				httpRequest.type,
				httpRequest.version,
				{ url: `=${site.baseUrl}/v1/video/generations/${taskId}`, ...authentication },
				{ credentials: site.credentials },
			)
			.add(moverNode, httpRequest.type, httpRequest.version, {
				url: '={{ $json.data.result_url }}',
				options: { response: { response: { responseFormat: 'file' } } },
			})
			.chain('Webhook', 'IDs', 'Get', moverNode),
	upload: (site) =>
		read(site)
			.add(
				moverNode,
				httpRequest.type,
				httpRequest.version,
				{
					method: 'POST',
					url: `${site.baseUrl}/volc/asset/CreateAsset`,
					...authentication,
					sendBody: true,
					contentType: 'multipart-form-data',
					bodyParameters: {
						parameters: [
							{ name: 'model', value: 'volc-asset-video' },
							{ name: 'AssetType', value: 'Video' },
							{ name: 'GroupId', value: site.groupId },
							{ parameterType: 'formBinaryData', name: 'file', inputDataFieldName: 'data' },
						],
					},
				},
				{ credentials: site.credentials },
			)
			.chain('Webhook', 'Read', moverNode),
};

/** Has the provider make so many videos of one kind. @returns the IDs of the tasks */
export async function makeTasks(simulator: Simulator, count: number): Promise<string[]> {
	const content = [{ type: 'text', text: 'A lighthouse at night' }];
	const bodies = Array.from({ length: count }, () => ({ model: 'seedance', content, duration: 4, resolution: '480p' }));
	return await Promise.all(
		bodies.map(async (body) => String((await post(simulator, '/v1/video/generations', body)).id)),
	);
}

/** @returns the ID of a new group of assets */
export async function makeGroup(simulator: Simulator): Promise<string> {
	const body = { model: 'volc-asset', Name: 'files' };
	return String((await post(simulator, '/volc/asset/CreateAssetGroup', body)).Id);
}

async function post({ apiKey, baseUrls }: Simulator, path: string, body: object): Promise<Record<string, unknown>> {
	const response = await request(`${baseUrls[provider]}${path}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	const answer: unknown = await response.body.json();
	if (response.statusCode !== 200 || !isObject(answer)) {
		throw new Error(`${path} answered ${response.statusCode}: ${JSON.stringify(answer)}`);
	}
	return answer;
}
