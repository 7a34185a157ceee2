import type { Clock } from '../clock';
import { outcomeOf } from '../outcome';
import { type FileAnswer, messageOf } from './openFile';

/** How long a stream may stand still before it counts as broken. */
const standstillMs = 30_000;

/** What has to come in each such time of waiting: 1 kB a second, slower than any line that people still use. */
const rateWindow = { durationMs: 5 * 60_000, minBytes: 300_000 };

/**
 * Reads the body of an answer, and closes it when nothing or too little comes for too long, or the reader
 * stops. The time that the reader takes does not count.
 * @throws Error that says why the body ended early
 */
export async function* watchStream({ body, close }: FileAnswer, clock: Clock): AsyncGenerator<Uint8Array> {
	const isOver = new AbortController();
	let waitsSinceMs: number | undefined;
	const standstill: { error?: Error } = {};
	const watch = async () => {
		for (;;) {
			const restMs = standstillMs - (waitsSinceMs === undefined ? 0 : clock.monotonicMs() - waitsSinceMs);
			if (restMs <= 0) break;
			await clock.sleep(restMs, isOver.signal);
		}
		standstill.error = new Error(`no byte came for ${standstillMs / 1000} s`);
		close();
	};
	void outcomeOf(watch());
	const chunks = body[Symbol.asyncIterator]();
	let inWindow = { waitedMs: 0, bytes: 0 };
	try {
		for (;;) {
			const sinceMs = clock.monotonicMs();
			waitsSinceMs = sinceMs;
			const next = await outcomeOf(chunks.next());
			waitsSinceMs = undefined;
			if (!next.ok) throw standstill.error ?? new Error(messageOf(next.error));
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
