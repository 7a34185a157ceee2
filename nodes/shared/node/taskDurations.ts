import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { readArray, readNumber, readObject } from '../providers/read';
import type { ExpectedDuration } from '../wait/intervals';

const memoryKey = 'taskDurationsMs';
/** Of each kind; old ones say little about today's load. */
const mostDurations = 5;
const mostKinds = 20;

/**
 * How long tasks took, by kind (provider, model, resolution, length of the video). Shared by the items of
 * a run and the rounds of a loop. Kept with the execution, not in the static data of the workflow: in an
 * execution that has waited n8n gives nodes empty ones, and what is written replaces those of all nodes.
 */
export interface TaskDurations {
	expected(kind: string): ExpectedDuration | undefined;
	learn(kind: string, durationMs: number): void;
}

/** n8n's type for data; what goes in are lists of numbers. */
const toData = (entries: Array<[string, unknown]>): IDataObject =>
	Object.fromEntries(entries.map(([kind, durations]) => [kind, readArray(durations).map(Number)]));

export function openTaskDurations(context: IExecuteFunctions): TaskDurations {
	const memory = context.getContext('node');
	const recall = (kind: string) =>
		readArray(readObject(memory[memoryKey])[kind]).flatMap((value) => readNumber(value) ?? []);
	return {
		expected(kind) {
			const durationsMs = recall(kind);
			if (durationsMs.length === 0) return undefined;
			return { shortestMs: Math.min(...durationsMs), longestMs: Math.max(...durationsMs) };
		},
		learn(kind, durationMs) {
			const others = Object.entries(readObject(memory[memoryKey])).filter(
				([other]) => other !== kind,
			);
			const known: [string, unknown] = [
				kind,
				[...recall(kind), Math.round(durationMs)].slice(-mostDurations),
			];
			// The kind that was seen last comes last, so that the forgotten ones fall out.
			memory[memoryKey] = toData([...others, known].slice(-mostKinds));
		},
	};
}
