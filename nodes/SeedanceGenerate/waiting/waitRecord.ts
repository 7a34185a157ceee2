import type { IDataObject } from 'n8n-workflow';
import { type Delivery, readStoredDelivery, storedDelivery } from '../../shared/node/deliver';
import { isObject, readNumber, readObject } from '../../shared/providers/read';
import type { WaitSettings } from './wait.fields';

/**
 * The settings of a wait that suspends the execution, as the fields of the item had them when the wait began. Read
 * again later they could differ: by then the item is the task itself, so their expressions would find other data.
 * Kept in the context of the node, which is stored with the execution and shows in no output.
 */
export interface WaitRecord {
	/** Absent before the first check. */
	rounds?: Rounds;
	wait: WaitSettings;
	delivery: Delivery;
}

/** The rounds of checks so far. Milliseconds. */
export interface Rounds {
	/** The total of all rounds, up to the last check. */
	waitedMs: number;
	/** The time of the last check, since the epoch. */
	checkedAtMs: number;
	/** The pause that was planned after it. */
	pauseMs: number;
	/** How long the wait had lasted when the answers became doubtful; see `endOfTask`. */
	doubtfulSinceMs?: number;
}

const keyOf = (taskId: string) => `wait for ${taskId}`;

/** @param memory the context of the node */
export function writeWaitRecord(
	memory: IDataObject,
	taskId: string,
	{ rounds, wait, delivery }: WaitRecord,
): void {
	memory[keyOf(taskId)] = { ...(rounds && { rounds: { ...rounds } }), wait: { ...wait }, delivery: storedDelivery(delivery) };
}

/** @returns undefined if no wait for the task has begun in this execution */
export function readWaitRecord(memory: IDataObject, taskId: string): WaitRecord | undefined {
	const stored = memory[keyOf(taskId)];
	if (!isObject(stored)) return undefined;
	const { pollingIntervalMs, onTimeout, ...wait } = readObject(stored.wait);
	const timeoutMs = readNumber(wait.timeoutMs);
	if (timeoutMs === undefined) return undefined;
	return {
		rounds: readRounds(stored.rounds),
		wait: {
			timeoutMs,
			pollingIntervalMs: readNumber(pollingIntervalMs),
			onTimeout: onTimeout === 'returnTask' ? 'returnTask' : 'fail',
		},
		delivery: readStoredDelivery(stored.delivery),
	};
}

function readRounds(stored: unknown): Rounds | undefined {
	const rounds = readObject(stored);
	const waitedMs = readNumber(rounds.waitedMs);
	const checkedAtMs = readNumber(rounds.checkedAtMs);
	const pauseMs = readNumber(rounds.pauseMs);
	if (waitedMs === undefined || checkedAtMs === undefined || pauseMs === undefined) return undefined;
	return { waitedMs, checkedAtMs, pauseMs, doubtfulSinceMs: readNumber(rounds.doubtfulSinceMs) };
}

/** Call this once the task has left the node. */
export function removeWaitRecord(memory: IDataObject, taskId: string): void {
	Reflect.deleteProperty(memory, keyOf(taskId));
}
