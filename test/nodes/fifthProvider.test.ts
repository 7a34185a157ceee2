import type { INodeParameters, INodeProperties, INodeType } from 'n8n-workflow';
import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { providers } from '../../nodes/shared/providers';
import type { EngineHost, NodeRunOptions } from '../../harness/engine/engine';
import { readBinary, runListSearch, runNode } from '../../harness/engine/engine';
import { fable } from '../support/fifthProvider/adapter';
import { FableApi } from '../support/fifthProvider/credential';
import { startFable } from '../support/fifthProvider/server';
import { runInVirtualTime } from '../../harness/engine/virtualTime';

/**
 * The rehearsal of "Adding a provider" in CONTRIBUTING.md: an adapter and a credential, put into the
 * list before the nodes are loaded. No file of a node knows of it.
 */
(providers as ProviderAdapter[]).push(fable);

type Nodes = Record<'assetGroup' | 'asset' | 'seedanceGenerate', INodeType>;
let nodes: Nodes;
let server: Awaited<ReturnType<typeof startFable>>;
let nowMs = Date.UTC(2026, 3, 27, 16);

beforeAll(async () => {
	const { AssetGroup } = await import('../../nodes/AssetGroup/AssetGroup.node');
	const { Asset } = await import('../../nodes/Asset/Asset.node');
	const { SeedanceGenerate } = await import('../../nodes/SeedanceGenerate/SeedanceGenerate.node');
	nodes = { assetGroup: new AssetGroup(), asset: new Asset(), seedanceGenerate: new SeedanceGenerate() };
});
beforeEach(async () => (server = await startFable()));
afterEach(async () => await server.close());

const host = (apiKey = server.ticket): EngineHost => ({
	nodeTypes: Object.values(nodes),
	credentialTypes: [new FableApi()],
	credentials: { fableApi: { apiKey, baseUrl: server.url } },
});

const run = async (
	node: keyof Nodes,
	parameters: INodeParameters,
	{ apiKey, ...options }: NodeRunOptions & { apiKey?: string } = {},
) =>
	await runInVirtualTime(
		async () =>
			await runNode(host(apiKey), `n8n-nodes-seedance.${node}`, {
				parameters: { provider: 'fable', ...parameters },
				...options,
			}).finally(() => (nowMs = Date.now())),
		{ startMs: nowMs },
	);

/** The field of a node as the editor shows it once the provider is chosen. */
function fieldOf(node: keyof Nodes, name: string): INodeProperties {
	const field = nodes[node].description.properties.find(({ name: other, displayOptions }) => {
		const { provider = ['fable'] } = displayOptions?.show ?? {};
		return other === name && provider.includes('fable');
	});
	if (!field) throw new Error(`${node} has no field ${name} for this provider`);
	return field;
}

const optionNames = ({ options = [] }: INodeProperties) => options.map(({ name }) => name);
const byId = (value: unknown) => ({ __rl: true, mode: 'id', value: String(value) });

