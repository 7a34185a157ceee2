/**
 * A megabyte, wherever a limit, a setting or a message has one. The documents write "MB" and none says
 * whether it is 1,000,000 bytes or 1,048,576. This is the larger reading: a check of ours must refuse
 * nothing that a document may allow, and what lies between the two is left to the provider.
 */
export const megabyte = 1024 * 1024;

/**
 * What a number may be, as a document writes it. `min` and `max` are allowed themselves: "2–15 s", "≤ 50 MB",
 * [0.4, 2.5]. `above` and `below` are not: "< 30 MB", (0.4, 2.5). An end that is absent is open.
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

/** @returns a number outside an interval with as few decimals as leave it outside, three if that is enough */
export function roundedOutside(value: number, interval: Interval, unitSize = 1): number {
	for (let decimals = 3; decimals < maxDecimals; decimals++) {
		const rounded = Number((value / unitSize).toFixed(decimals));
		if (!isWithin(rounded * unitSize, interval)) return rounded;
	}
	return value / unitSize;
}
