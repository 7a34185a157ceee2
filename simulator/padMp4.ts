import { copyFile, open, stat } from 'node:fs/promises';

const longHeaderBytes = 16;

/**
 * Makes an MP4 as large as wanted by a `free` box at its end, which players skip (ISO/IEC 14496-12, 8.1.2).
 * Costs nothing where the file system has sparse files.
 * @throws RangeError if there is less room than such a box takes
 */
export async function padMp4(source: string, target: string, sizeBytes: number): Promise<void> {
	const { size } = await stat(source);
	const boxBytes = sizeBytes - size;
	if (boxBytes < longHeaderBytes) throw new RangeError(`The video has ${size} bytes already`);
	await copyFile(source, target);
	const header = Buffer.alloc(longHeaderBytes);
	// Size 1: the real one comes after the type, in 64 bits.
	header.writeUInt32BE(1, 0);
	header.write('free', 4, 'latin1');
	header.writeBigUInt64BE(BigInt(boxBytes), 8);
	const file = await open(target, 'r+');
	try {
		await file.write(header, 0, header.length, size);
		await file.truncate(sizeBytes);
	} finally {
		await file.close();
	}
}
