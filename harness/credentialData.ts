import type { ProviderId, Simulator } from '../simulator';

type CredentialData = Record<'apiKey' | 'baseUrl', string> & { uploadBaseUrl?: string };

/** What a user would put into the credential of a provider, for the simulated one. */
export function credentialData(
	{ apiKey, baseUrls, uploadUrls }: Pick<Simulator, 'apiKey' | 'baseUrls' | 'uploadUrls'>,
	provider: ProviderId,
): CredentialData {
	const uploadUrl = uploadUrls[provider];
	return {
		apiKey,
		baseUrl: baseUrls[provider],
		...(uploadUrl !== undefined && { uploadBaseUrl: new URL(uploadUrl).origin }),
	};
}
