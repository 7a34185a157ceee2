import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { byId, Lab, simulatedProviders, takesFiles } from '../support/lab';
import { sampleFiles } from '../../harness/media/sampleFiles';
import { emptyCrashRecords } from '../support/schedules/crashRecords';
import { Remains, retry } from '../support/schedules/restart';
import { runInVirtualTime } from '../../harness/engine/virtualTime';

/** Several files from one entry, from all items, and as assets that are made on the way. */
describe.each(simulatedProviders)('%s', (_name, provider, adapter) => {
	const takesGroup = adapter.assets.newAssetFields.includes('groupId');
	const itWithFiles = takesFiles(adapter) ? it : () => {};
	let lab: Lab;
	let options: INodeParameters;

	beforeEach(async () => {
		lab = await Lab.open();
		options = {};
		if (takesGroup) {
			const [group] = await lab.json('assetGroup', { provider, operation: 'create', name: 'shots' });
			options = { assetGroupId: String(group?.groupId) };
		}
	});
	afterEach(async () => await lab.close());

	const generate = async (
		entry: INodeParameters,
		items: INodeExecutionData[] = [{ json: {} }],
		more: INodeParameters = {},
		parameters: INodeParameters = {},
		host = lab.host(),
	) =>
		await lab.run(
			'seedanceGenerate',
			{
				provider,
				operation: 'generate',
				mode: 'multimodalReference',
				prompt: 'A walk',
				waitForCompletion: 'dontWait',
				images: { image: [entry] },
				...parameters,
				options: { ...options, ...more },
			},
			{ items, host },
		);
	/** The pictures of each paid request. */
	const cited = () => lab.callsOf('tasks.create').map(({ body }) => imagesOf(body));
	const item = async (...names: string[]): Promise<INodeExecutionData> => {
		const { image } = await sampleFiles();
		return { json: {}, binary: Object.fromEntries(names.map((name) => [name, image])) };
	};

	it.each([
		['names', 'data_1, data_0', 2],
		['an asterisk, which leaves out what is no picture', 'data_*', 3],
		['several asterisks, with what stands between them', 'd*_*0', 2],
		['several asterisks that nothing may be left out between', 'd*t*_1*', 2],
	])('takes several binary fields by %s', async (_what, binaryPropertyName, count) => {
		const one = await item('data_10', 'data_0', 'data_1', 'other');
		one.binary = { ...one.binary, data_clip: (await sampleFiles()).video };
		const { error } = await generate({ source: 'binary', binaryPropertyName }, [one]);
		expect(error).toBeUndefined();
		expect(cited().map(({ length }) => length)).toEqual([count]);
	});

	itWithFiles('takes the fields of an asterisk in the order of their numbers', async () => {
		const { image } = await sampleFiles();
		const bytes = Buffer.from(image.data, 'base64');
		const binary = Object.fromEntries(
			[10, 0, 1].map((number) => {
				const data = Buffer.concat([bytes, Buffer.alloc(number)]).toString('base64');
				return [`data_${number}`, { ...image, data }];
			}),
		);
		// An asset for each content shows which is which.
		const entryOf = (binaryPropertyName: string) => ({ source: 'binary', binaryPropertyName, newAsset: true });
		const images = { image: [entryOf('data_*'), entryOf('data_0, data_1, data_10')] };
		const { error } = await generate({}, [{ json: {}, binary }], {}, { images });
		expect(error).toBeUndefined();
		const [uris = []] = cited();
		expect(uris.slice(0, 3)).toEqual(uris.slice(3));
		expect(new Set(uris).size).toBe(3);
	});

	it('takes a file whose name was cut in the middle of a character', async () => {
		const { image } = await sampleFiles();
		const data = { ...image, fileName: 'shot \ud83c.png' };
		const { error } = await generate({ source: 'binary', binaryPropertyName: 'data' }, [{ json: {}, binary: { data } }]);
		expect(error).toBeUndefined();
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('says that no binary field fits', async () => {
		const { error } = await generate({ source: 'binary', binaryPropertyName: '*' });
		expect(error?.message).toContain('Images 1');
		expect(lab.paid('generation')).toEqual([]);
	});

	it.each<[string, string]>([
		['an array', '={{ ["https://example.com/a.png", { "url": "https://example.com/b,c.png" }] }}'],
		['JSON', '["https://example.com/a.png", "https://example.com/b,c.png"]'],
		['lines', 'https://example.com/a.png\nhttps://example.com/b,c.png\n'],
		['commas', 'https://example.com/a.png,https://example.com/b,c.png'],
	])('takes a list as %s', async (_what, list) => {
		const { error } = await generate({ source: 'list', list });
		expect(error).toBeUndefined();
		expect(cited()).toEqual([['https://example.com/a.png', 'https://example.com/b,c.png']]);
	});

	it('makes one video of the pictures of all items, paired with all', async () => {
		const items = [await item('data'), await item('data'), await item('data')];
		const entry = { source: 'binary', binaryPropertyName: 'data' };
		const { output, error } = await generate(entry, items, { useAllItems: true });
		expect(error).toBeUndefined();
		expect(output[0]).toMatchObject([{ pairedItem: [{ item: 0 }, { item: 1 }, { item: 2 }] }]);
		expect(cited().map(({ length }) => length)).toEqual([3]);
		expect(lab.paid('generation')).toHaveLength(1);
	});

	itWithFiles('makes one asset of the same content, also for concurrent items, and reuses it if it can be found', async () => {
		const items = [await item('data'), await item('data'), await item('data')];
		const entry = { source: 'binary', binaryPropertyName: 'data', newAsset: true };
		const { error } = await generate(entry, items);
		expect(error).toBeUndefined();
		expect(lab.callsOf('assets.create')).toHaveLength(1);
		const uris = new Set(cited().flat());
		expect([...uris]).toEqual([expect.stringMatching(/^asset:\/\//)]);

		expect((await generate(entry, items.slice(1))).error).toBeUndefined();
		expect(lab.callsOf('assets.create')).toHaveLength(adapter.assets.list ? 1 : 2);
	});

	itWithFiles('makes an asset for each content, whatever the name of the file', async () => {
		const { image } = await sampleFiles();
		const padded = Buffer.concat([Buffer.from(image.data, 'base64'), Buffer.alloc(1)]).toString('base64');
		const items = [image, { ...image, data: padded }].map((data) => ({ json: {}, binary: { data } }));
		const { error } = await generate({ source: 'binary', binaryPropertyName: 'data', newAsset: true }, items);
		expect(error).toBeUndefined();
		expect(lab.callsOf('assets.create')).toHaveLength(2);
		expect(new Set(cited().flat()).size).toBe(2);
	});

	it('makes a new asset where the one with the same content has failed', async () => {
		lab.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails' } });
		const entry = { source: 'url', url: 'https://example.com/face.png', newAsset: true };
		expect((await generate(entry)).error).toBeDefined();
		expect(lab.paid('generation')).toEqual([]);
		expect((await generate(entry)).error).toBeUndefined();
		expect(lab.callsOf('assets.create')).toHaveLength(2);
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('makes the asset anew in the retry of an execution in which it failed, as nothing was paid', async () => {
		await emptyCrashRecords();
		lab.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails' } });
		const failed = await generate({ source: 'url', url: 'https://example.com/face.png', newAsset: true });
		expect(failed.error).toBeDefined();
		const run = await runInVirtualTime(
			async () => await retry(lab.host(), failed.workflow, failed.run, new Remains(), { executionId: 'retry' }),
			{ startMs: lab.nowMs },
		);
		expect(run.data.resultData.error).toBeUndefined();
		expect(lab.callsOf('assets.create')).toHaveLength(2);
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('refuses before an asset is made what the generation could not cite', async () => {
		const entry = { source: 'url', url: 'https://example.com/face.png', newAsset: true };
		const twin = adapter.videoModels.find(({ modelForAssets }) => modelForAssets);
		const { error } = await generate(entry, [{ json: {} }], {}, twin ? { model: byId(twin.id) } : { prompt: '@image2' });
		expect(JSON.stringify(error)).toContain(twin?.modelForAssets ?? '@image2');
		// By what the person gave, not by an address that there is not.
		if (twin) expect(error?.message).toContain('https://example.com/face.png');
		expect(lab.callsOf('assets.create')).toEqual([]);
	});

	describe('Link to Binary File', () => {
		const link = { mode: 'videoExtension', videos: { video: [{ source: 'signedLink', binaryPropertyName: 'data' }] } };
		const keptFile = async () => {
			const { error, output } = await generate({}, [{ json: {} }], {}, {
				mode: 'textToVideo',
				waitForCompletion: 'inThisNode',
				downloadVideo: true,
			}, lab.host({ binaryMode: 'filesystem' }));
			expect(error).toBeUndefined();
			return output[0] ?? [];
		};

		it('hands over the link of an n8n that the internet can reach', async () => {
			const host = lab.host({ binaryMode: 'filesystem', webhookBaseUrl: 'https://n8n.example.com' });
			const { error } = await generate({}, await keptFile(), {}, link, host);
			expect(error).toBeUndefined();
			expect(cited().at(-1)).toEqual([
				expect.stringMatching(/^https:\/\/n8n\.example\.com\/rest\/binary-data\/signed\?token=/),
			]);
		});

		it('hands over the link of an n8n on this machine to a proxy of the provider on this machine', async () => {
			// Nobody listens there: see the end-to-end tests for the file itself.
			await generate({}, await keptFile(), {}, link, lab.host({ binaryMode: 'filesystem' }));
			expect(cited().at(-1)).toEqual([expect.stringMatching(/^http:\/\/[^/]+\/rest\/binary-data\/signed\?token=/)]);
		});

		it('refuses an n8n that only this machine can reach', async () => {
			const host = lab.host({ binaryMode: 'filesystem', baseUrl: 'https://api.example.com' });
			const { error } = await generate({}, await keptFile(), {}, link, host);
			expect(JSON.stringify(error)).toContain('N8N_WEBHOOK_URL');
			expect(lab.paid('generation')).toHaveLength(1);
		});

		it('refuses files in memory, to which there is no link', async () => {
			const { video } = await sampleFiles();
			const host = lab.host({ webhookBaseUrl: 'https://n8n.example.com' });
			const { error } = await generate({}, [{ json: {}, binary: { data: video } }], {}, link, host);
			expect(JSON.stringify(error)).toContain('keeps it in memory');
			expect(lab.paid('generation')).toEqual([]);
		});
	});
});

/** @returns the addresses of pictures in a request of any provider, in their order */
function imagesOf(body: unknown): string[] {
	const text = JSON.stringify(body);
	const found = text.matchAll(/"((?:https?|asset|data):[^"]*)"/g);
	return [...found].flatMap(([, url]) => url ?? []);
}
