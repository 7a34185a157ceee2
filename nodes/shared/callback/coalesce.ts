import { type Deadline, withDeadline } from '../clock';

interface Entry<Result> {
	callers: number;
	result: Promise<Result | undefined>;
}

/**
 * Coalesces concurrent checks with the same key: callers that arrive during a check share its result, and if
 * that is undefined ("still open"), the check runs once more for them. One deadline covers all of it.
 */
export function coalesce<Result>(deadline: Deadline) {
	const inFlight = new Map<string, Entry<Result>>();
	return {
		/** @returns the result of the check that is in flight; undefined if none is */
		join(key: string): Promise<Result | undefined> | undefined {
			const entry = inFlight.get(key);
			if (entry) entry.callers++;
			return entry?.result;
		},

		/**
		 * Starts a check. Do not await anything between `join` and this.
		 * @returns a promise that rejects with what the check throws, or when the deadline has passed
		 */
		async start(
			key: string,
			check: (signal: AbortSignal) => Promise<Result | undefined>,
		): Promise<Result | undefined> {
			// In the same step in which the last check ends, so that no caller joins one that is over.
			const end = () => {
				if (inFlight.get(key) === entry) inFlight.delete(key);
			};
			const checkUntilNoneJoined = async (signal: AbortSignal) => {
				try {
					for (;;) {
						const { callers } = entry;
						const found = await check(signal);
						if (found !== undefined || entry.callers === callers || signal.aborted) return found;
					}
				} finally {
					end();
				}
			};
			const entry: Entry<Result> = {
				callers: 1,
				// In the next step, when the entry is in the map.
				result: Promise.resolve()
					.then(async () => await withDeadline(deadline, checkUntilNoneJoined))
					.finally(end),
			};
			inFlight.set(key, entry);
			return await entry.result;
		},
	};
}
