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

interface Choices {
	/** Default: that of the example. */
	provider?: Provider;
	/** Credentials of n8n's own nodes, by the type of the node. */
	others?: Readonly<Record<string, CredentialSlots>>;
	/** Parameters that the note of the example asks to fill in, by the name of the node. */
	filledIn?: Readonly<Record<string, object>>;
	/** Of each node that waits. Default: the node's own. */
	pollingIntervalSeconds?: number;
}

/** A workflow of `examples/`, with the credentials that n8n fills in when an example is imported in the editor. */
export async function readyExample(
	file: string,
	credentials: Credentials,
	{ provider, others = {}, filledIn = {}, pollingIntervalSeconds }: Choices = {},
): Promise<WorkflowFile> {
	const example = await loadExample(file, { provider, pollingIntervalSeconds });
	const nodes = example.nodes.map((node) => {
		const chosen = eachProvider.find((known) => known.provider === node.parameters.provider);
		const parameters = { ...node.parameters, ...filledIn[node.name] };
		return { ...node, parameters, credentials: chosen ? credentials.get(chosen.provider) : others[node.type] };
	});
	return { ...example, name: example.name ?? file, nodes };
}

/** All workflows of `examples/`, in the order of their numbers. */
export async function readyExamples(credentials: Credentials): Promise<WorkflowFile[]> {
	const files = (await readdir(join(repositoryFolder, 'examples'))).filter((file) => file.endsWith('.json'));
	return await Promise.all(files.sort().map(async (file) => await readyExample(file, credentials)));
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
