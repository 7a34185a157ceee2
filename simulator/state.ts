import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

type Saved = Record<string, Array<[string, unknown]>>;

/** What the providers know: records by ID, of plain data. In a folder it is kept from one start to the next. */
export class State {
	private readonly kinds = new Map<string, Map<string, unknown>>();
	private readonly saved: Saved;

	/** @param folder made if need be. Default: nothing is kept. */
	constructor(private readonly folder?: string) {
		if (folder !== undefined) mkdirSync(folder, { recursive: true });
		this.saved =
			this.file !== undefined && existsSync(this.file)
				? (JSON.parse(readFileSync(this.file, 'utf8')) as Saved)
				: {};
	}

	/** The records of one kind, such as the assets of a provider, as they were at the last `save`. */
	records<Value>(kind: string): Map<string, Value> {
		const records = new Map((this.saved[kind] ?? []) as Array<[string, Value]>);
		this.kinds.set(kind, records);
		return records;
	}

	/** Where files belong that records name; undefined if nothing is kept. */
	get filesFolder(): string | undefined {
		return this.folder && path.join(this.folder, 'files');
	}

	save(): void {
		if (this.file === undefined) return;
		const kinds = [...this.kinds].map(([kind, records]) => [kind, [...records]] as const);
		// A start must not find half of it.
		writeFileSync(`${this.file}.new`, JSON.stringify(Object.fromEntries(kinds)));
		renameSync(`${this.file}.new`, this.file);
	}

	private get file(): string | undefined {
		return this.folder && path.join(this.folder, 'state.json');
	}
}
