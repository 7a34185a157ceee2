import type { INodeParameters } from 'n8n-workflow';
import type { SimulatorOptions } from '../../simulator';
import { manualTrigger, outputOf } from '../../harness/engine/engine';
import { node } from '../../harness/engine/node';
import { byId, Lab, simulatedProviders } from '../support/lab';

/** How the nodes treat failures: when they take one as final, and the next step that they name. */

let lab: Lab;
const open = async (options: SimulatorOptions = {}) => (lab = await Lab.open({ taskQueueSeconds: 5, taskRunSeconds: 42, ...options }));
afterEach(async () => await lab.close());

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
const generation = (provider: string): INodeParameters => ({
	provider,
	operation: 'generate',
	mode: 'textToVideo',
	prompt: 'A cat',
	downloadVideo: false,
});

const gateways = simulatedProviders.filter(([, id]) => id === 'anyfast' || id === 'alad');

describe.each(gateways)('A task of %s that is said to run at 100 %%, with the words of a failure', (_name, provider, { displayName }) => {
	const words = 'The request failed because the output video may contain sensitive information.';
	beforeEach(async () => {
		await open();
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated', isStuck: true } });
	});
	const submit = async () => {
		const [task] = await lab.json('seedanceGenerate', { ...generation(provider), waitForCompletion: 'dontWait' });
		return textOf(task?.taskId);
	};

	it('has failed by moderation once it has been so for a minute, long before the time-out', async () => {
		const startMs = lab.nowMs;
		const { error } = await lab.run('seedanceGenerate', generation(provider));
		const taskId = lab.simulator.ledger[0]?.id;
		expect(error?.message).toBe(`${displayName} task ${taskId} gave no video: ${words}`);
		expect(error).toMatchObject({ context: { reason: 'moderation', taskId } });
		expect((lab.nowMs - startMs) / 1000).toBeGreaterThanOrEqual(47 + 60);
		expect((lab.nowMs - startMs) / 1000).toBeLessThan(47 + 60 + 30);
	});

	it('is given the minute, in which it may still succeed', async () => {
		const taskId = await submit();
		lab.nowMs += 60_000;
		const options = { timeoutSeconds: 50, onTimeout: 'returnTask' };
		const [item] = await lab.json('seedanceGenerate', { provider, operation: 'waitForTask', taskId, downloadVideo: false, options });
		expect(item).toMatchObject({ status: 'running', failureReason: 'moderation' });
	});

	it('is shown as what it is', async () => {
		const taskId = await submit();
		lab.nowMs += 60_000;
		expect(await lab.json('seedanceGenerate', { provider, operation: 'getTask', taskId, simplify: false })).toMatchObject([
			{ status: 'running', progress: 100, failureReason: 'moderation', failureMessage: words, videoUrl: null },
		]);
	});

	it('has failed between two checks, too', async () => {
		const taskId = await submit();
		const workflow = waitingWorkflow(provider);
		const startMs = lab.nowMs;
		let run = await lab.runWorkflow(workflow, { mode: 'trigger', items: [{ json: { taskId } }] });
		for (let rounds = 0; run.status === 'waiting' && rounds < 10; rounds++) run = await lab.resumeByTimer(workflow, run);
		expect(run.data.resultData.error).toMatchObject({ context: { reason: 'moderation', taskId } });
		expect((lab.nowMs - startMs) / 1000).toBeLessThan(5 * 61);
	});
});

const waitingWorkflow = (provider: string, loop = 'Wait') => ({
	nodes: [
		node('Trigger', manualTrigger.description.name, {}),
		node('Wait', 'n8n-nodes-seedance.seedanceGenerate', {
			provider,
			operation: 'waitForTask',
			taskId: '={{ $json.taskId }}',
			freeWorker: true,
			downloadVideo: false,
		}),
		node('After', manualTrigger.description.name, {}),
	],
	connections: {
		Trigger: { main: [[{ node: 'Wait', type: 'main' as const, index: 0 }]] },
		Wait: {
			main: [
				[{ node: loop, type: 'main' as const, index: 0 }],
				[{ node: 'After', type: 'main' as const, index: 0 }],
			],
		},
	},
});

