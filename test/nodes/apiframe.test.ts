import type { INodeParameters, INodeProperties } from 'n8n-workflow';
import { request } from 'undici';
import { ApiframeApi } from '../../credentials/ApiframeApi.credentials';
import { Asset } from '../../nodes/Asset/Asset.node';
import { AssetGroup } from '../../nodes/AssetGroup/AssetGroup.node';
import type { SimulatorOptions } from '../../simulator';
import { readBinary } from '../../harness/engine/engine';
import { byId, Lab } from '../support/lab';
import { sampleFiles } from '../../harness/media/sampleFiles';

/** What is special to Apiframe, on n8n's engine against the strict simulator. */

const provider = 'apiframe';

let lab: Lab;
const open = async (options: SimulatorOptions = {}) => {
	lab = await Lab.open({ taskQueueSeconds: 5, taskRunSeconds: 42, ...options });
};
const reopen = async (options: SimulatorOptions) => {
	await lab.close();
	await open(options);
};
beforeEach(async () => await open());
afterEach(async () => await lab.close());

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const textToVideo: INodeParameters = {
	provider,
	operation: 'generate',
	model: byId('seedance-2'),
	mode: 'textToVideo',
	prompt: 'A cat plays the piano',
	downloadVideo: false,
};
const generate = async (parameters: INodeParameters = {}, options = {}) =>
	await lab.run('seedanceGenerate', { ...textToVideo, ...parameters }, options);
const submit = async (parameters: INodeParameters = {}, options = {}) =>
	(
		await lab.json('seedanceGenerate', { ...textToVideo, waitForCompletion: 'dontWait', ...parameters }, options)
	).map(({ taskId }) => String(taskId));
const runOnTask = async (operation: string, taskId: string) =>
	await lab.run('seedanceGenerate', { provider, operation, taskId });
const createAsset = async (parameters: INodeParameters = {}, options = {}) =>
	await lab.run(
		'asset',
		{ provider, operation: 'create', source: 'url', url: 'https://example.com/face.png', ...parameters },
		options,
	);
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
const sent = () => lab.callsOf('tasks.create');
const sentKeys = () => [...new Set(sent().map(({ idempotencyKey }) => idempotencyKey))];
const credentialsAtStorage = () => lab.simulator.storageCalls.flatMap(({ credentials }) => credentials);

it('the test of the credential tells a good key from a bad one, which a list of models would not', async () => {
	const { test, authenticate } = new ApiframeApi();
	// The URL is an expression, because Test Mode asks nobody: in earnest it is the path in it.
	const [, path] = /: "([^"]+)" }}$/.exec(test.request.url ?? '') ?? [];
	const ask = async (key: string) => {
		const headers = Object.keys(authenticate.properties.headers ?? {}).map((name) => [name, key]);
		const { statusCode, body } = await request(`${lab.simulator.baseUrls.apiframe}${path}`, {
			headers: Object.fromEntries(headers),
		});
		await body.dump();
		return statusCode;
	};
	expect(await ask(lab.simulator.apiKey)).toBe(200);
	expect(await ask('afk_wrong')).toBe(401);
	expect(lab.simulator.calls.map(({ route }) => route)).toEqual(['account.get', 'account.get']);
	expect(test.rules?.map(({ properties }) => ('value' in properties ? Number(properties.value) : undefined))).toEqual([401, 403, 404]);
});

