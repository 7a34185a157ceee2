import type { IWebhookFunctions } from 'n8n-workflow';
import { readArray, readString } from '../shared/providers/read';
import type { VideoTask } from '../shared/vocabulary';

/** A provider repeats a call within seconds; these are the tasks of far longer. */
const maxStoredTasks = 200;
const maxTasksOfProcess = 2000;

/**
 * What this process has started, oldest first. Each call has a copy of its own of the static data, so of
 * two tasks that end together only one is stored; this knows both.
 */
const startedHere = new Set<string>();

/** What tells a task of this node from those of all others. */
export function taskKey(context: IWebhookFunctions, taskId: string): string {
	return JSON.stringify([context.getWorkflow().id, context.getNode().id, context.getMode(), taskId]);
}

/**
 * Remembers that the workflow was started for a task: in this process, and in the static data of the
 * workflow for other processes and after a restart. (n8n's own helper for this, `checkProcessedAndRecord`,
 * is not there for webhooks.) While the user tries the Test URL, nothing is remembered.
 * @returns false if it was started before
 */
export function markStarted(context: IWebhookFunctions, taskId: string): boolean {
	if (context.getMode() === 'manual') return true;
	const memory = context.getWorkflowStaticData('node');
	const stored = readArray(memory.startedTaskIds).flatMap((id) => readString(id) ?? []);
	const key = taskKey(context, taskId);
	if (startedHere.has(key) || stored.includes(taskId)) return false;
	memory.startedTaskIds = [...stored, taskId].slice(-maxStoredTasks);
	startedHere.add(key);
	for (const oldest of startedHere) {
		if (startedHere.size <= maxTasksOfProcess) break;
		startedHere.delete(oldest);
	}
	return true;
}

/**
 * Providers repeat a call within seconds (PiAPI, "Unified Webhook": 5 s × 3); a day is for outages on either
 * side. Whoever has recorded a signed call can send it again at any time, and what is remembered of started
 * tasks has an end.
 */
const maxAgeOfEndMs = 24 * 60 * 60_000;
/** Where the end is not told: no queue and no generation takes longer, see `execution_expires_after` of the maker. */
const maxTaskDurationMs = 72 * 60 * 60_000;

/**
 * Whether a call about the task can only be a repeat from long ago. By what the provider's API says of the
 * task; one that tells no time at all is taken, as a video that nobody hears of is the greater loss.
 */
export function endedLongAgo({ finishedAtMs, createdAtMs }: VideoTask, nowMs: number): boolean {
	const latestEndMs = finishedAtMs ?? (createdAtMs === undefined ? nowMs : createdAtMs + maxTaskDurationMs);
	return nowMs - latestEndMs > maxAgeOfEndMs;
}

