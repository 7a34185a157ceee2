import { parse, stringify } from 'flatted';
import { WorkflowExecute } from 'n8n-core';
import type { INode, INodeExecutionData, INodeParameters, IRun, IRunExecutionData } from 'n8n-workflow';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApiCall, Bill, Simulator, StorageCall } from '../../../simulator';
import type { EngineHost, WorkflowJson } from '../engine';
import { manualTrigger, runNode, runOnEngine, runWorkflow } from '../engine';
import { callResumeUrl, resumeByTimer } from '../engineWaiting';
import { Lab } from '../lab';
import { emptyNotes } from './notes';
import { RequestWatch } from './requests';
import type { ForgedCall, Schedule, Stop } from './schedule';
import { openWebhookEndpoint, type WebhookEndpoint } from './webhookEndpoint';

/** What came of a schedule. */
export interface Performance {
	schedule: Schedule;
	apiKey: string;
	startMs: number;
	calls: readonly ApiCall[];
	storageCalls: readonly StorageCall[];
	bills: readonly Bill[];
	/** Of calls whose whole answer has reached the node. */
	answeredRequestIds: ReadonlySet<string>;
	executions: Execution[];
	/** What the nodes have sent while no execution was under way. */
	requestsAfterTheEnd: readonly string[];
	/** Forged calls that were not refused. */
	believed: readonly ForgedCall[];
	/** What Wait for Task makes of each task when all is over, and Download Video of the first. */
	reached: readonly INodeExecutionData[];
	downloaded: readonly INodeExecutionData[];
	/** How often that was billed. */
	billsOfReaching: number;
}

export interface Execution {
	run: IRun;
	/** From which call of the log to which, without that. */
	calls: { from: number; to: number };
	timesAside: number;
	/** All that n8n stores of it. */
	stored: string;
}

export const generateName = 'Generate';
export const waitName = 'Wait';
export const promptOf = (itemIndex: number | string) => `shot ${itemIndex} of many`;

/** Runs a schedule on n8n's engine against the simulator, in virtual time. */
export async function perform(schedule: Schedule, videoFile: string): Promise<Performance> {
	await emptyNotes();
	let onBill = () => {};
	const lab = await Lab.open({
		videoFile,
		taskQueueSeconds: schedule.queueSeconds,
		taskRunSeconds: schedule.runSeconds,
		piapi: { maxTasks: schedule.maxTasks },
		onBill: () => onBill(),
	});
	const endpoint = await openWebhookEndpoint();
	const watch = new RequestWatch();
	try {
		for (const fault of schedule.faults) lab.simulator.faults.add(fault);
		if (schedule.faults.some(({ effect }) => effect.kind === 'hang')) lab.unansweredAfterRealMs = 60;
		return await lab.inVirtualTime(async () => {
			const postman = new Postman(lab.simulator);
			onBill = () => postman.wake();
			return await new Stage(schedule, lab, endpoint, watch).perform();
		});
	} finally {
		watch.close();
		await endpoint.close();
		await lab.close();
	}
}

/** Delivers webhooks when they are due, in virtual time. */
class Postman {
	private timer?: NodeJS.Timeout;

	constructor(private readonly simulator: Simulator) {}

	wake() {
		clearTimeout(this.timer);
		// What has just been billed is announced a moment later.
		this.timer = setTimeout(() => {
			const dueMs = this.simulator.webhooks.nextDueMs();
			if (dueMs === undefined) return;
			this.timer = setTimeout(() => void this.deliver(), Math.max(0, dueMs - Date.now()));
		}, 1);
	}

	private async deliver() {
		await this.simulator.webhooks.deliver();
		this.wake();
	}
}

class Stage {
	private readonly host: EngineHost;
	private readonly workflow: WorkflowJson;
	private readonly believed: ForgedCall[] = [];
	private executionId = '';
	/** What n8n has in its database of the execution. */
	private stored?: IRun;
	/** Ends the wait for whatever goes on. */
	private leave = () => {};

