import { join } from 'node:path';
import { fetch } from 'undici';
import { openChat, type Chat } from '../../harness/n8n/chat';
import { Editor } from '../../harness/n8n/editor';
import { readyExample, saveCredentials, type Credentials } from '../../harness/n8n/examples';
import type { Item } from '../../harness/n8n/n8nClient';
import { type ChatRequest, type OpenAiServer, type Reply, startOpenAiServer } from '../../harness/n8n/openAi';
import { outputFolder } from './support/globalSetup';
import { setStage, type Stage } from './support/stage';

/** Example 10 in a real n8n: its AI Agent, a script in the place of the model, and the simulated provider. */

const video = { prompt: 'A fox runs through fresh snow, low camera, early morning light', ratio: '9:16' };
const muchLaterMs = 600_000;

let openAi: OpenAiServer;
let stage: Stage;
let credentials: Credentials;
/** How much later it is for the provider than for n8n: no video is finished before a test says so. */
let aheadMs = 0;
let think: (request: ChatRequest) => Reply;

beforeAll(async () => {
	openAi = await startOpenAiServer((request) => think(request));
	stage = await setStage('agent', { timeScale: 1, now: () => Date.now() + aheadMs });
	credentials = await saveCredentials(stage.n8n.client, stage.simulator);
});

afterAll(async () => {
	await stage?.close();
	await openAi?.close();
});

const bills = () => stage.simulator.ledger.filter(({ kind }) => kind === 'generation');

/** Opens the chat of the example, with what its sticky note asks for. */
async function open(agentVersion?: number, generating: { retryOnFail?: boolean } = {}): Promise<Chat> {
	const { client } = stage.n8n;
	const openAiApi = await client.saveCredential('OpenAI', 'openAiApi', openAi.credentialData);
	const example = await readyExample('10-ai-agent.json', credentials, {
		others: { '@n8n/n8n-nodes-langchain.lmChatOpenAi': { openAiApi } },
		pollingIntervalSeconds: 1,
	});
	const nodes = example.nodes.map((node) => {
		if (!('name' in node)) return node;
		if (node.name === 'AI Agent') return { ...node, ...(agentVersion && { typeVersion: agentVersion }) };
		return node.name === 'Generate Video' ? { ...node, ...generating } : node;
	});
	return await openChat(client, { ...example, nodes });
}

/** A model knows a tool by its fields. */
function toolWith(field: string, { tools = [] }: ChatRequest) {
	const tool = tools.find(({ function: { parameters } }) => field in parameters.properties);
	if (!tool) throw new Error(`No tool has the field ${field}`);
	return tool.function;
}

interface TaskAnswer {
	taskId: string;
	status: string;
	videoUrl?: string;
	nextStep?: string;
}

/** What the last tool gave; undefined if a person has spoken since. */
function toolAnswer({ messages }: ChatRequest) {
	const last = messages.at(-1);
	return last?.role === 'tool' ? last.content : undefined;
}

describe('10: AI agent', () => {
	/** How often the provider had been called, at each request to the model. */
	const providerCalls: number[] = [];
	let chat: Chat;

	/** Makes a video when asked for one and checks it at once; checks again when asked again. */
	function makeVideo(request: ChatRequest): Reply {
		providerCalls.push(stage.simulator.calls.length);
		const check = (taskId: string) => ({ call: toolWith('taskId', request).name, arguments: { taskId } });
		const answer = toolAnswer(request);
		if (answer === undefined) {
			const [, taskId] = /being made as (\w+)/.exec(JSON.stringify(request.messages)) ?? [];
			return taskId ? check(taskId) : { call: toolWith('prompt', request).name, arguments: video };
		}
		const [task] = JSON.parse(answer) as [TaskAnswer];
		if (task.videoUrl) return { content: `Here it is: ${task.videoUrl}` };
		const hasChecked = request.messages.filter(({ role }) => role === 'tool').length > 1;
		return hasChecked ? { content: `It is being made as ${task.taskId}.` } : check(task.taskId);
	}

	const toolItems = async (tool: string): Promise<Item[]> => {
		const { client } = stage.n8n;
		const executions = await client.executionsOf(chat.workflowId);
		const runs = await Promise.all(executions.reverse().map(async ({ id }) => await client.execution(id)));
		expect(runs.map(({ status, errors }) => ({ status, errors }))).toEqual(
			runs.map(() => ({ status: 'success', errors: [] })),
		);
		return runs.flatMap((run) => run.toolAnswersOf(tool));
	};

	beforeAll(async () => {
		think = makeVideo;
		chat = await open();
	});

	it('starts a video by a tool call that does not wait, and pays for it once', async () => {
		const said = await chat.say('Make me a video of a fox, for my phone');
		const [bill, ...more] = bills();
		expect(more).toEqual([]);
		expect(said).toBe(`It is being made as ${bill?.id}.`);
		// Nobody has checked the task when the tool has answered.
		expect(providerCalls).toEqual([0, 1, 2]);
		expect(stage.simulator.calls.map(({ route }) => route)).toEqual(['tasks.create', 'tasks.get']);
		const [create] = stage.simulator.calls;
		expect(JSON.stringify(create?.body)).toContain(video.prompt);
		expect(create?.body).toMatchObject({ ratio: video.ratio, resolution: '480p', duration: 5 });

		const nextStep: string = expect.stringMatching(/check again later.*paid again/);
		const estimate: unknown = expect.objectContaining({ basis: 'tokens', seconds: 5 });
		expect((await toolItems('Generate Video')).map(({ json }) => json)).toEqual([
			{ provider: 'anyfast', taskId: bill?.id, status: 'queued', estimate, nextStep },
		]);
		expect((await toolItems('Get Task')).map(({ json }) => json)).toMatchObject([
			{ taskId: bill?.id, status: 'queued', nextStep },
		]);
	});

	it('gives the link when it is asked again and the video is finished', async () => {
		aheadMs += muchLaterMs;
		const said = await chat.say('Is it ready?');
		expect(bills()).toHaveLength(1);
		const [, url = ''] = /^Here it is: (\S+)$/.exec(said) ?? [];
		expect(stage.simulator.storageCalls).toEqual([]);
		const video = await fetch(url);
		expect(video.headers.get('content-type')).toBe('video/mp4');
		await video.body?.cancel();

		const [, checked] = await toolItems('Get Task');
		expect(checked?.json).toMatchObject({ status: 'succeeded', videoUrl: url });
		expect(checked?.json).not.toHaveProperty('nextStep');
		expect(Object.values(checked?.json ?? {})).not.toContain(null);
	});

	it('hands no file and no key to the model', async () => {
		const items = [...(await toolItems('Generate Video')), ...(await toolItems('Get Task'))];
		expect(items).toHaveLength(3);
		expect(items.filter(({ binary }) => binary !== undefined)).toEqual([]);
		expect(openAi.bodies).toHaveLength(5);
		expect(openAi.bodies.filter((body) => body.includes(stage.simulator.apiKey))).toEqual([]);
		expect(openAi.refusals).toEqual([]);
	});

	it('tells the model what each tool does, what it costs and what it needs', () => {
		const [request] = openAi.requests;
		if (!request) throw new Error('The model was asked nothing');
		const [generate, check] = [toolWith('prompt', request), toolWith('taskId', request)];
		expect(request.tools).toHaveLength(2);
		expect(generate).toMatchObject({
			name: 'Generate_Video',
			description: expect.stringMatching(/^Makes a video.*Every call is paid.*taskId/),
			parameters: { required: ['prompt', 'ratio'] },
		});
		expect(check).toMatchObject({
			name: 'Get_Task',
			description: expect.stringMatching(/free of charge.*taskId.*videoUrl/),
			parameters: { required: ['taskId'] },
		});
	});
});

