import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { readArray, readNumber, readObject } from '../providers/read';
import type { ExpectedDuration } from '../wait/intervals';

const staticDataKey = 'taskDurationsMs';
/** Of each kind; old ones say little about today's load. */
const mostDurations = 5;
const mostKinds = 20;

/**
 * How long tasks took, by kind (provider, model, resolution, length of the video). Shared by the items
 * of a run and kept in the static data of the workflow, which n8n saves for production executions.
 */
export interface TaskDurations {
	expected(kind: string): ExpectedDuration | undefined;
	learn(kind: string, durationMs: number): void;
}

/** n8n's type for data; what goes in are lists of numbers. */
const toData = (entries: Array<[string, unknown]>): IDataObject =>
	Object.fromEntries(entries.map(([kind, durations]) => [kind, readArray(durations).map(Number)]));

export function openTaskDurations(context: IExecuteFunctions): TaskDurations {
	const staticData = context.getWorkflowStaticData('node');
	const recall = (kind: string) =>
		readArray(readObject(staticData[staticDataKey])[kind]).flatMap((value) => readNumber(value) ?? []);
	return {
		expected(kind) {
			const durationsMs = recall(kind);
			if (durationsMs.length === 0) return undefined;
			return { shortestMs: Math.min(...durationsMs), longestMs: Math.max(...durationsMs) };
		},
		learn(kind, durationMs) {
			const others = Object.entries(readObject(staticData[staticDataKey])).filter(
				([other]) => other !== kind,
			);
			const known: [string, unknown] = [
				kind,
				[...recall(kind), Math.round(durationMs)].slice(-mostDurations),
			];
			// The kind that was seen last comes last, so that the forgotten ones fall out.
			staticData[staticDataKey] = toData([...others, known].slice(-mostKinds));
		},
	};
}
