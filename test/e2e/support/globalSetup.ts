import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packPackage } from '../../../harness/n8n/packedPackage';

/** Where a run leaves what a person may want to inspect: users' folders with logs, videos, screenshots. */
export const outputFolder = resolve(__dirname, '../output');

/** Packs once for all test files; they find the tarball in the environment. */
export default async function globalSetup(): Promise<void> {
	// Each test file clears its own folder; queue mode, which has its own command, keeps what it left.
	for (const folder of ['package', 'screenshots']) {
		await rm(join(outputFolder, folder), { recursive: true, force: true });
	}
	process.env.SEEDANCE_PACKAGE_TARBALL = await packPackage(join(outputFolder, 'package'));
}
