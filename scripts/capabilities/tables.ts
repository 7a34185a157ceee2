import { isDeepStrictEqual } from 'node:util';
import { operations as assetOperations } from '../../nodes/Asset/actions';
import { operations as assetGroupOperations } from '../../nodes/AssetGroup/actions';
import { operations as generateOperations } from '../../nodes/SeedanceGenerate/actions';
import { operationsFor, type Operation } from '../../nodes/shared/node/operation';
import type { MediaLimits, ProviderAdapter, UrlForm, VideoLimits, VideoModel } from '../../nodes/shared/providers/adapter';
import { videoLimits } from '../../nodes/shared/providers/adapter';
import { describeInterval, type Interval, megabyte } from '../../nodes/shared/quantities';
import { settingNames, videoSettings, type SettingName } from '../../nodes/shared/videoSettings';
import {
	generationModes,
	mediaLabels,
	mediaTypes,
	modeLabels,
	webhookLabels,
	type GenerationMode,
	type MediaType,
} from '../../nodes/shared/vocabulary';
import { merge, mergeColumns, no, splitColumns, table, yes, type Row } from './rows';

/** What `docs/providers.md` says about the providers, derived from the adapters and the operations alone. */

const operationsOfNodes: ReadonlyArray<readonly Operation[]> = [assetGroupOperations, assetOperations, generateOperations];

const countedMedia: Readonly<Record<MediaType, string>> = { image: 'images', video: 'videos', audio: 'audio files' };

/** Beside what only some models of a provider have. */
const someModels = 'ᵐ';

/** @returns the Markdown between the markers of the page */
export function capabilityTables(providers: readonly ProviderAdapter[]): string {
	return [
		...['## Operations', operationTable(providers)],
		...['## Models', modelTable(providers)],
		...['## Fields', fieldTable(providers)],
		...['## Files', fileTable(providers)],
	].join('\n\n');
}

function operationTable(providers: readonly ProviderAdapter[]): string {
	const rows = operationsOfNodes.flatMap((operations) =>
		merge(
			operations.map((operation) => ({
				label: operation.option.name,
				cells: providers.map((provider) => mark(operationsFor(provider, [operation]).length > 0)),
			})),
		),
	);
	return table(['', ...providers.map(({ displayName }) => displayName)], rows);
}

function modelTable(providers: readonly ProviderAdapter[]): string {
	const columns = ['Resolution', 'Seconds', 'Aspect ratio', 'References', 'References in all', 'More than its siblings'];
	const ofOneProvider = providers.flatMap((provider) =>
		merge(
			provider.videoModels.map((model) => ({
				label: `\`${model.id}\``,
				cells: modelCells(provider, model),
			})),
		).map(({ label, cells }) => ({ label: provider.displayName, cells: [label, ...cells] })),
	);
	// The same models at several providers, then other models with the same limits.
	const rows = merge(ofOneProvider).map(({ label, cells: [models, ...cells] }) => {
		return { label: `${models} (${label})`, cells };
	});
	const { varying, constant } = splitColumns(columns, merge(rows, '<br>'));
	return [
		table(['Model', ...varying.columns], varying.rows),
		...(constant.length > 0 ? [`Every model: ${constant.join('; ')}.`] : []),
	].join('\n\n');
}

function modelCells(provider: ProviderAdapter, model: VideoModel): string[] {
	const { resolutions } = model;
	const { modes, durationSeconds, ratios, maxReferences, maxReferencesInAll, urlForms, settings } =
		videoLimits(provider, model);
	const ownForms = typedKeys(urlFormLabels).filter((form) =>
		mediaTypes.some((type) => urlForms[type].includes(form) && shareOfForm(provider, type, form) === 'some'),
	);
	const ownModes = modes.filter((mode) => shareOfMode(provider, mode) === 'some');
	const ownSettings = settings.filter((name) => shareOfSetting(provider, name) === 'some');
	return [
		list(resolutions),
		`${durationSeconds.min}–${durationSeconds.max}${durationSeconds.isAutomaticAllowed ? ', automatic' : ''}`,
		list(ratios),
		list(mediaTypes.map((type) => `${maxReferences[type]} ${countedMedia[type]}`)),
		maxReferencesInAll === undefined ? no : String(maxReferencesInAll),
		list([
			...ownModes.map((mode) => modeLabels[mode]),
			...ownForms.map((form) => `${urlFormLabels[form]} as reference`),
			...ownSettings.map((name) => videoSettings[name].label),
		]),
	];
}

