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
	downloadsOfCalls,
	respond,
} from '../../shared/callback/answerCallback';
import { coalesce } from '../../shared/callback/coalesce';
import { expiringMap } from '../../shared/callback/expiringMap';
import { callbackSecret, verifyCallback } from '../../shared/callback/verifyCallback';
import { type DeliverySession, deliverInTime, describeUndelivered } from '../../shared/node/deliver';
import { nodeContextOf, readSuspendedItems } from '../../shared/node/n8nInternals';
import { toErrorItem, toNodeError } from '../../shared/node/toNodeError';
import { outcomeOf } from '../../shared/outcome';
import { providers } from '../../shared/providers';
import { readString } from '../../shared/providers/read';
import { callProvider } from '../../shared/request/callProvider';
import type { ProviderConnection } from '../../shared/request/connection';
import { isSettledStatus, taskStatuses, type VideoTask } from '../../shared/vocabulary';
import { readWaitRecord, removeWaitRecord } from './waitRecord';

/** The end of "On Provider Callback": the provider calls, and the suspended execution goes on. */

export const callbackWebhooks: IWebhookDescription[] = [
	{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: '', restartWebhook: true },
];

/**
 * Answers a call to the resume URL. The call is only a reason to check: what counts is what the provider's
 * API says. Goes on when all tasks have ended; until then the execution stays suspended.
 */
export async function resumeOnCallback(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	return await answerCallback(this, receive);
}

/** An execution whose tasks have all ended. */
interface EndedExecution {
	suspendedItems: INodeExecutionData[];
	/** Those that were open when it was suspended, by item. */
	tasks: ReadonlyMap<number, VideoTask>;
}

const checks = coalesce<EndedExecution>(checkDeadline);

/** By execution: calls of many tasks come together, and reading a credential is what costs n8n most of each. */
const apiKeys = expiringMap<Promise<string>>(30_000);

/** Tasks whose execution goes on: n8n lets calls through until it has recorded that, which takes seconds at times. */
const resumedTasks = expiringMap<true>(30_000);

async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const provider = providers.find(({ id }) => id === context.getNodeParameter('provider'));
	const callback = provider?.videoTasks.callback;
	if (!provider || !callback) return respond(context, 404, 'This node waits for no call');

	const executionId = context.getExecutionId();
	const call = callbackOf(context);
	const isProvedBy = (apiKey: string) =>
		verifyCallback(callback.proof, call, { apiKey, secret: callbackSecret(apiKey, executionId) });
	const connect = once(async () => await connectForCallback(context, provider));
	// The key that is remembered may be that of another node of this execution.
	if (!isProvedBy(await rememberedApiKey(executionId, connect)) && !isProvedBy((await connect()).apiKey)) {
		return respond(context, 401, 'The call does not prove where it comes from');
	}

	const keyOf = (taskId: string | undefined) => `${executionId} ${taskId}`;
	// Of this process: where several answer calls, n8n itself lets only one go on.
	if (resumedTasks.get(keyOf(callback.taskIdOf(bodyOf(call))))) {
		return respond(context, 200, 'The execution goes on already');
	}
	// At once, as a provider calls again when it waits too long; the first call hears of a check that fails.
	if (checks.join(executionId)) return respond(context, 200, 'The tasks are being checked');
	const checking = checks.start(executionId, async (signal) => {
		const suspendedItems = readSuspendedItems(context);
		const tasks = await checkAccount(await connect(), signal, async (connection) =>
			await checkOpenTasks(connection, suspendedItems),
		);
		// In the step that ends the check, so that no call begins another one.
		for (const { id } of tasks?.values() ?? []) resumedTasks.set(keyOf(id), true, Infinity);
		return tasks && { suspendedItems, tasks };
	});
	const checked = await outcomeOf(checking);
	if (!checked.ok) return respond(context, 503, 'The tasks could not be checked; please call again');
	if (!checked.value) return respond(context, 200, 'Not all tasks have ended yet');

	// Answered before the files are fetched, which can take longer than a provider waits.
	const response = respond(context, 200, 'The execution goes on');
	const connection = await connect();
	const session = { provider, connection, context, run: { downloads: downloadsOfCalls(connection) } };
	const items = await resume(context, session, checked.value);
	for (const { id } of checked.value.tasks.values()) resumedTasks.set(keyOf(id), true);
	return { ...response, workflowData: [items] };
}

