import { request } from 'undici';
import { credentialData } from '../../harness/credentialData';
import { makeGroup } from '../../harness/n8n/fileLoads';
import { formWith } from '../../harness/n8n/form';
import type { N8nClient, WorkflowNode } from '../../harness/n8n/n8nClient';
import { byId, WorkflowBuilder } from '../../harness/n8n/workflow';
import { startSimulator, type Simulator } from '../../simulator';
import { isObject } from '../../simulator/json';

/** How long the checks of cited assets delay the first paid request. */
export interface FirstPaidPlan {
	items: number;
	assetsPerItem: number;
	/** The latency of the provider, there and back. */
	latencySeconds: number;
}

export interface FirstPaidRow {
	name: string;
	isOurs: boolean;
	/** From the first request to the provider to the first one that is paid. */
	firstPaidMs: number;
	lookUps: number;
	bills: number;
}

interface Site {
	path: string;
	baseUrl: string;
	credentials: NonNullable<WorkflowNode['credentials']>;
	assetsPerItem: number;
}

interface Asker {
	name: string;
	isOurs: boolean;
	build(site: Site): WorkflowBuilder;
}

const httpRequest = { type: 'n8n-nodes-base.httpRequest', version: 4.5 };
const authentication = { authentication: 'genericCredentialType', genericAuthType: 'httpHeaderAuth' };
const executionTimeoutMs = 300_000;
/** The webhook is given the IDs of all assets, and for each item the number of its first one. */
const assetExpression = (place: number) => `$('Webhook').first().json.body.ids[Number($json['body.firsts']) + ${place}]`;

const begin = ({ path }: Site) =>
	new WorkflowBuilder(path, path).add('Items', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.firsts' });

const seedance: Asker = {
	name: 'Seedance',
	isOurs: true,
	build: (site) =>
		begin(site)
			.add(
				'Generate',
				'n8n-nodes-seedance.seedanceGenerate',
				1,
				{
					provider: 'anyfast',
					mode: 'multimodalReference',
					prompt: 'They dance',
					images: {
						image: placesOf(site).map((place) => ({
							source: 'asset',
							asset: byId(`={{ ${assetExpression(place)} }}`),
						})),
					},
					waitForCompletion: 'dontWait',
				},
				{ credentials: site.credentials },
			)
			.chain('Webhook', 'Items', 'Generate'),
};

/** One HTTP Request and one IF for each asset, then the HTTP Request that is paid. */
const stock: Asker = {
	name: 'HTTP Request and IF',
	isOurs: false,
	build(site) {
		const { baseUrl, credentials } = site;
		const builder = begin(site);
		const post = (name: string, path: string, jsonBody: string) =>
			builder.add(
				name,
				httpRequest.type,
				httpRequest.version,
				{ method: 'POST', url: `${baseUrl}${path}`, ...authentication, sendBody: true, specifyBody: 'json', jsonBody },
				{ credentials },
			);
		const assetOf = (place: number) => assetExpression(place).replace('$json', "$('Items').item.json");
		const names = placesOf(site).flatMap((place) => {
			const [get, isActive] = [`Asset ${place + 1}`, `Is Active ${place + 1}`];
			post(get, '/volc/asset/GetAsset', `={{ { Id: ${assetOf(place)} } }}`);
			builder.add(isActive, 'n8n-nodes-base.if', 2.3, {
				conditions: {
					options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 3 },
					combinator: 'and',
					conditions: [
						{ leftValue: '={{ $json.Status }}', rightValue: 'Active', operator: { type: 'string', operation: 'equals' } },
					],
				},
			});
			return [get, isActive];
		});
		const cited = placesOf(site).map(
			(place) => `{ type: 'image_url', image_url: { url: 'asset://' + ${assetOf(place)} }, role: 'reference_image' }`,
		);
		const content = `[{ type: 'text', text: 'They dance' }, ${cited.join(', ')}]`;
		post('Create', '/v1/video/generations', `={{ { model: 'seedance', content: ${content} } }}`);
		return builder.chain('Webhook', 'Items', ...names, 'Create');
	},
};

let runs = 0;

/** One after the other, in the same n8n; each with a provider of its own. */
export async function measureFirstPaid(client: N8nClient, plan: FirstPaidPlan): Promise<FirstPaidRow[]> {
	const rows: FirstPaidRow[] = [];
	for (const asker of [seedance, stock]) rows.push(await measureAsker(client, asker, plan));
	return rows;
}

async function measureAsker(
	client: N8nClient,
	{ name, isOurs, build }: Asker,
	{ items, assetsPerItem, latencySeconds }: FirstPaidPlan,
): Promise<FirstPaidRow> {
	const simulator = await startSimulator({ latencySeconds, assetProcessingSeconds: 0, propagationSeconds: 0 });
	try {
		const ids = await makeAssets(simulator, items * assetsPerItem);
		const path = `first-paid-${++runs}`;
		const anyfast = credentialData(simulator, 'anyfast');
		const [type, data] = isOurs
			? ['anyfastApi', anyfast]
			: ['httpHeaderAuth', { name: 'Authorization', value: `Bearer ${simulator.apiKey}` }];
		const credentials = { [type]: await client.createCredential(path, type, data) };
		const workflow = build({ path, baseUrl: anyfast.baseUrl, credentials, assetsPerItem });
		const workflowId = await client.createWorkflow(workflow.build());
		await client.activate(workflowId);
		const callsBefore = simulator.calls.length;
		const firsts = Array.from({ length: items }, (_, index) => index * assetsPerItem);
		const body = formWith('ids', ids);
		for (const first of firsts) body.append('firsts', String(first));
		await client.callWebhook(path, body, executionTimeoutMs);
		const { status, errors } = await client.executionOf(workflowId, executionTimeoutMs);
		if (status !== 'success') throw new Error(`${name}: ${errors.join('; ')}`);
		const calls = simulator.calls.slice(callsBefore);
		const paid = calls.filter(({ route }) => route === 'tasks.create');
		return {
			name,
			isOurs,
			firstPaidMs: (paid[0]?.atMs ?? NaN) - (calls[0]?.atMs ?? NaN),
			lookUps: calls.filter(({ route }) => route === 'assets.get' || route === 'assets.list').length,
			bills: simulator.ledger.filter(({ kind }) => kind === 'generation').length,
		};
	} finally {
		await simulator.close();
	}
}

const placesOf = ({ assetsPerItem }: Site) => Array.from({ length: assetsPerItem }, (_, place) => place);

async function makeAssets(simulator: Simulator, count: number): Promise<string[]> {
	const { apiKey, baseUrls } = simulator;
	const group = await makeGroup(simulator);
	return await Promise.all(
		Array.from({ length: count }, async (_, index) => {
			const url = `https://example.com/face${index}.png`;
			const response = await request(`${baseUrls.anyfast}/volc/asset/CreateAsset`, {
				method: 'POST',
				headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
				body: JSON.stringify({ model: 'volc-asset', GroupId: group, AssetType: 'Image', Name: `face${index}`, URL: url }),
			});
			const answer: unknown = await response.body.json();
			if (!isObject(answer) || typeof answer.Id !== 'string') throw new Error(JSON.stringify(answer));
			return answer.Id;
		}),
	);
}
