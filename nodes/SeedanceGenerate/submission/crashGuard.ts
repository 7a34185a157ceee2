import type { IExecuteFunctions } from 'n8n-workflow';
import { limiter } from '../../shared/limiter';
import { outcomeOf } from '../../shared/outcome';
import { retryFamilyOf } from '../../shared/node/n8nInternals';

/**
 * Notes in n8n's database, at once, that a paid request is about to be sent. All else that an execution
 * remembers is lost when its process is killed; this note stays, so that the retry of such an execution
 * does not pay again without a word.
 *
 * n8n keeps these notes for the removal of duplicates and gives back only whether one is there. Best effort:
 * processes that write at the same moment can lose a note.
 */
export interface CrashGuard {
	/** @returns true if an execution that was killed has left the same note, and this one is its retry */
	note(request: string): Promise<boolean>;
	/** Writes the note anew if another process has written over it meanwhile. */
	confirm(request: string): Promise<void>;
	/** For a request that was refused, so that nothing was paid. */
	remove(request: string): Promise<void>;
}

const options = { mode: 'entries', maxEntries: 1_000 } as const;
const maxAttempts = 5;

/** n8n reads and writes all notes of a node at once, of whatever execution they are. */
const inTurn = limiter(1);

export function openCrashGuard(context: IExecuteFunctions): CrashGuard {
	const isRetry = context.getMode() === 'retry';
	const record = async (note: string) =>
		await inTurn(async () => await context.helpers.checkProcessedAndRecord([note], 'node', options));
	/** @returns whether it was there before; undefined if n8n gave no answer */
	const makeSure = async (note: string): Promise<boolean | undefined> => {
		let wasThere: boolean | undefined;
		// Another process may write at the same moment: ask until the note is found.
		for (let attempt = 1; attempt <= maxAttempts; attempt++) {
			const noted = await outcomeOf(record(note));
			if (!noted.ok) continue;
			const isThere = noted.value.processed.length > 0;
			wasThere ??= isThere;
			if (isThere) break;
		}
		return wasThere;
	};
	return {
		async note(request) {
			const lineage = retryFamilyOf(context);
			// An n8n without the token: a note could be of any execution.
			if (lineage === undefined) return false;
			const wasThere = await makeSure(`${lineage} ${request}`);
			return isRetry && wasThere === true;
		},
		async confirm(request) {
			const lineage = retryFamilyOf(context);
			if (lineage !== undefined) await makeSure(`${lineage} ${request}`);
		},
		async remove(request) {
			const note = `${retryFamilyOf(context)} ${request}`;
			await outcomeOf(inTurn(async () => await context.helpers.removeProcessed([note], 'node', options)));
		},
	};
}
