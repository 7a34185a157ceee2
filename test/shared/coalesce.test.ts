import { coalesce } from '../../nodes/shared/callback/coalesce';
import type { Clock } from '../../nodes/shared/clock';

describe('Concurrent callers with the same key', () => {
	/** A clock whose sleeps end when the test ends them. */
	const stoppedClock = () => {
		const timers: Array<() => void> = [];
		const clock: Clock = {
			now: () => 0,
			monotonicMs: () => 0,
			sleep: async (_durationMs, signal) =>
				await new Promise((resolve, reject) => {
					timers.push(resolve);
					signal?.addEventListener('abort', () => reject(new Error('woken')));
				}),
		};
		return { clock, timers };
	};
	/** Ends a check, whose result is that of the moment when it began. */
	const lab = () => {
		const ends: Array<(found?: string) => void> = [];
		const { clock, timers } = stoppedClock();
		const checks = coalesce<string>({ clock, timeoutMs: 60_000, what: 'Asking' });
		const signals: AbortSignal[] = [];
		const call = (key = 'execution') => {
			const joined = checks.join(key);
			const result =
				joined ??
				checks.start(key, async (signal) => {
					signals.push(signal);
					return await new Promise((resolve) => ends.push(resolve));
				});
			return { hasJoined: joined !== undefined, result };
		};
		return { ends, call, checks, timers, signals };
	};

	it('check once', async () => {
		const { ends, call } = lab();
		const calls = [call(), call(), call()];
		await flushPromises();
		ends[0]?.('all ended');
		expect(await Promise.all(calls.map(async ({ result }) => await result))).toEqual(Array(3).fill('all ended'));
		expect(calls.map(({ hasJoined }) => hasJoined)).toEqual([false, true, true]);
		expect(ends).toHaveLength(1);
	});

	it('check once more if one joined during a check that found nothing', async () => {
		const { ends, call } = lab();
		const first = call();
		await flushPromises();
		call();
		call();
		ends[0]?.();
		await flushPromises();
		expect(ends).toHaveLength(2);
		ends[1]?.('all ended');
		expect(await first.result).toBe('all ended');
	});

	it('check again after a check that failed', async () => {
		const { checks } = lab();
		const failed = checks.start('execution', async () => await Promise.reject(new Error('no answer')));
		await expect(failed).rejects.toThrow('no answer');
		expect(checks.join('execution')).toBeUndefined();
		expect(await checks.start('execution', async () => await Promise.resolve('all ended'))).toBe('all ended');
	});

	it('do not wait for those with another key', () => {
		const { call } = lab();
		expect([call('one'), call('other')].map(({ hasJoined }) => hasJoined)).toEqual([false, false]);
	});

	it.each([...Array(12).keys()])('never join a check that is over (%i steps later)', async (steps) => {
		const { ends, call } = lab();
		call();
		await flushPromises();
		ends[0]?.();
		for (let step = 0; step < steps; step++) await Promise.resolve();
		call();
		await flushPromises();
		// A caller that arrives after the first check starts another one.
		expect(ends).toHaveLength(2);
	});

	it('wait no longer than the deadline for a check that never ends, and the next one starts a new check', async () => {
		const { call, checks, timers, signals } = lab();
		const calls = [call(), call()];
		const outcomes = Promise.allSettled(calls.map(async ({ result }) => await result));
		await flushPromises();
		timers[0]?.();
		const reason = expect.objectContaining({ message: 'Asking took longer than 60 s' });
		expect(await outcomes).toEqual([
			{ status: 'rejected', reason },
			{ status: 'rejected', reason },
		]);
		expect(signals[0]?.aborted).toBe(true);
		expect(checks.join('execution')).toBeUndefined();
		expect(call().hasJoined).toBe(false);
	});

	it('that keep arriving do not postpone the deadline', async () => {
		const { ends, call, timers } = lab();
		const { result } = call();
		const outcome = result.catch((error: unknown) => String(error));
		for (let round = 0; round < 3; round++) {
			await flushPromises();
			call();
			ends[round]?.();
		}
		await flushPromises();
		expect(ends).toHaveLength(4);
		expect(timers).toHaveLength(1);
		timers[0]?.();
		expect(await outcome).toContain('took longer than 60 s');
	});
});

/** Resolves when all pending promise callbacks have run. */
const flushPromises = async () => await new Promise((resolve) => setImmediate(resolve));
