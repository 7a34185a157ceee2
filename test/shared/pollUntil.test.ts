import { ProviderError } from '../../nodes/shared/errors';
import type { FailureReason } from '../../nodes/shared/vocabulary';
import {
	automaticAssetIntervalMs,
	automaticTaskIntervalMs,
	type TaskOutlook,
} from '../../nodes/shared/wait/intervals';
import { isTransientFault, isTransientOrNew, pollUntil } from '../../nodes/shared/wait/pollUntil';
import { createVirtualClock } from '../../harness/engine/virtualTime';

const fault = (reason: FailureReason, retryAfterMs?: number) =>
	new ProviderError('it went wrong', { reason, retryAfterMs });

/** A probe that gives these values in order, and the last one from then on. */
function answers(...values: Array<string | Error>) {
	let calls = 0;
	return async () => {
		const value = values[Math.min(calls++, values.length - 1)];
		if (value instanceof Error) throw value;
		return await Promise.resolve(value);
	};
}

const isDone = (value?: string) => value === 'done';
const every10s = { timeoutMs: 60_000, nextIntervalMs: () => 10_000 };

describe('Polling', () => {
	it('pauses before the first check and ends with the settled value', async () => {
		const clock = createVirtualClock();
		const result = await pollUntil(answers('running', 'running', 'done'), isDone, { ...every10s, clock });
		expect(result).toEqual({ settled: true, value: 'done' });
		expect(clock.sleeps).toEqual([10_000, 10_000, 10_000]);
	});

	it('checks before the first pause if told to', async () => {
		const clock = createVirtualClock();
		await pollUntil(answers('done'), isDone, { ...every10s, clock, checkAtOnce: true });
		expect(clock.sleeps).toEqual([]);
	});

	it('shortens the last pause to the deadline, checks once more there and returns the last value', async () => {
		const clock = createVirtualClock();
		const result = await pollUntil(answers('queued', 'running'), isDone, { ...every10s, clock, timeoutMs: 25_000 });
		expect(result).toEqual({ settled: false, value: 'running' });
		expect(clock.sleeps).toEqual([10_000, 10_000, 5_000]);
	});

	it('requests the interval by the time waited so far', async () => {
		const clock = createVirtualClock({ startMs: 1_000_000 });
		const ages: number[] = [];
		await pollUntil(answers('running', 'done'), isDone, {
			clock,
			timeoutMs: 60_000,
			nextIntervalMs: (waitedMs) => (ages.push(waitedMs), 7_000),
		});
		expect(ages).toEqual([0, 7_000]);
	});

	it.each([-3_600_000, 3_600_000])('keeps its rhythm and its deadline when the wall clock steps by %d ms', async (stepMs) => {
		const clock = createVirtualClock({
			onSleep: () => {
				if (clock.sleeps.length === 2) clock.step(stepMs);
			},
		});
		const ages: number[] = [];
		const result = await pollUntil(answers('running'), isDone, {
			clock,
			timeoutMs: 45_000,
			nextIntervalMs: (waitedMs) => (ages.push(waitedMs), 10_000),
		});
		expect(result).toEqual({ settled: false, value: 'running' });
		expect(clock.sleeps).toEqual([10_000, 10_000, 10_000, 10_000, 5_000]);
		expect(ages).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
	});

	it('survives transient faults and resets their count after a success', async () => {
		const clock = createVirtualClock();
		const nine = Array.from({ length: 9 }, () => fault('network'));
		const probe = answers(...nine, 'running', ...nine, 'done');
		const result = await pollUntil(probe, isDone, { ...every10s, timeoutMs: 600_000, clock });
		expect(result).toEqual({ settled: true, value: 'done' });
	});

	it('gives up after ten faults in a row', async () => {
		const clock = createVirtualClock();
		await expect(
			pollUntil(answers(fault('provider')), isDone, { ...every10s, timeoutMs: 600_000, clock }),
		).rejects.toThrow('it went wrong');
		expect(clock.sleeps).toHaveLength(10);
	});

	it.each<FailureReason>(['authentication', 'permission', 'notFound', 'input', 'quota', 'moderation'])(
		'gives up at once on a fault of kind %s',
		async (reason) => {
			const clock = createVirtualClock();
			await expect(pollUntil(answers(fault(reason)), isDone, { ...every10s, clock })).rejects.toThrow();
			expect(clock.sleeps).toHaveLength(1);
		},
	);

	it('gives up at once on an error that is not from the provider', async () => {
		const clock = createVirtualClock();
		await expect(pollUntil(answers(new TypeError('a bug')), isDone, { ...every10s, clock })).rejects.toThrow('a bug');
	});

	it('waits as long as Retry-After says, once', async () => {
		const clock = createVirtualClock();
		await pollUntil(answers(fault('rateLimit', 33_000), 'running', 'done'), isDone, { ...every10s, timeoutMs: 90_000, clock });
		expect(clock.sleeps).toEqual([10_000, 33_000, 10_000]);
	});

	it('ends as soon as the signal aborts', async () => {
		const stop = new AbortController();
		const clock = createVirtualClock({ onSleep: () => stop.abort(new Error('stopped')) });
		const probe = jest.fn(answers('running'));
		await expect(pollUntil(probe, isDone, { ...every10s, clock, signal: stop.signal })).rejects.toThrow('stopped');
		expect(probe).not.toHaveBeenCalled();
	});

	it('ends when the signal aborts during a check', async () => {
		const stop = new AbortController();
		const clock = createVirtualClock();
		const probe = async () => {
			stop.abort(new Error('stopped'));
			return await Promise.resolve('done');
		};
		await expect(pollUntil(probe, isDone, { ...every10s, clock, signal: stop.signal })).rejects.toThrow('stopped');
	});

	it('ends when the signal aborts although the check ignores it, as in n8n 1', async () => {
		const stop = new AbortController();
		const clock = createVirtualClock();
		const probe = async () => {
			stop.abort(new Error('stopped'));
			return await new Promise<string>(() => {});
		};
		await expect(pollUntil(probe, isDone, { ...every10s, clock, signal: stop.signal })).rejects.toThrow('stopped');
	});
});

