import { parse as unflatten } from 'flatted';
import type { IDataObject } from 'n8n-workflow';
import { FormData, fetch } from 'undici';
import { z } from 'zod';
import type { INodeTypeDescription } from '../nodeProblems';
import { until } from './until';

/** The account of every throw-away n8n. Its password only has to satisfy n8n's rules. */
export const owner = {
	email: 'owner@example.com',
	firstName: 'Seedance',
	lastName: 'Owner',
	password: 'Seedance-2-Owner',
};

export interface WorkflowNode {
	name: string;
	type: string;
	typeVersion: number;
	position: [number, number];
	parameters: Record<string, unknown>;
	credentials?: Record<string, { id: string; name: string }>;
	onError?: 'continueRegularOutput' | 'continueErrorOutput';
	retryOnFail?: boolean;
	maxTries?: number;
	waitBetweenTries?: number;
	webhookId?: string;
}

/** What n8n takes for a workflow, e.g. the content of an exported file. */
export interface WorkflowFile {
	name: string;
	nodes: object[];
	connections: object;
	settings?: object;
}

export interface Workflow extends WorkflowFile {
	name: string;
	nodes: WorkflowNode[];
	connections: Record<string, { main: Array<Array<{ node: string; type: 'main'; index: number }>> }>;
}

const itemSchema = z.object({
	json: z.record(z.unknown()),
	binary: z.record(z.record(z.unknown())).optional(),
	pairedItem: z.unknown(),
});

const taskSchema = z.object({
	executionStatus: z.string().optional(),
	error: z.object({ message: z.string() }).passthrough().optional(),
	/** By the type of connection: sub-nodes of an agent have no main one. */
	data: z.record(z.array(z.array(itemSchema).nullable())).optional(),
});

const runSchema = z.object({
	resultData: z.object({
		error: z.object({ message: z.string() }).passthrough().optional(),
		runData: z.record(z.array(taskSchema)),
	}),
});

const executionSchema = z.object({ id: z.string(), status: z.string(), data: z.string() });

export type Item = z.infer<typeof itemSchema>;

/** An execution as n8n stored it. */
export class Execution {
	readonly id: string;
	readonly status: string;
	/** The stored run as text, to search for what must not be in it. */
	readonly raw: string;
	/** Why n8n did not run it, or broke it off. */
	readonly failure: string | undefined;
	private readonly runData: z.infer<typeof runSchema>['resultData']['runData'];

	constructor(execution: z.infer<typeof executionSchema>) {
		this.id = execution.id;
		this.status = execution.status;
		this.raw = execution.data;
		const { resultData } = runSchema.parse(unflatten(execution.data));
		this.failure = resultData.error?.message;
		this.runData = resultData.runData;
	}

	/** What a node's last run gave on one of its outputs. */
	itemsOf(node: string, output = 0): Item[] {
		return this.runData[node]?.at(-1)?.data?.main?.[output] ?? [];
	}

	/** What each run of a tool gave to its agent. */
	toolAnswersOf(node: string): Item[] {
		return (this.runData[node] ?? []).flatMap(({ data }) => data?.ai_tool?.flatMap((items) => items ?? []) ?? []);
	}

	/** How often a node ran. */
	runsOf(node: string): number {
		return this.runData[node]?.length ?? 0;
	}

	/** "Node: message" of each node that failed. */
	get errors(): string[] {
		return Object.entries(this.runData).flatMap(([node, tasks]) =>
			tasks.flatMap(({ error }) => (error === undefined ? [] : [`${node}: ${error.message}`])),
		);
	}
}

