import { notInTools } from '../../shared/node/description';
import { assetTimeoutField, assetTimeoutMs, optionsField, simplifyField } from '../../shared/node/fields';
import { deletionHints } from '../../shared/node/hints';
import { includeInputFieldsOption } from '../../shared/node/inputFields';
import type { Operation } from '../../shared/node/operation';
import { assetLocator } from '../../shared/node/pickers';
import { shapeAsset } from '../../shared/node/shape';
import { waitForAsset } from '../../shared/wait/waitForAsset';

export const waitUntilActive = {
	option: {
		name: 'Wait Until Active',
		value: 'waitUntilActive',
		action: 'Wait until asset is active',
		description: 'Wait until the provider has processed an asset so that it can be cited',
	},
	toolDescription:
		'Waits until an asset, given by its assetId, is active, so that videos of Seedance can cite it. That takes seconds to minutes.',
	properties: [
		assetLocator({ description: 'The asset to wait for' }),
		simplifyField,
		optionsField([...notInTools([includeInputFieldsOption]), assetTimeoutField]),
	],
	maxConcurrentItems: () => 5,
	executionHints: deletionHints,
	prepare({ parameters, provider, connection }) {
		const assetId = parameters.requiredId('assetId', 'Asset');
		const timeoutMs = assetTimeoutMs(parameters.collection('options', 'Options'));
		const simplify = parameters.boolean('simplify', simplifyField.displayName);
		return async () => {
			const asset = await waitForAsset(connection, assetId, { timeoutMs, isNew: false });
			return [shapeAsset(provider, asset, simplify)];
		};
	},
} satisfies Operation;