describe('An asset at Apiframe', () => {
	it('is made from a URL, waited for and cited', async () => {
		const { output } = await createAsset();
		const asset = output[0]?.[0]?.json;
		const assetId = textOf(asset?.assetId);
		expect(asset).toMatchObject({ provider, status: 'active', mediaType: 'image', assetUri: `asset://${assetId}`, groupId: null });
		expect(lab.callsOf('assets.create')[0]?.body).toEqual({ url: 'https://example.com/face.png', type: 'image' });

		const video = await generate({
			mode: 'multimodalReference',
			prompt: '@image1 dances like @image2',
			images: { image: [{ source: 'asset', asset: byId(assetId) }, { source: 'url', url: 'https://example.com/2.png' }] },
			durationSeconds: 4, settings: { cameraFixed: true },
			simplify: false,
		});
		expect(sent()[0]?.body).toEqual({
			model: 'seedance-2',
			prompt: '@image1 dances like @image2',
			seedanceParams: {
				reference_image_urls: [`asset://${assetId}`, 'https://example.com/2.png'],
				camera_fixed: true,
				duration: 4,
			},
		});
		expect(video.output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', durationSeconds: 4, costUnit: 'credits' });
	});

	it('can be read and waited for later, by its ID', async () => {
		const created = (await createAsset({ waitUntilActive: false })).output[0]?.[0]?.json;
		expect(created).toMatchObject({ status: 'processing', mediaType: 'image' });
		const assetId = byId(textOf(created?.assetUri));
		const read = async (operation: string) => (await lab.json('asset', { provider, operation, assetId }))[0];
		expect(await read('get')).toMatchObject({ assetId: created?.assetId, status: 'processing' });
		expect(await read('waitUntilActive')).toMatchObject({ assetId: created?.assetId, status: 'active' });
	});

	it('that fails says why', async () => {
		lab.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails', message: 'more than one face' } });
		const { error } = await createAsset();
		expect(error?.message).toMatch(/^Apiframe could not process asset \w+: more than one face$/);
		expect(error).toMatchObject({ context: { reason: 'provider', assetId: expect.any(String) } });
	});

	it('that does not exist is said not to', async () => {
		const { error } = await lab.run('asset', { provider, operation: 'get', assetId: byId('abc123def456') });
		expect(error).toMatchObject({ message: 'Apiframe refused this: Asset not found', httpCode: '404', context: { reason: 'notFound' } });
		expect(error?.description).toContain('Check the asset ID');
	});

	it.each(['binary', 'base64'] as const)('is made from a file as %s by way of the uploads', async (source) => {
		const { video } = await sampleFiles();
		const { output } = await createAsset(
			{ source, binaryPropertyName: 'clip', base64: `data:video/mp4;base64,${video.data}` },
			{ items: [{ json: {}, binary: { clip: video } }] },
		);
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'active', mediaType: 'video' });
		expect(lab.callsOf('uploads.create')).toEqual([
			expect.objectContaining({
				contentType: expect.stringMatching(/^multipart\/form-data/),
				body: { file: { name: expect.stringMatching(/\.mp4$/), type: 'video/mp4', sizeBytes: Buffer.byteLength(video.data, 'base64') } },
			}),
		]);
		expect(lab.callsOf('assets.create')[0]?.body).toEqual({
			url: expect.stringContaining(lab.simulator.storageUrl),
			type: 'video',
		});
		expect(lab.simulator.storageCalls.length).toBeGreaterThan(0);
		expect(credentialsAtStorage()).toEqual([]);
	});

	it('from a file is sent again when the upload stumbles, as that is harmless', async () => {
		const { image } = await sampleFiles();
		lab.simulator.faults.add({ route: 'uploads.create', effect: { kind: 'reset', afterAcceptance: true } });
		const { output } = await createAsset(
			{ source: 'binary', binaryPropertyName: 'face' },
			{ items: [{ json: {}, binary: { face: image } }] },
		);
		expect(output[0]?.[0]?.json.status).toBe('active');
		expect(lab.callsOf('uploads.create')).toHaveLength(2);
		expect(lab.callsOf('assets.create')).toHaveLength(1);
	});

	it('from a file that is too large is refused before sending', async () => {
		const face = {
			data: Buffer.alloc(25 * 1024 * 1024 + 1).toString('base64'),
			mimeType: 'image/png',
			fileName: 'face.png',
		};
		const { error } = await createAsset(
			{ source: 'binary', binaryPropertyName: 'face' },
			{ items: [{ json: {}, binary: { face } }] },
		);
		expect(error?.message).toContain('face.png (Input Binary Field) has 25.000001 MB; Apiframe takes files of up to 25 MB.');
		expect(lab.simulator.calls).toEqual([]);
	});

	it('from a file that Apiframe does not know is refused with the name of the field', async () => {
		const odd = { data: Buffer.from('\0 no picture at all').toString('base64'), mimeType: 'image/png', fileName: 'face.png' };
		const { error } = await createAsset(
			{ source: 'binary', binaryPropertyName: 'face' },
			{ items: [{ json: {}, binary: { face: odd } }] },
		);
		expect(error?.message).toBe('Apiframe refused this: Validation failed: Input Binary Field: Unsupported file type');
		expect(lab.callsOf('assets.create')).toEqual([]);
	});
});

