import { compactTime, isoTime, uniqueText } from '../gateway/names';
import type { MediaFile, MediaProblem, MediaType } from '../media';
import type { ApiRequest, Caller, Surroundings } from '../provider';
import type { ApiKeyRights, Region } from './accounts';
import {
	assetTypes,
	checkAddress,
	checkModeration,
	matchesName,
	pageOf,
	readDescription,
	readFields,
	readFilter,
	readName,
	readOneOf,
	readProject,
	readRequired,
	type AssetStatus,
	type AssetType,
	type GroupType,
} from './assetFields';
import { assetNotFound, ControlError, groupNotFound, invalidField, missingField } from './errors';
import { assetLimits, fetchMedium, findProblem } from './mediaRules';
import type { ArkOptions, AssetRights } from './options';
import { minuteMs, RateLimit, secondMs } from './rates';

interface AssetGroup {
	id: string;
	accountId: number;
	projectName: string;
	name: string;
	description: string;
	groupType: GroupType;
	createdAtMs: number;
	updatedAtMs: number;
}

interface Asset {
	id: string;
	accountId: number;
	projectName: string;
	groupId: string;
	groupType: GroupType;
	name: string;
	assetType: AssetType;
	createdAtMs: number;
	updatedAtMs: number;
	/** Undefined for documentation hosts, of which nothing is fetched. */
	file?: MediaFile;
	sourceUrl: string;
	/** Why it will not become Active. */
	failure?: MediaProblem;
	/** When a generation last cited it. */
	usedAtMs?: number;
}

/** "Basic", "Advanced" and "Premium" of the page on rights. */
const rightsTable: Readonly<Record<AssetRights, { createsPerMinute: number; maxAssets: number; maxGroups: number }>> = {
	entry: { createsPerMinute: 3, maxAssets: 50, maxGroups: 50 },
	advanced: { createsPerMinute: 120, maxAssets: 1_000_000, maxGroups: 1_000_000 },
	premium: { createsPerMinute: 300, maxAssets: 5_000_000, maxGroups: 5_000_000 },
};

const linkSeconds = 12 * 60 * 60;
const sortKeysOfGroups = ['CreateTime', 'UpdateTime'];
const sortKeysOfAssets = [...sortKeysOfGroups, 'GroupId'];

/**
 * The asset library of one region: groups and assets, of an account and one of its projects.
 * Sources: the page "Private virtual portrait library" of BytePlus and the pages of the asset API of Volcengine.
 */
export class AssetLibrary {
	private readonly groups: Map<string, AssetGroup>;
	private readonly assets: Map<string, Asset>;
	/** When those that are gone were deleted. */
	private readonly deletions: Map<string, number>;
	private readonly now: () => number;
	private readonly quota: { createsPerMinute: number; maxAssets: number; maxGroups: number };
	private readonly assetRate: RateLimit;

	constructor(
		private readonly region: Region,
		private readonly surroundings: Surroundings,
		private readonly options: ArkOptions,
	) {
		this.now = surroundings.now;
		this.groups = surroundings.records(`${region.id}.assetGroups`);
		this.assets = surroundings.records(`${region.id}.assets`);
		this.deletions = surroundings.records(`${region.id}.deletions`);
		const { assetRights = 'advanced' } = options;
		const isChina = region.id === 'china';
		// 30 a second, as a reseller writes; the capacity of China is not known.
		this.quota = isChina
			? { createsPerMinute: 30 * 60, maxAssets: Infinity, maxGroups: Infinity }
			: rightsTable[assetRights];
		this.assetRate = new RateLimit(this.quota.createsPerMinute, minuteMs, this.now);
	}

	createGroup({ caller, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['Name', 'Description', 'GroupType']);
		const name = readName(readRequired(fields.Name, 'Name')) ?? '';
		const description = readDescription(fields.Description) ?? '';
		if (fields.GroupType !== undefined) readOneOf(fields.GroupType, 'GroupType', ['AIGC']);
		return { Id: this.addGroup(caller, { name, description, groupType: 'AIGC', projectName: readProject(fields) }) };
	}

	/** Groups of real persons are made by the validation alone. */
	addGroup(
		{ userId: accountId }: Caller,
		group: Pick<AssetGroup, 'name' | 'description' | 'groupType' | 'projectName'>,
	): string {
		const owned = [...this.groups.values()].filter((other) => other.accountId === accountId);
		if (owned.length >= this.quota.maxGroups) throw quotaUsedUp();
		const createdAtMs = this.now();
		const id = `group-${compactTime(createdAtMs)}-${uniqueText()}`;
		this.groups.set(id, { id, accountId, ...group, createdAtMs, updatedAtMs: createdAtMs });
		return id;
	}

