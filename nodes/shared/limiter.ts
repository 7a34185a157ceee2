export type Limiter = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Lets at most `limit` pieces of work be under way at once; the others wait in line. */
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
