import type {
	INodeExecutionData,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import {
	answerCallback,
	bodyOf,
	callbackOf,
	checkAccount,
	checkDeadline,
	connectForCallback,
	downloadsOfCallbacks,
	respond,
} from '../../shared/callback/answerCallback';
import { coalesce } from '../../shared/callback/coalesce';
import { expiringMap } from '../../shared/expiringMap';
import { callbackSecret, verifyCallback } from '../../shared/callback/verifyCallback';
import { type DeliverySession, deliverInTime, describeUndelivered, shapeTask } from '../../shared/node/deliver';
import { SeedanceError } from '../../shared/errors';
import { takeInputFields, withFields } from '../../shared/node/inputFields';
import { nodeContextOf, readSuspendedItems } from '../../shared/node/n8nInternals';
import { toErrorItem, toNodeError } from '../../shared/node/toNodeError';
import { type Outcome, outcomeOf } from '../../shared/outcome';
import { providers } from '../../shared/providers';
import { readString } from '../../shared/providers/read';
import { callProvider } from '../../shared/request/callProvider';
import type { ProviderConnection } from '../../shared/request/connection';
import { isTransientFault } from '../../shared/wait/pollUntil';
import { isSettledStatus, taskStatuses, type VideoTask } from '../../shared/vocabulary';
import { readWaitRecord, removeWaitRecord } from './waitRecord';

/** The second half of "On Provider Callback": the provider calls, and the suspended execution resumes. */

export const callbackWebhooks: IWebhookDescription[] = [
	{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: '', restartWebhook: true },
];

/**
 * Handles a call to the resume URL. The callback is only a reason to check: what counts is the answer of the
 * provider's API. The execution resumes when all tasks have ended; until then it stays suspended.
 */
export async function resumeOnCallback(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	return await answerCallback(this, receive);
}

/** An execution whose tasks have all ended. */
interface EndedExecution {
	suspendedItems: INodeExecutionData[];
	/** The tasks that were open when it was suspended, by item index. */
	tasks: ReadonlyMap<number, EndedTask>;
}

interface EndedTask {
	task: VideoTask;
	/** Why the provider will not tell what became of it, so that there is nothing to wait for. */
	lost?: SeedanceError;
}

const checks = coalesce<EndedExecution>(checkDeadline);

/** By execution: many tasks call at about the same time, and reading the credential is the slowest part of each call. */
const apiKeys = expiringMap<Promise<string>>(30_000);

/** Tasks whose execution resumes: n8n still accepts calls until it has stored that, which can take seconds. */
const resumedTasks = expiringMap<true>(30_000);

async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const provider = providers.find(({ id }) => id === context.getNodeParameter('provider'));
	const callback = provider?.videoTasks.callback;
	if (!provider || !callback) return respond(context, 404, 'This node is not waiting for a callback');

	const executionId = context.getExecutionId();
	const call = callbackOf(context);
	const isProvedBy = (apiKey: string) =>
		verifyCallback(callback.proof, call, { apiKey, secret: callbackSecret(apiKey, executionId) });
	const connect = once(async () => await connectForCallback(context, provider));
	// The cached key may be that of another node of this execution.
	if (!isProvedBy(await cachedApiKey(executionId, connect)) && !isProvedBy((await connect()).apiKey)) {
		return respond(context, 401, 'The call does not prove where it comes from');
	}

	if (callback.isOpen?.(bodyOf(call))) return respond(context, 200, 'The task has not ended yet');

	const keyOf = (taskId: string | undefined) => `${executionId} ${taskId}`;
	// Known to this process only; with several webhook processes, n8n itself resumes the execution once.
	if (resumedTasks.get(keyOf(callback.taskIdOf(bodyOf(call))))) {
		return respond(context, 200, 'The execution has already resumed');
	}
	// Answered at once, as a provider calls again when it waits too long. Only the first call learns of a failed check.
	if (checks.join(executionId)) return respond(context, 200, 'The tasks are being checked');
	const checking = checks.start(executionId, async (signal) => {
		const suspendedItems = readSuspendedItems(context);
		const openIndexes = [...suspendedItems.entries()].flatMap(([index, item]) => (isOpen(item) ? index : []));
		const tasks = await checkAccount(await connect(), signal, async (connection) =>
			await checkOpenTasks(connection, suspendedItems, openIndexes),
		);
		// In the same step that ends the check, so that no call can start another one in between.
		for (const { task } of tasks?.values() ?? []) resumedTasks.set(keyOf(task.id), true, Infinity);
		return tasks && { suspendedItems, tasks };
	});
	const checked = await outcomeOf(checking);
	if (!checked.ok) return respond(context, 503, 'The tasks could not be checked; please call again');
	if (!checked.value) return respond(context, 200, 'Not all tasks have ended yet');

	// Answered before the files are fetched, which can take longer than a provider waits.
	const response = respond(context, 200, 'The execution resumes');
	const connection = await connect();
	const session = { provider, connection, context, run: { downloads: downloadsOfCallbacks(connection) } };
	const items = await resume(context, session, checked.value);
	for (const { task } of checked.value.tasks.values()) resumedTasks.set(keyOf(task.id), true);
	return { ...response, workflowData: [items] };
}

async function cachedApiKey(
	executionId: string,
	connect: () => Promise<ProviderConnection>,
): Promise<string> {
	const cached = apiKeys.get(executionId);
	if (cached) return await cached;
	const apiKey = connect().then((connection) => connection.apiKey);
	apiKeys.set(executionId, apiKey);
	const read = await outcomeOf(apiKey);
	if (!read.ok) apiKeys.delete(executionId);
	return await apiKey;
}

