import { expiringMap } from '../expiringMap';
import type { ProviderAdapter } from '../providers/adapter';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';
import { listItems } from './listItems';

/** By account and name. A new group can be missing in the list for some seconds. */
const begun = expiringMap<Promise<string>>(60_000);

/**
 * The ID of the asset group with this name: of one that the account has, or of a new one, which can be billed. A second
 * click does not make a second group.
 * @throws ProviderError, UnsureError
 */
export async function groupCalled(
	connection: ProviderConnection,
	endpoints: NonNullable<ProviderAdapter['assetGroups']>,
	name: string,
): Promise<string> {
	// There each credential is an account of its own, without a key, and its list has a new group at once.
	if (connection.testMode) return await findOrCreate(connection, endpoints, name);
	const key = JSON.stringify([connection.provider.id, connection.baseUrl, connection.apiKey, name]);
	const known = begun.get(key);
	if (known) return await known;
	const group = findOrCreate(connection, endpoints, name);
	begun.set(key, group);
	group.catch(() => begun.delete(key));
	return await group;
}

async function findOrCreate(
	connection: ProviderConnection,
	{ list, create }: NonNullable<ProviderAdapter['assetGroups']>,
	name: string,
): Promise<string> {
	for await (const group of listItems(connection, list, { name })) {
		if (group.name === name) return group.id;
	}
	return (await callProvider(connection, create, { name })).id;
}
