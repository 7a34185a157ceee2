import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeVideo } from './mediaFiles';

const folder = mkdtempSync(path.join(tmpdir(), 'shared-video-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made: Promise<string> | undefined;

/** The path of a clip with sound, made once in a test file: rendering takes most of the time of a run. */
export async function sharedVideo(): Promise<string> {
	made ??= (async () => {
		const file = path.join(folder, 'video.mp4');
		await writeFile(file, await makeVideo({ hasSound: true, more: ['-movflags', '+faststart'] }));
		return file;
	})();
	return await made;
}