const credentialTestSchema = z.object({ status: z.string(), message: z.string() });
const identitySchema = z.object({ id: z.string() });
const namedSchema = z.object({ id: z.string(), name: z.string() });
const savedWorkflowSchema = z.object({ id: z.string(), versionId: z.string() });
const nodeTypeSchema = z.object({ name: z.string() });
const choicesSchema = z.object({ results: z.array(z.object({ name: z.string(), value: z.string() })) });
const executionListSchema = z.object({
	results: z.array(
		z.object({ id: z.string(), status: z.string(), stoppedAt: z.string().nullish() }),
	),
});
/** The maximum that n8n lists at once. */
const maxListed = 100;
const dataTablesSchema = z.object({
	data: z.array(z.object({ id: z.string(), name: z.string(), projectId: z.string() })),
});
const dataTableRowSchema = z.record(z.union([z.string(), z.number(), z.null()]));
const nodeTypesSchema = z.array(
	z.custom<INodeTypeDescription>(
		(value) => z.object({ name: z.string(), properties: z.array(z.unknown()) }).safeParse(value).success,
	),
);
const restStartTimeoutMs = 30_000;
const finalStatuses = ['success', 'error', 'crashed', 'canceled'];

/** n8n's own REST interface, the one the editor uses. */
export class N8nClient {
	private readonly cookies = new Map<string, string>();

	constructor(
		readonly baseUrl: string,
		/** In queue mode another process takes the webhooks. */
		private readonly webhookUrl = baseUrl,
	) {}

	async isReady(): Promise<boolean> {
		const { ok } = await fetch(`${this.baseUrl}/healthz/readiness`);
		return ok;
	}

	/** Sets up the owner account in a new n8n; logs in to it otherwise. */
	async logIn(): Promise<void> {
		const schema = z.object({
			userManagement: z.object({ showSetupOnFirstLoad: z.boolean().optional() }),
		});
		// n8n 1 reports that it is ready some moments before it answers here.
		const settings = await until(
			'the REST interface of n8n',
			async () => await this.rest('GET', '/settings', schema),
			restStartTimeoutMs,
		);
		if (settings.userManagement.showSetupOnFirstLoad === true) {
			await this.rest('POST', '/owner/setup', z.unknown(), owner);
		} else {
			const { email, password } = owner;
			await this.rest('POST', '/login', z.unknown(), { emailOrLdapLoginId: email, password });
		}
	}

	/** Of n8n. */
	async version(): Promise<string> {
		const { versionCli } = await this.rest('GET', '/settings', z.object({ versionCli: z.string() }));
		return versionCli;
	}

	async createCredential(name: string, type: string, data: Record<string, unknown>) {
		const { id } = await this.rest('POST', '/credentials', identitySchema, { name, type, data });
		return { id, name };
	}

	/** Creates a credential, or gives new values to the one of that name. */
	async saveCredential(name: string, type: string, data: Record<string, unknown>) {
		const existing = await this.rest('GET', '/credentials', z.array(namedSchema));
		const id = existing.find((credential) => credential.name === name)?.id;
		if (id === undefined) return await this.createCredential(name, type, data);
		await this.rest('PATCH', `/credentials/${id}`, z.unknown(), { name, type, data });
		return { id, name };
	}

	/** The names of all workflows. */
	async workflowNames(): Promise<string[]> {
		const workflows = await this.rest('GET', '/workflows', z.array(namedSchema));
		return workflows.map(({ name }) => name);
	}

	/**
	 * What the editor shows under a credential's fields.
	 * @param id of a saved credential, without which n8n 1 tests nothing
	 */
	async testCredential(type: string, data: Record<string, unknown>, id = '') {
		return await this.rest('POST', '/credentials/test', credentialTestSchema, {
			credentials: { id, name: 'Under test', type, data },
		});
	}

	/** Returns the ID of the new workflow. */
	async createWorkflow(workflow: WorkflowFile): Promise<string> {
		const { id } = await this.rest('POST', '/workflows', savedWorkflowSchema, {
			active: false,
			...workflow,
		});
		return id;
	}

	async activate(workflowId: string): Promise<void> {
		const { versionId } = await this.rest('GET', `/workflows/${workflowId}`, savedWorkflowSchema);
		await this.rest('POST', `/workflows/${workflowId}/activate`, z.unknown(), { versionId });
	}

	/** What the nodes of a workflow keep from execution to execution. */
	async staticData(workflowId: string): Promise<Record<string, IDataObject>> {
		const schema = z.object({ staticData: z.record(z.custom<IDataObject>()).nullish() });
		return (await this.rest('GET', `/workflows/${workflowId}`, schema)).staticData ?? {};
	}

