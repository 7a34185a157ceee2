import { isSettledStatus, type VideoTask } from '../vocabulary';

/** How long a doubtful answer has to stay the same before it counts. */
const graceMs = 60_000;

/**
 * Decides whether a task has ended, although some answers can still change: "succeeded" before the link is there,
 * and "running" with a failure message. Create one for each task that is waited for.
 * @param sinceMs when an earlier round of checks first got such an answer
 */
export function endOfTask(sinceMs?: number) {
	return {
		/** Since when all answers have been doubtful, to be stored between two rounds. */
		sinceMs,
		/**
		 * @param nowMs by the same clock as `sinceMs`
		 * @returns the task as it ended, undefined while it is still open
		 */
		endedTask(task: VideoTask, nowMs: number): VideoTask | undefined {
			const { status, videoUrl, likelyFailure } = task;
			const isDoubtful = status === 'succeeded' ? !videoUrl : likelyFailure !== undefined;
			if (!isDoubtful) {
				this.sinceMs = undefined;
				return isSettledStatus(status) ? task : undefined;
			}
			this.sinceMs ??= nowMs;
			if (nowMs - this.sinceMs < graceMs) return undefined;
			return likelyFailure ? { ...task, status: 'failed', failure: likelyFailure, likelyFailure: undefined } : task;
		},
	};
}
