import type { INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { slotsOf } from '../shared/node/description';
import { callingProviders, eventsSubtitle, triggerProperties } from './fields';
import { registration } from './registration';
import { startOnCallback } from './startOnCallback';

export class SeedanceGenerateTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Seedance Generate Trigger',
		name: 'seedanceGenerateTrigger',
		icon: { light: 'file:seedanceGenerateTrigger.svg', dark: 'file:seedanceGenerateTrigger.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: eventsSubtitle,
		// n8n's node panel shows it for Seedance Generate too: it merges the two nodes and keeps this description.
		description: 'Make Seedance 2.0 videos from text, images, videos and audio, and start workflows when one is ready',
		defaults: { name: 'Seedance Generate Trigger' },
		eventTriggerDescription: 'Waiting for the provider to call the Test URL',
		builderHint: {
			searchHint: 'Starts a workflow when a video is ready that another workflow submitted without waiting. To wait inside one workflow, use Seedance Generate alone.',
			relatedNodes: [{ nodeType: 'n8n-nodes-seedance.seedanceGenerate', relationHint: 'Submits the video, with the URL of this trigger as the option webhookUrl' }],
		},
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: slotsOf(callingProviders),
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'seedance' }],
		properties: triggerProperties,
	};

	webhookMethods = { default: registration };

	webhook = startOnCallback;
}
