import { createHash } from 'crypto';
import type { IDataObject } from 'n8n-workflow';
import { SeedanceError, UnsureError } from '../../shared/errors';
import { askedFor, originalRunIndex, retryFamilyOf, toolCallOf } from '../../shared/node/n8nInternals';
import { perRun, type Session } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { readNumber, readObject } from '../../shared/providers/read';
import { mayBeAccepted, whereToLook } from '../../shared/request/failure';
import { redactText } from '../../shared/request/redact';
import { settingLabels, type VideoTaskInput } from '../../shared/vocabulary';
import type { PlannedReference } from '../references/planReferences';
import { openCrashGuard } from './crashGuard';
import { decide, type Wish } from './decide';
import {
	type Addresses,
	type FirstAnswer,
	openRecords,
	type SentRecord,
	type SubmissionRecord,
} from './records';

/*
 * Rules that must not regress:
 *
 * 1. Nothing is paid before all items are prepared and checked.
 * 2. A paid request is sent once. It is sent again only if it is certain that nothing was accepted, if the same
 *    idempotency key covers it, or if the user has allowed a second bill.
 * 3. Only an answer that says so, or a connection that was never made, is such a certainty. Everything else that can
 *    go wrong, whatever is thrown, leaves the request in doubt.
 * 4. The record stands before the request leaves, and the task ID stands in it before anything else is done.
 * 5. Every failure after that carries the task ID; a request in doubt keeps the words of its first answer.
 * 6. A callback is only a reason to check; the provider is answered before files are fetched.
 * 7. Links never see a credential.
 */

export type PlannedInput = VideoTaskInput & { references: readonly PlannedReference[] };

