import type { INode, INodeParameters, IRun } from 'n8n-workflow';
import type { Effect } from '../../simulator';
import type { NodeRunOptions } from '../../harness/engine/engine';
import { runNode } from '../../harness/engine/engine';
import { Lab, simulatedProviders } from '../support/lab';
import { retryExecution } from '../support/retryExecution';
import { emptyCrashRecords, hangCrashRecords } from '../support/schedules/crashRecords';
import { Remains } from '../support/schedules/restart';

/** One acceptance, one bill, in workflows: attempts, retries, clocks, and whatever else comes in between. */

const retryOnFail: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1_000 };
const hourMs = 3_600_000;

describe.each(simulatedProviders)('%s', (_name, provider, { displayName, videoTasks }) => {
	const hasIdempotencyKey = videoTasks.idempotencyKeyLifetimeMs !== undefined;
	/** Until a request is given up in one attempt of the node. */
	const attempts = hasIdempotencyKey ? 4 : 1;
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open({ taskQueueSeconds: 5, taskRunSeconds: 42 })));
	// See `lostAnswers.test.ts` for what a list can tell.
	beforeEach(() => lab.hideTasks());
	afterEach(async () => await lab.close());

	const textToVideo: INodeParameters = {
		provider,
		operation: 'generate',
		mode: 'textToVideo',
		prompt: 'A cat plays the piano',
		downloadVideo: false,
		options: { timeoutSeconds: 300 },
	};
	const changing = { prompt: '=A cat at {{ $now.toMillis() }}' };
	const generate = async (parameters: INodeParameters = {}, options: NodeRunOptions = {}) =>
		await lab.run('seedanceGenerate', { ...textToVideo, ...parameters }, { mode: 'trigger', ...options });
	const ids = () => lab.simulator.ledger.map(({ id }) => id);
	const hintsOf = (run: IRun) => run.data.resultData.runData.Node?.flatMap(({ hints = [] }) => hints.map(({ message }) => message)) ?? [];
	const fail = (effect: Effect, times = attempts) => lab.simulator.faults.add({ route: 'tasks.create', times, effect });
	const outage = () => lab.simulator.faults.add({ route: 'tasks.get', times: 60, effect: { kind: 'status', statusCode: 503 } });
	let nextExecutionId = 60_000;
	const retryOf = async (failed: Parameters<typeof retryExecution>[1], changes?: INodeParameters) => await retryExecution(lab, failed, changes);

	describe('Fields that change by themselves', () => {
		it('make no new request in another attempt: it continues with the task, and says what has changed', async () => {
			outage();
			const { output, error, run } = await generate(
				{ ...changing, durationSeconds: `={{ $now.toMillis() === ${lab.nowMs} ? 5 : 10 }}` },
				{ settings: retryOnFail },
			);
			expect(error).toBeUndefined();
			expect(ids()).toHaveLength(1);
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
			expect(hintsOf(run)).toContainEqual(
				expect.stringMatching(new RegExp(`^Item 0 continues with task ${ids()[0]}, .* Prompt and Duration \\(Seconds\\) changed by itself`)),
			);
		});

		it('make no new request after a lost answer', async () => {
			fail({ kind: 'status', statusCode: 502, afterAcceptance: true });
			const { output, error } = await generate(changing, { settings: retryOnFail });
			expect(ids()).toHaveLength(1);
			if (hasIdempotencyKey) expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
			else {
				expect(lab.callsOf('tasks.create')).toHaveLength(1);
				expect(error?.message).toMatch(/in an earlier attempt of this execution, but it answered 502/);
				expect(error?.description).toContain('That Prompt changed by itself since then makes no new request');
			}
		});

		it('that cannot be sent any more hide neither the task nor the doubt', async () => {
			const once = `={{ $now.toMillis() < ${lab.nowMs + 500} ? 5 : 99 }}`;
			outage();
			const accepted = await generate({ durationSeconds: once }, { settings: retryOnFail });
			expect(accepted.output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
			fail({ kind: 'reset', afterAcceptance: true });
			const later = `={{ $now.toMillis() < ${lab.nowMs + 500} ? 5 : 99 }}`;
			const { output, error } = await generate({ durationSeconds: later }, { settings: retryOnFail });
			if (hasIdempotencyKey) expect(output[0]?.[0]?.json.taskId).toBe(ids()[1]);
			else expect(error).toMatchObject({ context: { reason: 'unsure' } });
			expect(ids()).toHaveLength(2);
		});

		it('and cannot be read any more hide no task', async () => {
			outage();
			const timeoutSeconds = `={{ $now.toMillis() < ${lab.nowMs + 500} ? 300 : -1 }}`;
			const { error } = await generate({ options: { timeoutSeconds } }, { settings: retryOnFail });
			expect(error?.message).toContain('Timeout');
			expect(error?.description).toContain(ids()[0]);
		});

		it('are sent as they are after a refusal', async () => {
			fail({ kind: 'status', statusCode: 401 }, 1);
			const { output } = await generate(changing, { settings: retryOnFail });
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
			expect(new Set(lab.callsOf('tasks.create').map(({ body }) => JSON.stringify(body))).size).toBe(2);
		});

		it('make no new request in the retry of an execution', async () => {
			outage();
			const failed = await generate(changing);
			expect(failed.error?.message).toContain(ids()[0]);
			const { output } = await retryOf(failed);
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
			expect(ids()).toHaveLength(1);
		});

		it('are a new request in the next round of a loop, and for each item', async () => {
			const items = [{ json: {} }, { json: {} }];
			const { output } = await generate({ prompt: '=A cat' }, { items, settings: retryOnFail });
			expect(output[0]?.map(({ json }) => json.taskId).sort()).toEqual(ids().sort());
			expect(ids()).toHaveLength(2);
		});
	});

	describe('The retry of an execution', () => {
		it('is a new request when a person has changed a field, also in its own later attempts', async () => {
			outage();
			const failed = await generate();
			outage();
			const { output } = await retryOf(failed, { prompt: 'A dog plays the flute' });
			expect(output).toEqual([]);
			expect(ids()).toHaveLength(2);
		});

		it('continues with the task when a person has changed something that is not sent', async () => {
			outage();
			const failed = await generate();
			const { output } = await retryOf(failed, { options: { timeoutSeconds: 600 } });
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
			expect(ids()).toHaveLength(1);
		});

		it('continues with the task when a person has changed something that is not sent, and the fields change by themselves', async () => {
			outage();
			const failed = await generate({ ...changing, options: { timeoutSeconds: 300 } });
			const { output } = await retryOf(failed, { options: { timeoutSeconds: 600, includeInputFields: true }, simplify: false });
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
			expect(ids()).toHaveLength(1);
		});

		it('sends again what may be sent again, also when its fields have changed by themselves', async () => {
			const options = { timeoutSeconds: 300, resubmitWhenUnsure: true };
			fail({ kind: 'html', statusCode: 502 });
			const failed = await generate({ ...changing, options });
			expect(failed.error).toMatchObject({ context: { reason: 'unsure' } });
			const { output } = await retryOf(failed);
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids().at(-1) });
		});

		it('takes no key of another request for it', async () => {
			const options = { timeoutSeconds: 300, resubmitWhenUnsure: true };
			fail({ kind: 'reset', afterAcceptance: true });
			const failed = await generate({ ...changing, options });
			const { output } = await retryOf(failed);
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids().at(-1) });
			const [keyOfFirst, ...keys] = [...new Set(lab.callsOf('tasks.create').map(({ idempotencyKey }) => idempotencyKey))];
			if (hasIdempotencyKey) expect(keys).toEqual([expect.not.stringMatching(keyOfFirst ?? '')]);
		});

		it('names the first answer of a request in doubt, also in the retry of the retry', async () => {
			fail({ kind: 'html', statusCode: 502 });
			let failed = await generate();
			for (let time = 0; time < 3; time++) {
				if (hasIdempotencyKey) fail({ kind: 'reset' });
				failed = { ...failed, ...(await retryOf(failed)) };
				expect(failed.error?.message).toContain('502');
			}
			expect(ids()).toEqual([]);
		});
	});

	describe('A request in doubt', () => {
		it('has the status, the request ID and the words of the first answer after all attempts', async () => {
			fail({ kind: 'status', statusCode: 502, afterAcceptance: true });
			if (hasIdempotencyKey) fail({ kind: 'reset', afterAcceptance: true }, Infinity);
			const { error } = await generate({}, { settings: retryOnFail });
			const [first] = lab.callsOf('tasks.create');
			expect(first?.requestId).toBeTruthy();
			expect(error?.message).toMatch(/it answered 502: \w+/);
			expect(error?.description).toContain(`First answer: 502, request ID ${first?.requestId}`);
			expect(error).toMatchObject({ httpCode: '502', context: { reason: 'unsure', statusCode: 502, requestId: first?.requestId } });
			expect(ids()).toHaveLength(1);
		});

		it('stays in doubt when it is sent again and that is refused', async () => {
			const options = { timeoutSeconds: 300, resubmitWhenUnsure: true };
			fail({ kind: 'html', statusCode: 502 });
			const failed = await generate({ ...changing, options });
			fail({ kind: 'status', statusCode: 401 }, 1);
			const refused = await retryOf(failed);
			expect(refused.error).toMatchObject({ context: { reason: 'unsure', statusCode: 502 } });
			expect(refused.error?.description).toMatch(/^The option "Resubmit When Unsure" is on: .* First answer: 502.* The last repeat: .* refused this/);
			const again = await retryOf({ ...failed, ...refused });
			expect(again.output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
			expect(hintsOf(again.run)).toContainEqual(expect.stringContaining('may be billed twice'));
		});

		if (hasIdempotencyKey) {
			it('stays in doubt when its repeat under the same key is refused, and is not said to be sent at a risk', async () => {
				const options = { timeoutSeconds: 300, resubmitWhenUnsure: true };
				fail({ kind: 'status', statusCode: 502, afterAcceptance: true });
				const failed = await generate({ options });
				fail({ kind: 'status', statusCode: 401 }, 1);
				const refused = await retryOf(failed);
				expect(refused.error).toMatchObject({ context: { reason: 'unsure', statusCode: 502 } });
				expect(refused.error?.description).toMatch(/^It was sent once and is not repeated.* First answer: 502.* The last repeat: .* refused this/);
				const { output } = await retryOf({ ...failed, ...refused });
				expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
				expect(ids()).toHaveLength(1);
			});
		}

		it('is sent once when the clock is set back between two attempts', async () => {
			fail({ kind: 'reset', afterAcceptance: true });
			const { output, error } = await generate({}, {
				settings: retryOnFail,
				configureHooks: () => {
					lab.onCall = () => {
						if (lab.callsOf('tasks.create').length === attempts && ids().length === 1) jest.setSystemTime(Date.now() - hourMs);
					};
				},
			});
			expect(ids()).toHaveLength(1);
			// The task itself begins an hour later by this clock.
			if (hasIdempotencyKey) expect(error ?? output[0]?.[0]).toMatchObject(error ? { context: { taskId: ids()[0] } } : { json: { taskId: ids()[0] } });
			else expect(error).toMatchObject({ context: { reason: 'unsure' } });
		});

		it.each([-hourMs, hourMs])('and the wait for a task outlive a clock that is set by %d ms', async (stepMs) => {
			let isSet = false;
			lab.onCall = ({ route }) => {
				if (route === 'tasks.get' && !isSet) jest.setSystemTime(Date.now() + stepMs);
				isSet ||= route === 'tasks.get';
			};
			fail({ kind: 'taskNeverEnds' }, 1);
			const { error } = await generate({ options: { timeoutSeconds: 100, pollingIntervalSeconds: 20 } });
			expect(error?.message).toContain('after 100 s');
			expect(lab.callsOf('tasks.get')).toHaveLength(5);
		});

		/** As deep as the answer is, the redaction of secrets has to go; see also what each reader of it makes of it. */
		const nested = (depth: number): unknown => (depth === 0 ? 'the end' : { deeper: nested(depth - 1) });

		it('is sent once when its answer is so malformed that reading it fails', async () => {
			fail({ kind: 'status', statusCode: 200, body: nested(3_600), afterAcceptance: true }, Infinity);
			const { error } = await generate({}, { settings: retryOnFail });
			expect(ids()).toHaveLength(1);
			if (!hasIdempotencyKey) expect(lab.callsOf('tasks.create')).toHaveLength(1);
			expect(error).toMatchObject({ context: { reason: 'unsure' } });
			expect(error?.message).toMatch(new RegExp(`^${displayName} (may have )?accepted this request`));
		});
	});

	describe('An answer that names a task', () => {
		const taskId = '0f0e0d0c-1111-4222-8333-444455556666';
		const named = { piapi: { data: { task_id: taskId } }, apiframe: { jobId: taskId } }[provider as string] ?? { id: taskId, task_id: taskId, status: '' };
		const alsoSaid = [
			{ error: {} },
			{ error: { code: '', message: '' } },
			{ error: 'The webhook could not be registered' },
			{ code: '0', message: 'ok' },
			{ code: 'queued' },
			{ success: false },
		];

		it.each(alsoSaid)('is no refusal, whatever else it says: %j', async (also) => {
			for (const statusCode of [200, 400]) {
				const before = ids().length;
				lab.hideTasks();
				fail({ kind: 'status', statusCode, body: { ...also, ...named }, afterAcceptance: true }, Infinity);
				const { error } = await generate({ options: { timeoutSeconds: 60 } }, { settings: retryOnFail });
				lab.simulator.faults.clear();
				expect([statusCode, error?.message]).toEqual([statusCode, expect.stringContaining(taskId)]);
				expect(ids().length - before).toBe(1);
			}
		});
	});

	it.each([{ code: '0', message: 'ok' }, { code: 'OK' }, { code: '200' }, { code: '' }, { error: {} }, {}])(
		'An answer that neither names a task nor refuses anything leaves the request in doubt: %j',
		async (body) => {
			fail({ kind: 'status', statusCode: 200, body, afterAcceptance: true }, Infinity);
			const { error } = await generate({}, { settings: retryOnFail });
			expect(error).toMatchObject({ context: { reason: 'unsure' } });
			expect(ids()).toHaveLength(1);
		},
	);

	describe("n8n's database, which has the record for a crash", () => {
		beforeEach(async () => await emptyCrashRecords());
		afterEach(async () => await emptyCrashRecords());

		it('stops no paid request when it does not answer, of this or any other workflow', async () => {
			hangCrashRecords();
			const items = Array.from({ length: 3 }, () => ({ json: {} }));
			const startMs = lab.nowMs;
			const [first, second] = await lab.inVirtualTime(async () => await Promise.all([generateNow(items), generateNow(items)]));
			expect([first.error, second.error]).toEqual([undefined, undefined]);
			expect(ids()).toHaveLength(6);
			expect((lab.nowMs - startMs) / 1000).toBeLessThan(47 + 15 + 10);
		});

		it('does not delay the end of a stopped execution', async () => {
			hangCrashRecords();
			const stop = new AbortController();
			let stoppedAtMs = 0;
			const { run } = await generate({}, {
				signal: stop.signal,
				configureHooks: () => {
					setTimeout(() => {
						stoppedAtMs = Date.now();
						stop.abort();
					}, 3_000);
				},
			});
			expect(run.status).toBe('canceled');
			expect(lab.nowMs - stoppedAtMs).toBeLessThanOrEqual(2_000);
			expect(ids()).toEqual([]);
		});

		it('leaves a request of a crashed execution in doubt when it is sent again and that is refused', async () => {
			const remains = new Remains();
			const options = { timeoutSeconds: 300, resubmitWhenUnsure: true };
			fail({ kind: 'reset' });
			const broken = await generate({ options }, { configureHooks: remains.watch });
			const crashed = { ...broken, run: remains.recover(broken.run, broken.workflow, false) };
			fail({ kind: 'status', statusCode: 401 }, 1);
			const refused = await retryOf(crashed);
			expect(refused.error).toMatchObject({ context: { reason: 'unsure' } });
			expect(refused.error?.message).toContain('its execution broke off');
			expect(refused.error?.description).toMatch(/The last repeat: .* refused this/);
			const again = await retryOf({ ...crashed, ...refused });
			expect(again.output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: ids()[0] });
			expect(hintsOf(again.run)).toContainEqual(expect.stringContaining('may be billed twice'));
		});

		const generateNow = async (items: NodeRunOptions['items']) => {
			const parameters = { ...textToVideo };
			return await runNode(lab.host(), 'n8n-nodes-seedance.seedanceGenerate', { parameters, items, mode: 'trigger', executionId: String(nextExecutionId++) });
		};
	});
});
