import type { ProviderConnection } from '../../shared/request/connection';
import { hashOf } from '../../shared/media/contentHash';
import { createAsset, type WantedAsset } from '../../shared/request/createAsset';
import { listItems } from '../../shared/request/listItems';
import { parseTime } from '../../shared/time';
import type { Asset } from '../../shared/vocabulary';
import { waitForAsset } from '../../shared/wait/waitForAsset';

/** Ark, "CreateAsset", has 64 characters for a name; a number may have to follow. */
const maxContentNameLength = 60;

/**
 * An Active asset with this content: one that this run has made, one of the account if the provider can
 * list them by name, or a new one. Failed and expired assets are not taken.
 * @param known assets made or found in this run by their content, so that many items make one
 * @throws ProviderError, or what `waitForAsset` throws; the asset may then exist
 */
export async function reuseAsset(
	connection: ProviderConnection,
	wanted: Omit<WantedAsset, 'name'>,
	known: Map<string, Promise<Asset>>,
	timeoutMs: number,
): Promise<Asset> {
	const { mediaType, groupId = '', medium } = wanted;
	const contentName = `sha256-${await hashOf(medium)}`.slice(0, maxContentNameLength);
	const key = [mediaType, groupId, contentName].join(' ');
	const begun = known.get(key);
	if (begun) return await begun;
	const asset = findOrCreate(connection, wanted, contentName, timeoutMs);
	known.set(key, asset);
	return await asset;
}

async function findOrCreate(
	connection: ProviderConnection,
	wanted: Omit<WantedAsset, 'name'>,
	contentName: string,
	timeoutMs: number,
): Promise<Asset> {
	const { mediaType, groupId } = wanted;
	const { assets } = connection.provider;
	let name = assets.newAssetFields.includes('name') ? contentName : undefined;
	if (name !== undefined && assets.list) {
		let unusable = 0;
		const query = { name: contentName, ...(groupId && { groupIds: [groupId] }) };
		for await (const asset of listItems(connection, assets.list, query)) {
			if (!asset.name?.startsWith(contentName)) continue;
			if ((asset.groupId ?? groupId) !== groupId || (asset.mediaType ?? mediaType) !== mediaType) continue;
			if (isUsable(asset, connection.clock.now())) {
				return asset.status === 'active'
					? asset
					: await waitForAsset(connection, asset.id, { timeoutMs, isNew: false });
			}
			unusable++;
		}
		// A name must be unique in its group.
		if (unusable > 0) name = `${contentName}-${unusable + 1}`;
	}
	const { id } = await createAsset(connection, { ...wanted, name });
	return await waitForAsset(connection, id, { timeoutMs, isNew: true });
}

function isUsable({ status, expiresAt }: Asset, nowMs: number): boolean {
	return status !== 'failed' && (parseTime(expiresAt) ?? Infinity) > nowMs;
}
