import type { NodeExecutionHint } from 'n8n-workflow';
import { type Estimate, moneyOf, readEstimate } from '../../shared/estimate/estimate';
import { describeMoney } from '../../shared/estimate/money';
import type { OutputItem } from '../../shared/node/operation';
import type { Money, ProviderAdapter } from '../../shared/providers/adapter';
import { readNumber } from '../../shared/providers/read';

/** Says what all videos of a run were estimated at together, and what the provider has billed; nothing without a price. */
export function costHints(
	items: readonly OutputItem[],
	{ costUnitsPerUsd }: Pick<ProviderAdapter, 'costUnitsPerUsd'> = {},
): NodeExecutionHint[] {
	// An error item has no estimate, whatever there is a price for.
	const estimated = items.filter(({ json }) => json.error === undefined);
	const priced = estimated.flatMap(({ json }) => pricedEstimate(json.estimate) ?? []);
	if (priced.length === 0) return [];
	const unpriced = estimated.length - priced.length;
	const rest = unpriced === 0 ? '' : `, and there is no price for ${unpriced} more`;
	const billed = items.flatMap(({ json }) => readNumber(json.cost) ?? []);
	const isBilled = costUnitsPerUsd !== undefined && billed.length === items.length;
	const sum = billed.reduce((total, one) => total + one, 0) / (costUnitsPerUsd ?? 1);
	const cost = describeMoney({ amount: sum, currency: 'USD' });
	const message = `Estimated: ${sumsOf(priced).join(' and ')}${rest}.${isBilled ? ` Billed: ${cost}.` : ''}`;
	return [{ type: 'info', message }];
}

type Priced = Estimate & { money: Money };

function pricedEstimate(stored: unknown): Priced | undefined {
	const estimate = readEstimate(stored);
	const money = estimate ? moneyOf(estimate) : undefined;
	return estimate && money ? { ...estimate, money } : undefined;
}

const basisWords: Readonly<Record<Estimate['basis'], string>> = {
	yourPrice: 'your price',
	livePrice: "the provider's price of the moment",
	listPrice: 'the list price',
	tokens: 'tokens',
};

/** One for each currency and basis. @returns e.g. "up to 3.30 USD for 3 videos by the list price of 2026-11-28" */
function sumsOf(estimates: readonly Priced[]): string[] {
	const groups = new Map<string, Priced[]>();
	for (const estimate of estimates) {
		const day = estimate.basis === 'listPrice' && estimate.asOf ? ` of ${estimate.asOf}` : '';
		const words = `${basisWords[estimate.basis]}${day}`;
		const key = [estimate.money.currency, words].join();
		groups.set(key, [...(groups.get(key) ?? []), estimate]);
	}
	return [...groups].map(([key, group]) => {
		const [currency = '', words = ''] = key.split(',');
		const amount = group.reduce((sum, { money }) => sum + money.amount, 0);
		const bound = group.some(({ isUpperBound }) => isUpperBound) ? 'up to ' : '';
		const videos = group.length === 1 ? 'one video' : `${group.length} videos`;
		return `${bound}${describeMoney({ amount, currency })} for ${videos} by ${words}`;
	});
}
