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
	/** Milliseconds since the epoch. */
	begunAtMs: number;
	/** Since when the answers could still change although they name an end; see `endOfTask`. */
	doubtfulSinceMs?: number;
	wait: WaitSettings;
	delivery: Delivery;
}

const keyOf = (taskId: string) => `wait for ${taskId}`;

export function writeWaitRecord(
	memory: IDataObject,
	taskId: string,
	{ begunAtMs, doubtfulSinceMs, wait, delivery }: WaitRecord,
): void {
	memory[keyOf(taskId)] = { begunAtMs, doubtfulSinceMs, wait: { ...wait }, delivery: storedDelivery(delivery) };
}

/** @returns undefined if no wait for the task has begun in this execution */
export function readWaitRecord(memory: IDataObject, taskId: string): WaitRecord | undefined {
	const stored = memory[keyOf(taskId)];
	if (!isObject(stored)) return undefined;
	const { pollingIntervalMs, onTimeout, ...wait } = readObject(stored.wait);
	const [begunAtMs, timeoutMs] = [readNumber(stored.begunAtMs), readNumber(wait.timeoutMs)];
	if (begunAtMs === undefined || timeoutMs === undefined) return undefined;
	return {
		begunAtMs,
		doubtfulSinceMs: readNumber(stored.doubtfulSinceMs),
		wait: {
			timeoutMs,
			pollingIntervalMs: readNumber(pollingIntervalMs),
			onTimeout: onTimeout === 'returnTask' ? 'returnTask' : 'fail',
		},
		delivery: readStoredDelivery(stored.delivery),
	};
}

/** For a task that has left the node. */
export function removeWaitRecord(memory: IDataObject, taskId: string): void {
	Reflect.deleteProperty(memory, keyOf(taskId));
}