	/** Executes a workflow as the editor does, from one of its triggers. Waits until that has ended. */
	async executeManually(workflowId: string, trigger: string, timeoutMs = 60_000): Promise<Execution> {
		const executionId = await this.startManually(workflowId, trigger);
		return await this.executionOf(workflowId, timeoutMs, (id) => id === executionId);
	}

	/**
	 * Begins to execute a workflow as the editor does, from one of its triggers. Returns the ID of the execution.
	 *
	 * @throws Error when n8n does not start it, for example because a credential is missing
	 */
	async startManually(workflowId: string, trigger: string): Promise<string> {
		const { executionId } = await this.rest(
			'POST',
			`/workflows/${workflowId}/run`,
			z.object({ executionId: z.string() }),
			{ triggerToStartFrom: { name: trigger } },
		);
		return executionId;
	}

	/** All node types in all their versions, as the editor gets them. */
	async nodeTypes(): Promise<INodeTypeDescription[]> {
		const response = await fetch(`${this.baseUrl}/types/nodes.json`, {
			headers: { cookie: this.cookieHeader },
		});
		if (!response.ok) throw new Error(`n8n answered ${response.status} for its node types`);
		return nodeTypesSchema.parse(await response.json());
	}

	/** The rows of a Data Table. */
	async rowsOf(tableName: string) {
		const path = `${await this.dataTablePath(tableName)}/rows`;
		return (await this.rest('GET', path, z.object({ data: z.array(dataTableRowSchema) }))).data;
	}

	async insertRows(tableName: string, rows: Array<Record<string, string | number>>): Promise<void> {
		await this.rest('POST', `${await this.dataTablePath(tableName)}/insert`, z.unknown(), { data: rows });
	}

	/** Changes all rows that have these values. */
	async updateRows(tableName: string, having: Record<string, string>, data: Record<string, string>): Promise<void> {
		const filters = Object.entries(having).map(([columnName, value]) => ({ columnName, condition: 'eq', value }));
		const body = { filter: { type: 'and', filters }, data };
		await this.rest('PATCH', `${await this.dataTablePath(tableName)}/rows`, z.unknown(), body);
	}

	private async dataTablePath(tableName: string): Promise<string> {
		const { data } = await this.rest('GET', '/data-tables-global', dataTablesSchema);
		const table = data.find(({ name }) => name === tableName);
		if (!table) throw new Error(`There is no Data Table ${tableName}`);
		return `/projects/${table.projectId}/data-tables/${table.id}`;
	}

	/** Calls a production webhook; gives its answer. n8n registers it some seconds after the activation. */
	async callWebhook(path: string, body?: FormData, timeoutMs = 30_000): Promise<Buffer> {
		const response = await until(
			`the webhook ${path} to be registered`,
			async () => {
				const answer = await fetch(`${this.webhookUrl}/webhook/${path}`, { method: 'POST', body });
				if (answer.status !== 404) return answer;
				await answer.body?.cancel();
				return undefined;
			},
			timeoutMs,
		);
		const answer = Buffer.from(await response.arrayBuffer());
		if (!response.ok) throw new Error(`Webhook ${path} answered ${response.status}: ${answer.toString()}`);
		return answer;
	}

	/** Sends in the form of a published workflow; n8n registers it some seconds after the activation. */
	async submitForm(path: string, fields: ReadonlyArray<string | { name: string; bytes: Buffer; type: string }>): Promise<void> {
		const form = new FormData();
		fields.forEach((field, index) => {
			if (typeof field === 'string') form.append(`field-${index}`, field);
			else form.append(`field-${index}`, new Blob([new Uint8Array(field.bytes)], { type: field.type }), field.name);
		});
		const response = await until(
			`the form ${path} to be registered`,
			async () => {
				const answer = await fetch(`${this.webhookUrl}/form/${path}`, { method: 'POST', body: form });
				if (answer.status !== 404) return answer;
				await answer.body?.cancel();
				return undefined;
			},
			restStartTimeoutMs,
		);
		const answer = await response.text();
		if (!response.ok) throw new Error(`The form ${path} answered ${response.status}: ${answer}`);
	}