describe.each(simulatedProviders)('%s', (_name, provider, { displayName, videoTasks, secretsIn }) => {
	it('gives the link of a finished task its time between two checks', async () => {
		await open();
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskUrlMissing' } });
		const [task] = await lab.json('seedanceGenerate', { ...generation(provider), waitForCompletion: 'dontWait' });
		lab.nowMs += 60_000;
		const workflow = waitingWorkflow(provider);
		let run = await lab.runWorkflow(workflow, { mode: 'trigger', items: [{ json: { taskId: textOf(task?.taskId) } }] });
		expect(run.status).toBe('waiting');
		run = await lab.resumeByTimer(workflow, run);
		expect(run.data.resultData.error?.message).toContain('its answer has no link to the video');
		expect(outputOf(run, 'After')).toEqual([]);
	});

	it('says that the task keeps running and is paid where Free the Worker lacks its connection', async () => {
		await open();
		const [task] = await lab.json('seedanceGenerate', { ...generation(provider), waitForCompletion: 'dontWait' });
		const taskId = textOf(task?.taskId);
		const run = await lab.runWorkflow(waitingWorkflow(provider, 'After'), { mode: 'trigger', items: [{ json: { taskId } }] });
		const { error } = run.data.resultData;
		expect(error?.description).not.toContain('Nothing was paid');
		expect(error?.description).toContain(`Task ${taskId} was not checked: it continues at the provider, and is already paid`);
		expect(error).toMatchObject({ context: { taskId } });
	});

	it('says what is wrong with the key, when that is revoked while a task is waited for', async () => {
		await open();
		lab.simulator.faults.add({ route: 'tasks.get', times: Infinity, effect: { kind: 'status', statusCode: 401 } });
		const { error } = await lab.run('seedanceGenerate', generation(provider));
		const taskId = lab.simulator.ledger[0]?.id;
		expect(error?.message).toContain(`${displayName} task ${taskId} could not be followed`);
		expect(error?.description).toMatch(/Check the API key (and the Region )?in the credential/i);
		expect(error?.description).toContain(`Task ID ${taskId}`);
		expect(error).toMatchObject({ context: { reason: 'authentication', taskId } });
	});

	it('tells of a video that is deleted for good, or of a link that is refused, without sending anybody in circles', async () => {
		await open();
		const [task] = await lab.json('seedanceGenerate', generation(provider));
		const taskId = textOf(task?.taskId);
		const download = async () => (await lab.run('seedanceGenerate', { provider, operation: 'downloadVideo', taskId })).error;
		lab.simulator.faults.add({ route: 'storage.get', times: Infinity, effect: { kind: 'linkExpired' } });
		const refused = await download();
		expect(refused).toMatchObject({ context: { reason: 'expired', taskId } });
		expect(refused?.description).toContain('refuses the link, also a new one. Run this again in some minutes');
		expect(refused?.description).not.toContain('"Download Video"');

		lab.nowMs += 25 * 3_600_000;
		const gone = await download();
		expect(gone).toMatchObject({ context: { reason: 'expired', taskId } });
		expect(gone?.description ?? '').not.toContain('"Download Video"');
		// The gateway gives a fresh link as long as it knows the task.
		if (provider === 'piapi') expect(gone?.description).toMatch(/kept the file until 2026-04-\d\d \d\d:\d\d UTC .* Only a new task/);
	});

	const itWithSecret = videoTasks.callback?.fields.includes('secret') ? it : undefined;
	itWithSecret?.('never shows the secret of a webhook, however an answer repeats it', async () => {
		await open();
		const webhookSecret = 'knock/knock "who"?';
		const repeated = [webhookSecret, encodeURIComponent(webhookSecret), Buffer.from(webhookSecret).toString('base64')].join(' and ');
		const options = { webhookUrl: 'https://example.com/hook', webhookSecret };
		const body = { code: 400, message: `invalid secret: ${repeated}`, data: null };
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 400, body } });
		const refused = await lab.run('seedanceGenerate', { ...generation(provider), options });
		expect(refused.error?.message).toMatch(/invalid secret: \[redacted\] and \[redacted\] and \[redacted\]/);

		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails', reason: `no answer of the hook ${repeated}` } });
		const failed = await lab.run('seedanceGenerate', { ...generation(provider), options, simplify: false });
		expect(failed.error?.message).toContain('no answer of the hook [redacted] and [redacted] and [redacted]');

		// By another node, which does not know it, but for the answer where that tells it.
		if (!secretsIn) return;
		const taskId = lab.simulator.ledger.at(-1)?.id ?? '';
		const [task] = await lab.json('seedanceGenerate', { provider, operation: 'getTask', taskId, simplify: false });
		expect(JSON.stringify(task)).not.toContain('knock');
		expect(JSON.stringify(task)).not.toContain(Buffer.from(webhookSecret).toString('base64').slice(2, -2));
	});
});

