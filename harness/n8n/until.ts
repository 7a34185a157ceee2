import { setTimeout as delay } from 'node:timers/promises';

const probeIntervalMs = 100;

/**
 * Waits until `probe` returns something other than undefined, and returns that.
 *
 * @param what completes "Waited … for"; part of the error
 * @throws Error after `timeoutMs`, with what the last probe threw as its cause
 */
export async function until<Result>(
	what: string,
	probe: () => Promise<Result | undefined> | Result | undefined,
	timeoutMs: number,
): Promise<Result> {
	const deadlineMs = Date.now() + timeoutMs;
	let cause: unknown;
	do {
		try {
			const result = await probe();
			if (result !== undefined) return result;
			cause = undefined;
		} catch (error) {
			cause = error;
		}
		await delay(probeIntervalMs);
	} while (Date.now() < deadlineMs);
	throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`, { cause });
}
