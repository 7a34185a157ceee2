/** How long to pause before the next check, by the age of the task or asset. Milliseconds. */

/** How long earlier tasks of the same kind took. */
export interface ExpectedDuration {
	minMs: number;
	maxMs: number;
}

export interface TaskOutlook {
	expected?: ExpectedDuration;
	progressPercent?: number;
	/** A factor around 1 that differs from task to task, so that many are not checked at the same moment. */
	jitter?: number;
	/** How many tasks, this one included, are checked by the same request. */
	checkedTogether?: number;
}

/** No generation takes less time. */
const firstTaskCheckMs = 22_000;
const minTaskIntervalMs = 2_500;
const maxTaskIntervalMs = 20_000;
const minTooEarlyIntervalMs = 5_000;
const maxTooEarlyIntervalMs = 60_000;
/**
 * Intervals as shares of the age. The usual one keeps the mean delay after the end below 5 % of the duration of any
 * task. With expected durations, checks are rare before the expected end and frequent around it.
 */
const intervalPerAge = { usual: 0.08, tooEarly: 0.25, aroundTheEnd: 0.04 };
/** Earlier tasks whose durations differ more do not predict the end well enough. */
const maxExpectationRatio = 1.25;
const nearlyDonePercent = 95;
/** What one request costs is shared, so tasks that are checked together can be checked more often: by so much at most, */
const maxTimesMoreOften = 3;
/** and by once more for so many of them. Together they still need fewer requests than one by one. */
const tasksPerTime = 4;
const minIntervalNearTheEndMs = 2_250;

/** @returns milliseconds until the next check of a task of this age */
export function automaticTaskIntervalMs(
	ageMs: number,
	{ expected, progressPercent = 0, jitter = 1, checkedTogether = 1 }: TaskOutlook = {},
): number {
	const share = expected ? intervalPerAge[phase(ageMs, expected)] : intervalPerAge.usual;
	const isTooEarly = share === intervalPerAge.tooEarly;
	const isNearTheEnd = share === intervalPerAge.aroundTheEnd || progressPercent >= nearlyDonePercent;
	const maxIntervalMs = isTooEarly ? maxTooEarlyIntervalMs : maxTaskIntervalMs;
	const minIntervalMs = isTooEarly
		? minTooEarlyIntervalMs
		: isNearTheEnd
			? minIntervalNearTheEndMs
			: minTaskIntervalMs;
	const divisor = progressPercent >= nearlyDonePercent ? 2 : 1;
	const timesMoreOften = clamp(checkedTogether / tasksPerTime, 1, maxTimesMoreOften);
	const intervalMs = (clamp((ageMs * share) / divisor, minIntervalMs, maxIntervalMs) * jitter) / timesMoreOften;
	// A longer pause could miss the end of a task that takes as long as the earlier ones.
	const untilNotTooEarlyMs = expected && isTooEarly ? notTooEarlyMs(expected) - ageMs : Infinity;
	return Math.max(firstTaskCheckMs - ageMs, Math.min(intervalMs, Math.max(untilNotTooEarlyMs, minIntervalMs)));
}

/** The age at which tasks of this kind may soon be done. */
const notTooEarlyMs = ({ minMs }: ExpectedDuration) => minMs * 0.85;

function phase(ageMs: number, expected: ExpectedDuration) {
	const { minMs, maxMs } = expected;
	if (ageMs < notTooEarlyMs(expected)) return 'tooEarly';
	const isNarrow = maxMs <= minMs * maxExpectationRatio;
	return isNarrow && ageMs < maxMs * 1.15 ? 'aroundTheEnd' : 'usual';
}

/** @returns milliseconds until the next check of an asset, which is usually ready within seconds */
export function automaticAssetIntervalMs(ageMs: number): number {
	return clamp(ageMs * 0.2, 2_000, 10_000);
}

function clamp(value: number, min: number, max: number): number {
	return Math.min(Math.max(value, min), max);
}
