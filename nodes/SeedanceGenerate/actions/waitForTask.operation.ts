import { optionsField, simplifyField } from '../../shared/node/fields';
import type { Operation } from '../../shared/node/operation';
import { waitAndDeliver } from './deliver';
import { taskIdField } from './task.fields';
import { downloadVideoField, readBinaryFields, readWaitSettings, waitOptions } from './wait.fields';

export const waitForTask = {
	option: {
		name: 'Wait for Task',
		value: 'waitForTask',
		action: 'Wait for a task',
		description: 'Wait for a generation that was started before; nothing is paid again',
	},
	properties: [
		taskIdField,
		downloadVideoField,
		simplifyField,
		optionsField(waitOptions),
	],
	maxConcurrentItems: Infinity,
	prepare(session) {
		const { parameters } = session;
		const taskId = parameters.requiredText('taskId', 'Task ID');
		const wait = readWaitSettings(parameters);
		const delivery = {
			simplify: parameters.boolean('simplify'),
			binaryFields: parameters.boolean('downloadVideo') ? readBinaryFields(parameters) : undefined,
		};
		return async () => [
			await waitAndDeliver(session, taskId, { ...wait, isNew: false }, delivery),
		];
	},
} satisfies Operation;
