import { isSettledStatus, type VideoTask } from '../vocabulary';

/** How long an answer has to stay as it is before it is believed. */
const graceMs = 60_000;

/**
 * Judges answers that can still change: "succeeded" before the link is there, and "running" with the words of
 * a failure. One for each task that is waited for.
 * @param sinceMs when an earlier round has seen such an answer first
 */
export function endOfTask(sinceMs?: number) {
	return {
		/** Since when the answers have been like that without a break, to be kept between two rounds. */
		sinceMs,
		/** @returns the task as it has ended, undefined while it goes on */
		judge(task: VideoTask, nowMs: number): VideoTask | undefined {
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
