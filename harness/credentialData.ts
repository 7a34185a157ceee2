import { arkAccess, type ProviderId, type Simulator } from '../simulator';

type Addresses = Pick<Simulator, 'apiKey' | 'otherApiKey' | 'baseUrls' | 'hostUrls' | 'uploadUrls'>;

type CredentialData = Record<'apiKey' | 'baseUrl', string> & {
	uploadBaseUrl?: string;
	region?: string;
	accessKeyId?: string;
	secretAccessKey?: string;
	assetBaseUrl?: string;
};

/** What a user would put into the credential of a provider, for the simulated one. */
export function credentialData(simulator: Addresses, provider: ProviderId): CredentialData {
	const { apiKey, baseUrls, uploadUrls } = simulator;
	const uploadUrl = uploadUrls[provider];
	return {
		apiKey,
		baseUrl: baseUrls[provider],
		...(uploadUrl !== undefined && { uploadBaseUrl: new URL(uploadUrl).origin }),
		...(provider === 'ark' && secondKey(simulator)),
	};
}

/** Assets are on a host of their own, with a key of their own. */
function secondKey(simulator: Addresses): Partial<CredentialData> {
	const { accessKeyId, secretAccessKey, controlBaseUrl } = arkAccess(simulator);
	return { region: 'international', accessKeyId, secretAccessKey, assetBaseUrl: controlBaseUrl };
}
