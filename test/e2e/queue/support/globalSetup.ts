import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packPackage } from '../../../../harness/n8n/packedPackage';

/** Where a run leaves what a person may want to inspect: the log and the user folder of each process. */
export const outputFolder = resolve(__dirname, '../../output/queue');

/** Packs once for all test files; they find the tarball in the environment. */
export default async function globalSetup(): Promise<void> {
	await rm(outputFolder, { recursive: true, force: true });
	process.env.SEEDANCE_PACKAGE_TARBALL = await packPackage(join(outputFolder, 'package'));
}
