import type { INodeProperties } from 'n8n-workflow';
import { readDelivery } from '../../shared/node/deliver';
import { notInTools, showWhen } from '../../shared/node/description';
import { downloadVideoField } from '../../shared/node/download.fields';
import { optionsField, simplifyField } from '../../shared/node/fields';
import { linkHints } from '../../shared/node/hints';
import type { Operation } from '../../shared/node/operation';
import type { Parameters } from '../../shared/node/parameters';
import { taskLocator } from '../../shared/node/pickers';
import { failedEarlier, checkOrSuspend, refuseSuspending } from '../waiting/betweenChecks';
import { readWaitSettings, waitOptions } from '../waiting/wait.fields';
import { waitAndDeliver } from '../waiting/inThisNode';

const freeWorkerFields: INodeProperties[] = [
	{
		displayName: 'Free the Worker Between Checks',
		name: 'freeWorker',
		type: 'boolean',
		// It decides how many outputs the node has.
		noDataExpression: true,
		default: false,
		description:
			'Whether to put the execution aside between two checks, so that it holds no worker and survives a restart. n8n wakes it about once a minute.',
	},
	...showWhen({ freeWorker: [true] }, [
		{
			displayName:
				'Connect the output <b>Still Running</b> back to the input of this node, and go on from <b>Finished</b>',
			name: 'freeWorkerNotice',
			type: 'notice',
			default: '',
		},
	]),
];

/** n8n reads this as the outputs of the node. */
export const taskOutputs =
	'={{ $parameter["operation"] === "waitForTask" && $parameter["freeWorker"] ? [{ type: "main", displayName: "Still Running" }, { type: "main", displayName: "Finished" }] : [{ type: "main" }] }}' as const;
const finishedOutput = 1;

const isWorkerFree = (parameters: Parameters) =>
	parameters.boolean('freeWorker', 'Free the Worker Between Checks');

export const waitForTask = {
	option: {
		name: 'Wait for Task',
		value: 'waitForTask',
		action: 'Wait for a task',
		description: 'Wait for a generation that was started before; nothing is paid again',
	},
	toolDescription:
		'Waits until one video of Seedance is finished, which can take minutes, free of charge. Needs the taskId that the tool that makes videos gave. Returns videoUrl, the link to the video until videoUrlExpiresAt.',
	properties: [
		taskLocator(),
		...notInTools([...freeWorkerFields, downloadVideoField]),
		simplifyField,
		optionsField(waitOptions),
	],
	maxConcurrentItems: () => Infinity,
	outputIndex: (parameters) => (isWorkerFree(parameters) ? finishedOutput : 0),
	hints: linkHints,
	prepare(session) {
		const { parameters } = session;
		const isFree = isWorkerFree(parameters);
		const failed = isFree ? failedEarlier(session) : undefined;
		if (failed) return async () => [failed];
		const taskId = parameters.requiredId('taskId', 'Task');
		const wait = readWaitSettings(parameters);
		const delivery = readDelivery(parameters);
		if (isFree) {
			refuseSuspending(session, taskId);
			return async () => [await checkOrSuspend(session, taskId, wait, delivery)];
		}
		return async () => [
			await waitAndDeliver(session, taskId, { ...wait, isNew: false }, delivery),
		];
	},
} satisfies Operation;
