import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadExample } from '../../../scripts/demo/example';
import type { N8nClient, WorkflowFile } from './n8nClient';
import { repositoryFolder } from './package';
import { providers, type Provider } from './providers';

export type Credentials = Record<Provider, { id: string; name: string }>;

/** Saves a credential for each provider. */
export async function saveCredentials(
	client: N8nClient,
	{ apiKey, baseUrls }: { apiKey: string; baseUrls: Record<Provider, string> },
): Promise<Credentials> {
	const save = async (provider: Provider) => {
		const { displayName, credentialType } = providers[provider];
		const data = { apiKey, baseUrl: baseUrls[provider] };
		return await client.saveCredential(`${displayName} Simulator`, credentialType, data);
	};
	return { anyfast: await save('anyfast'), alad: await save('alad') };
}

/**
 * The workflows of `examples/`, ready to be executed: with a credential, and with the folder whose
 * subfolder `seedance` holds a picture, a clip and a sound.
 */
export async function readyExamples(folder: string, credentials: Credentials): Promise<WorkflowFile[]> {
	const files = (await readdir(join(repositoryFolder, 'examples'))).filter((file) => file.endsWith('.json'));
	return await Promise.all(
		files.sort().map(async (file) => {
			const provider = 'anyfast';
			const example = await loadExample(file, { provider, folder, pollingIntervalSeconds: 1 });
			const nodes = example.nodes.map((node) =>
				node.type.startsWith('n8n-nodes-seedance.')
					? { ...node, credentials: { [providers[provider].credentialType]: credentials[provider] } }
					: node,
			);
			return { ...example, name: example.name ?? file, nodes };
		}),
	);
}
