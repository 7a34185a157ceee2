import type { ProviderSimulation } from '../provider';
import { alad } from './alad';
import { anyfast } from './anyfast';
import { apiframe } from './apiframe';
import { piapi } from './piapi';

/** A new provider is one file beside this one and one entry here. */
export const providers = { anyfast, alad, piapi, apiframe } satisfies Record<
	string,
	ProviderSimulation
>;

export type ProviderId = keyof typeof providers;
