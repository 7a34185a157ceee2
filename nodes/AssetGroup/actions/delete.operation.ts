import { supported, type Operation } from '../../shared/node/operation';
import { assetGroupLocator } from '../../shared/node/pickers';
import { callProvider } from '../../shared/request/callProvider';

export const deleteGroup = {
	option: {
		name: 'Delete Asset Group',
		value: 'delete',
		action: 'Delete asset group',
		description: 'Delete an asset group for good',
	},
	toolDescription: 'Deletes an asset group of the provider for good. There is no way back.',
	properties: [assetGroupLocator({ description: 'The asset group to delete' })],
	isSupportedBy: ({ assetGroups }) => assetGroups?.delete !== undefined,
	prepare({ parameters, provider, connection }) {
		const endpoint = supported(provider.assetGroups?.delete);
		const groupId = parameters.requiredId('groupId', 'Asset Group');
		return async () => {
			await callProvider(connection, endpoint, { groupId });
			return [{ json: { provider: provider.id, groupId, deleted: true } }];
		};
	},
} satisfies Operation;
