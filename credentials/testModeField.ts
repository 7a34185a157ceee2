import type { INodeProperties } from 'n8n-workflow';

/** The same in the credential of every provider. */
export const testModeField: INodeProperties = {
	displayName: 'Test Mode',
	name: 'testMode',
	type: 'boolean',
	default: false,
	description:
		'Whether nothing leaves n8n and nothing is paid: groups, assets and videos are samples that n8n makes by itself, in seconds. No API key is needed. A prompt with [fail] or [moderated] gives a task that ends like that.',
};

/** Of fields that Test Mode does not need. */
export const hiddenInTestMode: INodeProperties['displayOptions'] = { hide: { testMode: [true] } };
