import type { Operation } from '../../shared/node/operation';
import { perRun, supported } from '../../shared/node/operation';
import { callProvider } from '../../shared/request/callProvider';

/** The same account for all items of a run. */
const balanceOf = perRun(async ({ connection, provider }) => {
	return await callProvider(connection, supported(provider.balance), undefined);
});

export const getBalance = {
	option: {
		name: 'Get Balance',
		value: 'getBalance',
		action: 'Get balance',
		description: 'Get what is left in the account of the credential, free of charge',
	},
	toolDescription:
		'Tells what is left in the account that pays for the videos, free of charge. Returns balance and its currency.',
	properties: [],
	isSupportedBy: ({ balance }) => balance !== undefined,
	maxConcurrentItems: () => Infinity,
	prepare(session) {
		return async () => {
			const { amount, currency, plan, maxConcurrentTasks } = await balanceOf(session);
			return [
				{
					json: {
						provider: session.provider.id,
						balance: amount,
						currency,
						plan: plan ?? null,
						maxConcurrentTasks: maxConcurrentTasks ?? null,
					},
				},
			];
		};
	},
} satisfies Operation;
