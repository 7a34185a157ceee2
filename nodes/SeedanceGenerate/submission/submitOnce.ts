import { SeedanceError } from '../../shared/errors';
import type { Session } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import type { NewVideoTask } from '../../shared/providers/adapter';
import { readObject } from '../../shared/providers/read';
import { mayBeAccepted } from '../../shared/request/failure';
import type { CrashGuard } from './crashGuard';
import type { Decision, RequestedVideo } from './decide';
import { type Finding, findTask, findTaskOfKilled, showsRequests } from './findTask';
import type { PlannedInput } from './fingerprint';
import { alreadyUnsure, brokenOff, changesSince, continuesWith, firstAnswerOf, inDoubt, wordsOfDoubt } from './messages';
import { openAccount, type RequestWithoutAnswer } from './openRequests';
import { type Addresses, baseOf, ofCall, type Records, type SentRecord, type SubmissionRecord } from './records';
import { crashEntryOf } from './requestedVideo';

/*
 * Rules that must not regress:
 *
 * 1. Nothing is paid before all items are prepared and checked.
 * 2. A paid request is sent once. It is sent again only if it is certain that nothing was accepted, if the same
 *    idempotency key covers it, or if the user has allowed a second bill.
 * 3. Only an answer that says so, or a connection that was never made, is such a certainty. Everything else that can
 *    go wrong, whatever is thrown, leaves the request in doubt. The list of the provider can tell which task it has made,
 *    see `identifyTask.ts`; that the list has none is no such certainty.
 * 4. The record is written before the request is sent, and the task ID is written into it before anything else is done.
 *    All that can fail without harm comes before the record: what fails or is killed there has paid for no video.
 * 5. Every failure after that carries the task ID; a request in doubt keeps the words of its first answer.
 * 6. A callback is only a reason to check; the provider is answered before files are fetched.
 * 7. Links never see a credential.
 * 8. What a sub-workflow has not delivered to its caller is found again by the next call that asks for the same; what
 *    it has delivered is used up. See `subWorkflows.ts`.
 */

/** One attempt at a paid request: what it asks for, how it is sent, and where that is remembered. */
export interface Attempt extends SubmissionParts {
	session: Session;
	input: PlannedInput;
	requested: RequestedVideo & Pick<SubmissionRecord, 'fields'>;
	/** Of the record that it writes; also its idempotency key, where the provider knows such a thing. */
	recordId: string;
	taskOf: TaskOf;
	/** The user takes the risk of a second bill. */
	resubmitWhenUnsure: boolean;
	records: Records;
	/** What was sent, by record, to repeat or recognize it in the same execution although the fields have changed by themselves since. */
	sentInputs: Map<string, PlannedInput>;
	crashGuard: CrashGuard;
}

/** An attempt of which nothing is prepared yet for sending it. */
export type KnownAttempt = Omit<Attempt, keyof SubmissionParts>;

/**
 * @param input what the fields say, or what they said when it was sent first
 * @returns what is sent
 */
export type TaskOf = (input: PlannedInput, addresses: Addresses) => NewVideoTask;

export interface SubmissionParts {
	/** The addresses in the request. A repeat under an idempotency key gets those of the first time, as it has to be the same. */
	resolve(): Promise<Addresses>;
	send(task: NewVideoTask): Promise<{ id: string }>;
}

/** One paid request, ready to be sent. */
interface Plan {
	input: PlannedInput;
	addresses: Addresses;
	/** Written before it is sent; its ID is the idempotency key. */
	record: SentRecord;
	/** What is known of an earlier request in doubt; remains so if nothing of this one is accepted. */
	earlier?: SentRecord;
	/** If this one is in doubt, another attempt sends it again, at the risk of a second bill. */
	willBeSentAgain: boolean;
}

/**
 * Carries out what was decided about the paid request.
 * @returns the ID of the task
 * @throws UnsureError if the request may have been accepted without an answer, now or in an earlier attempt; what has
 *         failed otherwise, if nothing was accepted
 */
export async function submitOnce(attempt: Attempt, decision: Decision): Promise<string> {
	switch (decision.kind) {
		case 'continue':
			return continueWith(attempt, decision.record, decision.record.taskId);
		case 'refuse':
			return await refuse(attempt, decision.record);
		case 'repeat':
			return await repeatUnderKey(attempt, decision.record);
		case 'sendAgain':
			return await sendAgain(attempt, decision.record);
		case 'send':
			return await sendFirst(attempt);
	}
}

function continueWith({ session, requested }: Attempt, earlier: SubmissionRecord, taskId: string): string {
	const changes = changesSince(earlier, requested);
	if (changes) hint(session, continuesWith(session, taskId, changes));
	return taskId;
}

