/** One line of a table: what it is about, and what each column says. */
export interface Row {
	label: string;
	cells: readonly string[];
}

export const yes = '✓';
export const no = '–';

/** Rows that say the same become one. */
export function merge(rows: readonly Row[], separator = ', '): Row[] {
	const byCells = new Map<string, { labels: string[]; cells: readonly string[] }>();
	for (const { label, cells } of rows) {
		const key = JSON.stringify(cells);
		const known = byCells.get(key);
		if (known) known.labels.push(label);
		else byCells.set(key, { labels: [label], cells });
	}
	return [...byCells.values()].map(({ labels, cells }) => ({ label: labels.join(separator), cells }));
}

/** Columns that say the same all the way down become one. */
export function mergeColumns(names: readonly string[], rows: readonly Row[]) {
	const columns = merge(names.map((label, index) => ({ label, cells: rows.map(({ cells }) => cells[index] ?? '') })));
	return {
		names: columns.map(({ label }) => label),
		rows: rows.map(({ label }, index) => ({ label, cells: columns.map(({ cells }) => cells[index] ?? '') })),
	};
}

/** What is the same in every row needs no column. */
export function splitColumns(columns: readonly string[], rows: readonly Row[]) {
	const indexes = [...columns.keys()];
	const varies = (index: number) => rows.some(({ cells }) => cells[index] !== rows[0]?.cells[index]);
	const isSaid = (index: number) => rows[0]?.cells[index] !== no;
	const kept = indexes.filter(varies);
	const pick = <Value>(values: readonly Value[]) => kept.flatMap((index) => values.slice(index, index + 1));
	return {
		varying: { columns: pick(columns), rows: rows.map((row) => ({ ...row, cells: pick(row.cells) })) },
		constant: indexes
			.filter((index) => !varies(index) && isSaid(index))
			.map((index) => `${columns[index]?.toLowerCase()} ${rows[0]?.cells[index]}`.replace(` ${yes}`, '')),
	};
}

/** A table of GitHub's Markdown. */
export function table(header: readonly string[], rows: readonly Row[]): string {
	return [header, header.map(() => '---'), ...rows.map(({ label, cells }) => [label, ...cells])]
		.map((cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |'))
		.join('\n');
}
