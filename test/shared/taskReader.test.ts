import { runInVirtualTime } from '../../harness/engine/virtualTime';
import { systemClock } from '../../nodes/shared/clock';
import { limiter } from '../../nodes/shared/limiter';
import type { VideoTaskBatch } from '../../nodes/shared/providers/adapter';
import { apiframe } from '../../nodes/shared/providers/apiframe';
import { CapacityQueue } from '../../nodes/shared/request/capacityQueue';
import type { ProviderConnection } from '../../nodes/shared/request/connection';
import { openTaskReader, readTask, type TaskReader } from '../../nodes/shared/wait/taskReader';

/** What is asked when many tasks are waited for at the same time, of a provider in memory. */

interface Call {
	/** The task that is asked for alone; undefined for a request for several. */
	taskId?: string;
	/** Since the beginning of the test. */
	atMs: number;
	execution: string;
}

interface Job {
	status: string;
	[member: string]: unknown;
}

let nextAccount = 1;

/** An account of its own for each test, as what is known of an account outlives the waits. */
function openProvider({ latencyMs = 300, ...batch }: Partial<VideoTaskBatch> & { latencyMs?: number } = {}) {
	const jobs = new Map<string, Job>();
	const calls: Call[] = [];
	const account = `account-${nextAccount++}`;
	const begunAtMs = performance.now();
	const state = { latencyMs, listLatencyMs: latencyMs, listStatusCode: 200, hidden: new Set<string>(), askedFor: [] as Array<readonly string[]> };
	const { getMany } = apiframe.videoTasks;
	const endpoint: VideoTaskBatch['endpoint'] = {
		parse: getMany.endpoint.parse,
		request({ taskIds }) {
			state.askedFor.push(taskIds);
			return getMany.endpoint.request();
		},
	};
	const provider = { ...apiframe, videoTasks: { ...apiframe.videoTasks, getMany: { ...getMany, ...batch, endpoint } } };
	const answerTo = (taskId: string | undefined) => {
		if (taskId !== undefined) return { statusCode: 200, body: { id: taskId, ...jobs.get(taskId), input: { prompt: 'A cat' } } };
		const listed = [...jobs].filter(([id]) => !state.hidden.has(id)).map(([id, job]) => ({ id, ...job }));
		return { statusCode: state.listStatusCode, body: state.listStatusCode === 200 ? { jobs: listed } : { error: 'no' } };
	};
	const connect = (execution: string, { signal = new AbortController().signal, apiKey = account, secrets = [] }: Partial<ProviderConnection> = {}): ProviderConnection => ({
		provider,
		baseUrl: 'https://api.example.com',
		uploadBaseUrl: 'https://api.example.com',
		apiKey,
		secrets: [apiKey, ...secrets],
		clock: systemClock,
		signal,
		inFlight: limiter(10),
		capacityQueue: new CapacityQueue(),
		async send({ url }) {
			const taskId = /\/v2\/jobs\/(.+)$/.exec(url)?.[1];
			calls.push({ taskId, execution, atMs: Math.round(performance.now() - begunAtMs) });
			const durationMs = taskId === undefined ? state.listLatencyMs : state.latencyMs;
			if (durationMs === Infinity) return await new Promise(() => {});
			await systemClock.sleep(durationMs);
			return { headers: {}, ...answerTo(taskId) };
		},
	});
	const run = (count: number, status = 'PROCESSING') => {
		const ids = Array.from({ length: count }, (_, index) => `job-${jobs.size + index + 1}`);
		for (const id of ids) jobs.set(id, { status });
		return ids;
	};
	return { jobs, calls, connect, run, state };
}

const inVirtualTime = (test: () => Promise<void>) => async () => await runInVirtualTime(test);
const closeAll = (readers: readonly TaskReader[]) => {
	for (const reader of readers) reader.close();
};
const isForMany = ({ taskId }: Call) => taskId === undefined;

