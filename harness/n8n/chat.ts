import { randomUUID } from 'node:crypto';
import { fetch } from 'undici';
import { z } from 'zod';
import type { N8nClient, WorkflowFile } from './n8nClient';
import { until } from './until';

const answerSchema = z.object({ output: z.string() });
const registrationTimeoutMs = 30_000;

export interface Chat {
	workflowId: string;
	/** Sends a message, and gives what the agent answers. */
	say(chatInput: string): Promise<string>;
}

/** Publishes a workflow that begins with a Chat Trigger, which it opens to the public, and begins a chat. */
export async function openChat(client: N8nClient, workflow: WorkflowFile): Promise<Chat> {
	const webhookId = randomUUID();
	const nodes = workflow.nodes.map((node) =>
		'type' in node && node.type === '@n8n/n8n-nodes-langchain.chatTrigger'
			? { ...node, webhookId, parameters: { public: true, mode: 'webhook', options: {} } }
			: node,
	);
	const workflowId = await client.createWorkflow({ ...workflow, nodes });
	await client.activate(workflowId);
	const sessionId = randomUUID();
	return {
		workflowId,
		async say(chatInput) {
			const answer = await until(
				'the chat to be registered',
				async () => {
					const response = await fetch(`${client.baseUrl}/webhook/${webhookId}/chat`, {
						method: 'POST',
						headers: { 'content-type': 'application/json' },
						body: JSON.stringify({ action: 'sendMessage', sessionId, chatInput }),
					});
					const text = await response.text();
					return response.status === 404 ? undefined : { ok: response.ok, text };
				},
				registrationTimeoutMs,
			);
			if (!answer.ok) throw new Error(`The chat answered: ${answer.text}`);
			return answerSchema.parse(JSON.parse(answer.text)).output;
		},
	};
}
