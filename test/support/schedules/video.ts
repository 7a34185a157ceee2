import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The beginning of an MP4. An execution of many items and rounds has hundreds of copies in memory. */
const smallVideo = Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isommp42');

/** A file for the tests of a test file, at the path that is known once they run. */
export function withVideoFile(): { path: string } {
	const file = { path: '' };
	beforeAll(async () => {
		file.path = path.join(await mkdtemp(path.join(tmpdir(), 'schedules-')), 'video.mp4');
		await writeFile(file.path, smallVideo);
	});
	afterAll(async () => await rm(path.dirname(file.path), { recursive: true }));
	return file;
}
