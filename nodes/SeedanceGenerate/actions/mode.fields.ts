import type { INodeProperties } from 'n8n-workflow';
import type { GenerationMode } from '../../shared/vocabulary';

/** What the video is made from; decides which other fields are shown. */
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
			description: 'Continue a video, or join up to three',
		},
	] satisfies Array<{ value: GenerationMode; name: string; description: string }>,
	default: 'textToVideo',
};

interface PromptVariant {
	modes: GenerationMode[];
	required: boolean;
	placeholder: string;
}

const promptVariants: PromptVariant[] = [
	{
		modes: ['textToVideo'],
		required: true,
		placeholder: 'e.g. A cat plays the piano in a sunlit room, cinematic lighting',
	},
	{
		modes: ['firstFrame', 'firstAndLastFrame'],
		required: false,
		placeholder: 'e.g. The camera moves slowly towards the window',
	},
	{
		modes: ['multimodalReference'],
		required: false,
		placeholder: 'e.g. The person of @image1 dances in the scene of @video1 to the music of @audio1',
	},
	{
		modes: ['videoEditing'],
		required: true,
		placeholder: 'e.g. Replace the bottle in @video1 by the one of @image1, keep the camera movement',
	},
	{
		modes: ['videoExtension'],
		required: true,
		placeholder: 'e.g. Continue @video1: the person opens the door',
	},
];

/** One field to the user, with a placeholder for each mode; some modes require it. */
export const promptFields = promptVariants.map(
	({ modes, required, placeholder }): INodeProperties => ({
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 4 },
		required,
		default: '',
		placeholder,
		description:
			'What happens in the video. Cite references by their order: @image1, @image2, @video1, @audio1.',
		displayOptions: { show: { mode: modes } },
	}),
);
