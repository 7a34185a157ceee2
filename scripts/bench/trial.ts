import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { credentialData } from '../../harness/credentialData';
import type { N8nClient, WorkflowNode } from '../../harness/n8n/n8nClient';
import { until } from '../../harness/n8n/until';
import { startSimulator, type Bill, type Fault, type Simulator } from '../../simulator';
import type { Contender, WorkflowSite } from './contenders';

/** How far away a provider is: what each request to it takes, there and back, without its own work. */
export interface Distance {
	latencySeconds: number;
	/** How much longer than that a request may take. */
	latencyJitterSeconds: number;
}

export interface TrialOptions extends Pick<WorkflowSite, 'retries'> {
	/** Default: on the same machine. */
	distance?: Distance;
	/** From the acceptance of a job to its end. */
	jobSeconds: number;
	/** Default: one, without a list in the workflow. */
	items?: number;
	/** How long to wait for the end; an execution that has not ended then counts as lost. Default 900. */
	patienceSeconds?: number;
	/** What the provider serves for every video. */
	videoFile: string;
	/** Default: none. */
	injectFaults?: FaultInjection;
}

export interface FaultInjection {
	faults?: Fault[];
	/** Additional faults for a job that was just accepted; `index` counts from 0. */
	onJob?: (jobId: string, index: number) => Fault | undefined;
}

/** The outcome of one workflow, as seen by the provider and by n8n's REST interface. */
export interface TrialFacts {
	jobs: JobFacts[];
	executions: ExecutionFacts[];
	/** Every request that asks for the state of jobs. */
	statusRequests: number;
	/** When the webhook was first called. */
	firstCallMs: number;
	/** From then to the end of the last execution; undefined if not all have ended. */
	totalMs?: number;
	/** The maximum time that a caller of the webhook waited for its answer. */
	maxAnswerMs: number;
}

export interface JobFacts {
	id: string;
	acceptedAtMs: number;
	/** When the video existed. */
	endedAtMs: number;
	/** When n8n asked for the file and got it. */
	fileAtMs?: number;
}

export interface ExecutionFacts {
	id: string;
	status: string;
	endedAtMs?: number;
}

const finalStatuses = ['success', 'error', 'crashed', 'canceled'];
const registrationTimeoutMs = 60_000;
const defaultPatienceSeconds = 900;
/** For an n8n that is busy. */
const answerTimeoutMs = 180_000;
const probeIntervalMs = 500;
/** Jobs are queued first, for this share of their time at most. */
const queueSeconds = 5;
const queueShare = 0.2;

/** Executions that wait for a slot keep their callers waiting. */
const patientAgent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

let trialCount = 0;

/** One workflow of one contender in an n8n, with a simulated provider of its own. */
export class Trial {
	private readonly answers: Array<{ sentAtMs: number; tookMs: number }> = [];

	private constructor(
		readonly contender: Contender,
		readonly workflowId: string,
		private readonly path: string,
		private readonly simulator: Simulator,
		private readonly options: TrialOptions,
	) {}

	/** Starts the provider, saves the workflow and puts it into production. */
	static async open(client: N8nClient, contender: Contender, options: TrialOptions): Promise<Trial> {
		const { jobSeconds, distance, injectFaults = {} } = options;
		const taskQueueSeconds = Math.min(queueSeconds, jobSeconds * queueShare);
		let jobCount = 0;
		const simulator = await startSimulator({
			...distance,
			taskQueueSeconds,
			taskRunSeconds: jobSeconds - taskQueueSeconds,
			videoFile: options.videoFile,
			webhooks: 'automatic',
			onBill: ({ id }) => {
				const fault = injectFaults.onJob?.(id, jobCount++);
				if (fault) simulator.faults.add(fault);
			},
		});
		try {
			injectFaults.faults?.forEach((fault) => simulator.faults.add(fault));
			const path = `trial-${++trialCount}`;
			const workflow = contender.build({
				path,
				baseUrl: simulator.baseUrls[contender.provider],
				credentials: await saveCredential(client, contender, path, simulator),
				isList: options.items !== undefined,
				retries: options.retries,
			});
			const workflowId = await client.createWorkflow(workflow.build());
			await client.activate(workflowId);
			return new Trial(contender, workflowId, path, simulator, options);
		} catch (error) {
			await simulator.close();
			throw error;
		}
	}

