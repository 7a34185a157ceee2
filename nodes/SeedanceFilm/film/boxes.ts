/** The nested boxes of ISO base media files (ISO/IEC 14496-12, 4.2), in memory. */

export interface Box {
	type: string;
	content: Buffer;
}

/** In one list; files have a few dozen. */
const maxBoxes = 10_000;

/** The content breaks the format. */
export class BrokenBoxError extends Error {}

/**
 * Splits a content into its boxes. QuickTime ends some lists with four zero bytes.
 * @throws BrokenBoxError if a box reaches beyond the content
 */
export function boxesIn(content: Buffer): Box[] {
	const boxes: Box[] = [];
	let start = 0;
	while (start + 8 <= content.length) {
		if (boxes.length === maxBoxes) throw new BrokenBoxError();
		const shortSize = content.readUInt32BE(start);
		const isLong = shortSize === 1;
		if (isLong && start + 16 > content.length) throw new BrokenBoxError();
		const size = isLong ? Number(content.readBigUInt64BE(start + 8)) : shortSize === 0 ? content.length - start : shortSize;
		const head = isLong ? 16 : 8;
		if (size < head || start + size > content.length) throw new BrokenBoxError();
		boxes.push({ type: content.toString('latin1', start + 4, start + 8), content: content.subarray(start + head, start + size) });
		start += size;
	}
	return boxes;
}

/** The content of the box at a path. @returns undefined if there is none */
export function contentAt(content: Buffer, ...path: readonly string[]): Buffer | undefined {
	let found: Buffer | undefined = content;
	for (const type of path) found = found && boxesIn(found).find((box) => box.type === type)?.content;
	return found;
}

/** A box with its header. @throws RangeError if it is longer than its 32-bit size can say */
export function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
	const length = parts.reduce((sum, part) => sum + part.length, 8);
	return Buffer.concat([u32(length), Buffer.from(type, 'latin1'), ...parts], length);
}

/** A box with version and flags. */
export const fullBox = (type: string, version: number, flags: number, ...parts: readonly Uint8Array[]) =>
	box(type, u32(version * 0x1000000 + flags), ...parts);

export function u16(...values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(2 * values.length);
	values.forEach((value, index) => bytes.writeUInt16BE(value, 2 * index));
	return bytes;
}

export function u32(...values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(4 * values.length);
	values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
	return bytes;
}

export function u64(...values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(8 * values.length);
	values.forEach((value, index) => bytes.writeBigUInt64BE(BigInt(value), 8 * index));
	return bytes;
}

/** A table of the index: after version and flags, the number of its rows, and the rows. */
export function table(type: string, columns: number, rows: ReadonlyArray<readonly number[]>): Buffer {
	const bytes = Buffer.alloc(4 * columns * rows.length);
	rows.forEach((row, index) => {
		row.forEach((value, column) => bytes.writeUInt32BE(value, 4 * (index * columns + column)));
	});
	return fullBox(type, 0, 0, u32(rows.length), bytes);
}
