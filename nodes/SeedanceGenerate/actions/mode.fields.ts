import type { INodeProperties } from 'n8n-workflow';
import type { GenerationMode } from '../../shared/vocabulary';

/** What the video is made from; the mode decides which other fields there are. */
export const modeField: INodeProperties = {
	displayName: 'Mode',
	name: 'mode',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'First and Last Frame',
			value: 'firstAndLastFrame',
			description: 'The video begins with one image and ends with another',
		},
		{
			name: 'First Frame',
			value: 'firstFrame',
			description: 'The video begins with an image',
		},
		{
			name: 'Multimodal Reference',
			value: 'multimodalReference',
			description: 'Images, videos and sounds that the prompt cites as @image1, @video1 or @audio1',
		},
		{
			name: 'Text to Video',
			value: 'textToVideo',
			description: 'The prompt alone',
		},
		{
			name: 'Video Editing',
			value: 'videoEditing',
			description: 'Change something in a video with the help of images',
		},
		{
			name: 'Video Extension',
			value: 'videoExtension',
			description: 'Go on from a video, or join up to three',
		},
	] satisfies Array<{ value: GenerationMode; name: string; description: string }>,
	default: 'textToVideo',
};

const modesThatNeedAPrompt: GenerationMode[] = ['textToVideo', 'videoEditing', 'videoExtension'];

const promptField: INodeProperties = {
	displayName: 'Prompt',
	name: 'prompt',
	type: 'string',
	typeOptions: { rows: 4 },
	default: '',
	placeholder: 'e.g. A cat plays the piano in a sunlit room, cinematic lighting',
	description:
		'What happens in the video. Cite references by their order: @image1, @image2, @video1, @audio1.',
};

/** The prompt, required where the mode cannot do without. */
export const promptFields: INodeProperties[] = [
	{ ...promptField, required: true, displayOptions: { show: { mode: modesThatNeedAPrompt } } },
	{ ...promptField, displayOptions: { hide: { mode: modesThatNeedAPrompt } } },
];
