import { isObject } from '../json';
import {
	decodeBase64,
	decodeDataUri,
	download,
	findProblem,
	isDocumentationHost,
	type MediaFile,
	type MediaProblem,
	type MediaType,
} from '../media';
import type { ApiRequest, Caller, Surroundings } from '../provider';
import { gatewayError, groupNotFound, readJson, upstreamAssetError } from './errors';
import { invalid, type Reference } from './generationRequest';
import { compactTime, isoTime, uniqueText } from './names';

interface AssetGroup {
	id: string;
	owner: Caller;
	/** With the isolation prefix. */
	name: string;
	createdAtMs: number;
	updatedAtMs: number;
}

interface Asset {
	id: string;
	owner: Caller;
	groupId: string;
	name: string;
	assetType: AssetType;
	createdAtMs: number;
	updatedAtMs: number;
	/** Undefined for documentation hosts, of which nothing is fetched. */
	file?: MediaFile;
	/** Where it came from, when it came by URL. */
	sourceUrl?: string;
	/** Why it will not become Active. */
	failure?: MediaProblem;
}

const assetTypes = {
	Image: { mediaType: 'image', model: 'volc-asset' },
	Video: { mediaType: 'video', model: 'volc-asset-video' },
	Audio: { mediaType: 'audio', model: 'volc-asset-audio' },
} as const satisfies Record<string, { mediaType: MediaType; model: string }>;

type AssetType = keyof typeof assetTypes;

export const assetModels: string[] = Object.values(assetTypes).map(({ model }) => model);
const groupTypes = ['AIGC', 'LivenessFace'];
const maxNameLength = 64;
const maxPageSize = 100;

/** What differs between the channels of a gateway. */
export interface ChannelOptions {
	/** Clients have seen channels that want the filter `GroupType` in a list of assets (default), and some that list nothing with it. */
	groupTypeFilter?: 'required' | 'emptiesList';
}

/**
 * Asset groups and assets, visible to their own token only.
 * Source: the documents "Seedance 2.0 Asset Management" of AnyFast and Alad.
 */
export class AssetLibrary {
	private readonly groups: Map<string, AssetGroup>;
	private readonly assets: Map<string, Asset>;

	constructor(
		private readonly surroundings: Surroundings,
		private readonly isBilled: boolean,
		private readonly channel: ChannelOptions = {},
	) {
		this.groups = surroundings.records('assetGroups');
		this.assets = surroundings.records('assets');
	}

