import { createHash, createHmac } from 'node:crypto';
import type { INodeParameters, IRun } from 'n8n-workflow';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { sampleAt, sampleUrls } from '../../nodes/shared/testMode/sample';
import { samples } from '../../nodes/shared/testMode/samples';
import { isId } from '../../nodes/shared/vocabulary';
import { asTool } from '../../harness/engine/asTool';
import { manualTrigger, outputOf, readBinary, runNode } from '../../harness/engine/engine';
import { node } from '../../harness/engine/node';
import { answerTriggerCall } from '../../harness/engine/trigger';
import { probe, sampleFiles } from '../../harness/media/sampleFiles';
import { byId, Lab, type NodeName, simulatedProviders } from '../support/lab';

/** What only Test Mode does; what it does like a provider is in the contract. */

let lab: Lab;
/** A lab with live credentials. */
let live: Lab;
beforeEach(async () => {
	lab = await Lab.open({ isTestMode: true });
	live = await Lab.open();
});
afterEach(async () => {
	expect([...lab.simulator.calls, ...lab.simulator.storageCalls]).toEqual([]);
	await lab.close();
	await live.close();
});

const generation = (provider: string, parameters: INodeParameters = {}): INodeParameters => ({
	provider,
	operation: 'generate',
	mode: 'textToVideo',
	prompt: 'A lighthouse in a storm',
	downloadVideo: false,
	...parameters,
});
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
const generate = async (parameters: INodeParameters) => {
	const [item] = await lab.json('seedanceGenerate', parameters);
	return item ?? {};
};

describe('The samples', () => {
	it('have 60 kB together', () => {
		const files = Object.values(samples).flatMap(({ video, lastFrame }) => [video, lastFrame]);
		const bytes = files.map((text) => Buffer.from(text, 'base64').length);
		expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(60_000);
	});

	it.each(['16:9', '4:3', '1:1', '3:4', '9:16', '21:9'] as const)('of %s is a video with sound, and its last frame', async (ratio) => {
		const { videoUrl, lastFrameUrl } = sampleUrls('test-task-1', ratio);
		const video = await probe(sampleAt(videoUrl)?.bytes ?? Buffer.alloc(0));
		expect(video).toMatchObject({ video: { codec: 'h264', framesPerSecond: 24 }, audio: { codec: 'aac' } });
		const [across = 0, down = 1] = ratio.split(':').map(Number);
		expect((video.video?.width ?? 0) / (video.video?.height ?? 1)).toBeCloseTo(across / down, 2);
		const { video: frame } = await probe(sampleAt(lastFrameUrl)?.bytes ?? Buffer.alloc(0));
		expect(frame).toMatchObject({ codec: 'png', width: video.video?.width, height: video.video?.height });
	});
});

