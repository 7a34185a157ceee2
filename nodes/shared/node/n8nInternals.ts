import type {
	IBinaryData,
	IDataObject,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	IWebhookFunctions,
} from 'n8n-workflow';
import { WAIT_INDEFINITELY } from 'n8n-workflow';
import { parseUrl } from '../parseUrl';
import { isObject, readArray, readNumber, readObject, readString } from '../providers/read';

/**
 * All that depends on how n8n works inside, beyond the functions that it documents for nodes. Each entry
 * says what it reads and what happens where another n8n has it elsewhere:
 * - `suspend`: replaces the input of the execution's current node, which n8n hands on when it resumes.
 * - `resumeUrl`, `retryFamilyOf`: the resume URL of the execution and the token in it.
 * - `isTool`: the type that n8n gives a node when an agent uses it.
 * - `isWiredToItself`: the connections of the workflow; undefined where n8n keeps them elsewhere.
 * - `originalRunIndex`: the runs of this node so far, including those that n8n's recovery makes up.
 * - `toolCallOf`: that n8n hands the same object to each attempt at a tool call; elsewhere each attempt is a call.
 * - `askedFor`: that the node as n8n gives it has its expressions, not their values; what agents add to a call.
 * - `permanentBinary`: the place of a file that a webhook has brought.
 * - `readSuspendedItems`: the input of a suspended node, as its webhook sees it.
 * - `nodeContextOf`: what a suspended node has put into its context; empty where n8n keeps it elsewhere.
 */

/**
 * Suspends the execution, so that it holds no worker. n8n keeps it in its database and goes on at the
 * given time, or when its resume URL is called. What then leaves the node is its input, so that is
 * replaced by what should go on.
 * @param untilMs milliseconds since the epoch; n8n checks about once a minute
 */
export async function suspend(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
	untilMs: number,
): Promise<void> {
	const executeData = context.getExecuteData();
	// Replaced, not changed: the stored output of the node before shares the old object.
	// The items are copied, as n8n takes those apart that the node returns.
	executeData.data = { ...executeData.data, main: [[...items]] };
	// Later dates are none, or mean "without a deadline" to n8n.
	await context.putExecutionToWait(new Date(Math.min(untilMs, WAIT_INDEFINITELY.getTime() - 1)));
}

/** Where this execution is resumed from outside; n8n signs it. */
export function resumeUrl(context: IExecuteFunctions): string {
	return readString(context.evaluateExpression('{{ $execution.resumeUrl }}', 0)) ?? '';
}

/** What an execution has in common with its retries and with no other execution: the token of its resume URL. */
export function retryFamilyOf(context: IExecuteFunctions): string | undefined {
	const url = resumeUrl(context);
	return readString(parseUrl(url)?.searchParams.get('signature'));
}

/** A node that an AI agent uses is another type to n8n; an execution cannot wait inside a tool call. */
export const isTool = ({ type }: INode) => type.endsWith('Tool');

/**
 * Whether one of the node's outputs leads back to its own input. n8n has no function that tells, so this
 * looks at what it keeps; undefined where that looks different.
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
	for (const line = targets(name, outputIndex); line.length > 0; ) {
		const next = line.shift() ?? '';
		if (next === name) return true;
		if (!seen.has(next)) line.push(...targets(next));
		seen.add(next);
	}
	return false;
}

/**
 * Which run of the node this is, as its execution had it. For one that was killed n8n makes up runs from its
 * log of events, and counts on from them in the retry, which would make every request a new one. n8n has no
 * function that tells, so this looks at what it keeps.
 */
export function originalRunIndex(context: IExecuteFunctions, itemIndex: number): number {
	const runIndex = readNumber(context.evaluateExpression('{{ $runIndex }}', itemIndex)) ?? 0;
	const { runData } = readObject(readObject(readObject(context).runExecutionData).resultData);
	const runs = readArray(readObject(runData)[context.getNode().name]).slice(0, runIndex);
	return runIndex - runs.filter(isRecoveredRun).length;
}

/** ExecutionRecoveryService of n8n: a run that was under way is marked as crashed, one that was over has this item. */
function isRecoveredRun(run: unknown): boolean {
	const { executionStatus, data } = readObject(run);
	const [firstItem] = readArray(readArray(readObject(data).main)[0]);
	return executionStatus === 'crashed' || 'isArtificialRecoveredEventItem' in readObject(readObject(firstItem).json);
}

/**
 * What the model of an agent has called the tool with, the same object for each attempt of Retry On Fail, which is
 * how a further attempt is told from a further call. The index of the run does not tell: an agent of version 3 makes
 * all attempts in one run, an older one makes a run of each (n8n-core: workflow-execute.ts,
 * get-input-connection-data.ts), and calls side by side get their numbers in any order.
 * @returns undefined where the node is no tool
 */
export function toolCallOf(context: IExecuteFunctions): object | undefined {
	return isTool(context.getNode()) ? context.getInputData()[0]?.json : undefined;
}

/**
 * Whether the agent that calls this tool runs its tools as nodes: then n8n numbers the call, and keeps the answers for
 * the retry of the execution, while an older agent begins anew there.
 */
export const agentKeepsAnswers = (context: IExecuteFunctions): boolean =>
	'toolCallId' in readObject(toolCallOf(context));

/**
 * What a person or a model has asked for, before n8n evaluates it: the fields as they were filled in, and in a tool
 * what the model gives and for which item of its agent. With the same of all that, other values have come by
 * themselves.
 */
export function askedFor(context: IExecuteFunctions): unknown {
	const { parameters } = context.getNode();
	const toolCall = toolCallOf(context);
	if (!toolCall) return parameters;
	const { toolCallId, ...given } = readObject(toolCall);
	// An agent that runs its tools as nodes numbers the calls, and puts the item of the agent into what it gives.
	return [parameters, given, toolCallId === undefined ? context.evaluateExpression('{{ $json }}', 0) : undefined];
}

/**
 * A file that a link can lead to as long as n8n keeps the execution. What a webhook brought has a place for
 * the time being, and is moved when the execution ends or is suspended, so this copies it.
 */
export async function permanentBinary(
	{ helpers }: IExecuteFunctions,
	binary: IBinaryData,
): Promise<IBinaryData> {
	const { id, fileName, mimeType } = binary;
	if (!id?.includes('/executions/temp/')) return binary;
	return await helpers.prepareBinaryData(await helpers.getBinaryStream(id), fileName, mimeType);
}

/** The input of the node in an execution that its webhook is about to resume: what `suspend` has left there. */
export function readSuspendedItems(context: IWebhookFunctions): INodeExecutionData[] {
	const items = context.evaluateExpression('{{ $input.all() }}', 0);
	return readArray(items).filter(isItem);
}

const isItem = (value: unknown): value is INodeExecutionData => 'json' in readObject(value);

/**
 * The context of the node in an execution that its webhook is about to resume: what `getContext('node')` was
 * when it ran, which webhooks do not have. What is changed here is stored if the execution goes on.
 */
export function nodeContextOf(context: IWebhookFunctions): IDataObject {
	const { executionData } = readObject(readObject(context).runExecutionData);
	const nodeContext = readObject(readObject(executionData).contextData)[`node:${context.getNode().name}`];
	return isDataObject(nodeContext) ? nodeContext : {};
}

const isDataObject = (value: unknown): value is IDataObject => isObject(value);
