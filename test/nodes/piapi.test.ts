import type { IBinaryKeyData, INodeParameters } from 'n8n-workflow';
import type { Route } from '../../simulator';
import type { JsonObject, LabOptions } from '../support/lab';
import { byId, Lab } from '../support/lab';
import { probe, sampleFiles } from '../../harness/media/sampleFiles';
import { readBinary } from '../../harness/engine/engine';

/** What is special to PiAPI, on n8n's engine against the strict simulator. */

const provider = 'piapi';

let lab: Lab;
const open = async (options: LabOptions = {}) => {
	lab = await Lab.open({ taskQueueSeconds: 5, taskRunSeconds: 42, ...options });
};
const reopen = async (options: LabOptions) => {
	await lab.close();
	await open(options);
};
beforeEach(async () => await open());
afterEach(async () => await lab.close());

const textToVideo: INodeParameters = {
	provider,
	operation: 'generate',
	mode: 'textToVideo',
	prompt: 'A cat plays the piano',
	downloadVideo: false,
};
const generate = async (parameters: INodeParameters = {}, options = {}) =>
	await lab.run('seedanceGenerate', { ...textToVideo, ...parameters }, options);
const cite = (assetId: string, parameters: INodeParameters = {}): INodeParameters => ({
	mode: 'multimodalReference',
	prompt: 'Image 1 dances',
	images: { image: [{ source: 'asset', asset: byId(assetId) }] },
	...parameters,
});

const newAsset: INodeParameters = {
	provider,
	operation: 'create',
	source: 'url',
	url: 'https://example.com/face.png',
};
const create = async (parameters: INodeParameters = {}, options = {}) =>
	await lab.run('asset', { ...newAsset, ...parameters }, options);
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
const upload = async (parameters: INodeParameters = {}) => {
	const [asset] = await lab.json('asset', { ...newAsset, ...parameters });
	return textOf(asset?.assetId);
};
const onAsset = async (operation: string, assetId: string) =>
	await lab.run('asset', { provider, operation, assetId: byId(assetId), simplify: false });

const withFile = (binary: IBinaryKeyData) => ({ items: [{ json: {}, binary }] });
const sentInput = () => (lab.callsOf('tasks.create').at(-1)?.body as { input: JsonObject }).input;
const routes = () => lab.simulator.calls.map(({ route }) => route);
const secondsOf = (route: Route) => {
	const calls = lab.callsOf(route);
	return calls.map(({ atMs }) => (atMs - (calls[0]?.atMs ?? 0)) / 1000);
};
const expectNoKeyAtStorage = () => {
	expect(lab.simulator.storageCalls.length).toBeGreaterThan(0);
	expect(lab.simulator.storageCalls.flatMap(({ credentials }) => credentials)).toEqual([]);
};

describe('Each refusal in the document of PiAPI is told with its next step:', () => {
	const refusals: Array<[Route, number, string, string, string]> = [
		['assets.create', 400, "invalid request: 'url' is required", 'input', 'public address of the file in the field URL'],
		['assets.create', 400, 'unsupported asset_type: txt', 'input', 'Convert the file'],
		[
			'assets.create',
			400,
			'quota exceeded: plan hobbyist allows 50 assets, currently 50',
			'quota',
			'The operation "Get Many Assets" shows when each asset was last used',
		],
		['tasks.create', 403, 'asset not owned by this account', 'permission', 'Upload the file again with this credential'],
		['tasks.create', 404, 'asset not found', 'notFound', 'Check the asset ID'],
		['tasks.create', 409, 'asset still processing', 'input', 'operation "Wait Until Active"'],
		[
			'tasks.create',
			422,
			'asset:// references are only allowed on -less-restriction task types',
			'input',
			'twin of this model whose name ends in -less-restriction',
		],
		['tasks.create', 422, 'asset asset-1 status=Failed', 'input', 'The operation "Get Asset" shows why'],
	];

	it.each(refusals)('%s %d %s', async (route, statusCode, message, reason, nextStep) => {
		const body = { code: statusCode, message, data: null };
		lab.simulator.faults.add({ route, times: Infinity, effect: { kind: 'status', statusCode, body } });
		const { error } = route === 'assets.create' ? await create() : await generate();
		expect(error).toMatchObject({
			message: `PiAPI refused this: ${message}`,
			httpCode: String(statusCode),
			context: { reason, statusCode },
		});
		expect(error?.description).toContain(nextStep);
		expect(error?.description).toContain(`[POST] "/api/v1/${route === 'tasks.create' ? 'task' : 'asset/upload'}": ${statusCode}`);
		expect(lab.simulator.ledger).toEqual([]);
	});

	it('and no two have the same', async () => {
		const descriptions = new Set<string>();
		for (const [, statusCode, message] of refusals) {
			const body = { code: statusCode, message, data: { error: { code: 10000, message } } };
			lab.simulator.faults.add({ route: 'tasks.create', times: 100, effect: { kind: 'status', statusCode, body } });
			const { error } = await generate();
			lab.simulator.faults.clear();
			descriptions.add(error?.description?.split(' [POST]')[0] ?? '');
		}
		expect(descriptions.size).toBe(refusals.length);
	});
});

