import type { INode, INodeParameters } from 'n8n-workflow';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { type AgentKind, agentNode, agentWorkflow, asToolOfAgent, type Turns } from '../support/agent';
import { outputOf } from '../../harness/engine/engine';
import { type JsonObject, Lab, simulatedProviders } from '../support/lab';

/** Generate as a tool of agents: what each call pays, on n8n's engine in virtual time. */

const x = { prompt: 'A cat plays the piano' };
const y = { prompt: 'A dog plays the flute' };
const kinds: AgentKind[] = ['nodes', 'functions'];

describe.each(simulatedProviders)('%s', (_name, provider, { displayName, videoTasks }) => {
	const hasIdempotencyKey = videoTasks.idempotencyKeyLifetimeMs !== undefined;
	/** Until callProvider gives up. */
	const attempts = hasIdempotencyKey ? 4 : 1;
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open({ taskQueueSeconds: 5, taskRunSeconds: 42 })));
	beforeEach(() => lab.hideTasks());
	afterEach(async () => await lab.close());

	const call = async (kind: AgentKind, turns: Turns, parameters: INodeParameters = {}, settings: Partial<INode> = {}) => {
		const host = lab.host({ nodeTypes: [agentNode(kind, turns), asToolOfAgent(new SeedanceGenerate())] });
		const workflow = agentWorkflow({
			type: 'n8n-nodes-seedance.seedanceGenerateTool',
			parameters: {
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: '={{ $fromAI("prompt", "", "string") }}',
				waitForCompletion: 'inThisNode',
				options: { timeoutSeconds: 300 },
				...parameters,
			},
			...settings,
		});
		const run = await lab.runWorkflow(workflow, { host, mode: 'trigger' });
		if (run.data.resultData.error) throw run.data.resultData.error;
		return (outputOf(run, 'Agent')[0] ?? []).map(({ json }) => ({
			taskId: (json.answer as JsonObject | undefined)?.taskId,
			failure: json.failure as string | undefined,
		}));
	};
	const ids = () => lab.simulator.ledger.map(({ id }) => id);
	const lose = (skip: number) =>
		lab.simulator.faults.add({
			route: 'tasks.create',
			skip,
			times: attempts,
			effect: { kind: 'reset', afterAcceptance: true },
		});

	describe.each(kinds)('An agent that runs its tools as %s', (kind) => {
		it('pays each video that goes well', async () => {
			const answers = await call(kind, [[x], [y], [x]]);
			expect(answers.map(({ taskId }) => taskId)).toEqual(ids());
			expect(ids()).toHaveLength(3);
		});

		it('returns the task that was accepted and not delivered, also after another video', async () => {
			lab.simulator.faults.add({ route: 'tasks.get', times: 60, effect: { kind: 'status', statusCode: 503 } });
			const answers = await call(kind, [[x], [y], [x], [x]]);
			const [ofX, ofY, ofNewX] = ids();
			expect(ids()).toHaveLength(3);
			expect(answers[0]?.failure).toContain(ofX);
			expect(answers.map(({ taskId }) => taskId)).toEqual([undefined, ofY, ofX, ofNewX]);
		});

		it('does not pay again for a request in doubt, also after another video', async () => {
			lose(0);
			const answers = await call(kind, [[x], [y], [x]]);
			const [ofX, ofY] = ids();
			expect(ids()).toHaveLength(2);
			expect(answers[0]?.failure).toMatch(new RegExp(`^${displayName} may have accepted this request, but the connection was reset`));
			expect(answers[1]?.taskId).toBe(ofY);
			if (hasIdempotencyKey) expect(answers[2]?.taskId).toBe(ofX);
			else expect(answers[2]?.failure).toContain('in an earlier attempt of this execution, but the connection was reset');
		});

		it('pays again for one that was refused', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 400 } });
			const answers = await call(kind, [[x], [x]]);
			expect(answers.map(({ taskId }) => taskId)).toEqual([undefined, ids()[0]]);
			expect(ids()).toHaveLength(1);
		});

		it('gives concurrent equal calls a video each, and makes a new one after them', async () => {
			const answers = await call(kind, [[x, x], [x]]);
			expect(ids()).toHaveLength(3);
			expect(answers.map(({ taskId }) => taskId).sort()).toEqual(ids().sort());
		});

		it('makes a new video after two concurrent equal calls, of which one was refused', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'status', statusCode: 400 } });
			const answers = await call(kind, [[x, x], [x]]);
			const given = answers.flatMap(({ taskId }) => taskId ?? []);
			expect(ids()).toHaveLength(2);
			expect(new Set(given)).toEqual(new Set(ids()));
			expect(answers[2]?.taskId).toBeDefined();
		});

		it('returns each of two tasks that were not delivered once', async () => {
			lab.simulator.faults.add({ route: 'tasks.get', times: 80, effect: { kind: 'status', statusCode: 503 } });
			const answers = await call(kind, [[x, x], [x], [x], [x]]);
			expect(answers.slice(0, 2).every(({ failure }) => failure)).toBe(true);
			const given = answers.slice(2).map(({ taskId }) => taskId);
			expect(ids()).toHaveLength(3);
			expect(new Set(given)).toEqual(new Set(ids()));
		});

		it('is told again that a task gave no video, which costs nothing', async () => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
			const answers = await call(kind, [[x], [x], [y]]);
			const [failed, made] = ids();
			expect(ids()).toHaveLength(2);
			expect(answers[0]?.failure).toContain(`task ${failed} gave no video`);
			expect(answers[1]?.failure).toContain(`task ${failed} gave no video`);
			expect(answers[2]?.taskId).toBe(made);
		});

		const changing = { prompt: '={{ $fromAI("prompt", "", "string") }} at {{ $now.toMillis() }}' };

		it('returns what was not delivered, although a field that the model does not fill in changes by itself', async () => {
			lab.simulator.faults.add({ route: 'tasks.get', times: 60, effect: { kind: 'status', statusCode: 503 } });
			const answers = await call(kind, [[x], [y], [x], [x]], changing);
			const [ofX, ofY, ofNewX] = ids();
			expect(ids()).toHaveLength(3);
			expect(answers.map(({ taskId }) => taskId)).toEqual([undefined, ofY, ofX, ofNewX]);
		});

		describe('with Retry On Fail', () => {
			const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1_000 };

			it('continues with the task that was accepted, although the fields change by themselves', async () => {
				lab.simulator.faults.add({ route: 'tasks.get', times: 60, effect: { kind: 'status', statusCode: 503 } });
				const answers = await call(kind, [[x]], changing, settings);
				expect(answers).toEqual([{ taskId: ids()[0], failure: undefined }]);
				expect(ids()).toHaveLength(1);
			});

			it('pays once at most for a request in doubt whose fields change by themselves', async () => {
				lose(0);
				const answers = await call(kind, [[x]], changing, settings);
				expect(ids()).toHaveLength(1);
				if (hasIdempotencyKey) expect(answers[0]?.taskId).toBe(ids()[0]);
				else expect(answers[0]?.failure).toContain('in an earlier attempt of this execution, but the connection was reset');
			});

			it('makes a new video for the next call', async () => {
				const answers = await call(kind, [[x], [x]], changing, settings);
				expect(answers.map(({ taskId }) => taskId)).toEqual(ids());
				expect(ids()).toHaveLength(2);
			});
		});
	});
});
