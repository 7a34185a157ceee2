import type { IHookFunctions } from 'n8n-workflow';
import { InputError } from '../shared/errors';
import { Parameters } from '../shared/node/parameters';
import { toNodeError } from '../shared/node/toNodeError';
import { callingProviders } from './fields';

/** The address is told to the provider with each task, so there is nothing to register with it. */
export const registration = {
	async checkExists(this: IHookFunctions): Promise<boolean> {
		return false;
	},

	/** @throws NodeOperationError for a secret that is empty, as every call would be refused */
	async create(this: IHookFunctions): Promise<boolean> {
		const parameters = new Parameters((name) => this.getNodeParameter(name, null));
		const provider = callingProviders.find(({ id }) => id === parameters.text('provider'));
		const needsSecret = provider?.videoTasks.callback?.proof.kind === 'secret';
		if (!needsSecret || parameters.text('webhookSecret').trim() !== '') return true;
		const error = new InputError([
			{ field: 'Webhook Secret', allowed: 'a value is needed', given: '(empty)' },
		]);
		throw toNodeError(this.getNode(), error, 0);
	},

	async delete(this: IHookFunctions): Promise<boolean> {
		return true;
	},
};
