import type { INodeProperties } from 'n8n-workflow';
import { showForProviders } from '../../shared/node/description';
import { returnAllFields, simplifyField } from '../../shared/node/fields';
import { supported, type Operation, type OutputItem } from '../../shared/node/operation';
import { shapeAsset } from '../../shared/node/shape';
import type { AssetOrder, AssetQuery } from '../../shared/providers/adapter';
import { listPages } from '../../shared/request/listItems';
import { assetStatuses, type AssetQuota, type AssetStatus } from '../../shared/vocabulary';

const filterFor = (name: keyof AssetQuery, filter: INodeProperties) =>
	showForProviders(({ assets }) => assets.filters?.includes(name) ?? false, [filter]);

const assetOrders = ['lastUsed', 'newest', 'oldest'] as const satisfies readonly AssetOrder[];

/** The share of the quota from which on the user is warned. */
const nearlyFull = 0.9;

export const getMany = {
	option: {
		name: 'Get Many Assets',
		value: 'getMany',
		action: 'Get many assets',
		description: 'List the assets of the API key',
	},
	toolDescription:
		'Lists the images, videos and audio that are kept at the provider, with their assetId, name, type and status. Videos of Seedance can cite those that are active.',
	properties: [
		...returnAllFields,
		{
			displayName: 'Filters',
			name: 'filters',
			type: 'collection',
			placeholder: 'Add Filter',
			default: {},
			options: [
				...filterFor('groupIds', {
					displayName: 'Asset Group Names or IDs',
					name: 'groupIds',
					type: 'multiOptions',
					typeOptions: { loadOptionsMethod: 'getAssetGroups' },
					default: [],
					description:
						'Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
				}),
				...filterFor('groupType', {
					displayName: 'Group Type',
					name: 'groupType',
					type: 'options',
					options: [
						{
							name: 'AIGC',
							value: 'AIGC',
							description: 'Assets made by the API, which is also used without this filter',
						},
						{
							name: 'Any',
							value: '',
							description: 'Do not filter by type, which some channels refuse',
						},
						{
							name: 'Liveness Face',
							value: 'LivenessFace',
							description: 'Assets of verified real people',
						},
					],
					default: 'AIGC',
				}),
				...filterFor('name', {
					displayName: 'Name',
					name: 'name',
					type: 'string',
					default: '',
					placeholder: 'e.g. character',
					description: 'Only assets whose name contains this text',
				}),
				...filterFor('order', {
					displayName: 'Order',
					name: 'order',
					type: 'options',
					// No order by oldest use: it would change from page to page, as being listed counts as use.
					options: [
						{ name: 'Last Used First', value: 'lastUsed' },
						{ name: 'Newest First', value: 'newest' },
						{ name: 'Oldest First', value: 'oldest' },
					] satisfies Array<{ name: string; value: AssetOrder }>,
					default: 'lastUsed',
				}),
				...filterFor('statuses', {
					displayName: 'Statuses',
					name: 'statuses',
					type: 'multiOptions',
					options: [
						{ name: 'Active', value: 'active' },
						{ name: 'Failed', value: 'failed' },
						{ name: 'Processing', value: 'processing' },
					] satisfies Array<{ name: string; value: AssetStatus }>,
					default: [],
					description: 'Only assets in one of these statuses',
				}),
			],
		},
		simplifyField,
	],
	isSupportedBy: ({ assets }) => assets.list !== undefined,
	prepare({ context, parameters, provider, connection }) {
		const endpoint = supported(provider.assets.list);
		const filters = parameters.collection('filters', 'Filters');
		const query = {
			name: filters.text('name', 'Name'),
			groupIds: filters.texts('groupIds', 'Asset Group Names or IDs'),
			groupType: filters.textOrEmpty('groupType', 'Group Type'),
			statuses: filters.choices('statuses', 'Statuses', assetStatuses),
			order: filters.choice('order', 'Order', assetOrders),
		};
		const limit = parameters.limit();
		const simplify = parameters.boolean('simplify', simplifyField.displayName);
		return async () => {
			const items: OutputItem[] = [];
			let quota: AssetQuota | undefined;
			for await (const page of listPages(connection, endpoint, query, limit)) {
				quota = page.quota;
				items.push(...page.items.map((asset) => shapeAsset(provider, asset, simplify, quota)));
			}
			if (quota?.used && quota.limit && quota.used >= quota.limit * nearlyFull) {
				context.addExecutionHints({
					message: `${quota.used} of ${quota.limit} assets are in use at ${provider.displayName}. Delete what is not needed before the next upload is refused.`,
					type: 'warning',
				});
			}
			return items;
		};
	},
} satisfies Operation;
