import type { INodeProperties } from 'n8n-workflow';

/**
 * Every setting that a video can have, once: its name, label, field and kind of value. The type `VideoSettings`,
 * the fields of the node, what reads them, the check of ranges and the README's table follow from it. A new
 * setting is a row here and a line in each adapter that sends it.
 */

interface ValueOfKind {
	text: string;
	number: number;
	boolean: boolean;
}
export type SettingKind = keyof ValueOfKind;

/** What the models of all providers offer together, for the menus and bounds of the editor. */
export interface OfferedValues {
	resolutions: readonly string[];
	ratios: readonly string[];
	durationSeconds: { min: number; max: number };
}

export interface VideoSetting<Kind extends SettingKind = SettingKind> {
	kind: Kind;
	/** What the editor calls it; messages use the same words. */
	label: string;
	/** Whole numbers that are allowed, whatever the model. */
	range?: { min: number; max: number };
	field: (offered: OfferedValues) => Omit<INodeProperties, 'displayName' | 'name'> & { description: string };
}

/** Source: PiAPI "Private Asset Library", auto_upload_assets. */
const retentionHours = { min: 3, max: 8 };

/** In the order in which problems are told and the README lists them. */
const rows = {
	resolution: {
		kind: 'text',
		label: 'Resolution',
		field: ({ resolutions }) => ({
			type: 'options',
			options: menuOf(resolutions),
			default: '720p',
			description: 'The more pixels, the higher the price; not every model has all',
		}),
	},
	ratio: {
		kind: 'text',
		label: 'Aspect Ratio',
		field: ({ ratios }) => ({
			type: 'options',
			options: menuOf(ratios),
			default: '16:9',
			description: 'Adaptive follows the first reference',
		}),
	},
	durationSeconds: {
		kind: 'number',
		label: 'Duration (Seconds)',
		field: ({ durationSeconds: { min, max } }) => ({
			type: 'number',
			typeOptions: { minValue: -1, maxValue: max },
			default: 5,
			description: `A whole number from ${min} to ${max}; the model may allow less. With a model By ID also -1, where that lets the model choose.`,
		}),
	},
	generateAudio: {
		kind: 'boolean',
		label: 'Generate Audio',
		field: () => ({
			type: 'boolean',
			default: true,
			description: 'Whether to add voices, sounds and music that fit the picture',
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
	readonly [Kind in SettingKind]: (name: string, label: string) => ValueOfKind[Kind] | undefined;
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

const menuOf = (values: readonly string[]) => [...new Set(values)].map((value) => ({ name: value, value }));