	/** Waits until an execution of a workflow has ended, however it ended. */
	async executionOf(
		workflowId: string,
		timeoutMs = 60_000,
		isWanted: (id: string) => boolean = () => true,
	): Promise<Execution> {
		const id = await until(
			`the execution of workflow ${workflowId} to end`,
			async () => {
				const executions = await this.executionsOf(workflowId);
				return executions.find(({ id, status }) => isWanted(id) && finalStatuses.includes(status))?.id;
			},
			timeoutMs,
		);
		return await this.execution(id);
	}

	/** The executions of a workflow, at most 100, the newest first; those that have not ended, too. */
	async executionsOf(workflowId: string) {
		const query = new URLSearchParams({
			filter: JSON.stringify({ workflowId }),
			limit: String(maxListed),
		});
		const path = `/executions?${query.toString()}`;
		return (await this.rest('GET', path, executionListSchema)).results;
	}

	/** An execution as it is at this moment. */
	async execution(id: string): Promise<Execution> {
		return new Execution(await this.rest('GET', `/executions/${id}`, executionSchema));
	}

	/** A file of an execution, by the ID in its binary data. */
	async binaryData(id: string): Promise<Buffer> {
		const query = new URLSearchParams({ id, action: 'download' });
		const response = await fetch(`${this.baseUrl}/rest/binary-data?${query.toString()}`, {
			headers: { cookie: this.cookieHeader },
		});
		if (!response.ok) throw new Error(`n8n answered ${response.status} for binary data ${id}`);
		return Buffer.from(await response.arrayBuffer());
	}

	/** Retry in the list of executions. Waits until the new execution has ended. */
	async retry(failedId: string, workflowId: string, timeoutMs = 60_000): Promise<Execution> {
		const path = `/executions/${failedId}/retry`;
		const retried = await this.rest('POST', path, identitySchema, { loadWorkflow: false });
		return await this.executionOf(workflowId, timeoutMs, (id) => id === retried.id);
	}

	/** Stop in the list of executions. */
	async stop(executionId: string): Promise<void> {
		await this.rest('POST', `/executions/${executionId}/stop`, z.unknown());
	}

	/** What a picker of a node offers, as the editor asks for it. */
	async choices(
		{ type, typeVersion, credentials, parameters }: WorkflowNode,
		parameter: string,
		methodName: string,
	) {
		const path = '/dynamic-node-parameters/resource-locator-results';
		const { results } = await this.rest('POST', path, choicesSchema, {
			path: `parameters.${parameter}`,
			methodName,
			nodeTypeAndVersion: { name: type, version: typeVersion },
			currentNodeParameters: parameters,
			credentials,
		});
		return results;
	}

	/** The names of the node types that n8n has loaded, as the editor gets them. */
	async nodeTypeNames(): Promise<string[]> {
		const response = await fetch(`${this.baseUrl}/types/nodes.json`, {
			headers: { cookie: this.cookieHeader },
		});
		return z.array(nodeTypeSchema).parse(await response.json()).map(({ name }) => name);
	}

	private get cookieHeader(): string {
		return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
	}

	private async rest<Schema extends z.ZodTypeAny>(
		method: 'GET' | 'POST' | 'PATCH',
		path: string,
		schema: Schema,
		body?: unknown,
	): Promise<z.infer<Schema>> {
		const response = await fetch(`${this.baseUrl}/rest${path}`, {
			method,
			headers: {
				'content-type': 'application/json',
				cookie: this.cookieHeader,
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		const text = await response.text();
		if (!response.ok) throw new Error(`n8n answered ${method} ${path} with ${response.status}: ${text}`);
		for (const cookie of response.headers.getSetCookie()) {
			const [pair = ''] = cookie.split(';');
			const [name = '', ...value] = pair.split('=');
			this.cookies.set(name, value.join('='));
		}
		return z.object({ data: schema }).parse(JSON.parse(text)).data;
	}
}
