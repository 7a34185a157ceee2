import type { Money } from '../../shared/providers/adapter';
import type { ProviderConnection } from '../../shared/request/connection';
import { hash } from '../submission/fingerprint';

/*
 * What this process has approved and not submitted yet, by account. The balance does not show it, so two calls of an
 * agent, or two executions, that ask for the balance at the same moment would otherwise both use what is left.
 */

const accounts = new Map<string, Set<Money>>();

/**
 * Counts costs as those of the account until they are submitted.
 * @returns what was approved before and is still to be billed; and how to end this one, which may be called twice
 */
export function countUnbilled(
	{ provider, baseUrl, apiKey }: ProviderConnection,
	costs: readonly Money[],
): { before: Money[]; end: (cost: Money) => void } {
	const account = hash([provider.id, baseUrl, apiKey]);
	const unbilled = accounts.get(account) ?? new Set();
	const before = [...unbilled];
	accounts.set(account, unbilled);
	for (const cost of costs) unbilled.add(cost);
	return {
		before,
		end(cost) {
			unbilled.delete(cost);
			if (unbilled.size === 0 && accounts.get(account) === unbilled) accounts.delete(account);
		},
	};
}
