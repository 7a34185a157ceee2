import type { INodeProperties } from 'n8n-workflow';
import type { Fields } from '../../shared/node/parameters';
import { providers } from '../../shared/providers';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { videoLimits } from '../../shared/providers/adapter';
import { requirePublicUrl, type UrlRules } from '../../shared/publicUrl';
import {
	readVideoSettings,
	settingNames,
	videoSettings,
	type OfferedValues,
	type SettingName,
	type VideoSettings,
} from '../../shared/videoSettings';
import { webhookLabels, type Webhook } from '../../shared/vocabulary';

/** How the video should be. Only what the user adds is sent; else the provider's default holds. */

const limits = providers.flatMap((provider) =>
	provider.videoModels.map((model) => videoLimits(provider, model)),
);

const offered: OfferedValues = {
	resolutions: providers.flatMap(({ videoModels }) => videoModels.flatMap((model) => model.resolutions)),
	ratios: limits.flatMap((limit) => limit.ratios),
	durationSeconds: {
		min: Math.min(...limits.map(({ durationSeconds }) => durationSeconds.min)),
		max: Math.max(...limits.map(({ durationSeconds }) => durationSeconds.max)),
	},
};

/**
 * A text with the providers that a field is for. All fields are shown for all of them: n8n drops what
 * is hidden, so that a setting would be lost silently when the provider is switched.
 */
function describe(text: string, has: (provider: ProviderAdapter) => boolean): string {
	const able = providers.filter(has).map(({ displayName }) => displayName);
	if (able.length === providers.length) return text;
	return `${text.replace(/\.$/, '')}. Only at ${able.join(' and ')}.`;
}

function fieldOf(name: SettingName): INodeProperties {
	const { label, field } = videoSettings[name];
	const { description, ...rest } = field(offered);
	return {
		displayName: label,
		name,
		...rest,
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
	options: settingNames
		.map(fieldOf)
		.sort((one, other) => one.displayName.localeCompare(other.displayName)),
};

const webhookOption = (
	name: keyof Webhook,
	description: string,
	field: Pick<INodeProperties, 'displayName' | 'name' | 'type' | 'default'> & Partial<INodeProperties>,
): INodeProperties => ({
	...field,
	description: describe(description, ({ videoTasks }) => videoTasks.callback?.fields.includes(name) ?? false),
});

/** For a Seedance Generate Trigger or a service of your own; the node itself does not listen. */
export const webhookOptions: INodeProperties[] = [
	webhookOption('secret', 'Comes back with every call, to prove where it comes from; a Seedance Generate Trigger needs the same one', {
		displayName: 'Webhook Secret',
		name: 'webhookSecret',
		type: 'string',
		typeOptions: { password: true },
		default: '',
	}),
	webhookOption('url', "Whom the provider calls when the task has ended, e.g. the Production URL of a Seedance Generate Trigger in another workflow. Choose Don't Wait for it.", {
		displayName: 'Webhook URL',
		name: 'webhookUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://example.com/seedance',
	}),
];

/** @throws InputError for a value that its setting cannot have */
export const readSettings = (fields: Fields): VideoSettings =>
	readVideoSettings({
		text: (name, label) => fields.text(name, label),
		number: (name, label) => fields.number(name, label),
		boolean: (name, label) => fields.boolean(name, label),
	});

/** @throws InputError if the provider could not reach the address, or a secret stands alone */
export function readWebhook(options: Fields, rules: UrlRules): Webhook | undefined {
	const url = options.text('webhookUrl', webhookLabels.url);
	const secret = options.text('webhookSecret', webhookLabels.secret);
	if (!url && !secret) return undefined;
	return { url: requirePublicUrl(url ?? '', webhookLabels.url, rules), secret };
}
