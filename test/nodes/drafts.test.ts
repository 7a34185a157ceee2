import type { INode, INodeParameters } from 'n8n-workflow';
import type { NodeRunOptions } from '../../harness/engine/engine';
import type { Effect } from '../../simulator';
import { byId, Lab, simulatedProviders } from '../support/lab';
import { retryExecution } from '../support/retryExecution';

/** A draft, and the video in full quality that it becomes: both are paid, each once. */

const dayMs = 24 * 3_600_000;
const drafting = simulatedProviders.filter(([, , { drafts }]) => drafts !== undefined);
const withModel = drafting.map(([name, provider, adapter]) => {
	const model = adapter.videoModels.find(({ settings }) => settings?.includes('draft'));
	if (!model) throw new Error(`${name} has drafts and no model that makes any`);
	return { name, provider, adapter, model };
});

it('AnyFast and PiAPI have drafts', () => {
	expect(drafting.map(([name]) => name)).toEqual(expect.arrayContaining(['AnyFast', 'PiAPI']));
});

describe.each(withModel)('At $name', ({ provider, adapter, model }) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open({ taskQueueSeconds: 5, taskRunSeconds: 42 })));
	afterEach(async () => await lab.close());

	const video = (parameters: INodeParameters = {}): INodeParameters => ({
		provider,
		operation: 'generate',
		model: byId(model.id),
		mode: 'textToVideo',
		prompt: 'A cat plays the piano',
		downloadVideo: false,
		durationSeconds: 6,
		...parameters,
	});
	const makeDraft = async (parameters: INodeParameters = {}): Promise<string> => {
		const [item] = await lab.json('seedanceGenerate', video({ settings: { draft: true }, ...parameters }));
		return String(item?.taskId);
	};
	const finalizing = (draftTaskId: string, parameters: INodeParameters = {}): INodeParameters => ({
		provider,
		operation: 'finalizeDraft',
		draftTaskId: byId(draftTaskId),
		draftModel: model.id,
		downloadVideo: false,
		simplify: false,
		...parameters,
	});
	const finalize = async (draftTaskId: string, parameters: INodeParameters = {}, options: NodeRunOptions = {}) =>
		await lab.run('seedanceGenerate', finalizing(draftTaskId, parameters), options);
	const bills = () => lab.simulator.ledger.length;

	it('a draft becomes the same shot in full quality, and both are billed', async () => {
		const draftTaskId = await makeDraft();
		const { output, error } = await finalize(draftTaskId);
		expect(error).toBeUndefined();
		const [item] = output[0] ?? [];
		expect(item?.json).toMatchObject({ status: 'succeeded', videoUrl: expect.stringMatching(/^http/) });
		expect(item?.json.taskId).not.toBe(draftTaskId);
		const paid = lab.paid('generation');
		expect(paid.map(({ id }) => id)).toEqual([draftTaskId, item?.json.taskId]);
		const [cheap = 0, full = 0] = paid.map(({ charge }) => charge?.amount);
		expect(full).toBeGreaterThan(4 * cheap);
	});

	it('a draft is made in 480p without being told so, and no other size is sent', async () => {
		await makeDraft();
		expect(JSON.stringify(lab.callsOf('tasks.create')[0]?.body)).toContain('"resolution":"480p"');
		const { error } = await lab.run('seedanceGenerate', video({ settings: { draft: true }, resolution: '720p' }));
		expect(error?.message).toContain('Resolution must be 480p for a Draft; it is 720p.');
		expect(bills()).toBe(1);
	});

	it('the estimate of the final video is for its length and its full quality', async () => {
		const draftTaskId = await makeDraft();
		const price = { price: { price: { amount: 0.5, per: 'second', currency: 'USD' } } };
		const { output } = await finalize(draftTaskId, { options: price });
		expect(output[0]?.[0]?.json.estimate).toMatchObject({ amount: 3, seconds: 6, basis: 'yourPrice' });
		const { error } = await finalize(draftTaskId, { options: { ...price, maxCost: 2 } });
		expect(error).toMatchObject({ context: { reason: 'budget' } });
		expect(bills()).toBe(2);
	});

	it('the estimate counts the videos that the draft cites, as an upper bound, where the task tells of them', async () => {
		// The maker repeats nothing of the request.
		if (provider === 'ark') return;
		const videos = { video: [{ source: 'url', url: 'https://example.com/clip.mp4' }] };
		const draftTaskId = await makeDraft({ mode: 'multimodalReference', prompt: 'As in @video1', videos });
		const price = { price: { price: { amount: 1, per: 'second', currency: 'USD' } } };
		const { output } = await finalize(draftTaskId, { options: price });
		const { amount, isUpperBound } = output[0]?.[0]?.json.estimate as { amount: number; isUpperBound: boolean };
		expect(amount).toBeGreaterThanOrEqual(6 + 15);
		expect(isUpperBound).toBe(true);
	});

	describe('nothing is paid for', () => {
		const expectRefusal = async (draftTaskId: string, words: RegExp, parameters: INodeParameters = {}) => {
			const before = bills();
			const creates = lab.callsOf('tasks.create').length;
			const { error } = await finalize(draftTaskId, parameters);
			expect([error?.message, error?.description].join('\n')).toMatch(words);
			expect(error?.description).toContain('Nothing was paid.');
			expect(lab.callsOf('tasks.create')).toHaveLength(creates);
			expect(bills()).toBe(before);
		};

		it('a task that is no draft', async () => {
			const [item] = await lab.json('seedanceGenerate', video({ resolution: '720p' }));
			await expectRefusal(String(item?.taskId), /The task .+ is no draft\.[^]*with the setting Draft/);
		});

		it('a draft that is not ready', async () => {
			const draftTaskId = await makeDraft({ waitForCompletion: 'dontWait' });
			await expectRefusal(draftTaskId, /is not ready yet; its status is queued\.[^]*Wait for Task/);
		});

		it('a draft that has failed', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails', reason: 'worker lost' } });
			const draftTaskId = await makeDraft({ waitForCompletion: 'dontWait' });
			lab.nowMs += 60_000;
			await expectRefusal(draftTaskId, /gave no video; its status is failed: worker lost\.[^]*Make another draft/);
		});

		it('a draft of more than seven days', async () => {
			const draftTaskId = await makeDraft();
			lab.nowMs += 7 * dayMs;
			if (provider === 'ark') {
				// The maker forgets the task itself.
				expect((await finalize(draftTaskId)).error?.description).toContain('Tasks are kept for 7 days');
				expect(bills()).toBe(1);
				return;
			}
			await expectRefusal(draftTaskId, /could be finalized for 7 days\.[^]*Make another draft/);
		});

		it('a draft that another model has made, and a model that makes none', async () => {
			const draftTaskId = await makeDraft();
			const other = adapter.videoModels.find(({ id }) => id !== model.id && !id.startsWith('seedance-2.5'));
			await expectRefusal(draftTaskId, /makes no drafts at/, { draftModel: other?.id ?? '' });
			await expectRefusal(draftTaskId, /was made with .+; the Model is another-model\./, { draftModel: 'another-model' });
		});

		it('no draft at all', async () => {
			await expectRefusal('={{ "" }}', /^Draft Task is empty\./);
		});
	});

	it('a draft of another account is not found, and nothing is paid', async () => {
		const draftTaskId = await makeDraft();
		const { error } = await lab.run('seedanceGenerate', finalizing(draftTaskId), { host: lab.host({ apiKey: lab.simulator.otherApiKey }) });
		expect(error).toMatchObject({ context: { reason: 'notFound' } });
		expect(bills()).toBe(1);
	});

	it('a lost answer is not sent again, neither by another attempt nor by a retry', async () => {
		const draftTaskId = await makeDraft();
		const effect: Effect = { kind: 'status', statusCode: 502, afterAcceptance: true };
		lab.simulator.faults.add({ route: 'tasks.create', effect });
		const retryOnFail: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1_000 };
		const failed = await finalize(draftTaskId, {}, { mode: 'trigger', settings: retryOnFail });
		const retried = await retryExecution(lab, failed);
		if (failed.error) {
			expect(failed.error).toMatchObject({ context: { reason: 'unsure' } });
			expect(retried.error).toMatchObject({ context: { reason: 'unsure' } });
		}
		expect(lab.callsOf('tasks.create')).toHaveLength(2);
		expect(bills()).toBe(2);
	});

	it('a retry continues with the video, also when the draft is too old by then', async () => {
		const draftTaskId = await makeDraft();
		lab.simulator.faults.add({ route: 'tasks.get', skip: 1, times: 200, effect: { kind: 'status', statusCode: 503 } });
		const failed = await finalize(draftTaskId, { options: { timeoutSeconds: 60 } }, { mode: 'trigger' });
		expect(failed.error?.message).toContain(lab.simulator.ledger[1]?.id);
		lab.simulator.faults.clear();
		// The maker keeps the video as long as the draft.
		lab.nowMs += (provider === 'ark' ? 6 : 8) * dayMs;
		const { output } = await retryExecution(lab, failed);
		expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: lab.simulator.ledger[1]?.id });
		expect(bills()).toBe(2);
	});

	it('two drafts are two requests, in the same execution too', async () => {
		const drafts = [await makeDraft(), await makeDraft({ prompt: 'A dog' })];
		const items = drafts.map((taskId) => ({ json: { taskId } }));
		const { output } = await lab.run('seedanceGenerate', finalizing('', { draftTaskId: byId('={{ $json.taskId }}') }), { items });
		expect(output[0]).toHaveLength(2);
		expect(bills()).toBe(4);
	});

	it('Test Mode plays it through, free of charge', async () => {
		await lab.close();
		lab = await Lab.open({ isTestMode: true });
		const playground = lab;
		const [draft] = await playground.json('seedanceGenerate', video({ settings: { draft: true }, waitForCompletion: 'dontWait' }));
		const early = await playground.run('seedanceGenerate', finalizing(String(draft?.taskId)));
		expect(early.error?.message).toContain('is not ready yet');
		playground.nowMs += 60_000;
		const [final] = await playground.json('seedanceGenerate', finalizing(String(draft?.taskId)));
		expect(final).toMatchObject({ status: 'succeeded', durationSeconds: 6, resolution: '1080p', model: model.id });
		expect(playground.simulator.calls).toEqual([]);
	});
});
