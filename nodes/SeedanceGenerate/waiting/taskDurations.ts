import type { ExpectedDuration } from '../../shared/wait/intervals';

/** Older durations say little about the provider's load today. */
const maxDurationsPerKind = 5;
const maxKinds = 200;

/**
 * How long tasks took, by kind. Kept in the memory of the n8n process, across executions. Not in the static data of
 * the workflow: n8n saves that as a whole when an execution ends, so an execution that waited for minutes would undo
 * what a trigger recorded meanwhile, and a suspended one has none and would empty it.
 */
const durationsMs = new Map<string, readonly number[]>();

/** @returns the range of durations of the last tasks of this kind, undefined if there were none */
export function expectedDuration(kind: string): ExpectedDuration | undefined {
	const known = durationsMs.get(kind);
	return known && { minMs: Math.min(...known), maxMs: Math.max(...known) };
}

/** Records how long a task took. */
export function recordDuration(kind: string, durationMs: number): void {
	const known = [...(durationsMs.get(kind) ?? []), durationMs].slice(-maxDurationsPerKind);
	// Set anew, so that the keys are in the order of their last use and the first one can be dropped.
	durationsMs.delete(kind);
	durationsMs.set(kind, known);
	const [leastRecent] = durationsMs.keys();
	if (durationsMs.size > maxKinds && leastRecent !== undefined) durationsMs.delete(leastRecent);
}
