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
	callsAtOnce,
	downloadsOfCalls,
	respond,
} from '../../shared/callback/answerCallback';
import {
	type Delivery,
	type DeliverySession,
	deliver,
	readDelivery,
	requireVideo,
	shapeTask,
} from '../../shared/node/deliver';
import { coalesce } from '../../shared/callback/coalesce';
import { readSuspendedItems } from '../../shared/node/n8nInternals';
import { Parameters } from '../../shared/node/parameters';
import { expiringMap } from '../../shared/callback/expiringMap';
import { toErrorItem, toNodeError } from '../../shared/node/toNodeError';
import { providers } from '../../shared/providers';
import { readString } from '../../shared/providers/read';
import { callProvider } from '../../shared/request/callProvider';
import { connect, type ProviderConnection } from '../../shared/request/connection';
import { callbackSecret, verifyCallback } from '../../shared/callback/verifyCallback';
import { outcomeOf } from '../../shared/outcome';
import { isSettledStatus, taskStatuses, type VideoTask } from '../../shared/vocabulary';

/** The end of "On Provider Callback": the provider calls, and the execution that was put aside goes on. */

export const callbackWebhooks: IWebhookDescription[] = [
	{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: '', restartWebhook: true },
];

/**
 * Answers a call to the resume URL. The call is only a reason to look: what counts is what the provider's
 * API says. Goes on when all tasks are settled; until then the execution stays aside.
 */
export async function resumeOnCallback(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	return await answerCallback(this, receive);
}

interface EndedTasks {
	suspendedItems: INodeExecutionData[];
	/** By item. */
	tasks: Map<number, VideoTask>;
	/** Of the tasks in `goingOn`. */
	keys: string[];
}

const checkExecution = coalesce<EndedTasks>();

/** By execution: calls of many tasks come together, and reading a credential is what costs n8n most of each. */
const apiKeys = expiringMap<Promise<string>>(30_000);

/** Tasks whose execution goes on: n8n lets calls through until it has noted that, which takes seconds at times. */
const resumedTasks = expiringMap<true>(30_000);

async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const provider = providers.find(({ id }) => id === context.getNodeParameter('provider'));
	const { callbackProof, callbackTaskId } = { ...provider?.videoTasks };
	if (!provider || !callbackProof) return respond(context, 404, 'This node waits for no call');
	const executionId = context.getExecutionId();
	let connecting: Promise<ProviderConnection> | undefined;
	const connection = async () => await (connecting ??= callsAtOnce(async () => await connect(context, provider)));
	const callback = callbackOf(context);
	const isProvedBy = (apiKey: string) =>
		verifyCallback(callbackProof, callback, { apiKey, secret: callbackSecret(apiKey, executionId) });
	if (!isProvedBy(await knownApiKey(executionId, connection)) && !isProvedBy((await connection()).apiKey)) {
		return respond(context, 401, 'The call does not prove where it comes from');
	}
	const keyOf = (taskId: string | undefined) => `${executionId} ${taskId}`;
	// Of this process: where several answer calls, n8n itself lets only one go on.
	const calledTaskId = callbackTaskId?.(bodyOf(callback));
	if (resumedTasks.get(keyOf(calledTaskId))) return respond(context, 200, 'The execution goes on already');

	const { isFirst, result } = checkExecution(executionId, async () => {
		const suspendedItems = readSuspendedItems(context);
		const connected = await connection();
		const tasks = await callsAtOnce(async () => await checkOpenTasks(connected, suspendedItems));
		if (!tasks) return undefined;
		const keys = [...tasks.values()].map(({ id }) => keyOf(id));
		// In the step that ends the look, so that no call begins another one.
		for (const key of keys) resumedTasks.set(key, true, Infinity);
		return { suspendedItems, tasks, keys };
	});
	// At once, as a provider calls again when it waits too long; the first call hears of a look that fails.
	if (!isFirst) return respond(context, 200, 'The tasks are being looked at');
	const looked = await outcomeOf(result);
	if (!looked.ok) return respond(context, 503, 'The tasks could not be looked at; please call again');
	if (!looked.value) return respond(context, 200, 'Not all tasks have ended yet');

	// Answered before the files are fetched, which can take longer than a provider waits.
	const response = respond(context, 200, 'The execution goes on');
	const { suspendedItems, tasks, keys } = looked.value;
	const session = { provider, connection: await connection(), context, run: { downloads: downloadsOfCalls } };
	const items = await resume(context, session, suspendedItems, tasks).finally(() => {
		for (const key of keys) resumedTasks.set(key, true);
	});
	return { ...response, workflowData: [items] };
}

