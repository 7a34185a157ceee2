import { WorkflowBuilder } from '../../../../harness/n8n/workflow';
import { generateType } from '../../support/workflows';
import type { Credentials } from './stage';

/** The workflows of these tests, written down as a user would build them in the editor. */

const oneSecond = { options: { pollingIntervalSeconds: 1 } };

const generation = {
	provider: 'anyfast',
	operation: 'generate',
	mode: 'textToVideo',
	prompt: 'A lighthouse in the evening',
	resolution: '480p', durationSeconds: 4,
};

const hashOfVideo = {
	action: 'hash',
	type: 'SHA256',
	encoding: 'hex',
	binaryData: true,
	binaryPropertyName: 'data',
	dataPropertyName: 'sha256',
};

/** Webhook → a generation that nobody waits for → the answer to the webhook, with its task ID. */
export const submitWorkflow = (credentials: Credentials) =>
	new WorkflowBuilder('Submit', 'submit', 'responseNode')
		.add('Generate', generateType, 1, { ...generation, waitForCompletion: 'dontWait' }, { credentials })
		.add('Respond', 'n8n-nodes-base.respondToWebhook', 1.5, {
			respondWith: 'firstIncomingItem',
			options: {},
		})
		.chain('Webhook', 'Generate', 'Respond');

/** Webhook with a task ID → the video → its hash, and the answer to the webhook, which is the video. */
export const fetchWorkflow = (credentials: Credentials) =>
	new WorkflowBuilder('Fetch', 'fetch', 'responseNode')
		.add(
			'Wait for Task',
			generateType,
			1,
			{
				provider: 'anyfast',
				operation: 'waitForTask',
				taskId: '={{ $json.body.taskId }}',
				downloadVideo: true,
				...oneSecond,
			},
			{ credentials },
		)
		.add('Hash', 'n8n-nodes-base.crypto', 1, hashOfVideo)
		.add('Respond', 'n8n-nodes-base.respondToWebhook', 1.5, { respondWith: 'binary', options: {} })
		.chain('Webhook', 'Wait for Task', 'Hash')
		.chain('Wait for Task', 'Respond');

/** Webhook → a generation that the node waits for. */
export const waitInNodeWorkflow = (name: string, credentials: Credentials, downloadVideo = false) =>
	new WorkflowBuilder(name, name)
		.add(
			'Generate',
			generateType,
			1,
			{ ...generation, waitForCompletion: 'inThisNode', downloadVideo, ...oneSecond },
			{ credentials },
		)
		.chain('Webhook', 'Generate');

/** Webhook → a generation that is suspended until the provider calls → the hash of the video. */
export const callbackWorkflow = (name: string, credentials: Credentials, provider = 'apiframe') =>
	new WorkflowBuilder(name, name)
		.add(
			'Generate',
			generateType,
			1,
			{ ...generation, provider, waitForCompletion: 'onCallback', downloadVideo: true },
			{ credentials },
		)
		.add('Hash', 'n8n-nodes-base.crypto', 1, hashOfVideo)
		.chain('Webhook', 'Generate', 'Hash');

/** Webhook → a generation that nobody waits for → the wait, suspended between its checks → the hash of the video. */
export const pauseBetweenChecksWorkflow = (name: string, credentials: Credentials, options: object = {}) =>
	new WorkflowBuilder(name, name)
		.add('Generate', generateType, 1, { ...generation, waitForCompletion: 'dontWait' }, { credentials })
		.add(
			'Wait for Task',
			generateType,
			1,
			{
				provider: 'anyfast',
				operation: 'waitForTask',
				taskId: '={{ $json.taskId }}',
				pauseBetweenChecks: true,
				downloadVideo: true,
				options,
			},
			{ credentials },
		)
		.add('Hash', 'n8n-nodes-base.crypto', 1, hashOfVideo)
		.chain('Webhook', 'Generate', 'Wait for Task')
		.connect('Wait for Task', 'Wait for Task')
		.connect('Wait for Task', 'Hash', { output: 1 });
