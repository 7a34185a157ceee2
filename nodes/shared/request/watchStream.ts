import type { Clock } from '../clock';
import { settle } from '../settle';

/** How long a stream may stand still before it counts as broken. */
const standstillMs = 30_000;

/**
 * Reads a stream, and destroys it when nothing comes for too long. The time that the reader takes does not
 * count, and the stream ends when the reader does.
 * @throws what the stream fails with
 */
export async function* watchStream(
	stream: AsyncIterable<unknown> & { destroy(error?: Error): unknown },
	clock: Clock,
): AsyncGenerator<Uint8Array> {
	const isOver = new AbortController();
	let waitsSinceMs: number | undefined;
	const watch = async () => {
		for (;;) {
			const restMs = standstillMs - (waitsSinceMs === undefined ? 0 : clock.now() - waitsSinceMs);
			if (restMs <= 0) {
				stream.destroy(new Error(`no byte came for ${standstillMs / 1000} s`));
				return;
			}
			await clock.sleep(restMs, isOver.signal);
		}
	};
	void settle(watch());
	const chunks = stream[Symbol.asyncIterator]();
	try {
		for (;;) {
			waitsSinceMs = clock.now();
			const next = await chunks.next();
			waitsSinceMs = undefined;
			if (next.done) return;
			yield next.value instanceof Uint8Array ? next.value : Buffer.from(String(next.value));
		}
	} finally {
		isOver.abort();
		stream.destroy();
	}
}
