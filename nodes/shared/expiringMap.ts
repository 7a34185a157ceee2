import { systemClock } from './clock';

/**
 * A map whose values expire. Expired ones are removed on `get`, as nodes have no timers.
 * @param durationMs how long a value is kept unless `set` says otherwise
 */
export function expiringMap<Value>(durationMs: number) {
	const entries = new Map<string, { value: Value; endMs: number }>();
	return {
		get(key: string): Value | undefined {
			const nowMs = systemClock.now();
			for (const [each, { endMs }] of entries) if (endMs <= nowMs) entries.delete(each);
			return entries.get(key)?.value;
		},
		/** @param endMs milliseconds since the epoch; Infinity until the key is set again */
		set(key: string, value: Value, endMs = systemClock.now() + durationMs): void {
			entries.set(key, { value, endMs });
		},
		delete: (key: string) => entries.delete(key),
	};
}
