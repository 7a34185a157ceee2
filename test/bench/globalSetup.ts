import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { outputFolder } from '../e2e/support/globalSetup';
import { packPackage } from '../e2e/support/package';

/** Packs once; what the end-to-end tests left stays. */
export default async function globalSetup(): Promise<void> {
	const folder = join(outputFolder, 'bench-package');
	await rm(folder, { recursive: true, force: true });
	process.env.SEEDANCE_PACKAGE_TARBALL = await packPackage(folder);
}
