import type { INode, INodeParameters } from 'n8n-workflow';
import { byId, Lab, simulatedProviders } from '../support/lab';

/** A person mends all items in one go: their problems are told together, each with the number that n8n gives the item. */
describe.each(simulatedProviders)('%s', (_name, provider, { displayName, video, videoModels: [model] }) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	/** @param seconds the duration of each item */
	const generate = async (seconds: unknown[], parameters: INodeParameters = {}, settings: Partial<INode> = {}) =>
		await lab.run(
			'seedanceGenerate',
			{
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: '={{ $json.prompt ?? "A cat" }}',
				durationSeconds: '={{ $json.seconds }}',
				waitForCompletion: 'dontWait',
				...parameters,
			},
			{ items: seconds.map((given) => ({ json: typeof given === 'object' ? { ...given } : { seconds: given as number } })), settings },
		);
	const isAutomaticAllowed = (model?.durationSeconds ?? video.durationSeconds).isAutomaticAllowed === true;
	const mustBe = (seconds: number) =>
		`Duration (Seconds) must be a whole number from 4 to 15${isAutomaticAllowed ? ', or Automatic,' : ''} with ${model?.displayName} at ${displayName}; it is ${seconds}.`;

	it('are listed by item, before anything is paid', async () => {
		const { error } = await generate([5, 20, { seconds: 5, prompt: '@image1 dances' }, 'long']);
		expect(error?.message).toBe('3 of 4 items need a change.');
		const lines = error?.description?.split('\n') ?? [];
		expect(lines).toHaveLength(4);
		expect(lines[0]).toContain(`• Item 1: ${mustBe(20)} Shorten it. `);
		expect(lines[1]).toContain('Item 2: The Prompt cites @image1, but there is no image.');
		expect(lines[2]).toContain('Item 3: Duration (Seconds) must be a number in plain digits, such as 5; it is "long".');
		expect(lines[3]).toBe('Nothing was paid. n8n counts items from 0.');
		expect(error).toMatchObject({ name: 'NodeOperationError', context: { reason: 'input' } });
		expect(error?.context.itemIndex).toBeUndefined();
		// The list of the models' prices may have been read for the estimate, free of charge.
		expect(lab.simulator.calls.map(({ route }) => route).filter((route) => route !== 'models.list')).toEqual([]);
	});

	it('are listed together whether a field shows them or a look at the provider', async () => {
		const frame = { mode: 'firstFrame', firstFrameSource: 'asset', firstFrameAsset: byId('={{ $json.asset ?? "asset-none" }}') };
		const { error } = await generate([20, 5], frame);
		expect(error?.message).toBe('2 of 2 items need a change.');
		expect(error?.description).toContain(`Item 0: ${mustBe(20)}`);
		expect(error?.description).toContain('Item 1: The asset asset-none (First Frame) is not known to this API key.');
		expect(lab.callsOf('tasks.create')).toEqual([]);
	});

	it('that several items share are told once, with their numbers', async () => {
		const { error } = await generate([20, 5, 20, 20]);
		expect(error?.message).toBe(mustBe(20));
		expect(error?.description).toMatch(/Nothing was paid\. Items 0, 2 and 3 have this problem\. n8n counts items from 0\.$/);
		expect(error).toMatchObject({ context: { itemIndex: 0 } });
		const mixed = await generate([20, 3, 20]);
		expect(mixed.error?.message).toBe('3 of 3 items need a change.');
		expect(mixed.error?.description).toMatch(/^• Items 0 and 2: .*\n• Item 1: /);
	});

	it('of one item among several say how n8n counts it', async () => {
		const one = await generate([5, 20, 5]);
		expect(one.error?.description).toMatch(/Nothing was paid\. n8n counts items from 0\.$/);
		expect(one.error).toMatchObject({ context: { itemIndex: 1 } });
		const alone = await generate([20]);
		expect(alone.error?.description).toMatch(/Nothing was paid\.$/);
	});

	it('of many items are counted after the first ten', async () => {
		const { error } = await generate(Array.from({ length: 25 }, (_item, index) => 100 + index));
		expect(error?.message).toBe('25 of 25 items need a change.');
		const lines = error?.description?.split('\n') ?? [];
		expect(lines).toHaveLength(12);
		expect(lines[9]).toContain('Item 9: ');
		expect(lines[10]).toBe('… and 15 more.');
		const same = await generate(Array<number>(25).fill(20));
		expect(same.error?.description).toMatch(/Items 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 15 more have this problem\. n8n counts items from 0\.$/);
	});

	it('stay with their items when the node continues on fail', async () => {
		const { output } = await generate([20, 5, 3], {}, { onError: 'continueRegularOutput' });
		expect(output[0]?.map(({ json }) => json.error ?? json.status)).toEqual([mustBe(20), 'queued', mustBe(3)]);
		expect(lab.paid('generation')).toHaveLength(1);
	});
});

describe('A task whose ID cannot be asked for', () => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	it('is paid all the same, so the error about its ID does not say otherwise', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 200, body: { id: '../models' } } });
		const { error } = await lab.run('seedanceGenerate', {
			provider: 'anyfast',
			operation: 'generate',
			mode: 'textToVideo',
			prompt: 'A cat',
			waitForCompletion: 'inThisNode',
		});
		expect(error?.message).toContain('must be an ID');
		expect(error?.message).toContain('../models');
		expect(error?.description).not.toContain('Nothing was paid');
	});
});
