import { assetPaymentNotice } from '../../shared/node/fields';
import { supported, type Operation } from '../../shared/node/operation';
import { shapeAssetGroup } from '../../shared/node/shape';
import { callProvider } from '../../shared/request/callProvider';

export const create = {
	option: {
		name: 'Create Asset Group',
		value: 'create',
		action: 'Create asset group',
		description: 'Create a group to keep assets in, for example one for each project',
	},
	toolDescription:
		'Makes a group for the images, videos and audio that are kept at the provider, for example one for each project. Returns its groupId.',
	properties: [
		{
			displayName: 'Name',
			name: 'name',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. spring-campaign',
			description: 'The provider stores it with a prefix of your account, which the nodes take off again',
		},
		...assetPaymentNotice('The provider bills each new group.'),
	],
	isSupportedBy: ({ assetGroups }) => assetGroups !== undefined,
	prepare({ parameters, provider, connection }) {
		const endpoint = supported(provider.assetGroups).create;
		const name = parameters.requiredText('name', 'Name');
		return async () => {
			const { id } = await callProvider(connection, endpoint, { name });
			return [shapeAssetGroup(provider, { id, name, raw: undefined }, true)];
		};
	},
} satisfies Operation;