/** The paid request of one item, or of one call by an agent; see `docs/waiting.md` for what it promises. */
export interface Submission {
	/** The task that was accepted for this before. */
	acceptedTaskId?: string;
	/** What the fields say now will be sent, so that it has to be checked. */
	sendsInput: boolean;
	/** False if that was in another execution, of which this one is the retry. */
	isOfThisExecution: boolean;
	/**
	 * Sends the request unless that was done before.
	 * @param parts how its addresses are found, and how it is sent
	 * @returns the ID of the task
	 * @throws UnsureError, also in every later try, if it may have been accepted without an answer
	 */
	submitOnce(parts: SubmissionParts): Promise<string>;
	/**
	 * Looks after what a retry would need if n8n was killed now: processes that note at the same moment can
	 * lose a note, and by now they have other things to do.
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

/** The calls of agents that this process has seen, with what they are called in the records. */
const toolCalls = new WeakMap<object, string>();

/**
 * @param input all that makes the request
 * @param resubmitWhenUnsure sends again what may have been accepted, as the user takes the risk
 */
export function openSubmission(
	session: Session,
	input: PlannedInput,
	resubmitWhenUnsure: boolean,
): Submission {
	const { context, itemIndex, provider, connection, run } = session;
	const crashGuard = crashGuardOf(session);
	const memory = context.getContext('node');
	const records = openRecords(memory);
	const inputs = sentInputs.get(memory) ?? new Map<string, PlannedInput>();
	sentInputs.set(memory, inputs);
	const executionId = context.getExecutionId();
	const wish = { ...wishOf(session, input), executionId };
	const heldAs = ({ id }: Pick<SubmissionRecord, 'id'>) => `${executionId} ${id}`;
	const { idempotencyKeyLifetimeMs: keyLifetimeMs = 0 } = provider.videoTasks;
	const nowMs = connection.clock.now();
	const decision = decide(records.all(), wish, {
		nowMs,
		keyLifetimeMs,
		resubmitWhenUnsure,
		isHeld: (record) => heldRecords.has(heldAs(record)),
		canRepeat: ({ id, request }) => request === wish.request || inputs.has(id),
	});
	const id = decision.kind === 'send' ? newId(session, wish) : decision.record.id;
	const known = decision.kind === 'send' ? undefined : decision.record;
	// So that a further attempt at this is known by its call, also if it was another call that has sent it.
	if (known) records.write({ ...known, call: wish.call, executionId });
	const accepted = decision.kind === 'goOn' ? decision.record : undefined;
	// Named by an error of another item, also when this one does not get its turn.
	if (accepted) run.acceptedTaskIds.set(itemIndex, accepted.taskId);

	let isDelivered = false;
	heldRecords.add(heldAs({ id }));
	run.onEnd((areItemsHandedOver) => {
		heldRecords.delete(heldAs({ id }));
		const record = records.all().find((one) => one.id === id);
		if (isDelivered && areItemsHandedOver && record?.state === 'accepted') {
			records.write({ ...record, deliveredIn: executionId });
		}
	});
	const note = crashNoteOf(wish);
	const hint = (message: string) => context.addExecutionHints({ message, type: 'warning' });
	return {
		acceptedTaskId: accepted?.taskId,
		sendsInput: decision.kind === 'send' || decision.kind === 'sendAgain',
		isOfThisExecution: known === undefined || known.submittedIn === executionId,
		confirmRecord: async () => await crashGuard.confirm(note),
		deliver: () => void (isDelivered = true),

		async submitOnce(parts) {
			const changes = known ? changesSince(known, wish) : '';
			if (decision.kind === 'goOn') {
				if (decision.isChanged) hint(goesOn(session, decision.record.taskId, changes));
				return decision.record.taskId;
			}
			if (decision.kind === 'refuse') throw alreadyUnsure(provider, decision.record, changes);

			// All that can fail without harm comes before the record: what fails or is killed here has paid for no video.
			const isRepeat = decision.kind === 'repeat';
			const sentInput = (isRepeat && inputs.get(id)) || input;
			const addresses = (isRepeat && decision.record.addresses) || (await parts.resolve());
			const wasKilled = decision.kind === 'send' && (await crashGuard.note(note));
			if (wasKilled || decision.kind === 'sendAgain') {
				hint(`Item ${itemIndex} was sent again, although ${provider.displayName} may have accepted it in an earlier try: it may be billed twice.`);
			}
			const base = baseOf(isRepeat ? decision.record : { ...wish, submittedIn: executionId });
			const about = { ...base, id, call: wish.call, executionId };
			if (wasKilled && !resubmitWhenUnsure) {
				const message = mayBeAccepted(provider, 'its execution broke off');
				records.write({ ...about, state: 'sent', firstAnswer: { message } });
				throw brokenOff(provider);
			}
			const firstAnswer = decision.kind === 'send' ? undefined : decision.record.firstAnswer;
			const record: SentRecord = {
				...about,
				state: 'sent',
				sentAtMs: isRepeat ? decision.record.sentAtMs : nowMs,
				addresses: keyLifetimeMs > 0 ? addresses : undefined,
				firstAnswer,
			};
			records.write(record);
			if (keyLifetimeMs > 0) inputs.set(id, sentInput);
			const sent = await outcomeOf(parts.send(sentInput, addresses, id));
			if (sent.ok) {
				records.write({ ...about, state: 'accepted', taskId: sent.value.id });
				inputs.delete(id);
				if (isRepeat && decision.isChanged) hint(goesOn(session, sent.value.id, changes));
				return sent.value.id;
			}
			const isNothingAccepted = sent.error instanceof SeedanceError && sent.error.details.nothingAccepted !== undefined;
			if (isNothingAccepted && decision.kind === 'send') {
				records.remove(id);
				inputs.delete(id);
				await crashGuard.remove(note);
				throw sent.error;
			}
			// That a repeat came to nothing does not tell what became of the first request.
			const before = isNothingAccepted && decision.kind !== 'send' ? decision.record : record;
			records.write({ ...before, ...about, firstAnswer: firstAnswer ?? firstAnswerOf(session, sent.error) });
			throw inDoubt(session, sent.error, firstAnswer, resubmitWhenUnsure && !isRepeat);
		},
	};
}

const baseOf = ({ account, request, fields, asked, submittedIn }: Pick<SentRecord, 'account' | 'request' | 'fields' | 'asked' | 'submittedIn'>) => ({
	account,
	request,
	fields,
	asked,
	submittedIn,
});

/** Before the fields are read: should one of them fail now, its error has to name the task of the earlier try. */
export function nameEarlierTask({ context, itemIndex, run }: Session): void {
	if (toolCallOf(context)) return;
	const call = callOfItem(context, itemIndex);
	const earlier = openRecords(context.getContext('node'))
		.all()
		.findLast((record) => record.call === call);
	if (earlier?.state === 'accepted') run.acceptedTaskIds.set(itemIndex, earlier.taskId);
}

const callOfItem = (context: Session['context'], itemIndex: number) =>
	`run ${originalRunIndex(context, itemIndex)}, item ${itemIndex}`;

function wishOf({ context, itemIndex, provider, connection }: Session, input: PlannedInput) {
	const request = hash(input);
	const asked = hash(askedFor(context));
	const account = hash([provider.id, connection.baseUrl]);
	const toolCall = toolCallOf(context);
	return {
		call: toolCall ? nameOfToolCall(toolCall, context.getContext('node'), asked) : callOfItem(context, itemIndex),
		isTool: toolCall !== undefined,
		account,
		request,
		fields: fieldsOf(input),
		asked,
	};
}

/** The first call that asks for something has the same name in every execution, so that a note tells after a crash. */
function nameOfToolCall(toolCall: object, memory: IDataObject, asked: string): string {
	const known = toolCalls.get(toolCall);
	if (known !== undefined) return known;
	const counter = `tool calls for ${asked}`;
	const count = (readNumber(memory[counter]) ?? 0) + 1;
	memory[counter] = count;
	const name = `tool call ${count} for ${asked}`;
	toolCalls.set(toolCall, name);
	return name;
}

function newId({ context }: Session, { call, account, request, executionId }: Wish): string {
	const family = retryFamilyOf(context) ?? [context.getInstanceId(), context.getWorkflow().id, executionId];
	return hash([family, context.getNode().id, call, account, request]);
}

/** After a crash the retry knows no record, and evaluates the fields anew: what was asked for is what tells. */
const crashNoteOf = ({ call, account, asked }: Wish) => `${call}: ${hash([account, asked])}`;

/** By its label. */
function fieldsOf({ model, mode, prompt, references, settings, webhook }: PlannedInput): Record<string, string> {
	const values: Record<string, unknown> = { Model: model, Mode: mode, Prompt: prompt, References: references, 'Webhook URL': webhook };
	for (const [name, label] of Object.entries(settingLabels)) values[label] = readObject(settings)[name];
	const filled = Object.entries(values).filter(([, value]) => value !== undefined);
	return Object.fromEntries(filled.map(([label, value]) => [label, hash(value).slice(0, 16)]));
}

/** @returns e.g. "Prompt and Seed"; nothing if the request is the same */
function changesSince(record: SubmissionRecord, { request, fields }: Wish & Pick<SubmissionRecord, 'fields'>): string {
	if (record.request === request) return '';
	const labels = new Set([...Object.keys(record.fields), ...Object.keys(fields)]);
	const changed = [...labels].filter((label) => record.fields[label] !== fields[label]);
	return changed.join(', ').replace(/, ([^,]*)$/, ' and $1') || 'Something';
}

const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

function goesOn({ itemIndex }: Session, taskId: string, changes: string): string {
	return `Item ${itemIndex} goes on with task ${taskId}, which was accepted in an earlier try. Since then ${changes} changed by itself, as an expression gave another value; that makes no new request. For a video of the new values start a new execution.`;
}

function firstAnswerOf({ provider, connection }: Session, error: unknown): FirstAnswer {
	if (error instanceof SeedanceError) {
		const { statusCode, code, requestId } = error.details;
		return { message: error.message, statusCode, code, requestId };
	}
	const words = redactText(error instanceof Error ? error.message : String(error), connection.secrets);
	return { message: mayBeAccepted(provider, `then this went wrong in the node: ${words}`) };
}

/** What a person reads of a request that may have been accepted. */
function inDoubt(session: Session, error: unknown, before: FirstAnswer | undefined, willBeSentAgain: boolean): UnsureError {
	const { provider } = session;
	const advice = willBeSentAgain ? resubmitAdvice(provider) : notRepeated(provider);
	const words = error instanceof Error ? error.message : String(error);
	if (before) {
		return asUnsure(provider, before, `${advice} ${traceOf(before)} The last repeat: ${redactText(words, session.connection.secrets)}`);
	}
	if (error instanceof UnsureError) return willBeSentAgain ? error.with({ description: advice }) : error;
	return asUnsure(provider, firstAnswerOf(session, error), advice);
}

const asUnsure = (provider: ProviderAdapter, { message, ...details }: FirstAnswer, description: string) =>
	new UnsureError(message, { ...details, description, reason: 'unsure', providerName: provider.displayName });

/** @returns e.g. "First answer: 502, request ID abc." */
function traceOf({ statusCode, code, requestId }: FirstAnswer): string {
	const trace = [statusCode ?? code, requestId && `request ID ${requestId}`].filter(Boolean).join(', ');
	return trace && `First answer: ${trace}.`;
}

const notRepeated = (provider: ProviderAdapter) =>
	`It was sent once and is not repeated, because a repeat could be billed again. Look ${whereToLook(provider)}. To send it again, start a new execution, or switch on the option "Resubmit When Unsure".`;

const resubmitAdvice = (provider: ProviderAdapter) =>
	`The option "Resubmit When Unsure" is on: a further try of this execution sends it again, which can be billed twice. Look ${whereToLook(provider)} first.`;

function brokenOff(provider: ProviderAdapter): UnsureError {
	const { displayName } = provider;
	return new UnsureError(
		`${displayName} may have accepted this request in the execution that is retried here, which broke off`,
		{
			providerName: displayName,
			reason: 'unsure',
			description: `It is not repeated, because a repeat could be billed again. The log of n8n has the ID of the task, which "Wait for Task" fetches without a new bill; or look ${whereToLook(provider)}. To send it again, start a new execution, or switch on the option "Resubmit When Unsure".`,
		},
	);
}

function alreadyUnsure(provider: ProviderAdapter, { firstAnswer }: SentRecord, changes: string): UnsureError {
	const inEarlierTry = `${provider.displayName} may have accepted this request in an earlier try of this execution`;
	const also = changes && ` That ${changes} changed by itself since then makes no new request.`;
	if (!firstAnswer) return asUnsure(provider, { message: inEarlierTry }, `${notRepeated(provider)}${also}`);
	const { message } = firstAnswer;
	const opening = mayBeAccepted(provider, '');
	const told = message.startsWith(opening) ? `, but ${message.slice(opening.length)}` : `. What came of it: ${message}`;
	return asUnsure(
		provider,
		{ ...firstAnswer, message: `${inEarlierTry}${told}` },
		[`${notRepeated(provider)}${also}`, traceOf(firstAnswer)].filter(Boolean).join(' '),
	);
}
