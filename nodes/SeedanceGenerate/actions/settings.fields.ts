import type { INodeProperties } from 'n8n-workflow';
import type { Fields } from '../../shared/node/parameters';
import { providers } from '../../shared/providers';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { videoLimits } from '../../shared/providers/adapter';
import { requirePublicUrl, type UrlRules } from '../../shared/publicUrl';
import { settingLabels, webhookLabels, type VideoSettings, type Webhook } from '../../shared/vocabulary';

/** How the video should be. Only what the user adds is sent; else the provider's default holds. */

const unique = (values: string[]) =>
	[...new Set(values)].map((value) => ({ name: value, value }));

const limits = providers.flatMap((provider) =>
	provider.videoModels.map((model) => videoLimits(provider, model)),
);
const resolutions = providers.flatMap(({ videoModels }) => videoModels.flatMap((model) => model.resolutions));
const shortestSeconds = Math.min(...limits.map(({ durationSeconds }) => durationSeconds.min));
const longestSeconds = Math.max(...limits.map(({ durationSeconds }) => durationSeconds.max));
const ratios = limits.flatMap((limit) => limit.ratios);

/**
 * A text with the providers that a field is for. All fields are shown for all of them: n8n drops what
 * is hidden, so that a setting would be lost silently when the provider is switched.
 */
function describe(text: string, has: (provider: ProviderAdapter) => boolean): string {
	const able = providers.filter(has).map(({ displayName }) => displayName);
	if (able.length === providers.length) return text;
	return `${text.replace(/\.$/, '')}. Only at ${able.join(' and ')}.`;
}

function setting(
	name: keyof VideoSettings,
	description: string,
	field: Omit<INodeProperties, 'displayName' | 'name'>,
): INodeProperties {
	return {
		displayName: settingLabels[name],
		name,
		...field,
		description: describe(description, ({ video, videoModels }) =>
			[video, ...videoModels].some(({ settings }) => settings?.includes(name)),
		),
	};
}

export const settingsField: INodeProperties = {
	displayName: 'Video Settings',
	name: 'settings',
	type: 'collection',
	placeholder: 'Add Setting',
	default: {},
	options: [
		setting('ratio', 'Adaptive follows the first reference', {
			type: 'options',
			options: unique(ratios),
			default: '16:9',
		}),
		setting('assetRetentionHours', 'How long the assets of Auto Upload Assets are kept, from 3 to 8', {
			type: 'number',
			typeOptions: { minValue: 3, maxValue: 8 },
			default: 3,
		}),
		setting('autoUploadAssets', 'Whether to turn the URLs of this generation into assets first, with a less-restriction model', {
			type: 'boolean',
			default: true,
		}),
		setting('durationSeconds', `A whole number from ${shortestSeconds} to ${longestSeconds}; the model may allow less. With a model By ID also -1, where that lets the model choose.`, {
			type: 'number',
			typeOptions: { minValue: -1, maxValue: longestSeconds },
			default: 5,
		}),
		setting('cameraFixed', 'Whether to keep the camera still', {
			type: 'boolean',
			default: true,
		}),
		setting('generateAudio', 'Whether to add voices, sounds and music that fit the picture', {
			type: 'boolean',
			default: true,
		}),
		setting('resolution', 'The more pixels, the higher the price; not every model has all', {
			type: 'options',
			options: unique(resolutions),
			default: '720p',
		}),
		setting('returnLastFrame', 'Whether to get the last frame as an image too, for example to begin the next shot with', {
			type: 'boolean',
			default: true,
		}),
		setting('seed', 'The same seed gives a similar video; -1 takes a random one', {
			type: 'number',
			default: -1,
		}),
		setting('serviceMode', 'Whether the task runs on your own accounts or on those of the provider', {
			type: 'options',
			options: [
				{ name: 'Private', value: 'private', description: 'Host your account' },
				{ name: 'Public', value: 'public', description: 'Pay as you go' },
			],
			default: 'public',
		}),
		setting('watermark', 'Whether to put the watermark of the provider on the video', {
			type: 'boolean',
			default: false,
		}),
		setting('webSearch', 'Whether the model may look up current facts on the internet', {
			type: 'boolean',
			default: true,
			displayOptions: { show: { '/mode': ['textToVideo'] } },
		}),
	],
};

const webhookOption = (
	name: keyof Webhook,
	description: string,
	field: Pick<INodeProperties, 'displayName' | 'name' | 'type' | 'default'> & Partial<INodeProperties>,
): INodeProperties => ({
	...field,
	description: describe(description, ({ videoTasks }) => videoTasks.webhook?.includes(name) ?? false),
});

/** For a Seedance Trigger or a service of your own; the node itself does not listen. */
export const webhookOptions: INodeProperties[] = [
	webhookOption('secret', 'Comes back with every call, to prove where it comes from; a Seedance Trigger needs the same one', {
		displayName: 'Webhook Secret',
		name: 'webhookSecret',
		type: 'string',
		typeOptions: { password: true },
		default: '',
	}),
	webhookOption('url', "Whom the provider calls when the task has ended, e.g. the Production URL of a Seedance Trigger in another workflow. Choose Don't Wait for it.", {
		displayName: 'Webhook URL',
		name: 'webhookUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://example.com/seedance',
	}),
];

/** @throws InputError for a value that its setting cannot have */
export function readSettings(settings: Fields): VideoSettings {
	const text = (name: keyof VideoSettings) => settings.text(name, settingLabels[name]);
	const number = (name: keyof VideoSettings) => settings.number(name, settingLabels[name]);
	const boolean = (name: keyof VideoSettings) => settings.boolean(name, settingLabels[name]);
	return {
		resolution: text('resolution'),
		ratio: text('ratio'),
		durationSeconds: number('durationSeconds'),
		generateAudio: boolean('generateAudio'),
		watermark: boolean('watermark'),
		webSearch: boolean('webSearch'),
		returnLastFrame: boolean('returnLastFrame'),
		cameraFixed: boolean('cameraFixed'),
		seed: number('seed'),
		autoUploadAssets: boolean('autoUploadAssets'),
		assetRetentionHours: number('assetRetentionHours'),
		serviceMode: text('serviceMode'),
	};
}

/** @throws InputError if the provider could not reach the address, or a secret stands alone */
export function readWebhook(options: Fields, rules: UrlRules): Webhook | undefined {
	const url = options.text('webhookUrl', webhookLabels.url);
	const secret = options.text('webhookSecret', webhookLabels.secret);
	if (!url && !secret) return undefined;
	return { url: requirePublicUrl(url ?? '', webhookLabels.url, rules), secret };
}
