import { excerpt } from './text';
import type { Failure, FailureReason } from './vocabulary';

export interface SeedanceErrorDetails {
	reason: FailureReason;
	/** What the user can do next, as sentences. */
	description?: string;
	providerName?: string;
	taskId?: string;
	assetId?: string;
	videoUrl?: string;
	statusCode?: number;
	requestId?: string;
	/** The provider's own error code. */
	code?: string;
	/** Milliseconds to wait before the next request, as the provider asks. */
	retryAfterMs?: number;
	/** Why it is certain that the request had no effect; absent if it is not. Only with this may a paid request be sent again. */
	nothingAccepted?: 'refused' | 'notSent';
	/** Refused for now: how the same request may be retried, as in `RetryRule`. */
	repeat?: { intervalMs: number; maxMs: number; isCapacity?: true };
}

/** The one error of this package below the node boundary; `toNodeError` turns it into n8n's classes. */
export class SeedanceError extends Error {
	constructor(
		message: string,
		readonly details: SeedanceErrorDetails,
	) {
		super(message);
		this.name = new.target.name;
	}

	/** Adds details that an outer layer knows, such as the task ID. @returns the same error */
	with(details: Partial<SeedanceErrorDetails>): this {
		Object.assign(this.details, details);
		return this;
	}
}

/** What has to change in one field before anything is paid, as the person reads it. */
export interface InputProblem {
	/** The label of the field as the editor shows it. */
	field: string;
	/** What is wrong, as a sentence that names the field, what is allowed and what was found. */
	message: string;
	/** What to do about it, as sentences. */
	advice: string;
}

/** How a message shows a field without a value. */
export const empty = '(empty)';

/**
 * The usual problem of a field, e.g. "Limit must be a whole number from 1; it is 0."
 * @param allowed completes "must be …"
 * @param found completes "it is …"; `empty` if there is no value
 */
export function mustBe(field: string, allowed: string, found: string, advice = correctField): InputProblem {
	const isEmpty = found === empty || found === '';
	return { field, message: `${field} must be ${allowed}; it is ${isEmpty ? 'empty' : found}.`, advice };
}

/** A field that needs a value and has none. */
export function isMissing(field: string, advice = `Fill in ${field}. If it has an expression, the expression gave nothing for this item.`): InputProblem {
	return { field, message: `${field} is empty.`, advice };
}

const correctField = 'Correct the field or its expression.';

/** A problem in one line: what is wrong, then what to do. */
export const tellProblem = ({ message, advice }: InputProblem) => `${message} ${advice}`;

/** True of the item of an InputError; beside requests that are paid or may be, `toNodeError` says so. */
export const nothingPaid = 'Nothing was paid.';

/** Thrown before anything is sent: names every field, what is allowed, what was found and what to do. */
export class InputError extends SeedanceError {
	/** @param closing whether anything was paid, as sentences */
	constructor(
		readonly problems: readonly InputProblem[],
		closing = nothingPaid,
	) {
		const [only, ...more] = problems;
		const isOne = only !== undefined && more.length === 0;
		super(isOne ? only.message : `${problems.length} fields need a change.`, {
			reason: 'input',
			nothingAccepted: 'notSent',
			description: isOne ? `${only.advice} ${closing}`.trim() : [...problems.map(tellProblem), closing].join('\n').trim(),
		});
	}
}

/** For an item whose work has begun: it may have paid for something before a field or an ID turned out to be wrong. */
export function withdrawNothingPaid(error: unknown): void {
	if (!(error instanceof SeedanceError)) return;
	error.with({ description: error.details.description?.replace(nothingPaid, '').trim() });
}

/** @throws InputError with all problems, if there are any */
export function requireNoProblems(problems: readonly InputProblem[]) {
	if (problems.length > 0) throw new InputError(problems);
}

/** The provider refused a request, or no usable answer came. */
export class ProviderError extends SeedanceError {}

/** A paid request was sent and it is unknown whether it was accepted. It is never repeated. */
export class UnsureError extends ProviderError {}

/** A 2xx answer without a part that is needed. */
export class UnexpectedAnswerError extends SeedanceError {
	constructor(what: string, body: unknown) {
		super(`the answer has no ${what}`, {
			reason: 'unexpectedAnswer',
			description: `Answer: ${excerpt(body)}`,
		});
	}
}

/** The task was accepted and has ended without a video. */
export class TaskFailedError extends SeedanceError {
	/** @param charge what it has cost, as a sentence; the default where the provider does not tell */
	constructor(
		providerName: string,
		taskId: string,
		failure: Failure,
		charge = `What ${providerName} has charged for it shows in your account there.`,
	) {
		super(`${providerName} task ${taskId} gave no video: ${failure.message}`, {
			reason: failure.reason,
			description: [adviceFor(failure.reason), charge].join(' ').trim(),
			code: failure.code,
			providerName,
			taskId,
		});
	}
}

/** What to do about a task that has ended without a video. Not to pay again where the video may exist after all. */
function adviceFor(reason: FailureReason): string {
	if (reason === 'moderation') return moderationAdvice;
	if (reason === 'input') return 'Change what the message names, then generate again.';
	if (reason === 'unexpectedAnswer' || reason === 'expired') return '';
	return 'Generate again; if that fails too, change the prompt or a reference.';
}

/** The wait ended before the task did. The task continues and can be fetched later. */
export class TaskNotFinishedError extends SeedanceError {
	/** @param cause what to do about the reason, placed before the general advice */
	constructor(providerName: string, taskId: string, why: string, reason: FailureReason, cause?: string) {
		super(`${providerName} task ${taskId} ${why}`, {
			reason,
			description: `${cause ? `${cause}\n\n` : ''}The task continues at ${providerName} and is already paid. Fetch the video later with the operation "Wait for Task" or "Get Task" and Task ID ${taskId}; that is not paid again.`,
			providerName,
			taskId,
		});
	}
}

/** The provider could not process the file of an asset. */
export class AssetFailedError extends SeedanceError {
	constructor(providerName: string, assetId: string, failure: Failure) {
		super(`${providerName} could not process asset ${assetId}: ${failure.message}`, {
			reason: failure.reason,
			description: 'Check the file against the limits of the provider, then create a new asset.',
			code: failure.code,
			providerName,
			assetId,
		});
	}
}

/** The wait ended before the asset could be cited. The asset exists. */
export class AssetNotActiveError extends SeedanceError {
	/** @param cause what to do about the reason, placed before the general advice */
	constructor(providerName: string, assetId: string, why: string, reason: FailureReason, cause?: string) {
		super(`${providerName} asset ${assetId} ${why}`, {
			reason,
			description: `${cause ? `${cause}\n\n` : ''}The asset exists. Continue to wait with the operation "Wait Until Active" and Asset ID ${assetId}.`,
			providerName,
			assetId,
		});
	}
}

/** In place of the words of a provider that gives none. */
export const noReason = 'the provider gave no reason';

/** Source: AnyFast and Alad documents, "100% progress but returns an error". */
export const moderationAdvice =
	"The output was most likely flagged by the provider's content moderation (for example the likeness of a celebrity, a real face, or copyrighted material). Change the prompt or use a different reference, then generate again.";
