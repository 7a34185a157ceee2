import type { LocalOperation } from '../../shared/node/operation';
import { inspect } from './inspect.operation';
import { joinShots } from './joinShots.operation';
import { setSound } from './setSound.operation';
import { trim } from './trim.operation';

/** The first one is preset. */
export const operations: readonly LocalOperation[] = [joinShots, setSound, trim, inspect];
