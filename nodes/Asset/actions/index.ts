import type { Operation } from '../../shared/node/operation';
import { create } from './create.operation';
import { deleteAsset } from './delete.operation';
import { get } from './get.operation';
import { getMany } from './getMany.operation';
import { update } from './update.operation';
import { waitUntilActive } from './waitUntilActive.operation';

/** In the order of the menu. */
export const operations: readonly Operation[] = [
	create,
	deleteAsset,
	get,
	getMany,
	update,
	waitUntilActive,
];