describe.each(simulatedProviders)('%s', (_name, provider, { displayName, video, videoTasks, assets, assetGroups, balance }) => {
	it('gives the sample of the ratio that was asked for, and a last frame where the provider has one', async () => {
		const hasLastFrame = video.settings.includes('returnLastFrame');
		const [item] = await lab.items(
			'seedanceGenerate',
			generation(provider, { ratio: '9:16', durationSeconds: 5, simplify: false, downloadVideo: true, settings: { ...(hasLastFrame && { returnLastFrame: true }) } }),
		);
		expect(item?.json).toMatchObject({ isTest: true, status: 'succeeded', ratio: '9:16', durationSeconds: 5, cost: 0 });
		expect(await probe(await readBinary(item!.binary!.data!))).toMatchObject({ video: { width: 180, height: 320 } });
		expect(Object.keys(item?.binary ?? {})).toEqual(hasLastFrame ? ['data', 'lastFrame'] : ['data']);
	});

	it('says so above the output, and in every item, also in that of a failure', async () => {
		const { run, output } = await lab.run(
			'seedanceGenerate',
			generation(provider, { prompt: '={{ $json.prompt }}' }),
			{ items: [{ json: { prompt: 'A cat' } }, { json: { prompt: 'A cat [fail]' } }], settings: { onError: 'continueRegularOutput' } },
		);
		expect(output[0]?.map(({ json }) => json.isTest)).toEqual([true, true]);
		expect(run.data.resultData.runData.Node?.[0]?.hints).toContainEqual({
			type: 'info',
			message: `Test Mode: nothing was sent to ${displayName} and nothing was paid. Videos are samples, and the IDs exist in Test Mode only.`,
		});
	});

	it('sends a failure to the error output, as a live credential does', async () => {
		const { output } = await lab.run(
			'seedanceGenerate',
			generation(provider, { prompt: '={{ $json.prompt }}' }),
			{ items: [{ json: { prompt: 'A cat' } }, { json: { prompt: 'A cat [fail]' } }], settings: { onError: 'continueErrorOutput' } },
		);
		expect(output.map((items) => items.map(({ json }) => json.status ?? json.error))).toEqual([
			['succeeded'],
			[expect.stringContaining('Test Mode')],
		]);
	});

	it.each([
		['[fail]', 'provider'],
		['[moderated]', 'moderation'],
		['[MODERATED]', 'moderation'],
	])('fails a task on demand: %s', async (word, reason) => {
		const { error } = await lab.run('seedanceGenerate', generation(provider, { prompt: `A cat ${word}` }));
		expect(error).toMatchObject({ message: expect.stringContaining('Test Mode'), context: { reason, taskId: expect.stringMatching(/^test-task-/) } });
	});

	it('takes a task through queued, running and succeeded, as another process of n8n sees it too', async () => {
		const { taskId } = await generate(generation(provider, { waitForCompletion: 'dontWait' }));
		expect(taskId).toMatch(/^test-task-/);
		expect(isId(textOf(taskId))).toBe(true);
		const seen: unknown[] = [];
		for (const ageMs of [0, 2_000, 6_000]) {
			lab.nowMs += ageMs - (seen.length === 2 ? 2_000 : 0);
			await jest.isolateModulesAsync(async () => {
				// A second copy of the package has nothing in its memory.
				const { SeedanceGenerate: Another } = await import('../../nodes/SeedanceGenerate/SeedanceGenerate.node');
				const host = { ...lab.host(), nodeTypes: [new Another()] };
				const [item] = await lab.items('seedanceGenerate', { provider, operation: 'getTask', taskId: byId(textOf(taskId)) }, { host });
				seen.push(item?.json.status);
			});
		}
		expect(seen).toEqual(['queued', 'running', 'succeeded']);
	});

	it('ends 100 items within 5 s of the job', async () => {
		const begunMs = lab.nowMs;
		const items = Array.from({ length: 100 }, (_, index) => ({ json: { index } }));
		const output = await lab.json('seedanceGenerate', generation(provider), { items });
		expect(new Set(output.map(({ taskId }) => taskId)).size).toBe(100);
		expect(output.every(({ status }) => status === 'succeeded')).toBe(true);
		expect(lab.nowMs - begunMs).toBeLessThanOrEqual(6_000 + 5_000);
	});

	it('checks without paying, and tells a balance that nobody takes for an account', async () => {
		const [check] = await lab.json('seedanceGenerate', { ...generation(provider), operation: 'check' });
		expect(check).toMatchObject({ isValid: true, isTest: true });
		if (!balance) return;
		const [account] = await lab.json('seedanceGenerate', { provider, operation: 'getBalance' });
		expect(account).toMatchObject({ plan: 'Test Mode', isTest: true });
		const [liveAccount] = await live.json('seedanceGenerate', { provider, operation: 'getBalance' });
		expect(account?.currency).toBe(liveAccount?.currency);
		const price = { price: { amount: 1, per: 'second', currency: textOf(liveAccount?.currency) } };
		const kept = generation(provider, { durationSeconds: 5, options: { keepBalanceAbove: 1, price } });
		expect(await lab.json('seedanceGenerate', kept)).toMatchObject([{ status: 'succeeded' }]);
	});

	if (assetGroups) {
		it('makes a group from a list in the account of the credential, whoever has made one of that name before', async () => {
			const make = async (credentialId: string) => {
				const host = { ...lab.host(), credentialId };
				const groupId = await lab.createInList('asset', 'createAssetGroup', { host, parameters: { provider }, name: 'spring' });
				const found = await lab.items('assetGroup', { provider, operation: 'getMany' }, { host });
				return { groupId, found: found.map(({ json }) => json.groupId) };
			};
			const [one, another] = [await make('one of two'), await make('two of two')];
			expect(one.found).toEqual([one.groupId]);
			expect(another.found).toEqual([another.groupId]);
			expect(await make('one of two')).toEqual(one);
		});
	}

	it('keeps the rules of the provider', async () => {
		const { error } = await lab.run('seedanceGenerate', generation(provider, { durationSeconds: 99 }));
		expect(error).toMatchObject({ context: { reason: 'input' } });
	});

	const operations: Array<[NodeName, string, INodeParameters]> = [
		['seedanceGenerate', 'getTask', {}],
		['seedanceGenerate', 'downloadVideo', {}],
		['seedanceGenerate', 'waitForTask', {}],
		['asset', 'get', {}],
		['asset', 'waitUntilActive', {}],
		...(assets.delete ? [['asset', 'delete', {}] as [NodeName, string, INodeParameters]] : []),
		...(assets.update ? [['asset', 'update', { updateFields: { name: 'new' } }] as [NodeName, string, INodeParameters]] : []),
	];

	it.each(operations)('refuses what is of Test Mode with a live credential before anything is sent: %s %s', async (node, operation, parameters) => {
		const kind = node === 'asset' ? 'asset' : 'task';
		const id = byId(`test-${kind}-WyJtb2hkdjVzMCJd123456`);
		const { error } = await live.run(node, { provider, operation, assetId: id, taskId: id, ...parameters });
		expect(error?.message).toMatch(`which exists in Test Mode only: ${displayName} does not know it.`);
		expect(error?.description).toContain('choose a credential with Test Mode on');
		expect(live.simulator.calls).toEqual([]);
	});

	it.each(operations)('refuses what is live in Test Mode: %s %s', async (node, operation, parameters) => {
		const id = byId('asset-20260427160000-abcde');
		const { error } = await lab.run(node, { provider, operation, assetId: id, taskId: id, ...parameters });
		expect(error?.message).toContain('is not one of Test Mode: its IDs begin with test-.');
		expect(error?.description).toContain('Switch Test Mode off in the credential');
	});

	const citing = (asset: string, options: INodeParameters = {}) =>
		generation(provider, { mode: 'multimodalReference', prompt: '@image1 dances', images: { image: [{ source: 'asset', asset: byId(asset) }] }, options });

	it.each([true, false])('refuses a generation that mixes them, whether or not assets are checked: %j', async (checkAssets) => {
		const atLive = await live.run('seedanceGenerate', citing('test-asset-WyJtb2hkdjVzMCJd123456', { checkAssets }));
		expect(atLive.error?.message).toMatch(/Images 1.*Test Mode only/);
		expect(live.simulator.calls.filter(({ method }) => method === 'POST')).toEqual([]);
		const inTestMode = await lab.run('seedanceGenerate', citing('asset-1', { checkAssets }));
		expect(inTestMode.error?.message).toMatch(/Images 1.*not one of Test Mode/);
	});

	it('lets names and prompts through that only look like an ID of Test Mode', async () => {
		const { error } = await live.run('seedanceGenerate', generation(provider, { prompt: 'test-asset-one', waitForCompletion: 'dontWait', downloadVideo: false }));
		expect(error).toBeUndefined();
		if (!assetGroups) return;
		const group = await live.run('assetGroup', { provider, operation: 'create', name: 'test-group-1' });
		expect(group.error).toBeUndefined();
	});

	it('takes the links of its own videos as references, which a live credential refuses', async () => {
		const { videoUrl } = await generate(generation(provider));
		expect(videoUrl).toMatch(/^https:\/\/test-mode\.invalid\/test-task-.*\.mp4$/);
		const next = generation(provider, {
			mode: 'multimodalReference',
			prompt: 'Like @video1',
			videos: { video: [{ source: 'url', url: textOf(videoUrl) }] },
			options: { checkUrls: true },
		});
		expect(await generate(next)).toMatchObject({ status: 'succeeded' });
		const { error } = await live.run('seedanceGenerate', next);
		expect(error?.message).toContain('only a credential with Test Mode on knows the samples of Test Mode');
		expect(live.simulator.calls).toEqual([]);
	});

	it('waits between checks', async () => {
		const { taskId } = await generate(generation(provider, { waitForCompletion: 'dontWait' }));
		const workflow = {
			nodes: [
				node('Trigger', manualTrigger.description.name, {}),
				node('Wait', 'n8n-nodes-seedance.seedanceGenerate', { provider, operation: 'waitForTask', taskId: byId(textOf(taskId)), pauseBetweenChecks: true, downloadVideo: true }),
			],
			connections: {
				Trigger: { main: [[{ node: 'Wait', type: 'main' as const, index: 0 }]] },
				Wait: { main: [[{ node: 'Wait', type: 'main' as const, index: 0 }]] },
			},
		};
		let run = await lab.runWorkflow(workflow, { mode: 'trigger', items: [{ json: {} }] });
		for (let rounds = 0; run.waitTill && rounds < 3; rounds++) run = await lab.resumeByTimer(workflow, run);
		const [item] = outputOf(run, 'Wait')[1] ?? [];
		expect(item?.json).toMatchObject({ taskId, status: 'succeeded', isTest: true });
		expect(item?.binary?.data?.mimeType).toBe('video/mp4');
	});

	if (videoTasks.callback) {
		it.each([
			['A cat', { status: 'succeeded', videoUrl: expect.stringMatching(/\.mp4$/), failureReason: null }],
			['A cat [moderated]', { status: 'failed', videoUrl: null, failureReason: 'moderation' }],
		])('resumes On Provider Callback at the time when the task ends: %s', async (prompt, expected) => {
			const workflow = {
				nodes: [
					node('Trigger', manualTrigger.description.name, {}),
					node('Generate', 'n8n-nodes-seedance.seedanceGenerate', generation(provider, { prompt, waitForCompletion: 'onCallback', downloadVideo: true })),
				],
				connections: { Trigger: { main: [[{ node: 'Generate', type: 'main' as const, index: 0 }]] } },
			};
			const begunMs = lab.nowMs;
			const suspended: IRun = await lab.runWorkflow(workflow, { mode: 'trigger', items: [{ json: {} }] });
			expect(new Date(suspended.waitTill ?? 0).getTime()).toBe(begunMs + 6_000);
			const run = await lab.resumeByTimer(workflow, suspended);
			const [item] = outputOf(run, 'Generate')[0] ?? [];
			expect(item?.json).toMatchObject({ ...expected, isTest: true });
		});

		it('starts a workflow by its trigger when someone calls with the secret, and only then', async () => {
			const secret = 'a secret that is made up';
			const { taskId } = await generate(generation(provider));
			const callback = videoTasks.callback!;
			const { proof } = callback;
			const body = { id: taskId, jobId: taskId, data: { task_id: taskId } };
			expect(callback.taskIdOf(body)).toBe(taskId);
			const rawBody = JSON.stringify(body);
			// Without a key nothing can be signed, so that a stranger cannot start anything either.
			const signature = createHmac('sha256', createHash('sha256').update('').digest()).update(rawBody).digest('hex');
			const url = proof.kind === 'query' ? `/webhook/3f7b/seedance?${proof.parameter}=${encodeURIComponent(secret)}` : '/webhook/3f7b/seedance';
			const proved = proof.kind === 'query' ? {} : { [proof.header]: proof.kind === 'secret' ? secret : signature };
			const trigger = node('Trigger', 'n8n-nodes-seedance.seedanceGenerateTrigger', { provider, webhookSecret: secret, downloadVideo: true });
			const published = { host: lab.host(), workflow: { nodes: [{ ...trigger, webhookId: '3f7b' }], connections: {} } };
			const run = await lab.inVirtualTime(async () => {
				const call = { method: 'POST', url, headers: { 'content-type': 'application/json', ...proved }, rawBody: Buffer.from(rawBody) };
				return await answerTriggerCall(published, call).run;
			});
			if (proof.kind === 'hmac') {
				expect(run).toBeUndefined();
				return;
			}
			const [item] = run ? (outputOf(run, 'Trigger')[0] ?? []) : [];
			expect(item?.json).toMatchObject({ taskId, status: 'succeeded', isTest: true });
			expect(item?.binary?.data?.mimeType).toBe('video/mp4');
		});
	}
});

