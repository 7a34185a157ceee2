/**
 * Runs nodes on n8n's own engine: n8n-core's WorkflowExecute, request helpers, expressions and binary
 * store. Only what lives in the n8n server (database, web server, settings) has a small stand-in.
 * Works under jest and without it.
 *
 * ```ts
 * const host = {
 *   nodeTypes: [new Asset()],
 *   credentialTypes: [new AnyfastApi()],
 *   credentials: { anyfastApi: { apiKey: simulator.apiKey, baseUrl: simulator.baseUrls.anyfast } },
 * };
 * const { output, error, run } = await runNode(host, 'n8n-nodes-seedance.asset', {
 *   parameters: { provider: 'anyfast', operation: 'get', assetId: { __rl: true, mode: 'id', value: '={{ $json.id }}' } },
 *   items: [{ json: { id: 'asset-1' } }, { json: { id: 'asset-2' } }],
 *   settings: { onError: 'continueErrorOutput' },
 * });
 * output[0]; // items of the first output; output[1] is the error output
 * ```
 */
// First: it loads reflect-metadata, which n8n-core's classes need while they load.
import { Container } from '@n8n/di';
import {
	BinaryDataService,
	ExecutionLifecycleHooks,
	ExternalSecretsProxy,
	LoadOptionsContext,
	WorkflowExecute,
} from 'n8n-core';
import type {
	ExecuteWorkflowData,
	ExecuteWorkflowOptions,
	IBinaryData,
	IConnections,
	ICredentialType,
	IDataObject,
	INode,
	INodeExecutionData,
	INodeListSearchResult,
	INodeParameters,
	INodeType,
	INodeTypes,
	IRun,
	ITaskData,
	IVersionedNodeType,
	IWorkflowExecuteAdditionalData,
	IWorkflowSettings,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import { createRunExecutionData, NodeConnectionTypes, NodeHelpers, UnexpectedError, Workflow } from 'n8n-workflow';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BinaryMode, chooseBinaryMode } from './binaryFiles';
import type { CredentialData } from './credentials';
import { EngineCredentials } from './credentials';
import { node } from './node';

export type { BinaryMode, CredentialData };
export { chooseBinaryMode };

/** What an installation of n8n brings to a run. */
export interface EngineHost {
	/** Nodes are known as `n8n-nodes-seedance.<name>`, or by their name alone if it has a dot. */
	nodeTypes: ReadonlyArray<INodeType | IVersionedNodeType>;
	credentialTypes?: readonly ICredentialType[];
	/** Nodes without `credentials` of their own get every credential they have a slot for. */
	credentials?: CredentialData;
	/** What the credentials are saved as; their type if absent. */
	credentialId?: string;
	/** Default memory. */
	binaryMode?: BinaryMode;
	/** What Execute Workflow can call, by ID. */
	subWorkflows?: Readonly<Record<string, WorkflowJson>>;
	/** n8n's WEBHOOK_URL, which `$execution.resumeUrl` begins with. Default `http://127.0.0.1:5678`. */
	webhookBaseUrl?: string;
}

/** The part of an exported workflow that a run needs. */
export interface WorkflowJson {
	id?: string;
	name?: string;
	nodes: INode[];
	connections: IConnections;
	settings?: IWorkflowSettings;
}

export interface RunOptions {
	/** Default `manual`, as when a person presses Execute Workflow. */
	mode?: WorkflowExecuteMode;
	executionId?: string;
	/** What the trigger emits; by default one empty item. */
	items?: INodeExecutionData[];
	/**
	 * What the nodes of the workflow keep from execution to execution. They write into it.
	 * (n8n stores it at the end of an execution, and not at all when that is a manual one.)
	 */
	staticData?: IDataObject;
	/** Aborting it cancels the execution, as the Stop button does. */
	signal?: AbortSignal;
	/** Adds handlers that are told when nodes start and end. */
	configureHooks?: (hooks: ExecutionLifecycleHooks) => void;
}

export interface NodeRunOptions extends RunOptions {
	parameters?: INodeParameters;
	/** Retry On Fail, On Error and the other settings of the node. */
	settings?: Partial<INode>;
}

