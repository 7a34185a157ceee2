import type { INodeProperties } from 'n8n-workflow';
import { readDelivery } from '../../shared/node/deliver';
import { notInTools, showWhen } from '../../shared/node/description';
import { downloadVideoField } from '../../shared/node/download.fields';
import { optionsField, simplifyField } from '../../shared/node/fields';
import { linkHints } from '../../shared/node/hints';
import type { Operation } from '../../shared/node/operation';
import type { Parameters } from '../../shared/node/parameters';
import { readTaskId, taskLocator } from '../../shared/node/pickers';
import { checkOrSuspend, failedEarlier, readWait, requireLoop } from '../waiting/betweenChecks';
import { readWaitSettings, waitOptions } from '../waiting/wait.fields';
import { waitAndDeliver } from '../waiting/inThisNode';

const pauseBetweenChecksFields: INodeProperties[] = [
	{
		displayName: 'Pause Between Checks',
		name: 'pauseBetweenChecks',
		type: 'boolean',
		// Decides how many outputs the node has.
		noDataExpression: true,
		default: false,
		description:
			'Whether to pause the workflow between two checks, so that it takes no room from other workflows and survives a restart of n8n. n8n resumes it about once a minute.',
	},
	...showWhen({ pauseBetweenChecks: [true] }, [
		{
			displayName:
				'Connect the output <b>Still Running</b> back to the input of this node, and continue from <b>Finished</b>',
			name: 'pauseBetweenChecksNotice',
			type: 'notice',
			default: '',
		},
	]),
];

/** The outputs of the node, as an expression that n8n evaluates. */
export const taskOutputs =
	'={{ $parameter["operation"] === "waitForTask" && $parameter["pauseBetweenChecks"] ? [{ type: "main", displayName: "Still Running" }, { type: "main", displayName: "Finished" }] : [{ type: "main" }] }}' as const;
const finishedOutput = 1;

const suspendsBetweenChecks = (parameters: Parameters) =>
	parameters.boolean('pauseBetweenChecks', 'Pause Between Checks');

export const waitForTask = {
	option: {
		name: 'Wait for Task',
		value: 'waitForTask',
		action: 'Wait for task',
		description: 'Wait for a generation that was started before; nothing is paid again',
	},
	toolDescription:
		'Waits until one video of Seedance is finished, which can take minutes, free of charge. Needs the taskId that the tool that makes videos gave. Returns videoUrl, the link to the video until videoUrlExpiresAt.',
	properties: [
		taskLocator(),
		...notInTools([...pauseBetweenChecksFields, downloadVideoField]),
		simplifyField,
		optionsField(waitOptions),
	],
	maxConcurrentItems: () => Infinity,
	outputIndex: (parameters) => (suspendsBetweenChecks(parameters) ? finishedOutput : 0),
	executionHints: linkHints,
	prepare(session) {
		const { parameters } = session;
		const suspends = suspendsBetweenChecks(parameters);
		const failed = suspends ? failedEarlier(session) : undefined;
		if (failed) return async () => [failed];
		if (suspends) {
			const wait = readWait(session);
			requireLoop(session, wait.taskId);
			return async () => [await checkOrSuspend(session, wait)];
		}
		const taskId = readTaskId(session);
		const wait = readWaitSettings(parameters);
		const delivery = readDelivery(parameters);
		return async () => [
			await waitAndDeliver(session, taskId, { ...wait, isNew: false }, delivery),
		];
	},
} satisfies Operation;
