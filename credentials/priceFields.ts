import type { INodeProperties } from 'n8n-workflow';

/** One price, here and in the option Price of Generate. */
export const priceColumns: INodeProperties[] = [
	{
		displayName: 'Price',
		name: 'amount',
		type: 'number',
		typeOptions: { numberPrecision: 6 },
		default: '',
		placeholder: 'e.g. 0.2',
	},
	{
		displayName: 'Per',
		name: 'per',
		type: 'options',
		options: [
			{ name: 'Million Tokens', value: 'millionTokens' },
			{ name: 'Second of Video', value: 'second' },
			{ name: 'Video', value: 'video' },
		],
		default: 'second',
	},
	{
		displayName: 'Currency',
		name: 'currency',
		type: 'string',
		default: 'USD',
		placeholder: 'e.g. USD',
		description: 'Three letters, such as USD, EUR or CNY, or credits',
	},
];

/** What the user pays, for estimates and caps; sent to nobody. The same in the credential of every provider. */
export const priceFields: INodeProperties[] = [
	{
		displayName: 'Prices',
		name: 'prices',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Price',
		default: {},
		description:
			'What you pay, from your price list or your last bill. Estimates and the option Maximum Cost go by it. Without a price of yours they go by what the provider publishes, if it publishes any.',
		options: [
			{
				displayName: 'Price',
				name: 'price',
				values: [
					...priceColumns,
					{
						displayName: 'Model',
						name: 'model',
						type: 'string',
						default: '',
						placeholder: 'e.g. seedance-2',
						description: 'The ID of the model that this price is for. Leave it empty for all models.',
					},
					{
						displayName: 'Resolution',
						name: 'resolution',
						type: 'string',
						default: '',
						placeholder: 'e.g. 720p',
						description: 'The resolution that this price is for. Leave it empty for all of them.',
					},
				],
			},
		],
	},
];