	/** Calls the webhook once for each execution, all at once. Returns when all calls are answered. */
	async start(client: N8nClient, executions = 1): Promise<void> {
		const { items = 1 } = this.options;
		const body = JSON.stringify({ prompts: Array.from({ length: items }, () => 'A lighthouse at night') });
		await Promise.all(
			Array.from({ length: executions }, async () => {
				this.answers.push(await callWebhook(`${client.baseUrl}/webhook/${this.path}`, body));
			}),
		);
	}

	/** Waits until the provider has accepted a job. */
	async untilAccepted(): Promise<void> {
		const what = `"${this.contender.name}" to submit a job`;
		await until(what, () => this.jobs().length > 0 || undefined, answerTimeoutMs);
	}

	/** Waits until `executions` have ended, however they ended, or `patienceSeconds` are over. */
	async untilEnded(client: N8nClient, executions = 1): Promise<void> {
		const { patienceSeconds = defaultPatienceSeconds } = this.options;
		const deadlineMs = Date.now() + patienceSeconds * 1000;
		while (Date.now() < deadlineMs) {
			const ended = (await this.executions(client)).filter(({ status }) => finalStatuses.includes(status));
			if (ended.length >= executions) return;
			await delay(probeIntervalMs);
		}
	}

	async facts(client: N8nClient): Promise<TrialFacts> {
		const executions = await this.executions(client);
		const firstCallMs = Math.min(...this.answers.map(({ sentAtMs }) => sentAtMs));
		const endsMs = executions.flatMap(({ endedAtMs }) => endedAtMs ?? []);
		return {
			jobs: this.jobs(),
			executions,
			statusRequests: this.simulator.calls.filter(
				({ route }) => route === 'tasks.get' || route === 'tasks.list',
			).length,
			firstCallMs,
			totalMs: endsMs.length === executions.length ? Math.max(...endsMs) - firstCallMs : undefined,
			maxAnswerMs: Math.max(...this.answers.map(({ tookMs }) => tookMs)),
		};
	}

	async close(): Promise<void> {
		await this.simulator.close();
	}

	private jobs(): JobFacts[] {
		const files = this.simulator.storageCalls.filter(
			({ method, statusCode = 0 }) => method === 'GET' && statusCode >= 200 && statusCode < 300,
		);
		return this.simulator.ledger.filter(isGeneration).map(({ id, atMs }) => ({
			id,
			acceptedAtMs: atMs,
			endedAtMs: atMs + this.options.jobSeconds * 1000,
			fileAtMs: files.find(({ path }) => path.includes(id))?.atMs,
		}));
	}

	private async executions(client: N8nClient): Promise<ExecutionFacts[]> {
		const what = `n8n to list the executions of "${this.contender.name}"`;
		const executions = await until(
			what,
			async () => await client.executionsOf(this.workflowId),
			answerTimeoutMs,
		);
		return executions.map(({ id, status, stoppedAt }) => ({
			id,
			status,
			// A suspended one has a date there, too.
			endedAtMs: stoppedAt && finalStatuses.includes(status) ? Date.parse(stoppedAt) : undefined,
		}));
	}
}

const isGeneration = ({ kind }: Bill) => kind === 'generation';

/** Runs a trial from beginning to end. */
export async function perform(
	client: N8nClient,
	contender: Contender,
	{ executions, ...options }: TrialOptions & { executions?: number },
): Promise<TrialFacts> {
	const trial = await Trial.open(client, contender, options);
	try {
		await trial.start(client, executions);
		await trial.untilEnded(client, executions);
		return await trial.facts(client);
	} finally {
		await trial.close();
	}
}

async function saveCredential(
	client: N8nClient,
	{ isOurs, provider }: Contender,
	name: string,
	simulator: Simulator,
): Promise<NonNullable<WorkflowNode['credentials']>> {
	const type = isOurs ? `${provider}Api` : 'httpHeaderAuth';
	const data = isOurs
		? credentialData(simulator, provider)
		: { name: 'Authorization', value: `Bearer ${simulator.apiKey}` };
	return { [type]: await client.createCredential(name, type, data) };
}

/** n8n registers a webhook some seconds after the activation. */
async function callWebhook(url: string, body: string): Promise<{ sentAtMs: number; tookMs: number }> {
	return await until(
		`the webhook ${url} to be registered`,
		async () => {
			const sentAtMs = Date.now();
			const response = await request(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body,
				dispatcher: patientAgent,
			});
			const text = await response.body.text();
			if (response.statusCode === 404) return undefined;
			if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}: ${text}`);
			return { sentAtMs, tookMs: Date.now() - sentAtMs };
		},
		registrationTimeoutMs,
	);
}
