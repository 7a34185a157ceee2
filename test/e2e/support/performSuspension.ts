import { readFile } from 'node:fs/promises';
import { parse as unflatten } from 'flatted';
import type { IDataObject, INodeExecutionData, IRun, IRunExecutionData } from 'n8n-workflow';
import { fetch } from 'undici';
import { runWorkflow, type WorkflowJson } from '../../../harness/engine/engine';
import { runInVirtualTime } from '../../../harness/engine/virtualTime';
import { callResumeUrl, resumeByTimer, type ResumeResponse } from '../../../harness/engine/waiting';
import type { N8nClient } from '../../../harness/n8n/n8nClient';
import { until } from '../../../harness/n8n/until';
import type { Sight } from '../../support/suspending/nodes';
import { suspendingHost, suspendingWorkflow } from '../../support/suspending/workflow';
import type { Suspension, SuspensionCall, SuspensionStep } from './suspensions';

/** Twice the minute in which n8n's timer finds what is due, and some patience. */
const resumeTimeoutMs = 200_000;
/** All workflows are activated at once. */
const activationTimeoutMs = 120_000;

/** What can be seen of an execution from outside, and by its nodes. */
export interface Transcript {
	seen: unknown[];
	/** After each step: the answers to its calls, and the status of the execution. */
	steps: Array<{ answers: unknown[]; status: string }>;
	/** As it is stored in the end. */
	runs: unknown;
	customData: unknown;
	error: string | undefined;
	staticData: unknown;
}

/** What n8n makes up for an execution. */
export interface Identity {
	workflowId: string;
	executionId: string;
	baseUrl: string;
}

const startItems = ({ words = ['a', 'b'] }: Suspension): INodeExecutionData[] => words.map((word) => ({ json: { word } }));

function workflowOf({ name, parameters, settings, say }: Suspension): WorkflowJson {
	return { name, ...suspendingWorkflow({ word: '={{ $json.word }}', ...parameters }, { ...settings, ...(say && { say }) }) };
}

const statusAfter = (step: SuspensionStep) => (step.by === 'vainCall' ? undefined : (step.then ?? 'success'));

const callsOf = (step: SuspensionStep): SuspensionCall[] => {
	if (step.by === 'time') return [];
	return step.by === 'callsAtOnce' ? step.calls : [step.call];
};

