import { randomBytes } from 'node:crypto';
import type { MediaFile, MediaType } from '../media';
import type { ApiRequest, Caller, Surroundings } from '../provider';
import { apiError, readJson } from './errors';
import { Fields, Issues } from './fields';
import { publicUrl, type Reference } from './generationRequest';
import { fetchMedium, type Medium } from './medium';

interface Asset extends Medium {
	id: string;
	owner: Caller;
	mediaType: MediaType;
	sourceUrl: string;
	createdAtMs: number;
}

const mediaTypes = ['image', 'video', 'audio'] as const;

/**
 * Assets: created by URL, read one by one, neither listed nor deleted.
 * Source: the document "Assets" of Apiframe, whose example reads an asset right after its creation.
 */
export class AssetLibrary {
	private readonly assets: Map<string, Asset>;

	constructor(private readonly surroundings: Surroundings) {
		this.assets = surroundings.records('assets');
	}

	async create({ caller, body: sent, fate }: ApiRequest): Promise<object> {
		const issues = new Issues();
		const fields = new Fields(readJson(sent), issues);
		fields.refuseOthers(['url', 'type']);
		const url = fields.requiredUrl('url', publicUrl);
		const mediaType = fields.requiredOption('type', mediaTypes);
		issues.refuse();
		const asset: Asset = {
			id: randomBytes(6).toString('hex'),
			owner: caller,
			mediaType,
			sourceUrl: url,
			createdAtMs: this.surroundings.now(),
			...(await fetchMedium(url, mediaType, this.surroundings.workshop)),
		};
		if (fate?.kind === 'assetFails') {
			asset.problem = fate.message ?? 'Face consistency verification failed.';
		}
		this.assets.set(asset.id, asset);
		return { assetId: asset.id };
	}

	get({ caller, pathParameters: [id = ''] }: ApiRequest): object {
		const asset = this.find(id, caller);
		if (!asset) throw apiError(404, 'Asset not found');
		const status = this.statusOf(asset);
		return {
			status,
			url: status === 'Active' ? this.linkTo(asset) : null,
			errorMsg: status === 'Failed' ? asset.problem : null,
		};
	}

	/** The file of a cited asset; an asset that cannot be cited becomes an issue. */
	resolve(
		id: string,
		{ mediaType, path }: Reference,
		caller: Caller,
		issues: Issues,
	): MediaFile | undefined {
		const asset = this.find(id, caller);
		const status = asset && this.statusOf(asset);
		if (!asset) issues.add(path, `Asset ${id} not found`);
		else if (status !== 'Active') issues.add(path, `Asset ${id} is not Active (status: ${status})`);
		else if (asset.mediaType !== mediaType) {
			issues.add(path, `Asset ${id} is of type ${asset.mediaType}, not ${mediaType}`);
		}
		return asset?.file;
	}

	private find(id: string, { userId }: Caller): Asset | undefined {
		const asset = this.assets.get(id);
		return asset?.owner.userId === userId ? asset : undefined;
	}

	private statusOf({ createdAtMs, problem }: Asset): 'Processing' | 'Active' | 'Failed' {
		const { durations, now } = this.surroundings;
		if (now() < createdAtMs + durations.assetProcessingMs) return 'Processing';
		return problem === undefined ? 'Active' : 'Failed';
	}

	private linkTo({ id, contentType = 'application/octet-stream', file, sourceUrl }: Asset): string {
		if (!file) return sourceUrl;
		const key = `assets/${id}`;
		this.surroundings.storage.put(key, { contentType, file: async () => await Promise.resolve(file.path) });
		return this.surroundings.storage.link(key);
	}
}
