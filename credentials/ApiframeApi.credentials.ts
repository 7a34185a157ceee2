import type {
	IAuthenticateGeneric,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';
import { priceFields } from './priceFields';
import { hiddenInTestMode, testModeField } from './testModeField';

export class ApiframeApi implements ICredentialType {
	name = 'apiframeApi';

	displayName = 'Apiframe API';

	icon: Icon = { light: 'file:apiframe.svg', dark: 'file:apiframe.dark.svg' };

	documentationUrl = 'https://docs-v2.apiframe.ai';

	properties: INodeProperties[] = [
		testModeField,
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			displayOptions: hiddenInTestMode,
			typeOptions: { password: true },
			required: true,
			default: '',
			description: 'Made in the Apiframe dashboard under API keys; begins with afk_',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			displayOptions: hiddenInTestMode,
			required: true,
			default: 'https://api.apiframe.ai',
			placeholder: 'e.g. https://api.apiframe.ai',
			description:
				'Address of the API; must be https, except on this machine. If the test shows ERR_INVALID_URL, it is not; if it shows ECONNREFUSED or ENOTFOUND, there is no server at this address.',
		},
		...priceFields,
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { 'X-API-Key': '={{$credentials.apiKey}}' } },
	};

	/** Reads the account, which is free; the list of models needs no key, so it would prove nothing. */
	test: ICredentialTestRequest = {
		request: {
			// In Test Mode nothing is sent: an empty data URL answers. Else the key is sent to https or to this machine only, and never to the target of a redirect.
			baseURL:
				'={{ $credentials.testMode ? "data:," : /^(https:[/][/]|http:[/][/](localhost|127[.][0-9.]+|\\[::1\\])(:[0-9]+)?([/]|$))/i.test($credentials.baseUrl.trim()) ? $credentials.baseUrl.trim().replace(/[/]+$/, "") : "The Base URL must be https" }}',
			disableFollowRedirect: true,
			url: '={{ $credentials.testMode ? "data:," : "/v2/me" }}',
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message: 'Apiframe does not know this API key. Copy it again from the Apiframe dashboard.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 403,
					message:
						'This API key is inactive, or a firewall stands between n8n and Apiframe. Switch the key on in the Apiframe dashboard.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 404,
					message: 'There is no Apiframe API at this Base URL. Leave it as it was unless you use a proxy.',
				},
			},
		],
	};
}
