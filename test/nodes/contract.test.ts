import type { INodeParameters } from 'n8n-workflow';
import type { ProviderId } from '../support/lab';
import { byId, Lab, simulatedProviders } from '../support/lab';
import { readBinary } from '../support/engine';
import { probe, sampleFiles } from '../support/media';

/** The whole way of a user, at every provider, on n8n's engine against the strict simulator. */
describe.each(simulatedProviders)('%s', (_name, provider, adapter) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	const createGroup = async (name = 'spring') => {
		const [group] = await lab.json('assetGroup', { provider, operation: 'create', name });
		return String(group?.groupId);
	};

	const createAsset = async (groupId: string, parameters: INodeParameters, binary = {}) => {
		const [asset] = await lab.json(
			'asset',
			{ provider, operation: 'create', groupId: byId(groupId), ...parameters },
			{ items: [{ json: {}, binary }] },
		);
		return asset ?? {};
	};

	it('takes a user from files to a video that cites them', async () => {
		const files = await sampleFiles();
		const groupId = await createGroup();
		const image = await createAsset(groupId, { source: 'binary', binaryPropertyName: 'face', name: 'face' }, { face: files.image });
		const video = await createAsset(groupId, { source: 'binary', binaryPropertyName: 'clip', name: 'clip' }, { clip: files.video });
		const audio = await createAsset(groupId, {
			source: 'base64',
			base64: `data:audio/mpeg;base64,${files.audio.data}`,
			name: 'tune',
		});
		expect([image, video, audio]).toEqual([
			expect.objectContaining({ provider, status: 'active', mediaType: 'image', name: 'face', groupId }),
			expect.objectContaining({ provider, status: 'active', mediaType: 'video', name: 'clip', groupId }),
			expect.objectContaining({ provider, status: 'active', mediaType: 'audio', name: 'tune', groupId }),
		]);
		expect(image.assetUri).toBe(`asset://${String(image.assetId)}`);

		const [item] = await lab.items('seedanceGenerate', {
			provider,
			operation: 'generate',
			mode: 'multimodalReference',
			prompt: 'The person from @image1 walks in the scene from @video1 to the music of @audio1',
			images: { image: [{ source: 'asset', asset: byId(String(image.assetId)) }] },
			videos: { video: [{ source: 'asset', asset: byId(String(video.assetId)) }] },
			audios: { audio: [{ source: 'url', url: String(audio.assetUri) }] },
			settings: { resolution: '480p', ratio: '1:1', durationSeconds: 4, returnLastFrame: true },
		});
		expect(item?.json).toMatchObject({
			provider,
			status: 'succeeded',
			progress: 100,
			durationSeconds: 4,
			resolution: '480p',
			usage: expect.any(Object),
			videoUrl: expect.stringMatching(/^http/),
			lastFrameUrl: expect.stringMatching(/^http/),
		});
		expect(item?.pairedItem).toEqual({ item: 0 });

		const mp4 = item?.binary?.data;
		expect(mp4).toMatchObject({ mimeType: 'video/mp4', fileName: `${lab.paid('generation')[0]?.id}.mp4` });
		expect(await probe(await readBinary(mp4!))).toMatchObject({
			video: { codec: 'h264', width: 640, height: 640, framesPerSecond: 24 },
			audio: { codec: 'aac' },
			durationSeconds: 4,
		});
		expect(item?.binary?.lastFrame).toMatchObject({ mimeType: 'image/png' });

		expect(lab.paid('generation')).toHaveLength(1);
		expect(lab.paid('asset')).toHaveLength(provider === 'anyfast' ? 3 : 0);
		expect(lab.simulator.storageCalls.flatMap(({ credentials }) => credentials)).toEqual([]);
	});

	it('gives groups their clean name and keeps the stored one', async () => {
		const groupId = await createGroup('spring-campaign');
		await createGroup('other');
		const groups = await lab.json('assetGroup', {
			provider,
			operation: 'getMany',
			returnAll: true,
			filters: { name: 'spring' },
		});
		expect(groups).toEqual([
			expect.objectContaining({
				groupId,
				name: 'spring-campaign',
				storedName: expect.stringMatching(/^\[u-.+\]-\[t-.+\].*spring-campaign$/),
			}),
		]);
	});

	it('pages through long lists and stops at the limit', async () => {
		await Promise.resolve();
		for (let index = 0; index < 12; index++) await createGroup(`group-${index}`);
		const list = async (parameters: INodeParameters) =>
			(await lab.json('assetGroup', { provider, operation: 'getMany', ...parameters })).length;
		expect(await list({ returnAll: true })).toBe(12);
		expect(await list({ returnAll: false, limit: 5 })).toBe(5);
		const page = await lab.search('asset', 'searchAssetGroups', { parameters: { provider }, filter: 'group-1' });
		expect(page.results.map(({ name }) => name).sort()).toEqual(['group-1', 'group-10', 'group-11']);
	});

	it('refuses an unknown key with a text that says what to do', async () => {
		const { error } = await lab.run(
			'assetGroup',
			{ provider, operation: 'getMany' },
			{ host: lab.host({ apiKey: 'wrong-key-1234567890' }) },
		);
		expect(error).toMatchObject({
			message: `${adapter.displayName} refused this: Invalid token`,
			httpCode: '401',
			context: { reason: 'authentication' },
		});
		expect(error?.description).toContain('Check the API key in the credential');
		expect(JSON.stringify(error)).not.toContain('wrong-key-1234567890');
	});

	it('tells why an asset failed', async () => {
		const groupId = await createGroup();
		lab.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails', code: 'FaceMismatch', message: 'more than one face' } });
		const { error } = await lab.run('asset', {
			provider,
			operation: 'create',
			groupId: byId(groupId),
			source: 'url',
			url: 'https://example.com/face.png',
		});
		expect(error?.message).toMatch(/could not process asset asset-\S+: more than one face/);
		expect(error).toMatchObject({ context: { reason: 'provider', code: 'FaceMismatch', assetId: expect.stringMatching(/^asset-/) } });
	});

	it('finds one asset among many and says so when there is none', async () => {
		const groupId = await createGroup();
		const assets = [];
		for (const name of ['a', 'b', 'c']) {
			assets.push(await createAsset(groupId, { source: 'url', url: `https://example.com/${name}.png`, name }));
		}
		const [found] = await lab.json('asset', { provider, operation: 'get', assetId: byId(String(assets[1]?.assetUri)) });
		expect(found).toMatchObject({ assetId: assets[1]?.assetId, name: 'b' });

		const { error } = await lab.run('asset', { provider, operation: 'get', assetId: byId('asset-unknown') });
		expect(error).toMatchObject({ context: { reason: 'notFound' } });
	});

	it('offers only its own assets and models in the pickers', async () => {
		const groupId = await createGroup();
		await createAsset(groupId, { source: 'url', url: 'https://example.com/face.png', name: 'face' });
		await createAsset(groupId, { source: 'url', url: 'https://example.com/tune.mp3', name: 'tune' });
		const names = async (method: string) =>
			(await lab.search('seedanceGenerate', method, { parameters: { provider } })).results.map(({ name }) => name);
		expect(await names('searchImageAssets')).toEqual(['face (image, active)']);
		expect(await names('searchAudioAssets')).toEqual(['tune (audio, active)']);
		expect(await names('searchVideoAssets')).toEqual([]);
		expect(await names('searchModels')).toEqual(
			expect.arrayContaining(adapter.videoModels.map(({ id, displayName }) => `${displayName} (${id})`)),
		);
	});
});