describe('Reading tasks that are waited for at the same time', () => {
	it('asks for a single task by its ID', inVirtualTime(async () => {
		const { calls, connect, run } = openProvider();
		const [id = ''] = run(1);
		expect(await readTask(connect('a'), id)).toMatchObject({ id, status: 'running', prompt: 'A cat' });
		expect(calls).toEqual([{ taskId: id, atMs: 0, execution: 'a' }]);
	}));

	it('asks for those of one moment by one request, whatever execution they belong to', inVirtualTime(async () => {
		const { calls, connect, run } = openProvider();
		const ids = run(100);
		const tasks = await Promise.all(ids.map(async (id, index) => await readTask(connect(`execution-${index % 7}`), id)));
		expect(tasks.map(({ id }) => id)).toEqual(ids);
		expect(calls).toHaveLength(1);
	}));

	it('ends the pauses of the others when it has learned of their tasks', inVirtualTime(async () => {
		const { calls, connect, run } = openProvider();
		const [first = '', second = ''] = run(2);
		const [due, pausing] = [openTaskReader(connect('a'), first), openTaskReader(connect('b'), second)];
		const begunAtMs = performance.now();
		const pause = pausing.pause(60_000).then(() => performance.now() - begunAtMs);
		await due.pause(10_000);
		expect(await due.read()).toMatchObject({ id: first });
		expect(await pause).toBe(10_300);
		expect(await pausing.read()).toMatchObject({ id: second, status: 'running' });
		expect(calls).toHaveLength(1);
		// What was told once is not told again.
		await pausing.read();
		expect(calls).toHaveLength(2);
		closeAll([due, pausing]);
	}));

	it('does not count a wait that is over', inVirtualTime(async () => {
		const { calls, connect, run } = openProvider();
		const [first = '', second = ''] = run(2);
		openTaskReader(connect('a'), second).close();
		await readTask(connect('a'), first);
		expect(calls.filter(isForMany)).toEqual([]);
	}));

	it('asks for one task that two executions wait for by its ID', inVirtualTime(async () => {
		const { calls, connect, run } = openProvider();
		const [id = ''] = run(1);
		await Promise.all([readTask(connect('a'), id), readTask(connect('b'), id)]);
		expect(calls.filter(isForMany)).toEqual([]);
	}));

	it('reads alone what an answer lacks, and does not ask for many because of it until an answer has it', inVirtualTime(async () => {
		const { calls, connect, run, state } = openProvider();
		const ids = run(3);
		const readers = ids.map((id) => openTaskReader(connect('a'), id));
		const readAll = async () => {
			const from = calls.length;
			await Promise.all(readers.map(async (reader) => await reader.read()));
			return calls.slice(from).map(({ taskId }) => taskId);
		};
		state.hidden = new Set([ids[1]!]);
		expect(await readAll()).toEqual([undefined, ids[1]]);
		expect((await readAll()).sort()).toEqual([ids[1], undefined]);
		state.hidden = new Set(ids.slice(1));
		await readAll();
		expect((await readAll()).sort()).toEqual(ids);
		closeAll(readers);
	}));

	it('asks for no more than one request may, first for those that are due, and for the rest by the next', inVirtualTime(async () => {
		const { connect, run, state, calls } = openProvider({ maxTasks: 2, latencyMs: 0 });
		const ids = run(5);
		const readers = ids.map((id) => openTaskReader(connect('a'), id));
		// Only what is asked for is told.
		state.hidden = new Set(ids.slice(2));
		void readers[4]?.pause(60_000);
		await Promise.all(readers.slice(0, 4).map(async (reader) => await reader.read()));
		expect(state.askedFor).toEqual([ids.slice(0, 2), ids.slice(2, 4)]);
		expect(calls.filter(isForMany)).toHaveLength(2);
		closeAll(readers);
	}));

	it('pauses between two requests for as long as the account has to, also from one wait to the next', inVirtualTime(async () => {
		const { connect, run, calls } = openProvider({ minIntervalMs: 1_000, latencyMs: 100 });
		const ids = run(2);
		const readBoth = async () => await Promise.all(ids.map(async (id) => await readTask(connect('a'), id)));
		await readBoth();
		await readBoth();
		await readBoth();
		expect(calls.map(({ atMs }) => atMs)).toEqual([0, 1_000, 2_000]);
	}));

	it.each(['COMPLETED', 'FAILED', 'CANCELLED'])('reads a task that is %s once in full, unless an entry has all', async (status) => {
		await runInVirtualTime(async () => {
			for (const isComplete of [undefined, true] as const) {
				const { connect, run, calls } = openProvider({ isComplete });
				const ids = [...run(1), ...run(1, status)];
				const [, ended] = await Promise.all(ids.map(async (id) => await readTask(connect('a'), id)));
				expect(ended?.prompt).toBe(isComplete ? undefined : 'A cat');
				expect(calls.map(({ taskId }) => taskId)).toEqual(isComplete ? [undefined] : [undefined, ids[1]]);
			}
		});
	});

	it('leaves to each wait what repeats a secret of its own, as nobody else would hide it', inVirtualTime(async () => {
		const { connect, run, calls, jobs } = openProvider({ isComplete: true });
		const [mine = '', other = ''] = run(2);
		jobs.set(mine, { status: 'COMPLETED', result: { videoUrl: 'https://example.com/v.mp4?s=secret-of-b' } });
		const read = await Promise.all([readTask(connect('a'), other), readTask(connect('b', { secrets: ['secret-of-b'] }), mine)]);
		expect(JSON.stringify(read)).not.toContain('secret-of-b');
		expect(calls.map(({ taskId, execution }) => [taskId, execution])).toEqual([[undefined, 'a'], [mine, 'b']]);
	}));
});

