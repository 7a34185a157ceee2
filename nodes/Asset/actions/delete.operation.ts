import { supported, type Operation } from '../../shared/node/operation';
import { assetLocator } from '../../shared/node/pickers';
import { callProvider } from '../../shared/request/callProvider';

export const deleteAsset = {
	option: {
		name: 'Delete Asset',
		value: 'delete',
		action: 'Delete asset',
		description: 'Delete an asset for good',
	},
	toolDescription: 'Deletes an asset of the provider for good. There is no way back.',
	properties: [assetLocator({ description: 'The asset to delete' })],
	isSupportedBy: ({ assets }) => assets.delete !== undefined,
	maxConcurrentItems: () => 5,
	prepare({ parameters, provider, connection }) {
		const endpoint = supported(provider.assets.delete);
		const assetId = parameters.requiredId('assetId', 'Asset');
		return async () => {
			await callProvider(connection, endpoint, { assetId });
			return [{ json: { provider: provider.id, assetId, deleted: true } }];
		};
	},
} satisfies Operation;
