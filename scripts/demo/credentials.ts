import type { ProviderId, Simulator } from '../../simulator';

interface CredentialData extends Record<string, string> {
	apiKey: string;
	baseUrl: string;
}

/** What a user would put into the credential of each provider, for the simulated ones. */
export function credentialData({
	apiKey,
	baseUrls,
	uploadUrls,
}: Pick<Simulator, 'apiKey' | 'baseUrls' | 'uploadUrls'>): Record<ProviderId, CredentialData> {
	return {
		anyfast: { apiKey, baseUrl: baseUrls.anyfast },
		alad: { apiKey, baseUrl: baseUrls.alad },
		piapi: {
			apiKey,
			baseUrl: baseUrls.piapi,
			uploadBaseUrl: new URL(uploadUrls.piapi).origin,
		},
		apiframe: { apiKey, baseUrl: baseUrls.apiframe },
	};
}
