/**
 * Starts workflows by calls to the webhook of their trigger. Follows n8n 2.41 (live-webhooks.ts and
 * webhook-helpers.ts of packages/cli): each call gets the workflow as it is stored, static data included,
 * and the static data are stored again once `webhook()` of the node has returned.
 */
import { HookContext, WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	deepCopy,
	type IDataObject,
	type INode,
	type IRun,
	UnexpectedError,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { additionalDataOf, buildWorkflow, type EngineHost, runOnEngine, type WorkflowJson } from './engine';
import {
	type HttpCall,
	type ResumeResponse,
	runWebhook,
	toExpressRequest,
	WebhookResponse,
} from './waiting';

/** A workflow as the server finds it in its database. */
export interface PublishedWorkflow {
	host: EngineHost;
	workflow: WorkflowJson;
	/** What n8n has stored of it. A call writes into it. */
	staticData?: IDataObject;
	/** `manual` while a person uses the Test URL. */
	mode?: Extract<WorkflowExecuteMode, 'webhook' | 'manual'>;
}

/** What happens when the workflow is published. @throws what the trigger throws */
export async function activateTrigger(host: EngineHost, node: INode): Promise<boolean> {
	const workflow = buildWorkflow(host, { nodes: [node], connections: {} });
	const { webhookMethods } = workflow.nodeTypes.getByNameAndVersion(node.type, node.typeVersion);
	const { checkExists, create } = webhookMethods?.default ?? {};
	if (!checkExists || !create) throw new UnexpectedError('The node has no webhook to register');
	const known = workflow.getNode(node.name) ?? node;
	const context = new HookContext(workflow, known, additionalDataOf(host), 'trigger', 'activate');
	return (await checkExists.call(context)) || (await create.call(context));
}

/**
 * @returns the response, which n8n sends as soon as `webhook()` of the node has returned; and the run of the
 * workflow, undefined if the call did not start it
 */
export function answerTriggerCall(
	published: PublishedWorkflow,
	call: HttpCall,
): { response: Promise<ResumeResponse>; run: Promise<IRun | undefined> } {
	const response = new WebhookResponse();
	return { response: response.sent, run: answer(published, call, response) };
}

async function answer(
	{ host, workflow: workflowJson, staticData = {}, mode = 'webhook' }: PublishedWorkflow,
	call: HttpCall,
	response: WebhookResponse,
): Promise<IRun | undefined> {
	const workflow = buildWorkflow(host, workflowJson, deepCopy(staticData));
	const { pathname, searchParams } = new URL(call.url, 'http://127.0.0.1');
	const found = Object.values(workflow.nodes).flatMap((node) =>
		webhooksOf(host, node)
			.filter((webhook) => pathname === webhookPath(node, webhook.path) && webhook.httpMethod === call.method)
			.map((webhook) => ({ node, webhook })),
	)[0];
	if (!found) {
		response.status(404).json({ message: 'The requested webhook is not registered.' });
		return undefined;
	}
	const { node, webhook } = found;
	const request = toExpressRequest(call, searchParams, node);
	const { result, failure } = await runWebhook(host, workflow, node, webhook, { mode }, { request, response });
	if (failure) throw new UnexpectedError('The trigger threw', { cause: failure });
	// Concurrent calls overwrite each other's static data, as they do in n8n.
	const { __dataChanged: isChanged, ...changed } = workflow.staticData;
	if (isChanged === true && mode !== 'manual') Object.assign(staticData, deepCopy(changed));
	if (!result.noWebhookResponse) response.status(200).json({ message: 'Workflow was started' });
	const { workflowData } = result;
	if (!workflowData) return undefined;
	const data = createRunExecutionData({
		executionData: { nodeExecutionStack: [{ node, data: { main: workflowData }, source: null }] },
	});
	return await runOnEngine(host, workflowJson, { mode, staticData }, (engine) =>
		new WorkflowExecute(engine.additionalData, mode, data).processRunExecutionData(engine.workflow),
	);
}

function webhooksOf({ nodeTypes }: EngineHost, { type }: INode) {
	const nodeType = nodeTypes.find(
		({ description }) => type === description.name || type.endsWith(`.${description.name}`),
	);
	return nodeType && 'webhook' in nodeType ? (nodeType.description.webhooks ?? []) : [];
}

const webhookPath = ({ webhookId = '' }: INode, path: string) => `/webhook/${webhookId}/${path}`;
