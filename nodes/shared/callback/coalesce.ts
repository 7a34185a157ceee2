import { type Deadline, withDeadline } from '../clock';

interface Entry<Result> {
	callers: number;
	result: Promise<Result | undefined>;
}

/**
 * Coalesces concurrent checks with the same key: callers that arrive during a check share its result, and if
 * that is undefined, for "still open", the check runs once more for them. All of it has one deadline.
 */
export function coalesce<Result>(deadline: Deadline) {
	const underWay = new Map<string, Entry<Result>>();
	return {
		/** @returns what the check that is under way will find; undefined if none is */
		join(key: string): Promise<Result | undefined> | undefined {
			const entry = underWay.get(key);
			if (entry) entry.callers++;
			return entry?.result;
		},

		/**
		 * Begins a check; nothing must be awaited between `join` and this.
		 * @throws (the promise) what the check throws, or that it took too long
		 */
		async start(
			key: string,
			check: (signal: AbortSignal) => Promise<Result | undefined>,
		): Promise<Result | undefined> {
			// In the step in which the last check ends, so that no caller joins one that is over.
			const end = () => {
				if (underWay.get(key) === entry) underWay.delete(key);
			};
			const checkUntilNobodyJoins = async (signal: AbortSignal) => {
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
				// After this step, when its entry is there.
				result: Promise.resolve()
					.then(async () => await withDeadline(deadline, checkUntilNobodyJoins))
					.finally(end),
			};
			underWay.set(key, entry);
			return await entry.result;
		},
	};
}
