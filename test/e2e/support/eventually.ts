import { until } from '../../../harness/n8n/until';

const timeoutMs = 20_000;

/** Repeats an assertion about something that takes a moment to follow, until it holds. */
export async function eventually(assertion: () => Promise<void>): Promise<void> {
	let failure: unknown;
	try {
		await until('an assertion', async () => {
			try {
				await assertion();
				return true;
			} catch (error) {
				failure = error;
				return undefined;
			}
		}, timeoutMs);
	} catch {
		throw failure;
	}
}
