import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { defaultBinaryField } from '../../shared/media/binaryFile';
import { showForProviders } from '../../shared/node/description';
import { citedAssetLocator, targetGroupLocator } from '../../shared/node/pickers';
import { mediaLabels, type GenerationMode, type MediaType } from '../../shared/vocabulary';

/** The media that a generation cites: two frames, or a list for each media type. */

/** What most people have comes first. */
const sources: INodePropertyOptions[] = [
	{ name: 'Binary File', value: 'binary', description: 'A file of the input item, for example from a form, Google Drive or HTTP Request' },
	{ name: 'URL', value: 'url', description: 'A public address, or asset:// and an ID' },
	{ name: 'Asset', value: 'asset', description: 'A file that was uploaded before and is kept at the provider' },
	{
		name: 'Link to Binary File',
		value: 'signedLink',
		description:
			'A file of the input item, fetched by the provider from this n8n by a signed link that works for a day. Needs an n8n with a public address, and files that are not kept in memory.',
	},
	{ name: 'Data URI', value: 'dataUri', description: 'The file itself as text' },
];

/** Only in lists: several references by one expression. */
const listSource: INodePropertyOptions = {
	name: 'List',
	value: 'list',
	description: 'Several URLs or asset:// IDs by one expression',
};

const exampleFiles: Readonly<Record<MediaType, string>> = { image: 'image.png', video: 'video.mp4', audio: 'audio.mp3' };

/** @param frame the label of a frame; entries of a list have none */
export const newAssetLabel = (frame = '') => ['Upload', frame, 'as Asset'].filter(Boolean).join(' ');

export interface SourceFieldNames {
	source: string;
	asset: string;
	binary: string;
	dataUri: string;
	url: string;
	newAsset: string;
	/** In lists only. */
	list?: string;
}

/** The source and, depending on it, where to find the file. */
function sourceFields(
	mediaType: MediaType,
	names: SourceFieldNames,
	label = '',
): INodeProperties[] {
	const prefixed = (text: string) => (label ? `${label} ${text}` : text);
	const showFor = (...kinds: string[]) => ({ show: { [names.source]: kinds } });
	const isList = names.list !== undefined;
	const onlyFile = `If an item has no field ${defaultBinaryField}, but one file of type ${mediaType}, that one is taken.`;
	// The videos that providers take are too big to be part of a request.
	const options = sources.filter(({ value }) => mediaType !== 'video' || value !== 'dataUri');
	return [
		{
			displayName: prefixed('Source'),
			name: names.source,
			type: 'options',
			options: isList ? [...options, listSource] : options,
			default: 'binary',
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
			default: defaultBinaryField,
			placeholder: isList ? 'e.g. data or data_0, data_1 or image_*' : 'e.g. data',
			description: isList
				? `The name of the input field containing the file; several with commas between them, or * for all fields with a file of type ${mediaType}. ${onlyFile}`
				: `The name of the input field containing the file. ${onlyFile}`,
			displayOptions: showFor('binary', 'signedLink'),
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
			placeholder: `e.g. https://example.com/${exampleFiles[mediaType]}`,
			displayOptions: showFor('url'),
		},
		...(names.list === undefined
			? []
			: [
					{
						displayName: 'List',
						name: names.list,
						type: 'string' as const,
						typeOptions: { rows: 3 },
						default: '',
						placeholder: 'e.g. {{ $json.urls }}',
						description:
							'URLs, or asset:// and an ID: an array by expression, JSON, or one a line. Each one is a reference.',
						displayOptions: showFor('list'),
					},
				]),
		{
			displayName: newAssetLabel(label),
			name: names.newAsset,
			type: 'boolean',
			default: false,
			description:
				'Whether to make an asset of the file first, wait until it is Active and cite that. Assets stay at the provider and count there, and some providers bill uploads. An asset with the same content is used again where the provider lists assets by name; of a URL the address counts as the content.',
			displayOptions: { hide: { [names.source]: ['asset'] } },
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
	newAsset: `${frame}NewAsset`,
});

function frameFields(frame: keyof typeof frames): INodeProperties[] {
	const { label, modes } = frames[frame];
	return sourceFields('image', frameParameterNames(frame), label).map((field) => ({
		...field,
		displayOptions: {
			...field.displayOptions,
			show: { mode: [...modes], ...field.displayOptions?.show },
		},
	}));
}

/** Names inside an entry of a reference list. */
export const referenceNames = {
	source: 'source',
	asset: 'asset',
	binary: 'binaryPropertyName',
	dataUri: 'dataUri',
	url: 'url',
	newAsset: 'newAsset',
	list: 'list',
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

/** Where assets that are made on the fly are put. */
export const assetGroupOption = showForProviders(
	({ assets }) => assets.newAssetFields.includes('groupId'),
	[
		targetGroupLocator({
			name: 'assetGroupId',
			required: false,
			description:
				'The asset group that takes the references with Upload as Asset. The lists of assets show this group only.',
		}),
	],
);

export const useAllItemsOption: INodeProperties = {
	displayName: 'Use All Input Items',
	name: 'useAllItems',
	type: 'boolean',
	default: false,
	description:
		'Whether to make one video of all input items: the binary references of a list come from every item, all else from the first one',
};
