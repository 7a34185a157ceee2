import type { INodeParameters } from 'n8n-workflow';
import { byId, Lab, simulatedProviders, takesFiles } from '../support/lab';
import { sampleFiles } from '../../harness/media/sampleFiles';

/** An asset from its file until it can be cited, at every provider, on n8n's engine in virtual time. */
describe.each(simulatedProviders)('New asset at %s', (_name, provider, adapter) => {
	const { displayName, assetGroups, assets } = adapter;
	const takesName = assets.newAssetFields.includes('name');
	const itWithFiles = takesFiles(adapter) ? it : () => {};
	let lab: Lab;
	/** Undefined where the provider has no groups. */
	let groupId: string | undefined;
	beforeEach(async () => {
		lab = await Lab.open({ assetProcessingSeconds: 20, propagationSeconds: 5 });
		groupId = undefined;
		if (!assetGroups) return;
		const [group] = await lab.json('assetGroup', { provider, operation: 'create', name: 'g' });
		groupId = String(group?.groupId);
	});
	afterEach(async () => await lab.close());

	const create = async (parameters: INodeParameters, options = {}) => {
		const group = groupId !== undefined && { groupId: byId(groupId) };
		return await lab.run('asset', { provider, operation: 'create', ...group, ...parameters }, options);
	};
	const get = async (assetId: string) => await lab.run('asset', { provider, operation: 'get', assetId: byId(assetId) });
	const sent = () => lab.callsOf('assets.create')[0];
	const sentValues = (): unknown[] => Object.values(sent()?.body ?? {});
	/** A file reaches a provider that takes URLs alone by way of its own storage. */
	const expectHosted = () => {
		expect(lab.callsOf('uploads.create')).toHaveLength(1);
		expect(sentValues()).toContainEqual(expect.stringContaining(`${lab.simulator.storageUrl}/`));
		expect(lab.simulator.storageCalls.flatMap(({ credentials }) => credentials)).toEqual([]);
	};

	it('waits until it can be cited, also while the provider does not know it yet', async () => {
		const startMs = lab.nowMs;
		const { output } = await create({ source: 'url', url: 'https://example.com/face.png', name: 'face' });
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'active', assetId: expect.stringMatching(/./) });
		expect((lab.nowMs - startMs) / 1000).toBeGreaterThanOrEqual(20);
		expect((lab.nowMs - startMs) / 1000).toBeLessThan(26);
		expect(lab.callsOf('assets.create')).toHaveLength(1);
	});

	it('is returned at once without Wait Until Active', async () => {
		const { output } = await create({ source: 'url', url: 'https://example.com/face.png', waitUntilActive: false });
		const asset = output[0]?.[0]?.json;
		expect(asset).toMatchObject({ status: 'processing', mediaType: 'image', groupId: groupId ?? null });
		expect(asset?.assetUri).toBe(`asset://${JSON.stringify(asset?.assetId).slice(1, -1)}`);
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
		expect(error?.message).toMatch(new RegExp(`^${displayName} asset \\S+ is not Active after 10 s$`));
		expect(error?.description).toContain('Wait Until Active');
		expect(error).toMatchObject({ context: { reason: 'timeout', assetId: expect.stringMatching(/./) } });
	});

	it.each([
		['face.png', {}, 'image'],
		['clip.mov', {}, 'video'],
		['tune.wav', {}, 'audio'],
		['download?id=7', { mediaType: 'video' }, 'video'],
	])('from the URL …/%s with %j is of the type %s', async (file, parameters, mediaType) => {
		const url = `https://example.com/${file}`;
		const { output } = await create({ source: 'url', url, waitUntilActive: false, ...parameters });
		expect(output[0]?.[0]?.json.mediaType).toBe(mediaType);
		expect(sentValues()).toContain(url);
		expect(sentValues().map((value) => String(value).toLowerCase())).toContain(mediaType);
	});

	it('has the name that the user gives, where the provider takes one', async () => {
		const { output } = await create({ source: 'url', url: 'https://example.com/face.png', name: 'heroine' });
		expect(output[0]?.[0]?.json.name).toBe(takesName ? 'heroine' : null);
		expect(sentValues().includes('heroine')).toBe(takesName);
	});

	itWithFiles('from a file reaches the provider with its type and length', async () => {
		const { video } = await sampleFiles();
		const { output } = await create(
			{ source: 'binary', binaryPropertyName: 'clip' },
			{ items: [{ json: {}, binary: { clip: video } }] },
		);
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'active', mediaType: 'video' });
		if (assets.sources.includes('file')) {
			expect(sent()).toMatchObject({
				contentType: expect.stringMatching(/^multipart\/form-data/),
				body: { file: { name: 'clip.mp4', type: 'video/mp4', sizeBytes: Buffer.byteLength(video.data, 'base64') } },
			});
		} else expectHosted();
	});

	itWithFiles('from base64 text gets the type that its first bytes show', async () => {
		const { audio } = await sampleFiles();
		const { output } = await create({ source: 'base64', base64: audio.data });
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'active', mediaType: 'audio' });
		if (assets.sources.includes('dataUri')) expect(sentValues()).toContain(`data:audio/mpeg;base64,${audio.data}`);
		else expectHosted();
	});

	it.each<[string, INodeParameters, string]>([
		['a URL that is none', { source: 'url', url: 'face.png' }, 'URL must be a public http(s) address; it is face.png.'],
		['a URL of unknown type', { source: 'url', url: 'https://example.com/x' }, 'Media Type is Detect Automatically, but https://example.com/x does not show what it is.'],
		['text that is no base64', { source: 'base64', base64: 'hello world' }, 'Base64 or Data URI must be the base64 text of a supported file'],
		['a binary field that is not there', { source: 'binary', binaryPropertyName: 'nothing' }, 'The input item has no file "nothing" (Input Binary Field); it has no file at all.'],
		['a time-out of no time', { source: 'url', url: 'https://example.com/a.png', options: { timeoutSeconds: 0 } }, 'Timeout (Seconds) must be more than 0; it is 0.'],
	])('is refused before sending for %s', async (_case, parameters, message) => {
		const { error } = await create(parameters);
		expect(error?.message).toContain(message);
		expect(lab.callsOf('assets.create')).toEqual([]);
	});

	it('is sent once when it is unknown whether it was accepted', async () => {
		lab.simulator.faults.add({ route: 'assets.create', effect: { kind: 'reset', afterAcceptance: true } });
		const { error } = await create({ source: 'url', url: 'https://example.com/face.png' });
		expect(lab.callsOf('assets.create')).toHaveLength(1);
		expect(error).toMatchObject({ context: { reason: 'unsure' } });
	});

	const { list, filters = [] } = assets;
	if (list) {
		it('is found in the list, by what the provider can filter by', async () => {
			const items = ['hero', 'heroine', 'tree'].map((name) => ({ json: { name } }));
			await create({ source: 'url', url: '=https://example.com/{{ $json.name }}.png', name: '={{ $json.name }}' }, { items });
			const names = async (parameters: INodeParameters) =>
				(await lab.json('asset', { provider, operation: 'getMany', returnAll: true, ...parameters })).map(({ name }) => name).sort();
			expect(await names({})).toEqual(['hero', 'heroine', 'tree']);
			expect(await names({ returnAll: false, limit: 2 })).toHaveLength(2);
			const checks = {
				name: async () => expect(await names({ filters: { name: 'hero' } })).toEqual(['hero', 'heroine']),
				groupIds: async () => {
					expect(await names({ filters: { groupIds: [groupId ?? ''] } })).toEqual(['hero', 'heroine', 'tree']);
					expect(await names({ filters: { groupIds: ['group-other'] } })).toEqual([]);
				},
				groupType: async () => expect(await names({ filters: { groupType: 'LivenessFace' } })).toEqual([]),
				statuses: async () => {
					expect(await names({ filters: { statuses: ['active', 'failed'] } })).toEqual(['hero', 'heroine', 'tree']);
					expect(await names({ filters: { statuses: ['processing'] } })).toEqual([]);
				},
				// Which order that is, only the provider's own tests know.
				order: async () => expect(await names({ filters: { order: 'oldest' } })).toHaveLength(3),
			};
			for (const filter of filters) await checks[filter]();
		});
	}

	if (assets.delete) {
		it('that is deleted is gone', async () => {
			const { output } = await create({ source: 'url', url: 'https://example.com/face.png' });
			const assetId = JSON.stringify(output[0]?.[0]?.json.assetId).slice(1, -1);
			expect((await get(assetId)).error).toBeUndefined();
			await lab.json('asset', { provider, operation: 'delete', assetId: byId(assetId) });
			expect((await get(assetId)).error).toMatchObject({ context: { reason: 'notFound' } });
		});
	}
});