it.each(simulatedProviders)('answers a tool of an agent: %s', async (_name, provider) => {
	const host = lab.host({ nodeTypes: [asTool(new SeedanceGenerate())] });
	const call = async (parameters: INodeParameters) => {
		const { output, error } = await lab.inVirtualTime(
			async () => await runNode(host, 'n8n-nodes-seedance.seedanceGenerateTool', { parameters: { provider, ...parameters } }),
		);
		if (error) throw error;
		return output[0]?.[0]?.json ?? {};
	};
	const started = await call({ operation: 'generate', prompt: 'A cat' });
	expect(started).toMatchObject({ status: 'queued', isTest: true });
	lab.nowMs += 6_000;
	const found = await call({ operation: 'getTask', taskId: byId(textOf(started.taskId)) });
	expect(found).toMatchObject({ status: 'succeeded', videoUrl: expect.stringMatching(/\.mp4$/), isTest: true });
});

it('never sends a file that it is given', async () => {
	const { video } = await sampleFiles();
	for (const [, provider, { assetGroups, assets, uploads }] of simulatedProviders) {
		if (!uploads && !assets.sources.some((source) => source !== 'url')) continue;
		const [group] = assetGroups ? await lab.json('assetGroup', { provider, operation: 'create', name: 'spring' }) : [];
		const given: INodeParameters = group ? { groupId: byId(textOf(group.groupId)) } : {};
		const parameters = { provider, operation: 'create', source: 'binary', binaryPropertyName: 'file', ...given };
		const [asset] = await lab.json('asset', parameters, { items: [{ json: {}, binary: { file: video } }] });
		expect(asset).toMatchObject({ status: 'active', mediaType: 'video', isTest: true });
	}
});

it.each(['yes', 1, 'on'])('refuses a credential whose Test Mode is %j, rather than pay', async (testMode) => {
	const credentials = Object.fromEntries(
		Object.entries(live.host().credentials ?? {}).map(([type, data]) => [type, { ...data, testMode }]),
	);
	const { error } = await live.run('seedanceGenerate', generation('piapi'), { host: { ...live.host(), credentials } });
	expect(error?.message).toBe(`Test Mode in the PiAPI credential must be on or off; it is ${testMode}.`);
	expect(live.simulator.calls).toEqual([]);
});
