/**
 * Bytes of a megabyte in every limit, setting and message. The documents write "MB" and none says whether that is
 * 1,000,000 or 1,048,576 bytes. This is the larger reading: our checks must not refuse what a document may allow, and
 * the provider decides about what lies between.
 */
export const megabyte = 1024 * 1024;

/**
 * The allowed range of a number, as a document states it. `min` and `max` are inclusive: "2–15 s", "≤ 50 MB",
 * [0.4, 2.5]. `above` and `below` are exclusive: "< 30 MB", (0.4, 2.5). An absent end is unlimited.
 */
export interface Interval {
	min?: number;
	above?: number;
	max?: number;
	below?: number;
}

export function isWithin(
	value: number,
	{ min = -Infinity, above = -Infinity, max = Infinity, below = Infinity }: Interval,
): boolean {
	return value >= min && value > above && value <= max && value < below;
}

/** @returns e.g. "2–15", "more than 0.4 and less than 2.5", "up to 50", "less than 30" */
export function describeInterval({ min, above, max, below }: Interval, unitSize = 1): string {
	if (min !== undefined && max !== undefined) return `${min / unitSize}–${max / unitSize}`;
	const ends = [
		min !== undefined && `at least ${min / unitSize}`,
		above !== undefined && `more than ${above / unitSize}`,
		max !== undefined && `up to ${max / unitSize}`,
		below !== undefined && `less than ${below / unitSize}`,
	];
	return ends.filter((end) => end !== false).join(' and ');
}

const maxDecimals = 9;

/** @returns a number outside an interval, rounded to three decimals, or to as many as keep it outside */
export function roundedOutside(value: number, interval: Interval, unitSize = 1): number {
	for (let decimals = 3; decimals < maxDecimals; decimals++) {
		const rounded = Number((value / unitSize).toFixed(decimals));
		if (!isWithin(rounded * unitSize, interval)) return rounded;
	}
	return value / unitSize;
}
