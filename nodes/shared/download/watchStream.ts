import type { Clock } from '../clock';
import { outcomeOf } from '../outcome';
import { type FileAnswer, messageOf } from './openFile';

/** How long a stream may send nothing before it counts as broken. */
const maxSilenceMs = 30_000;

/** The least that has to arrive in each window of waiting time: 1 kB/s, slower than any connection in use. */
const rateWindow = { durationMs: 5 * 60_000, minBytes: 300_000 };

/**
 * Reads the body of an answer. Closes the connection when nothing or too little arrives for too long, or when the
 * consumer stops. The time that the consumer takes between chunks does not count.
 * @throws Error that says why the body ended early
 */
export async function* watchStream({ body, close }: FileAnswer, clock: Clock): AsyncGenerator<Uint8Array> {
	const isOver = new AbortController();
	let waitingSinceMs: number | undefined;
	const silence: { error?: Error } = {};
	const watch = async () => {
		for (;;) {
			const restMs = maxSilenceMs - (waitingSinceMs === undefined ? 0 : clock.monotonicMs() - waitingSinceMs);
			if (restMs <= 0) break;
			await clock.sleep(restMs, isOver.signal);
		}
		silence.error = new Error(`no byte came for ${maxSilenceMs / 1000} s`);
		close();
	};
	void outcomeOf(watch());
	const chunks = body[Symbol.asyncIterator]();
	let inWindow = { waitedMs: 0, bytes: 0 };
	try {
		for (;;) {
			const sinceMs = clock.monotonicMs();
			waitingSinceMs = sinceMs;
			const next = await outcomeOf(chunks.next());
			waitingSinceMs = undefined;
			if (!next.ok) throw silence.error ?? new Error(messageOf(next.error));
			if (next.value.done) return;
			const given: unknown = next.value.value;
			const chunk = given instanceof Uint8Array ? given : Buffer.from(String(given));
			inWindow.waitedMs += clock.monotonicMs() - sinceMs;
			inWindow.bytes += chunk.length;
			if (inWindow.waitedMs >= rateWindow.durationMs) {
				if (inWindow.bytes < rateWindow.minBytes) {
					throw new Error(`only ${inWindow.bytes} bytes came in ${Math.round(inWindow.waitedMs / 1000)} s`);
				}
				inWindow = { waitedMs: 0, bytes: 0 };
			}
			yield chunk;
		}
	} finally {
		isOver.abort();
		close();
	}
}
