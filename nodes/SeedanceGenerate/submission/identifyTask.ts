import { isObject, type Json, readObject } from '../../shared/providers/read';

/*
 * Which task a paid request has made whose answer was lost. This decides, and asks nobody; `findTask.ts` asks. The table
 * of what may be concluded is in `docs/waiting.md`. Two rules that must not regress:
 *
 * - Only one task that shows exactly this request, and that no other request can have made, is its task.
 * - That no such task was found never allows a second payment.
 */

/** A request that was sent, and of which it is not known which task it has made. */
export interface OpenRequest {
	/** What a task repeats of it; see `RequestEcho`. */
	echo: Json;
	/** When it can have been accepted, in milliseconds since the epoch by the provider's clock. */
	fromMs: number;
	untilMs: number;
}

export interface ListedTask {
	id: string;
	/** By the provider's clock. */
	createdAtMs?: number;
	/** Absent if it could not be read. */
	echo?: Json;
}

export type Identification =
	| { kind: 'found'; taskId: string }
	/** No task that is listed can be of the request. */
	| { kind: 'none' }
	/** One that can be of another request as well, or one of several. */
	| { kind: 'ambiguous'; taskIds: readonly string[] }
	/** Some do not show enough to tell. */
	| { kind: 'unclear'; taskIds: readonly string[] };

export interface Others {
	/** @returns whether it is known to be the task of another request */
	isTaken: (taskId: string) => boolean;
	/** @returns whether it was found before to be of one of several requests */
	isAmbiguous: (taskId: string) => boolean;
	/** Those of this process that have no answer yet, or lost theirs too. */
	requests: readonly OpenRequest[];
}

/** @param tasks all that the provider lists of that time, or more */
export function identifyTask(request: OpenRequest, tasks: readonly ListedTask[], { isTaken, isAmbiguous, requests }: Others): Identification {
	const free = tasks.filter(({ id }) => !isTaken(id));
	const judged = free.map((task) => ({ task, verdict: judge(request, task) }));
	const idsOf = (wanted: typeof judged) => wanted.map(({ task }) => task.id);
	const same = judged.filter(({ verdict }) => verdict === 'same');
	const unclear = judged.filter(({ verdict }) => verdict === 'unclear');
	if (unclear.length > 0) return { kind: 'unclear', taskIds: idsOf([...same, ...unclear]) };
	const [only, ...more] = same;
	if (!only) return { kind: 'none' };
	const isContested = isAmbiguous(only.task.id) || requests.some((other) => judge(other, only.task) !== 'other');
	if (more.length > 0 || isContested) return { kind: 'ambiguous', taskIds: idsOf(same) };
	return { kind: 'found', taskId: only.task.id };
}

type Verdict = 'same' | 'other' | 'unclear';

function judge({ echo, fromMs, untilMs }: OpenRequest, task: ListedTask): Verdict {
	const { createdAtMs } = task;
	if (createdAtMs !== undefined && (createdAtMs < fromMs || createdAtMs > untilMs)) return 'other';
	const verdict = task.echo ? compareEchoes(echo, task.echo) : 'unclear';
	return verdict === 'same' && createdAtMs === undefined ? 'unclear' : verdict;
}

/**
 * Compares what was sent with what a task shows. What it shows beyond that are defaults of the provider, except for
 * references, which nobody adds.
 * @returns `unclear` if all that is shown is the same, and something is not shown
 */
export function compareEchoes(sent: Json, shown: Json): Verdict {
	const verdicts = Object.entries(sent).map(([name, value]) => compareValues(value, shown[name]));
	const hasMore = Object.entries(shown).some(([name, value]) => sent[name] === undefined && hasReference(value));
	if (hasMore || verdicts.includes('other')) return 'other';
	return verdicts.includes('unclear') ? 'unclear' : 'same';
}

function compareValues(sent: unknown, shown: unknown): Verdict {
	if (sent === undefined) return 'same';
	if (isObject(sent)) return compareEchoes(sent, readObject(shown));
	if (shown === undefined || shown === null) return 'unclear';
	return plain(sent) === plain(shown) ? 'same' : 'other';
}

function hasReference(value: unknown): boolean {
	if (Array.isArray(value)) return value.length > 0;
	if (isObject(value)) return Object.values(value).some(hasReference);
	return typeof value === 'string' && value.includes('://');
}

/** A number can come back as a text, and blanks in a prompt can be tidied up. */
const plain = (value: unknown) =>
	(typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value))
		.replace(/\s+/g, ' ')
		.trim();
