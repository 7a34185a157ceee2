import { shapeTask } from '../../shared/node/deliver';
import { returnAllFields, simplifyField } from '../../shared/node/fields';
import { supported, type Operation } from '../../shared/node/operation';
import { listAll } from '../../shared/request/listItems';
import { taskStatuses, type TaskStatus } from '../../shared/vocabulary';

export const getManyTasks = {
	option: {
		name: 'Get Many Tasks',
		value: 'getManyTasks',
		action: 'Get many tasks',
		description: 'List the generations of the account, newest first; nothing is paid',
	},
	toolDescription:
		'Lists the videos of Seedance that were started with this account, newest first, free of charge: taskId, status, and videoUrl of each one that is finished.',
	properties: [
		...returnAllFields,
		{
			displayName: 'Filters',
			name: 'filters',
			type: 'collection',
			placeholder: 'Add Filter',
			default: {},
			options: [
				{
					displayName: 'Model',
					name: 'model',
					type: 'string',
					default: '',
					placeholder: 'e.g. seedance-2',
					description: 'Only tasks of the model with this ID',
				},
				{
					displayName: 'Status',
					name: 'status',
					type: 'options',
					options: [
						{ name: 'Cancelled', value: 'cancelled' },
						{ name: 'Failed', value: 'failed' },
						{ name: 'Queued', value: 'queued' },
						{ name: 'Running', value: 'running' },
						{ name: 'Succeeded', value: 'succeeded' },
					] satisfies Array<{ name: string; value: TaskStatus }>,
					default: 'succeeded',
				},
			],
		},
		simplifyField,
	],
	isSupportedBy: ({ videoTasks }) => videoTasks.list !== undefined,
	prepare(session) {
		const { parameters, provider, connection } = session;
		const endpoint = supported(provider.videoTasks.list);
		const filters = parameters.collection('filters', 'Filters');
		const query = {
			model: filters.text('model', 'Model'),
			status: filters.choice('status', 'Status', taskStatuses),
		};
		const limit = parameters.limit();
		const simplify = parameters.boolean('simplify', simplifyField.displayName);
		return async () => {
			const tasks = await listAll(connection, endpoint, query, limit);
			return tasks.map((task) => shapeTask(session, task, { simplify }));
		};
	},
} satisfies Operation;
