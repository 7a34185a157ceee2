/** Runs work as soon as the limit allows; settles as the work does. */
export type Limiter = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** @returns a limiter that runs at most `limit` pieces of work at once; the others wait in a queue, first in, first out */
export function limiter(limit: number): Limiter {
	let free = limit;
	const queue: Array<() => void> = [];
	return async (work) => {
		if (free > 0) free--;
		else await new Promise<void>((enter) => queue.push(enter));
		return await work().finally(() => {
			const next = queue.shift();
			if (next) next();
			else free++;
		});
	};
}

/** @returns the results in the order of the inputs, of which at most `limit` are worked on at once */
export async function mapWithin<Input, Output>(
	limit: number,
	inputs: readonly Input[],
	work: (input: Input) => Promise<Output>,
): Promise<Output[]> {
	const inFlight = limiter(limit);
	return await Promise.all(inputs.map(async (input) => await inFlight(async () => await work(input))));
}

/**
 * A limiter for each key, such as a host or an account, so that one that hangs does not delay the others. It is
 * kept only while work of its key is running or queued.
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
