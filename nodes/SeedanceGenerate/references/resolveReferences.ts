import { permanentBinary } from '../../shared/node/n8nInternals';
import { perRun, type Session } from '../../shared/node/operation';
import { InlineFile, type SentReference } from '../../shared/providers/adapter';
import { hostFile } from '../../shared/request/hostFile';
import { type Asset, assetUri, type Medium } from '../../shared/vocabulary';
import type { PlannedReference } from './planReferences';
import { reuseAsset } from './reuseAsset';
import { signedLink } from './signedLink';

const assetTimeoutMs = 300_000;

const assetsByContent = perRun(() => new Map<string, Promise<Asset>>());

/**
 * Delivers each file the way that was planned for it, before the paid request.
 * @returns the address that each reference is cited by; an empty text for one that is sent as it was given
 */
export async function resolveReferences(
	session: Session,
	references: readonly PlannedReference[],
): Promise<string[]> {
	return await Promise.all(references.map(async (reference) => await resolve(session, reference)));
}

async function resolve(session: Session, reference: PlannedReference): Promise<string> {
	const { context, connection } = session;
	switch (reference.by) {
		case 'asGiven':
			return '';
		case 'upload':
			return await hostFile(connection, reference.medium.file);
		case 'signedLink': {
			const { itemIndex, binaryPropertyName, label } = reference.binary;
			const kept = context.helpers.assertBinaryData(itemIndex, binaryPropertyName);
			return signedLink(context, connection, await permanentBinary(context, kept), label);
		}
		case 'newAsset': {
			const { mediaType, groupId, medium } = reference;
			const wanted = { mediaType, groupId, medium };
			return assetUri((await reuseAsset(connection, wanted, assetsByContent(session), assetTimeoutMs)).id);
		}
	}
}

/**
 * @param addresses what `resolveReferences` has given
 * @returns the references as they are sent
 */
export function withAddresses(
	references: readonly PlannedReference[],
	addresses: readonly string[],
): SentReference[] {
	return references.map(({ mediaType, role, by, medium }, index) => ({
		mediaType,
		role,
		url: by === 'asGiven' ? sentAsGiven(medium) : (addresses[index] ?? ''),
	}));
}

function sentAsGiven(medium: Medium): SentReference['url'] {
	switch (medium.kind) {
		case 'url':
			return medium.url;
		case 'asset':
			return assetUri(medium.assetId);
		case 'dataUri':
			return medium.dataUri;
		case 'file':
			return new InlineFile(medium.file, 'dataUri');
		case 'unknown':
			return medium.text;
	}
}
