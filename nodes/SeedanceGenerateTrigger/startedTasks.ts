import type { IWebhookFunctions } from 'n8n-workflow';
import { readArray, readString } from '../shared/providers/read';
import type { VideoTask } from '../shared/vocabulary';

/** Providers repeat a callback within seconds, and this many tasks cover far more than that. */
const maxStoredTasks = 200;
const maxTasksInMemory = 2000;

/**
 * The tasks that this process has started the workflow for, oldest first. Each webhook call has its own copy of the
 * static data, so of two tasks that end at the same time only one is stored there; this has both.
 */
const startedInProcess = new Set<string>();

/** @returns a key that is unique to this task in this node and mode */
export function taskKey(context: IWebhookFunctions, taskId: string): string {
	return JSON.stringify([context.getWorkflow().id, context.getNode().id, context.getMode(), taskId]);
}

/**
 * Records that the workflow was started for a task: in this process, and in the static data of the workflow for
 * other processes and after a restart. (n8n's own helper for this, `checkProcessedAndRecord`, does not exist for
 * webhooks.) Nothing is recorded for calls of the Test URL.
 * @returns false if it was started before
 */
export function markStarted(context: IWebhookFunctions, taskId: string): boolean {
	if (context.getMode() === 'manual') return true;
	const memory = context.getWorkflowStaticData('node');
	const stored = readArray(memory.startedTaskIds).flatMap((id) => readString(id) ?? []);
	const key = taskKey(context, taskId);
	if (startedInProcess.has(key) || stored.includes(taskId)) return false;
	memory.startedTaskIds = [...stored, taskId].slice(-maxStoredTasks);
	startedInProcess.add(key);
	for (const oldest of startedInProcess) {
		if (startedInProcess.size <= maxTasksInMemory) break;
		startedInProcess.delete(oldest);
	}
	return true;
}

/**
 * Providers repeat a callback within seconds (PiAPI, "Unified Webhook": 5 s × 3); a day allows for outages on either
 * side. The limit is needed because anyone who has intercepted a signed callback can replay it at any time, and only
 * the latest started tasks are recorded.
 */
const maxAgeOfEndMs = 24 * 60 * 60_000;
/** If the time of the end is unknown: no queue and no generation takes longer, see `execution_expires_after` in the model maker's API. */
const maxTaskDurationMs = 72 * 60 * 60_000;

/**
 * Whether a callback about the task can only be a replay of an old one, by the times that the provider's API gives.
 * A task without any time is accepted, as a finished video that starts nothing is the greater loss.
 */
export function endedLongAgo({ finishedAtMs, createdAtMs }: VideoTask, nowMs: number): boolean {
	const latestEndMs = finishedAtMs ?? (createdAtMs === undefined ? nowMs : createdAtMs + maxTaskDurationMs);
	return nowMs - latestEndMs > maxAgeOfEndMs;
}

