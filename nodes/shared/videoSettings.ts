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

/** Both bounds are allowed themselves. */
export interface WholeNumbers {
	min: number;
	max: number;
}

export interface VideoSetting<Kind extends SettingKind = SettingKind> {
	kind: Kind;
	/** What the editor calls it; messages use the same words. */
	label: string;
	/** Whole numbers that are allowed, unless the model says otherwise. */
	range?: WholeNumbers;
	/** All texts that are allowed, whatever the model. */
	values?: readonly string[];
	/** How long a text may be. */
	maxCharacters?: number;
	/**
	 * Shown under the prompt instead of in Add Setting, for what everybody decides for every video. Its menu begins
	 * with Provider Default, which is not sent.
	 */
	isOnSurface?: true;
	field: (offered: OfferedValues) => Omit<INodeProperties, 'displayName' | 'name'> & { description: string };
}

/** The value of Duration with which the model chooses the length itself; the same number at every provider that has it. */
export const automaticDuration = -1;

/** What a video with references is; see `omni_reference_task_type` of Seedance 2.5. */
const taskIntents = ['auto', 'reference', 'edit', 'extend'] as const;

const outputFormats = ['mp4', 'mov'] as const;
const serviceTiers = ['default', 'flex'] as const;
const serviceModes = ['private', 'public'] as const;

/** A number that a provider takes as its answer to how urgent a task is. */
const priorities = { min: 0, max: 9 };
/** From the shortest to the longest time of any provider. */
const expirySeconds = { min: 60, max: 259_200 };
const maxIdentifierCharacters = 64;

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
			description:
				'Sharper videos cost more; not every model has all resolutions. 1080p of Seedance 2.5 and 4k are H.265 files, which many browsers, messengers and older players do not play.',
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
			description:
				'Longer videos cost more; not every model makes the longest ones. With Automatic the model chooses, and so decides what the video costs.',
		}),
	},
	draft: {
		kind: 'boolean',
		label: 'Draft',
		field: () => ({
			type: 'boolean',
			default: true,
			description:
				'Whether to make a cheaper draft in 480p first. Within 7 days Finalize Draft makes the same shot of it in full quality; both are paid.',
		}),
	},
	taskIntent: {
		kind: 'text',
		label: 'Intent',
		values: taskIntents,
		field: () => ({
			type: 'options',
			options: [
				{ name: 'Automatic', value: 'auto', description: 'The model tells from the prompt' },
				{ name: 'Edit', value: 'edit', description: 'Change a video; it keeps its length and its aspect ratio' },
				{ name: 'Extend', value: 'extend', description: 'Continue a video; it keeps its aspect ratio' },
				{ name: 'Reference', value: 'reference', description: 'Make a new video after the references' },
			],
			default: 'auto',
			description: 'What the references are for; what does not fit them is then refused before it is paid',
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
	outputFormat: {
		kind: 'text',
		label: 'Output Format',
		values: outputFormats,
		field: () => ({
			type: 'options',
			options: [
				{ name: 'MOV', value: 'mov', description: 'For editing; large, and not every player shows it' },
				{ name: 'MP4', value: 'mp4', description: 'Plays almost everywhere' },
			],
			default: 'mov',
			description: 'The kind of the video file',
		}),
	},
	priority: {
		kind: 'number',
		label: 'Priority',
		range: priorities,
		field: () => ({
			type: 'number',
			typeOptions: { minValue: priorities.min, maxValue: priorities.max },
			default: priorities.min,
			description: `Which of your queued tasks begins first, from ${priorities.min} to ${priorities.max}, the most urgent`,
		}),
	},
	serviceTier: {
		kind: 'text',
		label: 'Service Tier',
		values: serviceTiers,
		field: () => ({
			type: 'options',
			options: [
				{ name: 'Default', value: 'default', description: 'As soon as possible' },
				{ name: 'Flex', value: 'flex', description: 'Later, at half the price; not with Seedance 2.0 and 2.5' },
			],
			default: 'default',
			description: 'Whether the task may wait for a quiet hour',
		}),
	},
	executionExpiresAfterSeconds: {
		kind: 'number',
		label: 'Execution Expires After (Seconds)',
		range: expirySeconds,
		field: () => ({
			type: 'number',
			typeOptions: { minValue: expirySeconds.min, maxValue: expirySeconds.max },
			default: 3600,
			description: 'After how long the provider gives up a task that has not ended; it is then not paid',
		}),
	},
	safetyIdentifier: {
		kind: 'text',
		label: 'Safety Identifier',
		maxCharacters: maxIdentifierCharacters,
		field: () => ({
			type: 'string',
			default: '',
			placeholder: 'e.g. user-4711',
			description: `A name for the person on whose behalf the video is made, up to ${maxIdentifierCharacters} characters; not their real name or address`,
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
		values: serviceModes,
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
