import { permanentBinary } from '../../shared/node/n8nInternals';
import { perRun, type Session } from '../../shared/node/operation';
import type { SentReference } from '../../shared/providers/adapter';
import { hostFile } from '../../shared/request/hostFile';
import type { Asset } from '../../shared/vocabulary';
import { assetUri } from '../../shared/vocabulary';
import type { PlannedReference } from './planReferences';
import { reuseAsset } from './reuseAsset';
import { signedLink } from './signedLink';

const assetTimeoutMs = 300_000;

const assetsByContent = perRun(() => new Map<string, Promise<Asset>>());

/** The references whose assets can be checked; one that is still to be made is left out. */
export const withoutNewAssets = (references: readonly PlannedReference[]): PlannedReference[] =>
	references.map((reference) => (reference.by === 'newAsset' ? { ...reference, url: '' } : reference));

/**
 * Delivers each file the way that was planned for it, before the paid request.
 * @returns the URL of every reference
 */
export async function resolveReferences(
	session: Session,
	references: readonly PlannedReference[],
): Promise<string[]> {
	return await Promise.all(references.map(async (reference) => await resolve(session, reference)));
}

async function resolve(
	session: Session,
	{ mediaType, url, file, by, binary, assetUrl, groupId }: PlannedReference,
): Promise<string> {
	const { context, connection } = session;
	if (by === 'hosted' && file) return await hostFile(connection, file);
	if (by === 'signedLink' && binary) {
		const { itemIndex, binaryPropertyName, label } = binary;
		const kept = context.helpers.assertBinaryData(itemIndex, binaryPropertyName);
		return signedLink(context, connection, await permanentBinary(context, kept), label);
	}
	const source = file ?? assetUrl;
	if (by !== 'newAsset' || source === undefined) return url;
	const wanted = { mediaType, groupId, source };
	return assetUri((await reuseAsset(connection, wanted, assetsByContent(session), assetTimeoutMs)).id);
}

/** @returns the references as they are sent, each with its URL or with the file that goes inside the request */
export function withAddresses(
	references: readonly PlannedReference[],
	urls: readonly string[],
): SentReference[] {
	return references.map(({ mediaType, role, url, file, by }, index) => ({
		mediaType,
		role,
		url: urls[index] ?? url,
		...(!by && file && { file }),
	}));
}
