import { stringify } from 'flatted';
import type { INodeExecutionData, INodeParameters, IRun } from 'n8n-workflow';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApiCall, Bill, Simulator, StorageCall } from '../../../simulator';
import type { EngineHost, WorkflowJson } from '../../../harness/engine/engine';
import { runNode, runWorkflow } from '../../../harness/engine/engine';
import { callResumeUrl, resumeByTimer, type ResumeOptions } from '../../../harness/engine/waiting';
import { SeedanceGenerate } from '../../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { agentNode, asToolOfAgent } from '../agent';
import { Lab } from '../lab';
import { seededRandom } from '../seededRandom';
import { emptyCrashRecords, snapshotOfCrashRecords } from './crashRecords';
import { RequestWatch } from './requests';
import { Remains, retry } from './restart';
import type { ForgedCall, Interruption, Schedule } from './schedule';
import { openWebhookEndpoint, type WebhookEndpoint } from './webhookEndpoint';
import { promptOf, turnsOf, workflowOf } from './workflow';

/** The outcome of a schedule. */
export interface Performance {
	schedule: Schedule;
	apiKey: string;
	startMs: number;
	/** When all was over. */
	endMs: number;
	calls: readonly ApiCall[];
	storageCalls: readonly StorageCall[];
	bills: readonly Bill[];
	/** Of calls whose whole answer has reached the node. */
	answeredRequestIds: ReadonlySet<string>;
	executions: Execution[];
	/** The requests of the nodes while no execution was running. */
	requestsAfterTheEnd: readonly string[];
	/** Forged calls that were not refused; must stay empty. */
	believed: readonly ForgedCall[];
	/** What Wait for Task makes of each task when all is over, and Download Video of the first. */
	reached: readonly INodeExecutionData[];
	downloaded: readonly INodeExecutionData[];
	/** How often that was billed. */
	billsOfReaching: number;
}

export interface Execution {
	run: IRun;
	/** The range of calls in the log; `to` is exclusive. */
	calls: { from: number; to: number };
	timesSuspended: number;
	/** All that n8n stores of it. */
	stored: string;
	/** Its custom data. After a crash only the log is left, which has the same. */
	customData: string;
}

const hourMs = 3_600_000;
let performances = 0;

