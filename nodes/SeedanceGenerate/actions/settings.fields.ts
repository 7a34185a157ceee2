import type { INodeProperties } from 'n8n-workflow';
import { providers } from '../../shared/providers';
import type { Collection } from '../../shared/node/parameters';
import type { VideoSettings } from '../../shared/vocabulary';

/** How the video should be. Only what the user adds is sent; else the provider's default holds. */

const unique = (values: string[]) =>
	[...new Set(values)].map((value) => ({ name: value, value }));

const resolutions = providers.flatMap(({ videoModels }) =>
	videoModels.flatMap((model) => model.resolutions),
);
const shortestSeconds = Math.min(...providers.map(({ video }) => video.durationSeconds.min));
const longestSeconds = Math.max(...providers.map(({ video }) => video.durationSeconds.max));
const ratios = providers.flatMap(({ video }) => video.ratios);

export const settingsField: INodeProperties = {
	displayName: 'Video Settings',
	name: 'settings',
	type: 'collection',
	placeholder: 'Add Setting',
	default: {},
	options: [
		{
			displayName: 'Aspect Ratio',
			name: 'ratio',
			type: 'options',
			options: unique(ratios),
			default: '16:9',
			description: 'Adaptive follows the first reference',
		},
		{
			displayName: 'Duration (Seconds)',
			name: 'durationSeconds',
			type: 'number',
			typeOptions: { minValue: shortestSeconds, maxValue: longestSeconds },
			default: 5,
			description: `A whole number from ${shortestSeconds} to ${longestSeconds}`,
		},
		{
			displayName: 'Generate Audio',
			name: 'generateAudio',
			type: 'boolean',
			default: true,
			description: 'Whether to add voices, sounds and music that fit the picture',
		},
		{
			displayName: 'Resolution',
			name: 'resolution',
			type: 'options',
			options: unique(resolutions),
			default: '720p',
		},
		{
			displayName: 'Return Last Frame',
			name: 'returnLastFrame',
			type: 'boolean',
			default: true,
			description: 'Whether to get the last frame as an image too, for example to begin the next shot with',
		},
		{
			displayName: 'Seed',
			name: 'seed',
			type: 'number',
			default: -1,
			description: 'The same seed gives a similar video; -1 takes a random one',
		},
		{
			displayName: 'Watermark',
			name: 'watermark',
			type: 'boolean',
			default: false,
			description: 'Whether to put the watermark of the provider on the video',
		},
		{
			displayName: 'Web Search',
			name: 'webSearch',
			type: 'boolean',
			default: true,
			description: 'Whether the model may look up current facts on the internet',
			displayOptions: { show: { '/mode': ['textToVideo'] } },
		},
	],
};

/** @throws InputError for a number that is none */
export function readSettings(settings: Collection): VideoSettings {
	return {
		resolution: settings.text('resolution'),
		ratio: settings.text('ratio'),
		durationSeconds: settings.number('durationSeconds', 'Duration (Seconds)'),
		generateAudio: settings.boolean('generateAudio'),
		watermark: settings.boolean('watermark'),
		webSearch: settings.boolean('webSearch'),
		returnLastFrame: settings.boolean('returnLastFrame'),
		seed: settings.number('seed', 'Seed'),
	};
}
