import { InputError, isMissing } from '../../shared/errors';
import { showForProviders } from '../../shared/node/description';
import { supported, type Operation } from '../../shared/node/operation';
import { assetLocator, targetGroupLocator } from '../../shared/node/pickers';
import { shapeAsset } from '../../shared/node/shape';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { callProvider } from '../../shared/request/callProvider';

/** Not every provider can move an asset to another group. */
const canMove = ({ assets: { updatableFields, newAssetFields } }: ProviderAdapter) =>
	(updatableFields ?? newAssetFields).includes('groupId');

export const update = {
	option: {
		name: 'Update Asset',
		value: 'update',
		action: 'Update asset',
		description: 'Rename an asset or move it to another group',
	},
	toolDescription: 'Renames an asset of the provider, or moves it to another group.',
	properties: [
		assetLocator({ description: 'The asset to change' }),
		{
			displayName: 'Update Fields',
			name: 'updateFields',
			type: 'collection',
			placeholder: 'Add Field',
			default: {},
			options: [
				...showForProviders(canMove, [
					targetGroupLocator({ required: false, description: 'The asset group to move the asset to' }),
				]),
				{
					displayName: 'Name',
					name: 'name',
					type: 'string',
					default: '',
					placeholder: 'e.g. main-character',
				},
			],
		},
	],
	isSupportedBy: ({ assets }) => assets.update !== undefined,
	prepare({ parameters, provider, connection }) {
		const endpoint = supported(provider.assets.update);
		const assetId = parameters.requiredId('assetId', 'Asset');
		const fields = parameters.collection('updateFields', 'Update Fields');
		const name = fields.text('name', 'Name');
		const groupId = fields.id('groupId', 'Asset Group');
		if (groupId && !canMove(provider)) {
			const message = `${provider.displayName} cannot move an asset to another Asset Group.`;
			throw new InputError([
				{ field: 'Asset Group', message, advice: 'Remove it. To have the file in another group, make another asset of it there.' },
			]);
		}
		if (!name && !groupId) {
			throw new InputError([
				isMissing('Update Fields', 'Add a Name or an Asset Group.'),
			]);
		}
		return async () => {
			await callProvider(connection, endpoint, { assetId, name, groupId });
			return [shapeAsset(provider, { id: assetId, name, groupId, raw: undefined }, true)];
		};
	},
} satisfies Operation;
