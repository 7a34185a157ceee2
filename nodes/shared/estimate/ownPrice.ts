import type { Price } from '../providers/adapter';

/** A price that the user has given, and what it is for; without a model or a resolution for all of them. */
export interface OwnPrice {
	model?: string;
	resolution?: string;
	price: Price;
}

/** @returns the price that is most exactly for this generation; the model counts for more than the resolution */
export function ownPriceFor(
	prices: readonly OwnPrice[],
	model: string,
	resolution: string | undefined,
): OwnPrice | undefined {
	const fitting = prices.filter(
		(own) =>
			(own.model === undefined || own.model === model) &&
			(own.resolution === undefined || own.resolution === resolution),
	);
	const exactness = (own: OwnPrice) => (own.model === undefined ? 0 : 2) + (own.resolution === undefined ? 0 : 1);
	return fitting.reduce<OwnPrice | undefined>(
		(best, own) => (best === undefined || exactness(own) > exactness(best) ? own : best),
		undefined,
	);
}
