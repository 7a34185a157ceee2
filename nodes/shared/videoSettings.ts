import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

/**
 * Every setting that a video can have, once: its name, label, field and kind of value. The type `VideoSettings`,
 * the fields of the node, what reads them, the check of ranges and the table in docs/providers.md follow from it. A new
 * setting is a row here and a line in each adapter that sends it.
 */

interface ValueOfKind {
	text: string;
	number: number;
	boolean: boolean;
}
export type SettingKind = keyof ValueOfKind;

/** The values that the models of all providers offer together, each as an entry of a menu. */
export interface OfferedValues {
	resolutions: INodePropertyOptions[];
	ratios: INodePropertyOptions[];
	durationsSeconds: INodePropertyOptions[];
}

export interface VideoSetting<Kind extends SettingKind = SettingKind> {
	kind: Kind;
	/** What the editor calls it; messages use the same words. */
	label: string;
	/** Whole numbers that are allowed, whatever the model. */
	range?: { min: number; max: number };
	/**
	 * Shown under the prompt instead of in Add Setting, for what everybody decides for every video. Its menu begins
	 * with Provider Default, which is not sent.
	 */
	isOnSurface?: true;
	field: (offered: OfferedValues) => Omit<INodeProperties, 'displayName' | 'name'> & { description: string };
}

/** Source: PiAPI "Private Asset Library", auto_upload_assets. */
const retentionHours = { min: 3, max: 8 };

/** The first entry of a menu on the surface: nothing is sent, so the provider decides. */
const providerDefault: INodePropertyOptions = { name: 'Provider Default', value: '' };

/** In the order in which problems are told and docs/providers.md lists them. */
const rows = {
	resolution: {
		kind: 'text',
		label: 'Resolution',
		isOnSurface: true,
		field: ({ resolutions }) => ({
			type: 'options',
			options: [providerDefault, ...resolutions],
			default: providerDefault.value,
			description: 'Sharper videos cost more; not every model has all resolutions',
		}),
	},
	ratio: {
		kind: 'text',
		label: 'Aspect Ratio',
		isOnSurface: true,
		field: ({ ratios }) => ({
			type: 'options',
			options: [providerDefault, ...ratios],
			default: providerDefault.value,
			description: '9:16 is for Reels, Shorts and TikTok, 16:9 for YouTube; adaptive follows the first reference',
		}),
	},
	durationSeconds: {
		kind: 'number',
		label: 'Duration (Seconds)',
		isOnSurface: true,
		field: ({ durationsSeconds }) => ({
			type: 'options',
			options: [providerDefault, ...durationsSeconds],
			default: providerDefault.value,
			description: 'Longer videos cost more; not every model makes the longest ones',
		}),
	},
	generateAudio: {
		kind: 'boolean',
		label: 'Generate Audio',
		field: () => ({
			type: 'boolean',
			default: true,
			description: 'Whether to add voices, noises and music that fit the picture',
		}),
	},
	watermark: {
		kind: 'boolean',
		label: 'Watermark',
		field: () => ({
			type: 'boolean',
			default: false,
			description: 'Whether to put the watermark of the provider on the video',
		}),
	},
	webSearch: {
		kind: 'boolean',
		label: 'Web Search',
		field: () => ({
			type: 'boolean',
			default: true,
			description: 'Whether the model may look up current facts on the internet',
			displayOptions: { show: { '/mode': ['textToVideo'] } },
		}),
	},
	returnLastFrame: {
		kind: 'boolean',
		label: 'Return Last Frame',
		field: () => ({
			type: 'boolean',
			default: true,
			description: 'Whether to get the last frame as an image too, for example to begin the next shot with',
		}),
	},
	cameraFixed: {
		kind: 'boolean',
		label: 'Fixed Camera',
		field: () => ({
			type: 'boolean',
			default: true,
			description: 'Whether to keep the camera still',
		}),
	},
	seed: {
		kind: 'number',
		label: 'Seed',
		range: { min: -1, max: 2 ** 32 - 1 },
		field: () => ({
			type: 'number',
			default: -1,
			description: 'The same seed gives a similar video; -1 takes a random one',
		}),
	},
	autoUploadAssets: {
		kind: 'boolean',
		label: 'Auto Upload Assets',
		field: () => ({
			type: 'boolean',
			default: true,
			description: 'Whether to turn the URLs of this generation into assets first, with a less-restriction model',
		}),
	},
	assetRetentionHours: {
		kind: 'number',
		label: 'Asset Retention (Hours)',
		range: retentionHours,
		field: () => ({
			type: 'number',
			typeOptions: { minValue: retentionHours.min, maxValue: retentionHours.max },
			default: 3,
			description: `How long the assets of Auto Upload Assets are kept, from ${retentionHours.min} to ${retentionHours.max}`,
		}),
	},
	serviceMode: {
		kind: 'text',
		label: 'Service Mode',
		field: () => ({
			type: 'options',
			options: [
				{ name: 'Private', value: 'private', description: 'Host your account' },
				{ name: 'Public', value: 'public', description: 'Pay as you go' },
			],
			default: 'public',
			description: 'Whether the task runs on your own accounts or on those of the provider',
		}),
	},
} satisfies Readonly<Record<string, VideoSetting>>;

export type SettingName = keyof typeof rows;

type KindOf<Name extends SettingName> = (typeof rows)[Name]['kind'];
type Value<Name extends SettingName> = ValueOfKind[KindOf<Name>];

/** What the user has set. A setting that is absent is not sent, so the provider's own default holds. */
export type VideoSettings = { [Name in SettingName]?: Value<Name> };

export const videoSettings: { readonly [Name in SettingName]: VideoSetting<KindOf<Name>> } = rows;

export const settingNames: readonly SettingName[] = Object.keys(rows).filter(
	(name): name is SettingName => name in rows,
);

/** How a field of each kind is read. @throws InputError for a value that the field cannot have */
export type SettingReaders = {
	readonly [Kind in SettingKind]: (name: SettingName, label: string) => ValueOfKind[Kind] | undefined;
};

/** Reads every setting by its kind. */
export function readVideoSettings(readers: SettingReaders): VideoSettings {
	const settings: VideoSettings = {};
	const read = <Name extends SettingName>(target: { [Key in Name]?: Value<Key> }, name: Name) => {
		const { kind, label }: VideoSetting<KindOf<Name>> = videoSettings[name];
		const value: Value<Name> | undefined = readers[kind](name, label);
		target[name] = value;
	};
	settingNames.forEach((name) => read(settings, name));
	return settings;
}
