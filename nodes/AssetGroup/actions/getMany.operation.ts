import { returnAllFields, simplifyField } from '../../shared/node/fields';
import { supported, type Operation } from '../../shared/node/operation';
import { shapeAssetGroup } from '../../shared/node/shape';
import { listAll } from '../../shared/request/listItems';

export const getMany = {
	option: {
		name: 'Get Many Asset Groups',
		value: 'getMany',
		action: 'Get many asset groups',
		description: 'List the asset groups of the API key',
	},
	toolDescription: 'Lists the asset groups at the provider, with their groupId and name.',
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
					displayName: 'Name',
					name: 'name',
					type: 'string',
					default: '',
					placeholder: 'e.g. spring',
					description: 'Only groups whose name contains this text',
				},
			],
		},
		simplifyField,
	],
	isSupportedBy: ({ assetGroups }) => assetGroups !== undefined,
	prepare({ parameters, provider, connection }) {
		const endpoint = supported(provider.assetGroups).list;
		const query = { name: parameters.collection('filters', 'Filters').text('name', 'Name') };
		const limit = parameters.limit();
		const simplify = parameters.boolean('simplify', simplifyField.displayName);
		return async () => {
			const groups = await listAll(connection, endpoint, query, limit);
			return groups.map((group) => shapeAssetGroup(provider, group, simplify));
		};
	},
} satisfies Operation;
