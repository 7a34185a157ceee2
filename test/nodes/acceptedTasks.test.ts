import type { INode, INodeParameters } from 'n8n-workflow';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { type Broken, inBrokenHost } from '../support/brokenHost';
import { Lab, simulatedProviders } from '../support/lab';

/** Whatever fails inside n8n once tasks are accepted, each of them is named by its ID. */
describe.each(simulatedProviders)('%s', (_name, provider, { videoTasks: { callback } }) => {
	let lab: Lab;
	beforeEach(async () => {
		lab = await Lab.open();
	});
	afterEach(async () => await lab.close());

	const generate = async (broken: () => Broken, parameters: INodeParameters = {}, settings: Partial<INode> = {}, itemCount = 2) => {
		const whole = lab.host({ webhookBaseUrl: 'http://127.0.0.1:5678' });
		const nodeTypes = [inBrokenHost(new SeedanceGenerate(), broken)];
		const items = Array.from({ length: itemCount }, (_item, index) => ({ json: { prompt: `number ${index}` } }));
		return await lab.run(
			'seedanceGenerate',
			{ provider, operation: 'generate', mode: 'textToVideo', prompt: '={{ $json.prompt }}', downloadVideo: false, ...parameters },
			{ host: { ...whole, nodeTypes }, items, settings },
		);
	};
	const isPaid = () => lab.paid('generation').length > 0;
	const paidIds = () => lab.paid('generation').map(({ id }) => id);

	it('an n8n whose expressions break once a task is paid hides none of them', async () => {
		const { error, output } = await generate(() => ({
			evaluateExpression(this: { getExecutionId(): string }) {
				if (isPaid()) throw new TypeError("Cannot read properties of undefined (reading 'data')");
				return `http://127.0.0.1:5678/webhook-waiting/${this.getExecutionId()}?signature=0`;
			},
		}));
		expect(paidIds().length).toBeGreaterThan(0);
		for (const taskId of paidIds()) expect(error?.message ?? JSON.stringify(output)).toContain(taskId);
	});

	it('a hint that cannot be given loses no result', async () => {
		const { output, error } = await generate(() => ({
			addExecutionHints() {
				throw new TypeError('this.hints is undefined');
			},
		}));
		expect(error).toBeUndefined();
		expect(output[0]?.map(({ json }) => [json.taskId, json.status])).toEqual(paidIds().map((id) => [id, 'succeeded']));
	});

	it('nor does one about a file that did not arrive', async () => {
		lab.simulator.faults.add({ route: 'storage.get', times: Infinity, effect: { kind: 'status', statusCode: 404 } });
		const { output, error } = await generate(
			() => ({
				addExecutionHints() {
					throw new TypeError('this.hints is undefined');
				},
			}),
			{ downloadVideo: true },
		);
		expect(error).toBeUndefined();
		expect(output[0]?.map(({ json }) => [json.taskId, json.failureMessage])).toEqual(
			paidIds().map((id) => [id, expect.stringContaining('404') as string]),
		);
	});

	describe('Another attempt', () => {
		const settings = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1_000 };
		const neverEnds = () => lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, effect: { kind: 'taskNeverEnds' } });
		/** The value for the first try only. */
		const once = (value: number) => `={{ $now.toMillis() < ${lab.nowMs + 500} ? ${value} : -1 }}`;

		it.each([
			['the credential', 'database is locked', () => ({ timeoutSeconds: 60 })],
			['an option of the whole run', 'Tasks at Once', () => ({ timeoutSeconds: 60, tasksAtOnce: once(20) })],
			['the fields of the first item', 'Timeout', () => ({ timeoutSeconds: once(60) })],
		])('in which %s cannot be read names the tasks of all items', async (what, words, options) => {
			neverEnds();
			const getCredentials = async () =>
				await (Date.now() > lab.nowMs + 500 ? Promise.reject(new Error('The database is locked')) : Promise.resolve(lab.host().credentials?.[`${provider}Api`]));
			const broken = () => (what === 'the credential' ? { getCredentials } : {});
			const { error } = await generate(broken, { options: options() }, settings, 12);
			expect(error?.message).toContain(words);
			expect(lab.simulator.ledger).toHaveLength(12);
			expect(error?.description).not.toContain('Nothing was paid.');
			for (const { id } of lab.simulator.ledger) {
				expect(error?.message).toContain(id);
				expect(error?.description).toContain(id);
			}
		});

		it('whose hints cannot be given goes on with the tasks all the same', async () => {
			lab.simulator.faults.add({ route: 'tasks.get', times: 80, effect: { kind: 'status', statusCode: 503 } });
			const { output, error } = await generate(
				() => ({
					addExecutionHints() {
						throw new TypeError('this.hints is undefined');
					},
				}),
				{ prompt: '=A cat at {{ $now.toMillis() }}' },
				{ ...settings, maxTries: 4 },
			);
			expect(error).toBeUndefined();
			expect(output[0]?.map(({ json }) => json.taskId).sort()).toEqual(paidIds().sort());
			expect(paidIds()).toHaveLength(2);
		});
	});

	it('an error of one item tells that another one may be paid', async () => {
		lab.hideTasks();
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 400 } });
		lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, effect: { kind: 'status', statusCode: 502, afterAcceptance: true } });
		const first = await generate(() => ({}));
		expect(first.error?.description).toMatch(/may be paid, .*item 1: .* may have accepted this request, but it answered 502/);
		expect(first.error?.description).toMatch(/First answer: 502, request ID/);
	});

	it('a hint names them all where some items failed and the execution continues', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails' } });
		const { run, output } = await generate(() => ({}), {}, { onError: 'continueRegularOutput' });
		const failed = output[0]?.find(({ json }) => json.error !== undefined);
		for (const taskId of lab.simulator.ledger.map(({ id }) => id)) {
			expect(run.data.resultData.runData.Node?.[0]?.hints?.map(({ message }) => message).join()).toContain(taskId);
			expect(failed?.json.error).toContain(taskId);
		}
	});

	if (callback) {
		it('an n8n that cannot suspend the execution says which are paid', async () => {
			const { error } = await generate(
				() => ({ putExecutionToWait: async () => await Promise.reject(new Error('The database is locked')) }),
				{ waitForCompletion: 'onCallback' },
			);
			expect(paidIds()).toHaveLength(2);
			for (const taskId of paidIds()) {
				expect(error?.message).toContain(taskId);
				expect(error?.description).toContain(taskId);
			}
			expect(error).toMatchObject({ context: { reason: 'unknown', taskIds: paidIds() } });
		});
	}
});
