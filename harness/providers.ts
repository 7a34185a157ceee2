import { providers as adapters } from '../nodes/shared/providers';
import { providers as simulations, type ProviderId } from '../simulator';

export type Provider = ProviderId;

/** Every provider of the package, for tests that hold for each; the adapter says what it can do. */
export const eachProvider = adapters.map((adapter) => {
	const { id: provider, displayName, credentialType } = adapter;
	if (!isSimulated(provider)) throw new Error(`The simulator does not know ${provider}`);
	return { provider, displayName, credentialType, adapter };
});

export type ProviderEntry = (typeof eachProvider)[number];

function isSimulated(id: string): id is Provider {
	return id in simulations;
}
