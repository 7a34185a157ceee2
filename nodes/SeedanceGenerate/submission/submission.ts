import { SeedanceError } from '../../shared/errors';
import { perRun, type Run, type Session } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import { mayBeAccepted } from '../../shared/request/failure';
import { openCrashGuard } from './crashGuard';
import { decide } from './decide';
import type { PlannedInput } from './fingerprint';
import { alreadyUnsure, brokenOff, changesSince, firstAnswerOf, continuesWith, inDoubt, wordsOfDoubt } from './messages';
import { type Addresses, openRecords, type SentRecord, type SubmissionRecord } from './records';
import { takeOverRecord } from './subWorkflows';
import { contentsOf, crashEntryOf, knownCallOf, newId, requestedVideoOf } from './requestedVideo';

/*
 * Rules that must not regress:
 *
 * 1. Nothing is paid before all items are prepared and checked.
 * 2. A paid request is sent once. It is sent again only if it is certain that nothing was accepted, if the same
 *    idempotency key covers it, or if the user has allowed a second bill.
 * 3. Only an answer that says so, or a connection that was never made, is such a certainty. Everything else that can
 *    go wrong, whatever is thrown, leaves the request in doubt.
 * 4. The record is written before the request is sent, and the task ID is written into it before anything else is done.
 * 5. Every failure after that carries the task ID; a request in doubt keeps the words of its first answer.
 * 6. A callback is only a reason to check; the provider is answered before files are fetched.
 * 7. Links never see a credential.
 * 8. What a sub-workflow has not delivered to its caller is found again by the next call that asks for the same; what
 *    it has delivered is used up. See `subWorkflows.ts`.
 */

/** The paid request of one item, or of one call by an agent; see `docs/waiting.md` for what it promises. */
export interface Submission {
	/** The task that was accepted for this before. */
	acceptedTaskId?: string;
	/** What the fields say now will be sent, so that it has to be checked. */
	sendsInput: boolean;
	/** What will be sent may have been accepted before; the user has allowed a second bill. */
	mayBePaidBefore: boolean;
	/** False if that was in another execution, of which this one is the retry. */
	isOfThisExecution: boolean;
	/**
	 * Sends the request unless that was done before.
	 * @param parts how its addresses are found, and how it is sent
	 * @returns the ID of the task
	 * @throws UnsureError, also in every later attempt, if it may have been accepted without an answer
	 */
	submitOnce(parts: SubmissionParts): Promise<string>;
	/**
	 * Restores what a retry would need if n8n was killed now: processes that write at the same moment can
	 * lose an entry, and by now they have other things to do.
	 */
	confirmRecord(): Promise<void>;
	/** The item of the task is made. If it is handed over at the end of the run, the record is used up. */
	deliver(): void;
}

export interface SubmissionParts {
	/** The addresses in the request. A repeat under an idempotency key gets those of the first time, as it has to be the same. */
	resolve(): Promise<Addresses>;
	/** @param input what the fields say, or what they said when a repeat was sent first */
	send(input: PlannedInput, addresses: Addresses, idempotencyKey: string): Promise<{ id: string }>;
}

const crashGuardOf = perRun(openCrashGuard);

/** Calls of this process that have not ended: by execution and record. */
const heldRecords = new Set<string>();

/** What was sent, for a repeat in the same execution although the fields have changed by themselves since. */
const sentInputs = new WeakMap<object, Map<string, PlannedInput>>();

/**
 * @param input all that makes the request
 * @param resubmitWhenUnsure sends again what may have been accepted, as the user takes the risk
 */