describe('Only AnyFast', () => {
	let lab: Lab;
	const provider: ProviderId = 'anyfast';
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	it('renames, moves and deletes', async () => {
		const create = async (name: string) =>
			String((await lab.json('assetGroup', { provider, operation: 'create', name }))[0]?.groupId);
		const [first, second] = [await create('first'), await create('second')];
		const [asset] = await lab.json('asset', { provider, operation: 'create', groupId: byId(first), source: 'url', url: 'https://example.com/a.png', name: 'old' });
		const assetId = byId(String(asset?.assetId));

		await lab.json('assetGroup', { provider, operation: 'update', groupId: byId(second), name: 'renamed' });
		await lab.json('asset', { provider, operation: 'update', assetId, updateFields: { name: 'new', groupId: byId(second) } });
		expect(await lab.json('asset', { provider, operation: 'get', assetId })).toEqual([
			expect.objectContaining({ name: 'new', groupId: second }),
		]);

		expect(await lab.json('asset', { provider, operation: 'delete', assetId })).toEqual([
			{ provider, assetId: asset?.assetId, deleted: true },
		]);
		expect(await lab.json('assetGroup', { provider, operation: 'delete', groupId: byId(first) })).toEqual([
			{ provider, groupId: first, deleted: true },
		]);
		const groups = await lab.json('assetGroup', { provider, operation: 'getMany', returnAll: true });
		expect(groups.map(({ name }) => name)).toEqual(['renamed']);
	});

	it.each([
		['assetGroup', 'update'],
		['assetGroup', 'delete'],
		['asset', 'update'],
		['asset', 'delete'],
	] as const)('offers %s %s; Alad says that it does not', async (node, operation) => {
		const { error } = await lab.run(node, {
			provider: 'alad',
			operation,
			groupId: byId('group-1'),
			assetId: byId('asset-1'),
			name: 'new',
		});
		expect(error?.message).toMatch(/^Operation: Create, .*which Alad does not offer$/);
		expect(lab.simulator.calls).toEqual([]);
	});
});
