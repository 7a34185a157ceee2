import type {
	IBinaryData,
	IDataObject,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	INodeParameters,
	IWebhookFunctions,
} from 'n8n-workflow';
import { WAIT_INDEFINITELY } from 'n8n-workflow';
import { parseUrl } from '../parseUrl';
import { isObject, readArray, readNumber, readObject, readString } from '../providers/read';

/**
 * All code that depends on n8n's internals, beyond the functions that it documents for nodes. Each entry says what it
 * reads, and what happens in a version of n8n that keeps it elsewhere:
 * - `suspend`: replaces the input of the execution's current node, which n8n passes on when it resumes.
 * - `resumeUrl`, `retryFamilyOf`: the resume URL of the execution and the token in it.
 * - `isTool`: the type that n8n gives a node when an agent uses it.
 * - `isWiredToItself`: the connections of the workflow; undefined where n8n keeps them elsewhere.
 * - `originalRunIndex`: the runs of this node so far, including those that n8n's recovery adds.
 * - `toolCallOf`: n8n passes the same object to each attempt at a tool call; otherwise each attempt would be a call.
 * - `askedFor`: the node's parameters hold expressions rather than their values; what agents add to a tool call.
 * - `callerOf`: the parent that n8n stores with a sub-execution; undefined where n8n keeps it elsewhere.
 * - `onExecutionEnd`: the hooks with which n8n saves an execution; never called where n8n keeps them elsewhere.
 * - `permanentBinary`: the path of a file that a webhook has received.
 * - `readSuspendedItems`: the input of a suspended node, as its webhook sees it.
 * - `nodeContextOf`: the context of a suspended node; empty where n8n keeps it elsewhere.
 */

/**
 * Suspends the execution, so that it holds no worker. n8n stores it in its database and resumes it at the given time,
 * or when its resume URL is called. The node then outputs its input, so that is replaced by the items.
 * @param untilMs milliseconds since the epoch; n8n checks about once a minute
 */
export async function suspend(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
	untilMs: number,
): Promise<void> {
	const executeData = context.getExecuteData();
	// A new object, as the stored output of the previous node shares the old one.
	// A copy of the list, as n8n changes the one that the node returns.
	executeData.data = { ...executeData.data, main: [[...items]] };
	// Later dates are invalid, or mean "without a deadline" to n8n.
	await context.putExecutionToWait(new Date(Math.min(untilMs, WAIT_INDEFINITELY.getTime() - 1)));
}

/** @returns the URL that resumes this execution, signed by n8n; empty if there is none */
export function resumeUrl(context: IExecuteFunctions): string {
	return readString(context.evaluateExpression('{{ $execution.resumeUrl }}', 0)) ?? '';
}

/** @returns an ID that an execution shares with its retries and with no other execution: the token of its resume URL */
export function retryFamilyOf(context: IExecuteFunctions): string | undefined {
	const url = resumeUrl(context);
	return readString(parseUrl(url)?.searchParams.get('signature'));
}

/** Whether an AI agent uses the node as a tool, which n8n gives another type. An execution cannot be suspended in a tool call. */
export const isTool = ({ type }: INode) => type.endsWith('Tool');

/**
 * Whether one of the node's outputs leads back to its own input, directly or through other nodes. n8n has no function
 * for this, so this reads its connections.
 * @returns undefined in a version of n8n that keeps them elsewhere
 */
export function isWiredToItself(context: IExecuteFunctions, outputIndex: number): boolean | undefined {
	const { name } = context.getNode();
	const workflow = readObject(readObject(context).workflow);
	if (!('connectionsBySourceNode' in workflow)) return undefined;
	const targets = (nodeName: string, output?: number) => {
		const outputs = readArray(readObject(readObject(workflow.connectionsBySourceNode)[nodeName]).main);
		const chosen = output === undefined ? outputs.flat() : readArray(outputs[output]);
		return chosen.flatMap((connection) => readString(readObject(connection).node) ?? []);
	};
	const seen = new Set<string>();
	for (const queue = targets(name, outputIndex); queue.length > 0; ) {
		const next = queue.shift() ?? '';
		if (next === name) return true;
		if (!seen.has(next)) queue.push(...targets(next));
		seen.add(next);
	}
	return false;
}

/**
 * The index of this run of the node, as the original execution counted it. For an execution that was killed, n8n's
 * recovery adds runs from its event log, and a retry counts on from those, which would make every request a new one.
 * n8n has no function for this, so this reads its run data.
 */
export function originalRunIndex(context: IExecuteFunctions, itemIndex: number): number {
	const runIndex = readNumber(context.evaluateExpression('{{ $runIndex }}', itemIndex)) ?? 0;
	const { runData } = readObject(readObject(readObject(context).runExecutionData).resultData);
	const runs = readArray(readObject(runData)[context.getNode().name]).slice(0, runIndex);
	return runIndex - runs.filter(isRecoveredRun).length;
}

/** ExecutionRecoveryService of n8n marks a run that was in progress as crashed, and gives a finished one this item. */
function isRecoveredRun(run: unknown): boolean {
	const { executionStatus, data } = readObject(run);
	const [firstItem] = readArray(readArray(readObject(data).main)[0]);
	return executionStatus === 'crashed' || 'isArtificialRecoveredEventItem' in readObject(readObject(firstItem).json);
}

