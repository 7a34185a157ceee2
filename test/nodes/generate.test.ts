import type { INodeParameters } from 'n8n-workflow';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Effect, SimulatorOptions } from '../../simulator';
import { readBinary } from '../../harness/engine/engine';
import type { JsonObject } from '../support/lab';
import { byId, Lab, simulatedProviders } from '../support/lab';
import { sampleFiles } from '../../harness/media/sampleFiles';
import { videoLimits } from '../../nodes/shared/providers/adapter';
import { sampleTask } from '../support/answered';

/** The maximum number of concurrent requests. */
async function countRequestsAtOnce<Result>(work: () => Promise<Result>) {
	const underWay = new Set<ClientRequest>();
	let maxAtOnce = 0;
	const onStart = (message: unknown) => {
		const { request } = message as { request: ClientRequest };
		underWay.add(request);
		// First, because the reader of an answer may send the next request at once.
		request.prependOnceListener('response', (answer) => answer.once('end', () => underWay.delete(request)));
		maxAtOnce = Math.max(maxAtOnce, underWay.size);
	};
	subscribe('http.client.request.start', onStart);
	const result = await work().finally(() => unsubscribe('http.client.request.start', onStart));
	return { result, maxAtOnce };
}

/** Waiting, money and failures of Seedance Generate, on n8n's engine in virtual time. */
describe.each(simulatedProviders)('%s', (_name, provider, adapter) => {
	const { displayName, assets, assetGroups, uploads, video, videoTasks } = adapter;
	const hasIdempotencyKey = videoTasks.idempotencyKeyLifetimeMs !== undefined;
	let lab: Lab;
	const durations = { taskQueueSeconds: 5, taskRunSeconds: 42 };
	const reopen = async (options: SimulatorOptions) => {
		await lab.close();
		lab = await Lab.open({ ...durations, ...options });
	};
	beforeEach(async () => (lab = await Lab.open(durations)));
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
	/** Of a video that is soon rendered. */
	const smallVideo: INodeParameters = { resolution: '480p', durationSeconds: 4 };
	const submit = async () => {
		const [task] = await lab.json('seedanceGenerate', { ...textToVideo, ...smallVideo, waitForCompletion: 'dontWait' });
		return String(task?.taskId);
	};
	const fetchTask = async (operation: string, taskId: string) =>
		(await lab.json('seedanceGenerate', { provider, operation, taskId, downloadVideo: false }))[0];
	/** Of each request that can be paid; a provider without keys gets none. */
	const sentKeys = () => [...new Set(lab.callsOf('tasks.create').map(({ idempotencyKey }) => idempotencyKey))];
	/** Seconds from the paid request to each check of the task. */
	const checksSeconds = () => {
		const [create] = lab.callsOf('tasks.create');
		return lab.callsOf('tasks.get').map(({ atMs }): number => (atMs - (create?.atMs ?? 0)) / 1000);
	};

	describe('Waiting', () => {
		it('checks more rarely the older the task is, and ends soon after it', async () => {
			const { output } = await generate();
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded' });
			const checks = checksSeconds();
			expect(checks[0]).toBe(22);
			expect(checks.length).toBeLessThanOrEqual(12);
			const pauses = checks.slice(1).map((at, index) => at - (checks[index] ?? 0));
			// 2.5 s at first, then 8 % of the age, each task a little differently; half of it near the end.
			expect(Math.min(...pauses)).toBeGreaterThan(1.8);
			expect(Math.max(...pauses)).toBeLessThan(4.1);
			expect(checks.at(-1)).toBeLessThan(47 + 4.1);
		});

		it('asks many tasks at different moments, or all by one request', async () => {
			await generate({}, { items: Array.from({ length: 10 }, () => ({ json: {} })) });
			const second = lab.callsOf('tasks.get').slice(10, 20).map(({ atMs }) => atMs);
			if (videoTasks.getMany) expect(second).toEqual([]);
			// The moments follow from random IDs, so two of them can be the same.
			else expect(new Set(second).size).toBeGreaterThanOrEqual(7);
		});

		it('learns from earlier executions when to check', async () => {
			await reopen({ taskQueueSeconds: 5, taskRunSeconds: 295 });
			const checksOfVideo = async (durationSeconds: number) => {
				const before = lab.callsOf('tasks.get').length;
				const startMs = lab.nowMs;
				const { error } = await generate({ durationSeconds });
				expect(error).toBeUndefined();
				expect((lab.nowMs - startMs) / 1000).toBeLessThan(300 + 24);
				return lab.callsOf('tasks.get').length - before;
			};
			const first = await checksOfVideo(5);
			expect(await checksOfVideo(5)).toBeLessThan(first * 0.7);
			// Another length is another kind of task, of which nothing is known.
			expect(await checksOfVideo(10)).toBeGreaterThan(first * 0.8);
			// Another account, of which nothing is known either.
			await reopen({ taskQueueSeconds: 5, taskRunSeconds: 295 });
			expect(await checksOfVideo(5)).toBeGreaterThan(first * 0.8);
		});

		it('continues with the intervals for the age of a task that was started before', async () => {
			await reopen({ taskQueueSeconds: 5, taskRunSeconds: 195 });
			const taskId = await submit();
			lab.nowMs += 100_000;
			await fetchTask('waitForTask', taskId);
			const [first, second] = checksSeconds();
			const pause = (second ?? 0) - (first ?? 0);
			// 8 % of the age, for each task a little differently.
			expect(pause).toBeGreaterThan(7);
			expect(pause).toBeLessThan(9);
		});

		it('follows the interval that the user sets', async () => {
			await generate({ options: { pollingIntervalSeconds: 20 } });
			expect(checksSeconds()).toEqual([20, 40, 60]);
		});

		it('ends at the time-out with an error that names the task and the next step', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
			const { error } = await generate({ options: { timeoutSeconds: 30, pollingIntervalSeconds: 20 } });
			const [bill] = lab.paid('generation');
			expect(checksSeconds()).toEqual([20, 30]);
			expect(error?.message).toBe(`${displayName} task ${bill?.id} is still running after 30 s`);
			expect(error?.description).toContain(`"Wait for Task" or "Get Task" and Task ID ${bill?.id}`);
			expect(error).toMatchObject({ context: { reason: 'timeout', taskId: bill?.id } });
		});

		it('can return the unfinished task at the time-out', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
			const { output, error } = await generate({ options: { timeoutSeconds: 30, onTimeout: 'returnTask' } });
			expect(error).toBeUndefined();
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'running', taskId: lab.paid()[0]?.id, videoUrl: null });
		});

		it('waits 15 minutes unless told otherwise', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
			const { error } = await generate();
			expect(error?.message).toContain('after 900 s');
			expect(checksSeconds().at(-1)).toBe(900);
		});

		it('takes an unknown status for running', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskStatus', status: 'DREAMING' } });
			const { output } = await generate({ options: { timeoutSeconds: 60, onTimeout: 'returnTask' } });
			expect(output[0]?.[0]?.json.status).toBe('running');
		});

		it('ends with the execution and says that the task keeps running', async () => {
			const stop = new AbortController();
			const { run, error } = await lab.run('seedanceGenerate', textToVideo, {
				signal: stop.signal,
				configureHooks: () => {
					lab.onCall = ({ route }) => route === 'tasks.get' && stop.abort();
				},
			});
			expect(run.status).toBe('canceled');
			expect(checksSeconds()).toEqual([22]);
			expect(error).toMatchObject({ context: { reason: 'cancelled', taskId: lab.paid()[0]?.id } });
			// Where the list of executions shows it.
			expect(run.data.resultData.metadata).toEqual({ seedanceTasks: lab.paid()[0]?.id });
		});

		it.each([
			['in a pause', 'taskNeverEnds', 'tasks.create'],
			['while a check is not answered', 'hang', 'tasks.get'],
		] as const)('ends within two seconds when it is stopped %s', async (_case, kind, route) => {
			lab.simulator.faults.add({ route, effect: { kind } });
			const stop = new AbortController();
			let stoppedAtMs = 0;
			const parameters = { ...textToVideo, options: { pollingIntervalSeconds: 30 } };
			const { run, error } = await lab.run('seedanceGenerate', parameters, {
				signal: stop.signal,
				configureHooks: () => {
					setTimeout(() => {
						stoppedAtMs = Date.now();
						stop.abort();
					}, 35_500);
				},
			});
			expect(run.status).toBe('canceled');
			expect(stoppedAtMs).toBeGreaterThan(0);
			expect(lab.nowMs - stoppedAtMs).toBeLessThanOrEqual(2_000);
			expect(error?.message).toContain('was still running when the wait for it was cancelled');
			expect(error).toMatchObject({ context: { reason: 'cancelled', taskId: lab.paid()[0]?.id } });
			expect(checksSeconds()).toEqual([30]);
		});

		it('shows every accepted task with the execution, as far as n8n has room', async () => {
			await reopen({ piapi: { maxTasks: 40 } });
			const items = Array.from({ length: 40 }, () => ({ json: {} }));
			const { run } = await generate({ waitForCompletion: 'dontWait' }, { items });
			const shown = Object.values(run.data.resultData.metadata ?? {});
			const ids = lab.paid('generation').map(({ id }) => id);
			expect(ids).toHaveLength(40);
			// Five entries of 255 characters for this node.
			const idsInAnEntry = Math.floor((255 + ', '.length) / (String(ids[0]).length + ', '.length));
			const shownIds = Math.min(ids.length, 5 * idsInAnEntry);
			const ofEntries = Array.from({ length: 5 }, (_, entry) => Math.min(idsInAnEntry, shownIds - entry * idsInAnEntry));
			expect(shown.map((value) => value.split(', ').length)).toEqual(ofEntries);
			expect(shown.flatMap((value) => value.split(', '))).toEqual(ids.slice(0, 5 * idsInAnEntry));
		});

		it('runs many items at once and keeps their order', async () => {
			const items = Array.from({ length: 10 }, (_, index) => ({ json: { prompt: `shot ${index}` } }));
			const startMs = lab.nowMs;
			const output = await lab.items('seedanceGenerate', { ...textToVideo, prompt: '={{ $json.prompt }}' }, { items });
			expect((lab.nowMs - startMs) / 1000).toBeLessThan(55);
			expect(output.map(({ pairedItem }) => pairedItem)).toEqual(items.map((_, item) => ({ item })));
			const prompts = lab.callsOf('tasks.create').map(({ body }) => JSON.stringify(body));
			const taskIds = lab.paid('generation').map(({ id }) => id);
			for (const [index, { json }] of output.entries()) {
				expect(prompts[taskIds.findIndex((id) => id === json.taskId)]).toContain(`shot ${index}"`);
			}
		});

		it('runs 100 items in little more than the time of one, ten requests at a time', async () => {
			await reopen({ taskQueueSeconds: 5, taskRunSeconds: 55, piapi: { maxTasks: 100 } });
			const startMs = lab.nowMs;
			const { result, maxAtOnce } = await countRequestsAtOnce(
				async () => await generate({}, { items: Array.from({ length: 100 }, () => ({ json: {} })) }),
			);
			const { output } = result;
			expect(output[0]?.map(({ json }) => json.status)).toEqual(Array(100).fill('succeeded'));
			expect(lab.nowMs - startMs).toBeLessThanOrEqual(1.2 * 60_000);
			expect(maxAtOnce).toBe(10);
			expect(lab.callsOf('tasks.create')).toHaveLength(100);
			expect(lab.simulator.ledger).toHaveLength(100);
		});

		it('runs no more tasks at a time than the user wants', async () => {
			const items = Array.from({ length: 5 }, (_, index) => ({ json: { prompt: `shot ${index}` } }));
			const output = await lab.items(
				'seedanceGenerate',
				{ ...textToVideo, prompt: '={{ $json.prompt }}', options: { tasksAtOnce: 2 } },
				{ items },
			);
			expect(output.map(({ json }) => json.status)).toEqual(Array(5).fill('succeeded'));
			const [first = 0, ...others] = lab.callsOf('tasks.create').map(({ atMs }) => atMs);
			// Two at once, each of 47 s.
			const rounds = others.map((atMs) => Math.floor((atMs - first) / 47_000));
			expect([0, ...rounds]).toEqual([0, 0, 1, 1, 2]);
		});

		it('refuses a number of tasks that is none, before anything is sent', async () => {
			const { error } = await generate({ options: { tasksAtOnce: 0 } });
			expect(error?.message).toBe('Tasks at Once must be a whole number from 1; it is 0.');
			expect(error).toMatchObject({ name: 'NodeOperationError', context: { reason: 'input' } });
			expect(lab.simulator.calls).toEqual([]);
		});

		it('waits for its own tasks where the account may have only some at a time', async () => {
			await reopen({ piapi: { maxTasks: 2 } });
			const items = Array.from({ length: 5 }, (_, index) => ({ json: { prompt: `shot ${index}` } }));
			const startMs = lab.nowMs;
			const output = await lab.items('seedanceGenerate', { ...textToVideo, prompt: '={{ $json.prompt }}' }, { items });
			expect(output.map(({ json }) => json.status)).toEqual(Array(5).fill('succeeded'));
			expect(lab.paid('generation')).toHaveLength(5);
			expect(lab.simulator.ledger).toHaveLength(5);
			// Three times two tasks of 47 s at most, a pause of up to 10 s after each, and the check of the last.
			expect((lab.nowMs - startMs) / 1000).toBeLessThan(3 * 57 + 5);
		});
	});

	describe('Where there is no room for more tasks', () => {
		const words = 'Concurrent task limit reached';
		const bodies = { apiframe: { error: words }, piapi: { code: 429, message: words, data: null } };
		const body = provider === 'apiframe' || provider === 'piapi' ? bodies[provider] : { error: { message: words } };
		const noRoom = (times: number) =>
			lab.simulator.faults.add({ route: 'tasks.create', times, effect: { kind: 'status', statusCode: 429, body } });

		it('an item waits until there is, one asking for all of them', async () => {
			noRoom(40);
			const { output, error } = await generate({}, { items: Array.from({ length: 4 }, () => ({ json: {} })) });
			expect(error).toBeUndefined();
			expect(output[0]?.map(({ json }) => json.status)).toEqual(Array(4).fill('succeeded'));
			expect(lab.simulator.ledger).toHaveLength(4);
			const calls = lab.callsOf('tasks.create');
			expect(calls).toHaveLength(44);
			const pauses = calls.slice(5, 41).map(({ atMs }, index) => atMs - (calls[index + 4]?.atMs ?? 0));
			expect(Math.min(...pauses)).toBeGreaterThanOrEqual(5_000);
			// Once one is accepted, the others ask at once.
			expect((calls.at(-1)?.atMs ?? 0) - (calls.at(-4)?.atMs ?? 0)).toBe(0);
		});

		it('no item waits longer than 15 minutes without any being accepted, and nothing is paid', async () => {
			noRoom(Infinity);
			const startMs = lab.nowMs;
			const { output } = await generate({}, { items: [{ json: {} }, { json: {} }], settings: { onError: 'continueRegularOutput' } });
			expect(output[0]?.map(({ json }) => (json.details as JsonObject).reason)).toEqual(['rateLimit', 'rateLimit']);
			expect((lab.nowMs - startMs) / 60_000).toBeGreaterThan(14);
			expect((lab.nowMs - startMs) / 60_000).toBeLessThanOrEqual(15);
			expect(lab.simulator.ledger).toEqual([]);
		});

		it('items wait as long as others of them end, also for hours', async () => {
			await reopen({ taskRunSeconds: 600, piapi: { maxTasks: 1 } });
			const { output, error } = await generate({}, { items: Array.from({ length: 4 }, () => ({ json: {} })) });
			expect(error).toBeUndefined();
			expect(output[0]?.map(({ json }) => json.status)).toEqual(Array(4).fill('succeeded'));
			expect(lab.simulator.ledger).toHaveLength(4);
		});
	});

	describe('Tasks that were started before', () => {
		it('are returned at once, and waited for without paying again', async () => {
			const taskId = await submit();
			expect(lab.callsOf('tasks.get')).toEqual([]);
			expect(await fetchTask('getTask', taskId)).toMatchObject({ taskId, status: 'queued' });
			expect(await fetchTask('waitForTask', taskId)).toMatchObject({ taskId, status: 'succeeded' });
			expect(await fetchTask('getTask', taskId)).toMatchObject({ taskId, status: 'succeeded' });
			expect(lab.paid('generation')).toHaveLength(1);
		});

		it('are checked before the first pause', async () => {
			const taskId = await submit();
			lab.nowMs += 60_000;
			const startMs = lab.nowMs;
			await lab.json('seedanceGenerate', { provider, operation: 'waitForTask', taskId, downloadVideo: false });
			expect(lab.nowMs).toBe(startMs);
		});

		it('are downloaded as long as they can be, through a link whose end is known', async () => {
			const taskId = await submit();
			const download = async () => await lab.run('seedanceGenerate', { provider, operation: 'downloadVideo', taskId });
			const linkEndMs = async () => Date.parse(String((await fetchTask('getTask', taskId))?.videoUrlExpiresAt));
			lab.nowMs += 60_000;
			const endMs = await linkEndMs();
			lab.nowMs = endMs - 60_000;
			const { output } = await download();
			expect((await readBinary(output[0]![0]!.binary!.data!)).length).toBeGreaterThan(10_000);
			const renewedEndMs = await linkEndMs();
			const isRenewed = renewedEndMs > endMs;
			// Either every check returns a new link, or there is one, which lives from the end of the task.
			expect(renewedEndMs).toBe(isRenewed ? lab.nowMs + video.linkLifetimeMs : endMs);
			lab.nowMs = endMs + 60_000;
			const late = await download();
			if (isRenewed) expect(late.output[0]?.[0]?.binary?.data?.mimeType).toBe('video/mp4');
			else expect(late.error).toMatchObject({ context: { reason: expect.stringMatching(/^(expired|download)$/), taskId } });
			expect(lab.paid('generation')).toHaveLength(1);
		});

		it('that are not finished cannot be downloaded yet', async () => {
			const taskId = await submit();
			const { error } = await lab.run('seedanceGenerate', { provider, operation: 'downloadVideo', taskId });
			expect(error?.message).toBe(`${displayName} task ${taskId} is queued, so there is no video to download yet`);
		});

		it('that do not exist are said not to', async () => {
			const taskId = await submit();
			const almost = taskId.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
			for (const unknown of [almost, 'no-such-task']) {
				for (const operation of ['getTask', 'waitForTask', 'downloadVideo']) {
					const { error } = await lab.run('seedanceGenerate', { provider, operation, taskId: unknown });
					expect(error).toMatchObject({ httpCode: expect.stringMatching(/^40[04]$/), context: { reason: 'notFound' } });
				}
			}
			expect(lab.callsOf('tasks.get')).toHaveLength(6);
		});
	});

	/** How the answer to a paid request is lost, and how many bills there are then. */
	const lostAnswers = [
		['the connection is reset', { kind: 'reset' }, 0],
		['the connection is reset after it was accepted', { kind: 'reset', afterAcceptance: true }, 1],
		['the server answers 500 after it was accepted', { kind: 'status', statusCode: 500, afterAcceptance: true }, 1],
		[
			'a 500 only sounds like a refusal',
			{ kind: 'status', statusCode: 500, afterAcceptance: true, body: { error: { message: 'quota service failed' } } },
			1,
		],
		['a proxy answers 502 with a page', { kind: 'html', statusCode: 502 }, 0],
		['a proxy answers 504 with a page after it was accepted', { kind: 'html', statusCode: 504, afterAcceptance: true }, 1],
		['the answer is broken JSON', { kind: 'malformedJson', afterAcceptance: true }, 1],
		['the answer has no ID', { kind: 'missingId' }, 1],
		['the answer is a page with status 200', { kind: 'html', statusCode: 200, afterAcceptance: true }, 1],
	] as const;

	describe('Money', () => {
		// See `lostAnswers.test.ts` for what a list can tell.
		beforeEach(() => lab.hideTasks());
		const unsureMessageOf = ({ kind }: Effect) =>
			kind === 'missingId'
				? new RegExp(`^${displayName} accepted this request, but the answer has no task ID( \\(\\w+\\))?\\. Answer: `)
				: new RegExp(`^${displayName} may have accepted this request, but `);

		if (hasIdempotencyKey) {
			it.each(lostAnswers)('is spent once, on a video, when %s', async (_case, effect) => {
				lab.simulator.faults.add({ route: 'tasks.create', effect });
				const { output, error } = await generate();
				expect(error).toBeUndefined();
				expect(lab.simulator.ledger).toHaveLength(1);
				expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: lab.paid('generation')[0]?.id });
				expect(lab.callsOf('tasks.create')).toHaveLength(2);
				expect(sentKeys()).toEqual([expect.stringMatching(/^\S{16,255}$/)]);
			});

			it.each(lostAnswers)('is never spent twice when every time %s', async (_case, effect, bills) => {
				lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, effect });
				const { error } = await generate();
				expect(lab.callsOf('tasks.create')).toHaveLength(4);
				expect(sentKeys()).toHaveLength(1);
				expect(lab.simulator.ledger).toHaveLength(bills);
				expect(error?.message).toMatch(unsureMessageOf(effect));
				expect(error?.description).toContain('another attempt of this execution brings the same task, not a second one');
				expect(error).toMatchObject({ context: { reason: 'unsure' } });
			});

			it('is spent once, on a video, when no answer comes', async () => {
				lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'hang', afterAcceptance: true } });
				const { output } = await generate();
				const [hung, next] = lab.callsOf('tasks.create');
				expect((next?.atMs ?? 0) - (hung?.atMs ?? 0)).toBeGreaterThan(120_000);
				expect(lab.simulator.ledger).toHaveLength(1);
				expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: lab.paid('generation')[0]?.id });
			});
		} else {
			it.each(lostAnswers)('is never spent twice when %s', async (_case, effect, bills) => {
				lab.simulator.faults.add({ route: 'tasks.create', effect });
				const { error } = await generate();
				expect(lab.callsOf('tasks.create')).toHaveLength(1);
				expect(lab.paid('generation')).toHaveLength(bills);
				expect(error?.message).toMatch(unsureMessageOf(effect));
				expect(error?.description).toContain('sent once and is not repeated');
				expect(error).toMatchObject({ context: { reason: 'unsure' } });
			});

			it('is never spent twice when no answer comes', async () => {
				lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'hang', afterAcceptance: true } });
				const startMs = lab.nowMs;
				const { error } = await generate();
				const [look] = lab.callsOf('tasks.list');
				// Some hold the connection until they have fetched what a task cites.
				const { timeoutMs = 120_000 } = adapter.videoTasks.create.request(sampleTask(adapter));
				expect((look?.atMs ?? lab.nowMs) - startMs).toBe(look ? timeoutMs + 2_000 : timeoutMs);
				expect(lab.callsOf('tasks.create')).toHaveLength(1);
				expect(lab.paid('generation')).toHaveLength(1);
				expect(error?.message).toBe(
					`${displayName} may have accepted this request, but no answer came in time`,
				);
			});
		}

		it.each([
			['a refusal inside a 200', { kind: 'refusalInside200' }],
			['a refusal', { kind: 'status', statusCode: 400 }],
			['an unknown key', { kind: 'status', statusCode: 401 }],
			['a proxy that takes no large body', { kind: 'html', statusCode: 413 }],
		] as const)('is not spent on %s, which is no reason to doubt', async (_case, effect) => {
			lab.simulator.faults.add({ route: 'tasks.create', effect });
			const { error } = await generate();
			expect(lab.callsOf('tasks.create')).toHaveLength(1);
			expect(lab.paid('generation')).toEqual([]);
			expect(error?.message).toMatch(new RegExp(`^${displayName} refused this: `));
		});

		it.each([403, 404, 429])('is spent once when the page of a firewall with status %d hides the answer', async (statusCode) => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'html', statusCode, afterAcceptance: true } });
			const { error } = await generate();
			expect(lab.simulator.ledger).toHaveLength(1);
			if (hasIdempotencyKey && statusCode === 429) {
				expect(error).toBeUndefined();
			} else {
				expect(lab.callsOf('tasks.create')).toHaveLength(1);
				expect(error).toMatchObject({ httpCode: String(statusCode), context: { reason: 'unsure' } });
				expect(error?.message).toMatch(new RegExp(`^${displayName} may have accepted this request, but it answered ${statusCode}: `));
			}
		});

		it('is spent once when the provider asks to come back later, which is when it does', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', times: 2, effect: { kind: 'status', statusCode: 429, retryAfterSeconds: 7 } });
			await lab.json('seedanceGenerate', { ...textToVideo, waitForCompletion: 'dontWait' });
			const calls = lab.callsOf('tasks.create');
			expect(calls.map(({ atMs }) => (atMs - (calls[0]?.atMs ?? 0)) / 1000)).toEqual([0, 7, 14]);
			expect(lab.paid('generation')).toHaveLength(1);
		});

		it('is not spent when too many requests stay too many', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, effect: { kind: 'status', statusCode: 429 } });
			const { error } = await generate();
			expect(lab.callsOf('tasks.create')).toHaveLength(4);
			expect(error).toMatchObject({ context: { reason: 'rateLimit' }, httpCode: '429' });
		});

		it('is not spent while the provider cannot be reached', async () => {
			const { error } = await generate({}, { host: lab.host({ baseUrl: 'http://127.0.0.1:9' }) });
			expect(error?.message).toBe(`${displayName} could not be reached at http://127.0.0.1:9: the connection was refused`);
			expect(error?.description).toContain('This request was not sent, so it is not paid.');
			expect(error).toMatchObject({ context: { reason: 'network' } });
		});

		const foreignModel = () => {
			const isOwn = (model: string) => adapter.videoModels.some(({ id }) => id === model);
			const models = simulatedProviders.flatMap(([, , { videoModels }]) => videoModels);
			return String(models.find(({ id }) => !isOwn(id))?.id);
		};

		it('is not spent on a model that stayed from another provider', async () => {
			const { error } = await generate({ model: byId(foreignModel()) });
			expect(lab.simulator.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
			expect(error?.message).toMatch(new RegExp(`^The Model ${foreignModel()} is one of .*; ${displayName} does not have it\\.$`));
			expect(error?.description).toContain(`Choose a model of ${displayName} again: ${adapter.videoModels[0]?.id}`);
		});

		if (adapter.models) {
			it("may be spent on a model of others that the provider's list has too, which is asked for once", async () => {
				const listed = provider === 'apiframe' ? { models: [{ id: foreignModel() }] } : { data: [{ id: foreignModel() }] };
				lab.simulator.faults.add({ route: 'models.list', effect: { kind: 'status', statusCode: 200, body: listed } });
				const items = [{ json: {} }, { json: {} }];
				const { error } = await generate({ model: byId(foreignModel()), waitForCompletion: 'dontWait' }, { items });
				// The simulator has no such model.
				expect(error?.message).toMatch(new RegExp(`^${displayName} refused this`));
				expect(lab.callsOf('models.list')).toHaveLength(1);
				expect(lab.callsOf('tasks.create').length).toBeGreaterThan(0);
			});
		}

		if (adapter.models) {
			it('may be spent on a model of another provider when the list of models cannot be read: it is not known to be missing', async () => {
				lab.simulator.faults.add({ route: 'models.list', times: Infinity, effect: { kind: 'status', statusCode: 500 } });
				await generate({ model: byId(foreignModel()), waitForCompletion: 'dontWait' });
				expect(lab.callsOf('tasks.create').length).toBeGreaterThan(0);
			});
		}

		it('is not spent on the first item when the last one has a mistake', async () => {
			const items = [{ json: { seconds: 5 } }, { json: { seconds: 5 } }, { json: { seconds: 20 } }];
			const { error } = await generate({ durationSeconds: '={{ $json.seconds }}' }, { items });
			expect(lab.paid()).toEqual([]);
			expect(lab.simulator.calls.map(({ route }) => route).filter((route) => route !== 'models.list')).toEqual([]);
			const [first] = adapter.videoModels;
			const orAutomatic = first && videoLimits(adapter, first).durationSeconds.isAutomaticAllowed ? ', or Automatic,' : '';
			expect(error?.message).toBe(`Duration (Seconds) must be a whole number from 4 to 15${orAutomatic} with ${first?.displayName} at ${displayName}; it is 20.`);
			expect(error).toMatchObject({ context: { itemIndex: 2, reason: 'input' } });
		});

		it('that was spent is reported when another item fails', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', skip: 1, effect: { kind: 'taskModerated' } });
			const items = [{ json: {} }, { json: {} }, { json: {} }];
			const { error } = await generate({}, { items });
			const [first, second, third] = lab.simulator.ledger.map(({ id }) => id);
			expect(error).toMatchObject({ context: { taskId: second, itemIndex: 1 } });
			expect(error?.description).toContain(`item 0: ${first}, item 2: ${third}`);
		});

		it('is not spent on other items, and no item waits any longer, once an item has failed', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', skip: 1, effect: { kind: 'status', statusCode: 400 } });
			const items = Array.from({ length: 30 }, () => ({ json: {} }));
			const startMs = lab.nowMs;
			const { error } = await generate({}, { items });
			expect(error).toMatchObject({ context: { itemIndex: 1 } });
			expect(lab.nowMs).toBe(startMs);
			expect(lab.callsOf('tasks.get')).toEqual([]);
			// Ten requests run at a time; few more leave until the refusal is known.
			expect(lab.paid('generation').length).toBeLessThanOrEqual(13);
			for (const { id } of lab.paid('generation')) expect(error?.description).toContain(id);
		});
	});

	describe('Retry On Fail', () => {
		const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1_000 };
		beforeEach(() => lab.hideTasks());

		it.each([
			['an outage while it waits', { route: 'tasks.get', times: 60, effect: { kind: 'status', statusCode: 503 } }],
			['a time-out', { route: 'tasks.create', effect: { kind: 'taskNeverEnds' } }],
			['moderation', { route: 'tasks.create', effect: { kind: 'taskModerated' } }],
			['a doubtful answer', { route: 'tasks.create', times: 3, effect: { kind: 'reset', afterAcceptance: true } }],
			['a page of a proxy', { route: 'tasks.create', times: 3, effect: { kind: 'html', statusCode: 502, afterAcceptance: true } }],
		] as const)('never pays again after %s', async (_case, fault) => {
			lab.simulator.faults.add(fault);
			const { run } = await generate({ options: { timeoutSeconds: 300 } }, { settings });
			expect(run.data.resultData.runData.Node).toHaveLength(1);
			// One request, or the same one again.
			expect(hasIdempotencyKey ? sentKeys() : lab.callsOf('tasks.create')).toHaveLength(1);
			expect(lab.simulator.ledger).toHaveLength(1);
		});

		/** A fault of the first request for a task; how many bills there are if it cannot be sent again. */
		const firstRequest = [
			...lostAnswers,
			['no answer comes', { kind: 'hang', afterAcceptance: true }, 1],
			['the provider asks to come back later', { kind: 'status', statusCode: 429 }, 1],
			['the key is refused once', { kind: 'status', statusCode: 401 }, 1],
		] as const;

		it.each(firstRequest)('pays once at most when %s', async (_case, effect, bills) => {
			lab.simulator.faults.add({ route: 'tasks.create', effect });
			const { output, error } = await generate({}, { settings });
			const isRefusal = effect.kind === 'status' && effect.statusCode < 500;
			expect(lab.simulator.ledger).toHaveLength(hasIdempotencyKey || isRefusal ? 1 : bills);
			expect(lab.callsOf('tasks.create')).toHaveLength(hasIdempotencyKey || isRefusal ? 2 : 1);
			if (hasIdempotencyKey || isRefusal) {
				expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: lab.simulator.ledger[0]?.id });
			} else {
				expect(error).toMatchObject({ context: { reason: 'unsure' } });
			}
		});

		it('continues with the task that was accepted, and ends with its video', async () => {
			lab.simulator.faults.add({ route: 'tasks.get', times: 50, effect: { kind: 'status', statusCode: 503 } });
			const { output, error } = await generate({}, { settings });
			expect(error).toBeUndefined();
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: lab.paid()[0]?.id });
			expect(lab.callsOf('tasks.create')).toHaveLength(1);
		});

		it('continues with the items that were accepted when another one has failed, and sends the rest', async () => {
			await reopen({ piapi: { maxTasks: 30 } });
			lab.simulator.faults.add({ route: 'tasks.create', skip: 1, effect: { kind: 'status', statusCode: 400 } });
			const startMs = lab.nowMs;
			const { output, error } = await generate({}, { items: Array.from({ length: 30 }, () => ({ json: {} })), settings });
			expect(error).toBeUndefined();
			expect(output[0]?.map(({ json }) => json.status)).toEqual(Array(30).fill('succeeded'));
			expect(lab.simulator.ledger).toHaveLength(30);
			// Only the refused one was sent twice, and the others were not waited for before.
			expect(lab.callsOf('tasks.create')).toHaveLength(31);
			expect((lab.nowMs - startMs) / 1000).toBeLessThan(47 + 10);
		});

		it('pays each item once, with Continue On Fail too', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
			const items = [{ json: {} }, { json: {} }, { json: {} }];
			const { output } = await generate({}, { items, settings: { ...settings, onError: 'continueRegularOutput' } });
			expect(output[0]?.map(({ json }) => json.status ?? 'error')).toEqual(['error', 'succeeded', 'succeeded']);
			expect(lab.simulator.ledger).toHaveLength(3);
		});

		it('sends a request again that was refused', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 401 } });
			const { output } = await generate({}, { settings });
			expect(output[0]?.[0]?.json.status).toBe('succeeded');
			expect(lab.paid('generation')).toHaveLength(1);
		});

		const lostForTheFirstTry = () =>
			lab.simulator.faults.add({
				route: 'tasks.create',
				times: hasIdempotencyKey ? 4 : 1,
				effect: { kind: 'reset', afterAcceptance: true },
			});
		const ofTheLink: unknown = expect.stringMatching(/^The link to the video works until /);
		const hintsOf = ({ run }: Awaited<ReturnType<typeof generate>>) =>
			run.data.resultData.runData.Node?.flatMap(({ hints = [] }) => hints.map(({ message }) => message)) ?? [];

		if (hasIdempotencyKey) {
			it.each([{}, { resubmitWhenUnsure: true }])('returns the task whose answer was lost, with %j', async (options) => {
				lostForTheFirstTry();
				const again = await generate({ options }, { settings });
				expect(again.output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: lab.simulator.ledger[0]?.id });
				expect(lab.simulator.ledger).toHaveLength(1);
				expect(lab.callsOf('tasks.create')).toHaveLength(5);
				expect(sentKeys()).toHaveLength(1);
				expect(hintsOf(again)).toEqual([ofTheLink]);
			});
		} else {
			it('says what to do about a request whose answer was lost, rather than send it again', async () => {
				lostForTheFirstTry();
				const { error } = await generate({}, { settings });
				expect(error?.message).toBe(
					`${displayName} may have accepted this request in an earlier attempt of this execution, but the connection was reset`,
				);
				expect(error?.description).toContain('switch on the option "Resubmit When Unsure"');
				expect(error).toMatchObject({ context: { reason: 'unsure' } });
				expect(lab.simulator.ledger).toHaveLength(1);
			});

			it('sends it again if the user takes the risk, and says so', async () => {
				lostForTheFirstTry();
				const again = await generate({ options: { resubmitWhenUnsure: true } }, { settings });
				const [lost, found] = lab.simulator.ledger;
				expect(lab.simulator.ledger).toHaveLength(2);
				expect(again.output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', taskId: found?.id });
				expect(found?.id).not.toBe(lost?.id);
				expect(hintsOf(again).slice(0, 2)).toEqual([expect.stringContaining('may be billed twice'), ofTheLink]);
			});

			it('says that another attempt sends it again, if the user takes the risk', async () => {
				lostForTheFirstTry();
				const { error } = await generate({ options: { resubmitWhenUnsure: true } });
				expect(lab.callsOf('tasks.create')).toHaveLength(1);
				expect(error?.description).toContain('another attempt of this execution sends it again');
				expect(error?.description).not.toContain('is not repeated');
			});
		}

		it('forgets nothing between attempts, and everything between executions', async () => {
			await generate({}, { settings });
			await generate({}, { settings });
			expect(lab.paid('generation')).toHaveLength(2);
		});
	});

	describe('A paid task', () => {
		it.each([
			['an answer 500', { kind: 'status', statusCode: 500 }],
			['an answer 429', { kind: 'status', statusCode: 429, retryAfterSeconds: 30 }],
			['a reset', { kind: 'reset' }],
			['a page of a proxy', { kind: 'html', statusCode: 502 }],
			['a page with status 200', { kind: 'html', statusCode: 200 }],
			['broken JSON', { kind: 'malformedJson' }],
		] as const)('survives %s while it is waited for', async (_case, effect) => {
			lab.simulator.faults.add({ route: 'tasks.get', times: 5, effect });
			const { output } = await generate();
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'succeeded', videoUrl: expect.any(String) });
			expect(lab.paid('generation')).toHaveLength(1);
		});

		it('survives a check that is never answered', async () => {
			lab.simulator.faults.add({ route: 'tasks.get', effect: { kind: 'hang' } });
			const { output } = await generate();
			expect(output[0]?.[0]?.json.status).toBe('succeeded');
			const [hung, next] = lab.callsOf('tasks.get');
			// The time-out of a request, then the pause before it is repeated.
			expect((next?.atMs ?? 0) - (hung?.atMs ?? 0)).toBeGreaterThan(30_000);
		});

		it.each([
			['a key that is withdrawn', { kind: 'status', statusCode: 401 }, 'authentication'],
			['an outage that does not end', { kind: 'status', statusCode: 503 }, 'provider'],
		] as const)('is named when it is lost to %s', async (_case, effect, reason) => {
			lab.simulator.faults.add({ route: 'tasks.get', times: Infinity, effect });
			const { error } = await generate();
			const [bill] = lab.paid('generation');
			expect(error?.message).toContain(`task ${bill?.id} could not be followed`);
			expect(error?.description).toContain(`Task ID ${bill?.id}`);
			expect(error).toMatchObject({ context: { reason, taskId: bill?.id } });
		});

		it('that moderation stopped says so and what to do', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
			const { error } = await generate();
			expect(error?.message).toMatch(new RegExp(`^${displayName} task \\S+ gave no video: `));
			expect(error?.description).toContain('content moderation');
			expect(error).toMatchObject({ context: { reason: 'moderation', taskId: lab.simulator.ledger[0]?.id } });
		});

		it('that failed is an item for Get Task and an error for Wait for Task', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails', reason: 'upstream timeout' } });
			const taskId = await submit();
			lab.nowMs += 60_000;
			expect(await lab.json('seedanceGenerate', { provider, operation: 'getTask', taskId })).toEqual([
				expect.objectContaining({ taskId, status: 'failed', failureMessage: 'upstream timeout' }),
			]);
			const { error } = await lab.run('seedanceGenerate', { provider, operation: 'waitForTask', taskId });
			expect(error?.message).toBe(`${displayName} task ${taskId} gave no video: upstream timeout`);
		});

		it('that has succeeded without a link is named', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskUrlMissing' } });
			const { error } = await generate();
			expect(error?.message).toContain('no link to the video');
			expect(error).toMatchObject({ context: { reason: 'unexpectedAnswer', taskId: lab.paid()[0]?.id } });
		});

		it.each([
			['breaks off', { kind: 'truncate' }],
			['has expired', { kind: 'linkExpired' }],
			['is reset', { kind: 'reset' }],
		] as const)('stays data when the download %s', async (_case, effect) => {
			lab.simulator.faults.add({ route: 'storage.get', times: Infinity, effect });
			const { output } = await generate({ ...smallVideo, downloadVideo: true });
			lab.simulator.faults.clear();
			const item = output[0]?.[0];
			expect(item?.json).toMatchObject({
				taskId: lab.paid()[0]?.id,
				status: 'succeeded',
				videoUrl: expect.any(String),
				failureMessage: expect.stringContaining('could not be downloaded'),
			});
			expect(item?.binary).toEqual({});
			const taskId = lab.paid()[0]?.id ?? '';
			const [again] = await lab.items('seedanceGenerate', { provider, operation: 'downloadVideo', taskId });
			expect(again?.binary?.data?.mimeType).toBe('video/mp4');
			expect(lab.paid('generation')).toHaveLength(1);
		});
	});

	describe('Continue On Fail', () => {
		const items = [{ json: { n: 1 } }, { json: { n: 2 } }, { json: { n: 3 } }];
		const secondIsModerated = () =>
			lab.simulator.faults.add({ route: 'tasks.create', skip: 1, effect: { kind: 'taskModerated' } });

		it('puts an error item among the others', async () => {
			secondIsModerated();
			const { output, error } = await generate({}, { items, settings: { onError: 'continueRegularOutput' } });
			expect(error).toBeUndefined();
			expect(output[0]?.map(({ json }) => json.status ?? (json.details as JsonObject).reason)).toEqual(['succeeded', 'moderation', 'succeeded']);
			expect(output[0]?.[1]).toMatchObject({
				json: {
					error: expect.stringContaining('gave no video'),
					details: {
						provider,
						reason: 'moderation',
						taskId: lab.simulator.ledger[1]?.id,
						description: expect.stringContaining('content moderation'),
					},
				},
				pairedItem: { item: 1 },
			});
		});

		it('continues with the others when one is refused', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', skip: 1, effect: { kind: 'status', statusCode: 400 } });
			const { output, error } = await generate({}, { items, settings: { onError: 'continueRegularOutput' } });
			expect(error).toBeUndefined();
			const [first, refused, last] = output[0] ?? [];
			expect([first?.json.taskId, last?.json.taskId]).toEqual(lab.paid('generation').map(({ id }) => id));
			expect([first?.json.status, last?.json.status]).toEqual(['succeeded', 'succeeded']);
			expect(refused?.json).toMatchObject({
				error: expect.stringMatching(new RegExp(`^${displayName} refused this: `)),
				details: { provider, reason: 'input' },
			});
		});

		it('sends error items to the error output', async () => {
			secondIsModerated();
			const { output } = await generate({}, { items, settings: { onError: 'continueErrorOutput' } });
			expect(output[0]?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
			expect(output[1]).toEqual([
				expect.objectContaining({
					json: {
						n: 2,
						error: expect.any(String),
						details: expect.objectContaining({ provider, reason: 'moderation', taskId: lab.simulator.ledger[1]?.id }),
					},
				}),
			]);
		});

		it('checks every item and pays only for the good ones', async () => {
			const { output } = await generate(
				{ durationSeconds: '={{ $json.n === 2 ? 99 : 5 }}' },
				{ items, settings: { onError: 'continueRegularOutput' } },
			);
			expect(output[0]?.map(({ json }) => json.status ?? (json.details as JsonObject).reason)).toEqual(['succeeded', 'input', 'succeeded']);
			expect(lab.paid('generation')).toHaveLength(2);
		});
	});

	describe('Cited assets', () => {
		const cite = (assetId: string, options = {}): INodeParameters => ({
			mode: 'multimodalReference',
			prompt: '@image1 dances',
			images: { image: [{ source: 'asset', asset: byId(assetId) }] },
			options,
		});
		const upload = async (url: string, waitUntilActive = true) => {
			const [group] = assetGroups ? await lab.json('assetGroup', { provider, operation: 'create', name: 'g' }) : [];
			const [asset] = await lab.json('asset', {
				provider,
				operation: 'create',
				source: 'url',
				url,
				...(group && { groupId: byId(String(group.groupId)) }),
				waitUntilActive,
			});
			return String(asset?.assetId);
		};
		const lookUpRoute = assets.get ? 'assets.get' : 'assets.list';

		it('that do not exist, are not Active or of another type are found before paying', async () => {
			const audio = await upload('https://example.com/tune.mp3');
			const processing = await upload('https://example.com/face.png', false);
			lab.nowMs += 3_000;
			for (const [assetId, words] of [
				['asset-none', 'The asset asset-none (Images 1) is not known to this API key.'],
				[processing, `The asset ${processing} (Images 1) is still processing; it must be Active.`],
			] as const) {
				const { error } = await generate(cite(assetId));
				expect(error?.message).toContain(words);
			}
			expect(lab.callsOf('tasks.create')).toEqual([]);

			// Where an asset does not tell its type, the provider refuses it.
			const [{ mediaType } = {}] = await lab.json('asset', { provider, operation: 'get', assetId: byId(audio) });
			const { error } = await generate(cite(audio));
			expect(error?.message).toMatch(mediaType === null ? /Images 1: .*of type audio/ : /\(Images 1\) must be an image; it is audio\.$/);
			expect(error?.message).toContain(audio);
			expect(lab.callsOf('tasks.create')).toHaveLength(mediaType === null ? 1 : 0);
			expect(lab.simulator.ledger.filter(({ kind }) => kind === 'generation')).toEqual([]);
		});

		it('are read once for many items, and not at all if switched off', async () => {
			const assetId = await upload('https://example.com/face.png');
			const lookUps = () => lab.callsOf(lookUpRoute).length;
			const before = lookUps();
			const items = [{ json: {} }, { json: {} }, { json: {} }];
			await generate(cite(assetId), { items });
			expect(lookUps()).toBe(before + 1);
			await generate(cite(assetId, { checkAssets: false }), { items });
			expect(lookUps()).toBe(before + 1);
			expect(lab.paid('generation')).toHaveLength(6);
		});

		it('that cannot be read keep anything from being paid, and the option that skips the check is named', async () => {
			lab.simulator.faults.add({ route: lookUpRoute, times: Infinity, effect: { kind: 'status', statusCode: 503 } });
			const { error } = await generate(cite('asset-1'));
			expect(error?.description).toContain('Check Assets');
			expect(lab.callsOf('tasks.create')).toEqual([]);
		});
	});

	describe('Request', () => {
		/** The addresses in a request, in their order. */
		const sentUrls = () =>
			JSON.stringify(lab.callsOf('tasks.create')[0]?.body).match(/(https?:\/\/|data:)[^"]+/g) ?? [];
		const isHosted = (url: string | undefined) => url?.startsWith(`${lab.simulator.storageUrl}/`);

		it('carries the prompt and the model, and no setting that the user has not set', async () => {
			await generate({ model: byId(adapter.videoModels[0]?.id ?? '') });
			const body = JSON.stringify(lab.callsOf('tasks.create')[0]?.body);
			expect(body).toContain('"A cat plays the piano"');
			expect(body).toContain(`"${adapter.videoModels[0]?.id}"`);
			expect(body).not.toMatch(/audio|watermark|seed"|ratio|duration|frame|tools|webhook|null|\[\]|\{\}/i);
		});

		it('carries frames from a file and from a URL', async () => {
			const { image } = await sampleFiles();
			await generate(
				{
					mode: 'firstAndLastFrame',
					firstFrameSource: 'binary',
					firstFrameBinaryPropertyName: 'picture',
					lastFrameSource: 'url',
					lastFrameUrl: 'https://example.com/last.png',
				},
				{ items: [{ json: {}, binary: { picture: image } }] },
			);
			const takesFiles = video.urlForms.image.includes('dataUri');
			const [first, last, ...others] = sentUrls();
			if (takesFiles) expect(first).toBe(`data:image/png;base64,${image.data}`);
			else expect(isHosted(first)).toBe(true);
			expect([last, ...others]).toEqual(['https://example.com/last.png']);
			expect(lab.callsOf('uploads.create')).toHaveLength(takesFiles ? 0 : 1);
			expect(lab.paid('generation')).toHaveLength(1);
		});

		it('cites lists in the order of the user', async () => {
			await generate({
				mode: 'videoEditing',
				prompt: 'Replace the bottle in @video1 by @image2',
				images: { image: [{ source: 'url', url: 'https://example.com/1.png' }, { source: 'url', url: 'https://example.com/2.png' }] },
				videos: { video: [{ source: 'url', url: 'https://example.com/1.mp4' }] },
			});
			expect(sentUrls()).toEqual(['https://example.com/1.png', 'https://example.com/2.png', 'https://example.com/1.mp4']);
			expect(lab.paid('generation')).toHaveLength(1);
		});

		it('carries a binary video by way of the uploads, or says how to do it', async () => {
			const { video: clip } = await sampleFiles();
			const { error } = await generate(
				{ mode: 'videoExtension', prompt: 'go on', videos: { video: [{ source: 'binary', binaryPropertyName: 'clip' }] } },
				{ items: [{ json: {}, binary: { clip } }] },
			);
			if (uploads) {
				expect(lab.callsOf('uploads.create')).toHaveLength(1);
				expect(sentUrls().map(isHosted)).toEqual([true]);
				expect(lab.paid('generation')).toHaveLength(1);
			} else {
				expect(error?.message).toMatch(/^Videos 1 must be a URL or an asset, as .* takes a video in no other way; it is a binary file\.$/);
				expect(error?.description).toContain('upload the file with the Seedance Asset Library node');
				expect(lab.simulator.calls).toEqual([]);
			}
		});

		it('names a binary field that is not there or holds something else', async () => {
			const { audio } = await sampleFiles();
			const frame = { mode: 'firstFrame', firstFrameSource: 'binary', firstFrameBinaryPropertyName: 'picture' };
			const missing = await generate(frame);
			expect(missing.error?.message).toBe('The input item has no file "picture" (First Frame); it has no file at all.');
			const { error } = await generate(frame, { items: [{ json: {}, binary: { Picture: audio, "a \"name\"": audio } }] });
			expect(error?.message).toBe('The input item has no file "picture" (First Frame); it has "Picture" and "a \\"name\\"".');
			expect(error?.description).toBe('Enter "Picture" or "a \\"name\\"" under First Frame. Nothing was paid.');
			const wrong = await generate(frame, { items: [{ json: {}, binary: { picture: audio } }] });
			expect(wrong.error?.message).toBe('tune.mp3 (First Frame) is of format MP3 by its content; an image is needed.');
		});
	});

	describe('Output', () => {
		it('has the same keys from the first moment to the last', async () => {
			const [submitted] = await lab.json('seedanceGenerate', { ...textToVideo, waitForCompletion: 'dontWait', simplify: false });
			const [finished] = await lab.json('seedanceGenerate', { ...textToVideo, simplify: false });
			expect(Object.keys(submitted ?? {})).toEqual(Object.keys(finished ?? {}));
		});

		it('adds the answer of the provider when it is not simplified', async () => {
			const [item] = await lab.json('seedanceGenerate', { ...textToVideo, simplify: false });
			expect(JSON.stringify(item?.response)).toContain(JSON.stringify(item?.taskId));
			expect(JSON.stringify(item?.response)).toContain(JSON.stringify(item?.videoUrl));
			const [simple] = await lab.json('seedanceGenerate', textToVideo);
			expect(simple).not.toHaveProperty('response');
		});

		it('tells how long the task was queued and ran, where the provider says when it began', async () => {
			const [item] = await lab.json('seedanceGenerate', { ...textToVideo, simplify: false });
			const momentMs = (name: string) => Date.parse(String(item?.[name]));
			expect((momentMs('finishedAt') - momentMs('createdAt')) / 1000).toBe(47);
			expect(item).toMatchObject(
				item?.startedAt === null
					? { queueSeconds: null, runSeconds: null }
					: { queueSeconds: 5, runSeconds: 42 },
			);
		});

		it('tells what a task has cost with the unit, or else what it has used', async () => {
			const [submitted] = await lab.json('seedanceGenerate', { ...textToVideo, waitForCompletion: 'dontWait', simplify: false });
			const [finished] = await lab.json('seedanceGenerate', { ...textToVideo, simplify: false });
			expect(submitted).toMatchObject({ cost: null, costUnit: null });
			expect(finished).toMatchObject(
				finished?.cost === null
					? { costUnit: null, usage: expect.any(Object) }
					: { cost: expect.any(Number), costUnit: expect.stringMatching(/^[a-z]+$/) },
			);
		});

		it.each(['memory', 'filesystem'] as const)('puts files where the user says, in %s mode', async (binaryMode) => {
			const hasLastFrame = video.settings.includes('returnLastFrame');
			const [item] = await lab.items(
				'seedanceGenerate',
				{
					...textToVideo,
					downloadVideo: true,
					resolution: '480p', durationSeconds: 4, settings: { ...(hasLastFrame && { returnLastFrame: true }) },
					options: { videoBinaryField: 'film', lastFrameBinaryField: 'end' },
				},
				{ host: lab.host({ binaryMode }) },
			);
			const { film, end, ...others } = item?.binary ?? {};
			expect(others).toEqual({});
			expect((await readBinary(film!)).subarray(4, 8).toString()).toBe('ftyp');
			if (hasLastFrame) expect((await readBinary(end!)).subarray(1, 4).toString()).toBe('PNG');
			else expect(end).toBeUndefined();
			expect(lab.simulator.storageCalls).toHaveLength(hasLastFrame ? 2 : 1);
			expect(lab.simulator.storageCalls.flatMap(({ credentials }) => credentials)).toEqual([]);
		});
	});
});
