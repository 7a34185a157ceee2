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
	const refusal = (why: string, advice: string) =>
		new InputError([{ field, message: `There is no link to the file of ${field}: ${why}.`, advice }]);
	if (typeof helpers.createBinarySignedUrl !== 'function') {
		throw refusal('this n8n cannot sign links', 'Update n8n, or choose the source Binary File.');
	}
	if (binary.id === undefined) {
		throw refusal(
			'n8n keeps it in memory',
			'Let n8n keep files on its disk, in its database or in S3 (N8N_DEFAULT_BINARY_DATA_MODE), or choose the source Binary File.',
		);
	}
	const url = helpers.createBinarySignedUrl(binary, validFor);
	// A proxy on this machine can fetch from this machine.
	if (isPublic(url) || !isPublic(baseUrl)) return url;
	throw refusal(
		`the internet cannot reach this n8n at ${parseUrl(url)?.origin ?? 'no address'}`,
		'Set N8N_WEBHOOK_URL (WEBHOOK_URL before n8n 2.35) to its public address, or choose the source Binary File.',
	);
}
