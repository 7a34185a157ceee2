import { returnAllFields, simplifyField } from '../../shared/node/fields';
import { offered, type Operation } from '../../shared/node/operation';
import { shapeAsset } from '../../shared/node/shape';
import { listAll } from '../../shared/request/listItems';

export const getMany = {
	option: {
		name: 'Get Many',
		value: 'getMany',
		action: 'Get many assets',
		description: 'List the assets of the API key',
	},
	properties: [
		...returnAllFields,
		{
			displayName: 'Filters',
			name: 'filters',
			type: 'collection',
			placeholder: 'Add Filter',
			default: {},
			options: [
				{
					displayName: 'Asset Group Names or IDs',
					name: 'groupIds',
					type: 'multiOptions',
					typeOptions: { loadOptionsMethod: 'getAssetGroups' },
					default: [],
					description:
						'Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
				},
				{
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
				},
				{
					displayName: 'Name',
					name: 'name',
					type: 'string',
					default: '',
					placeholder: 'e.g. character',
					description: 'Only assets whose name contains this text',
				},
			],
		},
		simplifyField,
	],
	isSupportedBy: ({ assets }) => assets.list !== undefined,
	prepare({ parameters, provider, connection }) {
		const endpoint = offered(provider.assets.list);
		const filters = parameters.collection('filters');
		const query = {
			name: filters.text('name'),
			groupIds: filters.texts('groupIds'),
			groupType: filters.textOrEmpty('groupType'),
		};
		const limit = parameters.limit();
		const simplify = parameters.boolean('simplify');
		return async () => {
			const assets = await listAll(connection, endpoint, query, limit);
			return assets.map((asset) => shapeAsset(provider, asset, simplify));
		};
	},
} satisfies Operation;
