import { arkAccess, type ProviderId, type Simulator } from '../simulator';

type Addresses = Pick<Simulator, 'apiKey' | 'otherApiKey' | 'baseUrls' | 'hostUrls' | 'uploadUrls'>;

type CredentialData = Record<'apiKey' | 'baseUrl', string> & {
	uploadBaseUrl?: string;
	region?: string;
	accessKeyId?: string;
	secretAccessKey?: string;
	assetBaseUrl?: string;
};

/**
 * What a user would put into the credential of a provider, for the simulated one.
 * @param apiKey of the simulator's account, of its other account, or one that it does not know
 */
export function credentialData(simulator: Addresses, provider: ProviderId, apiKey = simulator.apiKey): CredentialData {
	const { baseUrls, uploadUrls } = simulator;
	const uploadUrl = uploadUrls[provider];
	return {
		apiKey,
		baseUrl: baseUrls[provider],
		...(uploadUrl !== undefined && { uploadBaseUrl: new URL(uploadUrl).origin }),
		...(provider === 'ark' && secondKey(simulator, apiKey)),
	};
}

/** Assets are on a host of their own, with a key of their own, of the same account. */
function secondKey(simulator: Addresses, apiKey: string): Partial<CredentialData> {
	const access = arkAccess(simulator);
	const address = { region: 'international', assetBaseUrl: access.controlBaseUrl };
	if (apiKey === simulator.apiKey) {
		return { ...address, accessKeyId: access.accessKeyId, secretAccessKey: access.secretAccessKey };
	}
	if (apiKey === simulator.otherApiKey) {
		return { ...address, accessKeyId: access.otherAccessKeyId, secretAccessKey: access.otherSecretAccessKey };
	}
	return { ...address, accessKeyId: `AKLT-${apiKey}`, secretAccessKey: apiKey };
}
