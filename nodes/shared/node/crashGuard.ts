import type { IExecuteFunctions } from 'n8n-workflow';
import { limiter } from '../limiter';
import { settle } from '../settle';

/**
 * Notes in n8n's database, at once, that a paid request is about to be sent, and strikes it out when the
 * execution ends. All else that an execution remembers is lost when its process is killed; this note stays,
 * so that the retry of such an execution does not pay again without a word.
 *
 * n8n keeps these notes for the removal of duplicates and gives back only whether one is there. Best effort:
 * executions that write at the same moment can lose a note.
 */
export interface CrashGuard {
	/** @returns true if an execution that was killed has left the same note, and this one is its retry */
	note(request: string): Promise<boolean>;
	/** For a request that was refused, so that nothing was paid. */
	strikeOut(request: string): Promise<void>;
	/** For an item that has ended, in whatever way. Before n8n 2.35 the note goes then. */
	itemEnded(request: string): Promise<void>;
}

const options = { mode: 'entries', maxEntries: 1_000 } as const;

export function openCrashGuard(context: IExecuteFunctions): CrashGuard {
	// The store reads and writes all notes of a node at once.
	const inTurn = limiter(1);
	const isRetry = context.getMode() === 'retry';
	const strikeOut = async (request: string) => {
		await settle(inTurn(async () => await context.helpers.removeProcessed([request], 'node', options)));
	};
	return {
		async note(request) {
			const noted = await settle(
				inTurn(async () => await context.helpers.checkProcessedAndRecord([request], 'node', options)),
			);
			// A host without such a store.
			if (!noted.ok) return false;
			context.onExecutionFinish?.(() => void strikeOut(request));
			return isRetry && noted.value.processed.length > 0;
		},
		strikeOut,
		async itemEnded(request) {
			if (!context.onExecutionFinish) await strikeOut(request);
		},
	};
}
