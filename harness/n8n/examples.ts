import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Simulator } from '../../simulator';
import { credentialData } from '../credentialData';
import { loadExample } from '../loadExample';
import { eachProvider, type Provider } from '../providers';
import type { N8nClient, WorkflowFile, WorkflowNode } from './n8nClient';
import { repositoryFolder } from './packedPackage';

type CredentialSlots = NonNullable<WorkflowNode['credentials']>;

/** What a node gets as its credentials, by its provider. */
export type Credentials = ReadonlyMap<Provider, CredentialSlots>;

/** Saves a credential for each provider. */
export async function saveCredentials(client: N8nClient, simulator: Simulator): Promise<Credentials> {
	const credentials = new Map<Provider, CredentialSlots>();
	for (const { provider, displayName, credentialType } of eachProvider) {
		const name = `${displayName} Simulator`;
		credentials.set(provider, {
			[credentialType]: await client.saveCredential(name, credentialType, credentialData(simulator, provider)),
		});
	}
	return credentials;
}

/**
 * A workflow of `examples/`, ready to be executed: with credentials, and with the folder whose
 * subfolder `seedance` holds a picture, a clip and a sound.
 *
 * @param provider default: that of the example
 * @param others credentials of n8n's own nodes, by their type; without them the placeholders stay
 */
export async function readyExample(
	file: string,
	folder: string,
	credentials: Credentials,
	provider?: Provider,
	others: CredentialSlots = {},
): Promise<WorkflowFile> {
	const example = await loadExample(file, { provider, folder, pollingIntervalSeconds: 1 });
	const nodes = example.nodes.map((node) => {
		const chosen = eachProvider.find((known) => known.provider === node.parameters.provider);
		if (chosen) return { ...node, credentials: credentials.get(chosen.provider) };
		const [type] = Object.keys(node.credentials ?? {});
		const credential = others[type ?? ''];
		return type && credential ? { ...node, credentials: { [type]: credential } } : node;
	});
	return { ...example, name: example.name ?? file, nodes };
}

/** All workflows of `examples/`, in the order of their numbers. */
export async function readyExamples(folder: string, credentials: Credentials): Promise<WorkflowFile[]> {
	const files = (await readdir(join(repositoryFolder, 'examples'))).filter((file) => file.endsWith('.json'));
	return await Promise.all(files.sort().map(async (file) => await readyExample(file, folder, credentials)));
}

/** The same workflow with a production webhook in the place of its Manual Trigger. */
export function startedByWebhook(workflow: WorkflowFile, path: string): WorkflowFile {
	const nodes = workflow.nodes.map((node) =>
		'type' in node && node.type === 'n8n-nodes-base.manualTrigger'
			? {
					...node,
					type: 'n8n-nodes-base.webhook',
					typeVersion: 2.1,
					webhookId: path,
					parameters: { httpMethod: 'POST', path, responseMode: 'onReceived', options: {} },
				}
			: node,
	);
	return { ...workflow, nodes };
}
