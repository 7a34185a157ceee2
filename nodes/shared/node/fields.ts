import type { INodeProperties } from 'n8n-workflow';
import { showForProviders } from './description';
import type { Fields } from './parameters';

/** Fields that several operations have. Labels and texts follow n8n's guidelines. */

export const simplifyField: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

/** A notice on operations other than Generate that cost money, for providers that bill assets. */
export const assetPaymentNotice = (text: string) =>
	showForProviders(({ billsAssets }) => billsAssets === true, [
		{ displayName: text, name: 'paymentNotice', type: 'notice', default: '' },
	]);

export const returnAllFields: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: { returnAll: [false] } },
	},
];

/** The collection of optional settings, in alphabetical order. */
export const optionsField = (options: INodeProperties[]): INodeProperties => ({
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options,
});

export const checkFilesOption: INodeProperties = {
	displayName: 'Check Files',
	name: 'checkFiles',
	type: 'boolean',
	default: true,
	description:
		'Whether to check binary files and data URIs before anything is sent, and refuse those that break the documented limits: format, size, pixels, length and frame rate',
};

export const checkUrlsOption: INodeProperties = {
	displayName: 'Check URLs',
	name: 'checkUrls',
	type: 'boolean',
	default: false,
	description:
		'Whether to ask the host of each URL, before anything is sent, for the type and size of the file. The API key is not sent there.',
};

const defaultAssetTimeoutSeconds = 300;

export const assetTimeoutField: INodeProperties = {
	displayName: 'Timeout (Seconds)',
	name: 'timeoutSeconds',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: defaultAssetTimeoutSeconds,
	description: 'How long to wait for the asset to become Active',
};

/** @throws InputError for a time that is not positive */
export function assetTimeoutMs(options: Fields): number {
	const { displayName, name } = assetTimeoutField;
	return options.durationMs(name, displayName) ?? defaultAssetTimeoutSeconds * 1000;
}
