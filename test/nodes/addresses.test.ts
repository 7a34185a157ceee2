import type { INodeParameters, INodeProperties, INodePropertyCollection } from 'n8n-workflow';
import { Asset } from '../../nodes/Asset/Asset.node';
import { AssetGroup } from '../../nodes/AssetGroup/AssetGroup.node';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { SeedanceGenerateTrigger } from '../../nodes/SeedanceGenerateTrigger/SeedanceGenerateTrigger.node';
import { openFileHost } from '../support/fileHost';
import { byId, Lab, type NodeName, simulatedProviders } from '../support/lab';

/** Every field for an address refuses what the provider could not reach or should not see; the table of all kinds: shared/publicUrl.test.ts. */

type AddressField = [field: string, node: NodeName, withUrl: (url: string) => INodeParameters, label: string];

const list = (name: string, entry: string, mode: string, more: INodeParameters = {}) => (url: string) => ({
	mode,
	[name]: { [entry]: [{ source: 'url', url, ...more }] },
});

const fields: AddressField[] = [
	['asset: url', 'asset', (url) => ({ operation: 'create', source: 'url', url, mediaType: 'image', groupId: byId('group-1') }), 'URL'],
	['seedanceGenerate: firstFrameUrl', 'seedanceGenerate', (firstFrameUrl) => ({ mode: 'firstFrame', firstFrameSource: 'url', firstFrameUrl }), 'First Frame'],
	[
		'seedanceGenerate: lastFrameUrl',
		'seedanceGenerate',
		(lastFrameUrl) => ({
			mode: 'firstAndLastFrame',
			firstFrameSource: 'url',
			firstFrameUrl: 'https://example.com/a.png',
			lastFrameSource: 'url',
			lastFrameUrl,
		}),
		'Last Frame',
	],
	['seedanceGenerate: images.url', 'seedanceGenerate', list('images', 'image', 'multimodalReference'), 'Images 1'],
	['seedanceGenerate: images.url as a new asset', 'seedanceGenerate', list('images', 'image', 'multimodalReference', { newAsset: true }), 'Images 1'],
	['seedanceGenerate: videos.url', 'seedanceGenerate', list('videos', 'video', 'videoExtension'), 'Videos 1'],
	[
		'seedanceGenerate: audios.url',
		'seedanceGenerate',
		(url) => ({
			mode: 'multimodalReference',
			images: { image: [{ source: 'url', url: 'https://example.com/a.png' }] },
			audios: { audio: [{ source: 'url', url }] },
		}),
		'Audio 1',
	],
	[
		'seedanceGenerate: images.list',
		'seedanceGenerate',
		(url) => ({
			mode: 'multimodalReference',
			images: { image: [{ source: 'list', list: `={{ ${JSON.stringify(['https://example.com/a.png', url])} }}` }] },
		}),
		'Images 2',
	],
	['seedanceGenerate: options.webhookUrl', 'seedanceGenerate', (webhookUrl) => ({ options: { webhookUrl } }), 'Webhook URL'],
];

it('are all tried here', () => {
	const takesUrl = ({ name, type }: INodeProperties) => type === 'string' && /url$/i.test(name);
	const found = [new Asset(), new AssetGroup(), new SeedanceGenerate(), new SeedanceGenerateTrigger()].flatMap(({ description }) =>
		description.properties.flatMap((property) => {
			const inner = (property.options ?? []).flatMap((option) => {
				if (property.type === 'collection') return [option as INodeProperties];
				return property.type === 'fixedCollection' ? (option as INodePropertyCollection).values : [];
			});
			const named = inner.filter(takesUrl).map(({ name }) => `${property.name}.${name}`);
			return [...(takesUrl(property) ? [property.name] : []), ...named].map((name) => `${description.name}: ${name}`);
		}),
	);
	expect(found.length).toBeGreaterThan(5);
	expect(found.filter((name) => !fields.some(([field]) => field === name))).toEqual([]);
});