describe('What Apiframe does not have', () => {
	const optionsOf = (properties: INodeProperties[], name: string) =>
		properties
			.filter((property) => property.name === name)
			.filter(({ displayOptions }) => displayOptions?.show?.provider?.includes(provider) ?? name === 'provider')
			.flatMap(({ options = [] }) => options.map((option) => ('value' in option ? option.value : undefined)));

	it('is in no menu', () => {
		expect(optionsOf(new Asset().description.properties, 'operation')).toEqual(['create', 'get', 'waitUntilActive']);
		expect(optionsOf(new AssetGroup().description.properties, 'provider')).not.toContain(provider);
		expect(new AssetGroup().description.credentials?.map(({ name }) => name)).not.toContain('apiframeApi');
	});

	it.each([
		['getMany', 'Get Many Assets'],
		['update', 'Update Asset'],
		['delete', 'Delete Asset'],
	])('is refused by name: asset %s', async (operation, label) => {
		const { error } = await lab.run('asset', { provider, operation, assetId: byId('abc123def456') });
		expect(error?.message).toBe(`Apiframe does not offer the Operation ${label}.`);
		expect(error?.description).toBe('Choose Create Asset, Get Asset or Wait Until Active. Nothing was paid.');
		expect(lab.simulator.calls).toEqual([]);
	});

	it.each(['create', 'getMany', 'update', 'delete'])('is refused by name: asset group %s', async (operation) => {
		const { error } = await lab.run('assetGroup', { provider, operation, name: 'x', groupId: byId('group-1') });
		expect(error?.message).toBe('Apiframe offers nothing in this node.');
		expect(error?.description).toMatch(/^Choose .*AnyFast.*\. Nothing was paid\.$/);
		expect(lab.simulator.calls).toEqual([]);
	});

	it('is a hint in the pickers instead of an error', async () => {
		for (const [node, method] of [
			['asset', 'searchAssets'],
			['seedanceGenerate', 'searchImageAssets'],
		] as const) {
			const { results } = await lab.search(node, method, { parameters: { provider }, filter: 'face' });
			expect(results).toEqual([{ name: 'Apiframe has no list: choose By ID', value: '' }]);
		}
		expect(lab.simulator.calls).toEqual([]);
	});

	it.each<[string, INodeParameters, string]>([
		['the watermark', { settings: { watermark: false } }, 'Apiframe does not have the setting Watermark, which is set to false.'],
		['service modes', { settings: { serviceMode: 'public' } }, 'Apiframe does not have the setting Service Mode, which is set to public.'],
		[
			'a webhook secret',
			{ options: { webhookUrl: 'https://example.com/hook', webhookSecret: 'hidden' } },
			'Apiframe does not have the option Webhook Secret.',
		],
		[
			'4k of the fast model',
			{ model: byId('seedance-2-fast'), resolution: '4k' },
			'Resolution must be 480p or 720p with Seedance 2.0 Fast at Apiframe; it is 4k.',
		],
		[
			'a generation without a prompt',
			{ mode: 'firstFrame', prompt: '', firstFrameSource: 'url', firstFrameUrl: 'https://example.com/1.png' },
			'Apiframe needs a prompt; Prompt is empty.',
		],
		['a longer prompt', { prompt: 'x'.repeat(4001) }, 'The Prompt has 4001 characters; Apiframe takes 4000 at most.'],
	])('is refused by name before anything is sent: %s', async (_name, parameters, message) => {
		const { error } = await generate(parameters);
		expect(error?.message).toBe(message);
		expect(lab.simulator.calls).toEqual([]);
	});
});

it('the models of Apiframe are listed with those of Seedance alone', async () => {
	const { results } = await lab.search('seedanceGenerate', 'searchModels', { parameters: { provider } });
	expect(results.map(({ value }) => value)).toEqual(['seedance-2', 'seedance-2-fast', 'seedance-2-mini', 'seedance-2.5']);
	expect(lab.callsOf('models.list')).toHaveLength(1);
});