/** Nothing is sent; only the list of the provider can still tell the task. */
async function refuse(attempt: Attempt, earlier: SentRecord): Promise<string> {
	const { session, requested, resubmitWhenUnsure } = attempt;
	const finding = await searchFor(attempt, earlier, 'once');
	if (finding.kind === 'found') return continueWith(attempt, earlier, acceptFound(attempt, earlier, finding.taskId));
	throw alreadyUnsure(session.provider, earlier, changesSince(earlier, requested), resubmitWhenUnsure, finding);
}

/** The key brings the task of the first request if there is one, so the request has to be the same in all. */
async function repeatUnderKey(attempt: Attempt, earlier: SentRecord): Promise<string> {
	const input = attempt.sentInputs.get(earlier.id) ?? attempt.input;
	const addresses = earlier.addresses ?? (await attempt.resolve());
	const record = { ...ofCall(attempt.requested, earlier), addresses };
	const taskId = await send(attempt, { input, addresses, record, earlier, willBeSentAgain: false });
	return continueWith(attempt, earlier, taskId);
}

async function sendAgain(attempt: Attempt, earlier: SentRecord): Promise<string> {
	const taskId = await findAgain(attempt, earlier);
	if (taskId !== undefined) return continueWith(attempt, earlier, taskId);
	return await sendAtRisk(attempt, earlier, await attempt.resolve());
}

/** Searches once more for the task of an earlier attempt. @returns undefined if it is not found */
export async function findAgain(attempt: KnownAttempt, earlier: SentRecord): Promise<string | undefined> {
	const finding = await searchFor(attempt, earlier, 'once');
	return finding.kind === 'found' ? acceptFound(attempt, earlier, finding.taskId) : undefined;
}

async function sendFirst(attempt: Attempt): Promise<string> {
	const { session, input, requested, resubmitWhenUnsure, crashGuard } = attempt;
	const addresses = await attempt.resolve();
	const wasKilled = await crashGuard.record(crashEntryOf(requested));
	if (!wasKilled) {
		return await send(attempt, { input, addresses, record: sentNow(attempt, addresses), willBeSentAgain: resubmitWhenUnsure });
	}
	// The record of the killed execution, which is lost; it is not known in which execution that was.
	const message = mayBeAccepted(session.provider, 'its execution broke off');
	const earlier: SentRecord = { ...newRecord(attempt), submittedIn: '', firstAnswer: { message } };
	const finding = await searchFor(attempt, earlier, 'once');
	if (finding.kind === 'found') return acceptFound(attempt, earlier, finding.taskId);
	if (resubmitWhenUnsure) return await sendAtRisk(attempt, earlier, addresses);
	keepDoubt(attempt, earlier);
	throw brokenOff(session.provider, finding);
}

/** Without the time at which it was sent, only the crash guard of the execution that was killed can tell its task. */
async function searchFor(attempt: KnownAttempt, record: SentRecord, howLong: 'untilListed' | 'once'): Promise<Finding> {
	const { session, requested: { account, ...requested }, crashGuard, recordId } = attempt;
	const searched = { session, account, crashGuard, entry: crashEntryOf({ account, ...requested }) };
	if (record.account !== account) return notSearched;
	if (record.sentAtMs === undefined) return await findTaskOfKilled(searched);
	rememberLost(attempt, record);
	const request = openAccount(account).requests.get(recordId);
	if (!request) return notSearched;
	return await findTask(searched, { recordId, request }, howLong);
}

/** From now on no other request of this process takes its task, until this execution has ended. */
export function rememberLost(attempt: KnownAttempt, record: SentRecord): void {
	const { session, requested, sentInputs, input, recordId } = attempt;
	const { requests } = openAccount(requested.account);
	const sentInput = record.fingerprint === requested.fingerprint ? input : sentInputs.get(record.id);
	const { sentAtMs, lostAtMs = sentAtMs, addresses } = record;
	if (record.account !== requested.account || requests.has(recordId) || !sentInput || !addresses || sentAtMs === undefined || lostAtMs === undefined) return;
	const task = attempt.taskOf(sentInput, addresses);
	requests.set(recordId, { ...shownOf(session, task), sentAt: { wallMs: sentAtMs }, lostAt: { wallMs: lostAtMs } });
}

/** What the task of a request shows of it. */
function shownOf({ provider }: Session, task: NewVideoTask): Pick<RequestWithoutAnswer, 'model' | 'echo'> {
	const { create, echo } = provider.videoTasks;
	return { model: task.model, echo: echo ? echo.ofRequest(readObject(create.request(task).body)) : {} };
}

