import type { INodeExecutionData, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { SeedanceError } from '../shared/errors';
import {
	answerCallback,
	bodyOf,
	callbackOf,
	callsAtOnce,
	downloadsOfCalls,
	respond,
} from '../shared/callback/answerCallback';
import {
	type Delivery,
	type DeliverySession,
	deliver,
	readDelivery,
	requireVideo,
	shapeTask,
} from '../shared/node/deliver';
import { coalesce } from '../shared/callback/coalesce';
import { Parameters } from '../shared/node/parameters';
import { callProvider } from '../shared/request/callProvider';
import { connect, withSecrets } from '../shared/request/connection';
import { verifyCallback } from '../shared/callback/verifyCallback';
import { outcomeOf } from '../shared/outcome';
import { isSettledStatus, type VideoTask } from '../shared/vocabulary';
import { callingProviders, isWanted } from './fields';
import { markStarted, taskKey } from './startedTasks';

/**
 * Answers a call of a provider. The call is only a reason to look: what counts is what the provider's API
 * says of the task. Starts the workflow with a task that has ended, once.
 */
export async function startOnCallback(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	return await answerCallback(this, receive);
}

const checkTask = coalesce<VideoTask>();

async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const parameters = new Parameters((name) => context.getNodeParameter(name, null));
	const provider = callingProviders.find(({ id }) => id === parameters.text('provider', 'Provider'));
	const { callbackProof, callbackTaskId, get } = { ...provider?.videoTasks };
	if (!provider || !callbackProof || !callbackTaskId || !get) {
		return respond(context, 404, 'This provider calls nobody');
	}
	const secret = parameters.text('webhookSecret', 'Webhook Secret').trim();
	const connection = withSecrets(await callsAtOnce(async () => await connect(context, provider)), [secret]);
	const callback = callbackOf(context);
	if (!verifyCallback(callbackProof, callback, { apiKey: connection.apiKey, secret })) {
		return respond(context, 401, 'The call does not prove where it comes from');
	}
	const taskId = callbackTaskId(bodyOf(callback));
	if (taskId === undefined) return respond(context, 400, 'The call names no task');

	const { isFirst, result } = checkTask(taskKey(context, taskId), async () => {
		const task = await callsAtOnce(async () => await callProvider(connection, get, { taskId }));
		return isSettledStatus(task.status) ? task : undefined;
	});
	const looked = await outcomeOf(result);
	if (!looked.ok) return refuse(context, looked.error);
	const task = looked.value;
	if (!task) return respond(context, 200, 'The task has not ended yet');
	if (!isWanted(task, parameters)) return respond(context, 200, 'Nothing starts for this event');
	if (!isFirst || !markStarted(context, taskId)) {
		return respond(context, 200, 'The workflow was started for this task before');
	}
	const delivery = readDelivery(parameters);
	// Answered before the files are fetched, which can take longer than a provider waits.
	const response = respond(context, 200, 'The workflow starts');
	const session = { provider, connection, context, run: { downloads: downloadsOfCalls } };
	return { ...response, workflowData: [[await toItem(session, task, delivery)]] };
}

/** A 404 or 503 makes the provider call again. */
function refuse(context: IWebhookFunctions, error: unknown): IWebhookResponseData {
	const isUnknown = error instanceof SeedanceError && error.details.reason === 'notFound';
	return isUnknown
		? respond(context, 404, 'The provider shows no such task')
		: respond(context, 503, 'The task could not be looked at; please call again');
}

/** What has ended without a video starts the workflow as what it is. */
async function toItem(
	session: DeliverySession,
	task: VideoTask,
	delivery: Delivery,
): Promise<INodeExecutionData> {
	const work = (async () => await deliver(session, requireVideo(session, task), delivery))();
	const delivered = await outcomeOf(work);
	return delivered.ok ? delivered.value : shapeTask(session, task, delivery);
}