	listGroups({ caller, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['Filter', 'PageNumber', 'PageSize', 'SortBy', 'SortOrder']);
		const { groupType, groupIds, name: wanted } = readFilter(fields.Filter, ['GroupType', 'GroupIds', 'Name']);
		const projectName = readProject(fields);
		const groups = [...this.groups.values()].filter((group) => {
			if (group.accountId !== caller.userId || group.projectName !== projectName) return false;
			return group.groupType === groupType && matchesName(group.name, wanted) && (groupIds?.includes(group.id) ?? true);
		});
		return pageOf(fields, groups, { sortKeys: sortKeysOfGroups, isPageRequired: false, describe: describeGroup });
	}

	getGroup({ caller, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['Id']);
		return describeGroup(this.findGroup(fields.Id, 'Id', caller, readProject(fields)));
	}

	updateGroup({ caller, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['Id', 'Name', 'Description']);
		const group = this.findGroup(fields.Id, 'Id', caller, readProject(fields));
		const [name, description] = [readName(fields.Name), readDescription(fields.Description)];
		if (name === undefined && description === undefined) throw missingField('Name');
		if (name === '') throw invalidField('Name', 'must not be empty');
		group.name = name ?? group.name;
		group.description = description ?? group.description;
		group.updatedAtMs = this.now();
		return { Id: group.id };
	}

	/** Its assets go with it. */
	deleteGroup({ caller, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['Id']);
		const group = this.findGroup(fields.Id, 'Id', caller, readProject(fields));
		if (group.groupType === 'LivenessFace') {
			const message = 'The group of a real person cannot be deleted while its authorization is valid.';
			throw new ControlError(403, 'OperationDenied', message);
		}
		this.groups.delete(group.id);
		for (const { id, groupId } of this.assets.values()) if (groupId === group.id) this.remove(id);
		return {};
	}

	private findGroup(id: unknown, parameter: string, { userId }: Caller, projectName: string): AssetGroup {
		const wanted = readRequired(id, parameter);
		const group = this.groups.get(wanted);
		if (group?.accountId !== userId || group.projectName !== projectName) throw groupNotFound(wanted);
		return group;
	}

	/** A file that breaks a limit is accepted, and fails while it is processed. */
	async create({ caller, body: sent, fate }: ApiRequest): Promise<object> {
		const fields = readFields(sent, ['GroupId', 'URL', 'AssetType', 'Name', 'Moderation']);
		const projectName = readProject(fields);
		const sourceUrl = checkAddress(fields.URL);
		const assetType = readOneOf(fields.AssetType, 'AssetType', ['Image', 'Video', 'Audio']);
		const name = readName(fields.Name) ?? '';
		checkModeration(fields.Moderation);
		const group = this.findGroup(fields.GroupId, 'GroupId', caller, projectName);
		this.refuseExcess(caller);
		const source = await this.inspect(sourceUrl, assetTypes[assetType]);
		const createdAtMs = this.now();
		const asset: Asset = {
			id: `asset-${compactTime(createdAtMs)}-${uniqueText()}`,
			accountId: caller.userId,
			projectName,
			groupId: group.id,
			groupType: group.groupType,
			name,
			assetType,
			createdAtMs,
			updatedAtMs: createdAtMs,
			sourceUrl,
			...source,
		};
		if (fate?.kind === 'assetFails') {
			const { code = 'FaceMismatch', message = 'Face consistency verification failed.' } = fate;
			asset.failure = { code, message };
		}
		this.assets.set(asset.id, asset);
		return { Id: asset.id };
	}

	private refuseExcess({ userId }: Caller): void {
		if (this.options.rates !== 'none' && !this.assetRate.take(String(userId))) {
			const message = 'The number of CreateAsset requests per minute exceeds the limit of the account.';
			throw new ControlError(429, 'QuotaWriteQPMExceeded', message);
		}
		const owned = [...this.assets.values()].filter(({ accountId }) => accountId === userId).length;
		if (owned >= this.quota.maxAssets) throw quotaUsedUp();
	}

	private async inspect(address: string, mediaType: MediaType): Promise<Pick<Asset, 'file' | 'failure'>> {
		try {
			const file = await fetchMedium(address, this.surroundings.workshop);
			const failure = file && findProblem(mediaType, file, assetLimits(this.region.id));
			return { ...(file && { file }), ...(failure && { failure }) };
		} catch {
			return { failure: { code: 'DownloadFailed', message: 'The file could not be downloaded.' } };
		}
	}

	get({ caller, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['Id']);
		return this.describe(this.findAsset(fields.Id, caller, readProject(fields)));
	}

	list({ caller, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['Filter', 'PageNumber', 'PageSize', 'SortBy', 'SortOrder']);
		const filter = readFilter(fields.Filter, ['GroupType', 'GroupIds', 'Statuses', 'Name']);
		const projectName = readProject(fields);
		const assets = this.knownAssets(caller.userId, projectName).filter((asset) => {
			if (asset.groupType !== filter.groupType || !matchesName(asset.name, filter.name)) return false;
			if (filter.statuses && !filter.statuses.includes(this.statusOf(asset))) return false;
			return filter.groupIds?.includes(asset.groupId) ?? true;
		});
		return pageOf(fields, assets, {
			sortKeys: sortKeysOfAssets,
			isPageRequired: true,
			describe: (asset) => this.describe(asset),
		});
	}

