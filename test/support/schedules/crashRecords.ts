import { DataDeduplicationService } from 'n8n-core';
import type { DeduplicationItemTypes, ICheckProcessedContextData, IDataDeduplicator } from 'n8n-workflow';

/** What n8n keeps in its database for the removal of duplicates, in memory: deduplication-helper.ts of n8n. */
const notes = new Map<string, Set<DeduplicationItemTypes>>();

/** Gives n8n's engine an empty store. */
export async function emptyNotes(): Promise<void> {
	notes.clear();
	isHanging = false;
	installed ??= DataDeduplicationService.init(store);
	await installed;
}

/** @returns what puts the notes of now back */
export function snapshotOfNotes(): () => void {
	const copy = [...notes].map(([place, known]): [string, Set<DeduplicationItemTypes>] => [place, new Set(known)]);
	return () => {
		notes.clear();
		for (const [place, known] of copy) notes.set(place, known);
	};
}

/** The next note is lost once it has been found, as when a process writes back what it had read before. */
export function writeOverNextNote(): void {
	isWrittenOver = true;
}

/** From now on the database gives no answer any more, until the store is emptied. */
export function hangNotes(): void {
	isHanging = true;
}

let isHanging = false;
let isWrittenOver = false;
let installed: Promise<void> | undefined;

const notesOf = ({ node, workflow }: ICheckProcessedContextData) => {
	const place = `${workflow.id} ${node?.id}`;
	const known = notes.get(place) ?? new Set();
	notes.set(place, known);
	return known;
};

const store: IDataDeduplicator = {
	async checkProcessedAndRecord(items, _scope, contextData) {
		if (isHanging) return await new Promise(() => {});
		const known = notesOf(contextData);
		const processed = items.filter((item) => known.has(item));
		const fresh = items.filter((item) => !known.has(item));
		for (const item of fresh) known.add(item);
		if (isWrittenOver && processed.length > 0) {
			for (const item of processed) known.delete(item);
			isWrittenOver = false;
		}
		return { new: fresh, processed };
	},
	async removeProcessed(items, _scope, contextData) {
		if (isHanging) { await new Promise(() => {}); return; }
		for (const item of items) notesOf(contextData).delete(item);
	},
	async clearAllProcessedItems(_scope, contextData) {
		notesOf(contextData).clear();
	},
	async getProcessedDataCount(_scope, contextData) {
		return notesOf(contextData).size;
	},
};
