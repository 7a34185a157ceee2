import type { ICredentialType, INodeExecutionData, INodeParameters, IRun } from 'n8n-workflow';
import { credentialData } from '../../harness/credentialData';
import { credentialClasses } from '../../harness/engine/credentialClasses';
import type {
	EngineHost,
	NodeRun,
	NodeRunOptions,
	RunOptions,
	WorkflowJson,
} from '../../harness/engine/engine';
import { runActionHandler, runListSearch, runNode, runWorkflow } from '../../harness/engine/engine';
import { runInVirtualTime } from '../../harness/engine/virtualTime';
import type { ResumeCall, ResumeOptions, ResumeOutcome } from '../../harness/engine/waiting';
import { callResumeUrl, resumeByTimer } from '../../harness/engine/waiting';
import { eachProvider } from '../../harness/providers';
import { Asset } from '../../nodes/Asset/Asset.node';
import { AssetGroup } from '../../nodes/AssetGroup/AssetGroup.node';
import { SeedanceFilm } from '../../nodes/SeedanceFilm/SeedanceFilm.node';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { SeedanceGenerateTrigger } from '../../nodes/SeedanceGenerateTrigger/SeedanceGenerateTrigger.node';
import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import type { ApiCall, ProviderId, Simulator, SimulatorOptions } from '../../simulator';
import { startSimulator } from '../../simulator';
import { seededRandom } from './seededRandom';
import { sharedVideo } from './sharedVideo';

export type { ProviderId };
export type NodeName = 'assetGroup' | 'asset' | 'seedanceGenerate';

/** Every provider of the package with its simulated counterpart, for `describe.each`. */
export const simulatedProviders = eachProvider.map(
	({ displayName, provider, adapter }): [name: string, id: ProviderId, provider: ProviderAdapter] => [
		displayName,
		provider,
		adapter,
	],
);

/** Otherwise a provider makes assets of addresses only. */
export const takesFiles = ({ assets, uploads }: ProviderAdapter) => assets.sources.includes('file') || uploads !== undefined;

/** The models of the region that the credential of the simulated provider is of, where there are regions. */
export const modelsOfRegion = ({ videoModels, regions = {} }: ProviderAdapter) =>
	videoModels.filter(({ region }) => region === undefined || region === Object.keys(regions)[0]);

export type JsonObject = Record<string, unknown>;

/** n8n numbers executions; the nodes live longer than a lab. */
let nextExecutionId = 1;

export type LabOptions = SimulatorOptions & { rendersVideos?: boolean; isTestMode?: boolean };

/** The environment variable gives other task IDs and other jitter, which no test may depend on. */
const seed = Number(process.env.LAB_SEED ?? 1);
let openedLabs = 0;

/** One simulator, and the nodes on n8n's engine that talk to it, in virtual time. */
export class Lab {
	/** How many callbacks are being handled that virtual time does not wait for. */
	openCallbacks: () => number = () => 0;

	/** See `VirtualTimeOptions`. */
	patienceMs?: number;

	/** Virtual time, which continues from run to run, in milliseconds since the epoch. */
	nowMs = Date.UTC(2026, 3, 27, 16);

	/** Called with each call to a provider once it is answered. */
	onCall: (call: ApiCall) => unknown = () => {};

	/** Calls that were answered or given up. */
	private readonly ended = new Set<ApiCall>();

	private constructor(
		readonly simulator: Simulator,
		private readonly credentialTypes: ICredentialType[],
		private readonly random: () => number,
		/** The credentials have Test Mode on, and neither a base URL nor more than they need. */
		private readonly isTestMode: boolean,
		private readonly number: number,
	) {}

	/** Every video is the same clip, unless a test checks what was rendered. */
	static async open({ rendersVideos = false, isTestMode = false, ...options }: LabOptions = {}): Promise<Lab> {
		const onCall = (call: ApiCall) => {
			lab.ended.add(call);
			lab.onCall(call);
		};
		// Each lab has a seed of its own, because the nodes keep tasks in memory beyond the life of a lab.
		const { random = seededRandom(seed * 10_000 + openedLabs++) } = options;
		const videoFile = rendersVideos ? undefined : await sharedVideo();
		const simulator = await startSimulator({ videoFile, ...options, onCall, random });
		const types = (await credentialClasses()).map((CredentialType) => new CredentialType());
		const lab = new Lab(simulator, types, random, isTestMode, openedLabs);
		return lab;
	}

	async close() {
		await this.simulator.close();
	}

	host(overrides: Partial<EngineHost> & { apiKey?: string; baseUrl?: string } = {}): EngineHost {
		const { apiKey = this.simulator.apiKey, baseUrl, ...host } = overrides;
		const credentials = eachProvider.map(({ provider, credentialType }) => {
			if (this.isTestMode) return [credentialType, { testMode: true }] as const;
			const data = credentialData(this.simulator, provider, apiKey);
			if (baseUrl === undefined) return [credentialType, data] as const;
			return [credentialType, { ...data, baseUrl, ...(data.assetBaseUrl !== undefined && { assetBaseUrl: baseUrl }) }] as const;
		});
		return {
			nodeTypes: [new AssetGroup(), new Asset(), new SeedanceFilm(), new SeedanceGenerate(), new SeedanceGenerateTrigger()],
			credentialTypes: this.credentialTypes,
			credentials: Object.fromEntries(credentials),
			// Test Mode keeps what was made by the credential, beyond the life of a lab.
			...(this.isTestMode && { credentialId: `${apiKey} of lab ${this.number}` }),
			...host,
		};
	}