it('the tasks of Apiframe are listed with what is known of them', async () => {
	await submit();
	const { id } = lab.paid()[0] ?? {};
	lab.nowMs += 3 * 3_600_000;
	const search = async (filter?: string) =>
		(await lab.search('seedanceGenerate', 'searchTasks', { parameters: { provider }, filter })).results;
	const [start, end] = [id?.slice(0, 15), id?.slice(-9)];
	expect(await search()).toEqual([{ name: `${start}…${end} · succeeded · 2026-04-27 16:00 UTC · seedance-2`, value: id }]);
	expect(await search(id)).toHaveLength(1);
	expect(await search('running')).toEqual([]);
});

describe('A generation at Apiframe', () => {
	it('carries only what the user set, and the address to call', async () => {
		await submit({ options: { webhookUrl: 'https://example.com/hook' } });
		expect(sent()[0]?.body).toEqual({
			model: 'seedance-2',
			prompt: 'A cat plays the piano',
			webhookUrl: 'https://example.com/hook',
			webhookEvents: ['completed', 'failed'],
		});
	});

	it('cites files by way of the uploads, with no key on the way to the storage', async () => {
		const { image, audio } = await sampleFiles();
		const { output } = await lab.run(
			'seedanceGenerate',
			{
				...textToVideo,
				mode: 'multimodalReference',
				prompt: '@image1 sings @audio1',
				images: { image: [{ source: 'binary', binaryPropertyName: 'face' }] },
				audios: { audio: [{ source: 'dataUri', dataUri: `data:audio/mpeg;base64,${audio.data}` }] },
				resolution: '480p', durationSeconds: 4, settings: { returnLastFrame: true },
				downloadVideo: true,
			},
			{ items: [{ json: {}, binary: { face: image } }] },
		);
		expect(lab.callsOf('uploads.create').map(({ body }) => body)).toEqual(
			expect.arrayContaining([
				{ file: expect.objectContaining({ type: 'image/png' }) },
				{ file: expect.objectContaining({ type: 'audio/mpeg' }) },
			]),
		);
		expect(sent()[0]?.body).toMatchObject({
			seedanceParams: {
				reference_image_urls: [expect.stringContaining(lab.simulator.storageUrl)],
				reference_audio_urls: [expect.stringContaining(lab.simulator.storageUrl)],
			},
		});
		const item = output[0]?.[0];
		expect((await readBinary(item!.binary!.data!)).subarray(4, 8).toString()).toBe('ftyp');
		expect(item?.binary?.lastFrame).toMatchObject({ mimeType: 'image/png' });
		expect(lab.simulator.storageCalls.length).toBeGreaterThan(3);
		expect(credentialsAtStorage()).toEqual([]);
	});

	it('costs credits, and its links live for 24 hours from its end', async () => {
		const startMs = lab.nowMs;
		const { output } = await generate({ resolution: '480p', durationSeconds: 4, ratio: '1:1', settings: { seed: 7 }, simplify: false });
		expect(output[0]?.[0]?.json).toMatchObject({
			taskId: expect.stringMatching(uuid),
			status: 'succeeded',
			model: 'seedance-2',
			progress: 100,
			cost: 40,
			costUnit: 'credits',
			usage: null,
			resolution: '480p',
			ratio: '1:1',
			seed: 7,
			finishedAt: new Date(startMs + 47_000).toISOString(),
			videoUrlExpiresAt: new Date(startMs + 47_000 + 24 * 3_600_000).toISOString(),
		});
	});

	it('gives its video from a result that is the link alone', async () => {
		await reopen({ apiframe: { result: 'text' } });
		const { output } = await generate({ resolution: '480p', durationSeconds: 4, downloadVideo: true });
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', videoUrl: expect.stringMatching(/^http/), lastFrameUrl: null });
		expect(output[0]?.[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});

	it('whose files are gone is expired, and no operation waits for a video in vain', async () => {
		const [taskId = ''] = await submit();
		lab.nowMs += 25 * 3_600_000;
		expect((await runOnTask('getTask', taskId)).output[0]?.[0]?.json).toMatchObject({
			status: 'expired',
			videoUrl: null,
			videoUrlExpiresAt: null,
			failureReason: 'expired',
			failureMessage: expect.stringMatching(/24 hours.*new task/),
		});
		for (const operation of ['waitForTask', 'downloadVideo']) {
			const { error } = await runOnTask(operation, taskId);
			expect(error?.message).toMatch(/gave no video: its files are gone/);
			expect(error).toMatchObject({ context: { reason: 'expired', taskId } });
		}
		expect(lab.simulator.storageCalls).toEqual([]);
	});

	it('that Apiframe cancelled ends the wait', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskStatus', status: 'CANCELLED' } });
		const { error } = await generate();
		expect(error?.message).toMatch(/^Apiframe task \S+ gave no video: the task was cancelled$/);
		expect(error).toMatchObject({ context: { reason: 'cancelled' } });
		expect(lab.callsOf('tasks.get')).toHaveLength(1);
	});

	it('that failed is a job with an error and no refusal', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		const [taskId = ''] = await submit();
		lab.nowMs += 60_000;
		expect((await runOnTask('getTask', taskId)).output[0]?.[0]?.json).toMatchObject({
			status: 'failed',
			failureReason: 'moderation',
			failureMessage: 'Provider returned an error: content policy violation',
			cost: 0,
		});
		expect(lab.paid('generation')).toEqual([]);
	});

	it('that does not exist is said not to, also when its ID cannot be one', async () => {
		for (const [taskId, words] of [
			['3f2b8c1e-7a54-4d0b-9c61-0a4f1f2e5d77', 'Job not found'],
			['asyntask_none', 'Invalid job ID'],
		] as const) {
			const { error } = await runOnTask('getTask', taskId);
			expect(error?.message).toBe(`Apiframe refused this: ${words}`);
			expect(error).toMatchObject({ context: { reason: 'notFound' } });
		}
	});
});

