import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import {
	answerCallback,
	bodyOf,
	callbackOf,
	checkAccount,
	checkDeadline,
	connectForCallback,
	downloadsOfCallbacks,
	respond,
} from '../shared/callback/answerCallback';
import { coalesce } from '../shared/callback/coalesce';
import { verifyCallback } from '../shared/callback/verifyCallback';
import { SeedanceError } from '../shared/errors';
import { deliverInTime, describeUndelivered, readDelivery } from '../shared/node/deliver';
import { testMarkOf } from '../shared/node/operation';
import { Parameters } from '../shared/node/parameters';
import { outcomeOf } from '../shared/outcome';
import { callProvider } from '../shared/request/callProvider';
import { withSecrets } from '../shared/request/connection';
import { isSettledStatus, type VideoTask } from '../shared/vocabulary';
import { callingProviders, isWanted } from './fields';
import { endedLongAgo, markStarted, taskKey } from './startedTasks';

/**
 * Handles a callback of a provider. It is only a reason to check: what counts is the answer of the provider's API.
 * Starts the workflow once for each task that has ended.
 */
export async function startOnCallback(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	return await answerCallback(this, receive);
}

const checks = coalesce<VideoTask>(checkDeadline);

async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const parameters = new Parameters((name) => context.getNodeParameter(name, null));
	const provider = callingProviders.find(({ id }) => id === parameters.text('provider', 'Provider'));
	const callback = provider?.videoTasks.callback;
	if (!provider || !callback) return respond(context, 404, 'This provider sends no callbacks');

	const secret = parameters.text('webhookSecret', 'Webhook Secret').trim();
	const connection = withSecrets(await connectForCallback(context, provider), [secret]);
	const call = callbackOf(context);
	if (!verifyCallback(callback.proof, call, { apiKey: connection.apiKey, secret })) {
		return respond(context, 401, 'The call does not prove where it comes from');
	}
	const taskId = callback.taskIdOf(bodyOf(call));
	if (taskId === undefined) return respond(context, 400, 'The call names no task');
	if (callback.isOpen?.(bodyOf(call))) return respond(context, 200, 'The task has not ended yet');

	const key = taskKey(context, taskId);
	const checking =
		checks.join(key) ??
		checks.start(key, async (signal) => {
			const task = await checkAccount(connection, signal, async (account) =>
				await callProvider(account, provider.videoTasks.get, { taskId }),
			);
			return isSettledStatus(task.status) ? task : undefined;
		});
	const checked = await outcomeOf(checking);
	if (!checked.ok) return askToCallAgain(context, checked.error);
	const task = checked.value;
	if (!task) return respond(context, 200, 'The task has not ended yet');
	if (!isWanted(task, parameters)) return respond(context, 200, 'Nothing starts for this event');
	if (context.getMode() !== 'manual' && endedLongAgo(task, connection.clock.now())) {
		return respond(context, 200, 'The task ended too long ago to start the workflow');
	}
	if (!markStarted(context, taskId)) {
		return respond(context, 200, 'The workflow was started for this task before');
	}

	// Answered before the files are fetched, which can take longer than a provider waits.
	const response = respond(context, 200, 'The workflow starts');
	const session = { provider, connection, context, run: { downloads: downloadsOfCallbacks(connection) } };
	// Nothing may throw after the answer: the provider does not call again.
	const settings = await outcomeOf((async () => readDelivery(parameters))());
	const delivery = settings.ok ? settings.value : { simplify: true };
	const delivered = settings.ok ? await deliverInTime(session, task, delivery) : settings;
	// A task that has ended without a video starts the workflow with its status and failure.
	const item = delivered.ok ? delivered.value : describeUndelivered(session, task, delivery, delivered.error);
	return { ...response, workflowData: [[{ ...item, json: { ...item.json, ...testMarkOf(connection) } }]] };
}

/** A 404 or 503 makes the provider call again. */
function askToCallAgain(context: IWebhookFunctions, error: unknown): IWebhookResponseData {
	const isUnknown = error instanceof SeedanceError && error.details.reason === 'notFound';
	return isUnknown
		? respond(context, 404, 'The provider shows no such task')
		: respond(context, 503, 'The task could not be checked; please call again');
}