/** The list has told the task, in place of the answer. */
function acceptFound({ session, requested, recordId, records, sentInputs }: KnownAttempt, record: SentRecord, taskId: string): string {
	const { itemIndex, run, provider } = session;
	if (record.id !== recordId) records.remove(record.id);
	records.write({ ...baseOf(ofCall(requested, record)), id: recordId, state: 'accepted', taskId });
	openAccount(requested.account).requests.delete(recordId);
	sentInputs.delete(record.id);
	run.doubts.delete(itemIndex);
	const why = record.sentAtMs === undefined ? 'it was accepted in the execution that is retried here' : 'the answer to its request was lost';
	hint(session, `Item ${itemIndex} continues with task ${taskId}: ${why}, and the list of tasks of ${provider.displayName} has it. It was paid once.`);
	return taskId;
}

/** It can be billed twice, which the user has allowed. */
async function sendAtRisk(attempt: Attempt, earlier: SentRecord, addresses: Addresses): Promise<string> {
	const { session, input } = attempt;
	const { provider, itemIndex } = session;
	hint(session, `Item ${itemIndex} was sent again, although ${provider.displayName} may have accepted it in an earlier attempt: it may be billed twice.`);
	const record = { ...sentNow(attempt, addresses), firstAnswer: earlier.firstAnswer };
	return await send(attempt, { input, addresses, record, earlier, willBeSentAgain: true });
}

/** Writes the record, sends the request, and writes what came of it. */
async function send(attempt: Attempt, { input, addresses, record, earlier, willBeSentAgain }: Plan): Promise<string> {
	const { session, requested, records, sentInputs, crashGuard, recordId } = attempt;
	const { clock } = session.connection;
	const { requests, taken } = openAccount(requested.account);
	records.write(record);
	// What is in doubt about it is told by this one from now on.
	if (earlier && earlier.id !== record.id) records.remove(earlier.id);
	if (isFoundLater(session)) sentInputs.set(record.id, input);
	// A repeat may bring the task of the first time.
	const isRepeat = earlier !== undefined && record.sentAtMs === earlier.sentAtMs;
	const sentAt = isRepeat && record.sentAtMs !== undefined ? { wallMs: record.sentAtMs } : { monotonicMs: clock.monotonicMs() };

	const sent = await outcomeOf(
		(async () => {
			const task = attempt.taskOf(input, addresses);
			requests.set(recordId, { ...shownOf(session, task), sentAt });
			return await attempt.send({ ...task, idempotencyKey: record.id });
		})(),
	);
	if (sent.ok) {
		taken.add(sent.value.id);
		requests.delete(recordId);
		records.write({ ...baseOf(record), state: 'accepted', taskId: sent.value.id });
		session.run.doubts.delete(session.itemIndex);
		sentInputs.delete(record.id);
		return sent.value.id;
	}
	const isNothingAccepted = sent.error instanceof SeedanceError && sent.error.details.nothingAccepted !== undefined;
	if (isNothingAccepted && !earlier) {
		requests.delete(recordId);
		records.remove(record.id);
		sentInputs.delete(record.id);
		await crashGuard.remove(crashEntryOf(requested));
		throw sent.error;
	}
	const request = requests.get(recordId);
	if (request) requests.set(recordId, { ...request, lostAt: { monotonicMs: clock.monotonicMs() } });
	// That a repeat came to nothing does not tell what became of the earlier request.
	const inDoubtNow = isNothingAccepted && earlier ? ofCall(requested, earlier) : { ...record, lostAtMs: clock.now() };
	if (inDoubtNow.id !== record.id) records.remove(record.id);
	const doubt = { ...inDoubtNow, firstAnswer: record.firstAnswer ?? firstAnswerOf(session, sent.error) };
	keepDoubt(attempt, doubt);
	const finding = isNothingAccepted ? notSearched : await searchFor(attempt, doubt, 'untilListed');
	if (finding.kind === 'found') return acceptFound(attempt, doubt, finding.taskId);
	throw inDoubt(session, sent.error, record.firstAnswer, willBeSentAgain, finding);
}

const notSearched: Finding = { kind: 'notSearched' };

function keepDoubt({ session, records }: Attempt, record: SentRecord): void {
	records.write(record);
	session.run.doubts.set(session.itemIndex, wordsOfDoubt(record));
}

function newRecord({ requested, recordId }: Attempt): SentRecord {
	return { ...baseOf({ ...requested, id: recordId, submittedIn: requested.executionId }), state: 'sent' };
}

function sentNow(attempt: Attempt, addresses: Addresses): SentRecord {
	const { session } = attempt;
	return {
		...newRecord(attempt),
		sentAtMs: session.connection.clock.now(),
		addresses: isFoundLater(session) ? addresses : undefined,
	};
}

/** By a repeat under the same key, or in the list: for both it has to be known what was sent. */
const isFoundLater = ({ provider }: Session) =>
	(provider.videoTasks.idempotencyKeyLifetimeMs ?? 0) > 0 || showsRequests(provider);

/** One that cannot be given stops nothing. */
function hint({ context }: Session, message: string): void {
	void outcomeOf((async () => context.addExecutionHints({ message, type: 'warning' }))());
}