describe('A refusal of Apiframe', () => {
	it('for want of credits says how many there are, and nothing is paid', async () => {
		await reopen({ apiframe: { credits: 10 } });
		const { error } = await generate();
		expect(error?.message).toBe('Apiframe refused this: Insufficient credits: 160 required, 10 available');
		expect(error).toMatchObject({ httpCode: '402', context: { reason: 'quota' } });
		expect(sent()).toHaveLength(1);
		expect(lab.simulator.ledger).toEqual([]);
	});

	it('names fields as the editor does', async () => {
		const active = (await createAsset()).output[0]?.[0]?.json.assetId;
		const processing = (await createAsset({ waitUntilActive: false })).output[0]?.[0]?.json.assetId;
		const cite = (...assetIds: unknown[]) => ({
			mode: 'multimodalReference',
			images: { image: assetIds.map((assetId) => ({ source: 'asset', asset: byId(textOf(assetId)) })) },
			options: { checkAssets: false },
		});
		const unknown = await generate(cite(active, 'abc123def456'));
		expect(unknown.error?.message).toBe('Apiframe refused this: Validation failed: Images 2: Asset abc123def456 not found');
		expect(unknown.error).toMatchObject({ httpCode: '400', context: { reason: 'notFound' } });
		const early = await generate(cite(processing));
		expect(early.error?.message).toContain(`Images 1: Asset ${textOf(processing)} is not Active`);
		expect(early.error?.description).toContain('"Wait Until Active"');
		const model = await generate({ model: byId('seedance-9') });
		expect(model.error?.message).toBe('Apiframe refused this: Validation failed: Model: Invalid input');
		expect(lab.simulator.ledger).toEqual([]);
	});

	it('of an inactive key says what to do', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 403 } });
		const { error } = await generate();
		expect(error).toMatchObject({ message: 'Apiframe refused this: API key is inactive', context: { reason: 'permission' } });
		expect(error?.description).toContain('Switch the API key on');
	});

	it('of an unknown key shows no key', async () => {
		const { error } = await generate({}, { host: lab.host({ apiKey: 'afk_wrong_0123456789' }) });
		expect(error).toMatchObject({ message: 'Apiframe refused this: Invalid API key', context: { reason: 'authentication' } });
		expect(JSON.stringify(error)).not.toContain('afk_wrong');
	});

	it('by a firewall is readable', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'html', statusCode: 403 } });
		const { error } = await generate();
		expect(error?.message).toMatch(/^Apiframe may have accepted this request, but it answered 403: [^<>]+$/);
		expect(error?.description).toContain('firewall');
		expect(error).toMatchObject({ httpCode: '403', context: { reason: 'unsure' } });
	});

	it('inside a 200 is final', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'refusalInside200' } });
		const { error } = await generate();
		expect(error?.message).toBe('Apiframe refused this: Validation failed: Prompt: The request is refused');
		expect(sent()).toHaveLength(1);
		expect(lab.simulator.ledger).toEqual([]);
	});

	it('for the same key with another request is explained', async () => {
		const body = { error: 'Idempotency key was already used with a different request body' };
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 409, body } });
		const { error } = await generate();
		expect(error).toMatchObject({ httpCode: '409', context: { reason: 'input' } });
		expect(error?.message).toContain('Idempotency key was already used');
		expect(error?.description).toContain('start a new execution');
		expect(sent()).toHaveLength(1);
	});

	it('to hurry is waited out for as long as it says', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', times: 2, effect: { kind: 'status', statusCode: 429, retryAfterSeconds: 7 } });
		await submit();
		expect(sent().map(({ atMs }) => (atMs - (sent()[0]?.atMs ?? 0)) / 1000)).toEqual([0, 7, 14]);
		expect(sentKeys()).toHaveLength(1);
		expect(lab.paid('generation')).toHaveLength(1);
	});
});