describe('What PiAPI refuses by itself', () => {
	it('is an asset of another account', async () => {
		const host = lab.host({ apiKey: lab.simulator.otherApiKey });
		const { output } = await create({}, { host });
		const assetId = textOf(output[0]?.[0]?.json.assetId);
		for (const { error } of [await onAsset('get', assetId), await generate(cite(assetId))]) {
			expect(error).toMatchObject({ message: 'PiAPI refused this: asset not owned by this account', httpCode: '403' });
		}
		expect(lab.callsOf('tasks.create')).toEqual([]);
	});

	it('is an asset that failed, which says why when it is read', async () => {
		lab.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails' } });
		const assetId = await upload({ waitUntilActive: false });
		lab.nowMs += 60_000;
		const { error } = await generate(cite(assetId, { options: { checkAssets: false } }));
		expect(error?.message).toBe(`PiAPI refused this: asset ${assetId} status=Failed`);
		const { output } = await onAsset('get', assetId);
		expect(output[0]?.[0]?.json).toMatchObject({
			status: 'failed',
			failureCode: 'MultipleFaces',
			failureMessage: 'The image has more than one face',
		});
		expect(lab.simulator.ledger).toEqual([]);
	});

	it('is one asset more than the plan has room for', async () => {
		const items = Array.from({ length: 51 }, () => ({ json: {} }));
		const { error } = await create({ waitUntilActive: false }, { items });
		expect(error).toMatchObject({
			message: 'PiAPI refused this: quota exceeded: plan hobbyist allows 50 assets, currently 50',
			context: { reason: 'quota', itemIndex: 50 },
		});
	});

	it.each([
		['assets', newAsset, 'asset endpoints require account plan >= hobbyist', 'the plan hobbyist or a higher one'],
		['files', { ...newAsset, source: 'binary', binaryPropertyName: 'face' }, 'your plan not allowed to upload', 'give the file by public URL'],
	])('are %s without a plan', async (_name, parameters, message, nextStep) => {
		await reopen({ piapi: { plan: 'free' } });
		const { image } = await sampleFiles();
		const { error } = await lab.run('asset', parameters, withFile({ face: image }));
		expect(error).toMatchObject({ message: `PiAPI refused this: ${message}`, httpCode: '403', context: { reason: 'permission' } });
		expect(error?.description).toContain(nextStep);
	});

	it('is a video without credits', async () => {
		await reopen({ piapi: { points: 0 } });
		const { error } = await generate();
		expect(error).toMatchObject({ message: 'PiAPI refused this: insufficient credits', httpCode: '402', context: { reason: 'quota' } });
		expect(error?.description).toContain('Nothing was billed');
		expect(lab.simulator.ledger).toEqual([]);
	});

	it('is a task of somebody else', async () => {
		const { error } = await lab.run('seedanceGenerate', { provider, operation: 'getTask', taskId: 'none' });
		expect(error).toMatchObject({ httpCode: '404', context: { reason: 'notFound' } });
		expect(error?.description).toContain('Check the task ID');
	});
});

