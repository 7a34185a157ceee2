import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { citedAssetLocator } from '../../shared/node/pickers';
import { mediaLabels, type GenerationMode, type MediaType } from '../../shared/vocabulary';

/** The media that a generation cites: two frames, or a list for each media type. */

const sources: INodePropertyOptions[] = [
	{ name: 'Asset', value: 'asset', description: 'A file kept at the provider' },
	{ name: 'Binary File', value: 'binary', description: 'A file of the input item' },
	{ name: 'Data URI', value: 'dataUri', description: 'The file itself as text' },
	{ name: 'URL', value: 'url', description: 'A public address, or asset:// and an ID' },
];

/** The source and, depending on it, where to find the file. */
function sourceFields(
	mediaType: MediaType,
	names: { source: string; asset: string; binary: string; dataUri: string; url: string },
	label = '',
): INodeProperties[] {
	const prefixed = (text: string) => (label ? `${label} ${text}` : text);
	const showFor = (source: string) => ({ show: { [names.source]: [source] } });
	return [
		{
			displayName: prefixed('Source'),
			name: names.source,
			type: 'options',
			// The videos that providers take are too big to be part of a request.
			options: mediaType === 'video' ? sources.filter(({ value }) => value !== 'dataUri') : sources,
			default: 'asset',
			description: `Where the ${mediaType} comes from`,
		},
		citedAssetLocator(mediaType, {
			displayName: prefixed('Asset'),
			name: names.asset,
			displayOptions: showFor('asset'),
		}),
		{
			displayName: prefixed('Binary Field'),
			name: names.binary,
			type: 'string',
			default: 'data',
			placeholder: 'e.g. data',
			description: 'The name of the input field containing the file',
			displayOptions: showFor('binary'),
		},
		{
			displayName: prefixed('Data URI'),
			name: names.dataUri,
			type: 'string',
			default: '',
			placeholder: `e.g. data:${mediaType === 'image' ? 'image/png' : 'audio/mpeg'};base64,…`,
			displayOptions: showFor('dataUri'),
		},
		{
			displayName: prefixed('URL'),
			name: names.url,
			type: 'string',
			default: '',
			placeholder: 'e.g. https://example.com/file',
			displayOptions: showFor('url'),
		},
	];
}

export const frames = {
	firstFrame: { label: 'First Frame', modes: ['firstFrame', 'firstAndLastFrame'] },
	lastFrame: { label: 'Last Frame', modes: ['firstAndLastFrame'] },
} as const satisfies Record<string, { label: string; modes: readonly GenerationMode[] }>;

/** The parameter names of a frame, e.g. firstFrameSource, firstFrameUrl. */
export const frameParameterNames = (frame: keyof typeof frames) => ({
	source: `${frame}Source`,
	asset: `${frame}Asset`,
	binary: `${frame}BinaryPropertyName`,
	dataUri: `${frame}DataUri`,
	url: `${frame}Url`,
});

function frameFields(frame: keyof typeof frames): INodeProperties[] {
	const { label, modes } = frames[frame];
	return sourceFields('image', frameParameterNames(frame), label).map((field) => ({
		...field,
		displayOptions: { show: { mode: [...modes], ...field.displayOptions?.show } },
	}));
}

/** Names inside an entry of a reference list. */
export const referenceNames = {
	source: 'source',
	asset: 'asset',
	binary: 'binaryPropertyName',
	dataUri: 'dataUri',
	url: 'url',
};

export const referenceLists = {
	image: { name: 'images', entry: 'image', modes: ['multimodalReference', 'videoEditing'] },
	video: {
		name: 'videos',
		entry: 'video',
		modes: ['multimodalReference', 'videoEditing', 'videoExtension'],
	},
	audio: { name: 'audios', entry: 'audio', modes: ['multimodalReference'] },
} as const satisfies Record<
	MediaType,
	{ name: string; entry: string; modes: readonly GenerationMode[] }
>;

function referenceList(mediaType: MediaType): INodeProperties {
	const { name, entry, modes } = referenceLists[mediaType];
	const singular = mediaType.charAt(0).toUpperCase() + mediaType.slice(1);
	return {
		displayName: mediaLabels[mediaType],
		name,
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true, multipleValueButtonText: `Add ${singular}` },
		placeholder: `Add ${singular}`,
		default: {},
		description: `The first one is @${mediaType}1 in the prompt, the second @${mediaType}2`,
		options: [
			{
				displayName: singular,
				name: entry,
				values: sourceFields(mediaType, referenceNames),
			},
		],
		displayOptions: { show: { mode: [...modes] } },
	};
}

export const referenceFields: INodeProperties[] = [
	...frameFields('firstFrame'),
	...frameFields('lastFrame'),
	referenceList('image'),
	referenceList('video'),
	referenceList('audio'),
];
