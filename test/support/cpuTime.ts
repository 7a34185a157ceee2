/**
 * Begins to count the time that this process computes, which a machine that is busy with other work does not lengthen.
 * @returns what gives it so far, in milliseconds
 */
export function startCpuTime(): () => number {
	const start = process.cpuUsage();
	return () => {
		const { user, system } = process.cpuUsage(start);
		return (user + system) / 1000;
	};
}
