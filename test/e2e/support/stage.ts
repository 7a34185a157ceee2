import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '../../../simulator';
import { outputFolder } from './globalSetup';
import { startN8n, type RunningN8n } from './n8n';
import type { Provider } from './providers';

/** Jobs of a minute take a second, of which a waiting node sees the end at its next look. */
const timeScale = 60;

export interface Stage {
	simulator: Simulator;
	n8n: RunningN8n;
	/** Where nodes may read and write files. */
	filesFolder: string;
	/** Fields of a credential that the simulator accepts. */
	credentialData(provider: Provider): { apiKey: string; baseUrl: string };
	close(): Promise<void>;
}

/** Starts the simulated providers and a new n8n with the package. */
export async function setStage(name: string): Promise<Stage> {
	const packageTarball = process.env.SEEDANCE_PACKAGE_TARBALL;
	if (packageTarball === undefined) throw new Error('Start the tests with: npm run test:e2e');
	const folder = join(outputFolder, name);
	const filesFolder = join(folder, 'files');
	await rm(folder, { recursive: true, force: true });
	const simulator = await startSimulator({ timeScale });
	try {
		const n8n = await startN8n({ folder, packageTarball, fileAccess: [filesFolder] });
		return {
			simulator,
			n8n,
			filesFolder,
			credentialData: (provider) => ({
				apiKey: simulator.apiKey,
				baseUrl: simulator.baseUrls[provider],
			}),
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