describe('a fifth provider, without a change to a node', () => {
	it('is in the Provider menu of the nodes that it has something for', () => {
		expect(optionNames(fieldOf('asset', 'provider'))).toContain('Fable');
		expect(optionNames(fieldOf('seedanceGenerate', 'provider'))).toContain('Fable');
		expect(optionNames(fieldOf('assetGroup', 'provider'))).not.toContain('Fable');
	});

	it('has a credential slot, which shows when it is chosen', () => {
		const slot = { name: 'fableApi', required: true, displayOptions: { show: { '/provider': ['fable'] } } };
		expect(nodes.asset.description.credentials).toContainEqual(slot);
		expect(nodes.seedanceGenerate.description.credentials).toContainEqual(slot);
		expect(nodes.assetGroup.description.credentials).not.toContainEqual(slot);
	});

	it('is offered what it can do, and nothing else', () => {
		expect(optionNames(fieldOf('asset', 'operation'))).toEqual(['Create Asset', 'Get Asset', 'Wait Until Active']);
		expect(optionNames(fieldOf('seedanceGenerate', 'operation'))).toEqual([
			'Generate Video',
			'Check Video',
			'Download Video',
			'Get Task',
			'Wait for Task',
		]);
	});

	it('brings its models to the picker, and its limits to the settings', async () => {
		expect(fieldOf('seedanceGenerate', 'model').default).toMatchObject({ value: 'reel', cachedResultName: 'Reel' });
		const search = async (node: keyof Nodes, method: string) => {
			const { results } = await runListSearch(host(), `n8n-nodes-seedance.${node}`, method, {
				parameters: { provider: 'fable' },
			});
			return results.map(({ name }) => name);
		};
		expect(await search('seedanceGenerate', 'searchModels')).toEqual(['Reel (reel)', 'Reel Noir (reel-noir)']);
		expect(await search('asset', 'searchAssets')).toEqual(['Fable has no list: choose By ID']);

		const settings = (fieldOf('seedanceGenerate', 'settings').options ?? []) as INodeProperties[];
		expect(optionNames(fieldOf('seedanceGenerate', 'ratio'))).toContain('2:1 (Fable)');
		expect(optionNames(fieldOf('seedanceGenerate', 'resolution'))).toEqual(expect.arrayContaining(['540p (Fable)', '900p (Fable)']));
		const durations = optionNames(fieldOf('seedanceGenerate', 'durationSeconds'));
		expect(durations).toEqual(expect.arrayContaining(['Provider Default', expect.stringMatching(/^2 \(.*Fable\)$/), '4', '40 (Fable)']));
		expect(durations).not.toContain('41');
		expect(settings.map(({ displayName }) => displayName)).toContainEqual(expect.stringMatching(/^Watermark \((?!.*Fable)/));
	});

	it('takes a user from a file to a video that cites it', async () => {
		const picture = Buffer.from('\0 a picture, more or less');
		const binary = { data: { data: picture.toString('base64'), mimeType: 'image/png', fileName: 'face.png' } };
		const created = await run(
			'asset',
			{ operation: 'create', source: 'binary', binaryPropertyName: 'data' },
			{ items: [{ json: {}, binary }] },
		);
		expect(created.error).toBeUndefined();
		const asset = created.output[0]?.[0]?.json;
		expect(asset).toMatchObject({ provider: 'fable', assetId: 'prop-1', assetUri: 'asset://prop-1', status: 'active' });
		expect(server.calls[0]).toMatchObject({ method: 'PUT', path: '/props', body: { kind: 'image', prop: picture } });

		const { output, error } = await run('seedanceGenerate', {
			operation: 'generate',
			model: byId('reel-noir'),
			mode: 'multimodalReference',
			prompt: '@image1 walks in the rain',
			images: { image: [{ source: 'asset', asset: byId(asset?.assetId) }] },
			resolution: '900p', ratio: '2:1', durationSeconds: 40,
		});
		expect(error).toBeUndefined();
		const [video] = output[0] ?? [];
		expect(video?.json).toMatchObject({ provider: 'fable', taskId: 'job-2', status: 'succeeded' });
		expect(await readBinary(video!.binary!.data!)).toEqual(server.film);
		const job = { reel: 'reel-noir', script: '@image1 walks in the rain', cast: ['prop-1'], lines: 900, shape: '2:1', runs: 40 };
		expect(server.calls.filter(({ path }) => path === '/jobs')).toEqual([
			{ method: 'PUT', path: '/jobs', ticket: server.ticket, body: job },
		]);
		expect(server.calls.filter(({ path }) => path === '/jobs/job-2').length).toBeGreaterThan(2);
		expect(server.calls.at(-1)).toMatchObject({ path: '/films/job-2.mp4', ticket: null });
	});

	it.each([
		['a setting', { settings: { watermark: true } }, 'Fable does not have the setting Watermark, which is set to true.'],
		['a resolution', { resolution: '720p' }, 'Resolution must be 540p with Reel at Fable; it is 720p.'],
		['a length', { durationSeconds: 7 }, 'Duration (Seconds) must be a whole number from 2 to 6 with Reel at Fable; it is 7.'],
		[
			'a mode',
			{ mode: 'firstFrame', firstFrameSource: 'asset', firstFrameAsset: byId('prop-1') },
			'Fable does not offer the Mode Image to Video (First Frame).',
		],
	])('is not sent %s that it does not have', async (_what, fields, message) => {
		const { error } = await run('seedanceGenerate', {
			operation: 'generate',
			model: byId('reel'),
			mode: 'textToVideo',
			prompt: 'Rain',
			options: { checkAssets: false },
			...fields,
		});
		expect(error?.message).toBe(message);
		expect(server.calls).toEqual([]);
	});

	it.each([
		['asset', 'getMany', 'Fable does not offer the Operation Get Many Assets.'],
		['asset', 'delete', 'Fable does not offer the Operation Delete Asset.'],
	] as const)('is refused %s %s, which it does not have', async (node, operation, message) => {
		const { error } = await run(node, { operation, assetId: byId('prop-1') });
		expect(error?.message).toBe(message);
		expect(server.calls).toEqual([]);
	});

	it('explains a refusal in its own words', async () => {
		const { error } = await run('seedanceGenerate', { operation: 'getTask', taskId: 'job-1' }, { apiKey: 'forged-ticket' });
		expect(error).toMatchObject({
			message: 'Fable refused this: This ticket is not valid',
			description: expect.stringContaining('Buy a ticket.'),
			context: { reason: 'authentication' },
		});
		expect(JSON.stringify(error)).not.toContain('forged-ticket');
	});
});
