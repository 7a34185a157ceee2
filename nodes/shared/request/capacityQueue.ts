/**
 * Requests that the provider refuses for lack of room, such as too many tasks at a time. They queue up, only the
 * first one asks again, and each of them may wait for so long since the last one was admitted.
 */
export class CapacityQueue {
	/** By the monotonic clock, in milliseconds. */
	private lastAdmittedAtMs = 0;
	private isHeadTaken = false;
	private readonly waiting: Array<() => void> = [];

	/** Resolves when the request has become the first one of the queue. It must leave, whatever becomes of it. */
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
	/** Since when this request waits for room, by the monotonic clock. */
	sinceMs: number;
	admit(nowMs: number): void;
	leave(): void;
}
