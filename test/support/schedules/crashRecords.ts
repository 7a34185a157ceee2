import { DataDeduplicationService } from 'n8n-core';
import type { DeduplicationItemTypes, ICheckProcessedContextData, IDataDeduplicator } from 'n8n-workflow';

/** The table of n8n's database for the removal of duplicates, in memory: deduplication-helper.ts of n8n. The crash guard keeps its records there. */
const records = new Map<string, Set<DeduplicationItemTypes>>();

/** Gives n8n's engine an empty store. */
export async function emptyCrashRecords(): Promise<void> {
	records.clear();
	endHanging?.();
	hanging = endHanging = undefined;
	installed ??= DataDeduplicationService.init(store);
	await installed;
}

/** @returns a function that restores the present records */
export function snapshotOfCrashRecords(): () => void {
	const copy = [...records].map(([place, known]): [string, Set<DeduplicationItemTypes>] => [place, new Set(known)]);
	return () => {
		records.clear();
		for (const [place, known] of copy) records.set(place, known);
	};
}

/** As another process does that works on any of the nodes. */
export function addCrashRecord(entry: string): void {
	for (const known of records.values()) known.add(entry);
}

/** As many newer ones as n8n keeps, together with those that are there, for each node. */
export function fillCrashRecords(maxEntries: number): void {
	for (const known of records.values()) {
		for (let index = 0; known.size < maxEntries; index++) known.add(`newer ${index}`);
	}
}

/** The next record is lost once it has been found, as when another process writes back what it had read before. */
export function overwriteNextCrashRecord(): void {
	isOverwriting = true;
}

/** The next removal fails, as when another process locks the database. */
export function failNextRemoval(): void {
	isRemovalRefused = true;
}

/** From now on the database does not answer, until the store is emptied. */
export function hangCrashRecords(): void {
	hanging = new Promise((resolve) => (endHanging = resolve));
}

/** Ends with the test, so that no call of it holds up those of the next one. */
let hanging: Promise<void> | undefined;
let endHanging: (() => void) | undefined;
let isOverwriting = false;
let isRemovalRefused = false;
let installed: Promise<void> | undefined;

const recordsOf = ({ node, workflow }: ICheckProcessedContextData) => {
	const place = `${workflow.id} ${node?.id}`;
	const known = records.get(place) ?? new Set();
	records.set(place, known);
	return known;
};

const store: IDataDeduplicator = {
	async checkProcessedAndRecord(items, _scope, contextData, { maxEntries = Infinity }) {
		if (hanging) {
			await hanging;
			return { new: [], processed: [] };
		}
		const known = recordsOf(contextData);
		const processed = items.filter((item) => known.has(item));
		const fresh = items.filter((item) => !known.has(item));
		for (const item of fresh) known.add(item);
		for (const oldest of [...known].slice(0, Math.max(0, known.size - maxEntries))) known.delete(oldest);
		if (isOverwriting && processed.length > 0) {
			for (const item of processed) known.delete(item);
			isOverwriting = false;
		}
		return { new: fresh, processed };
	},
	async removeProcessed(items, _scope, contextData) {
		if (hanging) {
			await hanging;
			return;
		}
		if (isRemovalRefused) {
			isRemovalRefused = false;
			throw new Error('SQLITE_BUSY: database is locked');
		}
		for (const item of items) recordsOf(contextData).delete(item);
	},
	async clearAllProcessedItems(_scope, contextData) {
		recordsOf(contextData).clear();
	},
	async getProcessedDataCount(_scope, contextData) {
		return recordsOf(contextData).size;
	},
};
