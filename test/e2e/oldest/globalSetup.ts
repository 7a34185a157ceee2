import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { packPackage } from '../../../harness/n8n/packedPackage';
import { outputFolder } from '../support/globalSetup';

/** Packs once; what the other end-to-end tests left stays. */
export default async function globalSetup(): Promise<void> {
	const folder = join(outputFolder, 'oldest-package');
	await rm(folder, { recursive: true, force: true });
	process.env.SEEDANCE_PACKAGE_TARBALL = await packPackage(folder);
}
