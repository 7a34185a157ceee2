import type { NodeExecutionHint } from 'n8n-workflow';
import { type Estimate, readEstimate } from '../../shared/estimate/estimate';
import { describeMoney } from '../../shared/estimate/money';
import type { OutputItem } from '../../shared/node/operation';
import { readNumber } from '../../shared/providers/read';

/** Says what all videos of a run were estimated at together, and what the provider has billed; nothing without a price. */
export function costHints(items: readonly OutputItem[]): NodeExecutionHint[] {
	const estimates = items.map(({ json }) => readEstimate(json.estimate));
	const sums = sumsOf(estimates);
	if (sums.length === 0) return [];
	const unpriced = estimates.filter((estimate) => estimate?.amount == null).length;
	const rest = unpriced === 0 ? '' : `, and there is no price for ${unpriced} more`;
	const billed = items.map(({ json }) => readNumber(json.costInUsd));
	const isBilled = billed.every((cost) => cost !== undefined);
	const cost = describeMoney({ amount: billed.reduce<number>((sum, one) => sum + (one ?? 0), 0), currency: 'USD' });
	return [{ type: 'info', message: `Estimated: ${sums.join(' and ')}${rest}.${isBilled ? ` Billed: ${cost}.` : ''}` }];
}

const basisWords: Readonly<Record<Estimate['basis'], string>> = {
	yourPrice: 'your price',
	livePrice: "the provider's price of the moment",
	listPrice: 'the list price',
	tokens: 'tokens',
};

/** One for each currency and basis. @returns e.g. "up to 3.30 USD for 3 videos by the list price of 2026-11-28" */
function sumsOf(estimates: ReadonlyArray<Estimate | null>): string[] {
	const groups = new Map<string, Estimate[]>();
	for (const estimate of estimates) {
		if (estimate?.amount == null) continue;
		const key = [estimate.currency, estimate.basis].join();
		groups.set(key, [...(groups.get(key) ?? []), estimate]);
	}
	return [...groups.values()].map((group) => {
		const [{ currency, basis, asOf } = { currency: null, basis: 'tokens', asOf: null } as const] = group;
		const amount = group.reduce((sum, estimate) => sum + (estimate.amount ?? 0), 0);
		const bound = group.some(({ isUpperBound }) => isUpperBound) ? 'up to ' : '';
		const videos = group.length === 1 ? 'one video' : `${group.length} videos`;
		const day = basis === 'listPrice' && asOf ? ` of ${asOf}` : '';
		return `${bound}${describeMoney({ amount, currency: currency ?? '' })} for ${videos} by ${basisWords[basis]}${day}`;
	});
}
