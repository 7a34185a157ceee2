import type { Session } from '../../shared/node/operation';

const customDataKey = 'seedanceTasks';
/** n8n complains about longer values. */
const maxValueLength = 255;
/** n8n keeps ten entries for the whole execution; half of them stay for the user. */
const maxEntries = 5;

/**
 * Shows an accepted task at once where it outlives whatever happens to the execution: in its custom
 * data, which the list of executions shows and searches, in the log, and in the browser's console
 * during a manual run. Never throws, because the task is already paid.
 */
export function announceTask({ context, provider }: Session, taskId: string): void {
	try {
		const message = `${provider.displayName} accepted task ${taskId}`;
		context.logger.info(message, { provider: provider.id, taskId });
		context.sendMessageToUI(message);
		const { customData } = context;
		for (let entry = 1; entry <= maxEntries; entry++) {
			const key = entry === 1 ? customDataKey : `${customDataKey}${entry}`;
			const value = [customData.getAll()[key], taskId].filter(Boolean).join(', ');
			if (value.length > maxValueLength) continue;
			customData.set(key, value);
			return;
		}
	} catch {
		// Hosts differ in what they offer here; the task matters more than the message about it.
	}
}