export async function openSubmission(
	session: Session,
	input: PlannedInput,
	resubmitWhenUnsure: boolean,
): Promise<Submission> {
	const contents = await contentsOf(session, input);
	const { context, itemIndex, provider, connection, run } = session;
	const crashGuard = crashGuardOf(session);
	const memory = context.getContext('node');
	const records = openRecords(memory);
	const inputs = sentInputs.get(memory) ?? new Map<string, PlannedInput>();
	sentInputs.set(memory, inputs);
	const requested = requestedVideoOf(session, input, contents);
	const { executionId } = requested;
	takeOverRecord(session, requested, records);
	const heldAs = ({ id }: Pick<SubmissionRecord, 'id'>) => `${executionId} ${id}`;
	const { idempotencyKeyLifetimeMs: keyLifetimeMs = 0 } = provider.videoTasks;
	const decideNow = () =>
		decide(records.all(), requested, {
			nowMs: connection.clock.now(),
			keyLifetimeMs,
			resubmitWhenUnsure,
			isHeld: (record) => heldRecords.has(heldAs(record)),
			canRepeat: (record) => record.fingerprint === requested.fingerprint || inputs.has(record.id),
		});
	const decision = decideNow();
	// Another request under the same key is a conflict to the provider.
	const isNewRequest = decision.kind === 'send' || (decision.kind === 'sendAgain' && decision.isChanged);
	const id = isNewRequest ? newId(session, requested) : decision.record.id;
	const known = decision.kind === 'send' ? undefined : decision.record;
	// So that a further attempt at this is known by its call, also if it was another call that has sent it.
	if (known) records.write({ ...known, call: requested.call, executionId });
	const accepted = decision.kind === 'continue' ? decision.record : undefined;
	// Named by an error of another item, also when this one does not get its turn.
	if (accepted) run.acceptedTaskIds.set(itemIndex, accepted.taskId);
	else if (known?.state === 'sent') run.doubts.set(itemIndex, wordsOfDoubt(known));

	let isDelivered = false;
	heldRecords.add(heldAs({ id }));
	run.onEnd((areItemsHandedOver) => {
		heldRecords.delete(heldAs({ id }));
		const record = records.all().find((one) => one.id === id);
		if (isDelivered && areItemsHandedOver && record?.state === 'accepted') {
			records.write({ ...record, deliveredIn: executionId });
		}
	});
	const crashEntry = crashEntryOf(requested);
	/** One that cannot be given stops nothing. */
	const hint = (message: string) =>
		void outcomeOf((async () => context.addExecutionHints({ message, type: 'warning' }))());
	return {
		acceptedTaskId: accepted?.taskId,
		sendsInput: decision.kind === 'send' || decision.kind === 'sendAgain',
		mayBePaidBefore: decision.kind === 'sendAgain',
		isOfThisExecution: known === undefined || known.submittedIn === executionId,
		confirmRecord: async () => await crashGuard.rewrite(crashEntry),
		deliver: () => void (isDelivered = true),

		async submitOnce(parts) {
			// An item can wait for its turn longer than a provider knows a key.
			const now = decision.kind === 'repeat' ? decideNow() : decision;
			const changes = known ? changesSince(known, requested) : '';
			if (now.kind === 'continue') {
				if (now.isChanged) hint(continuesWith(session, now.record.taskId, changes));
				return now.record.taskId;
			}
			if (now.kind === 'refuse') throw alreadyUnsure(provider, now.record, changes);

			// All that can fail without harm comes before the record: what fails or is killed here has paid for no video.
			const isRepeat = now.kind === 'repeat';
			const sentInput = (isRepeat && inputs.get(id)) || input;
			const addresses = (isRepeat && now.record.addresses) || (await parts.resolve());
			const wasKilled = now.kind === 'send' && (await crashGuard.record(crashEntry));
			const isSentAgain = now.kind === 'sendAgain' || (wasKilled && resubmitWhenUnsure);
			if (isSentAgain) {
				hint(`Item ${itemIndex} was sent again, although ${provider.displayName} may have accepted it in an earlier attempt: it may be billed twice.`);
			}
			const base = baseOf(isRepeat ? now.record : { ...requested, submittedIn: executionId });
			const about = { ...base, id, call: requested.call, executionId };
			if (wasKilled && !resubmitWhenUnsure) {
				const message = mayBeAccepted(provider, 'its execution broke off');
				const record: SentRecord = { ...about, state: 'sent', firstAnswer: { message } };
				records.write(record);
				run.doubts.set(itemIndex, wordsOfDoubt(record));
				throw brokenOff(provider);
			}
			const firstAnswer = now.kind === 'send' ? undefined : now.record.firstAnswer;
			const record: SentRecord = {
				...about,
				state: 'sent',
				sentAtMs: isRepeat ? now.record.sentAtMs : connection.clock.now(),
				addresses: keyLifetimeMs > 0 ? addresses : undefined,
				firstAnswer,
			};
			records.write(record);
			// What is in doubt about it is told by this one from now on.
			if (known && known.id !== id) records.remove(known.id);
			if (keyLifetimeMs > 0) inputs.set(id, sentInput);
			const sent = await outcomeOf(parts.send(sentInput, addresses, id));
			if (sent.ok) {
				records.write({ ...about, state: 'accepted', taskId: sent.value.id });
				run.doubts.delete(itemIndex);
				inputs.delete(id);
				if (isRepeat && now.isChanged) hint(continuesWith(session, sent.value.id, changes));
				return sent.value.id;
			}
			const isNothingAccepted = sent.error instanceof SeedanceError && sent.error.details.nothingAccepted !== undefined;
			if (isNothingAccepted && now.kind === 'send') {
				records.remove(id);
				inputs.delete(id);
				await crashGuard.remove(crashEntry);
				throw sent.error;
			}
			// That a repeat came to nothing does not tell what became of the first request.
			const inDoubtNow = isNothingAccepted && now.kind !== 'send' ? { ...now.record, call: requested.call, executionId } : record;
			const withAnswer = { ...inDoubtNow, firstAnswer: firstAnswer ?? firstAnswerOf(session, sent.error) };
			if (withAnswer.id !== id) records.remove(id);
			records.write(withAnswer);
			run.doubts.set(itemIndex, wordsOfDoubt(withAnswer));
			throw inDoubt(session, sent.error, firstAnswer, resubmitWhenUnsure && !isRepeat);
		},
	};
}

const baseOf = ({ account, fingerprint, fields, asked, submittedIn }: Pick<SentRecord, 'account' | 'fingerprint' | 'fields' | 'asked' | 'submittedIn'>) => ({
	account,
	fingerprint,
	fields,
	asked,
	submittedIn,
});

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
