import type {
	IAuthenticateGeneric,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';
import { priceFields } from './priceFields';
import { hiddenInTestMode, testModeField } from './testModeField';

export class PiapiApi implements ICredentialType {
	name = 'piapiApi';

	displayName = 'PiAPI API';

	icon: Icon = { light: 'file:piapi.svg', dark: 'file:piapi.dark.svg' };

	documentationUrl = 'https://piapi.ai/docs';

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
			description: 'Made in the PiAPI workspace under API keys',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			displayOptions: hiddenInTestMode,
			required: true,
			default: 'https://api.piapi.ai',
			placeholder: 'e.g. https://api.piapi.ai',
			description:
				'Address of the API; must be https, except on this machine. If the test shows ERR_INVALID_URL, it is not; if it shows ECONNREFUSED or ENOTFOUND, there is no server at this address.',
		},
		{
			displayName: 'Upload URL',
			name: 'uploadBaseUrl',
			type: 'string',
			displayOptions: hiddenInTestMode,
			required: true,
			default: 'https://upload.theapi.app',
			placeholder: 'e.g. https://upload.theapi.app',
			description:
				"Address of PiAPI's own storage, to which binary files and data URIs go for a day because the API takes URLs only",
		},
		...priceFields,
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { 'X-API-Key': '={{$credentials.apiKey}}' } },
	};

	/** Reads the account, which is free. */
	test: ICredentialTestRequest = {
		request: {
			// In Test Mode nothing is sent: an empty data URL answers. Else the key is sent to https or to this machine only, and never to the target of a redirect.
			baseURL:
				'={{ $credentials.testMode ? "data:," : /^(https:[/][/]|http:[/][/](localhost|127[.][0-9.]+|\\[::1\\])(:[0-9]+)?([/]|$))/i.test($credentials.baseUrl.trim()) ? $credentials.baseUrl.trim().replace(/[/]+$/, "") : "The Base URL must be https" }}',
			disableFollowRedirect: true,
			url: '={{ $credentials.testMode ? "data:," : "/account/info" }}',
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message: 'PiAPI does not know this API key. Copy it again from the PiAPI workspace.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 403,
					message:
						'PiAPI refuses this API key, or a firewall stands between n8n and PiAPI. Check in the PiAPI workspace that the key is enabled.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 404,
					message: 'There is no PiAPI at this Base URL. Leave it as it was unless you use a proxy.',
				},
			},
		],
	};
}
