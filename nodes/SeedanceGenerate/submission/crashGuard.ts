import { retryFamilyOf } from '../../shared/node/n8nInternals';
import type { Session } from '../../shared/node/operation';
import { type Outcome, outcomeOf } from '../../shared/outcome';

/**
 * Records in n8n's database, at once, that a paid request is about to be sent. All else that an execution
 * remembers is lost when its process is killed; this entry stays, so that the retry of such an execution
 * does not pay again without a word.
 *
 * n8n keeps these entries for the removal of duplicates and gives back only whether one is there. Best effort:
 * processes that write at the same moment can lose an entry, and a database that does not answer stops nobody.
 */
export interface CrashGuard {
	/** @returns true if an execution that was killed has left the same entry, and this one is its retry */
	record(request: string): Promise<boolean>;
	/** Records whose task it is, and writes the entry of the request anew if another process has written over it meanwhile. */
	confirm(request: string, taskId: string): Promise<void>;
	/**
	 * Records whose task it is, unless an execution in another process was first.
	 * @returns whether it belongs to this request; true where nobody can tell
	 */
	claim(request: string, taskId: string): Promise<boolean>;
	/** @returns those of the tasks that were recorded as those of the request, also by an execution that was killed */
	ownTasks(request: string, taskIds: readonly string[]): Promise<string[]>;
	/** For a request that was refused, so that nothing was paid. */
	remove(request: string): Promise<void>;
}

/** Up to three for each request; n8n drops the oldest of more. */
export const maxCrashEntries = 3_000;
const options = { mode: 'entries', maxEntries: maxCrashEntries } as const;
const maxAttempts = 5;
/** For all that one request wants, the wait for its turn included. After that n8n's database counts as down. */
const timeoutMs = 15_000;

export function openCrashGuard({ context, connection: { clock, signal } }: Session): CrashGuard {
	const isRetry = context.getMode() === 'retry';
	// An n8n without the token has none: an entry could be of any execution.
	const family = retryFamilyOf(context);
	const place = `${context.getWorkflow().id} ${context.getNode().id}`;
	let isDown = false;

	/** @returns undefined if n8n gave no answer in time, or the execution has ended */
	const withinTimeout = async <Value>(
		work: (isOver: AbortSignal) => Promise<Value>,
		endsWith?: AbortSignal,
	): Promise<Value | undefined> => {
		if (isDown) return undefined;
		const isDone = new AbortController();
		const pause = outcomeOf(
			clock.sleep(timeoutMs, AbortSignal.any([isDone.signal, ...(endsWith ? [endsWith] : [])])),
		);
		const first = await Promise.race([outcomeOf(work(isDone.signal)), pause.then(() => undefined)]);
		isDone.abort();
		// A pause that has ended by itself has lasted as long as it should.
		if (!first && (await pause).ok) isDown = true;
		return first?.ok ? first.value : undefined;
	};
	/** @returns those that were there before */
	const makeSure = async (entries: readonly string[]) =>
		await withinTimeout(async (isOver) => {
			let before: string[] | undefined;
			// Another process may write at the same moment: ask until all are found.
			for (let attempt = 1; attempt <= maxAttempts && !isOver.aborted; attempt++) {
				const recorded = await outcomeOf(
					inTurn(place, isOver, async () => await context.helpers.checkProcessedAndRecord([...entries], 'node', options)),
				);
				if (!recorded.ok || !recorded.value) continue;
				const { processed } = recorded.value;
				before ??= processed.map(String);
				if (processed.length === entries.length) break;
			}
			return before;
		}, signal);
	const withdraw = async (entries: readonly string[]) =>
		await withinTimeout(async (isOver) =>
			await inTurn(place, isOver, async () => await context.helpers.removeProcessed([...entries], 'node', options)),
		);
	const taskEntry = (taskId: string) => `task ${taskId}`;
	const ownEntry = (request: string, taskId: string) => `${family} ${request} is task ${taskId}`;
	return {
		async record(request) {
			if (family === undefined) return false;
			const before = await makeSure([`${family} ${request}`]);
			return isRetry && before !== undefined && before.length > 0;
		},
		async confirm(request, taskId) {
			if (family === undefined) return;
			await makeSure([`${family} ${request}`, taskEntry(taskId), ownEntry(request, taskId)]);
		},
		async claim(request, taskId) {
			if (family === undefined) return true;
			const own = ownEntry(request, taskId);
			const before = (await makeSure([taskEntry(taskId), own])) ?? [];
			if (before.length === 0 || before.includes(own)) return true;
			await withdraw([own]);
			return false;
		},
		async ownTasks(request, taskIds) {
			if (family === undefined || taskIds.length === 0) return [];
			const entries = new Map(taskIds.map((taskId) => [ownEntry(request, taskId), taskId]));
			// n8n tells what is there only while it records what is not. There is room for that, and it is taken back in the
			// same turn, so that no entry of a request is dropped for it: without one, a retry would pay again.
			const room = { ...options, maxEntries: maxCrashEntries + entries.size };
			const before = await withinTimeout(async (isOver) =>
				await inTurn(place, isOver, async () => {
					const { processed } = await context.helpers.checkProcessedAndRecord([...entries.keys()], 'node', room);
					const known = processed.map(String);
					const fresh = [...entries.keys()].filter((entry) => !known.includes(entry));
					// What stays would be taken for true the next time.
					let removed: Outcome<void> | undefined;
					for (let attempt = 1; attempt <= maxAttempts && !removed?.ok; attempt++) {
						removed = await outcomeOf(context.helpers.removeProcessed(fresh, 'node', options));
					}
					return known;
				}), signal);
			if (before === undefined) return [];
			return before.flatMap((entry) => entries.get(entry) ?? []);
		},
		async remove(request) {
			const removing = withdraw([`${family} ${request}`]);
			// Stop does not wait for it.
			if (!signal?.aborted) await removing;
		},
	};
}

/** By workflow and node: n8n reads and writes all entries of a node at once, of whatever execution they are. */
const queues = new Map<string, Promise<unknown>>();

/** Runs the work after what is before it; not at all if it is over by then. A call that is over holds up nobody. */
async function inTurn<Value>(
	place: string,
	isOver: AbortSignal,
	work: () => Promise<Value>,
): Promise<Value | undefined> {
	const before = queues.get(place);
	const over = new Promise<undefined>((resolve) =>
		isOver.addEventListener('abort', () => resolve(undefined), { once: true }),
	);
	const turn = (async () => {
		await before;
		return isOver.aborted ? undefined : await Promise.race([work(), over]);
	})();
	const end = outcomeOf(turn).then(() => {
		if (queues.get(place) === end) queues.delete(place);
	});
	queues.set(place, end);
	return await turn;
}
