import { TaskNotFinishedError } from '../../shared/errors';
import { download, requireVideo, shapeTask } from '../../shared/node/deliver';
import { downloadOptions, fileNameOption, readBinaryFields } from '../../shared/node/download.fields';
import { optionsField, simplifyField } from '../../shared/node/fields';
import { includeInputFieldsOption } from '../../shared/node/inputFields';
import type { Operation } from '../../shared/node/operation';
import { readTaskId, taskLocator } from '../../shared/node/pickers';
import { callProvider } from '../../shared/request/callProvider';
import { isSettledStatus } from '../../shared/vocabulary';

const runAgain = 'Run this again in some minutes; that is not paid again.';

export const downloadVideo = {
	option: {
		name: 'Download Video',
		value: 'downloadVideo',
		action: 'Download video',
		description: 'Fetch a fresh link to a finished video and download it; nothing is paid again',
	},
	properties: [
		taskLocator(),
		simplifyField,
		optionsField([fileNameOption, includeInputFieldsOption, ...downloadOptions]),
	],
	prepare(session) {
		const { parameters, provider, connection } = session;
		const taskId = readTaskId(session);
		const fields = readBinaryFields(parameters);
		const simplify = parameters.boolean('simplify', simplifyField.displayName);
		return async () => {
			// Links work for hours only, so a fresh one is always fetched.
			const found = await callProvider(connection, provider.videoTasks.get, { taskId });
			if (!isSettledStatus(found.status)) {
				const why = `is ${found.status}, so there is no video to download yet`;
				throw new TaskNotFinishedError(provider.displayName, taskId, why, 'input');
			}
			const task = requireVideo(session, found);
			const { binary, failures } = await download(session, task, fields, runAgain);
			if (failures[0]) throw failures[0];
			return [{ ...shapeTask(session, task, { simplify }), binary }];
		};
	},
} satisfies Operation;
