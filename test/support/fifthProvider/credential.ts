import type { IAuthenticateGeneric, ICredentialType, INodeProperties } from 'n8n-workflow';

/** Its key travels in the query, where that of no other provider does. */
export class FableApi implements ICredentialType {
	name = 'fableApi';

	displayName = 'Fable API';

	properties: INodeProperties[] = [
		{ displayName: 'API Key', name: 'apiKey', type: 'string', typeOptions: { password: true }, default: '' },
		{ displayName: 'Base URL', name: 'baseUrl', type: 'string', default: '' },
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { qs: { ticket: '={{$credentials.apiKey}}' } },
	};
}
