import { simplifyField } from '../../shared/node/fields';
import { deletionHints } from '../../shared/node/hints';
import type { Operation } from '../../shared/node/operation';
import { assetLocator } from '../../shared/node/pickers';
import { shapeAsset } from '../../shared/node/shape';
import { readAsset } from '../../shared/request/readAsset';

export const get = {
	option: {
		name: 'Get Asset',
		value: 'get',
		action: 'Get asset',
		description: 'Get the status and details of an asset',
	},
	toolDescription:
		'Gets one asset of the provider, by its assetId: its status, name and type. Videos of Seedance can cite it when its status is active.',
	properties: [assetLocator({ description: 'The asset to get' }), simplifyField],
	executionHints: deletionHints,
	prepare({ parameters, provider, connection }) {
		const assetId = parameters.requiredId('assetId', 'Asset');
		const simplify = parameters.boolean('simplify', simplifyField.displayName);
		return async () => [shapeAsset(provider, await readAsset(connection, assetId), simplify)];
	},
} satisfies Operation;
