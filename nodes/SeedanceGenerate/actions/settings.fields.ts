import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { nameWithProviders } from '../../shared/node/description';
import type { Fields, Parameters } from '../../shared/node/parameters';
import { providers } from '../../shared/providers';
import type { ProviderAdapter, VideoLimits, VideoModel } from '../../shared/providers/adapter';
import { videoLimits } from '../../shared/providers/adapter';
import { requirePublicUrl, type UrlRules } from '../../shared/publicUrl';
import {
	automaticDuration,
	readVideoSettings,
	settingNames,
	videoSettings,
	type OfferedValues,
	type SettingName,
	type VideoSettings,
} from '../../shared/videoSettings';
import { webhookLabels, type Webhook } from '../../shared/vocabulary';

/** How the video should be. Only what the user chooses is sent; else the provider's default holds. */

/** What a model offers. */
type Offer = VideoLimits & Pick<VideoModel, 'resolutions'>;

const offersOf = (provider: ProviderAdapter): Offer[] =>
	provider.videoModels.map((model) => ({ ...model, ...videoLimits(provider, model) }));
const offers = providers.flatMap(offersOf);

/** A menu of what any model offers; a value that not every provider has is named with those that do. */
const menuOf = <Value extends string | number>(
	values: Iterable<Value>,
	isIn: (offer: Offer, value: Value) => boolean,
): INodePropertyOptions[] =>
	[...new Set(values)].map((value) => ({
		name: nameWithProviders(capitalized(String(value)), (provider) => offersOf(provider).some((offer) => isIn(offer, value))),
		value,
	}));

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const durations = offers.map(({ durationSeconds }) => durationSeconds);

const offered: OfferedValues = {
	resolutions: menuOf(
		offers.flatMap(({ resolutions }) => resolutions),
		({ resolutions }, value) => resolutions.includes(value),
	),
	ratios: menuOf(
		offers.flatMap(({ ratios }) => ratios),
		({ ratios }, value) => ratios.includes(value),
	),
	durationsSeconds: [
		{
			name: nameWithProviders('Automatic', (provider) =>
				offersOf(provider).some(({ durationSeconds }) => durationSeconds.isAutomaticAllowed === true),
			),
			value: automaticDuration,
			description: 'The model chooses, up to the longest that it makes',
		},
		...menuOf(
			wholeNumbers(Math.min(...durations.map(({ min }) => min)), Math.max(...durations.map(({ max }) => max))),
			({ durationSeconds: { min, max } }, value) => min <= value && value <= max,
		),
	],
};

function* wholeNumbers(from: number, to: number) {
	for (let number = from; number <= to; number++) yield number;
}

/**
 * All fields are shown for all providers, those that lack one too: n8n drops what is hidden, so that a setting would
 * be lost silently when the provider is switched.
 */
function fieldOf(name: SettingName): INodeProperties {
	const { label, field } = videoSettings[name];
	const isOffered = ({ video, videoModels }: ProviderAdapter) =>
		[video, ...videoModels].some(({ settings }) => settings?.includes(name));
	return { displayName: nameWithProviders(label, isOffered), name, ...field(offered) };
}

const fieldsOf = (names: readonly SettingName[]) =>
	names.map(fieldOf).sort((one, other) => one.displayName.localeCompare(other.displayName));

const isOnSurface = (name: SettingName) => videoSettings[name].isOnSurface === true;

/** What everybody decides for every video. */
export const surfaceFields = fieldsOf(settingNames.filter(isOnSurface));

const collectionOf = (name: string, settings: readonly SettingName[]): INodeProperties => ({
	displayName: 'More Settings',
	name,
	type: 'collection',
	placeholder: 'Add Setting',
	default: {},
	options: fieldsOf(settings),
});

/** The other settings. */
export const settingsField = collectionOf('settings', settingNames.filter((name) => !isOnSurface(name)));

/** What can be set anew of the video that a draft becomes. */
export const finalSettingsField = collectionOf(
	'finalSettings',
	settingNames.filter((name) => providers.some(({ drafts }) => drafts?.finalSettings.includes(name))),
);

const webhookOption = (
	name: keyof Webhook,
	field: Omit<INodeProperties, 'displayName'>,
): INodeProperties => ({
	displayName: nameWithProviders(
		webhookLabels[name],
		({ videoTasks }) => videoTasks.callback?.fields.includes(name) ?? false,
	),
	...field,
});

/** For a Seedance Generate Trigger or a service of your own; the node itself does not listen. */
export const webhookOptions: INodeProperties[] = [
	webhookOption('secret', {
		name: 'webhookSecret',
		type: 'string',
		typeOptions: { password: true },
		default: '',
		placeholder: 'e.g. a sentence that nobody would guess',
		description:
			'A password of your own that the provider sends along, so that the other side knows who calls. Give a Seedance Generate Trigger the same one.',
	}),
	webhookOption('url', {
		name: 'webhookUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://example.com/webhook/seedance',
		description:
			"The address that the provider calls when the video is ready or has failed, for example the Production URL of a Seedance Generate Trigger. Choose Don't Wait with it.",
	}),
];

/** @throws InputError for a value that its setting cannot have */
export function readSettings(parameters: Parameters): VideoSettings {
	const onSurface = parameters.optional();
	const added = parameters.collection('settings', settingsField.displayName);
	const placeOf = (name: SettingName) => (isOnSurface(name) ? onSurface : added);
	return readVideoSettings({
		text: (name, label) => placeOf(name).text(name, label),
		number: (name, label) => placeOf(name).number(name, label),
		boolean: (name, label) => placeOf(name).boolean(name, label),
	});
}

/** @throws InputError for a value that its setting cannot have */
export function readFinalSettings(parameters: Parameters): VideoSettings {
	const added = parameters.collection(finalSettingsField.name, finalSettingsField.displayName);
	return readVideoSettings({
		text: (name, label) => added.text(name, label),
		number: (name, label) => added.number(name, label),
		boolean: (name, label) => added.boolean(name, label),
	});
}

/** @throws InputError if the provider could not reach the address, or a secret stands alone */
export function readWebhook(options: Fields, rules: UrlRules): Webhook | undefined {
	const url = options.text('webhookUrl', webhookLabels.url);
	const secret = options.text('webhookSecret', webhookLabels.secret);
	if (!url && !secret) return undefined;
	return { url: requirePublicUrl(url ?? '', webhookLabels.url, rules), secret };
}
