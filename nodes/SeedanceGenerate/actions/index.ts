import type { Operation } from '../../shared/node/operation';
import { downloadVideo } from './downloadVideo.operation';
import { generate } from './generate.operation';
import { getManyTasks } from './getManyTasks.operation';
import { getTask } from './getTask.operation';
import { waitForTask } from './waitForTask.operation';

/** In the order of the menu; the first is the default. */
export const operations: readonly Operation[] = [
	generate,
	downloadVideo,
	getManyTasks,
	getTask,
	waitForTask,
];
