import type { INodeProperties } from 'n8n-workflow';
import { priceColumns } from '../../../credentials/priceFields';
import { empty, InputError, mustBe } from '../../shared/errors';
import type { OwnPrice } from '../../shared/estimate/ownPrice';
import { wordsFor } from '../../shared/node/fieldValue';
import { type Fields, Parameters } from '../../shared/node/parameters';
import type { Session } from '../../shared/node/operation';
import { type Price, priceUnits } from '../../shared/providers/adapter';
import { listOf } from '../../shared/text';
import { listedModels } from '../checks/listedModels';

/** Prices of the user's own: those of the credential, and one on the node that takes their place. */

export const priceOption: INodeProperties = {
	displayName: 'Price',
	name: 'price',
	type: 'fixedCollection',
	default: { price: { amount: '', per: 'second', currency: 'USD' } },
	description: 'What this generation costs you, in place of the prices in the credential. It is sent to nobody.',
	options: [
		{
			displayName: 'Price',
			name: 'price',
			values: priceColumns,
		},
	],
};

/**
 * @param modelId of this generation, which a price may be for although no table and no list knows it
 * @throws InputError for a price that is none, or for a model that the provider does not have
 */
export async function readOwnPrices(session: Session, modelId: string): Promise<OwnPrice[]> {
	const own = session.parameters.collection('options', 'Options').group(priceOption.name, 'price', priceOption.displayName);
	if (own) return [{ price: readPrice(own, (field) => `${field} of the option ${priceOption.displayName}`) }];
	const { connection, provider } = session;
	const credential = new Parameters((name) => (name === 'prices' ? connection.prices : undefined));
	const place = `Prices in the ${provider.displayName} credential`;
	const prices = credential.entries('prices', 'price', place).map((entry, index): OwnPrice => {
		const label = (field: string) => `${field} of price ${index + 1} in the ${provider.displayName} credential`;
		return {
			model: entry.text('model', label('Model')),
			resolution: readResolution(entry, label('Resolution')),
			price: readPrice(entry, label),
		};
	});
	for (const [index, { model }] of prices.entries()) {
		if (model === undefined || model === modelId || (await hasModel(session, model))) continue;
		const field = `Model of price ${index + 1} in the ${provider.displayName} credential`;
		const known = listOf(provider.videoModels.map(({ id }) => id), 'or');
		const advice = `Write ${known} there, or leave it empty for all models.`;
		throw new InputError([mustBe(field, `a model of ${provider.displayName}`, wordsFor(model), advice)]);
	}
	return prices;
}

async function hasModel(session: Session, modelId: string): Promise<boolean> {
	const isModel = ({ id }: { id: string }) => id === modelId;
	if (session.provider.videoModels.some(isModel)) return true;
	const listed = await listedModels(session);
	return listed === undefined || listed.models.some(isModel);
}

function readPrice(fields: Fields, label: (field: string) => string): Price {
	const amount = fields.number('amount', label('Price'));
	if (amount === undefined || amount <= 0) {
		throw new InputError([mustBe(label('Price'), 'a number above 0', amount === undefined ? empty : String(amount))]);
	}
	return {
		amount,
		per: fields.choice('per', label('Per'), priceUnits) ?? 'second',
		currency: readCurrency(fields, 'currency', label('Currency')),
	};
}

function readResolution(fields: Fields, label: string): string | undefined {
	const resolution = fields.text('resolution', label)?.toLowerCase();
	if (resolution === undefined || /^\d+[pk]$/.test(resolution)) return resolution;
	throw new InputError([mustBe(label, 'a resolution such as 720p', wordsFor(resolution), 'Correct it, or leave it empty for all resolutions.')]);
}

/** @returns an ISO 4217 code in capitals, or `credits`; US dollars if there is none */
export function readCurrency(fields: Fields, name: string, label: string): string {
	const text = fields.text(name, label) ?? 'USD';
	if (/^[a-z]{3}$/i.test(text)) return text.toUpperCase();
	if (/^credits?$/i.test(text)) return 'credits';
	throw new InputError([mustBe(label, 'the three letters of a currency, such as USD, or credits', wordsFor(text))]);
}
