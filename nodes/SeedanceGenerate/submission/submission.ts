import { createHash } from 'crypto';
import { UnsureError } from '../../shared/errors';
import type { Json } from '../../shared/providers/read';
import { readArray, readNumber, readObject, readString } from '../../shared/providers/read';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { whereToLook } from '../../shared/request/failure';
import { outcomeOf } from '../../shared/outcome';
import { perRun, type Session } from '../../shared/node/operation';
import { originalRunIndex, retryFamilyOf } from '../../shared/node/n8nInternals';
import { openCrashGuard } from './crashGuard';

/**
 * The paid request of one item, remembered in the data of the execution. n8n's Retry On Fail and the
 * retry of a failed execution run the node again on the same data, find the task that was accepted,
 * and wait for it instead of paying again.
 */
export interface Submission {
	/** The task that an earlier try of this execution has started for the same request. */
	acceptedTaskId?: string;
	/** False if that was in another execution, of which this one is the retry. */
	isOfThisExecution: boolean;
	/**
	 * Sends the request unless an earlier try did.
	 * @param resolve the addresses in the request; where sending twice is covered by an idempotency key,
	 *        a later try gets those of the first, as the request has to be the same
	 * @throws UnsureError, also in every later try, if it may have been accepted without an answer
	 */
	submitOnce(
		resolve: () => Promise<Addresses>,
		send: (addresses: Addresses, idempotencyKey: string) => Promise<{ id: string }>,
	): Promise<string>;
	/**
	 * Looks after what a retry would need if n8n was killed now: processes that note at the same moment can
	 * lose a note, and by now they have other things to do.
	 */
	confirmRecord(): Promise<void>;
}

const crashGuardOf = perRun(({ context }) => openCrashGuard(context));

export interface Addresses {
	/** What each reference is cited by. */
	references: readonly string[];
	/** Whom the provider calls. */
	webhook?: string;
}

/**
 * @param request what makes two requests the same; a changed one is a new submission
 * @param resubmitWhenUnsure sends again what may have been accepted, as the user takes the risk
 */
export function openSubmission(
	session: Session,
	request: unknown,
	resubmitWhenUnsure: boolean,
): Submission {
	const { context, itemIndex, provider, connection, run } = session;
	const crashGuard = crashGuardOf(session);
	// Saved with the execution, by node; the run tells the rounds of a loop apart.
	const memory = context.getContext('node');
	const key = `submission of run ${originalRunIndex(context, itemIndex)}, item ${itemIndex}`;
	const fingerprint = hash([provider.id, connection.baseUrl, request]);
	const remembered = readObject(memory[key]);
	const earlier = remembered.fingerprint === fingerprint ? remembered : undefined;
	const note = `${key}: ${fingerprint}`;
	const acceptedTaskId = readString(earlier?.taskId);
	// Named by an error of another item, also when this one does not get its turn.
	if (acceptedTaskId !== undefined) run.acceptedTaskIds.set(itemIndex, acceptedTaskId);
	const executionId = context.getExecutionId();
	return {
		acceptedTaskId,
		isOfThisExecution: earlier === undefined || earlier.executionId === executionId,
		async submitOnce(resolve, send) {
			if (acceptedTaskId !== undefined) return acceptedTaskId;
			const { idempotencyKeyLifetimeMs = 0 } = provider.videoTasks;
			const nowMs = connection.clock.now();
			const earlierMs = readNumber(earlier?.sentAtMs) ?? nowMs;
			const isCovered = nowMs - earlierMs < idempotencyKeyLifetimeMs;
			const sentAtMs = isCovered ? earlierMs : nowMs;
			if (earlier && !isCovered && !resubmitWhenUnsure) throw alreadyUnsure(provider);
			const idempotencyKey =
				readString(earlier?.idempotencyKey) ??
				hash([
					retryFamilyOf(context) ?? [context.getInstanceId(), context.getWorkflow().id, executionId],
					context.getNode().id,
					key,
					fingerprint,
				]);
			// A repeat brings the task of the first try, with what that told the provider.
			const submittedIn = (isCovered && readString(earlier?.executionId)) || executionId;
			// Before the note: what fails or is killed here has paid for no video.
			const addresses = earlier && isCovered ? readAddresses(earlier) : await resolve();
			const wasKilled = !earlier && (await crashGuard.note(note));
			if (wasKilled && !resubmitWhenUnsure) throw brokenOff(provider);
			if (wasKilled || (earlier && !isCovered)) {
				context.addExecutionHints({
					message: `Item ${itemIndex} was sent again, although ${provider.displayName} may have accepted it in an earlier try: it may be billed twice.`,
					type: 'warning',
				});
			}
			memory[key] = {
				fingerprint,
				executionId: submittedIn,
				sentAtMs,
				idempotencyKey,
				...(isCovered && { references: [...addresses.references], webhook: addresses.webhook }),
			};
			const sent = await outcomeOf(send(addresses, idempotencyKey));
			if (sent.ok) {
				memory[key] = { fingerprint, executionId: submittedIn, taskId: sent.value.id };
				return sent.value.id;
			}
			// Refused: nothing was accepted, so a later try may send it again.
			if (!(sent.error instanceof UnsureError)) {
				memory[key] = undefined;
				await crashGuard.remove(note);
			} else if (!isCovered && resubmitWhenUnsure) {
				throw sent.error.with({ description: resubmitAdvice(provider) });
			}
			throw sent.error;
		},
		confirmRecord: async () => await crashGuard.confirm(note),
	};
}

function readAddresses({ references, webhook }: Json): Addresses {
	return {
		references: readArray(references).flatMap((url) => readString(url) ?? []),
		webhook: readString(webhook),
	};
}

const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

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

function alreadyUnsure(provider: ProviderAdapter): UnsureError {
	const { displayName } = provider;
	return new UnsureError(
		`${displayName} may have accepted this request in an earlier try of this execution`,
		{
			providerName: displayName,
			reason: 'unsure',
			description: `It was sent once and is not repeated, because a repeat could be billed again. Look ${whereToLook(provider)}. To send it again, start a new execution, or switch on the option "Resubmit When Unsure".`,
		},
	);
}
