import type { INodeProperties } from 'n8n-workflow';
import { providerFields, providerNameInExpression, showForProviders, showWhen } from '../shared/node/description';
import { binaryFieldOptions, downloadVideoField } from '../shared/node/download.fields';
import { optionsField, simplifyField } from '../shared/node/fields';
import type { Parameters } from '../shared/node/parameters';
import { providers } from '../shared/providers';
import type { ProviderAdapter } from '../shared/providers/adapter';
import type { VideoTask } from '../shared/vocabulary';

/** The providers that send a callback when a task has ended. */
export const callingProviders = providers.filter(({ videoTasks }) => videoTasks.callback !== undefined);

const callsWithSecret = ({ videoTasks }: ProviderAdapter) => videoTasks.callback?.proof.kind === 'secret';
const callsSigned = ({ videoTasks }: ProviderAdapter) => videoTasks.callback?.proof.kind === 'hmac';

const wiring = (same: string): INodeProperties => ({
	displayName: `In the Seedance Generate node of the workflow that submits, choose <b>Don't Wait</b> and add the option <b>Webhook URL</b> with the Production URL of this node. ${same}`,
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
	description:
		'The same text as in the option Webhook Secret of the node that submits: a call without it is refused. Make up a long one.',
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
	...providerFields(callingProviders),
	...showForProviders(callsWithSecret, [
		wiring('Add the option <b>Webhook Secret</b> too, with the secret below.'),
		secretField,
	]),
	...showForProviders(callsSigned, [
		wiring('Both nodes need a credential with the same API key, which signs the calls.'),
	]),
	eventsField,
	downloadVideoField,
	simplifyField,
	...showWhen({ downloadVideo: [true] }, [optionsField(binaryFieldOptions)]),
];

/** @throws InputError for anything but an event of the menu */
export const readEvents = (parameters: Parameters): Event[] =>
	parameters.choices('events', eventsField.displayName, events);

/** Whether the user has chosen the event of a task that has ended. */
export function isWanted({ status }: VideoTask, parameters: Parameters): boolean {
	const event: Event = status === 'succeeded' ? 'succeeded' : 'failed';
	return readEvents(parameters).includes(event);
}
