import type { IHookFunctions } from 'n8n-workflow';
import { readDelivery } from '../shared/node/deliver';
import { Parameters } from '../shared/node/parameters';
import { toNodeError } from '../shared/node/toNodeError';
import { outcomeOf } from '../shared/outcome';
import { callingProviders, readEvents } from './fields';

/** The address is told to the provider with each task, so there is nothing to register with it. */
export const registration = {
	async checkExists(this: IHookFunctions): Promise<boolean> {
		return false;
	},

	/** @throws NodeOperationError for fields with which no call could start the workflow, such as an empty secret */
	async create(this: IHookFunctions): Promise<boolean> {
		const parameters = new Parameters((name) => this.getNodeParameter(name, null));
		const fields = await outcomeOf((async () => checkFields(parameters))());
		if (!fields.ok) throw toNodeError(this.getNode(), fields.error, 0);
		return true;
	},

	async delete(this: IHookFunctions): Promise<boolean> {
		return true;
	},
};

/** @throws InputError for what could not be used when a call comes, when nobody is there to read the message */
function checkFields(parameters: Parameters): void {
	const provider = callingProviders.find(({ id }) => id === parameters.text('provider', 'Provider'));
	if (provider?.videoTasks.callbackProof?.kind === 'secret') parameters.requiredText('webhookSecret', 'Webhook Secret');
	readEvents(parameters);
	readDelivery(parameters);
}
