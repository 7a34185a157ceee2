import { toDataUri } from '../../shared/media/dataUri';
import type { Session } from '../../shared/node/operation';
import { hostFile } from '../../shared/request/hostFile';
import { permanentBinary, signedLink } from './signedLink';
import type { MediaReference } from '../../shared/vocabulary';
import { assetUri } from '../../shared/vocabulary';
import { reuseAsset } from '../../shared/wait/reuseAsset';
import type { PlannedReference } from './planReferences';

const assetTimeoutMs = 300_000;

/** References as far as they are known before the detours; an asset that is still to be made is none. */
export const withoutNewAssets = (references: readonly PlannedReference[]): PlannedReference[] =>
	references.map((reference) => (reference.by === 'newAsset' ? { ...reference, url: '' } : reference));

/**
 * Sends each file on its detour, before the paid request.
 * @returns the URL of every reference
 */
export async function resolveReferences(
	session: Session,
	references: readonly PlannedReference[],
): Promise<string[]> {
	return await Promise.all(references.map(async (reference) => await resolve(session, reference)));
}

async function resolve(
	{ context, connection, run }: Session,
	{ mediaType, url, file, by, binary, assetUrl, groupId }: PlannedReference,
): Promise<string> {
	if (by === 'hosted' && file) return await hostFile(connection, file);
	if (by === 'signedLink' && binary) {
		const { itemIndex, binaryPropertyName, label } = binary;
		const kept = context.helpers.assertBinaryData(itemIndex, binaryPropertyName);
		return signedLink(context, connection, await permanentBinary(context, kept), label);
	}
	const source = file ?? assetUrl;
	if (by !== 'newAsset' || source === undefined) return url;
	const wanted = { mediaType, groupId, source };
	return assetUri((await reuseAsset(connection, wanted, run.assetsByContent, assetTimeoutMs)).id);
}

/** Puts the URLs, and the other files as data URIs, into the references. */
export async function inlineFiles(
	references: readonly PlannedReference[],
	urls: readonly string[],
): Promise<MediaReference[]> {
	return await Promise.all(
		references.map(async ({ mediaType, role, url, file, by }, index) => ({
			mediaType,
			role,
			url: file && !by ? await toDataUri(file) : (urls[index] ?? url),
		})),
	);
}