/** Of the calls before, which may have been about another node with another key. */
async function knownApiKey(
	executionId: string,
	connection: () => Promise<ProviderConnection>,
): Promise<string> {
	const known = apiKeys.get(executionId);
	if (known) return await known;
	const apiKey = connection().then((connected) => connected.apiKey);
	apiKeys.set(executionId, apiKey);
	const read = await outcomeOf(apiKey);
	if (!read.ok) apiKeys.forget(executionId);
	return await apiKey;
}

async function resume(
	context: IWebhookFunctions,
	session: DeliverySession,
	suspendedItems: readonly INodeExecutionData[],
	tasks: ReadonlyMap<number, VideoTask>,
): Promise<INodeExecutionData[]> {
	const delivery = readDelivery(new Parameters((name) => context.getNodeParameter(name, null)));
	return await Promise.all(
		suspendedItems.map(async (item, index) => {
			const task = tasks.get(index);
			const finished = task ? await finish(context, session, task, delivery, index) : item;
			return { ...finished, pairedItem: { item: index } };
		}),
	);
}

/**
 * Looks at the tasks that were open, at more and more at once, until one still is: each task calls, and
 * not every call shall ask for all. The last one goes first, as it most likely ends last.
 * @returns the tasks by item, undefined if one is still open
 * @throws ProviderError if one could not be looked at
 */
async function checkOpenTasks(
	connection: ProviderConnection,
	suspendedItems: readonly INodeExecutionData[],
): Promise<Map<number, VideoTask> | undefined> {
	const tasks = new Map<number, VideoTask>();
	const [last, ...others] = [...suspendedItems.keys()].filter((index) => isOpen(suspendedItems[index])).reverse();
	const line = [...(last === undefined ? [] : [last]), ...shuffle(others)];
	const stopOthers = new AbortController();
	const lookAt = async (index: number) => {
		const taskId = readString(suspendedItems[index]?.json.taskId) ?? '';
		// One for each look: Node 20 warns of a leak when more than ten listen to the same signal.
		const looking = { ...connection, signal: AbortSignal.any([stopOthers.signal]) };
		const task = await callProvider(looking, connection.provider.videoTasks.get, { taskId });
		tasks.set(index, task);
		return task;
	};
	for (let count = 1; line.length > 0; count *= 2) {
		const looks = await outcomeOf(Promise.all(line.splice(0, count).map(lookAt)));
		if (!looks.ok) {
			stopOthers.abort();
			throw looks.error;
		}
		if (looks.value.some(({ status }) => !isSettledStatus(status))) return undefined;
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
	delivery: Delivery,
	itemIndex: number,
): Promise<INodeExecutionData> {
	const work = (async () => await deliver(session, requireVideo(session, task), delivery))();
	const outcome = await outcomeOf(work);
	if (outcome.ok) return outcome.value;
	const node = context.getNode();
	const continuesOnFail = node.onError?.startsWith('continue') ?? node.continueOnFail === true;
	return continuesOnFail
		? toErrorItem(session.provider.id, outcome.error, toNodeError(node, outcome.error, itemIndex))
		: shapeTask(session, task, delivery);
}
