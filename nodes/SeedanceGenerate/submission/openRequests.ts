import type { Json } from '../../shared/providers/read';

/*
 * What this process knows of the requests to an account and of its tasks, so that no task is taken for that of two
 * requests. Other processes that share the account know nothing of it; those of the same n8n see the claims in its
 * database, see `crashGuard.ts`.
 */

export interface Account {
	/** The tasks that requests were answered with, or that were found for them. */
	taken: Set<string>;
	/** What can be of more than one request is nobody's, also once one of them was given up. */
	ambiguous: Set<string>;
	/** Those of running executions that have no answer, by the record of the submission. */
	requests: Map<string, RequestWithoutAnswer>;
	/** What a task shows of its request, by its ID, read or being read. It never changes. */
	echoes: Map<string, Promise<Json>>;
}

/** A request that has no answer yet, or lost it. */
export interface RequestWithoutAnswer {
	model: string;
	/** See `RequestEcho`. */
	echo: Json;
	sentAt: Moment;
	/** Absent while an answer may still come. */
	lostAt?: Moment;
}

/** By the monotonic clock of this process, or by the wall clock, which can be set. */
export type Moment = { monotonicMs: number } | { wallMs: number };

const accounts = new Map<string, Account>();
/** The newest remain. */
const maxIds = 10_000;
/** Each has a prompt. */
const maxEchoes = 500;

/** @param account see `RecordBase` */
export function openAccount(account: string): Account {
	const known = accounts.get(account) ?? { taken: new Set(), ambiguous: new Set(), requests: new Map(), echoes: new Map() };
	accounts.set(account, known);
	dropOldest(known.taken, maxIds);
	dropOldest(known.ambiguous, maxIds);
	dropOldest(known.echoes, maxEchoes);
	return known;
}

function dropOldest(kept: { size: number; keys(): Iterable<string>; delete(id: string): boolean }, maxKept: number): void {
	if (kept.size <= maxKept) return;
	for (const id of [...kept.keys()].slice(0, kept.size - maxKept)) kept.delete(id);
}
