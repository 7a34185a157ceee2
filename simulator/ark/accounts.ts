export const regionIds = ['international', 'china'] as const;
/** BytePlus ModelArk, and Volcengine Ark. */
export type RegionId = (typeof regionIds)[number];

export interface Region {
	id: RegionId;
	/** Of a signature. */
	signingRegion: string;
	/** Names of its hosts, as `SimulatedProvider.hosts` has them; undefined for the first host. */
	dataHost: string | undefined;
	controlHost: string;
}

export const regions: Readonly<Record<RegionId, Region>> = {
	international: {
		id: 'international',
		signingRegion: 'ap-southeast-1',
		dataHost: undefined,
		controlHost: 'control',
	},
	china: { id: 'china', signingRegion: 'cn-beijing', dataHost: 'china', controlHost: 'china-control' },
};

export const defaultProject = 'default';
/** A second project of the same account. */
export const otherProject = 'studio';

/** A key is per region and per project, and opens all models or some. */
export interface ApiKeyRights {
	accountId: number;
	projectName: string;
	/** Of a key with the permission "Custom". */
	models?: readonly string[];
}

export interface AccessKey {
	accountId: number;
	secretAccessKey: string;
	/** An IAM policy lets it use the asset library. */
	isAllowed: boolean;
	/** Of a temporary key (STS), whose `X-Security-Token` it must come with. */
	securityToken?: string;
}

const mainAccount = 1024;
const otherAccount = 2048;

interface PlainKeys {
	apiKey: string;
	otherApiKey: string;
}

/** What the keys of the simulator open in one region. */
export function apiKeysOf(region: RegionId, keys: PlainKeys): Map<string, ApiKeyRights> {
	const { apiKey, otherApiKey, studioApiKey, customApiKey } = regionKeys(region, keys);
	const own = { accountId: mainAccount, projectName: defaultProject };
	return new Map<string, ApiKeyRights>([
		[apiKey, own],
		[otherApiKey, { ...own, accountId: otherAccount }],
		[studioApiKey, { ...own, projectName: otherProject }],
		[customApiKey, { ...own, models: [customModels[region]] }],
	]);
}

/** What a key with the permission "Custom" may use. */
export const customModels: Readonly<Record<RegionId, string>> = {
	international: 'dreamina-seedance-2-0-260128',
	china: 'doubao-seedance-2-0-260128',
};

function regionKeys(region: RegionId, { apiKey, otherApiKey }: PlainKeys) {
	const isChina = region === 'china';
	return {
		apiKey: isChina ? 'simulator-key-of-china' : apiKey,
		otherApiKey: isChina ? 'simulator-key-of-another-user-of-china' : otherApiKey,
		studioApiKey: `simulator-key-of-the-project-studio-${region}`,
		customApiKey: `simulator-key-with-custom-permission-${region}`,
	};
}

export function accessKeysOf(region: RegionId): Map<string, AccessKey> {
	const secretOf = (name: string) => `simulator-secret-of-${name}-${region}`;
	return new Map<string, AccessKey>([
		[
			`AKLTsimulator-${region}`,
			{ accountId: mainAccount, secretAccessKey: secretOf('the-access-key'), isAllowed: true },
		],
		[
			`AKLTsimulator-other-${region}`,
			{ accountId: otherAccount, secretAccessKey: secretOf('another-user'), isAllowed: true },
		],
		[
			`AKLTsimulator-denied-${region}`,
			{ accountId: mainAccount, secretAccessKey: secretOf('a-key-without-policy'), isAllowed: false },
		],
		[
			`AKTPsimulator-temporary-${region}`,
			{
				accountId: mainAccount,
				secretAccessKey: secretOf('a-temporary-key'),
				isAllowed: true,
				securityToken: `simulator-security-token-${region}`,
			},
		],
	]);
}

/** What must not leave for the storage host. */
export const secrets: readonly string[] = regionIds.flatMap((region) => [
	...[...accessKeysOf(region).values()].map(({ secretAccessKey }) => secretAccessKey),
	...apiKeysOf(region, { apiKey: '', otherApiKey: '' }).keys(),
]).filter((secret) => secret !== '');

/** All that a client needs in one region. */
export interface ArkAccess {
	/** Ends in `/api/v3`, as the documents write it. */
	baseUrl: string;
	/** The origin of the control plane, where assets are. */
	controlBaseUrl: string;
	signingRegion: string;
	/** Of the project `default`. */
	apiKey: string;
	/** Of another account. */
	otherApiKey: string;
	/** Of the same account's project `studio`. */
	studioApiKey: string;
	/** With the permission "Custom": only Seedance 2.0. */
	customApiKey: string;
	accessKeyId: string;
	secretAccessKey: string;
	/** Of another account. */
	otherAccessKeyId: string;
	otherSecretAccessKey: string;
	/** Without a policy for assets. */
	deniedAccessKeyId: string;
	deniedSecretAccessKey: string;
}

/** What a client needs for the simulated BytePlus ModelArk (`international`, default) or Volcengine Ark (`china`). */
export function arkAccess(
	simulator: {
		apiKey: string;
		otherApiKey: string;
		baseUrls: Readonly<Record<'ark', string>>;
		hostUrls: Readonly<Record<`ark-${string}`, string>>;
	},
	region: RegionId = 'international',
): ArkAccess {
	const { dataHost, controlHost, signingRegion } = regions[region];
	const [accessKeyId = '', otherAccessKeyId = '', deniedAccessKeyId = ''] = accessKeysOf(region).keys();
	const secretOf = (id: string) => accessKeysOf(region).get(id)?.secretAccessKey ?? '';
	const { ark } = simulator.baseUrls;
	const hostUrl = (host: string) => simulator.hostUrls[`ark-${host}`] ?? '';
	return {
		baseUrl: dataHost === undefined ? ark : hostUrl(dataHost) + new URL(ark).pathname,
		controlBaseUrl: hostUrl(controlHost),
		signingRegion,
		...regionKeys(region, simulator),
		accessKeyId,
		secretAccessKey: secretOf(accessKeyId),
		otherAccessKeyId,
		otherSecretAccessKey: secretOf(otherAccessKeyId),
		deniedAccessKeyId,
		deniedSecretAccessKey: secretOf(deniedAccessKeyId),
	};
}
