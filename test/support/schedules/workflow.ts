import type { INode, INodeParameters } from 'n8n-workflow';
import type { WorkflowJson } from '../../../harness/engine/engine';
import { manualTrigger } from '../../../harness/engine/engine';
import { node } from '../../../harness/engine/node';
import { agentWorkflow, toolName } from '../agent';
import type { Schedule } from './schedule';

export const generateName = 'Generate';
export const waitName = 'Wait';
export const promptOf = (itemIndex: number | string) => `shot ${itemIndex} of many`;

/** How the prompt of a video begins, as it stands in the body of its request. */
export const bodyPartOf = (itemIndex: number) => JSON.stringify(promptOf(itemIndex)).slice(0, -1);

const atThisMoment = ' at {{ $now.toMillis() }}';

/** What the model of the agent fills in, by turns. */
export const turnsOf = ({ agent }: Schedule) =>
	agent.turns.map((turn) => turn.map((video) => ({ prompt: promptOf(video) })));

/** A trigger, Generate, and Wait for Task where that waits; or an agent with Generate as its tool. */
export function workflowOf(schedule: Schedule): WorkflowJson {
	return schedule.way === 'agent' ? workflowOfAgent(schedule) : workflowOfNodes(schedule);
}

function workflowOfAgent({ onError, ...others }: Schedule): WorkflowJson {
	// A tool has one output, and n8n drops what should leave by another one.
	const schedule: Schedule = { ...others, onError: onError === 'continueErrorOutput' ? 'continueRegularOutput' : onError };
	const { provider, promptFrom, timeoutSeconds, pollingIntervalSeconds, onTimeout, resubmitWhenUnsure } = schedule;
	const prompt = `={{ $fromAI("prompt", "", "string") }}${promptFrom === 'clock' ? atThisMoment : ''}`;
	return agentWorkflow(
		seedanceNode(schedule, toolName, {
			provider,
			operation: 'generate',
			mode: 'textToVideo',
			prompt,
			waitForCompletion: 'inThisNode',
			simplify: schedule.simplify,
			options: { timeoutSeconds, onTimeout, resubmitWhenUnsure, ...(pollingIntervalSeconds && { pollingIntervalSeconds }) },
		}, 'Tool'),
	);
}

function workflowOfNodes(schedule: Schedule): WorkflowJson {
	const { provider, way, promptFrom, timeoutSeconds, pollingIntervalSeconds, onTimeout } = schedule;
	const { downloadVideo, simplify, resubmitWhenUnsure, tasksAtOnce } = schedule;
	const options = { timeoutSeconds, onTimeout, ...(pollingIntervalSeconds && { pollingIntervalSeconds }) };
	const waitsLater = way === 'dontWaitThenWait' || way === 'dontWaitThenPauseBetweenChecks';
	const toWait = { node: waitName, type: 'main', index: 0 } as const;
	const isPauseBetweenChecks = way === 'dontWaitThenPauseBetweenChecks';
	const nodes = [
		node('Trigger', manualTrigger.description.name, {}),
		seedanceNode(schedule, generateName, {
			provider,
			operation: 'generate',
			mode: 'textToVideo',
			prompt: promptFrom === 'json' ? '={{ $json.prompt }}' : `=${promptOf('{{ $itemIndex }}')}${promptFrom === 'clock' ? atThisMoment : ''}`,
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
						pauseBetweenChecks: isPauseBetweenChecks,
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
			...(isPauseBetweenChecks && { [waitName]: { main: [[toWait]] } }),
		},
	};
}

function seedanceNode({ onError, maxTries }: Schedule, name: string, parameters: INodeParameters, suffix = ''): INode {
	return {
		...node(name, `n8n-nodes-seedance.seedanceGenerate${suffix}`, parameters),
		...(onError === 'continueOnFail' ? { continueOnFail: true } : { onError }),
		...(maxTries > 1 && { retryOnFail: true, maxTries, waitBetweenTries: 1000 }),
	};
}

