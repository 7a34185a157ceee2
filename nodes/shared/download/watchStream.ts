import type { Clock } from '../clock';
import { outcomeOf } from '../outcome';
import { type FileAnswer, messageOf } from './openFile';

/** How long a stream may stand still before it counts as broken. */
const standstillMs = 30_000;

/**
 * Reads the body of an answer, and closes it when nothing comes for too long or the reader stops. The time
 * that the reader takes does not count.
 * @throws Error that says why the body ended early
 */
export async function* watchStream({ body, close }: FileAnswer, clock: Clock): AsyncGenerator<Uint8Array> {
	const isOver = new AbortController();
	let waitsSinceMs: number | undefined;
	const standstill: { error?: Error } = {};
	const watch = async () => {
		for (;;) {
			const restMs = standstillMs - (waitsSinceMs === undefined ? 0 : clock.now() - waitsSinceMs);
			if (restMs <= 0) break;
			await clock.sleep(restMs, isOver.signal);
		}
		standstill.error = new Error(`no byte came for ${standstillMs / 1000} s`);
		close();
	};
	void outcomeOf(watch());
	const chunks = body[Symbol.asyncIterator]();
	try {
		for (;;) {
			waitsSinceMs = clock.now();
			const next = await outcomeOf(chunks.next());
			waitsSinceMs = undefined;
			if (!next.ok) throw standstill.error ?? new Error(messageOf(next.error));
			if (next.value.done) return;
			const chunk: unknown = next.value.value;
			yield chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
		}
	} finally {
		isOver.abort();
		close();
	}
}
