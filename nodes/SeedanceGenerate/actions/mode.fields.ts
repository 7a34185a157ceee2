import type { INodeProperties } from 'n8n-workflow';
import { generationModes, modeLabels, type GenerationMode } from '../../shared/vocabulary';

const descriptions: Readonly<Record<GenerationMode, string>> = {
	textToVideo: 'Make a video from a prompt only',
	firstFrame: 'Bring an image to life: the video begins with it',
	firstAndLastFrame: 'The video begins with one image and ends with another',
	multimodalReference: 'Show people, products, places, movements or audio, and cite them in the prompt as @image1, @video1 or @audio1',
	videoEditing: 'Change something in a video with the help of images',
	videoExtension: 'Continue a video, or join up to three',
};

/** What the video is made from; decides which other fields are shown. The most common mode comes first. */
export const modeField: INodeProperties = {
	displayName: 'Mode',
	name: 'mode',
	type: 'options',
	noDataExpression: true,
	options: generationModes.map((mode) => ({ name: modeLabels[mode], value: mode, description: descriptions[mode] })),
	default: 'textToVideo',
	description: 'What the video is made from',
};

/** Part of an expression that gives the kind of the mode, e.g. "Image to Video". */
export const modeInExpression = `(${JSON.stringify(
	Object.fromEntries(generationModes.map((mode) => [mode, modeLabels[mode].replace(/ \(.*/, '')])),
)})[$parameter["mode"]]`;

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
		placeholder: 'e.g. The person in @image1 dances in the scene of @video1 to the music of @audio1',
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
			'What happens in the video. Cite references by their order: @image1, @image2, @video1, @audio1. In Test Mode [fail] or [moderated] makes the task end like that.',
		builderHint: {
			propertyHint:
				'One to four sentences: subject, action, place, light, style, movement of the camera. Cite only references that are given, by their place in their list: the first entry of images is @image1.',
		},
		displayOptions: { show: { mode: modes } },
	}),
);
