import type { IHookFunctions } from 'n8n-workflow';
import { readDelivery } from '../shared/node/deliver';
import { Parameters } from '../shared/node/parameters';
import { toNodeError } from '../shared/node/toNodeError';
import { outcomeOf } from '../shared/outcome';
import { callingProviders, readEvents } from './fields';

/** Each task is submitted with the address that the provider calls, so there is nothing to register. */
export const registration = {
	async checkExists(this: IHookFunctions): Promise<boolean> {
		return false;
	},

	/** @throws NodeOperationError for fields with which no callback could start the workflow, such as an empty secret */
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

/** @throws InputError for fields that would fail when a callback arrives, when nobody would see the message */
function checkFields(parameters: Parameters): void {
	const provider = callingProviders.find(({ id }) => id === parameters.text('provider', 'Provider'));
	if (provider?.videoTasks.callback?.fields.includes('secret')) parameters.requiredText('webhookSecret', 'Webhook Secret');
	readEvents(parameters);
	readDelivery(parameters);
}