describe('A refusal inside a 200', () => {
	const refuseWith = (code: number, message: string, data: object | null = null) => {
		const body = { code, message, data };
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 200, body } });
	};

	it('is one, if it says so', async () => {
		refuseWith(400, "invalid request: 'prompt' is odd");
		const { error } = await generate();
		expect(error).toMatchObject({ message: "PiAPI refused this: invalid request: 'prompt' is odd", context: { reason: 'input' } });
		expect(lab.callsOf('tasks.create')).toHaveLength(1);
	});

	it('that says 500 leaves it open whether the task was accepted, so that it is not sent again', async () => {
		refuseWith(500, 'internal server error');
		const { error } = await generate();
		expect(error).toMatchObject({ context: { reason: 'unsure', statusCode: 500 } });
		expect(lab.callsOf('tasks.create')).toHaveLength(1);
	});

	it('that says 429 is waited out', async () => {
		refuseWith(429, 'too many requests');
		expect((await generate()).error).toBeUndefined();
		expect(lab.callsOf('tasks.create')).toHaveLength(2);
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('that names a task is none: the task tells what became of it', async () => {
		refuseWith(500, 'failed', { task_id: 'task-1', status: 'failed', error: { code: 10000, message: 'a worker was lost' } });
		const { error } = await generate();
		expect(error).toMatchObject({ context: { taskId: 'task-1' } });
		expect(lab.callsOf('tasks.create')).toHaveLength(1);
	});
});

describe('A model without the less-restriction', () => {
	it.each(['seedance-2', 'seedance-2-fast', 'seedance-2-mini', 'seedance-2.5'])(
		'that shall cite an asset is refused before any call, and its twin is named: %s',
		async (model) => {
			for (const source of [{ source: 'asset', asset: byId('asset-1') }, { source: 'url', url: 'asset://asset-1' }]) {
				const { error } = await generate(cite('', { model: byId(model), images: { image: [source] } }));
				expect(error?.message).toBe('Images 1 must be a public http(s) URL; it is asset://asset-1.');
				expect(error?.description).toBe(
					`Choose the model ${model}-less-restriction instead of ${model}: with that PiAPI cites assets. Nothing was paid.`,
				);
			}
			expect(lab.simulator.calls).toEqual([]);
		},
	);

	it('takes URLs', async () => {
		const { error } = await generate(
			cite('', { model: byId('seedance-2'), images: { image: [{ source: 'url', url: 'https://example.com/1.png' }] } }),
		);
		expect(error).toBeUndefined();
		expect(lab.callsOf('tasks.create')[0]?.body).toMatchObject({ task_type: 'seedance-2' });
	});

	it('has no automatic upload, which the others are named for', async () => {
		const { error } = await generate({ model: byId('seedance-2'), settings: { autoUploadAssets: true } });
		expect(error?.message).toBe('Seedance 2.0 at PiAPI does not have the setting Auto Upload Assets, which is set to true.');
		expect(error?.description).toBe(
			'Remove it, or choose a model that has it: seedance-2-less-restriction, seedance-2-fast-less-restriction, seedance-2-mini-less-restriction or seedance-2.5-less-restriction. Nothing was paid.',
		);
		expect(lab.simulator.calls).toEqual([]);
	});
});

