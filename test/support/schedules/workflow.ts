import type { INode, INodeParameters } from 'n8n-workflow';
import type { WorkflowJson } from '../../../harness/engine/engine';
import { manualTrigger } from '../../../harness/engine/engine';
import type { Schedule } from './schedule';

export const generateName = 'Generate';
export const waitName = 'Wait';
export const promptOf = (itemIndex: number | string) => `shot ${itemIndex} of many`;

/** A trigger, Generate, and Wait for Task where that waits. */
export function workflowOf(schedule: Schedule): WorkflowJson {
	const { provider, way, promptFrom, timeoutSeconds, pollingIntervalSeconds, onTimeout } = schedule;
	const { downloadVideo, simplify, resubmitWhenUnsure, tasksAtOnce } = schedule;
	const options = { timeoutSeconds, onTimeout, ...(pollingIntervalSeconds && { pollingIntervalSeconds }) };
	const waitsLater = way === 'dontWaitThenWait' || way === 'dontWaitThenFreeWorker';
	const toWait = { node: waitName, type: 'main', index: 0 } as const;
	const isFreeWorker = way === 'dontWaitThenFreeWorker';
	const nodes = [
		node('Trigger', manualTrigger.description.name, {}),
		seedanceNode(schedule, generateName, {
			provider,
			operation: 'generate',
			mode: 'textToVideo',
			prompt: promptFrom === 'json' ? '={{ $json.prompt }}' : `=${promptOf('{{ $itemIndex }}')}`,
			waitForCompletion: waitsLater ? 'dontWait' : way,
			downloadVideo,
			simplify,
			options: { ...options, resubmitWhenUnsure, ...(tasksAtOnce && { tasksAtOnce }) },
		}),
		...(waitsLater
			? [
					seedanceNode(schedule, waitName, {
						provider,
						operation: 'waitForTask',
						taskId: '={{ $json.taskId }}',
						freeWorker: isFreeWorker,
						downloadVideo,
						simplify,
						options,
					}),
				]
			: []),
	];
	return {
		nodes: schedule.areNodesReversed ? nodes.reverse() : nodes,
		connections: {
			Trigger: { main: [[{ node: generateName, type: 'main', index: 0 }]] },
			...(waitsLater && { [generateName]: { main: [[toWait]] } }),
			...(isFreeWorker && { [waitName]: { main: [[toWait]] } }),
		},
	};
}

function seedanceNode({ onError, maxTries }: Schedule, name: string, parameters: INodeParameters): INode {
	return {
		...node(name, 'n8n-nodes-seedance.seedanceGenerate', parameters),
		...(onError === 'continueOnFail' ? { continueOnFail: true } : { onError }),
		...(maxTries > 1 && { retryOnFail: true, maxTries, waitBetweenTries: 1000 }),
	};
}

const node = (name: string, type: string, parameters: INodeParameters): INode => ({
	id: name,
	name,
	type,
	typeVersion: 1,
	position: [0, 0],
	parameters,
});