describe('Waits that share a request', () => {
	it('go on at once when the execution that has sent it is stopped', inVirtualTime(async () => {
		const { connect, run, calls, state } = openProvider();
		const [first = '', second = '', third = ''] = run(3);
		const stop = new AbortController();
		const stopped = readTask(connect('stopped', { signal: stop.signal }), first);
		const others = [second, third].map(async (id) => await readTask(connect('other'), id));
		state.listLatencyMs = Infinity;
		void systemClock.sleep(1_000).then(() => {
			state.listLatencyMs = 300;
			stop.abort(new Error('stopped'));
		});
		await expect(stopped).rejects.toThrow('stopped');
		expect((await Promise.all(others)).map(({ id }) => id)).toEqual([second, third]);
		expect(calls).toEqual([
			{ execution: 'stopped', atMs: 0 },
			{ execution: 'other', atMs: 1_000 },
		]);
	}));

	it('go on when another one that only takes part is stopped', inVirtualTime(async () => {
		const { connect, run, calls } = openProvider();
		const [first = '', second = ''] = run(2);
		const stop = new AbortController();
		const reads = [readTask(connect('a'), first), readTask(connect('b', { signal: stop.signal }), second)];
		void systemClock.sleep(100).then(() => stop.abort(new Error('stopped')));
		const [kept, stopped] = await Promise.allSettled(reads);
		expect(kept).toMatchObject({ status: 'fulfilled', value: { id: first } });
		expect(stopped).toMatchObject({ status: 'rejected', reason: new Error('stopped') });
		expect(calls).toHaveLength(1);
	}));

	it.each<[string, { listStatusCode?: number; listLatencyMs?: number }, number]>([
		['is refused', { listStatusCode: 403 }, 0],
		['is not answered within 5 s', { listLatencyMs: Infinity }, 5_000],
	])('read each task alone, and do so for a minute, when it %s', async (_case, { listStatusCode = 200, listLatencyMs = 0 }, lostMs) => {
		await runInVirtualTime(async () => {
			const { connect, run, calls, state } = openProvider({ latencyMs: 0 });
			const ids = run(3);
			const readAll = async () => {
				const from = calls.length;
				const begunAtMs = performance.now();
				const tasks = await Promise.all(ids.map(async (id) => await readTask(connect('a'), id)));
				expect(tasks.map(({ id }) => id)).toEqual(ids);
				return { asked: calls.slice(from).map(({ taskId }) => taskId ?? 'many').sort(), tookMs: Math.round(performance.now() - begunAtMs) };
			};
			Object.assign(state, { listStatusCode, listLatencyMs });
			expect(await readAll()).toEqual({ asked: [...ids, 'many'], tookMs: lostMs });
			Object.assign(state, { listStatusCode: 200, listLatencyMs: 0 });
			await systemClock.sleep(50_000);
			const again = await readAll();
			expect(again.asked).toEqual(ids);
			await systemClock.sleep(10_000);
			expect((await readAll()).asked).toContain('many');
		});
	});

	it('are of one account: a key that is not answered delays no other', inVirtualTime(async () => {
		const { connect, run, calls, state } = openProvider();
		const ids = run(2);
		state.listLatencyMs = Infinity;
		const hanging = ids.map(async (id) => await readTask(connect('hanging'), id));
		await systemClock.sleep(1);
		state.listLatencyMs = 300;
		const begunAtMs = performance.now();
		await Promise.all(ids.map(async (id) => await readTask(connect('other', { apiKey: 'another key' }), id)));
		expect(performance.now() - begunAtMs).toBe(300);
		expect(calls.filter(isForMany).map(({ execution }) => execution)).toEqual(['hanging', 'other']);
		await Promise.all(hanging);
	}));
});
