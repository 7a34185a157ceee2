import type { INodeProperties } from 'n8n-workflow';
import type { Parameters } from './parameters';

/** Whether the finished video is downloaded, and where to. */

export const downloadVideoField: INodeProperties = {
	displayName: 'Download Video',
	name: 'downloadVideo',
	type: 'boolean',
	default: true,
	description: 'Whether to put the video, and the last frame if there is one, into binary fields',
};

export const videoFieldOption: INodeProperties = {
	displayName: 'Video Output Field',
	name: 'videoBinaryField',
	type: 'string',
	default: 'data',
	placeholder: 'e.g. data',
	description: 'The name of the binary field to put the video in',
};

export const lastFrameFieldOption: INodeProperties = {
	displayName: 'Last Frame Output Field',
	name: 'lastFrameBinaryField',
	type: 'string',
	default: 'lastFrame',
	placeholder: 'e.g. lastFrame',
	description: 'The name of the binary field to put the last frame in',
};

export const binaryFieldOptions = [lastFrameFieldOption, videoFieldOption];

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