	constructor(
		private readonly schedule: Schedule,
		private readonly lab: Lab,
		private readonly endpoint: WebhookEndpoint,
		private readonly watch: RequestWatch,
	) {
		this.host = lab.host({ webhookBaseUrl: endpoint.baseUrl });
		this.workflow = workflowOf(schedule);
		endpoint.find = (executionId) =>
			executionId === this.executionId
				? { host: this.host, workflow: this.workflow, run: this.stored }
				: undefined;
	}

	async perform(): Promise<Performance> {
		const { schedule, lab, watch } = this;
		const { simulator } = lab;
		const startMs = Date.now();
		const executions: Execution[] = [];
		for (const { stop, pauseSeconds } of schedule.executions) {
			const last = executions.at(-1);
			if (last && last.run.status !== 'error') break;
			if (last) await sleep(pauseSeconds);
			executions.push(await this.execute(String(executions.length + 1), last?.run, stop));
		}
		// Late calls of the provider, and whatever a node may have left behind.
		await sleep(3600);
		const { bills, calls } = { bills: simulator.ledger, calls: [...simulator.calls] };
		const taskIds = bills.filter(({ requestId }) => watch.answeredRequestIds.has(requestId)).map(({ id }) => id);
		const requestsAfterTheEnd = [...watch.unexpected];
		simulator.faults.clear();
		const { reached, downloaded } = await this.reach(taskIds);
		return {
			schedule,
			apiKey: simulator.apiKey,
			startMs,
			calls,
			storageCalls: simulator.storageCalls,
			bills,
			answeredRequestIds: watch.answeredRequestIds,
			executions,
			requestsAfterTheEnd,
			believed: this.believed,
			reached,
			downloaded,
			billsOfReaching: simulator.ledger.length - bills.length,
		};
	}

	/** @param failed the execution that this one retries */
	private async execute(executionId: string, failed: IRun | undefined, stop: Stop | undefined): Promise<Execution> {
		const { host, workflow, watch, lab } = this;
		const from = lab.simulator.calls.length;
		const stopping = new AbortController();
		const { signal } = stopping;
		// Calls of the provider that came in before are answered all the same.
		signal.addEventListener('abort', () => {
			if (this.endpoint.isQuiet()) watch.mayAsk = false;
			this.leave();
		});
		const end = this.plan(stop, () => stopping.abort());
		this.executionId = executionId;
		this.stored = undefined;
		watch.mayAsk = true;
		let run = failed
			? await retry(host, workflow, failed, { executionId, signal })
			: await runWorkflow(host, workflow, {
					executionId,
					mode: 'trigger',
					items: Array.from({ length: this.schedule.itemCount }, (_, index) => ({
						json: { prompt: promptOf(index) },
					})),
					signal,
				});
		let timesAside = 0;
		for (; run.status === 'waiting' && !signal.aborted; timesAside++) {
			this.stored = run;
			run = await this.goOn(run, signal);
		}
		if (run.status === 'waiting') run = { ...run, status: 'canceled' };
		this.stored = run;
		end();
		await this.endpoint.settled();
		watch.mayAsk = false;
		return { run, calls: { from, to: lab.simulator.calls.length }, timesAside, stored: stringify(run.data) };
	}

	/** @returns what calls it off */
	private plan(stop: Stop | undefined, press: () => void): () => void {
		if (!stop) return () => {};
		if ('afterSeconds' in stop) {
			const timer = setTimeout(press, stop.afterSeconds * 1000);
			return () => clearTimeout(timer);
		}
		let calls = 0;
		let isOver = false;
		this.lab.onCall = async () => {
			if (++calls !== stop.afterCalls) return;
			for (let turn = 0; turn < stop.turns; turn++) await nextTurn();
			if (!isOver) press();
		};
		return () => {
			isOver = true;
			this.lab.onCall = () => {};
		};
	}

