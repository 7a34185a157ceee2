import type { ProviderAdapter } from './adapter';
import { alad } from './alad';
import { anyfast } from './anyfast';

/** Every provider of the package. Menus, credential slots, pickers and checks derive from this list. */
export const providers: readonly ProviderAdapter[] = [anyfast, alad];
