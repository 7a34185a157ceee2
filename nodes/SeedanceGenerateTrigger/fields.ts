import type { INodeProperties } from 'n8n-workflow';
import { documentOf, providerFields, providerNameInExpression, showForProviders, showWhen } from '../shared/node/description';
import { downloadOptions, downloadVideoField } from '../shared/node/download.fields';
import { optionsField, simplifyField } from '../shared/node/fields';
import type { Parameters } from '../shared/node/parameters';
import { providers } from '../shared/providers';
import type { ProviderAdapter } from '../shared/providers/adapter';
import type { VideoTask } from '../shared/vocabulary';

/** The providers that send a callback when a task has ended. */
export const callingProviders = providers.filter(({ videoTasks }) => videoTasks.callback !== undefined);

const silentNames = providers
	.filter((provider) => !callingProviders.includes(provider))
	.map(({ displayName }) => displayName)
	.join(' and ');

const callsWithSecret = ({ videoTasks }: ProviderAdapter) => videoTasks.callback?.fields.includes('secret') ?? false;
const callsSigned = ({ videoTasks }: ProviderAdapter) => videoTasks.callback?.proof.kind === 'hmac';

/** How another workflow comes to start this one. @param proof what both nodes have to share */
const wiring = (proof: string): INodeProperties => ({
	displayName: `To start this workflow from the one that makes the videos:<br>1. Copy the Production URL from <b>Webhook URLs</b> above.<br>2. In <b>Seedance Generate</b> there, choose <b>Don't Wait</b> and paste it into the option <b>Webhook URL</b>.<br>3. ${proof} <a href="${documentOf('waiting')}#with-a-seedance-generate-trigger" target="_blank">More</a>`,
	name: 'wiringNotice',
	type: 'notice',
	default: '',
});

const secretField: INodeProperties = {
	displayName: 'Webhook Secret',
	name: 'webhookSecret',
	type: 'string',
	typeOptions: { password: true },
	required: true,
	default: '',
	placeholder: 'e.g. a sentence that nobody would guess',
	description:
		'A password that you make up. Write the same one into the option Webhook Secret of the node that makes the videos; a call without it is refused.',
};

const events = ['succeeded', 'failed'] as const;
type Event = (typeof events)[number];

const eventNames: Readonly<Record<Event, string>> = { succeeded: 'Video Succeeded', failed: 'Video Failed' };

/** The subtitle on the canvas, e.g. "Video Succeeded, Video Failed · PiAPI". */
export const eventsSubtitle = `={{ [].concat($parameter["events"]).map((event) => (${JSON.stringify(eventNames)})[event] ?? event).join(", ") + " · " + ${providerNameInExpression} }}`;

const eventsField: INodeProperties = {
	displayName: 'Events',
	name: 'events',
	type: 'multiOptions',
	required: true,
	options: [
		{ name: eventNames.succeeded, value: 'succeeded', description: 'The video is ready' },
		{
			name: eventNames.failed,
			value: 'failed',
			description: 'The task has ended without a video; the item says why as failureReason',
		},
	],
	default: [...events],
	description: 'What starts the workflow',
};

export const triggerProperties: INodeProperties[] = [
	...providerFields(
		callingProviders,
		['The service that makes the videos.', silentNames && `${silentNames} cannot call n8n when a video is ready.`].join(' '),
	),
	...showForProviders(callsWithSecret, [
		wiring('Make up a secret: write it below, and into the option <b>Webhook Secret</b> there.'),
		secretField,
	]),
	...showForProviders(callsSigned, [
		wiring('Use a credential with the same API key in both nodes; it signs the calls.'),
	]),
	eventsField,
	downloadVideoField,
	simplifyField,
	...showWhen({ downloadVideo: [true] }, [optionsField(downloadOptions)]),
];

/** @throws InputError for anything but an event of the menu */
export const readEvents = (parameters: Parameters): Event[] =>
	parameters.choices('events', eventsField.displayName, events);

/** Whether the user has chosen the event of a task that has ended. */
export function isWanted({ status }: VideoTask, parameters: Parameters): boolean {
	const event: Event = status === 'succeeded' ? 'succeeded' : 'failed';
	return readEvents(parameters).includes(event);
}
