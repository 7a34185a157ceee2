import type { INodeProperties } from 'n8n-workflow';
import { notInTools, onlyInTools, showForProviders } from '../../shared/node/description';
import { downloadOptions, fileNameOption } from '../../shared/node/download.fields';
import { includeInputFieldsOption } from '../../shared/node/inputFields';
import type { Parameters } from '../../shared/node/parameters';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { usualDuration } from '../../shared/vocabulary';

/** How long to wait for a task, how often to check, and what to do when the time is up. */

const defaultTimeoutSeconds = 900;

const timeoutOption: INodeProperties = {
	displayName: 'Timeout (Seconds)',
	name: 'timeoutSeconds',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: defaultTimeoutSeconds,
	description: 'How long to wait for the video. The task itself continues after that.',
};

const pollingIntervalOption: INodeProperties = {
	displayName: 'Polling Interval (Seconds)',
	name: 'pollingIntervalSeconds',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 15,
	description:
		'How often to check the status. Without this option the interval grows with the age of the task.',
};

const onTimeoutOption: INodeProperties = {
	displayName: 'On Timeout',
	name: 'onTimeout',
	type: 'options',
	options: [
		{
			name: 'Fail',
			value: 'fail',
			description: 'Stop with a message that names the task ID',
		},
		{
			name: 'Return Unfinished Task',
			value: 'returnTask',
			description: 'Continue with the task as it is, to check it later',
		},
	],
	default: 'fail',
};

/** How the node waits for what it has submitted. */
export const waitWays = ['inThisNode', 'onCallback', 'dontWait'] as const;
export type WaitWay = (typeof waitWays)[number];

interface WaitOption {
	name: string;
	value: WaitWay;
	description: string;
}

const inThisNode: WaitOption = {
	name: 'In This Node',
	value: 'inThisNode',
	description: `Wait here until the video is ready, usually ${usualDuration}. n8n shows a spinner meanwhile; you can close the tab.`,
};
const dontWait: WaitOption = {
	name: "Don't Wait",
	value: 'dontWait',
	description: 'Continue at once with the task ID; Wait for Task fetches the video later',
};
const onCallback: WaitOption = {
	name: 'On Provider Callback',
	value: 'onCallback',
	description:
		'Pause the workflow until the provider reports that the video is ready; n8n must be reachable from the internet',
};

const waitField = (options: WaitOption[], defaultWay: WaitWay): INodeProperties => ({
	displayName: 'Wait for Completion',
	name: 'waitForCompletion',
	type: 'options',
	options,
	default: defaultWay,
	description: 'Where to wait until the video is ready',
	builderHint: {
		propertyHint:
			'inThisNode gives the finished video to the next node. After dontWait the output has a taskId and no video yet: fetch it later with the operation waitForTask, which is free of charge.',
	},
});

const hasCallback = ({ videoTasks }: ProviderAdapter) => videoTasks.callback !== undefined;

/** Tools do not wait by default: models and their hosts give up on a call long before a video is finished. */
export const waitFields: INodeProperties[] = [
	...notInTools([
		...showForProviders(hasCallback, [waitField([dontWait, inThisNode, onCallback], 'inThisNode')]),
		...showForProviders(
			(provider) => !hasCallback(provider),
			[waitField([dontWait, inThisNode], 'inThisNode')],
		),
	]),
	...onlyInTools([
		{
			...waitField([dontWait, inThisNode], 'dontWait'),
			description: "After Don't Wait the agent needs a second tool, with the operation Get Task",
		},
	]),
];

/** @throws InputError for anything but a value of the menu */
export function readWaitWay(parameters: Parameters): WaitWay {
	return parameters.requiredChoice('waitForCompletion', 'Wait for Completion', waitWays);
}

export const waitOptions = [
	...notInTools([fileNameOption, includeInputFieldsOption, ...downloadOptions]),
	onTimeoutOption,
	pollingIntervalOption,
	timeoutOption,
].sort((one, other) => one.displayName.localeCompare(other.displayName));

export interface WaitSettings {
	timeoutMs: number;
	pollingIntervalMs?: number;
	onTimeout: 'fail' | 'returnTask';
}

/** @throws InputError for a time that is not positive, or a value that the menu does not have */
export function readWaitSettings(parameters: Parameters): WaitSettings {
	const options = parameters.collection('options', 'Options');
	return {
		timeoutMs:
			options.durationMs('timeoutSeconds', 'Timeout (Seconds)') ?? defaultTimeoutSeconds * 1000,
		pollingIntervalMs: options.durationMs('pollingIntervalSeconds', 'Polling Interval (Seconds)'),
		onTimeout: options.choice('onTimeout', 'On Timeout', ['fail', 'returnTask']) ?? 'fail',
	};
}
