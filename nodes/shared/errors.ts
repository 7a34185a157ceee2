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

export interface InputProblem {
	/** The label of the field as the editor shows it. */
	field: string;
	/** Completes "must be …" or states the rule. */
	allowed: string;
	given: string;
}

/** True of the item of an InputError; where others were sent before, `toNodeError` says so. */
export const nothingSent = 'Nothing was sent.';

/** Thrown before anything is sent: names every field, what is allowed and what was given. */
export class InputError extends SeedanceError {
	constructor(readonly problems: readonly InputProblem[]) {
		const lines = problems.map(
			({ field, allowed, given }) => `${field}: ${allowed}. Given: ${given}`,
		);
		const [only, ...more] = lines;
		super(more.length === 0 && only ? only : `${lines.length} fields need a change before sending`, {
			reason: 'input',
			nothingAccepted: 'notSent',
			description: [...(more.length === 0 ? [] : lines), nothingSent].join('\n'),
		});
	}
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
	constructor(providerName: string, taskId: string, failure: Failure) {
		super(`${providerName} task ${taskId} gave no video: ${failure.message}`, {
			reason: failure.reason,
			description: failure.reason === 'moderation' ? moderationAdvice : undefined,
			code: failure.code,
			providerName,
			taskId,
		});
	}
}

/** The wait ended before the task did. The task continues and can be fetched later. */
export class TaskNotFinishedError extends SeedanceError {
	/** @param cause what to do about the reason, placed before the general advice */
	constructor(providerName: string, taskId: string, why: string, reason: FailureReason, cause?: string) {
		super(`${providerName} task ${taskId} ${why}`, {
			reason,
			description: `${cause ? `${cause}\n\n` : ''}The task continues at ${providerName} and is already paid. Fetch the video later with the operation "Wait for Task" or "Get Task" and Task ID ${taskId}; this starts no new generation.`,
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
