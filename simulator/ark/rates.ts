/** Counts calls in a window that ends now. Refused calls do not count. */
export class RateLimit {
	private readonly atMs = new Map<string, number[]>();

	constructor(
		private readonly max: number,
		private readonly windowMs: number,
		private readonly now: () => number,
	) {}

	/** @returns false when the call is one too many */
	take(who: string): boolean {
		const nowMs = this.now();
		const recent = (this.atMs.get(who) ?? []).filter((atMs) => nowMs - atMs < this.windowMs);
		const isFree = recent.length < this.max;
		if (isFree) recent.push(nowMs);
		this.atMs.set(who, recent);
		return isFree;
	}
}

export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
