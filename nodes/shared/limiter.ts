export type Limiter = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Lets at most `limit` pieces of work be under way at once; the others wait in a queue. */
export function limiter(limit: number): Limiter {
	let free = limit;
	const line: Array<() => void> = [];
	return async (work) => {
		if (free > 0) free--;
		else await new Promise<void>((enter) => line.push(enter));
		return await work().finally(() => {
			const next = line.shift();
			if (next) next();
			else free++;
		});
	};
}

/**
 * A limiter for each key, such as a host or an account, so that one that hangs holds up no other. It is kept
 * only while work of its key is under way or waits.
 */
export function keyedLimiter(limit: number): (key: string) => Limiter {
	const limiters = new Map<string, { enter: Limiter; entries: number }>();
	return (key) => async (work) => {
		const entry = limiters.get(key) ?? { enter: limiter(limit), entries: 0 };
		limiters.set(key, entry);
		entry.entries++;
		return await entry.enter(work).finally(() => {
			entry.entries--;
			if (entry.entries === 0) limiters.delete(key);
		});
	};
}