describe('A generation whose answer is lost at Apiframe', () => {
	const retryOnFail = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1_000 };
	const withFiles = async () => {
		const { image } = await sampleFiles();
		return {
			parameters: {
				mode: 'firstFrame',
				firstFrameSource: 'binary',
				firstFrameBinaryPropertyName: 'face',
			},
			items: [{ json: {}, binary: { face: image } }],
		};
	};
	const bodies = () => new Set(sent().map(({ body }) => JSON.stringify(body)));

	describe.each([
		['without Retry On Fail', {}],
		['with Retry On Fail', retryOnFail],
	])('%s', (_mode, settings) => {
		it.each([
			['a reset', { kind: 'reset', afterAcceptance: true }],
			['an answer 500', { kind: 'status', statusCode: 500, afterAcceptance: true }],
			['an answer without an ID', { kind: 'missingId' }],
			['a page with status 200', { kind: 'html', statusCode: 200, afterAcceptance: true }],
			['broken JSON', { kind: 'malformedJson', afterAcceptance: true }],
		] as const)('is billed once and brings its video after %s', async (_case, effect) => {
			lab.simulator.faults.add({ route: 'tasks.create', times: 2, effect });
			const { output, error, run } = await generate({}, { settings });
			expect(error).toBeUndefined();
			expect(lab.simulator.ledger).toHaveLength(1);
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: lab.simulator.ledger[0]?.id });
			expect(sent()).toHaveLength(3);
			expect(sentKeys()).toEqual([expect.stringMatching(/^[\w-]{20,255}$/)]);
			expect(run.data.resultData.runData.Node).toHaveLength(1);
		});
	});

	it('is uncertain after all repeats, and says that another attempt returns the same task', async () => {
		lab.hideTasks();
		lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, effect: { kind: 'reset', afterAcceptance: true } });
		const { error } = await generate();
		expect(error?.message).toBe('Apiframe may have accepted this request, but the connection was reset');
		expect(error?.description).toContain('another attempt of this execution brings the same task, not a second one');
		expect(error).toMatchObject({ context: { reason: 'unsure' } });
		expect(lab.simulator.ledger).toHaveLength(1);
	});

	it('is the same request in another attempt, files included, and returns the same task', async () => {
		lab.hideTasks();
		const { parameters, items } = await withFiles();
		// All four requests of the first attempt, and one of the second.
		lab.simulator.faults.add({ route: 'tasks.create', times: 5, effect: { kind: 'reset', afterAcceptance: true } });
		const { output } = await generate(parameters, { items, settings: retryOnFail });
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: lab.simulator.ledger[0]?.id });
		expect(lab.simulator.ledger).toHaveLength(1);
		expect(sent()).toHaveLength(6);
		expect(sentKeys()).toHaveLength(1);
		expect(bodies().size).toBe(1);
		expect(lab.callsOf('uploads.create')).toHaveLength(1);
	});

	it('stays uncertain when a repeat is refused, so that another attempt returns the same task', async () => {
		lab.hideTasks();
		const { parameters, items } = await withFiles();
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'reset', afterAcceptance: true } });
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 403 } });
		const { output } = await generate(parameters, { items, settings: retryOnFail });
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: lab.simulator.ledger[0]?.id });
		expect(lab.simulator.ledger).toHaveLength(1);
		expect(sent().map(({ statusCode }) => statusCode)).toEqual([undefined, 403, 202]);
		expect(sentKeys()).toHaveLength(1);
		expect(bodies().size).toBe(1);
	});

	it('says how the repeat was refused, if there is no other attempt', async () => {
		lab.hideTasks();
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'reset', afterAcceptance: true } });
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 403 } });
		const { error } = await generate();
		expect(error?.message).toBe('Apiframe may have accepted this request, but the connection was reset');
		expect(error?.description).toContain('The last repeat: Apiframe refused this: API key is inactive');
		expect(error).toMatchObject({ context: { reason: 'unsure' } });
	});

	it('has a key of its own for each item and each execution', async () => {
		await submit({}, { items: [{ json: {} }, { json: {} }] });
		await submit();
		expect(sentKeys()).toHaveLength(3);
		expect(lab.simulator.ledger).toHaveLength(3);
	});

	it('is the same request in another attempt, although its fields have changed by themselves', async () => {
		lab.hideTasks();
		const { parameters, items } = await withFiles();
		lab.simulator.faults.add({ route: 'tasks.create', times: 4, effect: { kind: 'reset', afterAcceptance: true } });
		const changing = { ...parameters, prompt: '=It is {{ $now.toMillis() }}' };
		const { output, run } = await generate(changing, { items, settings: retryOnFail });
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: lab.simulator.ledger[0]?.id });
		expect(lab.simulator.ledger).toHaveLength(1);
		expect(sent()).toHaveLength(5);
		expect(sentKeys()).toHaveLength(1);
		expect(bodies().size).toBe(1);
		const hints = run.data.resultData.runData.Node?.flatMap((task) => task.hints ?? []) ?? [];
		expect(hints.map(({ message }) => message)).toContainEqual(expect.stringMatching(/Prompt changed by itself/));
	});
});

