import { SeedanceError } from '../errors';
import type { FileSource } from '../providers/adapter';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';

/**
 * Puts a file on the short-lived storage of the provider itself.
 * @returns its public URL
 */
export async function hostFile(connection: ProviderConnection, file: FileSource): Promise<string> {
	const { uploads, displayName } = connection.provider;
	if (!uploads) {
		throw new SeedanceError(`${displayName} takes no files`, { reason: 'input', providerName: displayName });
	}
	return (await callProvider(connection, uploads.create, { file })).url;
}
