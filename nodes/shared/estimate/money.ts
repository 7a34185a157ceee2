import type { Money } from '../providers/adapter';

/** @returns e.g. "1.10 USD", "0.042 USD", "160 credits" */
export function describeMoney({ amount, currency }: Money): string {
	const plain = Number(amount.toFixed(6));
	const isInCents = /^[A-Z]{3}$/.test(currency) && Number.isInteger(Number((plain * 100).toFixed(4)));
	return `${isInCents ? plain.toFixed(2) : String(plain)} ${currency}`;
}
