import { perRun, type Run, type Session } from '../../shared/node/operation';
import { openCrashGuard } from './crashGuard';
import { decide, type Decision } from './decide';
import type { PlannedInput } from './fingerprint';
import { wordsOfDoubt } from './messages';
import { openAccount } from './openRequests';
import { ofCall, openRecords } from './records';
import { contentsOf, crashEntryOf, knownCallOf, newId, requestedVideoOf } from './requestedVideo';
import { takeOverRecord } from './subWorkflows';
import { findAgain, rememberLost, submitOnce, type SubmissionParts, type TaskOf } from './submitOnce';

/** The paid request of one item, or of one call by an agent; see `docs/waiting.md` for what it promises, and `submitOnce.ts` for its rules. */
export interface Submission {
	/** The task that was accepted for this before. */
	acceptedTaskId?: string;
	/** What the fields say now will be sent, so that it has to be checked. */
	sendsInput: boolean;
	/** What will be sent may have been accepted before; the user has allowed a second bill. */
	mayBePaidBefore: boolean;
	/**
	 * Looks whether the provider lists by now what would be sent again, which is then neither sent nor held against the
	 * caps. Call this when all items are opened.
	 * @returns whether its task is known
	 */
	findBeforeSendingAgain(): Promise<boolean>;
	/** Whether this execution has sent the request, so that the provider calls it back; known once it is submitted. */
	isOfThisExecution(): boolean;
	/**
	 * Sends the request unless that was done before.
	 * @param parts how its addresses are found, and how it is sent
	 * @returns the ID of the task
	 * @throws UnsureError, also in every later attempt, if it may have been accepted without an answer, and no list of the
	 *         provider tells its task
	 */
	submitOnce(parts: SubmissionParts): Promise<string>;
	/** Records what a retry would need if n8n was killed now. Best effort: see `crashGuard.ts`. */
	confirmRecord(taskId: string): Promise<void>;
	/** The item of the task is made. If it is handed over at the end of the run, the record is used up. */
	deliver(): void;
}

const crashGuardOf = perRun(openCrashGuard);

/** Calls of this process that have not ended: by execution and record. */
const heldRecords = new Set<string>();

/** By the memory of a node; see `Attempt`. */
const sentInputsByMemory = new WeakMap<object, Map<string, PlannedInput>>();

/**
 * Finds out what earlier attempts have left, and decides what becomes of the request.
 * @param input all that makes the request
 * @param taskOf what is sent
 * @param resubmitWhenUnsure sends again what may have been accepted, as the user takes the risk
 */
export async function openSubmission(
	session: Session,
	input: PlannedInput,
	resubmitWhenUnsure: boolean,
	taskOf: TaskOf,
): Promise<Submission> {
	const contents = await contentsOf(session, input);
	// Nothing is awaited from here until the record is held: another call could decide about it meanwhile.
	const { context, itemIndex, provider, connection, run } = session;
	const memory = context.getContext('node');
	const records = openRecords(memory);
	const sentInputs = sentInputsOf(memory);
	const crashGuard = crashGuardOf(session);
	const requested = requestedVideoOf(session, input, contents);
	const { executionId } = requested;
	takeOverRecord(session, requested, records);
	const heldAs = (recordId: string) => `${executionId} ${recordId}`;
	const decideNow = () =>
		decide(records.all(), requested, {
			nowMs: connection.clock.now(),
			keyLifetimeMs: provider.videoTasks.idempotencyKeyLifetimeMs ?? 0,
			resubmitWhenUnsure,
			isHeld: ({ id }) => heldRecords.has(heldAs(id)),
			canRepeat: ({ id, fingerprint }) => fingerprint === requested.fingerprint || sentInputs.has(id),
		});
	const decision = decideNow();
	/** Set when the task of what would be sent again is found. */
	let continued: Decision | undefined;
	// Another request under the same key is a conflict to the provider.
	const isNewRequest = decision.kind === 'send' || (decision.kind === 'sendAgain' && decision.isChanged);
	const recordId = isNewRequest ? newId(session, requested) : decision.record.id;
	const known = decision.kind === 'send' ? undefined : ofCall(requested, decision.record);
	if (known) records.write(known);
	// Named by an error of another item, also when this one does not get its turn.
	if (known?.state === 'accepted') run.acceptedTaskIds.set(itemIndex, known.taskId);
	if (known?.state === 'sent') run.doubts.set(itemIndex, wordsOfDoubt(known));
	const { requests, taken } = openAccount(requested.account);
	// Those of earlier runs, too, which another process may have paid for.
	for (const record of records.all()) if (record.state === 'accepted') taken.add(record.taskId);

	let isDelivered = false;
	heldRecords.add(heldAs(recordId));
	run.onEnd((areItemsHandedOver) => {
		heldRecords.delete(heldAs(recordId));
		requests.delete(recordId);
		const record = records.all().find(({ id }) => id === recordId);
		if (isDelivered && areItemsHandedOver && record?.state === 'accepted') {
			records.write({ ...record, deliveredIn: executionId });
		}
	});
	const attempt = { session, input, requested, recordId, taskOf, resubmitWhenUnsure, records, sentInputs, crashGuard };
	// Before any item searches for its task.
	if (known?.state === 'sent') rememberLost(attempt, known);
	return {
		acceptedTaskId: known?.state === 'accepted' ? known.taskId : undefined,
		sendsInput: decision.kind === 'send' || decision.kind === 'sendAgain',
		mayBePaidBefore: decision.kind === 'sendAgain',
		async findBeforeSendingAgain() {
			if (decision.kind !== 'sendAgain') return false;
			const { record, isChanged } = decision;
			const taskId = await findAgain(attempt, record);
			if (taskId === undefined) return false;
			continued = { kind: 'continue', record: { ...record, state: 'accepted', taskId }, isChanged };
			return true;
		},
		isOfThisExecution: () => records.all().find(({ id }) => id === recordId)?.submittedIn === executionId,
		confirmRecord: async (taskId) => await crashGuard.confirm(crashEntryOf(requested), taskId),
		deliver: () => void (isDelivered = true),
		async submitOnce(parts) {
			if (decision.kind !== 'repeat') return await submitOnce({ ...attempt, ...parts }, continued ?? decision);
			// An item can wait for its turn longer than a provider knows a key. What would be sent anew then was neither
			// checked nor held against the caps, which another attempt does.
			const decisionNow = decideNow();
			const isUnchecked = decisionNow.kind === 'send' || decisionNow.kind === 'sendAgain';
			return await submitOnce({ ...attempt, ...parts }, isUnchecked ? { ...decision, kind: 'refuse' } : decisionNow);
		},
	};
}

function sentInputsOf(memory: object): Map<string, PlannedInput> {
	const inputs = sentInputsByMemory.get(memory) ?? new Map<string, PlannedInput>();
	sentInputsByMemory.set(memory, inputs);
	return inputs;
}

/** Before anything is read: whatever fails now, its error has to name what earlier attempts have left. */
export function recallSubmissions(context: Session['context'], run: Run): void {
	const records = openRecords(context.getContext('node')).all();
	if (records.length === 0) return;
	for (const itemIndex of context.getInputData().keys()) {
		const call = knownCallOf(context, itemIndex);
		const earlier = records.findLast((record) => record.call === call);
		if (earlier?.state === 'accepted') run.acceptedTaskIds.set(itemIndex, earlier.taskId);
		if (earlier?.state === 'sent') run.doubts.set(itemIndex, wordsOfDoubt(earlier));
	}
}