describe('A new task or asset', () => {
	it.each([
		['notFound', 0, true],
		['notFound', 29_999, true],
		['notFound', 30_000, false],
		['network', 3_600_000, true],
		['authentication', 0, false],
	] as const)('may answer %s at the age of %d ms: %p', (reason, ageMs, expected) => {
		expect(isTransientOrNew(fault(reason), ageMs)).toBe(expected);
	});

	it('is the only one that may be unknown', () => {
		expect(isTransientFault(fault('notFound'))).toBe(false);
	});
});

describe('Automatic interval', () => {
	/** The times of the checks of a task with this duration, as its age in seconds. */
	const checksOf = (lengthSeconds: number, outlook: TaskOutlook = {}) => {
		const checks: number[] = [];
		for (let ageMs = 0; ageMs < lengthSeconds * 1000; checks.push(ageMs / 1000)) {
			ageMs += automaticTaskIntervalMs(ageMs, outlook);
		}
		return checks;
	};
	const lagSeconds = (lengthSeconds: number, outlook?: TaskOutlook) =>
		(checksOf(lengthSeconds, outlook).at(-1) ?? Infinity) - lengthSeconds;
	const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length;
	const jitters = Array.from({ length: 21 }, (_, index) => 0.9 + index / 100);
	/** Every jitter that `waitForVideoTask` can derive from a task ID. */
	const everyJitter = Array.from({ length: 1009 }, (_, index) => 0.9 + (index / 1009) * 0.2);
	/** The mean over tasks with different jitter. */
	const meanLag = (length: number, outlook?: TaskOutlook) =>
		mean(jitters.map((jitter) => lagSeconds(length, { ...outlook, jitter })));
	const maxChecks = (length: number, outlook?: TaskOutlook) =>
		Math.max(...jitters.map((jitter) => checksOf(length, { ...outlook, jitter }).length));
	const from = (first: number, last: number, step = 1) =>
		Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);

	it('sees the end of tasks of 30 s to 15 min within 5 % of their duration, on average for each duration', () => {
		const shares = from(30, 900).map((length) => meanLag(length) / length);
		expect(Math.max(...shares)).toBeLessThan(0.05);
		expect(mean(shares)).toBeLessThan(0.025);
	});

	it('sees the end of 47 seconds within 2 s on average, and at the worst moment within 4.1 s', () => {
		for (const length of from(46, 48, 0.1)) expect(meanLag(length)).toBeLessThan(2.5);
		expect(meanLag(47)).toBeLessThan(2);
		const lags = from(46, 48, 0.1).flatMap((length) => jitters.map((jitter) => lagSeconds(length, { jitter })));
		expect(Math.max(...lags)).toBeLessThan(4.1);
	});

	it('at the worst moment sees the end of any task within a tenth of its duration', () => {
		for (const length of from(37, 900)) {
			for (const jitter of jitters) expect(lagSeconds(length, { jitter }) / length).toBeLessThan(0.1);
		}
	});

	it.each([47, 300])('checks less often and sees the end of %d s sooner when it knows how long earlier tasks took', (length) => {
		const expected = { minMs: length * 950, maxMs: length * 1050 };
		expect(checksOf(length, { expected }).length).toBeLessThan(checksOf(length).length);
		const lengths = Array.from({ length: 21 }, (_, index) => length * (0.95 + index / 200));
		const meanLagOfAll = (outlook?: TaskOutlook) => mean(lengths.map((one) => meanLag(one, outlook)));
		expect(meanLagOfAll({ expected })).toBeLessThan(meanLagOfAll() * 0.8);
	});

	it('begins to check often on time, however long the pause before would have been', () => {
		for (const length of from(60, 900, 20)) {
			const expected = { minMs: length * 1000, maxMs: length * 1000 };
			const firstCloseCheck = everyJitter.map(
				(jitter) => checksOf(length, { expected, jitter }).find((at) => at >= length * 0.85) ?? Infinity,
			);
			// An earlier check may delay it by the minimum pause.
			expect(Math.max(...firstCloseCheck)).toBeLessThanOrEqual(length * 0.85 + 5);
			const lags = everyJitter.map((jitter) => lagSeconds(length, { expected, jitter }));
			expect(Math.max(...lags)).toBeLessThan(Math.max(length * 0.046, 2.75));
		}
	});

	it('never checks more often than allowed because of how long earlier tasks took', () => {
		for (const shortest of from(22, 900, 6)) {
			for (const ratio of [1, 1.1, 1.2, 1.25, 1.3, 2, 10]) {
				const expected = { minMs: shortest * 1000, maxMs: shortest * ratio * 1000 };
				expect(maxChecks(47, { expected })).toBeLessThanOrEqual(12);
				expect(maxChecks(300, { expected })).toBeLessThanOrEqual(40);
			}
		}
	});

	it('still sees the end of a task that is much quicker than earlier ones within an eighth of its duration', () => {
		const expected = { minMs: 600_000, maxMs: 600_000 };
		const lengths = Array.from({ length: 271 }, (_, index) => 30 + index);
		const shares = lengths.map((length) => lagSeconds(length, { expected }) / length);
		expect(mean(shares)).toBeLessThan(0.125);
	});

	it('checks twice as often when the task is nearly done', () => {
		expect(automaticTaskIntervalMs(100_000, { progressPercent: 94 })).toBe(8_000);
		expect(automaticTaskIntervalMs(100_000, { progressPercent: 95 })).toBe(4_000);
	});

	it.each([47, 300])('checks many together more often, and with fewer requests than one by one: tasks of %d s', (length) => {
		const alone = checksOf(length).length;
		expect(checksOf(length, { checkedTogether: 2 })).toHaveLength(alone);
		for (const tasks of from(2, 100)) {
			// The one that is checked most often decides for all.
			expect(maxChecks(length, { checkedTogether: tasks })).toBeLessThan(tasks * alone * 0.75);
		}
		expect(maxChecks(length, { checkedTogether: 100 })).toBeLessThanOrEqual((100 * alone) / 20);
		expect(meanLag(length, { checkedTogether: 100 })).toBeLessThan(meanLag(length) * 0.5);
	});

	it('checks at most 12 times for 47 seconds and 40 times for 5 minutes', () => {
		for (const length of from(30, 47)) expect(maxChecks(length)).toBeLessThanOrEqual(12);
		for (const length of from(48, 300)) expect(maxChecks(length)).toBeLessThanOrEqual(40);
		expect(checksOf(47)[0]).toBe(22);
	});

	it('never pauses longer than 20 s for a task and 10 s for an asset', () => {
		expect(automaticTaskIntervalMs(3_600_000)).toBe(20_000);
		expect(automaticAssetIntervalMs(3_600_000)).toBe(10_000);
		expect(automaticAssetIntervalMs(0)).toBe(2_000);
	});
});
