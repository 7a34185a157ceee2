import { supported, type Operation } from '../../shared/node/operation';
import { assetGroupLocator } from '../../shared/node/pickers';
import { shapeAssetGroup } from '../../shared/node/shape';
import { callProvider } from '../../shared/request/callProvider';

export const update = {
	option: {
		name: 'Update Asset Group',
		value: 'update',
		action: 'Update asset group',
		description: 'Give an asset group another name',
	},
	toolDescription: 'Gives an asset group of the provider another name.',
	properties: [
		assetGroupLocator({ description: 'The asset group to rename' }),
		{
			displayName: 'New Name',
			name: 'name',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. summer-campaign',
		},
	],
	isSupportedBy: ({ assetGroups }) => assetGroups?.update !== undefined,
	prepare({ parameters, provider, connection }) {
		const endpoint = supported(provider.assetGroups?.update);
		const groupId = parameters.requiredId('groupId', 'Asset Group');
		const name = parameters.requiredText('name', 'New Name');
		return async () => {
			await callProvider(connection, endpoint, { groupId, name });
			return [shapeAssetGroup(provider, { id: groupId, name, raw: undefined }, true)];
		};
	},
} satisfies Operation;
