import { InputError } from '../../shared/errors';
import { type Delivery, deliver, describeUndelivered, requireVideo, shapeTask } from '../../shared/node/deliver';
import type { OutputItem, Session } from '../../shared/node/operation';
import { isTool, resumeUrl } from '../../shared/node/n8nInternals';
import { callProvider } from '../../shared/request/callProvider';
import { parseUrl } from '../../shared/parseUrl';
import { isPublic } from '../../shared/publicUrl';
import { callbackSecret } from '../../shared/callback/verifyCallback';
import { outcomeOf } from '../../shared/outcome';
import { isSettledStatus, type VideoTask, type VideoTaskInput, type Webhook } from '../../shared/vocabulary';
import type { WaitSettings } from './wait.fields';
import { writeWaitRecord } from './waitRecord';

/**
 * Plans the callback: the address that the provider calls, and the secret that it sends if it can.
 * @throws InputError if no callback could arrive
 */
export function planCallback(session: Session, { webhook }: VideoTaskInput): Webhook {
	const { context, provider, connection } = session;
	const refusal = (why: string, advice: string) =>
		new InputError([
			{ field: 'Wait for Completion', message: `Wait for Completion cannot be On Provider Callback: ${why}.`, advice },
		]);
	const { callback } = provider.videoTasks;
	if (!callback) throw refusal(`${provider.displayName} sends no callbacks`, 'Choose In This Node.');
	if (webhook) throw refusal('the option Webhook URL is set, and the provider calls one address only', 'Choose In This Node, or remove the option Webhook URL.');
	if (isTool(context.getNode())) throw refusal('this is a tool of an AI agent', "Choose Don't Wait.");
	const url = resumeUrl(context);
	// A provider or a proxy at a private address can reach a private address.
	if (!isPublic(url) && isPublic(connection.baseUrl)) {
		throw refusal(
			`${provider.displayName} cannot reach this n8n at ${parseUrl(url)?.origin ?? 'no address'}`,
			'Set N8N_WEBHOOK_URL (WEBHOOK_URL before n8n 2.35) to its public address, or choose In This Node.',
		);
	}
	if (!callback.fields.includes('secret')) return { url };
	return { url, secret: callbackSecret(connection.apiKey, context.getExecutionId()) };
}

/**
 * Checks once, as the task may end before the execution is suspended, then waits for the callback.
 * @returns the finished item, or the open task with `resumeAtMs`, which suspends the execution
 * @throws TaskFailedError
 */
export async function waitForCallback(
	session: Session,
	accepted: VideoTask,
	wait: WaitSettings,
	delivery: Delivery,
): Promise<OutputItem> {
	const { context, provider, connection } = session;
	if (connection.testMode) return await finishLater(session, connection.testMode.endOf(accepted.id), delivery);
	const check = await outcomeOf(callProvider(connection, provider.videoTasks.get, { taskId: accepted.id }));
	const task = check.ok ? check.value : accepted;
	if (isSettledStatus(task.status)) return await deliver(session, requireVideo(session, task), delivery);
	writeWaitRecord(context.getContext('node'), accepted.id, { wait, delivery });
	return { ...shapeTask(session, task, delivery), resumeAtMs: connection.clock.now() + wait.timeoutMs };
}

/**
 * Nobody calls in Test Mode, but it is known how the task ends and when. The execution is suspended with the finished
 * item, and n8n resumes it at that time; so no process has to remember anything.
 */
async function finishLater(
	session: Session,
	task: VideoTask & { finishedAtMs: number },
	delivery: Delivery,
): Promise<OutputItem> {
	const delivered = await outcomeOf((async () => await deliver(session, requireVideo(session, task), delivery))());
	// After the resumption, as after a callback, a failed task is an item with its status and failure.
	const item = delivered.ok ? delivered.value : describeUndelivered(session, task, delivery, delivered.error);
	return { ...item, resumeAtMs: task.finishedAtMs };
}
