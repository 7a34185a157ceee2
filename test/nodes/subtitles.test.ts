import type { INodeParameters } from 'n8n-workflow';
import { buildWorkflow } from '../../harness/engine/engine';
import { Lab } from '../support/lab';

/** What the canvas says of a node, by n8n's own expressions. */

let lab: Lab;
beforeAll(async () => (lab = await Lab.open()));
afterAll(async () => await lab.close());

/** @returns what an expression of the node's description gives */
function evaluated(property: 'subtitle' | 'waitingNodeTooltip', type: string, parameters: INodeParameters): unknown {
	const host = lab.host();
	const workflow = buildWorkflow(host, {
		nodes: [{ id: '1', name: 'Node', type: `n8n-nodes-seedance.${type}`, typeVersion: 1, position: [0, 0], parameters }],
		connections: {},
	});
	const built = workflow.getNode('Node')!;
	const { description } = workflow.nodeTypes.getByNameAndVersion(built.type);
	return workflow.expression.getSimpleParameterValue(built, description[property], 'internal', {});
}

it.each<[string, INodeParameters, string]>([
	['seedanceGenerate', {}, 'Text to Video · AnyFast'],
	['seedanceGenerate', { provider: 'alad', mode: 'firstFrame' }, 'Image to Video · Alad'],
	['seedanceGenerate', { provider: 'piapi', mode: 'firstAndLastFrame' }, 'Image to Video · PiAPI'],
	['seedanceGenerate', { mode: 'multimodalReference' }, 'References to Video · AnyFast'],
	['seedanceGenerate', { mode: 'videoEditing' }, 'Edit Video · AnyFast'],
	['seedanceGenerate', { mode: 'videoExtension' }, 'Extend Video · AnyFast'],
	['seedanceGenerate', { provider: 'apiframe', operation: 'getManyTasks' }, 'Get Many Tasks · Apiframe'],
	['seedanceGenerate', { operation: 'waitForTask', mode: 'firstFrame' }, 'Wait for Task · AnyFast'],
	['asset', {}, 'Create Asset · AnyFast'],
	['asset', { provider: 'piapi', operation: 'waitUntilActive' }, 'Wait Until Active · PiAPI'],
	['assetGroup', { operation: 'getMany' }, 'Get Many Asset Groups · AnyFast'],
	['seedanceFilm', {}, 'Join Shots'],
	['seedanceFilm', { operation: 'setSound' }, 'Set Sound'],
	['seedanceFilm', { operation: 'setSound', sound: 'remove' }, 'Remove Sound'],
	['seedanceGenerateTrigger', {}, 'Video Succeeded, Video Failed · PiAPI'],
	['seedanceGenerateTrigger', { provider: 'apiframe', events: ['failed'] }, 'Video Failed · Apiframe'],
])('%s with %j says "%s"', (type, parameters, subtitle) => {
	expect(evaluated('subtitle', type, parameters)).toBe(subtitle);
});

it.each<[INodeParameters, string]>([
	[{ provider: 'piapi', waitForCompletion: 'onCallback' }, 'PiAPI calls n8n when the video is ready, usually after 1 to 5 minutes. You can close the tab.'],
	[
		{ operation: 'waitForTask', pauseBetweenChecks: true },
		'n8n checks the task about once a minute until the video is ready. You can close the tab.',
	],
])('while it is suspended, a node with %j says "%s"', (parameters, tooltip) => {
	expect(evaluated('waitingNodeTooltip', 'seedanceGenerate', parameters)).toBe(tooltip);
});
