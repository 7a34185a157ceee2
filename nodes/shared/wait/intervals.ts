/** How long to pause before the next look, by the age of what is waited for. Milliseconds. */

/** No generation is done sooner, but a refusal by moderation may be. */
const firstTaskCheckMs = 12_000;
const shortestTaskIntervalMs = 3_000;
const longestTaskIntervalMs = 15_000;
/** A tenth of the age keeps the mean delay after the end near 5 % of the job's length. */
const taskIntervalPerAge = 0.1;

export function automaticTaskIntervalMs(ageMs: number): number {
	const untilFirstCheckMs = firstTaskCheckMs - ageMs;
	return Math.max(
		untilFirstCheckMs,
		clamp(ageMs * taskIntervalPerAge, shortestTaskIntervalMs, longestTaskIntervalMs),
	);
}

/** Assets are usually ready within seconds. */
export function automaticAssetIntervalMs(ageMs: number): number {
	return clamp(ageMs * 0.2, 2_000, 10_000);
}

function clamp(value: number, min: number, max: number): number {
	return Math.min(Math.max(value, min), max);
}