/** Without what is made up anew each time. */
function transcribe(seen: Sight[], steps: Transcript['steps'], { resultData }: IRunExecutionData, staticData: IDataObject): Transcript {
	const { runData, metadata, error } = resultData;
	// The harness begins in a way of its own.
	const following = Object.entries(runData).filter(([node]) => node !== 'Trigger');
	const runs = following.map(([node, tasks]) => [
		node,
		tasks.map(({ executionStatus, error: failure, data }) => {
			return { status: executionStatus, error: failure?.message, outputs: data?.main };
		}),
	]);
	const transcript = { seen, steps, runs, customData: metadata, error: error?.message, staticData };
	const text = JSON.stringify(transcript)
		.replaceAll(/\b[0-9a-f]{64}\b/g, '<signature>')
		.replaceAll(/filesystem-v2:[^"]+/g, '<file>');
	return JSON.parse(text) as Transcript;
}

/** In a real n8n that has the nodes; they tell what they see in `seenFile`. */
export async function performInN8n(
	client: N8nClient,
	seenFile: string,
	suspension: Suspension,
	path: string,
): Promise<{ transcript: Transcript; identity: Identity }> {
	const { name, nodes, connections } = workflowOf(suspension);
	const { baseUrl } = client;
	const workflowId = await client.createWorkflow({
		name: suspension.name,
		connections,
		settings: { executionOrder: 'v1' },
		nodes: nodes.map((node) => {
			const trigger = { type: 'CUSTOM.start', parameters: { path }, webhookId: path };
			return node.name === 'Trigger' ? { ...node, ...trigger } : { ...node, type: node.type.replace(/^.*\./, 'CUSTOM.') };
		}),
	});
	await client.activate(workflowId);
	await until('the webhook of the trigger', async () => {
		const response = await fetch(`${baseUrl}/webhook/${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ items: startItems(suspension) }),
		});
		await response.arrayBuffer();
		return response.ok ? true : undefined;
	}, activationTimeoutMs);

	const seen = async () => {
		const lines = (await readFile(seenFile, 'utf8')).trimEnd().split('\n');
		return lines.map((text) => JSON.parse(text) as Sight).filter(({ workflow }) => workflow === name);
	};
	const execution = async () => (await client.executionsOf(workflowId))[0];
	const statusOf = async () => (await execution())?.status ?? 'none';
	const executions = async () => (await seen()).filter(({ where }) => where === 'execute').length;
	const reaches = async (status: string, count: number) => {
		return await until(`"${suspension.name}" to be ${status}`, async () => {
			const isReached = (await statusOf()) === status && (await executions()) >= count;
			return isReached ? status : undefined;
		}, resumeTimeoutMs);
	};
	await reaches('waiting', 1);
	const executionId = (await execution())?.id ?? '';
	const [first] = await seen();

	const send = async ({ path: suffix, query, method = 'POST', headers, body, rawBody }: SuspensionCall) => {
		const url = new URL(String(first?.resumeUrl));
		if (suffix) url.pathname += `/${suffix}`;
		for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
		const content = rawBody ?? (body && JSON.stringify(body));
		const response = await fetch(url, {
			method,
			headers: { ...(content !== undefined && { 'content-type': 'application/json' }), ...headers },
			body: content,
		});
		return { statusCode: response.status, body: parsed(await response.text()) };
	};

	const steps: Transcript['steps'] = [];
	for (const step of suspension.steps) {
		const count = await executions();
		const answers = sorted(await Promise.all(callsOf(step).map(send)));
		const then = statusAfter(step);
		const status = then ? await reaches(then, then === 'waiting' ? count + 1 : count) : await statusOf();
		steps.push({ answers, status });
	}
	const { raw } = await client.execution(executionId);
	const transcript = transcribe(
		await seen(),
		steps,
		unflatten(raw) as IRunExecutionData,
		await client.staticData(workflowId),
	);
	return { transcript, identity: { workflowId, executionId, baseUrl } };
}

/** On n8n's engine alone, as the same workflow and execution. */
export async function performInHarness(suspension: Suspension, identity: Identity): Promise<Transcript> {
	const { workflowId, executionId, baseUrl } = identity;
	const host = suspendingHost({ binaryMode: 'filesystem', webhookBaseUrl: baseUrl });
	const workflow = { id: workflowId, ...workflowOf(suspension) };
	const staticData: IDataObject = {};
	return await runInVirtualTime(
		async () => {
			const items = startItems(suspension);
			let run = await runWorkflow(host, workflow, { mode: 'webhook', items, executionId, staticData });
			const send = async (call: SuspensionCall): Promise<ResumeResponse> => {
				const outcome = await callResumeUrl(host, workflow, run, call, { staticData });
				if (outcome.resumed) resumed = outcome.run;
				return outcome.response;
			};
			let resumed: IRun | undefined;
			const steps: Transcript['steps'] = [];
			for (const step of suspension.steps) {
				resumed = undefined;
				const responses = await Promise.all(callsOf(step).map(send));
				if (step.by === 'time') resumed = await resumeByTimer(host, workflow, run, { staticData });
				run = resumed ?? run;
				const answers = sorted(responses.map(({ statusCode, body }) => ({ statusCode, body: parsed(body) })));
				steps.push({ answers, status: run.status });
			}
			return transcribe(host.seen, steps, run.data, staticData);
		},
		{ startMs: Date.now() },
	);
}

interface Answer {
	statusCode: number;
	body: unknown;
}

/** Which of calls at once is the faster one is chance. */
const sorted = (answers: Answer[]) => answers.sort((one, other) => one.statusCode - other.statusCode);

/** As a caller reads it. */
function parsed(body: unknown): unknown {
	if (typeof body !== 'string') return body ?? '';
	try {
		return JSON.parse(body);
	} catch {
		return body;
	}
}
