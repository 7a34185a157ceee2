import type { INode, INodeParameters, INodeTypeDescription } from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';
import { Asset } from '../../nodes/Asset/Asset.node';
import { AssetGroup } from '../../nodes/AssetGroup/AssetGroup.node';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { asTool } from '../../harness/engine/asTool';
import { runNode } from '../../harness/engine/engine';
import { byId, Lab, simulatedProviders } from '../support/lab';

/** The nodes as tools of AI agents, on n8n's engine in virtual time. */
const muchLaterMs = 600_000;

describe.each(simulatedProviders)('%s', (_name, provider, { displayName, videoTasks }) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	async function call(parameters: INodeParameters) {
		const host = lab.host({ nodeTypes: [asTool(new SeedanceGenerate())] });
		const { output, error } = await lab.inVirtualTime(
			async () =>
				await runNode(host, 'n8n-nodes-seedance.seedanceGenerateTool', {
					parameters: { provider, ...parameters },
				}),
		);
		return { answer: output[0]?.[0], error };
	}
	const video = { operation: 'generate', prompt: 'A cat plays the piano', resolution: '480p' };
	const start = async () => (await call(video)).answer?.json.taskId as string;

	it('gives the task ID at once, with nothing that is not known and with what to do next', async () => {
		const { answer, error } = await call(video);
		expect(error).toBeUndefined();
		expect(lab.callsOf('tasks.get')).toEqual([]);
		const [bill, ...more] = lab.paid('generation');
		expect(more).toEqual([]);
		expect(answer?.json).toEqual({
			provider,
			taskId: bill?.id,
			status: 'queued',
			estimate: expect.objectContaining({ seconds: expect.any(Number) }),
			nextStep: expect.stringMatching(/check again later.*paid again/),
		});
		expect(Object.values(answer?.json.estimate ?? {})).not.toContain(null);
	});

	it('says to check again until the video is there, and then gives its link and no file', async () => {
		const taskId = await start();
		const getTask = { operation: 'getTask', taskId: byId(taskId) };
		const early = (await call(getTask)).answer;
		expect(early?.json).toMatchObject({ taskId, nextStep: expect.stringMatching(/check again later/) });
		expect(early?.json).not.toHaveProperty('videoUrl');

		lab.nowMs += muchLaterMs;
		const late = (await call(getTask)).answer;
		expect(late?.json).toMatchObject({ taskId, status: 'succeeded', videoUrl: expect.stringMatching(/^http/) });
		expect(late?.json).not.toHaveProperty('nextStep');
		expect(late?.binary).toBeUndefined();
	});

	it.each(['generate', 'waitForTask'])('%s can wait inside the call, and downloads nothing', async (operation) => {
		const taskId = operation === 'waitForTask' && byId(await start());
		const { answer } = await call({
			...video,
			operation,
			...(taskId && { taskId }),
			waitForCompletion: 'inThisNode',
			downloadVideo: true,
		});
		expect(answer?.json).toMatchObject({ status: 'succeeded', videoUrl: expect.stringMatching(/^http/) });
		expect(answer?.binary).toBeUndefined();
		expect(lab.simulator.storageCalls).toEqual([]);
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('puts the next step into the message, as the model reads no more than that', async () => {
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
		const { error } = await call({ ...video, waitForCompletion: 'inThisNode', options: { timeoutSeconds: 30 } });
		const [bill] = lab.paid('generation');
		expect(error?.message).toMatch(
			new RegExp(`^${displayName} task ${bill?.id} is still running after 30 s[^]*Get Task`),
		);
	});

	if (videoTasks.idempotencyKeyLifetimeMs === undefined) {
		it('tells the model in our words that a request may have been accepted', async () => {
			lab.hideTasks();
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'reset', afterAcceptance: true } });
			const { error } = await call(video);
			expect(error?.message).toMatch(
				new RegExp(`^${displayName} may have accepted this request[^]*a repeat could be billed again`),
			);
		});
	}

	if (videoTasks.callback !== undefined) {
		it('refuses to wait for a callback, which cannot reach a tool call, before anything is paid', async () => {
			const { error } = await call({ ...video, waitForCompletion: 'onCallback' });
			expect(error?.message).toMatch(/this is a tool of an AI agent/);
			expect(lab.simulator.ledger).toEqual([]);
		});
	}
});

/** The maximum length of the description of a tool that chat models take. */
const maxDescriptionLength = 1024;

/** What the editor stores and fills in for a new node. */
function filled({ name, version, properties, ...description }: INodeTypeDescription, parameters: INodeParameters): INode {
	const node: INode = { id: '1', name, type: name, typeVersion: Number(version), position: [0, 0], parameters };
	const type = { name, version, properties, ...description };
	return { ...node, parameters: NodeHelpers.getNodeParameters(properties, parameters, true, false, node, type) ?? {} };
}

/** The operations in the menu. */
function operationsOf(description: INodeTypeDescription, provider: string) {
	const node = filled(description, { provider });
	return description.properties
		.filter(({ name }) => name === 'operation')
		.filter((field) => NodeHelpers.displayParameter(node.parameters, field, node, description))
		.flatMap(({ options = [] }) => options.flatMap((option) => ('value' in option ? [String(option.value)] : [])));
}

describe.each([new AssetGroup(), new Asset(), new SeedanceGenerate()])('$description.displayName', (node) => {
	const tool = asTool(node);
	const pairs = simulatedProviders.flatMap(([, provider]) =>
		operationsOf(tool.description, provider).map((operation) => ({ provider, operation })),
	);

	it.each(simulatedProviders)('offers for %s what it offers to workflows, but for files', (_name, provider) => {
		expect(operationsOf(tool.description, provider)).toEqual(
			operationsOf(node.description, provider).filter((operation) => operation !== 'downloadVideo'),
		);
	});

	it('tells the model something of its own about each operation, as short as models want it', () => {
		const texts = new Map<string, Set<string>>();
		for (const { operation, provider } of pairs) {
			const stored = filled(tool.description, { provider, operation });
			const text = NodeHelpers.getToolDescriptionForNode(stored, tool);
			texts.set(operation, (texts.get(operation) ?? new Set()).add(text));
		}
		const all = [...texts.values()].flatMap((each) => [...each]);
		expect(texts.size).toBeGreaterThan(2);
		expect(new Set(all).size).toBe(texts.size);
		expect(all.filter((text) => text === node.description.description || text.length > maxDescriptionLength)).toEqual([]);
	});
});

it.each(simulatedProviders)('%s: what a tool does unless it is told otherwise differs from a workflow', (_name, provider) => {
	const node = new SeedanceGenerate();
	const inWorkflow = filled(node.description, { provider }).parameters;
	const asOneTool = filled(asTool(node).description, { provider }).parameters;
	expect(inWorkflow).toMatchObject({ waitForCompletion: 'inThisNode', downloadVideo: true });
	expect(inWorkflow).not.toHaveProperty('toolDescription');
	expect(asOneTool).toMatchObject({ waitForCompletion: 'dontWait' });
	expect(asOneTool).not.toHaveProperty('downloadVideo');
});