function fieldTable(providers: readonly ProviderAdapter[]): string {
	const row = (label: string, cellOf: (provider: ProviderAdapter) => string): Row => ({
		label,
		cells: providers.map(cellOf),
	});
	const rows = [
		row('Modes', modesCell),
		row('Prompt', promptCell),
		...merge(mediaTypes.map((type) => row(mediaLabels[type], (provider) => referenceCell(provider, type)))).map(
			({ label, cells }) => ({ label: `${label} as references`, cells }),
		),
		...merge(settingNames.map((name) => row(videoSettings[name].label, (provider) => settingCell(provider, name)))),
		row('New asset from', newAssetCell),
		row('New asset has', ({ assets }) =>
			list(assets.newAssetFields.map((field) => ({ name: 'Name', groupId: 'Asset Group' })[field])),
		),
		row('Its storage takes', uploadCell),
		row('Webhook', webhookCell),
		row('Idempotency key', ({ videoTasks: { idempotencyKeyLifetimeMs: lifetimeMs } }) =>
			lifetimeMs === undefined ? no : hours(lifetimeMs),
		),
		row('Links to videos live', ({ video }) => hours(video.linkLifetimeMs)),
	];
	const offered = rows.filter(({ cells }) => cells.some((cell) => cell !== no));
	const columns = mergeColumns(providers.map(({ displayName }) => displayName), offered);
	const hasMark = offered.some(({ cells }) => cells.some((cell) => cell.includes(someModels)));
	return [
		table(['', ...columns.names], columns.rows),
		...(hasMark ? [`${someModels} Some models only, see above.`] : []),
	].join('\n\n');
}

function modesCell(provider: ProviderAdapter): string {
	const shares = generationModes.map((mode) => ({ mode, share: shareOfMode(provider, mode) }));
	if (shares.every(({ share }) => share === 'all')) return 'all';
	return list(
		shares.flatMap(({ mode, share }) => (share === 'none' ? [] : `${modeLabels[mode]}${share === 'some' ? ` ${someModels}` : ''}`)),
	);
}

function promptCell({ video: { prompt } }: ProviderAdapter): string {
	const { maxCharacters, maxChineseCharacters, maxWords, isRequired } = prompt;
	const limits = [
		...(maxCharacters === undefined ? [] : [`${maxCharacters} characters`]),
		...(maxChineseCharacters === undefined ? [] : [`${maxChineseCharacters} Chinese characters`]),
		...(maxWords === undefined ? [] : [`${maxWords} words`]),
	];
	return `${limits.join(' or ') || 'any length'}${isRequired ? ', needed in every mode' : ''}`;
}

const urlFormLabels: Readonly<Record<UrlForm, string>> = {
	url: 'URL',
	asset: 'asset',
	dataUri: 'file inside the request',
};

function referenceCell(provider: ProviderAdapter, type: MediaType): string {
	const forms = typedKeys(urlFormLabels).flatMap((form) => {
		const share = shareOfForm(provider, type, form);
		return share === 'none' ? [] : `${urlFormLabels[form]}${share === 'some' ? ` ${someModels}` : ''}`;
	});
	const needsUpload = shareOfForm(provider, type, 'dataUri') === 'none';
	return list(provider.uploads && needsUpload ? [...forms, viaUpload] : forms);
}

const viaUpload = 'file through its storage';

function newAssetCell({ assets: { sources }, uploads }: ProviderAdapter): string {
	const labels = { url: 'URL', dataUri: 'data URI', file: 'file as a stream' };
	const ways = sources.map((source) => labels[source]);
	return list(uploads && !sources.includes('file') ? [...ways, viaUpload] : ways);
}

