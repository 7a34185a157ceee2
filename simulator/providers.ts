import { apiframe } from './apiframe';
import { ark } from './ark';
import { alad } from './gateway/alad';
import { anyfast } from './gateway/anyfast';
import { piapi } from './piapi';
import type { SimulatedProvider } from './provider';

/** A new provider is one folder beside this file and one entry here; all else follows. */
export const providers = { anyfast, alad, piapi, apiframe, ark } satisfies Record<string, SimulatedProvider>;

type Providers = typeof providers;
export type ProviderId = keyof Providers;

/** What is special to each provider, by its ID. */
export type ProviderOptions = { [Id in ProviderId]?: Parameters<Providers[Id]['serve']>[1] };

export const providerIds = Object.keys(providers) as ProviderId[];

/** A host of a provider besides its first one, such as `ark-china`. */
export type OtherHost = `${ProviderId}-${string}`;

export const otherHosts: Readonly<Record<ProviderId, readonly string[]>> = mapProviders(({ hosts = [] }) => hosts);

export function otherHost(provider: ProviderId, host: string): OtherHost {
	return `${provider}-${host}`;
}

/** For those who want the same ports each time: the storage, then the providers in the order of the list, then their other hosts. */
export const fixedPorts = Object.fromEntries(
	[
		...['storage', ...providerIds],
		...providerIds.flatMap((id) => otherHosts[id].map((host) => otherHost(id, host))),
	].map((name, index) => [name, 4800 + index]),
) as Readonly<Record<'storage' | ProviderId | OtherHost, number>>;

function mapProviders<Value>(read: (provider: SimulatedProvider) => Value): Record<ProviderId, Value> {
	return Object.fromEntries(
		Object.entries<SimulatedProvider>(providers).map(([id, provider]) => [id, read(provider)]),
	) as Record<ProviderId, Value>;
}
