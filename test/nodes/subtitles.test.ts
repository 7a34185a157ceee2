import type { INodeParameters } from 'n8n-workflow';
import { buildWorkflow } from '../../harness/engine/engine';
import { Lab } from '../support/lab';

/** What the canvas says under the name of a node, by n8n's own expressions. */

let lab: Lab;
beforeAll(async () => (lab = await Lab.open()));
afterAll(async () => await lab.close());

function subtitleOf(type: string, parameters: INodeParameters): unknown {
	const host = lab.host();
	const workflow = buildWorkflow(host, {
		nodes: [{ id: '1', name: 'Node', type: `n8n-nodes-seedance.${type}`, typeVersion: 1, position: [0, 0], parameters }],
		connections: {},
	});
	const built = workflow.getNode('Node')!;
	const { subtitle } = workflow.nodeTypes.getByNameAndVersion(built.type).description;
	return workflow.expression.getSimpleParameterValue(built, subtitle, 'internal', {});
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
	['seedanceGenerateTrigger', {}, 'Video Succeeded, Video Failed · PiAPI'],
	['seedanceGenerateTrigger', { provider: 'apiframe', events: ['failed'] }, 'Video Failed · Apiframe'],
])('%s with %j says "%s"', (type, parameters, subtitle) => {
	expect(subtitleOf(type, parameters)).toBe(subtitle);
});
