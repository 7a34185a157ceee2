import { SeedanceError, UnsureError } from '../../shared/errors';
import type { Session } from '../../shared/node/operation';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { mayBeAccepted, whereToCheck } from '../../shared/request/failure';
import { redactor } from '../../shared/request/redact';
import { listOf, withFullStop } from '../../shared/text';
import type { Finding } from './findTask';
import type { FirstAnswer, SentRecord, SubmissionRecord } from './records';

/** What a person reads about a paid request that was sent before, or may have been accepted. */

/** @returns e.g. "Prompt and Seed"; nothing if the request is the same */
export function changesSince(record: SubmissionRecord, { fingerprint, fields }: Pick<SubmissionRecord, 'fingerprint' | 'fields'>): string {
	if (record.fingerprint === fingerprint) return '';
	const labels = new Set([...Object.keys(record.fields), ...Object.keys(fields)]);
	const changed = [...labels].filter((label) => record.fields[label] !== fields[label]);
	return listOf(changed) || 'Something';
}

export function continuesWith({ itemIndex }: Session, taskId: string, changes: string): string {
	return `Item ${itemIndex} continues with task ${taskId}, which was accepted in an earlier attempt. Since then ${changes} changed by itself, as an expression gave another value; that makes no new request. For a video of the new values start a new execution.`;
}

export function firstAnswerOf({ provider, connection }: Session, error: unknown): FirstAnswer {
	if (error instanceof SeedanceError) {
		const { statusCode, code, requestId } = error.details;
		return { message: error.message, statusCode, code, requestId };
	}
	const words = redactor(connection.secrets).text(error instanceof Error ? error.message : String(error));
	return { message: mayBeAccepted(provider, `then this went wrong in the node: ${words}`) };
}

/** What a person reads of a request that may have been accepted. */
export function inDoubt(
	session: Session,
	error: unknown,
	before: FirstAnswer | undefined,
	willBeSentAgain: boolean,
	finding: Finding,
): UnsureError {
	const { provider } = session;
	const searched = wordsOfSearch(provider, finding);
	const advice = [willBeSentAgain ? resubmitAdvice(provider) : notRepeated(provider), searched].filter(Boolean).join(' ');
	const words = error instanceof Error ? error.message : String(error);
	if (before) {
		return asUnsure(provider, before, `${advice} ${traceOf(before)} The last repeat: ${redactor(session.connection.secrets).text(words)}`);
	}
	if (error instanceof UnsureError) {
		const description = willBeSentAgain ? advice : [searched, error.details.description].filter(Boolean).join(' ');
		return error.with({ description });
	}
	return asUnsure(provider, firstAnswerOf(session, error), advice);
}

const asUnsure = (provider: ProviderAdapter, { message, ...details }: FirstAnswer, description: string) =>
	new UnsureError(message, { ...details, description, reason: 'unsure', providerName: provider.displayName });

/** @returns e.g. "First answer: 502, request ID abc." */
function traceOf({ statusCode, code, requestId }: FirstAnswer): string {
	const trace = [statusCode ?? code, requestId && `request ID ${requestId}`].filter(Boolean).join(', ');
	return trace && `First answer: ${trace}.`;
}

/** What the errors of other items say of a request in doubt. */
export function wordsOfDoubt({ firstAnswer }: SentRecord): string {
	if (!firstAnswer) return 'it was sent, and no answer came';
	return [firstAnswer.message, traceOf(firstAnswer)].filter(Boolean).join('. ').replace(/\.$/, '');
}

/** @returns what the search for the task has brought, as sentences; nothing if there was none */
function wordsOfSearch({ displayName, videoTasks }: ProviderAdapter, finding: Finding): string {
	switch (finding.kind) {
		case 'found':
		case 'notSearched':
			return '';
		case 'none':
			return videoTasks.listsOpenTasks && finding.isTimeKnown
				? `The list of tasks of ${displayName} has no task of this request, so it was most likely not accepted.`
				: `The list of tasks of ${displayName} has no task of this request so far. That does not prove that there is none, as the list can be late: the next attempt searches again.`;
		case 'ambiguous':
			return `The list of tasks of ${displayName} has ${tasksNamed(finding.taskIds)}, which can be of this request or of another one that asks for exactly the same, so the node takes none.`;
		case 'unclear':
			return `The list of tasks of ${displayName} has ${tasksNamed(finding.taskIds)}, and does not show clearly enough what was asked for, so the node takes none.`;
		case 'unreadable':
			return `The list of tasks of ${displayName} could not be read: ${withFullStop(finding.message)}`;
	}
}

const maxNamedTasks = 5;

function tasksNamed(taskIds: readonly string[]): string {
	if (taskIds.length === 0) return 'too many tasks';
	const named = listOf(taskIds.slice(0, maxNamedTasks));
	const more = taskIds.length - maxNamedTasks;
	return `${taskIds.length === 1 ? 'task' : 'tasks'} ${named}${more > 0 ? ` and ${more} more` : ''}`;
}

const notRepeated = (provider: ProviderAdapter) =>
	`It was sent once and is not repeated, because a repeat could be billed again. Check ${whereToCheck(provider)}. To send it again, start a new execution, or switch on the option "Resubmit When Unsure".`;

const resubmitAdvice = (provider: ProviderAdapter) =>
	`The option "Resubmit When Unsure" is on: another attempt of this execution sends it again, which can be billed twice. Check ${whereToCheck(provider)} first.`;

export function brokenOff(provider: ProviderAdapter, finding: Finding): UnsureError {
	const { displayName } = provider;
	const searched = wordsOfSearch(provider, finding);
	return new UnsureError(
		`${displayName} may have accepted this request in the execution that is retried here, which broke off`,
		{
			providerName: displayName,
			reason: 'unsure',
			description: `${searched && `${searched} `}It is not repeated, because a repeat could be billed again. The log of n8n has the ID of the task, which "Wait for Task" fetches without a new bill; or check ${whereToCheck(provider)}. To send it again, start a new execution, or switch on the option "Resubmit When Unsure".`,
		},
	);
}

export function alreadyUnsure(
	provider: ProviderAdapter,
	{ firstAnswer }: SentRecord,
	changes: string,
	willBeSentAgain: boolean,
	finding: Finding,
): UnsureError {
	const instead = willBeSentAgain ? resubmitAdvice(provider) : notRepeated(provider);
	const advice = [instead, wordsOfSearch(provider, finding)].filter(Boolean).join(' ');
	const inEarlierAttempt = `${provider.displayName} may have accepted this request in an earlier attempt of this execution`;
	const also = changes && ` That ${changes} changed by itself since then makes no new request.`;
	if (!firstAnswer) return asUnsure(provider, { message: inEarlierAttempt }, `${advice}${also}`);
	const { message } = firstAnswer;
	const opening = mayBeAccepted(provider, '');
	const told = message.startsWith(opening) ? `, but ${message.slice(opening.length)}` : `. What came of it: ${message}`;
	return asUnsure(
		provider,
		{ ...firstAnswer, message: `${inEarlierAttempt}${told}` },
		[`${advice}${also}`, traceOf(firstAnswer)].filter(Boolean).join(' '),
	);
}
