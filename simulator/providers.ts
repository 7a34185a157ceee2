import { apiframe } from './apiframe';
import { alad } from './gateway/alad';
import { anyfast } from './gateway/anyfast';
import { piapi } from './piapi';
import type { SimulatedProvider } from './provider';

/** A new provider is one folder beside this file and one entry here; all else follows. */
export const providers = { anyfast, alad, piapi, apiframe } satisfies Record<string, SimulatedProvider>;

type Providers = typeof providers;
export type ProviderId = keyof Providers;

/** What is special to each provider, by its ID. */
export type ProviderOptions = { [Id in ProviderId]?: Parameters<Providers[Id]['serve']>[1] };

export const providerIds = Object.keys(providers) as ProviderId[];

/** For those who want the same ports each time: the storage first, then the providers in the order of the list. */
export const fixedPorts = Object.fromEntries(
	['storage', ...providerIds].map((name, index) => [name, 4800 + index]),
) as Readonly<Record<'storage' | ProviderId, number>>;
