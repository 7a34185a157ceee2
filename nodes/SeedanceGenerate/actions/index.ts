import type { Operation } from '../../shared/node/operation';
import { cancelTask } from './cancelTask.operation';
import { check } from './check.operation';
import { downloadVideo } from './downloadVideo.operation';
import { finalizeDraft } from './finalizeDraft.operation';
import { generate } from './generate.operation';
import { getBalance } from './getBalance.operation';
import { getManyTasks } from './getManyTasks.operation';
import { getTask } from './getTask.operation';
import { waitForTask } from './waitForTask.operation';

/** In the order of the menu; the first is the default. */
export const operations: readonly Operation[] = [
	generate,
	cancelTask,
	check,
	downloadVideo,
	finalizeDraft,
	getBalance,
	getManyTasks,
	getTask,
	waitForTask,
];