describe('An asset that is still processing', () => {
	it('is waited for where nothing was accepted, and then paid once', async () => {
		await reopen({ assetProcessingSeconds: 30 });
		const assetId = await upload({ waitUntilActive: false });
		const { output } = await generate(cite(assetId, { options: { checkAssets: false } }));
		expect(output[0]?.[0]?.json.status).toBe('succeeded');
		const statuses = lab.callsOf('tasks.create').map(({ statusCode }) => statusCode);
		expect(statuses.at(-1)).toBe(200);
		expect(new Set(statuses.slice(0, -1))).toEqual(new Set([409]));
		const times = secondsOf('tasks.create');
		expect(times.at(-1)).toBeGreaterThanOrEqual(30);
		for (const [index, time] of times.slice(1).entries()) {
			expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(2.5);
			expect(time - (times[index] ?? 0)).toBeLessThanOrEqual(5);
		}
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('is given up after two minutes', async () => {
		await reopen({ assetProcessingSeconds: 3600 });
		const assetId = await upload({ waitUntilActive: false });
		const { error } = await generate(cite(assetId, { options: { checkAssets: false } }));
		expect(error?.message).toBe('PiAPI refused this: asset still processing');
		expect(secondsOf('tasks.create').at(-1)).toBeGreaterThan(110);
		expect(secondsOf('tasks.create').at(-1)).toBeLessThanOrEqual(120);
		expect(lab.simulator.ledger).toEqual([]);
	});
});

it('more tasks than the plan allows at a time wait for one another', async () => {
	await reopen({ piapi: { maxTasks: 2 } });
	const items = Array.from({ length: 5 }, () => ({ json: {} }));
	const { output } = await generate({}, { items });
	expect(output[0]?.map(({ json }) => json.status)).toEqual(Array.from({ length: 5 }, () => 'succeeded'));
	expect(lab.paid('generation')).toHaveLength(5);
	const refused = lab.callsOf('tasks.create').filter(({ statusCode }) => statusCode === 429);
	// Three runs of 47 s; the queue asks for capacity every 5 to 10 s.
	expect(refused.length).toBeGreaterThan(3);
	expect(refused.length).toBeLessThan(60);
});

describe('A file', () => {
	it.each(['binary', 'base64'] as const)('given as %s becomes an asset by way of the storage of PiAPI', async (source) => {
		const { image } = await sampleFiles();
		const { output } = await create(
			{ source, binaryPropertyName: 'face', base64: `data:image/png;base64,${image.data}`, name: 'face' },
			withFile({ face: image }),
		);
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'active', mediaType: 'image', name: 'face' });
		expect(routes().slice(0, 3)).toEqual(['uploads.create', 'assets.create', 'assets.get']);
		expect(lab.callsOf('uploads.create')[0]?.body).toEqual({
			file_name: source === 'binary' ? 'face.png' : 'file.png',
			file_data: image.data,
		});
		expect(lab.callsOf('assets.create')[0]?.body).toEqual({
			url: expect.stringContaining(`${lab.simulator.storageUrl}/ephemeral/`),
			asset_type: 'Image',
			name: 'face',
		});
		expectNoKeyAtStorage();
	});

	it.each(['wrapped', 'plain'] as const)('is cited by its link there, with an answer that is %s', async (uploadAnswer) => {
		await reopen({ piapi: { uploadAnswer } });
		const { image, video, audio } = await sampleFiles();
		const { output } = await generate(
			{
				model: byId('seedance-2'),
				mode: 'multimodalReference',
				prompt: '@image2 dances like @video1 to @audio1',
				images: {
					image: [
						{ source: 'url', url: 'https://example.com/1.png' },
						{ source: 'binary', binaryPropertyName: 'face' },
					],
				},
				videos: { video: [{ source: 'binary', binaryPropertyName: 'clip' }] },
				audios: { audio: [{ source: 'dataUri', dataUri: `data:audio/mpeg;base64,${audio.data}` }] },
			},
			withFile({ face: image, clip: video }),
		);
		expect(output[0]?.[0]?.json.status).toBe('succeeded');
		const link = expect.stringContaining(`${lab.simulator.storageUrl}/ephemeral/`);
		expect(sentInput()).toMatchObject({ image_urls: ['https://example.com/1.png', link], video_urls: [link], audio_urls: [link] });
		expect(routes().slice(0, 4)).toEqual(['uploads.create', 'uploads.create', 'uploads.create', 'tasks.create']);
		expect(lab.paid('generation')).toHaveLength(1);
		expectNoKeyAtStorage();
	});

	it('becomes the first frame', async () => {
		const { image } = await sampleFiles();
		const { output } = await generate(
			{ mode: 'firstFrame', firstFrameSource: 'binary', firstFrameBinaryPropertyName: 'face', ratio: 'adaptive', simplify: false },
			withFile({ face: image }),
		);
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', ratio: 'adaptive' });
		expect(sentInput()).toMatchObject({ image_urls: [expect.stringContaining('/ephemeral/')], aspect_ratio: 'auto' });
		expect(sentInput()).not.toHaveProperty('mode');
	});

	it('is put there again when the upload stumbles, which costs nothing', async () => {
		const { image } = await sampleFiles();
		lab.simulator.faults.add({ route: 'uploads.create', effect: { kind: 'reset', afterAcceptance: true } });
		const { error } = await create({ source: 'binary', binaryPropertyName: 'face' }, withFile({ face: image }));
		expect(error).toBeUndefined();
		expect(lab.callsOf('uploads.create')).toHaveLength(2);
		expect(lab.callsOf('assets.create')).toHaveLength(1);
	});

	it('goes to the Upload URL of the credential and nowhere else', async () => {
		const { image } = await sampleFiles();
		const host = lab.host();
		Object.assign(host.credentials?.piapiApi ?? {}, { uploadBaseUrl: 'http://127.0.0.1:9' });
		const options = { ...withFile({ face: image }), host };
		const { error } = await create({ source: 'binary', binaryPropertyName: 'face' }, options);
		expect(error?.message).toBe('PiAPI could not be reached at http://127.0.0.1:9: the connection was refused');
		expect(error?.description).toContain('Check the Upload URL in the credential');
		const frame = { mode: 'firstFrame', firstFrameSource: 'binary', firstFrameBinaryPropertyName: 'face' };
		expect((await generate(frame, options)).error?.message).toBe(error?.message);
		expect(lab.simulator.calls).toEqual([]);
	});

	it.each(['http://upload.example.com', 'upload.example.com', ''])('does not go to the Upload URL %p', async (uploadBaseUrl) => {
		const host = lab.host();
		Object.assign(host.credentials?.piapiApi ?? {}, { uploadBaseUrl });
		const { error } = await create({}, { host });
		expect(error?.message).toContain('Upload URL in the PiAPI credential must be an https address without parameters');
		expect(lab.simulator.calls).toEqual([]);
	});

	it('with a very long name keeps its end', async () => {
		const { image } = await sampleFiles();
		const face = { ...image, fileName: `${'long '.repeat(50)}.png` };
		const { error } = await create({ source: 'binary', binaryPropertyName: 'face' }, withFile({ face }));
		expect(error).toBeUndefined();
		expect(lab.callsOf('uploads.create')[0]?.body).toHaveProperty('file_name', expect.stringMatching(/^long .{119}\.png$/));
	});

	it.each([
		[
			'too large',
			{ data: Buffer.alloc(10 * 1024 * 1024 + 1).toString('base64'), mimeType: 'image/png', fileName: 'face.png' },
			'face.png (Input Binary Field) has 10.000001 MB; PiAPI takes files of up to 10 MB.',
		],
		[
			'of a kind that PiAPI does not store',
			{ data: 'AAAA', mimeType: 'image/heic', fileName: 'face.heic' },
			'PiAPI takes files named .jpg, .jpeg, .png, .webp, .mp4, .mp3, .wav; face.heic (Input Binary Field) has another name.',
		],
	])('that is %s is refused before anything is sent', async (_name, face, message) => {
		const asset = await create({ source: 'binary', binaryPropertyName: 'face' }, withFile({ face }));
		expect(asset.error?.message).toBe(message);
		expect(asset.error?.description).toMatch(/give it by public URL\. Nothing was paid\.$/);
		const frame = { mode: 'firstFrame', firstFrameSource: 'binary', firstFrameBinaryPropertyName: 'face' };
		expect((await generate(frame, withFile({ face }))).error?.message).toBe(message.replace('Input Binary Field', 'First Frame'));
		expect(lab.simulator.calls).toEqual([]);
	});
});