	/** Runs a node without waiting for real time to pass. */
	async run(
		node: NodeName,
		parameters: INodeParameters,
		options: NodeRunOptions & { host?: EngineHost } = {},
	): Promise<NodeRun> {
		const { host = this.host(), executionId = String(nextExecutionId++), ...rest } = options;
		return await this.inVirtualTime(
			async () => await runNode(host, `n8n-nodes-seedance.${node}`, { parameters, executionId, ...rest }),
		);
	}

	/** Runs a node that must succeed. @returns the JSON of its items */
	async json(node: NodeName, parameters: INodeParameters, options: NodeRunOptions = {}): Promise<JsonObject[]> {
		return (await this.items(node, parameters, options)).map(({ json }) => json);
	}

	/** Runs a node that must succeed. @returns its items */
	async items(
		node: NodeName,
		parameters: INodeParameters,
		options: NodeRunOptions & { host?: EngineHost } = {},
	): Promise<INodeExecutionData[]> {
		const { output, error } = await this.run(node, parameters, options);
		if (error) throw error;
		return output[0] ?? [];
	}

	/** Runs a workflow of several nodes from its trigger. */
	async runWorkflow(
		workflow: WorkflowJson,
		options: RunOptions & { host?: EngineHost } = {},
	): Promise<IRun> {
		const { host = this.host(), executionId = String(nextExecutionId++), ...rest } = options;
		return await this.inVirtualTime(
			async () => await runWorkflow(host, workflow, { executionId, ...rest }),
		);
	}

	/** Lets time pass until the run's deadline, then resumes it. @returns the resumed run, maybe suspended again */
	async resumeByTimer(
		workflow: WorkflowJson,
		run: IRun,
		{ host = this.host(), ...options }: ResumeOptions & { host?: EngineHost } = {},
	): Promise<IRun> {
		return await this.inVirtualTime(async () => await resumeByTimer(host, workflow, run, options));
	}

	/** Calls `$execution.resumeUrl` of a run that waits. */
	async callResumeUrl(
		workflow: WorkflowJson,
		run: IRun,
		call: ResumeCall = {},
		{ host = this.host(), ...options }: ResumeOptions & { host?: EngineHost } = {},
	): Promise<ResumeOutcome> {
		return await this.inVirtualTime(
			async () => await callResumeUrl(host, workflow, run, call, options),
		);
	}

	async search(
		node: NodeName,
		method: string,
		{
			host = this.host(),
			...search
		}: { host?: EngineHost; parameters?: INodeParameters; filter?: string; paginationToken?: string },
	) {
		return await this.inVirtualTime(
			async () => await runListSearch(host, `n8n-nodes-seedance.${node}`, method, search),
		);
	}

	/** Makes something new in the list of a field. */
	async createInList(
		node: NodeName,
		method: string,
		{ host = this.host(), ...choice }: { host?: EngineHost; parameters?: INodeParameters; name?: string },
	) {
		return await this.inVirtualTime(
			async () => await runActionHandler(host, `n8n-nodes-seedance.${node}`, method, choice),
		);
	}

	async inVirtualTime<Result>(work: () => Promise<Result>): Promise<Result> {
		const random = jest.spyOn(Math, 'random').mockImplementation(this.random);
		try {
			return await runInVirtualTime(
				async () => await work().finally(() => (this.nowMs = Date.now())),
				{
					startMs: this.nowMs,
					unawaited: () => 2 * this.countHanging() + this.openCallbacks(),
					patienceMs: this.patienceMs,
				},
			);
		} finally {
			random.mockRestore();
		}
	}

	/** Calls that are on their way, or that a fault leaves without an answer or the rest of it. */
	private countHanging() {
		const { calls, storageCalls } = this.simulator;
		const hanging = calls.filter((call) => call.isHeld || (call.fault === 'hang' && !this.ended.has(call)));
		return hanging.length + storageCalls.filter(({ isHeld }) => isHeld).length;
	}

	/** From now on the lists of tasks answer 503, so that a request whose answer was lost stays in doubt. */
	hideTasks() {
		this.simulator.faults.add({ route: 'tasks.list', times: Infinity, effect: { kind: 'status', statusCode: 503 } });
	}

	/** What was really paid, without what was refunded. */
	paid(kind?: Simulator['ledger'][number]['kind']) {
		return this.simulator.ledger.filter((bill) => !bill.refunded && (!kind || bill.kind === kind));
	}

	callsOf(route: string) {
		return this.simulator.calls.filter((call) => call.route === route);
	}
}

/** How the editor stores something picked by ID. */
export const byId = (value: string) => ({ __rl: true, mode: 'id', value });