/** What files may be; providers without a document say nothing here and check nothing. */
function fileTable(providers: readonly ProviderAdapter[]): string {
	const columns = ['Formats', 'Size', 'Pixels', 'Width to height', 'Seconds', 'Frames per second', 'Seconds in all'];
	const ofOneProvider = providers.flatMap((provider) =>
		mediaTypes.flatMap((type) => {
			const limits = provider.mediaLimits?.[type];
			const rowOf = (label: string, given: MediaLimits): Row => ({ label, cells: [mediaLabels[type], ...fileCells(provider, type, given)] });
			const ofModels = provider.videoModels.flatMap((model) => {
				const own = model.mediaLimits?.[type];
				return own && !isDeepStrictEqual(own, limits) ? [rowOf(`\`${model.id}\``, own)] : [];
			});
			const cited = merge(ofModels).map(({ label, cells }) => ({ label: `${provider.displayName}, cited with ${label}`, cells }));
			return [...(limits ? [rowOf(provider.displayName, limits)] : []), ...cited];
		}),
	);
	const rows = merge(ofOneProvider).map(({ label, cells: [type = '', ...cells] }) => ({
		label: `${type} (${label})`,
		cells,
	}));
	const silent = providers.filter(({ mediaLimits }) => !mediaLimits).map(({ displayName }) => displayName);
	return [
		table(['', ...columns], rows),
		...(silent.length > 0 ? [`Nothing more than what its storage takes, see above, is documented by ${list(silent)}.`] : []),
	].join('\n\n');
}

function fileCells(provider: ProviderAdapter, type: MediaType, limits: MediaLimits): string[] {
	const { formats, sizeBytes, sidePixels, aspectRatio, resolutions, durationSeconds, framesPerSecond } = limits;
	const range = (given: Interval | undefined, unit = '') => (given ? `${describeInterval(given)}${unit}` : no);
	const inAll = merge(
		provider.videoModels.flatMap((model) => {
			const seconds = videoLimits(provider, model).maxReferenceSeconds?.[type];
			return seconds === undefined ? [] : [{ label: `\`${model.id}\``, cells: [String(seconds)] }];
		}),
	).map(({ label, cells: [seconds] }) => `${seconds} (${label})`);
	return [
		list(formats),
		`${describeInterval(sizeBytes, megabyte)} MB`,
		resolutions ? list(resolutions) : range(sidePixels, ' each side'),
		range(aspectRatio),
		range(durationSeconds),
		range(framesPerSecond),
		list(inAll),
	];
}

function uploadCell({ uploads }: ProviderAdapter): string {
	if (!uploads) return no;
	const { maxBytes, extensions, lifetimeMs } = uploads;
	const sizes = merge(
		mediaTypes.map((type) => ({ label: mediaLabels[type].toLowerCase(), cells: [`${maxBytes[type] / megabyte} MB`] })),
	).map(({ label, cells: [size] }) => `${label} ${size}`);
	const types = extensions ? [`.${extensions.join(' .')}`] : [];
	return [...sizes, ...types, `for ${hours(lifetimeMs)}`].join(', ');
}

function webhookCell({ videoTasks: { callback } }: ProviderAdapter): string {
	if (!callback) return no;
	const proof = { secret: 'calls carry the secret', hmac: 'calls are signed', query: 'the address carries the secret' }[callback.proof.kind];
	return list([...callback.fields.map((field) => webhookLabels[field].replace('Webhook ', '')), proof]);
}

function settingCell(provider: ProviderAdapter, name: SettingName): string {
	return { all: yes, some: `${yes} ${someModels}`, none: no }[shareOfSetting(provider, name)];
}

type Share = 'all' | 'some' | 'none';

/** How many models of a provider have something. */
function shareOfModels(provider: ProviderAdapter, has: (limits: VideoLimits) => boolean): Share {
	const { videoModels } = provider;
	const able = videoModels.filter((model) => has(videoLimits(provider, model))).length;
	if (able === 0) return 'none';
	return able === videoModels.length ? 'all' : 'some';
}

const shareOfMode = (provider: ProviderAdapter, mode: GenerationMode) =>
	shareOfModels(provider, ({ modes }) => modes.includes(mode));

const shareOfSetting = (provider: ProviderAdapter, name: SettingName) =>
	shareOfModels(provider, ({ settings }) => settings.includes(name));

const shareOfForm = (provider: ProviderAdapter, type: MediaType, form: UrlForm) =>
	shareOfModels(provider, ({ urlForms }) => urlForms[type].includes(form));

function typedKeys<Key extends string>(labels: Readonly<Record<Key, string>>): Key[] {
	const isKey = (name: string): name is Key => name in labels;
	return Object.keys(labels).filter(isKey);
}

const mark = (has: boolean) => (has ? yes : no);
const list = (words: readonly string[]) => words.join(', ') || no;
const hours = (timeMs: number) => `${timeMs / 3_600_000} h`;
