import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { name as packageName } from '../../package.json';
import { runProgram } from './process';

export const repositoryFolder = resolve(__dirname, '../..');

const packResultSchema = z.array(z.object({ filename: z.string() })).nonempty();

/** Packs the built package into `folder`, as publishing would. Returns the path of the tarball. */
export async function packPackage(folder: string): Promise<string> {
	await mkdir(folder, { recursive: true });
	const { stdout } = await runProgram('npm', ['pack', '--json', '--pack-destination', folder], {
		cwd: repositoryFolder,
	});
	return join(folder, packResultSchema.parse(JSON.parse(stdout))[0].filename);
}

/**
 * Puts the content of the tarball where n8n's own installer puts a community package,
 * so that its node types are named as for users: `n8n-nodes-seedance.asset`.
 */
export async function installPackage(packageTarball: string, userFolder: string): Promise<void> {
	const folder = join(userFolder, '.n8n', 'nodes', 'node_modules', packageName);
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	await runProgram('tar', ['-xzf', packageTarball, '-C', folder, '--strip-components=1']);
}

/**
 * Lets all that is installed in the user folder find the `n8n-workflow` of its n8n, as for users: the folder lies
 * in this repository, where the one of the tests would be nearer. With another one n8n does not know our errors.
 */
export async function linkN8nWorkflow(modulesFolder: string, userFolder: string): Promise<void> {
	const link = join(userFolder, 'node_modules', 'n8n-workflow');
	await rm(link, { force: true });
	await mkdir(dirname(link), { recursive: true });
	await symlink(join(modulesFolder, 'n8n-workflow'), link, 'dir');
}
