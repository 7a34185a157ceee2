import type {
	IAuthenticate,
	Icon,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';
import { priceFields } from './priceFields';
import { signRequest } from './signRequest';
import { hiddenInTestMode, testModeField } from './testModeField';

/**
 * Generations take the API key, assets a signature by the access key: two APIs of the same service. A request to
 * that of the assets names its action in the query.
 */
const authenticate: IAuthenticate = async (credentials, options) => {
	const { headers } = options;
	const url = targetOf(options);
	if (url?.searchParams.has('Action') !== true) {
		return { ...options, headers: { ...headers, Authorization: `Bearer ${textOf(credentials.apiKey)}` } };
	}
	// The signature is of these very bytes, so that nothing may write the JSON again.
	const body = typeof options.body === 'string' ? options.body : JSON.stringify(options.body ?? {});
	const { method = 'GET' } = options;
	const signed = signRequest({ method, url, body, contentType: 'application/json' }, signingKeyOf(credentials), Date.now());
	return { ...options, body, headers: { ...headers, ...signed } };
};

function signingKeyOf({ accessKeyId, secretAccessKey, region }: ICredentialDataDecryptedObject) {
	return {
		accessKeyId: textOf(accessKeyId),
		secretAccessKey: textOf(secretAccessKey),
		region: textOf(region) === 'china' ? 'cn-beijing' : 'ap-southeast-1',
		service: 'ark',
	};
}

/** @returns undefined for what is no address: n8n tells the user */
function targetOf({ url, baseURL, qs = {} }: IHttpRequestOptions): URL | undefined {
	try {
		const target = new URL(url, baseURL);
		for (const [name, value] of Object.entries(qs)) {
			if (typeof value === 'string' || typeof value === 'number') target.searchParams.append(name, String(value));
		}
		return target;
	} catch {
		return undefined;
	}
}

const textOf = (value: unknown) => (typeof value === 'string' ? value.trim() : '');

export class ArkApi implements ICredentialType {
	name = 'arkApi';

	displayName = 'BytePlus ModelArk / Volcengine Ark API';

	icon: Icon = { light: 'file:ark.svg', dark: 'file:ark.dark.svg' };

	documentationUrl = 'https://docs.byteplus.com/en/docs/ModelArk';

	properties: INodeProperties[] = [
		testModeField,
		{
			displayName: 'Region',
			name: 'region',
			type: 'options',
			displayOptions: hiddenInTestMode,
			options: [
				{ name: 'International (BytePlus ModelArk)', value: 'international' },
				{ name: 'China (Volcengine Ark)', value: 'china' },
			],
			default: 'international',
			description: 'Where the keys were made; keys, models and assets of one region do not exist in the other',
		},
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			displayOptions: hiddenInTestMode,
			typeOptions: { password: true },
			required: true,
			default: '',
			description: 'For generations. Made in the Ark console under API keys, for one region and one project.',
		},
		{
			displayName: 'Access Key ID',
			name: 'accessKeyId',
			type: 'string',
			displayOptions: hiddenInTestMode,
			default: '',
			placeholder: 'e.g. AKLT…',
			description:
				'For asset groups and assets only, which the API key does not open. Made in the console of the account under access keys; leave it empty to do without.',
		},
		{
			displayName: 'Secret Access Key',
			name: 'secretAccessKey',
			type: 'string',
			displayOptions: hiddenInTestMode,
			typeOptions: { password: true },
			default: '',
			description: 'Belongs to the Access Key ID; it signs the requests and is never sent',
		},
		{
			displayName: 'Project Name',
			name: 'projectName',
			type: 'string',
			displayOptions: hiddenInTestMode,
			default: 'default',
			placeholder: 'e.g. default',
			description: 'The project whose assets are used; must be the project of the API key',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			displayOptions: hiddenInTestMode,
			default: '',
			placeholder: 'e.g. https://ark.ap-southeast.bytepluses.com/api/v3',
			description:
				'Address of the API for generations, for a proxy; must be https, except on this machine. Leave it empty for that of the region. If the test shows ERR_INVALID_URL, it is not https; if it shows ECONNREFUSED or ENOTFOUND, there is no server at this address.',
		},
		{
			displayName: 'Asset API URL',
			name: 'assetBaseUrl',
			type: 'string',
			displayOptions: hiddenInTestMode,
			default: '',
			placeholder: 'e.g. https://ark.ap-southeast-1.byteplusapi.com',
			description: 'Address of the API for asset groups and assets, for a proxy. Leave it empty for that of the region.',
		},
		...priceFields,
	];

	authenticate = authenticate;

	/** Lists the models, which is free. It proves the API key; the access key shows with the first list of asset groups. */
	test: ICredentialTestRequest = {
		request: {
			// In Test Mode nothing is sent: an empty data URL answers. Else the key is sent to https or to this machine only, and never to the target of a redirect.
			baseURL:
				'={{ $credentials.testMode ? "data:," : !($credentials.baseUrl ?? "").trim() ? ($credentials.region === "china" ? "https://ark.cn-beijing.volces.com/api/v3" : "https://ark.ap-southeast.bytepluses.com/api/v3") : /^(https:[/][/]|http:[/][/](localhost|127[.][0-9.]+|\\[::1\\])(:[0-9]+)?([/]|$))/i.test($credentials.baseUrl.trim()) ? $credentials.baseUrl.trim().replace(/[/]+$/, "") : "The Base URL must be https" }}',
			disableFollowRedirect: true,
			url: '={{ $credentials.testMode ? "data:," : "/models" }}',
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message:
						'BytePlus / Volcengine does not know this API key in this region. Copy it again from the Ark console, and check Region. An access key ID, which begins with AKLT, belongs into the field of that name.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 403,
					message:
						'BytePlus / Volcengine refuses this API key: it may be limited to other addresses, or a firewall stands between n8n and Ark. Check the key in the Ark console.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 404,
					message: 'There is no API of BytePlus / Volcengine at this Base URL. Leave the field empty unless you use a proxy.',
				},
			},
		],
	};
}
