import type { IDataObject } from 'n8n-workflow';
import { type Delivery, readStoredDelivery, storedDelivery } from '../../shared/node/deliver';
import { isObject, readNumber, readObject } from '../../shared/providers/read';
import type { WaitSettings } from './wait.fields';

/**
 * What a wait outside of the node needs of a task when it goes on, as the fields of its item said when the
 * wait began: by then the item is the task itself, so that expressions would find other data. Kept in the
 * context of the node, which is stored with the execution and shows in no output.
 */
export interface WaitRecord {
	/** Absent before the first check. */
	rounds?: Rounds;
	wait: WaitSettings;
	delivery: Delivery;
}

/** The rounds of checks so far. Milliseconds. */
export interface Rounds {
	/** Over all rounds, up to the last check. */
	waitedMs: number;
	/** Of the last check, since the epoch. */
	checkedAtMs: number;
	/** Planned after it. */
	pauseMs: number;
	/** How long it had been waited when the answers began to name an end that can still change; see `endOfTask`. */
	doubtfulSinceMs?: number;
}

const keyOf = (taskId: string) => `wait for ${taskId}`;

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

/** For a task that has left the node. */
export function removeWaitRecord(memory: IDataObject, taskId: string): void {
	Reflect.deleteProperty(memory, keyOf(taskId));
}
