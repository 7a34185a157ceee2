import { runNode } from '../../harness/engine/engine';
import { createVirtualClock, runInVirtualTime } from '../../harness/engine/virtualTime';
import { pollingHost, pollingType, sendJson, startServer } from './pollingNode';
import { startCpuTime } from '../support/cpuTime';

type Answer = Parameters<typeof startServer>[0];

async function withServer(
	answer: Answer,
	test: (server: Awaited<ReturnType<typeof startServer>>) => Promise<void>,
) {
	const server = await startServer(answer);
	try {
		await test(server);
	} finally {
		await server.close();
	}
}

describe('runInVirtualTime', () => {
	it('lets ten minutes of polling pass at once, exact to the millisecond', async () => {
		const answer: Answer = (_request, response, seen) => {
			const [first, last] = [seen[0], seen.at(-1)];
			const elapsedMs = (last?.atMs ?? 0) - (first?.atMs ?? 0);
			sendJson(response, { status: elapsedMs >= 600_000 ? 'done' : 'busy' });
		};
		await withServer(answer, async ({ baseUrl, seen }) => {
			const host = pollingHost(baseUrl);
			const intervalMs = 7_301;
			// Loads and starts what the engine needs, which is not what is measured.
			await runInVirtualTime(
				async () =>
					await runNode(host, pollingType, { parameters: { path: '/warm', intervalMs } }),
			);
			seen.length = 0;

			const cpuMs = startCpuTime();
			const { run } = await runInVirtualTime(
				async () =>
					await runNode(host, pollingType, { parameters: { path: '/task', intervalMs } }),
			);
			// About 0.3 s.
			expect(cpuMs()).toBeLessThan(6_000);
			expect(run.status).toBe('success');
			const times = seen.map(({ atMs }) => atMs - (seen[0]?.atMs ?? 0));
			expect(times).toEqual(Array.from({ length: 84 }, (_, index) => index * intervalMs));
		});
	});

	it('stands still while a server takes its time', async () => {
		const answer: Answer = (_request, response) => {
			// Real work that no fake timer drives.
			let turns = 2_000;
			const work = () =>
				turns-- > 0 ? setImmediate(work) : sendJson(response, { status: 'done' });
			work();
		};
		await withServer(answer, async ({ baseUrl }) => {
			await runInVirtualTime(async () => {
				const startedMs = Date.now();
				const { error } = await runNode(pollingHost(baseUrl), pollingType, {
					parameters: { path: '/slow' },
				});
				expect(error).toBeUndefined();
				expect(Date.now()).toBe(startedMs);
			});
		});
	});

	it('lets the time-out of a request fire that is never answered, when told of it', async () => {
		await withServer(
			() => {},
			async ({ baseUrl }) => {
				await runInVirtualTime(
					async () => {
						const startedMs = Date.now();
						const { error } = await runNode(pollingHost(baseUrl), pollingType, {
							parameters: { path: '/hang' },
						});
						expect(error).toMatchObject({ httpCode: 'ECONNABORTED' });
						expect(Date.now() - startedMs).toBe(30_000);
					},
					{ unawaited: () => 2 },
				);
			},
		);
	});

	it('runs timers in their order', async () => {
		const events = await runInVirtualTime(async () => {
			const seen: string[] = [];
			const startedMs = Date.now();
			const note = (what: string) => seen.push(`${what} ${Date.now() - startedMs}`);
			const interval = setInterval(() => note('interval'), 400);
			setTimeout(() => note('timeout'), 900);
			await new Promise((resolve) => setTimeout(resolve, 1000));
			clearInterval(interval);
			return seen;
		});
		expect(events).toEqual(['interval 400', 'interval 800', 'timeout 900']);
	});

	it('gives up when nothing can go on any more', async () => {
		await expect(runInVirtualTime(async () => await new Promise(() => {}), { patienceMs: 20 })).rejects.toThrow('Nothing moves');
	});

	it('passes on what the function throws and gives real time back', async () => {
		await expect(
			runInVirtualTime(async () => {
				await new Promise((resolve) => setTimeout(resolve, 1000));
				throw new Error('after a second');
			}),
		).rejects.toThrow('after a second');
		const beforeMs = performance.now();
		await new Promise((resolve) => setTimeout(resolve, 5));
		expect(performance.now() - beforeMs).toBeGreaterThan(3);
	});
});

describe('createVirtualClock', () => {
	it('advances by each sleep and records it', async () => {
		const clock = createVirtualClock({ startMs: 1_000 });
		await clock.sleep(250);
		await clock.sleep(4_000);
		expect(clock.now()).toBe(5_250);
		expect(clock.sleeps).toEqual([250, 4_000]);
	});

	it('rejects with the reason of the signal, before and during a sleep', async () => {
		const stop = new AbortController();
		const clock = createVirtualClock({ onSleep: () => stop.abort(new Error('stopped')) });
		await expect(clock.sleep(1_000, stop.signal)).rejects.toThrow('stopped');
		await expect(clock.sleep(2_000, stop.signal)).rejects.toThrow('stopped');
		expect(clock.sleeps).toEqual([1_000]);
		expect(clock.now()).toBe(0);
	});
});
