import type { ByteReader } from './byteReader';
import { UnreadableError } from './byteReader';

/** ISO base media files (ISO 14496-12): MP4, MOV, and HEIF pictures, which consist of nested boxes. */

export interface Box {
	type: string;
	/** Positions in the file. */
	start: number;
	end: number;
}

/** Yields the boxes up to a position, each at the start of its content; content that is not read is skipped. */
export async function* boxesUntil(reader: ByteReader, end: number): AsyncGenerator<Box, void> {
	while (reader.position + 8 <= end) {
		const boxStart = reader.position;
		const head = await reader.read(8);
		const shortSize = head.readUInt32BE(0);
		const sizeBytes =
			shortSize === 1
				? Number((await reader.read(8)).readBigUInt64BE(0))
				: // The last box may leave its size open.
					shortSize === 0
					? end - boxStart
					: shortSize;
		const box = {
			type: head.toString('latin1', 4, 8),
			start: reader.position,
			end: boxStart + sizeBytes,
		};
		if (box.end < box.start || box.end > end) throw new UnreadableError();
		yield box;
		await reader.skipTo(box.end);
	}
}