describe('The asset library', () => {
	const list = async (filters: INodeParameters = {}, page: INodeParameters = { returnAll: true }) =>
		await lab.run('asset', { provider, operation: 'getMany', filters, simplify: false, ...page });
	const hints = ({ run }: Awaited<ReturnType<typeof list>>) => run.data.resultData.runData.Node?.[0]?.hints ?? [];

	it('tells when each asset expires, when it was used, and how many there may be', async () => {
		const assetId = await upload({ name: 'hero' });
		const listed = await list();
		expect(listed.output[0]?.map(({ json }) => json)).toEqual([
			expect.objectContaining({
				assetId,
				assetUri: `asset://${assetId}`,
				status: 'active',
				mediaType: 'image',
				name: 'hero',
				url: 'https://example.com/face.png',
				lastUsedAt: expect.stringMatching(/^2026-04-27T16:/),
				expiresAt: expect.stringMatching(/^2026-04-30T16:/),
				quota: { used: 1, limit: 50, idleDays: 3 },
			}),
		]);
		expect(hints(listed)).toEqual([]);
	});

	it('tells the expiry of a new asset at once', async () => {
		const [asset] = await lab.json('asset', { ...newAsset, waitUntilActive: false });
		expect(asset).toMatchObject({ status: 'processing', expiresAt: expect.stringMatching(/^2026-04-30T16:/) });
	});

	it('warns when the quota is nearly used', async () => {
		const items = Array.from({ length: 45 }, () => ({ json: {} }));
		await create({ waitUntilActive: false }, { items });
		expect(hints(await list({}, { returnAll: false, limit: 1 }))).toEqual([
			expect.objectContaining({
				type: 'warning',
				message: '45 of 50 assets are in use at PiAPI. Delete what is not needed before the next upload is refused.',
			}),
		]);
	});

	it('is filtered by status and ordered by age', async () => {
		for (const [index, name] of ['a', 'b', 'c'].entries()) {
			if (index === 1) lab.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails' } });
			await upload({ name, waitUntilActive: false });
			lab.nowMs += 60_000;
		}
		const names = async (filters: INodeParameters) => (await list(filters)).output[0]?.map(({ json }) => json.name);
		expect(await names({ order: 'newest' })).toEqual(['c', 'b', 'a']);
		expect(await names({ order: 'oldest' })).toEqual(['a', 'b', 'c']);
		expect(await names({ order: 'oldest', statuses: ['active', 'processing'] })).toEqual(['a', 'c']);
		expect(await names({ statuses: ['failed'] })).toEqual(['b']);
	});

	it('is read to its end, although each page changes the order', async () => {
		await reopen({ piapi: { plan: 'developer' } });
		const items = Array.from({ length: 130 }, (_, index) => ({ json: { name: `asset ${index}` } }));
		await create({ name: '={{ $json.name }}', waitUntilActive: false }, { items });
		const { output } = await list();
		expect(new Set(output[0]?.map(({ json }) => json.name)).size).toBe(130);
		expect(lab.callsOf('assets.list').map(({ query }) => query)).toEqual([
			{ page: '1', size: '100' },
			{ page: '2', size: '100' },
		]);
	});

	it('loses many assets at once, with a result for each', async () => {
		const assetIds = [await upload(), await upload()];
		const items = [assetIds[0], 'asset-none', assetIds[1]].map((id) => ({ json: { id } }));
		const remove = { provider, operation: 'delete', assetId: byId('={{ $json.id }}') };
		const { output } = await lab.run('asset', remove, { items, settings: { onError: 'continueRegularOutput' } });
		expect(output[0]?.map(({ json }) => json)).toEqual([
			{ provider, assetId: assetIds[0], deleted: true },
			{ error: 'PiAPI refused this: asset not found', details: expect.objectContaining({ reason: 'notFound' }) },
			{ provider, assetId: assetIds[1], deleted: true },
		]);
		expect((await list()).output[0]).toEqual([]);
	});
});

