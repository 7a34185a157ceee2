import type { INodeParameters } from 'n8n-workflow';
import { readBinary } from '../../harness/engine/engine';
import { byId, Lab, simulatedProviders } from '../support/lab';
import { sampleFiles } from '../../harness/media/sampleFiles';

/** What is special to the gateway behind AnyFast and Alad, on n8n's engine against the strict simulator. */
describe.each(simulatedProviders.filter(([, id]) => id === 'anyfast' || id === 'alad'))('The gateway of %s', (_name, provider, { displayName }) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open({ taskQueueSeconds: 5, taskRunSeconds: 42 })));
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

	describe('takes a generation', () => {
		const sent = () => lab.callsOf('tasks.create')[0]?.body;

		it('with only what the user set', async () => {
			await generate();
			expect(sent()).toEqual({
				model: 'seedance',
				content: [{ type: 'text', text: 'A cat plays the piano' }],
			});
		});

		it('with frames and no prompt', async () => {
			const { image } = await sampleFiles();
			await generate(
				{
					mode: 'firstAndLastFrame',
					prompt: '',
					firstFrameSource: 'binary',
					firstFrameBinaryPropertyName: 'picture',
					lastFrameSource: 'url',
					lastFrameUrl: 'https://example.com/last.png',
				},
				{ items: [{ json: {}, binary: { picture: image } }] },
			);
			expect(sent()).toMatchObject({
				content: [
					{ role: 'first_frame', image_url: { url: `data:image/png;base64,${image.data}` } },
					{ role: 'last_frame', image_url: { url: 'https://example.com/last.png' } },
				],
			});
			expect(lab.paid('generation')).toHaveLength(1);
		});

		it('with lists in the order of the user', async () => {
			await generate({
				mode: 'videoEditing',
				prompt: 'Replace the bottle in @video1 by @image2',
				images: { image: [{ source: 'url', url: 'https://example.com/1.png' }, { source: 'url', url: 'https://example.com/2.png' }] },
				videos: { video: [{ source: 'url', url: 'https://example.com/1.mp4' }] },
			});
			expect(sent()).toMatchObject({
				content: [
					{ type: 'text' },
					{ image_url: { url: 'https://example.com/1.png' } },
					{ image_url: { url: 'https://example.com/2.png' } },
					{ video_url: { url: 'https://example.com/1.mp4' } },
				],
			});
		});

		it('but no binary video, for which it names the way', async () => {
			const { video } = await sampleFiles();
			const { error } = await generate(
				{ mode: 'videoExtension', prompt: 'go on', videos: { video: [{ source: 'binary', binaryPropertyName: 'clip' }] } },
				{ items: [{ json: {}, binary: { clip: video } }] },
			);
			expect(error?.description).toContain('upload the file with the Seedance Asset Library node');
			expect(lab.simulator.calls).toEqual([]);
		});
	});

	it('refuses a model that the key may not use with status 503, which is no reason to doubt', async () => {
		const body = { error: { code: 'model_not_found', message: 'No available channel for model seedance' } };
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 503, body } });
		const { error } = await generate();
		expect(lab.callsOf('tasks.create')).toHaveLength(1);
		expect(lab.paid('generation')).toEqual([]);
		expect(error?.message).toMatch(new RegExp(`^${displayName} refused this: `));
	});

	it('is given five minutes to accept a generation, as it holds the connection meanwhile', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'late', seconds: 290 } });
		const { error } = await generate();
		expect(error).toBeUndefined();
		expect(lab.callsOf('tasks.create')).toHaveLength(1);
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('explains the plan that a key needs, where its endpoint is not available', async () => {
		const body = { error: { message: 'endpoint not available', type: 'new_api_error', code: '' } };
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 404, body } });
		const { error } = await generate();
		expect(error).toMatchObject({ httpCode: '404', context: { reason: 'permission' } });
		expect(error?.description).toMatch(/key of the Direct plan/);
		expect(lab.callsOf('tasks.create')).toHaveLength(1);
		expect(lab.paid('generation')).toEqual([]);
	});

	it('says of an unknown task that it does not exist, with status 400', async () => {
		for (const operation of ['getTask', 'waitForTask', 'downloadVideo']) {
			const { error } = await lab.run('seedanceGenerate', { provider, operation, taskId: 'asyntask_none' });
			expect(error).toMatchObject({ httpCode: '400', context: { reason: 'notFound' } });
		}
	});

	it('brings a fresh link with every check, for 12 hours', async () => {
		const [task] = await lab.json('seedanceGenerate', { ...textToVideo, waitForCompletion: 'dontWait' });
		const taskId = String(task?.taskId);
		lab.nowMs += 48 * 3_600_000;
		const [item] = await lab.items('seedanceGenerate', { provider, operation: 'downloadVideo', taskId });
		expect((await readBinary(item!.binary!.data!)).length).toBeGreaterThan(10_000);
		expect(item?.json.videoUrlExpiresAt).toBe(new Date(lab.nowMs + 12 * 3_600_000).toISOString());
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('tells when a task began and ended, and its tokens instead of a cost', async () => {
		const [item] = await lab.json('seedanceGenerate', { ...textToVideo, simplify: false });
		expect(item).toMatchObject({
			queueSeconds: 5,
			runSeconds: 42,
			usage: { completion_tokens: expect.any(Number), total_tokens: expect.any(Number) },
			cost: null,
			costUnit: null,
			response: { code: 'success', data: { status: 'SUCCESS' } },
		});
	});

	describe('takes assets', () => {
		const createGroup = async () =>
			byId(String((await lab.json('assetGroup', { provider, operation: 'create', name: 'g' }))[0]?.groupId));
		const create = async (parameters: INodeParameters, options = {}) =>
			await lab.run('asset', { provider, operation: 'create', ...parameters }, options);
		const sent = () => lab.callsOf('assets.create')[0];

		it.each([
			['face.png', {}, 'volc-asset', 'Image', 'face.png'],
			['clip.mov', {}, 'volc-asset-video', 'Video', 'clip.mov'],
			['tune.wav', {}, 'volc-asset-audio', 'Audio', 'tune.wav'],
			['download?id=7', { mediaType: 'video' }, 'volc-asset-video', 'Video', 'download'],
		])('from the URL …/%s with %j, billed as %s', async (file, parameters, model, AssetType, Name) => {
			const url = `https://example.com/${file}`;
			const groupId = await createGroup();
			await create({ groupId, source: 'url', url, waitUntilActive: false, ...parameters });
			expect(sent()?.body).toEqual({ model, AssetType, GroupId: groupId.value, Name, URL: url });
		});

		it('from a file as a stream with its type and length', async () => {
			const { video } = await sampleFiles();
			const { output } = await create(
				{ groupId: await createGroup(), source: 'binary', binaryPropertyName: 'clip', name: 'clip' },
				{ items: [{ json: {}, binary: { clip: video } }] },
			);
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'active', mediaType: 'video', assetId: expect.stringMatching(/^asset-/) });
			expect(sent()).toMatchObject({
				contentType: expect.stringMatching(/^multipart\/form-data/),
				body: {
					model: 'volc-asset-video',
					AssetType: 'Video',
					file: { name: 'clip.mp4', type: 'video/mp4', sizeBytes: Buffer.byteLength(video.data, 'base64') },
				},
			});
		});

		it('from base64 text', async () => {
			const { audio } = await sampleFiles();
			await create({ groupId: await createGroup(), source: 'base64', base64: audio.data });
			expect(sent()?.body).toMatchObject({
				model: 'volc-asset-audio',
				URL: `data:audio/mpeg;base64,${audio.data}`,
			});
		});

		it('and says what to do if a channel wants a group type and the user clears it', async () => {
			const { error } = await lab.run('asset', { provider, operation: 'getMany', filters: { groupType: '' } });
			expect(error?.description).toContain('Set the filter Group Type');
		});

		it('and explains the words in which a taken name is refused', async () => {
			const face = { groupId: await createGroup(), source: 'url', url: 'https://example.com/face.png', name: 'face' };
			await create(face);
			const { error } = await create(face);
			expect(error).toMatchObject({ httpCode: '404', message: expect.stringContaining('asset_group') });
			expect(error?.description).toContain('the group has one of this name already');
		});

		it('that say their type, so that another one is found before paying', async () => {
			const newAsset = { provider, operation: 'create', groupId: await createGroup(), source: 'url', url: 'https://example.com/tune.mp3' };
			const audio = String((await lab.json('asset', newAsset))[0]?.assetId);
			const { error } = await generate({
				mode: 'multimodalReference',
				prompt: '@image1 dances',
				images: { image: [{ source: 'asset', asset: byId(audio) }] },
			});
			expect(error?.message).toContain(`The asset ${audio} (Images 1) must be an image; it is audio.`);
			expect(lab.callsOf('tasks.create')).toEqual([]);
		});
	});

	it('lists with POST, which is free and is repeated', async () => {
		lab.simulator.faults.add({ route: 'assetGroups.list', times: 3, effect: { kind: 'status', statusCode: 503 } });
		await lab.json('assetGroup', { provider, operation: 'getMany' });
		expect(lab.callsOf('assetGroups.list').map(({ method, statusCode }) => [method, statusCode])).toEqual([
			['POST', 503],
			['POST', 503],
			['POST', 503],
			['POST', 200],
		]);
	});

	it('names the call and its request ID in a refusal', async () => {
		lab.simulator.faults.add({ route: 'assetGroups.list', effect: { kind: 'status', statusCode: 404 } });
		const { error } = await lab.run('assetGroup', { provider, operation: 'getMany' });
		expect(error?.description).toContain('[POST] "/volc/asset/ListAssetGroups": 404, request ID');
	});
});
