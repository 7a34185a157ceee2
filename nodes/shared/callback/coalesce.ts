/**
 * Calls about the same thing mostly come together: while one looks, the others only make it look once more
 * if it finds that it is still open.
 * @returns a function whose `key` is what a call is about, and whose `look` brings undefined while that is
 *          open; `isFirst: false` tells a call that another one looks, and brings what that will find
 */
export function coalesce<Result>() {
	const underWay = new Map<string, { calls: number; result: Promise<Result | undefined> }>();
	return (key: string, look: () => Promise<Result | undefined>) => {
		const looking = underWay.get(key);
		if (looking) {
			looking.calls += 1;
			return { isFirst: false, result: looking.result };
		}
		const callsSoFar = () => underWay.get(key)?.calls ?? 1;
		const checkUntilNobodyJoins = async () => {
			try {
				for (;;) {
					const before = callsSoFar();
					const found = await look();
					if (found !== undefined || callsSoFar() === before) return found;
				}
			} finally {
				// In the same step, so that no call can join a look that is over.
				underWay.delete(key);
			}
		};
		// It looks after this step, when its entry is there.
		const result = Promise.resolve().then(checkUntilNobodyJoins);
		underWay.set(key, { calls: 1, result });
		return { isFirst: true, result };
	};
}
