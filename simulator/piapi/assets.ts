import { compactTime, isoTime, uniqueText } from '../gateway/names';
import { decode } from '../http';
import type { MediaFile, MediaProblem, MediaType } from '../media';
import type { ApiRequest, Caller, Surroundings } from '../provider';
import { invalid, readBody, refuse } from './errors';
import { extensionOf, fetchFile, isPublicUrl, mediaTypeOf } from './files';
import type { PiapiPlan } from './options';
import { quotaOf } from './plans';

interface Asset {
	id: string;
	owner: Caller;
	name: string;
	mediaType: MediaType;
	url: string;
	createdAtMs: number;
	lastUsedAtMs: number;
	/** Undefined for documentation hosts, of which nothing is fetched. */
	file?: MediaFile;
	/** Why it will not become Active. */
	failure?: MediaProblem;
}

const assetTypes = { image: 'Image', video: 'Video', audio: 'Audio' } as const;
const statuses = ['Processing', 'Active', 'Failed'] as const;
type Status = (typeof statuses)[number];
const dayMs = 24 * 60 * 60 * 1000;
const maxPageSize = 100;

/**
 * The private asset library of an account.
 * Source: the document "Private Asset Library" of PiAPI.
 */
export class AssetLibrary {
	private readonly assets: Map<string, Asset>;

	constructor(
		private readonly surroundings: Surroundings,
		private readonly plan: PiapiPlan,
	) {
		this.assets = surroundings.records('assets');
	}

	async upload({ caller, body: sent, fate }: ApiRequest): Promise<object> {
		const { maxAssets } = quotaOf(this.plan);
		const body = readBody(sent, ['url', 'asset_type', 'name']);
		const { url, name } = body;
		if (url === undefined || url === '') throw invalid("'url' is required");
		if (typeof url !== 'string' || !isPublicUrl(url)) throw invalid("'url' must be a public URL");
		if (name !== undefined && typeof name !== 'string') throw invalid("'name' must be a string");
		const fileName = decode(new URL(url).pathname.split('/').at(-1) ?? '');
		const mediaType = readAssetType(body.asset_type, fileName);
		const source = await fetchFile(url, mediaType, this.surroundings.workshop);

		const used = this.countUsed(caller);
		if (used >= maxAssets) {
			const allowance = `plan ${this.plan} allows ${maxAssets} assets`;
			throw refuse(400, `quota exceeded: ${allowance}, currently ${used}`);
		}
		const now = this.surroundings.now();
		const asset: Asset = {
			id: `asset-${compactTime(now)}-${uniqueText()}`,
			owner: caller,
			name: name || fileName,
			mediaType,
			url,
			createdAtMs: now,
			lastUsedAtMs: now,
			...source,
		};
		if (fate?.kind === 'assetFails') {
			const { code = 'MultipleFaces', message = 'The image has more than one face' } = fate;
			asset.failure = { code, message };
		}
		this.assets.set(asset.id, asset);
		return {
			asset_id: asset.id,
			status: 'Processing',
			upload_at: isoTime(now),
			expires_at: isoTime(this.expiresAtMs(asset)),
		};
	}

	get({ caller, pathParameters: [id = ''] }: ApiRequest): object {
		quotaOf(this.plan);
		return this.describe(this.use(this.find(id, caller)));
	}

	/** Being listed counts as use, so each page changes the order for the next call. */
	list({ caller, query }: ApiRequest): object {
		const { maxAssets, idleDays } = quotaOf(this.plan);
		const page = readPageValue(query, 'page', 1, Number.MAX_SAFE_INTEGER);
		const size = readPageValue(query, 'size', 20, maxPageSize);
		const wanted = readStatuses(query.status);
		const assets = this.ownedBy(caller).filter((asset) => wanted.includes(this.statusOf(asset)));
		const sorted = this.sort(assets, query.order ?? '-last_used_at');
		const items = sorted.slice((page - 1) * size, page * size);
		return {
			items: items.map((asset) => this.describe(this.use(asset))),
			total: assets.length,
			page,
			size,
			quota: { used: this.countUsed(caller), limit: maxAssets, ttl_days: idleDays },
		};
	}

	/** The answer to a single delete is not documented; clients reckon with no content. */
	delete({ caller, pathParameters: [id = ''] }: ApiRequest): undefined {
		quotaOf(this.plan);
		this.assets.delete(this.find(id, caller).id);
	}