async function rememberedApiKey(
	executionId: string,
	connect: () => Promise<ProviderConnection>,
): Promise<string> {
	const remembered = apiKeys.get(executionId);
	if (remembered) return await remembered;
	const apiKey = connect().then((connection) => connection.apiKey);
	apiKeys.set(executionId, apiKey);
	const read = await outcomeOf(apiKey);
	if (!read.ok) apiKeys.forget(executionId);
	return await apiKey;
}

/** Does the work when it is first asked for. */
function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
	let result: Promise<Value> | undefined;
	return async () => await (result ??= work());
}

/** Never throws: the provider does not call again, so the execution has to go on with what there is. */
async function resume(
	context: IWebhookFunctions,
	session: DeliverySession,
	{ suspendedItems, tasks }: EndedExecution,
): Promise<INodeExecutionData[]> {
	const taskIds = new Map<number, string>();
	for (const [index, { json }] of suspendedItems.entries()) {
		const taskId = readString(json.taskId);
		if (taskId !== undefined) taskIds.set(index, taskId);
	}
	return await Promise.all(
		suspendedItems.map(async (item, index) => {
			const task = tasks.get(index);
			if (!task) return item;
			const finished = await outcomeOf(finish(context, session, task, index, taskIds));
			const goesOn = finished.ok
				? finished.value
				: describeUndelivered(session, task, { simplify: true }, finished.error);
			return { ...goesOn, pairedItem: item.pairedItem };
		}),
	);
}

/**
 * Checks the tasks that were open, more and more at once, until one still is: each task calls, and not every
 * call shall ask for all. The last one goes first, as it most likely ends last.
 * @returns the tasks by item, undefined if one is still open
 * @throws ProviderError if one could not be checked
 */
async function checkOpenTasks(
	connection: ProviderConnection,
	suspendedItems: readonly INodeExecutionData[],
): Promise<Map<number, VideoTask> | undefined> {
	const tasks = new Map<number, VideoTask>();
	const [last, ...others] = [...suspendedItems.keys()].filter((index) => isOpen(suspendedItems[index])).reverse();
	const queue = [...(last === undefined ? [] : [last]), ...shuffle(others)];
	const stopOthers = new AbortController();
	const checkTask = async (index: number) => {
		const taskId = readString(suspendedItems[index]?.json.taskId) ?? '';
		// One for each check: Node 20 warns of a leak when more than ten listen to the same signal.
		const signal = AbortSignal.any([stopOthers.signal, ...(connection.signal ? [connection.signal] : [])]);
		const task = await callProvider({ ...connection, signal }, connection.provider.videoTasks.get, { taskId });
		tasks.set(index, task);
		return task;
	};
	for (let count = 1; queue.length > 0; count *= 2) {
		const checked = await outcomeOf(Promise.all(queue.splice(0, count).map(checkTask)));
		if (!checked.ok) {
			stopOthers.abort();
			throw checked.error;
		}
		if (checked.value.some(({ status }) => !isSettledStatus(status))) return undefined;
	}
	return tasks;
}

const isOpen = (item: INodeExecutionData | undefined) =>
	taskStatuses.some((status) => status === item?.json.status && !isSettledStatus(status));

const shuffle = (indexes: readonly number[]) =>
	indexes
		.map((index) => ({ index, place: Math.random() }))
		.sort((one, other) => one.place - other.place)
		.map(({ index }) => index);

/** A failed task cannot fail the node any more, so it goes on as what it is. */
async function finish(
	context: IWebhookFunctions,
	session: DeliverySession,
	task: VideoTask,
	itemIndex: number,
	taskIds: ReadonlyMap<number, string>,
): Promise<INodeExecutionData> {
	const memory = nodeContextOf(context);
	const { delivery } = readWaitRecord(memory, task.id) ?? { delivery: { simplify: true } };
	removeWaitRecord(memory, task.id);
	const delivered = await deliverInTime(session, task, delivery);
	if (delivered.ok) return delivered.value;
	const node = context.getNode();
	const continuesOnFail = node.onError?.startsWith('continue') ?? node.continueOnFail === true;
	return continuesOnFail
		? toErrorItem(session.provider.id, toNodeError(node, delivered.error, itemIndex, taskIds))
		: describeUndelivered(session, task, delivery, delivered.error);
}
