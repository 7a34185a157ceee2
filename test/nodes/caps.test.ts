import type { INodeParameters } from 'n8n-workflow';
import { manualTrigger, outputOf } from '../../harness/engine/engine';
import { node } from '../../harness/engine/node';
import { credentialData } from '../../harness/credentialData';
import { sampleFiles } from '../../harness/media/sampleFiles';
import { eachProvider } from '../../harness/providers';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import type { ProviderId } from '../../simulator';
import { type AgentKind, agentNode, agentWorkflow, asToolOfAgent, type Turns } from '../support/agent';
import { byId, Lab, type LabOptions, simulatedProviders } from '../support/lab';
import { retryExecution } from '../support/retryExecution';

/** Caps: what an execution may come to, refused before any of it is paid. */

let lab: Lab;
const open = async (options: LabOptions = {}) => (lab = await Lab.open(options));
afterEach(async () => await lab.close());

const ids = () => lab.simulator.ledger.map(({ id }) => id);
const itemsOf = (...seconds: number[]) => seconds.map((length) => ({ json: { length } }));

const generation = (provider: ProviderId, options: INodeParameters, parameters: INodeParameters = {}): INodeParameters => ({
	provider,
	operation: 'generate',
	mode: 'textToVideo',
	prompt: 'A lighthouse',
	resolution: '720p',
	ratio: '16:9',
	durationSeconds: '={{ $json.length ?? 5 }}',
	options,
	...parameters,
});

const hostWithPrice = (price: object) =>
	lab.host({
		credentials: Object.fromEntries(
			eachProvider.map(({ provider, credentialType }) => [
				credentialType,
				{ ...credentialData(lab.simulator, provider), prices: { price: [price] } as never },
			]),
		),
	});

