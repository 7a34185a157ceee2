import type { INodeProperties } from 'n8n-workflow';
import type { Parameters } from '../../shared/node/parameters';

/** How long to wait for a task, how often to look, and what to do with the finished video. */

const defaultTimeoutSeconds = 900;

const timeoutOption: INodeProperties = {
	displayName: 'Timeout (Seconds)',
	name: 'timeoutSeconds',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: defaultTimeoutSeconds,
	description: 'How long to wait for the video. The task itself goes on after that.',
};

const pollingIntervalOption: INodeProperties = {
	displayName: 'Polling Interval (Seconds)',
	name: 'pollingIntervalSeconds',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 15,
	description:
		'How often to ask for the status. Without this option the interval grows with the age of the task.',
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
			description: 'Go on with the task as it is, to look at it later',
		},
	],
	default: 'fail',
};

export const downloadVideoField: INodeProperties = {
	displayName: 'Download Video',
	name: 'downloadVideo',
	type: 'boolean',
	default: true,
	description: 'Whether to put the video, and the last frame if there is one, into binary fields',
};

const videoFieldOption: INodeProperties = {
	displayName: 'Video Output Field',
	name: 'videoBinaryField',
	type: 'string',
	default: 'data',
	placeholder: 'e.g. data',
	description: 'The name of the binary field to put the video in',
};

const lastFrameFieldOption: INodeProperties = {
	displayName: 'Last Frame Output Field',
	name: 'lastFrameBinaryField',
	type: 'string',
	default: 'lastFrame',
	placeholder: 'e.g. lastFrame',
	description: 'The name of the binary field to put the last frame in',
};

export const binaryFieldOptions = [lastFrameFieldOption, videoFieldOption];

export const waitOptions = [
	lastFrameFieldOption,
	onTimeoutOption,
	pollingIntervalOption,
	timeoutOption,
	videoFieldOption,
];

export interface WaitSettings {
	timeoutMs: number;
	pollingIntervalMs?: number;
	onTimeout: 'fail' | 'returnTask';
}

/** @throws InputError for a time that is not positive */
export function readWaitSettings(parameters: Parameters): WaitSettings {
	const options = parameters.collection('options');
	return {
		timeoutMs:
			options.durationMs('timeoutSeconds', 'Timeout (Seconds)') ?? defaultTimeoutSeconds * 1000,
		pollingIntervalMs: options.durationMs('pollingIntervalSeconds', 'Polling Interval (Seconds)'),
		onTimeout: options.text('onTimeout') === 'returnTask' ? 'returnTask' : 'fail',
	};
}

export interface BinaryFields {
	video: string;
	lastFrame: string;
}

export function readBinaryFields(parameters: Parameters): BinaryFields {
	const options = parameters.collection('options');
	return {
		video: options.text('videoBinaryField') ?? 'data',
		lastFrame: options.text('lastFrameBinaryField') ?? 'lastFrame',
	};
}
