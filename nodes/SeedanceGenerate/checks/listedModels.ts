import { perRun } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import type { ListedModel } from '../../shared/providers/adapter';
import { callProvider } from '../../shared/request/callProvider';

export interface ModelList {
	models: readonly ListedModel[];
	/** When it was read, in milliseconds since the epoch. */
	readAtMs: number;
}

/**
 * The provider's own list of models, read once for all items of a run and free of charge.
 * @returns an empty list where the provider has none, undefined if it cannot be read
 */
export const listedModels = perRun(async ({ connection }): Promise<ModelList | undefined> => {
	const { provider, clock } = connection;
	if (!provider.models) return { models: [], readAtMs: clock.now() };
	const list = await outcomeOf(callProvider(connection, provider.models, undefined));
	return list.ok ? { models: list.value, readAtMs: clock.now() } : undefined;
});
