import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { InputError } from '../../shared/errors';
import type { ProviderConnection } from '../../shared/request/connection';
import { parseUrl } from '../../shared/parseUrl';
import { isPublic } from '../../shared/publicUrl';

/** Long enough for a task that waits in a queue; n8n keeps the file as long as the execution. */
const validFor = '1 day';

/**
 * A public link to a file that n8n keeps, which needs no login; n8n signs it.
 * @throws InputError saying why this n8n cannot give one that a provider can fetch
 */
export function signedLink(
	{ helpers }: IExecuteFunctions,
	{ baseUrl }: ProviderConnection,
	binary: IBinaryData,
	field: string,
): string {
	const refusal = (allowed: string, given: string) => new InputError([{ field, allowed, given }]);
	if (typeof helpers.createBinarySignedUrl !== 'function') {
		throw refusal('an n8n that can sign links; update n8n, or use Binary File', 'an n8n that cannot');
	}
	if (binary.id === undefined) {
		throw refusal(
			'a file that n8n keeps on its disk, in its database or in S3 (N8N_DEFAULT_BINARY_DATA_MODE)',
			'a file that n8n keeps in memory, to which there is no link',
		);
	}
	const url = helpers.createBinarySignedUrl(binary, validFor);
	// A proxy on this machine can fetch from this machine.
	if (isPublic(url) || !isPublic(baseUrl)) return url;
	throw refusal(
		'an n8n that the internet can reach: set N8N_WEBHOOK_URL (WEBHOOK_URL before n8n 2.35) to its public address, or use Binary File',
		parseUrl(url)?.origin ?? 'no address',
	);
}