	createAssetGroup({ caller, requestId, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Name', 'GroupType']);
		const model = readAssetModel(body.model);
		const name = readName(body.Name);
		if (body.GroupType !== undefined && body.GroupType !== 'AIGC') {
			throw upstreamAssetError(400, 'InvalidParameter.GroupType', 'GroupType must be one of [AIGC]');
		}
		const now = this.surroundings.now();
		const group: AssetGroup = {
			id: `group-${compactTime(now)}-${uniqueText()}`,
			owner: caller,
			name: isolate(name, caller),
			createdAtMs: now,
			updatedAtMs: now,
		};
		this.groups.set(group.id, group);
		if (this.isBilled) this.surroundings.bill({ kind: 'assetGroup', id: group.id, model, requestId });
		return { Id: group.id };
	}

	listAssetGroups({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Filter', 'PageNumber', 'PageSize']);
		readAssetModel(body.model);
		const filter = readFilter(body.Filter, ['Name', 'GroupIds', 'Id', 'GroupType']);
		if (!filter) throw upstreamAssetError(400, 'MissingParameter.Filter', 'Filter is missing');
		const groups = [...this.groups.values()].reverse().filter(({ id, owner, name }) => {
			if (owner.tokenId !== caller.tokenId || filter.groupType === 'LivenessFace') return false;
			return matchesName(name, filter.name) && (filter.groupIds?.includes(id) ?? true);
		});
		return page(body, groups, ({ id, name, createdAtMs, updatedAtMs }) => ({
			Id: id,
			Name: name,
			GroupType: 'AIGC',
			ProjectName: 'default',
			CreateTime: isoTime(createdAtMs),
			UpdateTime: isoTime(updatedAtMs),
		}));
	}

	updateAssetGroup({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Id', 'Name']);
		readAssetModel(body.model);
		const group = this.findGroup(body.Id, 'Id', caller);
		group.name = isolate(readName(body.Name), caller);
		group.updatedAtMs = this.surroundings.now();
		return { Id: group.id };
	}

	/** The assets go with their group. The answer is not documented; upstream's result is empty. */
	deleteAssetGroup({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['Id']);
		const group = this.findGroup(body.Id, 'Id', caller);
		this.groups.delete(group.id);
		for (const { id, groupId } of this.assets.values()) {
			if (groupId === group.id) this.assets.delete(id);
		}
		return {};
	}

	private findGroup(id: unknown, parameter: string, caller: Caller): AssetGroup {
		const wanted = readId(id, parameter);
		const group = this.groups.get(wanted);
		if (!group || group.owner.tokenId !== caller.tokenId) throw groupNotFound(wanted);
		return group;
	}

	async createAsset({ caller, requestId, body: sent, fate }: ApiRequest): Promise<object> {
		const body = readAssetBody(sent, ['model', 'GroupId', 'Name', 'AssetType', 'URL'], ['file']);
		const assetType = readAssetType(body.AssetType);
		const model = readAssetModel(body.model);
		if (model !== assetTypes[assetType].model) {
			const message = `model ${model} does not fit AssetType ${assetType}`;
			throw upstreamAssetError(400, 'InvalidParameter.model', message);
		}
		const group = this.findGroup(body.GroupId, 'GroupId', caller);
		const name = body.Name === undefined ? '' : readName(body.Name);
		this.refuseDuplicateName(name, group.id);
		const source = await this.readSource(sent, body.URL, assetTypes[assetType].mediaType);
		const now = this.surroundings.now();
		const asset: Asset = {
			id: `asset-${compactTime(now)}-${uniqueText()}`,
			owner: caller,
			groupId: group.id,
			name,
			assetType,
			createdAtMs: now,
			updatedAtMs: now,
			...source,
		};
		if (fate?.kind === 'assetFails') {
			const { code = 'FaceMismatch', message = 'Face consistency verification failed.' } = fate;
			asset.failure = { code, message };
		}
		this.assets.set(asset.id, asset);
		if (this.isBilled) this.surroundings.bill({ kind: 'asset', id: asset.id, model, requestId });
		return { Id: asset.id };
	}

	/** What was uploaded. A file that breaks a limit is accepted, and fails while it is processed. */
	private async readSource(
		sent: ApiRequest['body'],
		url: unknown,
		mediaType: MediaType,
	): Promise<Pick<Asset, 'file' | 'failure' | 'sourceUrl'>> {
		const upload = sent.kind === 'form' ? sent.files.file : undefined;
		if (upload) return await this.inspect(upload.bytes, mediaType);
		if (typeof url !== 'string' || url === '') {
			throw upstreamAssetError(400, 'MissingParameter.URL', 'URL is missing');
		}
		if (/^https?:/i.test(url) && URL.canParse(url)) {
			if (isDocumentationHost(new URL(url))) return { sourceUrl: url };
			const fetched = await download(new URL(url)).catch(() => undefined);
			if (fetched) return { sourceUrl: url, ...(await this.inspect(fetched, mediaType)) };
			return { failure: { code: 'InvalidParameter.URL', message: 'resource download failed' } };
		}
		const bytes = decodeDataUri(url)?.bytes ?? decodeBase64(url);
		if (!bytes) {
			const message = 'URL must be a public URL, a data URI or Base64';
			throw upstreamAssetError(400, 'InvalidParameter.URL', message);
		}
		if (!url.startsWith('data:') && mediaType !== 'image') {
			const message = 'Base64 without a type is treated as a PNG image.';
			return { failure: { code: 'InvalidParameter.UnsupportedFormat', message } };
		}
		return await this.inspect(bytes, mediaType);
	}

	private async inspect(bytes: Buffer, mediaType: MediaType): Promise<Pick<Asset, 'file' | 'failure'>> {
		const file = await this.surroundings.workshop.keep(bytes);
		return { file, failure: findProblem(mediaType, file) };
	}

	getAsset({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['Id']);
		return this.describeAsset(this.findAsset(body.Id, caller));
	}

	listAssets({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Filter', 'PageNumber', 'PageSize']);
		readAssetModel(body.model);
		const filter = readFilter(body.Filter, ['Name', 'GroupIds', 'GroupType']);
		const { groupTypeFilter = 'required' } = this.channel;
		if (groupTypeFilter === 'required' && filter?.groupType === undefined) {
			throw upstreamAssetError(400, 'MissingParameter.GroupType', 'GroupType is missing');
		}
		const assets = this.visibleAssets(caller).filter(({ name, groupId }) => {
			const isHidden = groupTypeFilter === 'emptiesList' && filter?.groupType !== undefined;
			if (isHidden || filter?.groupType === 'LivenessFace') return false;
			return matchesName(name, filter?.name) && (filter?.groupIds?.includes(groupId) ?? true);
		});
		return page(body, assets.reverse(), (asset) => this.describeAsset(asset));
	}

	updateAsset({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Id', 'Name', 'GroupId']);
		readAssetModel(body.model);
		const asset = this.findAsset(body.Id, caller);
		if (body.Name === undefined && body.GroupId === undefined) {
			throw upstreamAssetError(400, 'MissingParameter.Name', 'Name or GroupId is missing');
		}
		const name = body.Name === undefined ? asset.name : readName(body.Name);
		const groupId =
			body.GroupId === undefined ? asset.groupId : this.findGroup(body.GroupId, 'GroupId', caller).id;
		if (name !== asset.name || groupId !== asset.groupId) this.refuseDuplicateName(name, groupId);
		asset.name = name;
		asset.groupId = groupId;
		asset.updatedAtMs = this.surroundings.now();
		return { Id: asset.id };
	}

	deleteAsset({ caller, body: sent }: ApiRequest): object {
		const body = readAssetBody(sent, ['model', 'Id']);
		const { id } = this.findAsset(body.Id, caller);
		this.assets.delete(id);
		return { Id: id, Deleted: true };
	}

	/** A second asset of the same name is answered as if there were no such group. */
	private refuseDuplicateName(name: string, groupId: string): void {
		for (const asset of this.assets.values()) {
			if (name !== '' && asset.name === name && asset.groupId === groupId) throw groupNotFound(groupId);
		}
	}

	private findAsset(id: unknown, caller: Caller): Asset {
		const wanted = readId(id, 'Id');
		const asset = this.visibleAssets(caller).find((candidate) => candidate.id === wanted);
		if (asset) return asset;
		throw upstreamAssetError(404, 'NotFound.asset_id', `The specified asset ${wanted} is not found.`);
	}

	/** The assets of this token, without those too new to be known everywhere. */
	private visibleAssets(caller: Caller): Asset[] {
		const { durations, now } = this.surroundings;
		return [...this.assets.values()].filter(({ owner, createdAtMs }) => {
			return owner.tokenId === caller.tokenId && now() >= createdAtMs + durations.propagationMs;
		});
	}

	private assetStatus({ createdAtMs, failure }: Asset): 'Processing' | 'Active' | 'Failed' {
		const { durations, now } = this.surroundings;
		if (now() < createdAtMs + durations.assetProcessingMs) return 'Processing';
		return failure ? 'Failed' : 'Active';
	}

	private describeAsset(asset: Asset): object {
		const status = this.assetStatus(asset);
		return {
			Id: asset.id,
			Name: asset.name,
			...(status === 'Active' && { URL: this.assetLink(asset) }),
			AssetType: asset.assetType,
			GroupId: asset.groupId,
			Status: status,
			...(status === 'Failed' &&
				asset.failure && { Error: { Code: asset.failure.code, Message: asset.failure.message } }),
			ProjectName: 'default',
			CreateTime: isoTime(asset.createdAtMs),
			UpdateTime: isoTime(asset.updatedAtMs),
		};
	}

	private assetLink({ id, file, sourceUrl }: Asset): string | undefined {
		if (!file) return sourceUrl;
		const key = `assets/${id}`;
		const contentType = contentTypes[file.facts?.format ?? ''] ?? 'application/octet-stream';
		this.surroundings.storage.put(key, { contentType, file: async () => await Promise.resolve(file.path) });
		return this.surroundings.storage.link(key);
	}

	/** @throws UpstreamRefusal when a generation cannot cite the asset. */
	resolve(
		id: string,
		{ mediaType, parameter }: Reference,
		caller: Caller,
	): MediaFile | undefined {
		const asset = this.visibleAssets(caller).find((candidate) => candidate.id === id);
		if (!asset) throw invalid(parameter, `The specified asset ${id} is not found`);
		const status = this.assetStatus(asset);
		if (status === 'Processing') throw invalid(parameter, `The specified asset ${id} is still processing`);
		if (status === 'Failed') throw invalid(parameter, `The specified asset ${id} is not Active`);
		if (assetTypes[asset.assetType].mediaType !== mediaType) {
			throw invalid(parameter, `The specified asset ${id} is of type ${asset.assetType}, not ${mediaType}`);
		}
		return asset.file;
	}
}

const contentTypes: Record<string, string> = {
	png: 'image/png',
	jpeg: 'image/jpeg',
	gif: 'image/gif',
	webp: 'image/webp',
	mp3: 'audio/mpeg',
	wav: 'audio/wav',
	'mov,mp4,m4a,3gp,3g2,mj2': 'video/mp4',
};

function readAssetBody(
	body: ApiRequest['body'],
	known: string[],
	knownFiles?: string[],
): Record<string, unknown> {
	const isForm = body.kind === 'form' && knownFiles !== undefined;
	const values = isForm ? body.fields : readJson(body);
	const sentFiles = isForm ? Object.keys(body.files) : [];
	const unknown =
		Object.keys(values).find((key) => !known.includes(key)) ??
		sentFiles.find((key) => !knownFiles?.includes(key));
	if (unknown !== undefined) {
		throw upstreamAssetError(400, `InvalidParameter.${unknown}`, `Unknown parameter ${unknown}`);
	}
	return values;
}

/** Images need not name their billing model, so it is the default everywhere. */
function readAssetModel(model: unknown = 'volc-asset'): string {
	if (typeof model === 'string' && assetModels.includes(model)) return model;
	throw gatewayError(503, `No available channel for model ${String(model)}`, 'model_not_found');
}

function readAssetType(value: unknown = 'Image'): AssetType {
	switch (value) {
		case 'Image':
		case 'Video':
		case 'Audio':
			return value;
		default:
			throw upstreamAssetError(
				400,
				'InvalidParameter.AssetType',
				'AssetType must be one of [Image, Video, Audio]',
			);
	}
}

function readName(name: unknown): string {
	if (name === undefined || name === '') {
		throw upstreamAssetError(400, 'MissingParameter.Name', 'Name is missing');
	}
	if (typeof name === 'string' && name.length <= maxNameLength) return name;
	const message = `Name must be a string of at most ${maxNameLength} characters`;
	throw upstreamAssetError(400, 'InvalidParameter.Name', message);
}

function readId(id: unknown, parameter: string): string {
	if (typeof id === 'string' && id !== '') return id;
	throw upstreamAssetError(400, `MissingParameter.${parameter}`, `${parameter} is missing`);
}

interface Filter {
	name?: string;
	groupIds?: string[];
	groupType?: string;
}

function readFilter(filter: unknown, known: string[]): Filter | undefined {
	if (filter === undefined) return undefined;
	const refuse = (name: string) =>
		upstreamAssetError(400, `InvalidParameter.Filter.${name}`, `Filter.${name} is not valid`);
	if (!isObject(filter)) throw refuse('');
	const unknown = Object.keys(filter).find((key) => !known.includes(key));
	if (unknown !== undefined) throw refuse(unknown);
	const { Name: name, GroupIds: groupIds, Id: id, GroupType: groupType } = filter;
	if (name !== undefined && typeof name !== 'string') throw refuse('Name');
	if (id !== undefined && typeof id !== 'string') throw refuse('Id');
	if (groupIds !== undefined && !isStringArray(groupIds)) throw refuse('GroupIds');
	if (groupType !== undefined && (typeof groupType !== 'string' || !groupTypes.includes(groupType))) {
		const message = `GroupType must be one of [${groupTypes.join(', ')}]`;
		throw upstreamAssetError(400, 'InvalidParameter.GroupType', message);
	}
	return { name, groupIds: id === undefined ? groupIds : [id], groupType };
}

function isStringArray(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** The name filter is fuzzy. */
function matchesName(name: string, wanted: string | undefined): boolean {
	return wanted === undefined || name.toLowerCase().includes(wanted.toLowerCase());
}

function page<T>(body: Record<string, unknown>, all: T[], describe: (entry: T) => object): object {
	const number = readPageValue(body.PageNumber, 'PageNumber', 1, Number.MAX_SAFE_INTEGER);
	const size = readPageValue(body.PageSize, 'PageSize', 10, maxPageSize);
	const items = all.slice((number - 1) * size, number * size);
	return { Items: items.map(describe), TotalCount: all.length, PageNumber: number, PageSize: size };
}

function readPageValue(value: unknown, parameter: string, fallback: number, max: number): number {
	if (value === undefined) return fallback;
	if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value;
	throw upstreamAssetError(400, `InvalidParameter.${parameter}`, `${parameter} is out of range`);
}

function isolate(name: string, { userId, tokenId }: Caller): string {
	return `[u-${userId}]-[t-${tokenId}]${name}`;
}