/** Runs a schedule on n8n's engine against the simulator, in virtual time. */
export async function perform(schedule: Schedule, videoFile: string): Promise<Performance> {
	await emptyCrashRecords();
	let onBill = () => {};
	const lab = await Lab.open({
		videoFile,
		taskQueueSeconds: schedule.queueSeconds,
		taskRunSeconds: schedule.runSeconds,
		piapi: { maxTasks: schedule.maxTasks, webhookStatuses: schedule.webhookStatuses, ...schedule.history },
		// Real time, which passes faster on a busy machine.
		webhookTimeoutSeconds: 600,
		onBill: () => onBill(),
		random: seededRandom(schedule.luck),
	});
	// The nodes keep for some seconds which tasks they have checked, and the same seed gives the same IDs.
	lab.nowMs += performances++ * hourMs;
	const endpoint = await openWebhookEndpoint();
	const watch = new RequestWatch();
	try {
		for (const fault of schedule.faults) lab.simulator.faults.add(fault);
		lab.openCallbacks = endpoint.openCalls;
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
		// The simulator announces a new bill before it has planned the webhook.
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
	/** The execution once it is suspended or has ended. */
	private run?: IRun;
	/** Whether n8n has it in its database and nowhere else. */
	private isSuspended = false;
	/** Told of each answer of the provider. */
	private onCall: (call: ApiCall) => unknown = () => {};
	/** Ends the wait for the execution to resume. */
	private leave = () => {};

	constructor(
		private readonly schedule: Schedule,
		private readonly lab: Lab,
		private readonly endpoint: WebhookEndpoint,
		private readonly watch: RequestWatch,
	) {
		const host = lab.host({ webhookBaseUrl: endpoint.baseUrl });
		const agent = agentNode(schedule.agent.kind, turnsOf(schedule));
		this.host = { ...host, nodeTypes: [...host.nodeTypes, agent, asToolOfAgent(new SeedanceGenerate())] };
		this.workflow = workflowOf(schedule);
		endpoint.find = (executionId) =>
			executionId === this.executionId
				? { host: this.host, workflow: this.workflow, run: this.run, options: this.resumeOptions }
				: undefined;
	}

	async perform(): Promise<Performance> {
		const { schedule, lab, watch } = this;
		const { simulator } = lab;
		const startMs = Date.now();
		const executions: Execution[] = [];
		let calls = 0;
		let steppedMs = 0;
		lab.onCall = (call) => {
			calls++;
			for (const { afterCalls, seconds } of schedule.clockSteps) {
				if (afterCalls !== calls) continue;
				jest.setSystemTime(Date.now() + seconds * 1000);
				steppedMs += seconds * 1000;
			}
			this.onCall(call);
		};
		for (const { interruption, pauseSeconds } of schedule.executions) {
			const last = executions.at(-1);
			// n8n offers Retry for these.
			if (last && last.run.status !== 'error' && last.run.status !== 'crashed') break;
			if (last) await sleep(pauseSeconds);
			executions.push(await this.execute(String(executions.length + 1), last?.run, interruption));
		}
		// The provider uses the same clock.
		jest.setSystemTime(Date.now() - steppedMs);
		// Late calls of the provider, whatever a node may have left behind, and tasks that began on a clock that was ahead.
		await sleep(3600 + schedule.clockSteps.reduce((sum, { seconds }) => sum + Math.abs(seconds), 0));
		const endMs = Date.now();
		const { bills, calls: allCalls } = { bills: simulator.ledger, calls: [...simulator.calls] };
		const taskIds = bills.filter(({ requestId }) => watch.answeredRequestIds.has(requestId)).map(({ id }) => id);
		const requestsAfterTheEnd = [...watch.unexpected];
		simulator.faults.clear();
		const { reached, downloaded } = await this.reach(taskIds);
		return {
			schedule,
			apiKey: simulator.apiKey,
			startMs,
			endMs,
			calls: allCalls,
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

	private readonly resumeOptions: ResumeOptions = {
		configureHooks: (hooks) => hooks.addHandler('workflowExecuteResume', () => void (this.isSuspended = false)),
	};

	/** @param failed the execution that this one retries */
	private async execute(
		executionId: string,
		failed: IRun | undefined,
		interruption: Interruption | undefined,
	): Promise<Execution> {
		const { host, workflow, watch, lab } = this;
		const from = lab.simulator.calls.length;
		const remains = new Remains();
		const interrupting = new AbortController();
		const { signal } = interrupting;
		// The engine stops as after Stop; what n8n would lose in a crash is removed below.
		const isCrash = interruption !== undefined && interruption.cause !== 'stop';
		let forget = () => {};
		const end = this.plan(interruption, () => {
			// A suspended execution survives: n8n resumes it as soon as it runs again.
			if (isCrash && this.isSuspended) return;
			if (isCrash) forget = snapshotOfCrashRecords();
			interrupting.abort();
		});
		// Callbacks that arrived before are answered all the same.
		signal.addEventListener('abort', () => {
			if (this.endpoint.isQuiet()) watch.mayAsk = false;
			this.leave();
		});
		this.executionId = executionId;
		this.run = undefined;
		this.isSuspended = false;
		watch.mayAsk = true;
		const options = { executionId, signal, configureHooks: remains.watch };
		let run = failed
			? await retry(host, workflow, failed, remains, options)
			: await runWorkflow(host, workflow, {
					...options,
					mode: 'trigger',
					items: Array.from({ length: this.schedule.itemCount }, (_, index) => ({
						json: { prompt: promptOf(index) },
					})),
				});
		let timesSuspended = 0;
		for (; run.status === 'waiting' && !signal.aborted; timesSuspended++) {
			remains.stored = stringify(run.data);
			this.run = run;
			this.isSuspended = true;
			run = await this.resume(run, signal);
		}
		end();
		await this.endpoint.allHandled();
		watch.mayAsk = false;
		forget();
		const customData = JSON.stringify(run.data.resultData.metadata ?? {});
		if (signal.aborted && isCrash) run = remains.recover(run, workflow, interruption.cause === 'crashWithLog');
		else if (run.status === 'waiting') run = { ...run, status: 'canceled' };
		this.run = run;
		const calls = { from, to: lab.simulator.calls.length };
		return { run, calls, timesSuspended, stored: stringify(run.data), customData };
	}

	/** @returns a function that cancels the interruption */
	private plan(interruption: Interruption | undefined, interrupt: () => void): () => void {
		if (!interruption) return () => {};
		const { moment } = interruption;
		if ('afterSeconds' in moment) {
			const timer = setTimeout(interrupt, moment.afterSeconds * 1000);
			return () => clearTimeout(timer);
		}
		let calls = 0;
		let isOver = false;
		this.onCall = async () => {
			if (++calls !== moment.afterCalls) return;
			for (let turn = 0; turn < moment.turns; turn++) await nextTurn();
			if (!isOver) interrupt();
		};
		return () => {
			isOver = true;
			this.onCall = () => {};
		};
	}

	/** Resumes at a callback or at the deadline. @returns the same run if the user stops the execution before that */
	private async resume(waiting: IRun, signal: AbortSignal): Promise<IRun> {
		const { host, workflow, endpoint, schedule } = this;
		const options = { ...this.resumeOptions, signal };
		for (const forged of schedule.forgedCalls) {
			const outcome = await callResumeUrl(host, workflow, waiting, forge(forged), options);
			if (outcome.resumed || outcome.response.statusCode < 400) this.believed.push(forged);
			if (outcome.resumed) return outcome.run;
		}
		if (signal.aborted) return waiting;
		return await new Promise((resolve, reject) => {
			endpoint.onResumed = resolve;
			this.leave = () => resolve(waiting);
			resumeByTimer(host, workflow, waiting, options).then(resolve, (error: unknown) => {
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

function forge(forged: ForgedCall) {
	const body = { status: 'completed', data: { status: 'completed' }, event: 'completed' };
	if (forged === 'no proof') return { body };
	if (forged === 'a wrong token') return { body, query: { signature: '0'.repeat(64) } };
	return { body, headers: { 'x-webhook-secret': 'guess', 'x-webhook-signature': `sha256=${'0'.repeat(64)}` } };
}

const sleep = async (seconds: number) =>
	await new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
