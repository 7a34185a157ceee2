import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { runProgram } from './process';

export const repositoryFolder = resolve(__dirname, '../../..');

const packResultSchema = z.array(z.object({ filename: z.string() })).nonempty();
const manifestSchema = z.object({ name: z.string() });

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
	const modules = join(userFolder, '.n8n', 'nodes', 'node_modules');
	const unpacked = join(modules, '.unpacked');
	await rm(modules, { recursive: true, force: true });
	await mkdir(unpacked, { recursive: true });
	await runProgram('tar', ['-xzf', packageTarball, '-C', unpacked, '--strip-components=1']);
	const { name } = manifestSchema.parse(JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8')));
	await rename(unpacked, join(modules, name));
}
