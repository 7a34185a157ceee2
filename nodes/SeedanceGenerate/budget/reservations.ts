import type { IDataObject } from 'n8n-workflow';
import { isObject, readNumber, readString } from '../../shared/providers/read';
import type { Earlier } from './checkCaps';

/*
 * What this execution has paid for, or may have, as far as it had caps: kept in the data of the execution, so that a
 * cap holds for all runs of a loop, all calls of an agent, and a retry. Each request that can be billed has one of its
 * own: a repeat of one in doubt, and one of other fields in a retry, too.
 */

/** Of one generation that was approved. It ends with the run, unless it is kept. */
export interface Reservation {
	/** It is being sent, or may have been paid for by an execution that was killed. */
	keep(): void;
	/** It is certain that nothing was accepted. */
	release(): void;
	/** The run has ended: what was not sent by now will not be. */
	end(): void;
}

export interface Reserved extends Earlier {
	/** What the node was called for, by which a further attempt is known. */
	call: string;
}

const prefix = 'budget ';

/** @param memory what n8n stores for the node with the execution */
export function reserve(memory: IDataObject, { call, seconds, cost }: Reserved): Reservation {
	let count = 1;
	while (`${prefix}${count} ${call}` in memory) count++;
	const key = `${prefix}${count} ${call}`;
	memory[key] = { call, ...(seconds !== undefined && { seconds }), ...cost };
	let state: 'approved' | 'kept' | 'released' = 'approved';
	const release = () => {
		// Another reservation may have the key by now.
		if (state !== 'released') Reflect.deleteProperty(memory, key);
		state = 'released';
	};
	return {
		keep() {
			if (state === 'approved') state = 'kept';
		},
		release,
		end() {
			if (state === 'approved') release();
		},
	};
}

/** @returns in the order in which they were made */
export function readReservations(memory: IDataObject): Reserved[] {
	return Object.entries(memory).flatMap(([key, stored]) => {
		if (!key.startsWith(prefix) || !isObject(stored)) return [];
		const call = readString(stored.call);
		if (call === undefined) return [];
		const amount = readNumber(stored.amount);
		const currency = readString(stored.currency);
		return {
			call,
			seconds: readNumber(stored.seconds),
			cost: amount === undefined || currency === undefined ? undefined : { amount, currency },
		};
	});
}
