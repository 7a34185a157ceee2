/**
 * A queue for requests that the provider refuses for lack of capacity, such as too many concurrent tasks. Only the
 * head of the queue retries, and its time limit starts anew whenever a request is admitted.
 */
export class CapacityQueue {
	/** In milliseconds of the monotonic clock. */
	private lastAdmittedAtMs = 0;
	private isHeadTaken = false;
	private readonly waiting: Array<() => void> = [];

	/**
	 * Resolves when the request is the head of the queue. It has to `leave`, whether it is admitted or fails.
	 * @param begunAtMs of the request, in milliseconds of the monotonic clock
	 */
	async enter(begunAtMs: number): Promise<HeadOfQueue> {
		if (this.isHeadTaken) await new Promise<void>((becomeHead) => this.waiting.push(becomeHead));
		this.isHeadTaken = true;
		return {
			sinceMs: Math.max(begunAtMs, this.lastAdmittedAtMs),
			admit: (nowMs) => void (this.lastAdmittedAtMs = nowMs),
			leave: () => {
				const next = this.waiting.shift();
				if (next) next();
				else this.isHeadTaken = false;
			},
		};
	}
}

export interface HeadOfQueue {
	/** Since when the time limit of this request counts, in milliseconds of the monotonic clock. */
	sinceMs: number;
	admit(nowMs: number): void;
	leave(): void;
}