	/** The name alone: an asset stays in its group. */
	update({ caller, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['Id', 'Name']);
		const asset = this.findAsset(fields.Id, caller, readProject(fields));
		const name = readName(fields.Name);
		if (name === undefined) throw missingField('Name');
		asset.name = name;
		asset.updatedAtMs = this.now();
		return { Id: asset.id };
	}

	delete({ caller, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['Id']);
		const { id } = this.findAsset(fields.Id, caller, readProject(fields));
		this.remove(id);
		return {};
	}

	private remove(id: string): void {
		this.assets.delete(id);
		this.deletions.set(id, this.now());
	}

	/** @returns milliseconds since the epoch; Infinity for an asset that is still there */
	deletionOf(id: string): number {
		return this.deletions.get(id) ?? Infinity;
	}

	private findAsset(id: unknown, { userId }: Caller, projectName: string): Asset {
		const wanted = readRequired(id, 'Id');
		const asset = this.knownAssets(userId, projectName).find((candidate) => candidate.id === wanted);
		if (asset) return asset;
		throw assetNotFound(wanted);
	}

	/** Without those that are too new to be known everywhere. */
	private knownAssets(accountId: number, projectName: string): Asset[] {
		const { propagationMs } = this.surroundings.durations;
		const nowMs = this.now();
		return [...this.assets.values()].filter((asset) => {
			const isOwn = asset.accountId === accountId && asset.projectName === projectName;
			return isOwn && nowMs >= asset.createdAtMs + propagationMs;
		});
	}

	private statusOf({ createdAtMs, failure }: Asset): AssetStatus {
		if (this.now() < createdAtMs + this.surroundings.durations.assetProcessingMs) return 'Processing';
		return failure ? 'Failed' : 'Active';
	}

	private describe(asset: Asset): object {
		const status = this.statusOf(asset);
		const { failure, usedAtMs } = asset;
		return {
			Id: asset.id,
			Name: asset.name,
			URL: status === 'Active' ? this.linkTo(asset) : '',
			AssetType: asset.assetType,
			GroupId: asset.groupId,
			Status: status,
			...(status === 'Failed' && failure && { Error: { Code: failure.code, Message: failure.message } }),
			Moderation: { Strategy: 'Default' },
			ProjectName: asset.projectName,
			CreateTime: isoTime(asset.createdAtMs),
			UpdateTime: isoTime(asset.updatedAtMs),
			...(usedAtMs !== undefined && { LastInferenceTime: isoTime(usedAtMs) }),
		};
	}

	private linkTo({ id, file, sourceUrl }: Asset): string {
		if (!file) return sourceUrl;
		const key = `ark-assets/${id}`;
		const contentType = contentTypes[file.facts?.format ?? ''] ?? 'application/octet-stream';
		this.surroundings.storage.put(key, { contentType, file: async () => await Promise.resolve(file.path) });
		return this.surroundings.storage.link(key, { seconds: linkSeconds });
	}

	/** What a generation of the same account and project gets for `asset://<id>`. */
	findUsable(
		id: string,
		mediaType: MediaType,
		{ accountId, projectName }: ApiKeyRights,
	): { file: MediaFile | undefined } | { problem: string } {
		const asset = this.knownAssets(accountId, projectName).find((candidate) => candidate.id === id);
		if (!asset || this.statusOf(asset) !== 'Active') return { problem: `The specified asset ${id} is not found.` };
		if (assetTypes[asset.assetType] !== mediaType) {
			return { problem: `The specified asset ${id} is of the type ${asset.assetType}, not ${mediaType}.` };
		}
		asset.usedAtMs = this.now();
		return { file: asset.file };
	}
}

function describeGroup(group: AssetGroup): object {
	return {
		Id: group.id,
		Name: group.name,
		Title: group.name,
		Description: group.description,
		GroupType: group.groupType,
		ProjectName: group.projectName,
		CreateTime: isoTime(group.createdAtMs),
		UpdateTime: isoTime(group.updatedAtMs),
	};
}

function quotaUsedUp(): ControlError {
	const message = 'Asset quota exceeded: the shared pool for projects without explicit allocation is full.';
	return new ControlError(429, 'QuotaSharedPoolExceeded', message);
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

/** Calls a second of one account: the documents of both regions. */
export function controlRates(region: Region, now: () => number): (route: string) => RateLimit {
	const usual = region.id === 'china' ? 30 : 10;
	const special: Readonly<Record<string, number>> = {
		GetAsset: 100,
		DeleteAssetGroup: region.id === 'china' ? usual : 5,
		CreateVisualValidateSession: 3,
		GetVisualValidateResult: 3,
		// By the minute alone.
		CreateAsset: Infinity,
	};
	const limits = new Map<string, RateLimit>();
	return (action) => {
		const limit = limits.get(action) ?? new RateLimit(special[action] ?? usual, secondMs, now);
		limits.set(action, limit);
		return limit;
	};
}