describe('Alad, whose list of assets is empty when it is sent a group type', () => {
	const provider = 'alad';
	beforeEach(async () => await open({ alad: { groupTypeFilter: 'emptiesList' } }));
	const create = async (name: string, parameters: INodeParameters = {}) => {
		const [group] = await lab.json('assetGroup', { provider, operation: 'create', name: `group of ${name}` });
		const groupId = byId(textOf(group?.groupId));
		const url = `https://example.com/${name}.png`;
		return await lab.json('asset', { provider, operation: 'create', source: 'url', url, name, groupId, ...parameters });
	};

	it('gives all of its assets, waits for a new one, and finds it by its ID', async () => {
		const [face] = await create('face');
		expect(face).toMatchObject({ status: 'active' });
		await create('hat', { waitUntilActive: false });
		lab.nowMs += 30_000;
		const all = await lab.json('asset', { provider, operation: 'getMany', returnAll: true });
		expect(all.map(({ name }) => name)).toEqual(['hat', 'face']);
		const [found] = await lab.json('asset', { provider, operation: 'get', assetId: byId(textOf(face?.assetId)) });
		expect(found).toMatchObject({ name: 'face' });
		const page = await lab.search('asset', 'searchAssets', { parameters: { provider } });
		expect(page.results).toHaveLength(2);
	});

	it('is scrolled to its end in a picker', async () => {
		for (let count = 0; count < 60; count++) await create(`face-${count}`, { waitUntilActive: false });
		lab.nowMs += 30_000;
		const first = await lab.search('asset', 'searchAssets', { parameters: { provider } });
		const second = await lab.search('asset', 'searchAssets', { parameters: { provider }, paginationToken: String(first.paginationToken) });
		expect([...first.results, ...second.results]).toHaveLength(60);
		expect(second.paginationToken).toBeUndefined();
	});

	it('is believed when the user has chosen the type', async () => {
		await create('face');
		expect(await lab.json('asset', { provider, operation: 'getMany', filters: { groupType: 'AIGC' } })).toEqual([]);
	});
});

describe('Alad, which wants a group type', () => {
	it('has no assets when it lists none, and does not know one that is not among them', async () => {
		await open();
		expect(await lab.json('asset', { provider: 'alad', operation: 'getMany' })).toEqual([]);
		const { error } = await lab.run('asset', { provider: 'alad', operation: 'get', assetId: byId('asset-1') });
		expect(error).toMatchObject({ message: 'Alad has no asset asset-1', context: { reason: 'notFound' } });
	});
});

describe.each(simulatedProviders)('An asset of %s', (_name, provider, { assets, assetGroups }) => {
	const place = async (): Promise<INodeParameters> => {
		if (!assetGroups) return {};
		const [group] = await lab.json('assetGroup', { provider, operation: 'create', name: 'spring' });
		return { groupId: byId(textOf(group?.groupId)) };
	};

	it.each([true, false])('that has failed is no asset to wait for, when it is cited; Check Assets: %p', async (checkAssets) => {
		await open();
		lab.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails' } });
		const parameters = { provider, operation: 'create', source: 'url', url: 'https://example.com/face.png', ...(await place()) };
		const { error: failure } = await lab.run('asset', parameters);
		const { error } = await lab.run('seedanceGenerate', {
			...generation(provider),
			mode: 'multimodalReference',
			prompt: '@image1 dances',
			images: { image: [{ source: 'asset', asset: byId(textOf(failure?.context.assetId)) }] },
			options: { checkAssets },
		});
		const told = `${error?.message} ${error?.description}`;
		expect(told).toMatch(/make a new (asset|one) from a file that fits|create a new asset from a file that fits/);
		expect(told).not.toContain('can take a few seconds to appear');
	});

	const itWithName = assets.newAssetFields.includes('name') ? it : undefined;
	itWithName?.('whose name is taken is given another one', async () => {
		await open();
		const parameters = { provider, operation: 'create', source: 'url', url: 'https://example.com/face.png', ...(await place()) };
		const body = provider === 'piapi' ? { code: 404, message: 'nothing there', data: null } : { error: { message: 'nothing there' } };
		lab.simulator.faults.add({ route: 'assets.create', effect: { kind: 'status', statusCode: 404, body } });
		const { error } = await lab.run('asset', { ...parameters, name: 'face' });
		expect(error?.description).toContain('A name that is taken can be answered like this');
		expect(error?.description).not.toContain('Base URL');
	});
});
