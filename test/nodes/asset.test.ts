import type { INodeParameters } from 'n8n-workflow';
import { byId, Lab, simulatedProviders } from '../support/lab';
import { sampleFiles } from '../support/media';

describe.each(simulatedProviders)('New asset at %s', (_name, provider, { displayName }) => {
	let lab: Lab;
	let groupId: string;
	beforeEach(async () => {
		lab = await Lab.open({ assetProcessingSeconds: 20, propagationSeconds: 5 });
		const [group] = await lab.json('assetGroup', { provider, operation: 'create', name: 'g' });
		groupId = String(group?.groupId);
	});
	afterEach(async () => await lab.close());

	const create = async (parameters: INodeParameters, options = {}) =>
		await lab.run('asset', { provider, operation: 'create', groupId: byId(groupId), ...parameters }, options);
	const sent = () => lab.callsOf('assets.create')[0];

	it('waits until it can be cited, also while the provider does not know it yet', async () => {
		const { output } = await create({ source: 'url', url: 'https://example.com/face.png', name: 'face' });
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'active', assetId: expect.stringMatching(/^asset-/) });
		expect(lab.callsOf('assets.create')).toHaveLength(1);
	});

	it('is returned at once if nobody waits', async () => {
		const { output } = await create({ source: 'url', url: 'https://example.com/face.png', waitUntilActive: false });
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'processing', assetUri: expect.stringMatching(/^asset:\/\/asset-/) });
		expect(lab.simulator.calls.at(-1)?.route).toBe('assets.create');
	});

	it('can be waited for later', async () => {
		const [created] = (await create({ source: 'url', url: 'https://example.com/face.png', waitUntilActive: false })).output[0] ?? [];
		const assetId = byId(`asset://${JSON.stringify(created?.json.assetId).slice(1, -1)}`);
		expect(await lab.json('asset', { provider, operation: 'waitUntilActive', assetId })).toEqual([
			expect.objectContaining({ status: 'active' }),
		]);
	});

	it('that does not exist is waited for half a minute only', async () => {
		const startMs = lab.nowMs;
		const { error } = await lab.run('asset', { provider, operation: 'waitUntilActive', assetId: byId('asset-none') });
		expect(error).toMatchObject({ context: { reason: 'notFound', assetId: 'asset-none' } });
		expect(lab.nowMs - startMs).toBeLessThan(40_000);
	});

	it('names itself when it is not ready in time', async () => {
		const { error } = await create({ source: 'url', url: 'https://example.com/face.png', options: { timeoutSeconds: 10 } });
		expect(error?.message).toMatch(new RegExp(`^${displayName} asset asset-\\S+ is not Active after 10 s$`));
		expect(error?.description).toContain('Wait Until Active');
		expect(error).toMatchObject({ context: { reason: 'timeout', assetId: expect.stringMatching(/^asset-/) } });
	});

	it.each([
		['face.png', {}, 'volc-asset', 'Image'],
		['clip.mov', {}, 'volc-asset-video', 'Video'],
		['tune.wav', {}, 'volc-asset-audio', 'Audio'],
		['download?id=7', { mediaType: 'video' }, 'volc-asset-video', 'Video'],
	])('from the URL …/%s with %j is billed as %s', async (file, parameters, model, AssetType) => {
		const url = `https://example.com/${file}`;
		await create({ source: 'url', url, waitUntilActive: false, ...parameters });
		expect(sent()?.body).toEqual({ model, AssetType, GroupId: groupId, URL: url });
	});

	it('from a file is a stream with its type and length', async () => {
		const { video } = await sampleFiles();
		const { output } = await create(
			{ source: 'binary', binaryPropertyName: 'clip', name: 'clip' },
			{ items: [{ json: {}, binary: { clip: video } }] },
		);
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'active', mediaType: 'video' });
		expect(sent()).toMatchObject({
			contentType: expect.stringMatching(/^multipart\/form-data/),
			body: {
				model: 'volc-asset-video',
				AssetType: 'Video',
				file: { name: 'clip.mp4', type: 'video/mp4', sizeBytes: Buffer.byteLength(video.data, 'base64') },
			},
		});
	});

	it('from base64 text gets the type that its first bytes show', async () => {
		const { audio } = await sampleFiles();
		await create({ source: 'base64', base64: audio.data });
		expect(sent()?.body).toMatchObject({
			model: 'volc-asset-audio',
			URL: `data:audio/mpeg;base64,${audio.data}`,
		});
	});

	it.each<[string, INodeParameters, string]>([
		['a URL that is none', { source: 'url', url: 'face.png' }, 'URL: a public http(s) address. Given: face.png'],
		['a URL of unknown type', { source: 'url', url: 'https://example.com/x' }, 'Media Type: Image, Video or Audio has to be chosen'],
		['text that is no base64', { source: 'base64', base64: 'hello world' }, 'Base64 or Data URI: the base64 text of a supported file'],
		['a binary field that is not there', { source: 'binary', binaryPropertyName: 'nothing' }, 'Input Binary Field: the name of a binary field'],
		['a time-out of no time', { source: 'url', url: 'https://example.com/a.png', options: { timeoutSeconds: 0 } }, 'Timeout (Seconds): more than 0. Given: 0'],
	])('is refused before sending for %s', async (_case, parameters, message) => {
		const { error } = await create(parameters);
		expect(error?.message).toContain(message);
		expect(lab.callsOf('assets.create')).toEqual([]);
	});

	it('is sent once when nobody knows whether it was accepted', async () => {
		lab.simulator.faults.add({ route: 'assets.create', effect: { kind: 'reset', afterAcceptance: true } });
		const { error } = await create({ source: 'url', url: 'https://example.com/face.png' });
		expect(lab.callsOf('assets.create')).toHaveLength(1);
		expect(error).toMatchObject({ context: { reason: 'unsure' } });
	});

	it('is found by name, group and limit', async () => {
		const items = ['hero', 'heroine', 'tree'].map((name) => ({ json: { name } }));
		await create({ source: 'url', url: '=https://example.com/{{ $json.name }}.png', name: '={{ $json.name }}' }, { items });
		const names = async (parameters: INodeParameters) =>
			(await lab.json('asset', { provider, operation: 'getMany', returnAll: true, ...parameters })).map(({ name }) => name).sort();
		expect(await names({ filters: { name: 'hero' } })).toEqual(['hero', 'heroine']);
		expect(await names({ filters: { groupIds: [groupId] } })).toEqual(['hero', 'heroine', 'tree']);
		expect(await names({ filters: { groupIds: ['group-other'] } })).toEqual([]);
		expect(await names({ returnAll: false, limit: 2 })).toHaveLength(2);
	});

	it('is refused by channels that want a group type when the user clears it', async () => {
		const { error } = await lab.run('asset', { provider, operation: 'getMany', filters: { groupType: '' } });
		expect(error?.description).toContain('Set the filter Group Type');
	});
});