/** @returns a function that does the work on its first call and then returns the same result */
function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
	let result: Promise<Value> | undefined;
	return async () => await (result ??= work());
}

/** @returns the items to resume with. Never throws: the provider does not call again, so the execution has to resume. */
async function resume(
	context: IWebhookFunctions,
	session: DeliverySession,
	{ suspendedItems, tasks }: EndedExecution,
): Promise<INodeExecutionData[]> {
	const taskIds = new Map<number, string>();
	for (const [index, item] of suspendedItems.entries()) {
		const taskId = isErrorItem(item) ? undefined : readString(item.json.taskId);
		if (taskId !== undefined) taskIds.set(index, taskId);
	}
	const inputFields = takeInputFields(nodeContextOf(context));
	return await Promise.all(
		suspendedItems.map(async (item, index) => {
			const ended = tasks.get(index);
			if (!ended) return item;
			const finished = await outcomeOf(finish(context, session, ended, index, taskIds));
			const resumed = finished.ok
				? finished.value
				: describeUndelivered(session, ended.task, { simplify: true }, finished.error);
			return withFields(context.getNode(), inputFields[index], { ...resumed, pairedItem: item.pairedItem });
		}),
	);
}

/**
 * Checks the tasks that were open when the execution was suspended, in batches of 1, 2, 4, …, and stops at the first
 * batch with a task that is still open. Each task calls, and not every call should check all of them. The last task is
 * checked first, as it is the likeliest to be open.
 * @returns the tasks by item index, undefined if one is still open
 * @throws ProviderError if one could not be checked, but may be later
 */
async function checkOpenTasks(
	connection: ProviderConnection,
	suspendedItems: readonly INodeExecutionData[],
	openIndexes: readonly number[],
): Promise<Map<number, EndedTask> | undefined> {
	const tasks = new Map<number, EndedTask>();
	const [last, ...others] = [...openIndexes].reverse();
	const queue = [...(last === undefined ? [] : [last]), ...shuffle(others)];
	const stopOthers = new AbortController();
	const checkTask = async (index: number) => {
		const taskId = readString(suspendedItems[index]?.json.taskId) ?? '';
		// A signal for each check: Node 20 warns of a leak when more than ten listen to the same signal.
		const signal = AbortSignal.any([stopOthers.signal, ...(connection.signal ? [connection.signal] : [])]);
		const check = await outcomeOf(callProvider({ ...connection, signal }, connection.provider.videoTasks.get, { taskId }));
		const ended = checkedTask(check, taskId, suspendedItems[index]);
		tasks.set(index, ended);
		return ended;
	};
	for (let count = 1; queue.length > 0; count *= 2) {
		const checked = await outcomeOf(Promise.all(queue.splice(0, count).map(checkTask)));
		if (!checked.ok) {
			stopOthers.abort();
			throw checked.error;
		}
		if (checked.value.some(({ task, lost }) => !lost && !isSettledStatus(task.status))) return undefined;
	}
	return tasks;
}

/** As a wait in the node takes it; a check that was broken off tells nothing. */
const isFinal = (error: unknown): error is SeedanceError =>
	error instanceof SeedanceError && !isTransientFault(error) && error.details.reason !== 'cancelled';

/**
 * @param item what was known of the task when the execution was suspended
 * @throws what the check has thrown, if a later check may succeed
 */
function checkedTask(check: Outcome<VideoTask>, id: string, item: INodeExecutionData | undefined): EndedTask {
	if (check.ok) return { task: check.value };
	const { error } = check;
	if (!isFinal(error)) throw error;
	const lost = error.with({ taskId: id });
	const message = `Task ${id} could not be checked: ${error.message}. Use "Wait for Task" with its ID, which starts no new generation.`;
	const status = taskStatuses.find((known) => known === item?.json.status) ?? 'running';
	return { task: { id, status, failure: { reason: error.details.reason, message }, raw: undefined }, lost };
}

/** An error item can carry a row that has a task ID and a status of its own. */
const isErrorItem = ({ json }: INodeExecutionData) => json.error !== undefined;

const isOpen = (item: INodeExecutionData) =>
	!isErrorItem(item) && taskStatuses.some((status) => status === item.json.status && !isSettledStatus(status));

const shuffle = (indexes: readonly number[]) =>
	indexes
		.map((index) => ({ index, rank: Math.random() }))
		.sort((one, other) => one.rank - other.rank)
		.map(({ index }) => index);

/**
 * @returns the finished item. A failed task cannot fail the node any more: it becomes an error item if the node
 *          continues on fail, otherwise an item with its status and failure
 */
async function finish(
	context: IWebhookFunctions,
	session: DeliverySession,
	{ task, lost }: EndedTask,
	itemIndex: number,
	taskIds: ReadonlyMap<number, string>,
): Promise<INodeExecutionData> {
	const memory = nodeContextOf(context);
	const { delivery } = readWaitRecord(memory, task.id) ?? { delivery: { simplify: true } };
	removeWaitRecord(memory, task.id);
	const delivered: Outcome<INodeExecutionData> = lost ? { ok: false, error: lost } : await deliverInTime(session, task, delivery);
	if (delivered.ok) return delivered.value;
	const node = context.getNode();
	const continuesOnFail = node.onError?.startsWith('continue') ?? node.continueOnFail === true;
	if (continuesOnFail) return toErrorItem(session.provider.id, toNodeError(node, delivered.error, itemIndex, taskIds));
	return lost ? shapeTask(session, task, delivery) : describeUndelivered(session, task, delivery, delivered.error);
}
