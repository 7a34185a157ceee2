import type { INodeProperties } from 'n8n-workflow';
import { InputError, mustBe } from '../errors';
import { readNumber, readObject, readString } from '../providers/read';
import { megabyte } from '../quantities';
import type { Parameters } from './parameters';

/** The fields that say whether the finished video is downloaded, and into which binary fields. */

const defaultFields = { video: 'data', lastFrame: 'lastFrame' };

export const downloadVideoField: INodeProperties = {
	displayName: 'Download Video',
	name: 'downloadVideo',
	type: 'boolean',
	default: true,
	description: 'Whether to put the video, and the last frame if there is one, into binary fields',
};

export const fileNameOption: INodeProperties = {
	displayName: 'File Name',
	name: 'fileName',
	type: 'string',
	default: '',
	placeholder: 'e.g. {{ $json.title }}',
	description:
		'The name of the video file; the last frame gets the same with "-last-frame". Without this option it comes from the prompt and the task ID. The extension is added.',
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

const defaultMaxFileMegabytes = 1024;

export const maxFileSizeOption: INodeProperties = {
	displayName: 'Maximum File Size (MB)',
	name: 'maxFileSizeMegabytes',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: defaultMaxFileMegabytes,
	description: 'A larger file is not downloaded; the task and its link are kept',
};

export const downloadOptions = [lastFrameFieldOption, maxFileSizeOption, videoFieldOption];

export interface BinaryFields {
	video: string;
	lastFrame: string;
	/** The maximum of each file. */
	maxBytes: number;
	/** As the user has given it; absent if it follows from the prompt. */
	fileName?: string;
}

/** @throws InputError for a size that is not positive */
export function readBinaryFields(parameters: Parameters): BinaryFields {
	const options = parameters.collection('options', 'Options');
	const { displayName, name } = maxFileSizeOption;
	const megabytes = options.number(name, displayName) ?? defaultMaxFileMegabytes;
	if (megabytes <= 0) {
		throw new InputError([mustBe(displayName, 'more than 0', String(megabytes))]);
	}
	return {
		video: options.text('videoBinaryField', videoFieldOption.displayName) ?? defaultFields.video,
		lastFrame: options.text('lastFrameBinaryField', lastFrameFieldOption.displayName) ?? defaultFields.lastFrame,
		maxBytes: megabytes * megabyte,
		fileName: options.text(fileNameOption.name, fileNameOption.displayName),
	};
}

/** Reads binary fields that were stored with an execution. */
export function readStoredBinaryFields(stored: unknown): BinaryFields {
	const { video, lastFrame, maxBytes, fileName } = readObject(stored);
	return {
		video: readString(video) ?? defaultFields.video,
		lastFrame: readString(lastFrame) ?? defaultFields.lastFrame,
		maxBytes: readNumber(maxBytes) ?? defaultMaxFileMegabytes * megabyte,
		fileName: readString(fileName),
	};
}