describe('A generation', () => {
	it('with the default model cites assets', async () => {
		await reopen({ rendersVideos: true });
		const assetId = await upload();
		const [item] = await lab.items('seedanceGenerate', {
			...textToVideo,
			...cite(assetId),
			downloadVideo: true,
			resolution: '480p', ratio: '1:1', durationSeconds: 4,
			simplify: false,
		});
		expect(lab.callsOf('tasks.create')[0]?.body).toEqual({
			model: 'seedance',
			task_type: 'seedance-2-less-restriction',
			input: {
				prompt: 'Image 1 dances',
				mode: 'omni_reference',
				image_urls: [`asset://${assetId}`],
				aspect_ratio: '1:1',
				duration: 4,
				resolution: '480p',
			},
		});
		expect(item?.json).toMatchObject({
			status: 'succeeded',
			model: 'seedance-2-less-restriction',
			cost: 4_000_000,
			costUnit: 'points',
			resolution: '480p',
			ratio: '1:1',
			durationSeconds: 4,
			queueSeconds: 5,
			runSeconds: 42,
		});
		expect(await probe(await readBinary(item!.binary!.data!))).toMatchObject({ video: { width: 640, height: 640 }, durationSeconds: 4 });
	});

	it.each([
		[{}, {}],
		[{ resolution: '' }, {}],
		[{ resolution: '480p' }, { resolution: '480p' }],
		[{ resolution: '1080p' }, { resolution: '1080p' }],
	])('has its resolution sent if one is chosen: %j as %j', async (fields, sent) => {
		await generate(fields);
		expect(sentInput()).toEqual({ prompt: 'A cat plays the piano', ...sent });
	});

	it('counts the life of its links from its end, however late it is read', async () => {
		const [first] = await lab.json('seedanceGenerate', { ...textToVideo, simplify: false });
		lab.nowMs += 5 * 3_600_000;
		const [later] = await lab.json('seedanceGenerate', { provider, operation: 'getTask', taskId: String(first?.taskId) });
		const expected = new Date(Date.parse(String(first?.finishedAt)) + 24 * 3_600_000).toISOString();
		expect([first?.videoUrlExpiresAt, later?.videoUrlExpiresAt]).toEqual([expected, expected]);
	});

	it('that fails tells the reason that is in the logs only', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails', reason: 'InvalidParameter: the video is too short' } });
		const { error } = await generate();
		const taskId = lab.simulator.ledger[0]?.id;
		expect(error?.message).toBe(`PiAPI task ${taskId} gave no video: InvalidParameter: the video is too short`);
		expect(error).toMatchObject({ context: { reason: 'input', code: '10000', taskId } });
		expect(lab.paid()).toEqual([]);
	});

	it.each([
		['seed', 7, 'Seed'],
		['watermark', false, 'Watermark'],
		['returnLastFrame', true, 'Return Last Frame'],
		['webSearch', true, 'Web Search'],
		['cameraFixed', true, 'Fixed Camera'],
	])('with a setting that PiAPI does not have is refused by its name: %s', async (setting, value, label) => {
		const { error } = await generate({ settings: { [setting]: value } });
		expect(error?.message).toBe(`PiAPI does not have the setting ${label}, which is set to ${value}.`);
		expect(error?.description).toBe('Remove it. Nothing was paid.');
		expect(lab.simulator.calls).toEqual([]);
	});

	it.each<[string, INodeParameters, string]>([
		['without a prompt', { mode: 'firstFrame', prompt: '', firstFrameSource: 'url', firstFrameUrl: 'https://example.com/1.png' }, 'PiAPI needs a prompt; Prompt is empty.'],
		['with a ratio that adapts to nothing', { ratio: 'adaptive' }, 'PiAPI offers the Aspect Ratio adaptive in Image to Video (First Frame) and Image to Video (First and Last Frame) only; the Mode is Text to Video.'],
		['with 1080p of a fast model', { model: byId('seedance-2-fast'), resolution: '1080p' }, 'Resolution must be 480p or 720p with Seedance 2.0 Fast at PiAPI; it is 1080p.'],
		['with 16 seconds of Seedance 2.0', { durationSeconds: 16 }, 'Duration (Seconds) must be a whole number from 4 to 15 with Seedance 2.0 (Less Restriction) at PiAPI; it is 16.'],
		['with files for nine hours', { settings: { assetRetentionHours: 9 } }, 'Asset Retention (Hours) must be a whole number from 3 to 8; it is 9.'],
	])('%s is refused before anything is sent', async (_name, parameters, message) => {
		expect((await generate(parameters)).error?.message).toBe(message);
		expect(lab.simulator.calls).toEqual([]);
	});

	it('with more than twelve references is refused before anything is sent', async () => {
		const urls = (count: number, ending: string) =>
			Array.from({ length: count }, (_, index) => ({ source: 'url', url: `https://example.com/${index}.${ending}` }));
		const { error } = await generate(
			cite('', { images: { image: urls(9, 'png') }, videos: { video: urls(3, 'mp4') }, audios: { audio: urls(1, 'mp3') } }),
		);
		expect(error?.message).toBe('PiAPI takes 12 references in all; there are 13.');
		expect(lab.simulator.calls).toEqual([]);
	});

	it('of 30 seconds, with what only PiAPI has', async () => {
		const { output } = await generate({
			model: byId('seedance-2.5-less-restriction'),
			durationSeconds: 30, resolution: '480p', settings: { generateAudio: false, autoUploadAssets: true, assetRetentionHours: 3, serviceMode: 'public' },
		});
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', estimate: { seconds: 30 } });
		expect(lab.callsOf('tasks.create')[0]?.body).toEqual({
			model: 'seedance',
			task_type: 'seedance-2.5-less-restriction',
			input: {
				prompt: 'A cat plays the piano',
				duration: 30,
				resolution: '480p',
				audio: false,
				auto_upload_assets: true,
				asset_retention_hours: 3,
			},
			config: { service_mode: 'public' },
		});
	});

	it('has its webhook passed on, whose secret is in no output', async () => {
		const { run, output } = await generate({
			simplify: false,
			options: { webhookUrl: 'https://example.com/hook', webhookSecret: 'knock-knock-knock' },
		});
		expect(lab.callsOf('tasks.create')[0]?.body).toHaveProperty('config', {
			webhook_config: { endpoint: 'https://example.com/hook', secret: 'knock-knock-knock' },
		});
		const webhook = { endpoint: 'https://example.com/hook', secret: '[redacted]' };
		expect(output[0]?.[0]?.json.response).toHaveProperty('data.config.webhook_config', webhook);
		const { taskId } = output[0]?.[0]?.json ?? {};
		const read = await lab.run('seedanceGenerate', { provider, operation: 'getTask', taskId: textOf(taskId), simplify: false });
		expect(read.output[0]?.[0]?.json.response).toHaveProperty('data.config.webhook_config', webhook);
		for (const { data } of [run, read.run]) {
			expect(JSON.stringify(data.resultData)).not.toContain('knock-knock-knock');
		}
	});

	it('whose answer has no ID shows no secret either', async () => {
		lab.hideTasks();
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'missingId' } });
		const { error } = await generate({ options: { webhookUrl: 'https://example.com/hook', webhookSecret: 'knock-knock-knock' } });
		expect(error).toMatchObject({ context: { reason: 'unsure' } });
		// n8n itself keeps the node with its fields beside the error.
		expect(error?.message).toContain('[redacted]');
		expect(JSON.stringify([error?.message, error?.description, error?.context])).not.toContain('knock-knock-knock');
	});
});