describe.each(simulatedProviders)('%s', (_name, provider, adapter) => {
	const { displayName, balance } = adapter;
	const run = async (options: INodeParameters, seconds: number[], more: Parameters<Lab['run']>[2] = {}) =>
		await lab.run('seedanceGenerate', generation(provider, options), { items: itemsOf(...seconds), ...more });

	it('a cap that is just kept lets all pass', async () => {
		await open();
		const price = { price: { amount: 0.1, per: 'second', currency: 'USD' } };
		const { output, error } = await run({ maxVideos: 3, maxSeconds: 15, maxCost: 1.5, price }, [5, 5, 5]);
		expect(error).toBeUndefined();
		expect(output[0]).toHaveLength(3);
	});

	it.each([
		[{ maxVideos: 2 }, /^Maximum Videos is 2, .* number 3 \(item 0, item 1, item 2\)/],
		[{ maxSeconds: 14 }, /^Maximum Seconds of Video is 14, .* 15 seconds \(item 0: 4 s, item 1: 5 s, item 2: 6 s\)/],
		[{ maxCost: 1.49 }, /^Maximum Cost is 1.49 USD, .* 1.50 USD \(item 0: 0.40 USD, item 1: 0.50 USD, item 2: 0.60 USD\)/],
	])('%j refuses all items before the first paid request, with the sum, the cap and the items', async (cap, message) => {
		await open();
		const price = { price: { amount: 0.1, per: 'second', currency: 'USD' } };
		const { error } = await run({ ...cap, price }, [4, 5, 6]);
		expect(error?.message).toMatch(message);
		expect(error?.description).toContain('raise');
		expect(error?.context).toMatchObject({ reason: 'budget' });
		expect(lab.callsOf('tasks.create')).toEqual([]);
	});

	it('refuses every item where the node continues on fail, and counts none that has failed its checks', async () => {
		await open();
		const settings = { onError: 'continueRegularOutput' as const };
		const refused = await run({ maxVideos: 1 }, [5, 5], { settings });
		expect(refused.output[0]?.map(({ json }) => json.details)).toEqual([
			expect.objectContaining({ reason: 'budget' }),
			expect.objectContaining({ reason: 'budget' }),
		]);
		expect(ids()).toEqual([]);
		const passed = await run({ maxVideos: 1 }, [5, 99], { settings });
		expect(passed.output[0]?.map(({ json }) => json.status ?? 'refused')).toEqual(['succeeded', 'refused']);
		expect(ids()).toHaveLength(1);
	});

	it('the strictest cap of all items holds', async () => {
		await open();
		const { error } = await run({ maxVideos: '={{ 5 - $itemIndex * 2 }}' }, [5, 5, 5]);
		expect(error?.message).toMatch(/^Maximum Videos/);
		expect(ids()).toEqual([]);
	});

	it.each([
		['maxVideos', 0, 'Maximum Videos'],
		['maxVideos', 1.5, 'Maximum Videos'],
		['maxSeconds', 0, 'Maximum Seconds of Video'],
		['maxSeconds', -5, 'Maximum Seconds of Video'],
		['maxCost', 0, 'Maximum Cost'],
		['maxCost', 'ten', 'Maximum Cost'],
		['maxCostCurrency', 'dollars', 'Maximum Cost Currency'],
		['keepBalanceAbove', -1, 'Keep Balance Above'],
	])('%s of %p is refused by its name', async (name, value, label) => {
		await open();
		const { error } = await run({ [name]: value }, [5]);
		expect(error?.message).toContain(label);
		expect(lab.callsOf('tasks.create')).toEqual([]);
	});

	it('Maximum Cost in another currency than the price is refused', async () => {
		await open();
		const host = hostWithPrice({ amount: 1, per: 'video', currency: 'EUR' });
		const { error } = await run({ maxCost: 5 }, [5], { host });
		expect(error?.message).toBe('Maximum Cost is in USD, but the estimate of item 0 is in EUR.');
		expect(ids()).toEqual([]);
		const { error: none } = await run({ maxCost: 5, maxCostCurrency: 'eur' }, [5], { host });
		expect(none).toBeUndefined();
	});

	it('a cap on what nobody knows is refused, with what to do', async () => {
		await open();
		const model = byId('seedance-of-tomorrow');
		const options = (cap: INodeParameters) => generation(provider, cap, { model, durationSeconds: '' });
		const ofCost = await lab.run('seedanceGenerate', options({ maxCost: 5 }));
		expect(ofCost.error?.message).toBe('Maximum Cost is set, but there is no price to estimate item 0 by.');
		expect(ofCost.error?.description).toMatch(/credential, field Prices\./);
		const ofSeconds = await lab.run('seedanceGenerate', options({ maxSeconds: 60 }));
		expect(ofSeconds.error?.message).toContain('how long the video will be is not known of item 0');
		expect(lab.callsOf('tasks.create')).toEqual([]);
	});

	it('Check tells of a cap, and counts for none', async () => {
		await open();
		const check = async (maxVideos: number) =>
			await lab.json('seedanceGenerate', { ...generation(provider, { maxVideos }), operation: 'check' }, { items: itemsOf(5, 5) });
		expect(await check(1)).toEqual([
			expect.objectContaining({ isValid: false, problems: [expect.stringMatching(/^Maximum Videos is 1/)] }),
			expect.objectContaining({ isValid: false }),
		]);
		expect((await check(2)).map(({ isValid }) => isValid)).toEqual([true, true]);
	});

	it('a loop ends at the cap', async () => {
		await open();
		const credentials = Object.fromEntries(eachProvider.map(({ credentialType }) => [credentialType, { id: credentialType, name: credentialType }]));
		const next = [[{ node: 'Generate', type: 'main' as const, index: 0 }]];
		const parameters = generation(provider, { maxVideos: 3 }, { prompt: '=Scene {{ $runIndex }}', durationSeconds: 5 });
		const run = await lab.runWorkflow({
			nodes: [node('Trigger', manualTrigger.description.name), node('Generate', 'n8n-nodes-seedance.seedanceGenerate', parameters, { credentials })],
			connections: { Trigger: { main: next }, Generate: { main: next } },
		});
		expect(run.data.resultData.error?.message).toMatch(/^Maximum Videos is 3, .* number 4 \(item 0, and 3 videos of this execution before\)/);
		expect(ids()).toHaveLength(3);
	});

	/** @returns the answers to the calls of an agent that may make two videos */
	const askAgent = async (kind: AgentKind, turns: Turns, options: INodeParameters = { maxVideos: 2 }) => {
		const nodeTypes = [agentNode(kind, turns), asToolOfAgent(new SeedanceGenerate()), new SeedanceGenerate()];
		const workflow = agentWorkflow({
			type: 'n8n-nodes-seedance.seedanceGenerateTool',
			parameters: {
				...generation(provider, options, { durationSeconds: 5 }),
				prompt: '={{ $fromAI("prompt", "", "string") }}',
				waitForCompletion: 'dontWait',
			},
		});
		const run = await lab.runWorkflow(workflow, { host: lab.host({ nodeTypes }), mode: 'trigger' });
		return (outputOf(run, 'Agent')[0] ?? []).map(({ json }) => json);
	};

	it.each<AgentKind>(['nodes', 'functions'])('an agent that runs its tools as %s ends at the cap', async (kind) => {
		await open();
		const answers = await askAgent(kind, [[{ prompt: 'x' }, { prompt: 'y' }, { prompt: 'z' }], [{ prompt: 'w' }]]);
		expect(answers.filter(({ failure }) => failure)).toHaveLength(2);
		expect(answers.at(-1)?.failure).toMatch(/Maximum Videos is 2/);
		expect(ids()).toHaveLength(2);
	});

	it('Retry On Fail counts what was accepted once, and never stands in its way', async () => {
		await open();
		const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1_000 };
		// Nothing tells of the two tasks while the first try lasts.
		lab.simulator.faults.add({ route: 'tasks.get', times: 60, effect: { kind: 'status', statusCode: 503 } });
		const { output, error } = await run({ maxVideos: 2, timeoutSeconds: 300 }, [5, 5], { settings });
		expect(error).toBeUndefined();
		expect(output[0]?.map(({ json }) => json.taskId).sort()).toEqual(ids().sort());
		expect(ids()).toHaveLength(2);
	});

	it('Retry On Fail adds what is new to what was accepted', async () => {
		await open();
		const settings = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1_000 };
		lab.simulator.faults.add({ route: 'tasks.create', skip: 1, effect: { kind: 'status', statusCode: 401 } });
		const { output, error } = await run({ maxVideos: 2 }, [5, 5], { settings });
		expect(error).toBeUndefined();
		expect(output[0]?.map(({ json }) => json.taskId).sort()).toEqual(ids().sort());
		expect(ids()).toHaveLength(2);
	});

	it('Retry On Fail counts what was accepted at the price of then, which nobody is asked for again', async () => {
		await open();
		const settings = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1_000 };
		lab.simulator.faults.add({ route: 'tasks.create', skip: 1, effect: { kind: 'status', statusCode: 401 } });
		const price = { price: { amount: 0.1, per: 'second', currency: 'USD' } };
		const cap = adapter.listsPrices ? { maxCost: 900, maxCostCurrency: 'credits' } : { maxCost: 1, price };
		const { output, error } = await run(cap, [5, 5], { settings });
		expect(error).toBeUndefined();
		expect(output[0]?.map(({ json }) => json.taskId).sort()).toEqual(ids().sort());
		expect(ids()).toHaveLength(2);
	});

	it('Retry On Fail counts what may have been accepted beside its repeat', async () => {
		await open();
		lab.hideTasks();
		const settings = { retryOnFail: true, maxTries: 4, waitBetweenTries: 1_000 };
		const effect = { kind: 'status' as const, statusCode: 502, afterAcceptance: true };
		lab.simulator.faults.add({ route: 'tasks.create', times: 60, effect });
		const { error } = await run({ maxVideos: 2, resubmitWhenUnsure: true }, [5], { settings });
		expect(error).toBeDefined();
		// Under an idempotency key every repeat brings the same task.
		expect(ids()).toHaveLength(adapter.videoTasks.idempotencyKeyLifetimeMs ? 1 : 2);
		if (!adapter.videoTasks.idempotencyKeyLifetimeMs) expect(error?.message).toMatch(/^Maximum Videos is 2, .* number 3 /);
	});

	it('a retry counts what was paid before a person has changed a field', async () => {
		await open();
		lab.simulator.faults.add({ route: 'tasks.get', times: 60, effect: { kind: 'status', statusCode: 503 } });
		const failed = await run({ maxVideos: 1, timeoutSeconds: 300 }, [5], { mode: 'trigger' });
		expect(failed.error?.message).toContain(ids()[0]);
		const refused = await retryExecution(lab, failed, { prompt: 'A dog' });
		expect(refused.error?.message).toMatch(/^Maximum Videos is 1, .* number 2 \(item 0, and one video of this execution before\)/);
		expect(ids()).toHaveLength(1);
		const changed = await retryExecution(lab, { ...failed, ...refused }, { prompt: 'A dog', options: { maxVideos: 2 } });
		expect(changed.output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[1] });
		expect(ids()).toHaveLength(2);
	});

	it('the repeat of what may have been accepted does not count when it was refused', async () => {
		await open();
		lab.hideTasks();
		// With another prompt each time, so that no idempotency key covers it.
		const parameters = generation(provider, { maxVideos: 2, resubmitWhenUnsure: true }, { prompt: '=A cat at {{ $now.toMillis() }}', durationSeconds: 5 });
		lab.simulator.faults.add({ route: 'tasks.create', times: adapter.videoTasks.idempotencyKeyLifetimeMs ? 4 : 1, effect: { kind: 'html', statusCode: 502 } });
		let failed = await lab.run('seedanceGenerate', parameters, { mode: 'trigger' });
		for (let time = 0; time < 2; time++) {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 401 } });
			failed = { ...failed, ...(await retryExecution(lab, failed)) };
			expect(failed.error).toMatchObject({ context: { reason: 'unsure', statusCode: 502 } });
		}
		const { error } = await retryExecution(lab, failed);
		expect(error).toBeUndefined();
		expect(ids()).toHaveLength(1);
	});

	if (adapter.videoTasks.idempotencyKeyLifetimeMs) {
		it('a cap holds when an item waits for its turn longer than the provider knows the key', async () => {
			await open();
			lab.hideTasks();
			const options = { maxVideos: 2, resubmitWhenUnsure: true, tasksAtOnce: 1 };
			const effect = { kind: 'status' as const, statusCode: 502, afterAcceptance: true };
			lab.simulator.faults.add({ route: 'tasks.create', skip: 1, times: 4, effect });
			const failed = await run(options, [5, 5], { mode: 'trigger' });
			expect(ids()).toHaveLength(2);
			let isSet = false;
			lab.onCall = ({ route }) => {
				if (route === 'tasks.get' && !isSet) jest.setSystemTime(Date.now() + 30 * 3_600_000);
				isSet ||= route === 'tasks.get';
			};
			const late = await retryExecution(lab, failed);
			expect(late.error).toMatchObject({ context: { reason: 'unsure', statusCode: 502 } });
			expect(late.error?.description).toContain('The option "Resubmit When Unsure" is on: another attempt of this execution sends it again');
			expect(ids()).toHaveLength(2);
			const again = await retryExecution(lab, { ...failed, ...late });
			expect(again.error?.message).toMatch(/^Maximum Videos is 2, .* number 3/);
			expect(ids()).toHaveLength(2);
		});
	}

	it('what was refused by the provider does not count', async () => {
		await open();
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 401 } });
		const answers = await askAgent('functions', [[{ prompt: 'x' }], [{ prompt: 'y' }], [{ prompt: 'z' }], [{ prompt: 'w' }]]);
		expect(answers.map(({ failure }) => failure !== undefined)).toEqual([true, false, false, true]);
		expect(answers.at(-1)?.failure).toMatch(/Maximum Videos is 2/);
		expect(ids()).toHaveLength(2);
	});

	it('one video of all input items is one video', async () => {
		await open();
		const { image } = await sampleFiles();
		const { error } = await lab.run(
			'seedanceGenerate',
			generation(
				provider,
				{ maxVideos: 1, maxSeconds: 5, useAllItems: true },
				{
					mode: 'multimodalReference',
					prompt: '@image1 and @image2',
					images: { image: [{ source: 'binary', binaryPropertyName: 'file' }] },
				},
			),
			{ items: [{ json: {}, binary: { file: image } }, { json: {}, binary: { file: image } }] },
		);
		expect(error).toBeUndefined();
		expect(ids()).toHaveLength(1);
	});

	it('Keep Balance Above reads the balance once and refuses what would go below it', async () => {
		await open({ piapi: { points: 25_000_000 }, apiframe: { credits: 1_500 } });
		if (!balance) {
			const { error } = await run({ keepBalanceAbove: 1 }, [5]);
			expect(error?.message).toMatch(new RegExp(`Keep Balance Above.*${displayName} does not tell the balance`));
			return;
		}
		// 2.50 USD or 1,500 credits: two videos pass, of which each is estimated at 1.10 USD, or at 450 credits.
		const keep = { keepBalanceAbove: provider === 'piapi' ? 0.3 : 600 };
		const passed = await run(keep, [5, 5]);
		expect(passed.error).toBeUndefined();
		expect(lab.callsOf('account.get')).toHaveLength(1);
		// Another execution, which only the account knows of the one before.
		const refused = await run(keep, [5, 5]);
		expect(refused.error?.message).toMatch(/^Keep Balance Above is .* The account has .* these videos are estimated at .* \(item 0: .*, item 1: /);
		expect(ids()).toHaveLength(2);
	});

	if (balance) {
		it('Keep Balance Above holds for calls of an agent at the same moment', async () => {
			await open({ piapi: { points: 35_000_000 }, apiframe: { credits: 1_500 } });
			// 3.50 USD or 1,500 credits: two videos pass, as in the test above.
			const keep = { keepBalanceAbove: provider === 'piapi' ? 1 : 600 };
			const answers = await askAgent('functions', [[{ prompt: 'x' }, { prompt: 'y' }, { prompt: 'z' }]], keep);
			expect(ids()).toHaveLength(2);
			expect(answers.flatMap(({ failure }) => failure ?? [])).toEqual([
				expect.stringMatching(/^Keep Balance Above is .*, others that are being submitted at (2.20 USD|900 credits)/),
			]);
			// What was submitted shows in the balance, and is not counted beside it.
			const again = await askAgent('functions', [[{ prompt: 'w' }]], { keepBalanceAbove: provider === 'piapi' ? 0.2 : 150 });
			expect(again.flatMap(({ failure }) => failure ?? [])).toEqual([]);
		});
	}

	it('Keep Balance Above refuses where the balance cannot be read', async () => {
		await open();
		if (!balance) return;
		lab.simulator.faults.add({ route: 'account.get', times: 60, effect: { kind: 'status', statusCode: 500 } });
		const { error } = await run({ keepBalanceAbove: 1 }, [5]);
		expect(error?.message).toMatch(new RegExp(`^Keep Balance Above is set, but the balance of the ${displayName} account cannot be read`));
		expect(lab.callsOf('tasks.create')).toEqual([]);
		const host = hostWithPrice({ amount: 1, per: 'video', currency: 'EUR' });
		const other = await run({ keepBalanceAbove: 1 }, [5], { host });
		expect(other.error?.message).toMatch(/^Keep Balance Above/);
		expect(ids()).toEqual([]);
	});
});
