/** How long to pause before the next look, by the age of what is waited for. Milliseconds. */

/** How long earlier tasks of the same kind took. */
export interface ExpectedDuration {
	shortestMs: number;
	longestMs: number;
}

export interface TaskOutlook {
	expected?: ExpectedDuration;
	progressPercent?: number;
	/** About 1; differs from task to task, so that many do not ask at the same moment. */
	jitter?: number;
}

/** No generation is done sooner. */
const firstTaskCheckMs = 22_000;
const minTaskIntervalMs = 2_500;
const maxTaskIntervalMs = 20_000;
const minTooEarlyIntervalMs = 5_000;
const maxTooEarlyIntervalMs = 60_000;
/**
 * Shares of the age. The usual one keeps the mean delay after the end below 5 % of any length of a
 * task; the others look closely when earlier tasks were done, and rarely before.
 */
const intervalPerAge = { usual: 0.08, tooEarly: 0.25, aroundTheEnd: 0.04 };
/** Earlier tasks that differ more do not tell where to look closely. */
const maxExpectationRatio = 1.25;
const nearlyDonePercent = 95;
const minIntervalNearTheEndMs = 2_250;

export function automaticTaskIntervalMs(
	ageMs: number,
	{ expected, progressPercent = 0, jitter = 1 }: TaskOutlook = {},
): number {
	const share = expected ? intervalPerAge[phase(ageMs, expected)] : intervalPerAge.usual;
	const isTooEarly = share === intervalPerAge.tooEarly;
	const isNearTheEnd = share === intervalPerAge.aroundTheEnd || progressPercent >= nearlyDonePercent;
	const longestMs = isTooEarly ? maxTooEarlyIntervalMs : maxTaskIntervalMs;
	const shortestMs = isTooEarly
		? minTooEarlyIntervalMs
		: isNearTheEnd
			? minIntervalNearTheEndMs
			: minTaskIntervalMs;
	const sooner = progressPercent >= nearlyDonePercent ? 2 : 1;
	const intervalMs = clamp((ageMs * share) / sooner, shortestMs, longestMs) * jitter;
	// A pause that led over it would miss the end of a task that takes as long as the others.
	const untilNotTooEarlyMs = expected && isTooEarly ? notTooEarlyMs(expected) - ageMs : Infinity;
	return Math.max(firstTaskCheckMs - ageMs, Math.min(intervalMs, Math.max(untilNotTooEarlyMs, shortestMs)));
}

/** The age at which tasks of this kind may soon be done. */
const notTooEarlyMs = ({ shortestMs }: ExpectedDuration) => shortestMs * 0.85;

function phase(ageMs: number, expected: ExpectedDuration) {
	const { shortestMs, longestMs } = expected;
	if (ageMs < notTooEarlyMs(expected)) return 'tooEarly';
	const isNarrow = longestMs <= shortestMs * maxExpectationRatio;
	return isNarrow && ageMs < longestMs * 1.15 ? 'aroundTheEnd' : 'usual';
}

/** Assets are usually ready within seconds. */
export function automaticAssetIntervalMs(ageMs: number): number {
	return clamp(ageMs * 0.2, 2_000, 10_000);
}

function clamp(value: number, min: number, max: number): number {
	return Math.min(Math.max(value, min), max);
}
