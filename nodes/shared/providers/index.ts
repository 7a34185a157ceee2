import type { ProviderAdapter } from './adapter';
import { alad } from './alad';
import { anyfast } from './anyfast';
import { apiframe } from './apiframe';
import { ark } from './ark';
import { piapi } from './piapi';

/** Every provider of the package. Menus, credential slots, pickers and checks derive from this list. */
export const providers: readonly ProviderAdapter[] = [anyfast, alad, piapi, apiframe, ark];