/**
 * The arguments of a tool call, the same object for each attempt of Retry On Fail, which distinguishes another attempt
 * from another call. The index of the run does not: version 3 of the agent makes all attempts in one run, older ones
 * make a run for each (n8n-core: workflow-execute.ts, get-input-connection-data.ts), and parallel calls are numbered
 * in any order.
 * @returns undefined if the node is not a tool
 */
export function toolCallOf(context: IExecuteFunctions): object | undefined {
	return isTool(context.getNode()) ? context.getInputData()[0]?.json : undefined;
}

/**
 * Whether the agent that calls this tool runs its tools as nodes: then n8n numbers the call and keeps the answers for
 * the retry of the execution, while an older agent starts again there.
 */
export const agentKeepsAnswers = (context: IExecuteFunctions): boolean =>
	'toolCallId' in readObject(toolCallOf(context));

/**
 * What a person or a model has asked for, before n8n evaluates it: the fields as they were filled in; in a tool also
 * the arguments of the model, and the item of its agent. If all of that is equal, different values come from
 * expressions alone.
 * @param select leaves out the parameters that a person may change without asking for anything else
 */
export function askedFor(context: IExecuteFunctions, select: (parameters: INodeParameters) => INodeParameters): unknown {
	const parameters = select(context.getNode().parameters);
	const toolCall = toolCallOf(context);
	if (!toolCall) return parameters;
	const { toolCallId, ...given } = readObject(toolCall);
	// An agent that runs its tools as nodes adds a toolCallId, and puts its item into the arguments.
	return [parameters, given, toolCallId === undefined ? context.evaluateExpression('{{ $json }}', 0) : undefined];
}

/** What n8n says of an execution that has no ID. */
const unknownExecutionId = '__UNKNOWN__';

/**
 * The execution that has called this one as its sub-workflow. If that is a sub-execution itself, it is the one above
 * it, which remains when the sub-workflows below it are called again; n8n tells of two levels.
 * @returns its ID; undefined in an execution that was not called by another one
 */
export function callerOf(context: IExecuteFunctions): string | undefined {
	const parent = readObject(readObject(readObject(context).runExecutionData).parentExecution);
	const id = readString(readObject(parent.executionContext).parentExecutionId) ?? readString(parent.executionId);
	return id === unknownExecutionId ? undefined : id;
}

/** Calls the listener once this execution has ended, or is suspended. `failed` includes one that was stopped. */
export function onExecutionEnd(
	context: IExecuteFunctions,
	listener: (end: 'succeeded' | 'failed' | 'suspended') => void,
): void {
	const { hooks } = readObject(readObject(context).additionalData);
	const { addHandler } = readObject(hooks);
	if (typeof addHandler !== 'function') return;
	const onEnd = (run: unknown) => {
		const { status, waitTill, data } = readObject(run);
		const { error, lastNodeExecuted, runData } = readObject(readObject(data).resultData);
		const lastRun = readArray(readObject(runData)[String(lastNodeExecuted)]).at(-1);
		const [firstItem] = readArray(readArray(readObject(readObject(lastRun).data).main)[0]);
		const firstError = readObject(readObject(firstItem).json).error;
		// As n8n's own check reads it.
		const isTriedAgain = firstError !== undefined && firstError !== null && firstError !== false;
		const hasSucceeded = status === 'success' && error === undefined && !isTriedAgain;
		listener(waitTill ? 'suspended' : hasSucceeded ? 'succeeded' : 'failed');
	};
	Reflect.apply(addHandler, hooks, ['workflowExecuteAfter', onEnd]);
}

/**
 * Makes sure that a link to a file works as long as n8n keeps the execution. A file that a webhook received has a
 * temporary path, and is moved when the execution ends or is suspended, so this copies it.
 */
export async function permanentBinary(
	{ helpers }: IExecuteFunctions,
	binary: IBinaryData,
): Promise<IBinaryData> {
	const { id, fileName, mimeType } = binary;
	if (!id?.includes('/executions/temp/')) return binary;
	return await helpers.prepareBinaryData(await helpers.getBinaryStream(id), fileName, mimeType);
}

/** The input of the node in a suspended execution whose webhook was called: the items that `suspend` has stored. */
export function readSuspendedItems(context: IWebhookFunctions): INodeExecutionData[] {
	const items = context.evaluateExpression('{{ $input.all() }}', 0);
	return readArray(items).filter(isItem);
}

const isItem = (value: unknown): value is INodeExecutionData => 'json' in readObject(value);

/**
 * The context of the node in a suspended execution whose webhook was called: `getContext('node')` of the node, which
 * webhooks do not have. Changes are stored if the execution resumes.
 */
export function nodeContextOf(context: IWebhookFunctions): IDataObject {
	const { executionData } = readObject(readObject(context).runExecutionData);
	const nodeContext = readObject(readObject(executionData).contextData)[`node:${context.getNode().name}`];
	return isDataObject(nodeContext) ? nodeContext : {};
}

const isDataObject = (value: unknown): value is IDataObject => isObject(value);
