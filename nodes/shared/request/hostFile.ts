import { SeedanceError } from '../errors';
import type { FileSource } from '../vocabulary';
import { callProvider } from './callProvider';
import type { ProviderConnection } from './connection';

/**
 * Uploads a file to the provider's own short-lived storage.
 * @returns its public URL
 * @throws SeedanceError (input) if the provider has no such storage; what `callProvider` throws
 */
export async function hostFile(connection: ProviderConnection, file: FileSource): Promise<string> {
	const { uploads, displayName } = connection.provider;
	if (!uploads) {
		throw new SeedanceError(`${displayName} takes no files`, { reason: 'input', providerName: displayName });
	}
	return (await callProvider(connection, uploads.create, { file })).url;
}
