/** A task as the queue of its model sees it. */
export interface QueuedTask {
	id: string;
	priority: number;
	createdAtMs: number;
	/** When it may begin if a place is free. */
	readyAtMs: number;
	cancelledAtMs?: number;
	expiresAtMs: number;
	/** Infinity for one that never ends. */
	runMs: number;
}

/**
 * When each task begins if only so many run at once: by priority, then by age.
 * @returns without those that were cancelled or expired before their turn
 */
export function startTimes(tasks: readonly QueuedTask[], maxRunning: number): Map<string, number> {
	const starts = new Map<string, number>();
	const freeAtMs = Array.from({ length: Math.min(maxRunning, tasks.length) }, () => -Infinity);
	let waiting = [...tasks];
	while (waiting.length > 0) {
		const place = freeAtMs.indexOf(Math.min(...freeAtMs));
		const atMs = Math.max(freeAtMs[place] ?? Infinity, Math.min(...waiting.map(({ readyAtMs }) => readyAtMs)));
		if (atMs === Infinity) break;
		waiting = waiting.filter(({ cancelledAtMs = Infinity, expiresAtMs }) => Math.min(cancelledAtMs, expiresAtMs) > atMs);
		const [next] = waiting
			.filter(({ readyAtMs }) => readyAtMs <= atMs)
			.sort((one, other) => other.priority - one.priority || one.createdAtMs - other.createdAtMs);
		if (!next) continue;
		waiting = waiting.filter((task) => task !== next);
		starts.set(next.id, atMs);
		freeAtMs[place] = Math.min(atMs + next.runMs, next.expiresAtMs);
	}
	return starts;
}