	/** By the call of the provider, or at the deadline; nowhere if the user stops the execution before. */
	private async goOn(waiting: IRun, signal: AbortSignal): Promise<IRun> {
		const { host, workflow, endpoint, schedule } = this;
		for (const forged of schedule.forgedCalls) {
			const outcome = await callResumeUrl(host, workflow, waiting, forge(forged), { signal });
			if (outcome.resumed || outcome.response.statusCode < 400) this.believed.push(forged);
			if (outcome.resumed) return outcome.run;
		}
		if (signal.aborted) return waiting;
		return await new Promise((resolve, reject) => {
			endpoint.onResumed = resolve;
			this.leave = () => resolve(waiting);
			resumeByTimer(host, workflow, waiting, { signal }).then(resolve, (error: unknown) => {
				const wasCalled = error instanceof Error && error.message.includes('does not wait');
				if (!wasCalled) reject(error instanceof Error ? error : new Error(String(error)));
			});
		});
	}

	private async reach(taskIds: string[]) {
		const { schedule, host, watch } = this;
		const { provider } = schedule;
		if (taskIds.length === 0) return { reached: [], downloaded: [] };
		const run = async (ids: string[], parameters: INodeParameters) => {
			const { output, error } = await runNode(host, 'n8n-nodes-seedance.seedanceGenerate', {
				parameters: { provider, taskId: '={{ $json.id }}', ...parameters },
				items: ids.map((id) => ({ json: { id } })),
				settings: { onError: 'continueRegularOutput' },
			});
			if (error) throw error;
			return output[0] ?? [];
		};
		watch.mayAsk = true;
		const reached = await run(taskIds, {
			operation: 'waitForTask',
			downloadVideo: false,
			options: { timeoutSeconds: 90, pollingIntervalSeconds: 45, onTimeout: 'returnTask' },
		});
		const withVideo = reached.findIndex(({ json }) => json.videoUrl);
		const downloaded = withVideo >= 0 && schedule.downloadVideo
			? await run(taskIds.slice(withVideo, withVideo + 1), { operation: 'downloadVideo' })
			: [];
		watch.mayAsk = false;
		return { reached, downloaded };
	}
}

/** Retry of a failed execution, from n8n's list: ExecutionService.retry. */
async function retry(
	host: EngineHost,
	workflowJson: WorkflowJson,
	failed: IRun,
	options: { executionId: string; signal: AbortSignal },
): Promise<IRun> {
	const data = parse(stringify(failed.data)) as IRunExecutionData;
	const { lastNodeExecuted, runData } = data.resultData;
	if (lastNodeExecuted) {
		delete data.resultData.error;
		if (runData[lastNodeExecuted]?.at(-1)?.error !== undefined) runData[lastNodeExecuted].pop();
	}
	return await runOnEngine(
		host,
		workflowJson,
		{ ...options, mode: 'retry' },
		({ workflow, additionalData, mode }) =>
			new WorkflowExecute(additionalData, mode, data).processRunExecutionData(workflow),
	);
}

function forge(forged: ForgedCall) {
	const body = { status: 'completed', data: { status: 'completed' }, event: 'completed' };
	if (forged === 'no proof') return { body };
	if (forged === 'a wrong token') return { body, query: { signature: '0'.repeat(64) } };
	return { body, headers: { 'x-webhook-secret': 'guess', 'x-webhook-signature': `sha256=${'0'.repeat(64)}` } };
}

function workflowOf(schedule: Schedule): WorkflowJson {
	const { provider, way, promptFrom, timeoutSeconds, pollingIntervalSeconds, onTimeout } = schedule;
	const { downloadVideo, simplify } = schedule;
	const options = { timeoutSeconds, onTimeout, ...(pollingIntervalSeconds && { pollingIntervalSeconds }) };
	const waitsLater = way === 'dontWaitThenWait' || way === 'dontWaitThenFreeWorker';
	const toWait = { node: waitName, type: 'main', index: 0 } as const;
	const isFreeWorker = way === 'dontWaitThenFreeWorker';
	return {
		nodes: [
			node('Trigger', manualTrigger.description.name, {}),
			seedanceNode(schedule, generateName, {
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: promptFrom === 'json' ? '={{ $json.prompt }}' : `=${promptOf('{{ $itemIndex }}')}`,
				waitForCompletion: waitsLater ? 'dontWait' : way,
				downloadVideo,
				simplify,
				options,
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
		],
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

const sleep = async (seconds: number) =>
	await new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
