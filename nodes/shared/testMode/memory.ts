import type { Asset, AssetGroup, VideoTask } from '../vocabulary';

/** Of each kind; beyond it the oldest are forgotten. */
const maxEntries = 2_000;

/**
 * What this process knows of Test Mode beyond what the IDs say: names, changes and deletions, and what there is to
 * list. It is lost on a restart, and other processes do not have it.
 */
export class AccountMemory {
	readonly tasks = new Map<string, Partial<VideoTask>>();
	readonly assets = new Map<string, Partial<Asset>>();
	readonly groups = new Map<string, Partial<AssetGroup>>();
	readonly deleted = new Set<string>();
	readonly cancelled = new Set<string>();

	setTask(id: string, facts: Partial<VideoTask>): void {
		bounded(this.tasks).set(id, facts);
	}

	cancel(taskId: string): void {
		bounded(this.cancelled).add(taskId);
	}

	setAsset(id: string, facts: Partial<Asset>): void {
		bounded(this.assets).set(id, { ...this.assets.get(id), ...facts });
	}

	setGroup(id: string, facts: Partial<AssetGroup>): void {
		bounded(this.groups).set(id, { ...this.groups.get(id), ...facts });
	}

	delete(id: string): void {
		this.assets.delete(id);
		this.groups.delete(id);
		bounded(this.deleted).add(id);
	}
}

/** Makes room for one more. */
function bounded<Entries extends Set<string> | Map<string, unknown>>(entries: Entries): Entries {
	for (const oldest of entries.keys()) {
		if (entries.size < maxEntries) break;
		entries.delete(oldest);
	}
	return entries;
}

const accounts = new Map<string, AccountMemory>();

/** @param account tells one credential from another */
export function memoryOf(account: string): AccountMemory {
	const known = accounts.get(account) ?? new AccountMemory();
	bounded(accounts).set(account, known);
	return known;
}
