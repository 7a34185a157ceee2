import type { Session } from '../../shared/node/operation';
import type { VideoTask } from '../../shared/vocabulary';

/**
 * Tells how a task gets on, whenever that changes, in the only place that n8n offers to a node that is running: the
 * console of the browser, during a manual run.
 * @returns what to call with the result of each check; never throws, because the task matters more
 */
export function progressReporter({ context, provider, connection }: Session, taskId: string) {
	const { clock } = connection;
	const begunAtMs = clock.monotonicMs();
	let lastState = '';
	return ({ status, progressPercent }: VideoTask): void => {
		const state = progressPercent === undefined ? status : `${status}, ${progressPercent} %`;
		if (state === lastState) return;
		lastState = state;
		const seconds = Math.round((clock.monotonicMs() - begunAtMs) / 1000);
		try {
			context.sendMessageToUI(`${provider.displayName} task ${taskId}: ${state}, after ${seconds} s`);
		} catch {
			// Some contexts have no editor to tell.
		}
	};
}
