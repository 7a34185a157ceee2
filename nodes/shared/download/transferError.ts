/**
 * Why bytes stopped: `broken` may work at the next try, `expired` with a new link, `changed` from the
 * first byte on; `tooLarge` and `final` stay as they are.
 */
export type TransferProblem = 'broken' | 'expired' | 'changed' | 'tooLarge' | 'final';

/** Between the files that download; `downloadFile` turns it into a SeedanceError. */
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
