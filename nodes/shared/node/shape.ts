import type { IDataObject } from 'n8n-workflow';
import { type Estimate, rounded } from '../estimate/estimate';
import { linkExpiresAtMs } from '../media/linkExpiry';
import type { ProviderAdapter } from '../providers/adapter';
import { isObject } from '../providers/read';
import { toIsoTime } from '../time';
import type { Asset, AssetGroup, AssetQuota, VideoTask } from '../vocabulary';
import { assetUri } from '../vocabulary';
import type { OutputItem } from './operation';

/**
 * The output of the nodes: flat, with the same keys for every provider, and null for unknown values. Simplified it has
 * at most ten fields, as n8n's guidelines ask, the most useful first; otherwise all of them, and the provider's own
 * answer as `response`.
 */

/**
 * @param readAtMs when the task was read, in milliseconds since the epoch
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
	const simplified = {
		provider,
		taskId: task.id,
		status: task.status,
		videoUrl: orNull(videoUrl),
		videoUrlExpiresAt: videoUrl
			? toIso(task.linksExpireAtMs ?? linkExpiresAtMs(videoUrl, readAtMs, video.linkLifetimeMs))
			: null,
		lastFrameUrl: orNull(task.lastFrameUrl),
		// An estimate has the length, too, and there is room for ten.
		...(estimate === undefined
			? { durationSeconds: orNull(task.durationSeconds) }
			: { estimate: estimate && { ...estimate } }),
		cost: orNull(task.cost?.amount),
		failureReason: orNull(failure?.reason),
		failureMessage: orNull(failure?.message),
	};
	if (simplify) return { json: simplified };
	return {
		json: {
			...simplified,
			durationSeconds: orNull(task.durationSeconds),
			failureCode: orNull(failure?.code),
			prompt: orNull(task.prompt),
			model: orNull(task.model),
			resolution: orNull(task.resolution),
			ratio: orNull(task.ratio),
			seed: orNull(task.seed),
			progress: orNull(task.progressPercent),
			costUnit: orNull(task.cost?.unit),
			costInUsd: task.cost && costUnitsPerUsd ? rounded(task.cost.amount / costUnitsPerUsd) : null,
			usage: task.usage ? toData(task.usage) : null,
			createdAt: toIso(task.createdAtMs),
			startedAt: toIso(task.startedAtMs),
			finishedAt: toIso(task.finishedAtMs),
			queueSeconds: secondsBetween(task.createdAtMs, task.startedAtMs),
			runSeconds: secondsBetween(task.startedAtMs, task.finishedAtMs),
			...response(task.raw),
		},
	};
}

export function shapeAsset(
	{ id: provider }: ProviderAdapter,
	asset: Asset,
	simplify: boolean,
	quota?: AssetQuota,
): OutputItem {
	const simplified = {
		provider,
		assetId: asset.id,
		assetUri: assetUri(asset.id),
		name: orNull(asset.name),
		mediaType: orNull(asset.mediaType),
		status: orNull(asset.status),
		groupId: orNull(asset.groupId),
		url: orNull(asset.url),
		expiresAt: orNull(asset.expiresAt),
		failureMessage: orNull(asset.failure?.message),
	};
	if (simplify) return { json: simplified };
	return {
		json: {
			...simplified,
			failureReason: orNull(asset.failure?.reason),
			failureCode: orNull(asset.failure?.code),
			createdAt: orNull(asset.createdAt),
			updatedAt: orNull(asset.updatedAt),
			lastUsedAt: orNull(asset.lastUsedAt),
			...(quota && { quota: { ...quota } }),
			...response(asset.raw),
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
			...(simplify ? {} : response(group.raw)),
		},
	};
}

/** What the nodes made themselves has no answer of the provider. */
const response = (raw: unknown): IDataObject => ({ response: raw === undefined ? null : toData(raw) });

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