describe('Tasks of Apiframe', () => {
	const list = async (parameters: INodeParameters = {}) =>
		await lab.json('seedanceGenerate', { provider, operation: 'getManyTasks', ...parameters });

	it('are listed over several pages, up to a limit or to the end, newest first', async () => {
		const items = Array.from({ length: 120 }, () => ({ json: {} }));
		const older = await submit({}, { items });
		lab.nowMs += 1_000;
		const [newest] = await submit();
		const before = lab.callsOf('tasks.list').length;
		const all = await list({ returnAll: true });
		expect(all.map(({ taskId }) => taskId).sort()).toEqual([...older, newest].sort());
		expect(all[0]?.taskId).toBe(newest);
		const pages = lab.callsOf('tasks.list').slice(before);
		expect(pages.map(({ query }) => [query.limit, query.cursor === undefined])).toEqual([['100', true], ['100', false]]);
		expect((await list({ returnAll: false, limit: 110 })).map(({ taskId }) => taskId)).toEqual(all.slice(0, 110).map(({ taskId }) => taskId));
		expect(await list({ returnAll: false, limit: 3 })).toHaveLength(3);
		expect(lab.callsOf('tasks.list').at(-1)?.query).toEqual({ limit: '3' });
	});

	it('are filtered by status and model', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails' } });
		const [failed] = await submit();
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskStatus', status: 'CANCELLED' } });
		const [cancelled] = await submit();
		const [succeeded] = await submit();
		const [mini] = await submit({ model: byId('seedance-2-mini') });
		lab.nowMs += 60_000;
		const [queued] = await submit();
		const idsWith = async (filters: INodeParameters) =>
			(await list({ returnAll: true, filters })).map(({ taskId, status }) => [taskId, status]);
		expect(await idsWith({ status: 'failed' })).toEqual([[failed, 'failed']]);
		expect(await idsWith({ status: 'cancelled' })).toEqual([[cancelled, 'cancelled']]);
		expect(await idsWith({ status: 'queued' })).toEqual([[queued, 'queued']]);
		expect(await idsWith({ status: 'succeeded', model: 'seedance-2' })).toEqual([[succeeded, 'succeeded']]);
		expect(await idsWith({ model: 'seedance-2-mini' })).toEqual([[mini, 'succeeded']]);
		expect(await idsWith({ status: 'running' })).toEqual([]);
		expect(lab.simulator.calls.filter(({ statusCode }) => statusCode === 400)).toEqual([]);
	});
});