describe('in the editor', () => {
	let editor: Editor;
	let workflowId: string;

	beforeAll(async () => {
		const { client, baseUrl } = stage.n8n;
		const example = await readyExample('10-ai-agent.json', credentials);
		workflowId = await client.createWorkflow(example);
		editor = await Editor.open(baseUrl, join(outputFolder, 'screenshots'));
	});

	beforeEach(async () => {
		await editor.openWorkflow(workflowId);
	});

	afterAll(async () => {
		await editor?.close();
	});

	it('shows the agent with its two tools', async () => {
		await editor.takePictures('agent-workflow');
	});

	it('shows of a tool what it does, and that it does not wait', async () => {
		await editor.openNode('Generate Video');
		expect(await editor.labels()).toEqual([
			...['Description', 'Provider', 'Credential for AnyFast API', 'Operation', 'Mode', 'Model'],
			// The second one is what the model is told of the prompt.
			...['Prompt', 'Description', 'Aspect Ratio', 'Duration (Seconds)', 'Resolution', 'More Settings'],
			...['Wait for Completion', 'Simplify', 'Options'],
		]);
		expect(await editor.optionsOf('operation')).toEqual([
			...['Generate Video', 'Check Video', 'Finalize Draft', 'Get Task', 'Wait for Task'],
			// n8n adds it.
			'Custom API Call',
		]);
		expect(await editor.valueOf('waitForCompletion')).toBe("Don't Wait");
		expect(await editor.optionsOf('waitForCompletion')).toEqual(["Don't Wait", 'In This Node']);
		await editor.takePictures('agent-generate');
	});

	it('shows of the other one the task, which the model gives', async () => {
		await editor.openNode('Get Task');
		expect(await editor.labels()).toEqual([
			...['Description', 'Provider', 'Credential for AnyFast API', 'Operation', 'Task', 'Description', 'Simplify'],
		]);
		await editor.takePictures('agent-get-task');
	});
});

describe.each([
	{ agentVersion: 3, how: 'runs its tools as nodes' },
	{ agentVersion: 2.2, how: 'calls its tools itself' },
])('an agent of version $agentVersion, which $how', ({ agentVersion }) => {
	/** Calls again when a tool fails, as models do; reports the outcome of the second attempt. */
	const insist = (request: ChatRequest): Reply => {
		const answers = request.messages.filter(({ role }) => role === 'tool');
		return answers.length < 2
			? { call: toolWith('prompt', request).name, arguments: video }
			: { content: toolAnswer(request) ?? '' };
	};

	it.each([{ retryOnFail: false }, { retryOnFail: true }])(
		'does not pay again when an answer was lost and the model calls again (Retry On Fail: $retryOnFail)',
		async (generating) => {
			think = insist;
			const { simulator } = stage;
			const [billsBefore, callsBefore] = [bills().length, simulator.calls.length];
			simulator.faults.add({ route: 'tasks.create', effect: { kind: 'reset', afterAcceptance: true } });
			const chat = await open(agentVersion, generating);
			await chat.say('A fox');
			const { errors } = await stage.n8n.client.executionOf(chat.workflowId);
			for (const error of errors) expect(error).toMatch(/^Generate Video: AnyFast may have accepted this request/);
			expect(errors.at(-1)).toMatch(/^Generate Video: AnyFast may have accepted this request in an earlier attempt/);
			expect(simulator.calls.slice(callsBefore).map(({ route }) => route)).toEqual(['tasks.create']);
			expect(bills()).toHaveLength(billsBefore + 1);
		},
	);
});
