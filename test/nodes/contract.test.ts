import type { INodeParameters } from 'n8n-workflow';
import { operations as groupOperations } from '../../nodes/AssetGroup/actions';
import { operations as assetOperations } from '../../nodes/Asset/actions';
import { operations as generateOperations } from '../../nodes/SeedanceGenerate/actions';
import type { NodeName } from '../support/lab';
import { byId, Lab, modelsOfRegion, simulatedProviders, takesFiles } from '../support/lab';
import { readBinary } from '../../harness/engine/engine';
import { probe, sampleFiles } from '../../harness/media/sampleFiles';

/**
 * The whole way of a user, at every provider, on n8n's engine against the strict simulator. What a
 * provider offers is tested; what it does not offer has to be refused by name.
 */
const connections = [false, true].flatMap((isTestMode) =>
	simulatedProviders.map(([name, provider, adapter]) => [isTestMode ? `${name} in Test Mode` : name, provider, adapter, isTestMode] as const),
);

describe.each(connections)('%s', (_name, provider, adapter, isTestMode) => {
	const { assets, assetGroups, displayName, video, videoModels } = adapter;
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open({ rendersVideos: true, isTestMode })));
	afterEach(async () => await lab.close());
	if (isTestMode) {
		afterEach(() => expect([...lab.simulator.calls, ...lab.simulator.storageCalls]).toEqual([]));
	}
	/** An ID that nobody has made. */
	const unknownId = isTestMode ? 'test-asset-unknown' : 'asset-unknown';

	type Options = Parameters<Lab['run']>[2];
	const createGroup = async (name: string, options: Options = {}) => {
		const [group] = await lab.items('assetGroup', { provider, operation: 'create', name }, options);
		return byId(textOf(group?.json.groupId));
	};
	/** Where a new asset goes: nowhere special, if the provider has no groups. */
	const place = async (options?: Options): Promise<{ groupId?: ReturnType<typeof byId> }> =>
		assetGroups ? { groupId: await createGroup('spring', options) } : {};
	const createAsset = async (parameters: INodeParameters, options: Options = {}) => {
		return await lab.run('asset', { provider, operation: 'create', source: 'url', ...parameters }, options);
	};
	const assetOf = async (...creation: Parameters<typeof createAsset>) => {
		const { output, error } = await createAsset(...creation);
		if (error) throw error;
		return output[0]?.[0]?.json ?? {};
	};
	const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
	const idOf = ({ assetId }: Record<string, unknown>) => textOf(assetId);
	const citing = (assetId: string): INodeParameters => ({
		provider,
		operation: 'generate',
		mode: 'multimodalReference',
		prompt: '@image1 dances',
		images: { image: [{ source: 'asset', asset: byId(assetId) }] },
	});

	/** Otherwise from addresses, of which alone this provider makes assets. */
	const hasFiles = takesFiles(adapter);
	const ownModels = modelsOfRegion(adapter);

	it('takes a user from files to a video that cites them', async () => {
		const files = await sampleFiles();
		const given = await place();
		const fromFile = (name: string) => ({ ...given, source: 'binary', binaryPropertyName: 'file', name });
		const fromUrl = async (file: string, name: string) => await assetOf({ ...given, url: `https://example.com/${file}`, name });
		const created = hasFiles
			? [
					await assetOf(fromFile('face'), { items: [{ json: {}, binary: { file: files.image } }] }),
					await assetOf(fromFile('clip'), { items: [{ json: {}, binary: { file: files.video } }] }),
					await assetOf({ ...given, source: 'base64', base64: `data:audio/mpeg;base64,${files.audio.data}`, name: 'tune' }),
				]
			: [await fromUrl('face.png', 'face'), await fromUrl('clip.mp4', 'clip'), await fromUrl('tune.mp3', 'tune')];
		const named = assets.newAssetFields.includes('name') ? ['face', 'clip', 'tune'] : [null, null, null];
		expect(created.map(({ status, mediaType, name }) => [status, mediaType, name])).toEqual([
			['active', 'image', named[0]],
			['active', 'video', named[1]],
			['active', 'audio', named[2]],
		]);
		const [image, clip, tune] = created.map(idOf);
		expect(created[0]?.assetUri).toBe(`asset://${image}`);

		const hasLastFrame = video.settings.includes('returnLastFrame');
		const [item] = await lab.items('seedanceGenerate', {
			provider,
			operation: 'generate',
			mode: 'multimodalReference',
			prompt: 'The person from @image1 walks in the scene from @video1 to the music of @audio1',
			images: { image: [{ source: 'asset', asset: byId(image ?? '') }] },
			videos: { video: [{ source: 'asset', asset: byId(clip ?? '') }] },
			audios: { audio: [{ source: 'url', url: `asset://${tune}` }] },
			resolution: '480p', ratio: '1:1', durationSeconds: 4, settings: { ...(hasLastFrame && { returnLastFrame: true }) },
			simplify: false,
		});
		expect(item?.json).toMatchObject({
			provider,
			status: 'succeeded',
			durationSeconds: 4,
			resolution: '480p',
			videoUrl: expect.stringMatching(/^http/),
			videoUrlExpiresAt: expect.stringMatching(/^2026-/),
			lastFrameUrl: hasLastFrame ? expect.stringMatching(/^http/) : null,
			failureMessage: null,
		});
		// Some bill by tokens, the others in money of their own.
		expect(item?.json.usage ?? item?.json.cost).not.toBeNull();
		expect(item?.pairedItem).toEqual({ item: 0 });

		const mp4 = item?.binary?.data;
		expect(mp4).toMatchObject({ mimeType: 'video/mp4', fileName: expect.stringMatching(/^the-person-from-image1-walks-.*-\w{6}\.mp4$/) });
		expect(await probe(await readBinary(mp4!))).toMatchObject({
			video: { codec: 'h264', ...(isTestMode ? { width: 240, height: 240 } : { width: 640, height: 640 }), framesPerSecond: 24 },
			audio: { codec: 'aac' },
			// A sample is shorter than what was asked for.
			durationSeconds: isTestMode ? expect.closeTo(2.5, 0) : 4,
		});
		expect(item?.binary?.lastFrame?.mimeType).toBe(hasLastFrame ? 'image/png' : undefined);

		expect(created.map(({ isTest }) => isTest)).toEqual(isTestMode ? [true, true, true] : [undefined, undefined, undefined]);
		expect(item?.json.isTest).toBe(isTestMode ? true : undefined);
		expect(lab.paid('generation').map(({ id }) => id)).toEqual(isTestMode ? [] : [item?.json.taskId]);
		expect(lab.simulator.storageCalls.flatMap(({ credentials }) => credentials)).toEqual([]);
	});

	/** For what only a provider can do. */
	const itLive = (name: string, test: () => Promise<void>) => {
		if (!isTestMode) it(name, test);
	};
	itLive('refuses an unknown key with a text that says what to do', async () => {
		const { error } = await createAsset(
			{ groupId: byId('group-1'), url: 'https://example.com/face.png' },
			{ host: lab.host({ apiKey: 'wrong-key-1234567890' }) },
		);
		expect(error).toMatchObject({
			message: expect.stringMatching(`^${displayName} refused this: `),
			httpCode: '401',
			context: { reason: 'authentication' },
		});
		expect(error?.description).toMatch(/Check (the API key|Access Key ID).* in the credential/);
		expect(JSON.stringify(error)).not.toContain('wrong-key-1234567890');
	});

	itLive('tells why an asset failed', async () => {
		const given = await place();
		lab.simulator.faults.add({
			route: 'assets.create',
			effect: { kind: 'assetFails', code: 'FaceMismatch', message: 'more than one face' },
		});
		const { error } = await createAsset({ ...given, url: 'https://example.com/face.png' });
		expect(error?.message).toMatch(new RegExp(`^${displayName} could not process asset \\S+: more than one face$`));
		expect(error).toMatchObject({ context: { reason: 'provider', assetId: expect.stringMatching(/./) } });
		// Some tell a message only.
		expect(['FaceMismatch', undefined]).toContain(error?.context.code);
	});

	it('finds one asset among many and says so when there is none', async () => {
		const given = await place();
		const created = [];
		for (const name of ['a', 'b', 'c']) {
			created.push(await assetOf({ ...given, url: `https://example.com/${name}.png`, name }));
		}
		const assetId = byId(`asset://${idOf(created[1] ?? {})}`);
		const [found] = await lab.json('asset', { provider, operation: 'get', assetId });
		expect(found).toMatchObject({ assetId: created[1]?.assetId, name: created[1]?.name, status: 'active' });

		const { error } = await lab.run('asset', { provider, operation: 'get', assetId: byId(unknownId) });
		expect(error).toMatchObject({ context: { reason: 'notFound' } });
	});

	it('pays for nothing that cites an asset of another account', async () => {
		const stranger = { host: lab.host({ apiKey: lab.simulator.otherApiKey }) };
		const given = await place(stranger);
		const assetId = idOf(await assetOf({ ...given, url: 'https://example.com/face.png' }, stranger));
		expect(assetId).not.toBe('');
		for (const options of [{}, { checkAssets: false }]) {
			const { error } = await lab.run('seedanceGenerate', { ...citing(assetId), options });
			// Most do not say whose it is; where assets cannot be read, only the run finds it out.
			expect(error).toMatchObject({ context: { reason: expect.stringMatching(/^(input|notFound|permission|provider)$/) } });
		}
		expect(lab.paid('generation')).toEqual([]);
	});

	it('offers only its own assets and models in the pickers', async () => {
		const given = await place();
		await assetOf({ ...given, url: 'https://example.com/face.png', name: 'face' });
		await assetOf({ ...given, url: 'https://example.com/tune.mp3', name: 'tune' });
		const names = async (method: string, node: NodeName = 'seedanceGenerate') =>
			(await lab.search(node, method, { parameters: { provider } })).results.map(({ name }) => name);
		const hint = `${displayName} has no list: choose By ID`;
		const citable = (name: string): unknown[] =>
			assets.list ? [`${name} · 2026-04-27`] : [hint];
		expect(await names('searchImageAssets')).toEqual(citable('face · image'));
		expect(await names('searchAudioAssets')).toEqual(citable('tune · audio'));
		expect(await names('searchVideoAssets')).toEqual(assets.list ? [] : [hint]);
		await assetOf({ ...given, url: 'https://example.com/new.png', name: 'new', waitUntilActive: false });
		// Listed by now, but not Active yet.
		lab.nowMs += 3000;
		expect(await names('searchImageAssets')).toEqual(citable('face · image'));
		expect(await names('searchAssets', 'asset')).toEqual(
			assets.list ? expect.arrayContaining(['new · image · processing · 2026-04-27']) : [hint],
		);
		expect(await names('searchModels')).toEqual(
			expect.arrayContaining((isTestMode ? videoModels : ownModels).map((model) => `${model.displayName} (${model.id})`)),
		);
	});

	if (assetGroups) {
		it('gives groups their clean name and keeps the stored one', async () => {
			const groupId = (await createGroup('spring-campaign')).value;
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
					storedName: expect.stringMatching(/spring-campaign$/),
				}),
			]);
		});

		it('pages through long lists of groups and stops at the limit', async () => {
			for (let index = 0; index < 12; index++) await createGroup(`group-${index}`);
			const list = async (parameters: INodeParameters) =>
				(await lab.json('assetGroup', { provider, operation: 'getMany', ...parameters })).length;
			expect(await list({ returnAll: true })).toBe(12);
			expect(await list({ returnAll: false, limit: 5 })).toBe(5);
			const page = await lab.search('asset', 'searchAssetGroups', { parameters: { provider }, filter: 'group-1' });
			expect(page.results.map(({ name }) => name).sort()).toEqual(['group-1', 'group-10', 'group-11']);
		});
	}

	if (assetGroups?.update && assetGroups.delete) {
		it('renames and deletes groups', async () => {
			const [first, second] = [await createGroup('first'), await createGroup('second')];
			await lab.json('assetGroup', { provider, operation: 'update', groupId: second, name: 'renamed' });
			expect(await lab.json('assetGroup', { provider, operation: 'delete', groupId: first })).toEqual([
				{ provider, groupId: first.value, deleted: true, ...(isTestMode && { isTest: true }) },
			]);
			const groups = await lab.json('assetGroup', { provider, operation: 'getMany', returnAll: true });
			expect(groups.map(({ name }) => name)).toEqual(['renamed']);
		});
	}

	if (assets.update) {
		const canMove = (assets.updatableFields ?? assets.newAssetFields).includes('groupId');
		it(canMove ? 'renames an asset, and moves it if there are groups' : 'renames an asset', async () => {
			const given = await place();
			const assetId = byId(idOf(await assetOf({ ...given, url: 'https://example.com/a.png', name: 'old' })));
			const target: Awaited<ReturnType<typeof place>> = canMove ? await place() : {};
			const updateFields = { name: 'new', ...target };
			await lab.json('asset', { provider, operation: 'update', assetId, updateFields });
			expect(await lab.json('asset', { provider, operation: 'get', assetId })).toEqual([
				expect.objectContaining({ name: 'new', groupId: (target.groupId ?? given.groupId)?.value ?? null }),
			]);
		});
	}

	if (assets.delete) {
		it('deletes many assets, each with its own result, and none by mistake', async () => {
			const given = await place();
			const ids = [];
			for (const name of ['a', 'b', 'c']) ids.push(idOf(await assetOf({ ...given, url: `https://example.com/${name}.png`, name })));
			const items = [ids[0], unknownId, ids[2]].map((id) => ({ json: { id } }));
			const { output } = await lab.run(
				'asset',
				{ provider, operation: 'delete', assetId: byId('={{ $json.id }}') },
				{ items, settings: { onError: 'continueRegularOutput' } },
			);
			expect(output[0]?.map(({ json, pairedItem }) => [json.deleted ?? json.details, pairedItem])).toEqual([
				[true, { item: 0 }],
				[expect.objectContaining({ provider, reason: 'notFound' }), { item: 1 }],
				[true, { item: 2 }],
			]);
			const left = [];
			for (const id of ids) {
				const { error } = await lab.run('asset', { provider, operation: 'get', assetId: byId(id) });
				left.push(error === undefined);
			}
			expect(left).toEqual([false, true, false]);
		});

		if (!isTestMode) it.each([
			['the connection broke', { kind: 'reset', afterAcceptance: true }, true],
			['a proxy gave up', { kind: 'html', statusCode: 504, afterAcceptance: true }, true],
			['there were too many requests', { kind: 'status', statusCode: 429 }, false],
		] as const)('takes "not found" for done only if an earlier attempt may have deleted it: %s', async (_case, effect, isDone) => {
			const given = await place();
			const assetId = isDone ? idOf(await assetOf({ ...given, url: 'https://example.com/a.png' })) : 'asset-unknown';
			lab.simulator.faults.add({ route: 'assets.delete', effect });
			const { output, error } = await lab.run('asset', { provider, operation: 'delete', assetId: byId(assetId) });
			expect(lab.callsOf('assets.delete')).toHaveLength(2);
			if (isDone) expect(output[0]?.[0]?.json).toEqual({ provider, assetId, deleted: true });
			else expect(error).toMatchObject({ context: { reason: 'notFound' } });
		});
	}

	if (adapter.videoTasks.cancel) {
		const submit = async () => {
			const [task] = await lab.json('seedanceGenerate', {
				...{ provider, operation: 'generate', mode: 'textToVideo', prompt: 'A cat plays the piano' },
				waitForCompletion: 'dontWait',
			});
			return textOf(task?.taskId);
		};
		const cancel = async (taskId: string) => await lab.run('seedanceGenerate', { provider, operation: 'cancelTask', taskId: byId(taskId) });

		it('cancels a task that is queued, and says so again', async () => {
			const taskId = await submit();
			for (let attempt = 1; attempt <= 2; attempt++) {
				const { output, error } = await cancel(taskId);
				expect(error).toBeUndefined();
				expect(output[0]?.[0]?.json).toMatchObject({ provider, taskId, status: 'cancelled' });
			}
			expect(lab.callsOf('tasks.delete')).toHaveLength(isTestMode ? 0 : 1);
		});

		it('leaves a task alone that runs or has ended, and its video where it is', async () => {
			const taskId = await submit();
			for (const [waitMs, why] of [[30_000, 'is already running'], [600_000, 'has already ended \\(succeeded\\)']] as const) {
				lab.nowMs += isTestMode ? waitMs / 15 : waitMs;
				const { error } = await cancel(taskId);
				expect(error?.message).toMatch(new RegExp(`^${displayName} task ${taskId} was not cancelled: it ${why}`));
				expect(error).toMatchObject({ context: { reason: 'input', taskId } });
			}
			expect(lab.callsOf('tasks.delete')).toEqual([]);
			const [task] = await lab.json('seedanceGenerate', { provider, operation: 'getTask', taskId: byId(taskId) });
			expect(task).toMatchObject({ status: 'succeeded', videoUrl: expect.stringMatching(/^http/) });
		});

		itLive('finds out what became of it when the answer to the cancellation was lost', async () => {
			const taskId = await submit();
			lab.simulator.faults.add({ route: 'tasks.delete', effect: { kind: 'reset', afterAcceptance: true } });
			const { output } = await cancel(taskId);
			expect(output[0]?.[0]?.json).toMatchObject({ taskId, status: 'cancelled' });
			expect(lab.callsOf('tasks.delete')).toHaveLength(1);
		});

		itLive('sends a cancellation that was refused not again after a pause, in which the task may have ended', async () => {
			const taskId = await submit();
			lab.simulator.faults.add({ route: 'tasks.delete', effect: { kind: 'status', statusCode: 429, retryAfterSeconds: 50 } });
			const { error } = await cancel(taskId);
			expect(error).toMatchObject({ context: { reason: 'rateLimit' } });
			expect(error?.description).not.toContain('not paid');
			expect(lab.callsOf('tasks.delete')).toHaveLength(1);
		});

		itLive('says that it is not known when it was lost on the way', async () => {
			const taskId = await submit();
			lab.simulator.faults.add({ route: 'tasks.delete', effect: { kind: 'reset' } });
			const { error } = await cancel(taskId);
			expect(error?.message).toMatch(/^It is not known whether .* was cancelled: no answer came/);
			expect(error?.description).toContain('Run Cancel Task again');
			expect((await cancel(taskId)).output[0]?.[0]?.json).toMatchObject({ taskId, status: 'cancelled' });
		});
	}

	const nodes: Array<[NodeName, typeof assetOperations]> = [
		['assetGroup', groupOperations],
		['asset', assetOperations],
		['seedanceGenerate', generateOperations],
	];
	const missing = nodes.flatMap(([node, operations]) =>
		operations
			.filter((operation) => operation.isSupportedBy?.(adapter) === false)
			.map(({ option }): [NodeName, string] => [node, option.value]),
	);
	if (missing.length > 0) {
		it.each(missing)('says that it does not offer %s %s, before anything is sent', async (node, operation) => {
			const { error } = await lab.run(node, {
				provider,
				operation,
				groupId: byId('group-1'),
				assetId: byId('asset-1'),
				taskId: byId('task-1'),
				name: 'new',
				draftTaskId: byId('task-1'),
			});
			expect(error?.message).toMatch(
				new RegExp(`^${displayName} (does not offer the Operation .*|offers nothing in this node)\\.$`),
			);
			expect(lab.simulator.calls).toEqual([]);
		});
	}
});
