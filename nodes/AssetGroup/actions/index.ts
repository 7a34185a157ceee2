import type { Operation } from '../../shared/node/operation';
import { create } from './create.operation';
import { deleteGroup } from './delete.operation';
import { getMany } from './getMany.operation';
import { update } from './update.operation';

/** In the order of the menu. */
export const operations: readonly Operation[] = [create, deleteGroup, getMany, update];
