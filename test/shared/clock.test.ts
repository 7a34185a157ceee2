import { systemClock, withDeadline } from '../../nodes/shared/clock';

describe('System clock', () => {
	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	it('sleeps as long as it should', async () => {
		const startMs = systemClock.now();
		const slept = systemClock.sleep(5_000).then(() => systemClock.now() - startMs);
		await jest.advanceTimersByTimeAsync(5_000);
		expect(await slept).toBe(5_000);
	});

	it('sleeps longer than one timer can hold', async () => {
		const dayMs = 24 * 60 * 60_000;
		let isAwake = false;
		const slept = systemClock.sleep(30 * dayMs).then(() => (isAwake = true));
		await jest.advanceTimersByTimeAsync(30 * dayMs - 1);
		expect(isAwake).toBe(false);
		await jest.advanceTimersByTimeAsync(1);
		await slept;
	});

	it('wakes up from such a sleep when the signal aborts', async () => {
		const stop = new AbortController();
		const slept = expect(systemClock.sleep(Infinity, stop.signal)).rejects.toThrow('stopped');
		await jest.advanceTimersByTimeAsync(2 ** 32);
		stop.abort(new Error('stopped'));
		await slept;
	});

	it('wakes up with the reason of the signal at the moment it aborts', async () => {
		const stop = new AbortController();
		const slept = expect(systemClock.sleep(600_000, stop.signal)).rejects.toThrow();
		stop.abort(new Error('stopped'));
		await slept;
		expect(systemClock.now()).toBe(Date.now());
	});

	it('does not begin to sleep on a signal that has aborted', async () => {
		await expect(systemClock.sleep(1, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
		expect(jest.getTimerCount()).toBe(0);
	});

	it('leaves no listener behind', async () => {
		const { signal } = new AbortController();
		const remove = jest.spyOn(signal, 'removeEventListener');
		const slept = systemClock.sleep(1_000, signal);
		await jest.advanceTimersByTimeAsync(1_000);
		await slept;
		expect(remove).toHaveBeenCalledWith('abort', expect.any(Function));
	});
});

describe('A deadline', () => {
	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	const deadline = { clock: systemClock, timeoutMs: 30_000, what: 'Reading the credential' };

	it('ends the wait for work that never ends, and aborts its signal', async () => {
		let given: AbortSignal | undefined;
		const result = expect(
			withDeadline(deadline, async (signal) => {
				given = signal;
				return await new Promise<never>(() => {});
			}),
		).rejects.toThrow('Reading the credential took longer than 30 s');
		await jest.advanceTimersByTimeAsync(30_000);
		await result;
		expect(given?.aborted).toBe(true);
	});

	it('does not fire after the work has ended', async () => {
		let given: AbortSignal | undefined;
		const work = async (signal: AbortSignal) => {
			given = signal;
			return await Promise.resolve('read');
		};
		expect(await withDeadline(deadline, work)).toBe('read');
		expect(jest.getTimerCount()).toBe(0);
		await jest.advanceTimersByTimeAsync(60_000);
		expect(given?.aborted).toBe(false);
	});
});

describe('System clock on n8n before 2.35, whose sleep ignores the signal', () => {
	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	it('wakes up nevertheless', async () => {
		jest.resetModules();
		jest.doMock('n8n-workflow', () => ({
			sleep: async (durationMs: number) => await new Promise((resolve) => setTimeout(resolve, durationMs)),
		}));
		const { systemClock: oldClock } = await import('../../nodes/shared/clock');
		const stop = new AbortController();
		const slept = expect(oldClock.sleep(600_000, stop.signal)).rejects.toThrow('stopped');
		stop.abort(new Error('stopped'));
		await slept;
		jest.dontMock('n8n-workflow');
	});
});
