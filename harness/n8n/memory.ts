import { readFile, writeFile } from 'node:fs/promises';
import { until } from './until';

/** A process is idle when its memory has not changed by more than this over all samples. */
const restlessBytes = 8 * 1024 * 1024;
const samplesAtRest = 100;
const restTimeoutMs = 120_000;

export interface MemoryGrowth<Result> {
	/** Resident, before. */
	restingBytes: number;
	/** The peak of the resident memory above that. */
	growthBytes: number;
	result: Result;
}

/** Linux only. Waits until the process is idle: n8n holds much more for some seconds after each execution. */
export async function measureGrowth<Result>(
	pid: number,
	action: () => Promise<Result>,
): Promise<MemoryGrowth<Result>> {
	const restingBytes = await restingMemory(pid);
	// Resets the peak to the current size (proc_pid_clear_refs(5)).
	await writeFile(`/proc/${pid}/clear_refs`, '5');
	const result = await action();
	return { restingBytes, growthBytes: (await readMemory(pid, 'VmHWM')) - restingBytes, result };
}

async function restingMemory(pid: number): Promise<number> {
	const samples: number[] = [];
	return await until(
		`process ${pid} to rest`,
		async () => {
			const bytes = await readMemory(pid, 'VmRSS');
			samples.push(bytes);
			const last = samples.slice(-samplesAtRest);
			const isAtRest = last.length === samplesAtRest && Math.max(...last) - Math.min(...last) < restlessBytes;
			return isAtRest ? bytes : undefined;
		},
		restTimeoutMs,
	);
}

async function readMemory(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	const [, kibibytes] = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(status) ?? [];
	if (kibibytes === undefined) throw new Error(`The system does not tell ${field} of process ${pid}`);
	return Number(kibibytes) * 1024;
}