const unreachable: Array<[address: string, why: string, shown?: string]> = [
	['http://localhost:5678/a.png', 'private network'],
	['https://192.168.1.2/a.png', 'private network'],
	['http://169.254.169.254/latest/meta-data/', 'private network'],
	['https://nas/a.png', 'private network'],
	['http://2130706433/a.png', 'private network'],
	['https://user:hidden@example.com/a.png', 'without a user name or password', 'https://[redacted]@example.com/a.png'],
	['https://example.com/a.png https://example.com/b.png', 'without blanks'],
	['https://example.com/a.png\nhttps://example.com/b.png', 'without blanks', 'https://example.com/a.png[U+000A]https://example.com/b.png'],
	['https://example.com/a\u200b.png', 'without blanks', 'https://example.com/a[U+200B].png'],
	['https://example.com/a.pnghttps://example.com/b.png', 'two that are joined'],
	['https://example.com:99999/a.png', 'a public http(s) address'],
];

describe.each(simulatedProviders)('%s', (_name, provider, { videoTasks, assets }) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	const groupOption: INodeParameters = assets.newAssetFields.includes('groupId') ? { assetGroupId: byId('group-1') } : {};
	const run = async (node: NodeName, { options = {}, ...parameters }: INodeParameters, baseUrl?: string) =>
		await lab.run(
			node,
			{
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: 'A cat',
				waitForCompletion: 'dontWait',
				waitUntilActive: false,
				...parameters,
				options: { ...groupOption, checkAssets: false, ...(options as INodeParameters) },
			},
			{ host: lab.host({ baseUrl }) },
		);

	const sent = () => JSON.stringify(lab.simulator.calls.map(({ body }) => body));

	describe.each(fields.filter(([field]) => !field.includes('webhook') || videoTasks.callback))('%s', (_field, node, withUrl, label) => {
		it.each(unreachable)('refuses %j', async (url, why, shown = url) => {
			const { error } = await run(node, withUrl(url), 'https://api.example.com');
			expect(error?.message).toMatch(new RegExp(`^${label} must be `));
			expect(error?.message).toContain(why);
			expect(error?.message).toContain(`; it is ${shown}.`);
			expect(error?.message).not.toContain('hidden');
			expect(error?.description).toContain('Nothing was paid.');
			expect(lab.simulator.calls).toEqual([]);
		});

		it('sends an address without the blanks around it, and its scheme in lower case', async () => {
			await run(node, withUrl('  HTTPS://example.com/A.png?s=%2F\u200b'));
			expect(sent()).toContain('"https://example.com/A.png?s=%2F"');
		});

		it('takes an address in the network of the provider, if that is a private one', async () => {
			// Nobody listens there, which is for the provider to find out.
			await run(node, withUrl('http://127.0.0.1:9/a.png'));
			expect(sent()).toContain('"http://127.0.0.1:9/a.png"');
		});
	});

	it('names every address that is wrong', async () => {
		const image = [{ source: 'url', url: 'https://nas/a.png' }, { source: 'url', url: 'https://10.0.0.1/b.png' }];
		const { error } = await run('seedanceGenerate', { mode: 'multimodalReference', images: { image } }, 'https://api.example.com');
		expect(error?.message).toBe('2 fields need a change.');
		expect(error?.description).toMatch(/^Images 1 must be .*\nImages 2 must be .*\nNothing was paid\.$/);
	});
});

describe('Check URLs', () => {
	it('asks only for the headers, also of an address that was redirected', async () => {
		const host = await openFileHost({
			'/a.png': { statusCode: 302, location: '/b.png' },
			'/b.png': { mimeType: 'image/png', sizeBytes: 1000 },
		});
		const lab = await Lab.open();
		await lab.run('seedanceGenerate', {
			provider: 'anyfast',
			operation: 'generate',
			mode: 'firstFrame',
			firstFrameSource: 'url',
			firstFrameUrl: `${host.url}/a.png`,
			waitForCompletion: 'dontWait',
			options: { checkUrls: true },
		});
		await lab.close();
		await host.close();
		expect(host.requests.filter(({ method }) => method === 'HEAD').map(({ path }) => path)).toEqual(['/a.png', '/b.png']);
	});
});
