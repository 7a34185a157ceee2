import type { IWebhookFunctions } from 'n8n-workflow';
import { readArray, readString } from '../shared/providers/read';

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
	startedHere.add(key);
	for (const oldest of startedHere) {
		if (startedHere.size <= maxTasksOfProcess) break;
		startedHere.delete(oldest);
	}
	memory.startedTaskIds = [...stored, taskId].slice(-maxStoredTasks);
	return true;
}