describe('Tasks of PiAPI', () => {
	const list = async (parameters: INodeParameters = {}) =>
		await lab.json('seedanceGenerate', { provider, operation: 'getManyTasks', ...parameters });
	const submit = async (parameters: INodeParameters = {}, options = {}) =>
		((await generate({ waitForCompletion: 'dontWait', ...parameters }, options)).output[0] ?? []).map(({ json }) => textOf(json.taskId));

	it('are listed over several pages, up to a limit or to the end, newest first', async () => {
		await reopen({ piapi: { maxTasks: 200 } });
		const items = Array.from({ length: 120 }, () => ({ json: {} }));
		const older = await submit({}, { items });
		lab.nowMs += 1_000;
		const [newest] = await submit();
		const all = await list({ returnAll: true });
		expect(all.map(({ taskId }) => taskId).sort()).toEqual([...older, newest].sort());
		expect(all[0]).toMatchObject({ taskId: newest, status: 'queued' });
		expect(lab.callsOf('tasks.list').map(({ query }) => query)).toEqual([{ page: '1', page_size: '100' }, { page: '2', page_size: '100' }]);
		expect(await list({ returnAll: false, limit: 3 })).toHaveLength(3);
	});

	it('are filtered by status and model, and those that have ended have their video and their cost', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails' } });
		const [failed] = await submit();
		const [succeeded] = await submit();
		const [mini] = await submit({ model: byId('seedance-2-mini') });
		lab.nowMs += 60_000;
		const [queued] = await submit();
		const idsWith = async (filters: INodeParameters) => (await list({ returnAll: true, filters })).map(({ taskId }) => taskId);
		expect(await idsWith({ status: 'failed' })).toEqual([failed]);
		expect(await idsWith({ status: 'queued' })).toEqual([queued]);
		expect(await idsWith({ status: 'succeeded', model: 'seedance-2-less-restriction' })).toEqual([succeeded]);
		expect(await list({ returnAll: true, filters: { model: 'seedance-2-mini' } })).toMatchObject([
			{ taskId: mini, status: 'succeeded', videoUrl: expect.stringMatching(/^http/), cost: expect.any(Number) },
		]);
		expect(await idsWith({ status: 'running' })).toEqual([]);
	});

	it('are offered where a task is chosen', async () => {
		const [taskId] = await submit();
		const { results } = await lab.search('seedanceGenerate', 'searchTasks', { parameters: { provider } });
		expect(results).toMatchObject([{ value: taskId }]);
	});
});