	/** @throws Refusal when a generation cannot cite the asset. */
	resolve(id: string, mediaType: MediaType, caller: Caller): MediaFile | undefined {
		const asset = this.find(id, caller);
		const status = this.statusOf(asset);
		if (status === 'Processing') throw refuse(409, 'asset still processing');
		if (status === 'Failed') throw refuse(422, `asset ${id} status=Failed`);
		if (asset.mediaType !== mediaType) {
			throw refuse(422, `asset ${id} is of type ${assetTypes[asset.mediaType]}`);
		}
		return this.use(asset).file;
	}

	/** Reading, listing and citing an asset keep it from being purged. */
	private use(asset: Asset): Asset {
		asset.lastUsedAtMs = this.surroundings.now();
		return asset;
	}

	private find(id: string, caller: Caller): Asset {
		this.purge();
		const asset = this.assets.get(id);
		if (!asset) throw refuse(404, 'asset not found');
		if (asset.owner.userId !== caller.userId) throw refuse(403, 'asset not owned by this account');
		return asset;
	}

	private ownedBy({ userId }: Caller): Asset[] {
		this.purge();
		return [...this.assets.values()].filter(({ owner }) => owner.userId === userId);
	}

	private purge(): void {
		for (const asset of this.assets.values()) {
			if (this.surroundings.now() >= this.expiresAtMs(asset)) this.assets.delete(asset.id);
		}
	}

	private countUsed(caller: Caller): number {
		return this.ownedBy(caller).filter((asset) => this.statusOf(asset) !== 'Failed').length;
	}

	private expiresAtMs({ lastUsedAtMs }: Asset): number {
		return lastUsedAtMs + quotaOf(this.plan).idleDays * dayMs;
	}

	private statusOf({ createdAtMs, failure }: Asset): Status {
		const { durations, now } = this.surroundings;
		if (now() < createdAtMs + durations.assetProcessingMs) return 'Processing';
		return failure ? 'Failed' : 'Active';
	}

	private sort(assets: Asset[], order: string): Asset[] {
		const sortValues = new Map<string, (asset: Asset) => number>([
			['last_used_at', ({ lastUsedAtMs }) => lastUsedAtMs],
			['created_at', ({ createdAtMs }) => createdAtMs],
			['expires_at', (asset) => this.expiresAtMs(asset)],
		]);
		const sortValue = sortValues.get(order.replace(/^-/, ''));
		if (!sortValue) throw invalid(`'order' must be one of ${[...sortValues.keys()].join(', ')}`);
		const ascending = assets.sort((one, other) => sortValue(one) - sortValue(other));
		return order.startsWith('-') ? ascending.reverse() : ascending;
	}

	private describe(asset: Asset): object {
		const status = this.statusOf(asset);
		return {
			asset_id: asset.id,
			name: asset.name,
			asset_type: assetTypes[asset.mediaType],
			status,
			url: asset.url,
			last_used_at: isoTime(asset.lastUsedAtMs),
			expires_at: isoTime(this.expiresAtMs(asset)),
			created_at: isoTime(asset.createdAtMs),
			...(status === 'Failed' && { error: asset.failure }),
		};
	}
}

function readAssetType(assetType: unknown, fileName: string): MediaType {
	switch (assetType) {
		case 'Image':
			return 'image';
		case 'Video':
			return 'video';
		case 'Audio':
			return 'audio';
		case undefined:
		case '': {
			const extension = extensionOf(fileName);
			const mediaType = mediaTypeOf(extension);
			if (mediaType) return mediaType;
			throw refuse(400, `unsupported asset_type: ${extension || 'unknown'}`);
		}
		default:
			throw refuse(400, `unsupported asset_type: ${String(assetType)}`);
	}
}

function readStatuses(text: string | undefined): Status[] {
	if (text === undefined || text === '') return [...statuses];
	return text.split(',').map((word) => {
		const status = statuses.find((candidate) => candidate.toLowerCase() === word);
		if (status) return status;
		throw invalid("'status' must be a subset of active,processing,failed");
	});
}

function readPageValue(
	query: Record<string, string>,
	name: string,
	fallback: number,
	max: number,
): number {
	const text = query[name];
	if (text === undefined) return fallback;
	const value = Number(text);
	if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
	throw invalid(`'${name}' must be an integer between 1 and ${max}`);
}
