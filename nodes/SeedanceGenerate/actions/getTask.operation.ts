import { shapeTask } from '../../shared/node/deliver';
import { notInTools } from '../../shared/node/description';
import { optionsField, simplifyField } from '../../shared/node/fields';
import { linkHints } from '../../shared/node/hints';
import { includeInputFieldsOption } from '../../shared/node/inputFields';
import type { Operation } from '../../shared/node/operation';
import { readTaskId, taskLocator } from '../../shared/node/pickers';
import { callProvider } from '../../shared/request/callProvider';

export const getTask = {
	option: {
		name: 'Get Task',
		value: 'getTask',
		action: 'Get task',
		description: 'Get the status of a generation once, without waiting and without paying',
	},
	toolDescription:
		'Checks one video of Seedance, free of charge. Needs the taskId that the tool that makes videos gave. When status is succeeded, videoUrl is the link to the video until videoUrlExpiresAt. When it is queued or running, check again later. When it is failed, failureMessage says why.',
	properties: [taskLocator(), simplifyField, ...notInTools([optionsField([includeInputFieldsOption])])],
	executionHints: linkHints,
	prepare(session) {
		const { parameters, provider, connection } = session;
		const taskId = readTaskId(session);
		const simplify = parameters.boolean('simplify', simplifyField.displayName);
		return async () => {
			const task = await callProvider(connection, provider.videoTasks.get, { taskId });
			return [shapeTask(session, task, { simplify })];
		};
	},
} satisfies Operation;
