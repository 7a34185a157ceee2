import type { IDataObject } from 'n8n-workflow';
import { type Estimate, rounded } from '../estimate/estimate';
import { linkExpiresAtMs } from '../media/linkExpiry';
import type { ProviderAdapter } from '../providers/adapter';
import { isObject } from '../providers/read';
import { toIsoTime } from '../time';
import type { Asset, AssetGroup, AssetQuota, VideoTask } from '../vocabulary';
import { assetUri } from '../vocabulary';
import type { OutputItem } from './operation';

/** The output of the nodes: flat, with the same keys for every provider, and null for unknown values. */

/**
 * @param readAtMs when the task was read, in milliseconds since the epoch
 * @param simplify false adds the provider's own answer as `response`
 * @param estimate of what it would cost; absent where there was none to make
 */
export function shapeVideoTask(
	{ id: provider, video, costUnitsPerUsd }: ProviderAdapter,
	task: VideoTask,
	readAtMs: number,
	simplify: boolean,
	estimate?: Estimate | null,
): OutputItem {
	const { videoUrl, failure = task.likelyFailure } = task;
	return {
		json: {
			provider,
			taskId: task.id,
			status: task.status,
			model: orNull(task.model),
			videoUrl: orNull(videoUrl),
			lastFrameUrl: orNull(task.lastFrameUrl),
			videoUrlExpiresAt: videoUrl
				? toIso(task.linksExpireAtMs ?? linkExpiresAtMs(videoUrl, readAtMs, video.linkLifetimeMs))
				: null,
			progress: orNull(task.progressPercent),
			durationSeconds: orNull(task.durationSeconds),
			resolution: orNull(task.resolution),
			ratio: orNull(task.ratio),
			seed: orNull(task.seed),
			usage: task.usage ? toData(task.usage) : null,
			cost: orNull(task.cost?.amount),
			costUnit: orNull(task.cost?.unit),
			costInUsd: task.cost && costUnitsPerUsd ? rounded(task.cost.amount / costUnitsPerUsd) : null,
			...(estimate !== undefined && { estimate: estimate && { ...estimate } }),
			createdAt: toIso(task.createdAtMs),
			startedAt: toIso(task.startedAtMs),
			finishedAt: toIso(task.finishedAtMs),
			queueSeconds: secondsBetween(task.createdAtMs, task.startedAtMs),
			runSeconds: secondsBetween(task.startedAtMs, task.finishedAtMs),
			failureReason: orNull(failure?.reason),
			failureCode: orNull(failure?.code),
			failureMessage: orNull(failure?.message),
			...withResponse(task.raw, simplify),
		},
	};
}

export function shapeAsset(
	{ id: provider }: ProviderAdapter,
	asset: Asset,
	simplify: boolean,
	quota?: AssetQuota,
): OutputItem {
	return {
		json: {
			provider,
			assetId: asset.id,
			assetUri: assetUri(asset.id),
			status: orNull(asset.status),
			mediaType: orNull(asset.mediaType),
			name: orNull(asset.name),
			groupId: orNull(asset.groupId),
			url: orNull(asset.url),
			createdAt: orNull(asset.createdAt),
			updatedAt: orNull(asset.updatedAt),
			lastUsedAt: orNull(asset.lastUsedAt),
			expiresAt: orNull(asset.expiresAt),
			failureReason: orNull(asset.failure?.reason),
			failureCode: orNull(asset.failure?.code),
			failureMessage: orNull(asset.failure?.message),
			...(quota && { quota: { ...quota } }),
			...withResponse(asset.raw, simplify),
		},
	};
}

export function shapeAssetGroup(
	{ id: provider }: ProviderAdapter,
	group: AssetGroup,
	simplify: boolean,
): OutputItem {
	return {
		json: {
			provider,
			groupId: group.id,
			name: orNull(group.name),
			storedName: orNull(group.storedName),
			groupType: orNull(group.groupType),
			createdAt: orNull(group.createdAt),
			updatedAt: orNull(group.updatedAt),
			...withResponse(group.raw, simplify),
		},
	};
}

function withResponse(raw: unknown, simplify: boolean): IDataObject {
	return simplify || raw === undefined ? {} : { response: toData(raw) };
}

function toData(value: unknown): IDataObject {
	return isJsonObject(value) ? value : { value: String(value) };
}

/** An object from a JSON parser is an n8n data object. */
const isJsonObject = (value: unknown): value is IDataObject => isObject(value);

function secondsBetween(fromMs: number | undefined, toMs: number | undefined): number | null {
	return fromMs === undefined || toMs === undefined ? null : Math.max(0, (toMs - fromMs) / 1000);
}

const orNull = <Value>(value: Value | undefined): Value | null => value ?? null;

const toIso = (timeMs: number | undefined) =>
	timeMs === undefined ? null : orNull(toIsoTime(timeMs));
