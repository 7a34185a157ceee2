/**
 * Why a transfer failed. `broken` may work at the next attempt, `expired` with a new link, `changed` from the first
 * byte; `tooLarge` and `final` cannot be recovered from.
 */
export type TransferProblem = 'broken' | 'expired' | 'changed' | 'tooLarge' | 'final';

/** Used within this folder; `downloadFile` turns it into a SeedanceError. */
export class TransferError extends Error {
	constructor(
		readonly problem: TransferProblem,
		message: string,
		readonly details: { statusCode?: number; retryAfterMs?: number } = {},
	) {
		super(message);
		this.name = 'TransferError';
	}
}
