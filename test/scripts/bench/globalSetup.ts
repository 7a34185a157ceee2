import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { packPackage } from '../../../harness/n8n/packedPackage';
import { outputFolder } from '../../e2e/support/globalSetup';

/** Packs once; what the end-to-end tests left stays. */
export default async function globalSetup(): Promise<void> {
	const folder = join(outputFolder, 'bench-package');
	await rm(folder, { recursive: true, force: true });
	process.env.SEEDANCE_PACKAGE_TARBALL = await packPackage(folder);
}
