import type { AcceptedRecord, SentRecord, SubmissionRecord } from './records';

/** Who asks for a paid request, and for what. The texts are hashes, but for the call and the execution. */
export interface RequestedVideo {
	/** See `RecordBase`. */
	call: string;
	/** Called by the model of an agent, so that nothing but the request tells what is meant. */
	isTool: boolean;
	/** In the retry of an execution the agent still has what its calls have brought before. */
	agentKeepsAnswers: boolean;
	executionId: string;
	account: string;
	fingerprint: string;
	asked: string;
}

export interface Circumstances {
	/** The wall clock. */
	nowMs: number;
	/** How long the provider knows an idempotency key; 0 where it knows none. */
	keyLifetimeMs: number;
	/** The user takes the risk of a second bill. */
	resubmitWhenUnsure: boolean;
	/** A call that has not ended yet is at work on the record. */
	isHeld: (record: SubmissionRecord) => boolean;
	/** The very request of the record can be sent again, although the fields may have changed since. */
	canRepeat: (record: SentRecord) => boolean;
}

/**
 * What becomes of a request. Where there is a record, `isChanged` says that its request is not what the fields
 * say now.
 */
export type Decision =
	| { kind: 'send' }
	| { kind: 'continue'; record: AcceptedRecord; isChanged: boolean }
	/** Under the idempotency key of the record, which brings the task of the first request if there is one. */
	| { kind: 'repeat'; record: SentRecord; isChanged: boolean }
	/** It can be billed twice, which the user has allowed. */
	| { kind: 'sendAgain'; record: SentRecord; isChanged: boolean }
	| { kind: 'refuse'; record: SentRecord; isChanged: boolean };

/** Decides about the money: it knows all, and does nothing. */
export function decide(
	records: readonly SubmissionRecord[],
	requested: RequestedVideo,
	circumstances: Circumstances,
): Decision {
	const record = recordFor(records, requested, circumstances);
	if (!record) return { kind: 'send' };
	const isChanged = record.fingerprint !== requested.fingerprint;
	if (record.state === 'accepted') return { kind: 'continue', record, isChanged };
	const { keyLifetimeMs, resubmitWhenUnsure, nowMs } = circumstances;
	const isCovered = isKeyAlive(keyLifetimeMs, record, nowMs) && circumstances.canRepeat(record);
	if (isCovered && record.account === requested.account) return { kind: 'repeat', record, isChanged };
	return { kind: resubmitWhenUnsure ? 'sendAgain' : 'refuse', record, isChanged };
}

/**
 * Whether the provider still knows the key of a record. Only the wall clock tells, which can be set: half the
 * lifetime is used, so that a clock that was set back by up to the other half does not make a forgotten key look
 * alive. Without a key, the lifetime is 0 and nothing is covered.
 */
function isKeyAlive(lifetimeMs: number, { sentAtMs }: SentRecord, nowMs: number): boolean {
	return sentAtMs !== undefined && Math.abs(nowMs - sentAtMs) < lifetimeMs / 2;
}

/** The record that the request is about: a further attempt at it, or the same request once more. */
function recordFor(
	records: readonly SubmissionRecord[],
	requested: RequestedVideo,
	{ isHeld }: Circumstances,
): SubmissionRecord | undefined {
	const ofCall = records.filter(({ call }) => call === requested.call);
	// Within an execution the same call can only be a further attempt, whatever the fields say now.
	const ofAttempt = ofCall.findLast(({ executionId }) => executionId === requested.executionId);
	if (ofAttempt) return ofAttempt;
	const ofAccount = records.filter(({ account }) => account === requested.account);
	const isSameRequest = ({ fingerprint }: SubmissionRecord) => fingerprint === requested.fingerprint;
	// Not if only the values of the fields differ, which change by themselves.
	const isSame = (record: SubmissionRecord) => isSameRequest(record) || record.asked === requested.asked;
	if (requested.isTool) {
		// A model asks for the same again when a call has failed. What was delivered to it is used up.
		const open = ofAccount.filter((record) => isSame(record) && !isUsedUp(record, requested) && !isHeld(record));
		const accepted = open.filter(({ state }) => state === 'accepted');
		return accepted.find(isSameRequest) ?? accepted[0] ?? open[0];
	}
	// The retry of an execution, in which a person may have changed the fields.
	const earlier = ofAccount.filter(({ call }) => call === requested.call);
	return earlier.findLast(isSameRequest) ?? earlier.findLast(isSame);
}

/** An agent that begins anew in the retry of an execution has been given nothing yet. */
const isUsedUp = (record: SubmissionRecord, { executionId, agentKeepsAnswers }: RequestedVideo) =>
	record.state === 'accepted' &&
	record.deliveredIn !== undefined &&
	(agentKeepsAnswers || record.deliveredIn === executionId);
