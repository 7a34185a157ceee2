import type { INodeProperties } from 'n8n-workflow';
import { InputError, mustBe } from '../../shared/errors';
import type { Fields } from '../../shared/node/parameters';
import { providers } from '../../shared/providers';
import type { Money, ProviderAdapter } from '../../shared/providers/adapter';
import { listOf } from '../../shared/text';
import { readCurrency } from './prices.fields';

/** What the videos of an execution may come to; more is refused before any of it is paid. */
export interface Caps {
	videos?: number;
	seconds?: number;
	cost?: Money;
	/** What has to stay in the account, in the unit of its balance. */
	balance?: number;
}

const scope = 'Counts what this node has made in the same execution, in a loop or for an agent, too';

const maxVideosOption: INodeProperties = {
	displayName: 'Maximum Videos',
	name: 'maxVideos',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 10,
	description: `How many videos may be made at most; more are refused before the first one is paid. ${scope}.`,
};

const maxSecondsOption: INodeProperties = {
	displayName: 'Maximum Seconds of Video',
	name: 'maxSeconds',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 60,
	description: `How long all videos may be together; more is refused before the first one is paid. Works without a price. ${scope}.`,
};

const maxCostOption: INodeProperties = {
	displayName: 'Maximum Cost',
	name: 'maxCost',
	type: 'number',
	typeOptions: { numberPrecision: 6 },
	default: 5,
	description: `What all videos may cost together, by the estimate; more is refused before the first one is paid. Needs a price: enter yours in the credential where the provider publishes none. ${scope}.`,
};

const maxCostCurrencyOption: INodeProperties = {
	displayName: 'Maximum Cost Currency',
	name: 'maxCostCurrency',
	type: 'string',
	default: 'USD',
	placeholder: 'e.g. USD',
	description: 'The currency of Maximum Cost: three letters, such as USD, EUR or CNY, or credits; without this option USD',
};

const tellingProviders = providers.filter(({ balance }) => balance).map(({ displayName }) => displayName);

export const keepBalanceOption: INodeProperties = {
	displayName: 'Keep Balance Above',
	name: 'keepBalanceAbove',
	type: 'number',
	typeOptions: { minValue: 0, numberPrecision: 6 },
	default: 1,
	description: `What has to be left in the account after these videos, by the estimate, in the unit that Get Balance shows. Holds for all executions and workflows together, as the provider keeps the account. Only at ${listOf(tellingProviders)}.`,
};

export const capOptions: INodeProperties[] = [
	keepBalanceOption,
	maxCostOption,
	maxCostCurrencyOption,
	maxSecondsOption,
	maxVideosOption,
];

export const capLabels = {
	videos: maxVideosOption.displayName,
	seconds: maxSecondsOption.displayName,
	cost: maxCostOption.displayName,
	balance: keepBalanceOption.displayName,
} as const satisfies Record<keyof Caps, string>;

/** @throws InputError for a cap that is no number above 0, or that the provider cannot keep */
export function readCaps(options: Fields, provider: ProviderAdapter): Caps {
	const amount = positive(options, maxCostOption);
	const balance = options.number(keepBalanceOption.name, keepBalanceOption.displayName);
	if (balance !== undefined && balance < 0) {
		throw new InputError([mustBe(keepBalanceOption.displayName, '0 or more', String(balance))]);
	}
	if (balance !== undefined && !provider.balance) {
		const field = keepBalanceOption.displayName;
		const message = `${field} cannot be kept, as ${provider.displayName} does not tell the balance.`;
		throw new InputError([{ field, message, advice: `Remove ${field}; the other caps work with every provider.` }]);
	}
	const currency = readCurrency(options, maxCostCurrencyOption.name, maxCostCurrencyOption.displayName);
	return {
		videos: options.count(maxVideosOption.name, maxVideosOption.displayName),
		seconds: positive(options, maxSecondsOption),
		cost: amount === undefined ? undefined : { amount, currency },
		balance,
	};
}

function positive(options: Fields, { name, displayName }: INodeProperties): number | undefined {
	const value = options.number(name, displayName);
	if (value === undefined || value > 0) return value;
	throw new InputError([mustBe(displayName, 'more than 0', String(value), 'Correct it, or remove the option to have no cap.')]);
}

/**
 * The caps of a run whose items may have different ones, as expressions can tell: the strictest holds for all.
 * @throws InputError if they are in different currencies
 */
export function strictest(caps: readonly Caps[]): Caps {
	const least = (values: ReadonlyArray<number | undefined>) => {
		const given = values.filter((value) => value !== undefined);
		return given.length === 0 ? undefined : Math.min(...given);
	};
	const costs = caps.flatMap(({ cost }) => cost ?? []);
	const currencies = [...new Set(costs.map(({ currency }) => currency))];
	const [currency, another] = currencies;
	if (another !== undefined) {
		const { displayName } = maxCostCurrencyOption;
		const message = `${displayName} must be the same for all items; it is ${listOf(currencies)}.`;
		throw new InputError([{ field: displayName, message, advice: 'Use one currency.' }]);
	}
	const kept = caps.flatMap(({ balance }) => balance ?? []);
	const amount = least(costs.map((cost) => cost.amount));
	return {
		videos: least(caps.map(({ videos }) => videos)),
		seconds: least(caps.map(({ seconds }) => seconds)),
		cost: amount === undefined || currency === undefined ? undefined : { amount, currency },
		balance: kept.length === 0 ? undefined : Math.max(...kept),
	};
}