export interface NodeRun {
	/** Items by output. Empty if the node failed. */
	output: INodeExecutionData[][];
	/** Why the execution failed, as n8n stores it. */
	error: IRun['data']['resultData']['error'];
	run: IRun;
	/** The trigger and the node, for `resumeByTimer` and `callResumeUrl`. */
	workflow: WorkflowJson;
}

/** What n8n's engine needs to begin an execution, or to resume one. */
export interface Engine {
	workflow: Workflow;
	additionalData: IWorkflowExecuteAdditionalData;
	mode: WorkflowExecuteMode;
}

/** n8n's settings and files go to a folder of this process, its log nowhere. Set before n8n-core reads them. */
const userFolder = mkdtempSync(path.join(tmpdir(), 'n8n-engine-'));
process.env.N8N_USER_FOLDER = userFolder;
process.env.N8N_LOG_LEVEL ??= 'silent';
const removeUserFolder = () => rmSync(userFolder, { recursive: true, force: true });
if (typeof afterAll === 'function') afterAll(removeUserFolder);
else process.once('exit', removeUserFolder);

const packageName = 'n8n-nodes-seedance';
const nodeName = 'Node';

/** Stands in for n8n's Manual Trigger: what comes in goes out. */
export const manualTrigger: INodeType = {
	description: {
		displayName: 'Manual Trigger',
		name: 'n8n-nodes-base.manualTrigger',
		group: ['trigger'],
		version: 1,
		description: 'Runs the flow on clicking a button in n8n',
		defaults: { name: 'Manual Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		properties: [],
	},
	async execute() {
		return [this.getInputData()];
	},
};

/**
 * Runs a workflow from its trigger to its end.
 * @returns the run as n8n stores it, also when a node failed
 * @throws WorkflowHasIssuesError if a node lacks a required parameter
 */
export async function runWorkflow(
	host: EngineHost,
	workflowJson: WorkflowJson,
	options: RunOptions = {},
): Promise<IRun> {
	return await runOnEngine(host, workflowJson, options, ({ workflow, additionalData, mode }) => {
		const { items } = options;
		const trigger = workflow.getStartNode();
		return new WorkflowExecute(additionalData, mode).run({
			workflow,
			startNode: trigger,
			pinData: trigger && items && { [trigger.name]: items.map((item) => ({ ...item })) },
		});
	});
}

/**
 * Gives n8n's engine what the server gives it, and says how the run ended as the server stores it.
 * @param begin starts the engine: on a new execution, or on a suspended one
 */
export async function runOnEngine(
	host: EngineHost,
	workflowJson: WorkflowJson,
	options: RunOptions,
	begin: (engine: Engine) => ReturnType<WorkflowExecute['run']>,
): Promise<IRun> {
	const { mode = 'manual', executionId = '1', signal } = options;
	await chooseBinaryMode(host.binaryMode ?? 'memory');
	const workflow = buildWorkflow(host, workflowJson, options.staticData);
	const now = new Date();
	const hooks = new ExecutionLifecycleHooks(mode, executionId, {
		...workflowJson,
		id: workflow.id,
		name: workflow.name ?? '',
		active: false,
		isArchived: false,
		activeVersionId: null,
		createdAt: now,
		updatedAt: now,
	});
	// The database gets what the first call of this hook says: after Stop, that the run was canceled,
	// whatever the node still throws.
	let storedStatus: IRun['status'] | undefined;
	hooks.addHandler('workflowExecuteAfter', (ended) => void (storedStatus ??= statusToStore(ended)));
	options.configureHooks?.(hooks);

	const additionalData = { ...additionalDataOf(host), executionId, hooks };
	const execution = begin({ workflow, additionalData, mode });
	const cancel = () => execution.cancel();
	if (signal?.aborted) cancel();
	signal?.addEventListener('abort', cancel);
	const outcome = await execution.finally(() => signal?.removeEventListener('abort', cancel));
	const run = { ...outcome, status: storedStatus ?? outcome.status };
	executionIds.set(run, executionId);
	return run;
}

/** n8n numbers sub-executions like all others. */
let nextSubExecutionId = 1_000_000;

/** `executeWorkflow` of n8n's workflow-execute-additional-data.ts, for a caller that waits for the end. */
async function runSubWorkflow(
	host: EngineHost,
	subWorkflow: WorkflowJson,
	{ inputData = [{ json: {} }], parentExecution }: ExecuteWorkflowOptions,
): Promise<ExecuteWorkflowData> {
	const executionId = String(nextSubExecutionId++);
	const run = await runOnEngine(host, subWorkflow, { mode: 'integrated', executionId }, ({ workflow, additionalData, mode }) => {
		const node = workflow.getStartNode();
		if (!node) throw new UnexpectedError('The sub-workflow has no node to start at');
		const start = { node, data: { main: [inputData] }, metadata: { parentExecution }, source: null };
		const data = createRunExecutionData({ executionData: { nodeExecutionStack: [start] }, parentExecution });
		return new WorkflowExecute(additionalData, mode, data).processRunExecutionData(workflow);
	});
	const { error, lastNodeExecuted = '' } = run.data.resultData;
	const hasResult = run.status === 'success' || run.status === 'waiting';
	if (hasResult) return { executionId, data: outputOf(run, lastNodeExecuted), waitTill: run.waitTill };
	throw Object.assign(new UnexpectedError(error?.message ?? run.status), error, { executionId });
}

/** determineFinalExecutionStatus of n8n. */
function statusToStore({ status, waitTill, data }: IRun): IRun['status'] {
	if (waitTill) return 'waiting';
	if (status === 'canceled' || status === 'crashed') return status;
	return status === 'error' || data.resultData.error ? 'error' : 'success';
}

/** The number under which n8n stores a run, and which is in its resume URL. */
export function executionIdOf(run: IRun): string {
	const executionId = executionIds.get(run);
	if (executionId) return executionId;
	throw new UnexpectedError('The harness did not make this run');
}

const executionIds = new WeakMap<IRun, string>();

/** The workflow as n8n's engine knows it, with the credentials that its nodes get. */
export function buildWorkflow(
	host: EngineHost,
	{ id = 'workflow', name = 'Workflow', nodes, connections, settings }: WorkflowJson,
	staticData?: IDataObject,
): Workflow {
	const nodeTypes = knownNodeTypes(host);
	return new Workflow({
		id,
		name,
		nodes: nodes.map((node) => ({
			...node,
			credentials: credentialsOf(node, host, nodeTypes),
		})),
		connections,
		active: false,
		nodeTypes,
		staticData,
		// What new workflows have had since n8n 1.0.
		settings: { executionOrder: 'v1', ...settings },
	});
}

/** Runs one node behind a trigger that emits the given items. */
export async function runNode(
	host: EngineHost,
	type: string,
	{ parameters = {}, settings, ...options }: NodeRunOptions = {},
): Promise<NodeRun> {
	const trigger = 'Trigger';
	const workflow = {
		nodes: [
			node(trigger, manualTrigger.description.name, {}),
			{ ...node(nodeName, type, parameters), ...settings },
		],
		connections: { [trigger]: { main: [[{ node: nodeName, type: NodeConnectionTypes.Main, index: 0 }]] } },
	};
	const run = await runWorkflow(host, workflow, options);
	return { output: outputOf(run, nodeName), error: run.data.resultData.error, run, workflow };
}

/** Items by output of a node's last run; empty if it did not run or failed. */
export function outputOf(run: IRun, name: string): INodeExecutionData[][] {
	const tasks: ITaskData[] = run.data.resultData.runData[name] ?? [];
	return (tasks.at(-1)?.data?.main ?? []).map((items) => items ?? []);
}

/** Asks a node for the entries of a picker, as the editor does while the user types. */
export async function runListSearch(
	host: EngineHost,
	type: string,
	method: string,
	search: { parameters?: INodeParameters; filter?: string; paginationToken?: string } = {},
): Promise<INodeListSearchResult> {
	const listSearch = knownNodeTypes(host).getByNameAndVersion(type).methods?.listSearch?.[method];
	if (!listSearch) throw new UnexpectedError(`${type} has no list search "${method}"`);
	return await listSearch.call(editorContext(host, type, search.parameters), search.filter, search.paginationToken);
}

/** Chooses the entry of a list that makes something new. @param payload has the text in the search field as its name */
export async function runActionHandler(
	host: EngineHost,
	type: string,
	method: string,
	{ parameters, ...payload }: { parameters?: INodeParameters; name?: string } = {},
) {
	const handler = knownNodeTypes(host).getByNameAndVersion(type).methods?.actionHandler?.[method];
	if (!handler) throw new UnexpectedError(`${type} has no action handler "${method}"`);
	return await handler.call(editorContext(host, type, parameters), payload);
}

/** What n8n gives a method that the editor calls. */
function editorContext(host: EngineHost, type: string, parameters: INodeParameters = {}): LoadOptionsContext {
	const nodeTypes = knownNodeTypes(host);
	const asked = node(nodeName, type, parameters);
	const workflow = new Workflow({
		nodes: [{ ...asked, credentials: credentialsOf(asked, host, nodeTypes) }],
		connections: {},
		active: false,
		nodeTypes,
	});
	const [workflowNode] = Object.values(workflow.nodes);
	if (!workflowNode) throw new UnexpectedError(`${type} is no node`);
	return new LoadOptionsContext(
		workflow,
		workflowNode,
		{ ...additionalDataOf(host), currentNodeParameters: workflowNode.parameters },
		'parameters',
	);
}

/** The content of a file that a node put into an item, in either mode. */
export async function readBinary(binary: IBinaryData): Promise<Buffer> {
	return await Container.get(BinaryDataService).getAsBuffer(binary);
}

/** Where n8n keeps a file in filesystem mode. The folder goes when the process or the test file ends. */
export function binaryPath({ id }: IBinaryData): string {
	if (!id) throw new UnexpectedError('The file is in memory; run with binaryMode "filesystem"');
	return Container.get(BinaryDataService).getPath(id);
}

function knownNodeTypes(
	host: EngineHost,
): INodeTypes & { getByNameAndVersion(type: string, version?: number): INodeType } {
	const byName = new Map(
		[manualTrigger, ...host.nodeTypes].map((nodeType) => {
			const { name } = nodeType.description;
			return [name.includes('.') ? name : `${packageName}.${name}`, nodeType];
		}),
	);
	const getByName = (type: string) => {
		const nodeType = byName.get(type);
		if (nodeType) return nodeType;
		throw new UnexpectedError(`Node type "${type}" was not given to the harness`);
	};
	return {
		getByName,
		getByNameAndVersion: (type, version) =>
			NodeHelpers.getVersionedNodeType(getByName(type), version),
		getKnownTypes: () => ({}),
	};
}

function credentialsOf(
	workflowNode: INode,
	{ credentials = {}, credentialId }: EngineHost,
	nodeTypes: INodeTypes,
) {
	if (workflowNode.credentials) return workflowNode.credentials;
	const { type, typeVersion } = workflowNode;
	const slots = nodeTypes.getByNameAndVersion(type, typeVersion).description.credentials ?? [];
	return Object.fromEntries(
		slots.filter(({ name }) => credentials[name]).map(({ name }) => [name, { id: credentialId ?? name, name }]),
	);
}

/** Settings and services of the server, for one run. */
export function additionalDataOf(host: EngineHost): IWorkflowExecuteAdditionalData {
	const ofTheServer = (): never => {
		throw new UnexpectedError('This needs the n8n server, which the harness does not have');
	};
	const url = host.webhookBaseUrl ?? 'http://127.0.0.1:5678';
	return {
		credentialsHelper: new EngineCredentials(
			host.credentialTypes ?? [],
			host.credentials ?? {},
		),
		externalSecretsProxy: Container.get(ExternalSecretsProxy),
		executeWorkflow: async ({ id = '' }, _additionalData, options) => {
			const subWorkflow = host.subWorkflows?.[id];
			return subWorkflow ? await runSubWorkflow(host, subWorkflow, options) : ofTheServer();
		},
		getRunExecutionData: ofTheServer,
		getRuntimeCredential: ofTheServer,
		startRunnerTask: ofTheServer,
		logAiEvent: ofTheServer,
		currentNodeExecutionIndex: 0,
		variables: {},
		restApiUrl: `${url}/rest`,
		instanceBaseUrl: url,
		formBaseUrl: `${url}/form`,
		formWaitingBaseUrl: `${url}/form-waiting`,
		formTestBaseUrl: `${url}/form-test`,
		webhookBaseUrl: `${url}/webhook`,
		webhookWaitingBaseUrl: `${url}/webhook-waiting`,
		webhookTestBaseUrl: `${url}/webhook-test`,
		mcpBaseUrl: `${url}/mcp`,
		mcpTestBaseUrl: `${url}/mcp-test`,
	};
}
