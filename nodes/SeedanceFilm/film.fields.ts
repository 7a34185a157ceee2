import type { INodeProperties } from 'n8n-workflow';
import { defaultBinaryField } from '../shared/media/binaryFile';
import { includeInputFieldsOption } from '../shared/node/inputFields';

/** Fields that several operations have. */

export const videoField: INodeProperties = {
	displayName: 'Input Binary Field',
	name: 'binaryPropertyName',
	type: 'string',
	required: true,
	default: defaultBinaryField,
	placeholder: `e.g. ${defaultBinaryField}`,
	hint: `The name of the input field containing the video. If an item has no field ${defaultBinaryField}, but one video, that one is taken.`,
};

export const outputFieldOption: INodeProperties = {
	displayName: 'Output Binary Field',
	name: 'outputBinaryField',
	type: 'string',
	default: defaultBinaryField,
	placeholder: `e.g. ${defaultBinaryField}`,
	description: 'The name of the binary field to put the video in',
};

export const fileNameOption: INodeProperties = {
	displayName: 'File Name',
	name: 'fileName',
	type: 'string',
	default: '',
	placeholder: 'e.g. {{ $json.title }}',
	description:
		'The name of the file that is made; the extension is added. Without this option it is film for joined shots, and otherwise that of the given video.',
};

/** In the order of the alphabet, as n8n wants them. */
export const filmOptions = [fileNameOption, includeInputFieldsOption, outputFieldOption];
