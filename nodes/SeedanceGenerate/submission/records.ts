import type { IDataObject } from 'n8n-workflow';
import { isObject, type Json, readArray, readNumber, readObject, readString } from '../../shared/providers/read';

/**
 * The paid requests of a node in one execution and its retries, as they are stored in the data of the execution.
 * A record is made before its request is sent. It is removed only when it is certain that nothing was accepted.
 */
export type SubmissionRecord = SentRecord | AcceptedRecord;

export interface RecordBase {
	/** Of this request and no other one; also its idempotency key, where the provider knows such a thing. */
	id: string;
	/** What the node was called for: a run and an item, or a call by the model of an agent. */
	call: string;
	/** Whose task it is: the provider and its address. */
	account: string;
	/** Of the request as it was evaluated; see `fingerprintOf`. */
	fingerprint: string;
	/** Its fields, each by its label, so that a difference can be named. */
	fields: Readonly<Record<string, string>>;
	/** What a person, or the model of an agent, has asked for, before n8n evaluates it: it does not change by itself. */
	asked: string;
	/** The execution that has sent it, to which a provider calls back. */
	submittedIn: string;
	/** The execution that has asked for it last. */
	executionId: string;
}

/** Sent, and no answer has told so far what became of it; nobody can tell once its call has ended. */
export interface SentRecord extends RecordBase {
	state: 'sent';
	/** By the wall clock, which can be set; undefined if that is not known. */
	sentAtMs?: number;
	/** When its answer was lost, by the same clock. */
	lostAtMs?: number;
	/** What it was sent with, for a repeat under the same key, or to recognize its task; absent where there is neither. */
	addresses?: Addresses;
	/** The first answer that left it in doubt. */
	firstAnswer?: FirstAnswer;
}

export interface AcceptedRecord extends RecordBase {
	state: 'accepted';
	taskId: string;
	/** The execution in which the caller was given the result of the task. */
	deliveredIn?: string;
}

export interface Addresses {
	/** What each reference is cited by. */
	references: readonly string[];
	/** Whom the provider calls. */
	callback?: string;
}

/** @returns what stays the same when it becomes known what came of a request, and nothing else */
export const baseOf = ({ id, call, account, fingerprint, fields, asked, submittedIn, executionId }: RecordBase): RecordBase => ({
	id,
	call,
	account,
	fingerprint,
	fields,
	asked,
	submittedIn,
	executionId,
});

/** @returns the record as that of the call, so that a further attempt knows it, also if it was another call that has sent it */
export const ofCall = <Known extends SubmissionRecord>(
	{ call, executionId }: Pick<RecordBase, 'call' | 'executionId'>,
	record: Known,
): Known => ({ ...record, call, executionId });

/** In the provider's words, as far as there are any. */
export interface FirstAnswer {
	message: string;
	statusCode?: number;
	code?: string;
	requestId?: string;
}

const prefix = 'submission ';

export interface Records {
	/** In the order in which they were made. */
	all: () => SubmissionRecord[];
	write: (record: SubmissionRecord) => void;
	remove: (id: string) => void;
}

/** @param memory what n8n stores for the node with the execution */
export function openRecords(memory: IDataObject): Records {
	return {
		all: () =>
			Object.entries(memory).flatMap(([key, value]) => (key.startsWith(prefix) && readRecord(value)) || []),
		write: (record) => void (memory[prefix + record.id] = { ...record }),
		remove: (id) => void Reflect.deleteProperty(memory, prefix + id),
	};
}

/** Stored data can be of another version, or come from somewhere else. @returns undefined for what is no record */
export function readRecord(value: unknown): SubmissionRecord | undefined {
	const stored = readObject(value);
	const { state } = stored;
	const id = readString(stored.id);
	const call = readString(stored.call);
	const account = readString(stored.account);
	const fingerprint = readString(stored.fingerprint);
	if (id === undefined || call === undefined || account === undefined || fingerprint === undefined) return undefined;
	const base: RecordBase = {
		id,
		call,
		account,
		fingerprint,
		fields: readTexts(stored.fields),
		asked: readString(stored.asked) ?? '',
		submittedIn: readString(stored.submittedIn) ?? '',
		executionId: readString(stored.executionId) ?? '',
	};
	const taskId = readString(stored.taskId);
	if (state === 'accepted' && taskId !== undefined) {
		return { ...base, state, taskId, deliveredIn: readString(stored.deliveredIn) };
	}
	// An accepted one without its task is in doubt, as is whatever else was recorded.
	return {
		...base,
		state: 'sent',
		sentAtMs: readNumber(stored.sentAtMs),
		lostAtMs: readNumber(stored.lostAtMs),
		addresses: isObject(stored.addresses) ? readAddresses(stored.addresses) : undefined,
		firstAnswer: readFirstAnswer(readObject(stored.firstAnswer)),
	};
}

function readAddresses({ references, callback }: Json): Addresses {
	return {
		references: readArray(references).flatMap((url) => (typeof url === 'string' ? url : [])),
		callback: readString(callback),
	};
}

function readFirstAnswer(stored: Json): FirstAnswer | undefined {
	const message = readString(stored.message);
	if (message === undefined) return undefined;
	return {
		message,
		statusCode: readNumber(stored.statusCode),
		code: readString(stored.code),
		requestId: readString(stored.requestId),
	};
}

const readTexts = (stored: unknown) =>
	Object.fromEntries(
		Object.entries(readObject(stored)).flatMap(([name, value]) => {
			const text = readString(value);
			return text === undefined ? [] : [[name, text]];
		}),
	);
