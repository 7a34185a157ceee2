import type { ExpectedDuration } from '../../shared/wait/intervals';

/** Of each kind; old ones say little about today's load. */
const maxDurationsPerKind = 5;
const maxKinds = 200;

/**
 * How long tasks took, by kind. The process of n8n remembers it from execution to execution. The static data
 * of the workflow is no place for it: n8n saves that as a whole when an execution ends, so one that has
 * waited for minutes would undo what a trigger has recorded meanwhile, and one that was suspended has none and
 * would empty it.
 */
const durationsMs = new Map<string, readonly number[]>();

export function expectedDuration(kind: string): ExpectedDuration | undefined {
	const known = durationsMs.get(kind);
	return known && { shortestMs: Math.min(...known), longestMs: Math.max(...known) };
}

export function learnDuration(kind: string, durationMs: number): void {
	const known = [...(durationsMs.get(kind) ?? []), durationMs].slice(-maxDurationsPerKind);
	// The kind that was seen last comes last, so that the forgotten ones fall out.
	durationsMs.delete(kind);
	durationsMs.set(kind, known);
	const [oldest] = durationsMs.keys();
	if (durationsMs.size > maxKinds && oldest !== undefined) durationsMs.delete(oldest);
}
