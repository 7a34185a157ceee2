import type { ProviderSimulation } from '../provider';
import { alad } from './alad';
import { anyfast } from './anyfast';
import { piapi } from './piapi';

/** A new provider is one file beside this one and one entry here. */
export const providers = { anyfast, alad, piapi } satisfies Record<string, ProviderSimulation>;

export type ProviderId = keyof typeof providers;
