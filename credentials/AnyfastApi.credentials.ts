import type {
	IAuthenticateGeneric,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';
import { priceFields } from './priceFields';
import { hiddenInTestMode, testModeField } from './testModeField';

export class AnyfastApi implements ICredentialType {
	name = 'anyfastApi';

	displayName = 'AnyFast API';

	icon: Icon = { light: 'file:anyfast.svg', dark: 'file:anyfast.dark.svg' };

	documentationUrl = 'https://docs.anyfast.ai';

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
			description: 'Made in the AnyFast console under API keys',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			displayOptions: hiddenInTestMode,
			required: true,
			default: 'https://www.anyfast.ai',
			placeholder: 'e.g. https://www.anyfast.ai',
			description:
				'Address of the API; must be https, except on this machine. If the test shows ERR_INVALID_URL, it is not; if it shows ECONNREFUSED or ENOTFOUND, there is no server at this address.',
		},
		...priceFields,
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
	};

	/** Lists models, which is free. */
	test: ICredentialTestRequest = {
		request: {
			// In Test Mode nothing is sent: an empty data URL answers. Else the key is sent to https or to this machine only, and never to the target of a redirect.
			baseURL:
				'={{ $credentials.testMode ? "data:," : /^(https:[/][/]|http:[/][/](localhost|127[.][0-9.]+|\\[::1\\])(:[0-9]+)?([/]|$))/i.test($credentials.baseUrl.trim()) ? $credentials.baseUrl.trim().replace(/[/]+$/, "") : "The Base URL must be https" }}',
			disableFollowRedirect: true,
			url: '={{ $credentials.testMode ? "data:," : "/v1/models" }}',
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message: 'AnyFast does not know this API key. Copy it again from the AnyFast console.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 404,
					message: 'There is no AnyFast API at this Base URL. Leave it as it was unless you use a proxy.',
				},
			},
		],
	};
}
