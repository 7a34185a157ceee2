import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { credentialData } from '../../../harness/credentialData';
import { startN8n, type N8nOptions, type RunningN8n } from '../../../harness/n8n/n8n';
import type { Provider } from '../../../harness/providers';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../../simulator';
import { outputFolder } from './globalSetup';

/** Jobs of a minute take a second, of which a waiting node sees the end at its next check. */
const timeScale = 60;

export interface Stage {
	simulator: Simulator;
	n8n: RunningN8n;
	/** Where nodes may read and write files. */
	filesFolder: string;
	/** Fields of a credential that the simulator accepts. */
	credentialData(provider: Provider): { apiKey: string; baseUrl: string };
	/** The files of n8n, its database and its logs, in which a text can be found as it is. */
	filesHolding(text: string): Promise<string[]>;
	close(): Promise<void>;
}

/** Starts the simulated providers and a new n8n with the package. */
export async function setStage(
	name: string,
	options: SimulatorOptions = {},
	n8nOptions: Pick<N8nOptions, 'modulesFolder' | 'env'> = {},
): Promise<Stage> {
	const packageTarball = process.env.SEEDANCE_PACKAGE_TARBALL;
	if (packageTarball === undefined) throw new Error('Start the tests with: npm run test:e2e');
	const folder = join(outputFolder, name);
	const filesFolder = join(folder, 'files');
	await rm(folder, { recursive: true, force: true });
	const simulator = await startSimulator({ timeScale, ...options });
	try {
		const n8n = await startN8n({ folder, packageTarball, fileAccess: [filesFolder], ...n8nOptions });
		return {
			simulator,
			n8n,
			filesFolder,
			credentialData: (provider) => credentialData(simulator, provider),
			filesHolding: async (text) => await filesHolding(folder, text),
			async close() {
				await n8n.stop();
				await simulator.close();
			},
		};
	} catch (error) {
		await simulator.close();
		throw error;
	}
}

async function filesHolding(folder: string, text: string): Promise<string[]> {
	const names = (await readdir(join(folder, '.n8n')))
		.filter((name) => name.startsWith('database.sqlite') || name.endsWith('.log'))
		.map((name) => join('.n8n', name));
	if (names.length === 0) throw new Error(`There is no database in ${folder}`);
	const holding: string[] = [];
	for (const name of [...names, 'n8n.log']) {
		if ((await readFile(join(folder, name))).includes(text)) holding.push(name);
	}
	return holding;
}
