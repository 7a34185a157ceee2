import { ProviderError, SeedanceError, UnsureError } from '../../shared/errors';
import { shapeTask } from '../../shared/node/deliver';
import { notInTools } from '../../shared/node/description';
import { optionsField, simplifyField } from '../../shared/node/fields';
import { includeInputFieldsOption } from '../../shared/node/inputFields';
import { supported, type Operation } from '../../shared/node/operation';
import { readTaskId, taskLocator } from '../../shared/node/pickers';
import { outcomeOf } from '../../shared/outcome';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { callProvider } from '../../shared/request/callProvider';
import type { ProviderConnection } from '../../shared/request/connection';
import { isSettledStatus, type VideoTask } from '../../shared/vocabulary';

export const cancelTask = {
	option: {
		name: 'Cancel Task',
		value: 'cancelTask',
		action: 'Cancel task',
		description: 'Take a generation out of the queue before it begins; one that has begun or ended is left alone',
	},
	toolDescription:
		'Cancels one video of Seedance that is still queued, so that it costs nothing. Needs the taskId that the tool that makes videos gave. One that is running or finished cannot be cancelled: then it fails and says so.',
	properties: [taskLocator(), simplifyField, ...notInTools([optionsField([includeInputFieldsOption])])],
	isSupportedBy: ({ videoTasks }) => videoTasks.cancel !== undefined,
	prepare(session) {
		const { parameters, connection } = session;
		const taskId = readTaskId(session);
		const simplify = parameters.boolean('simplify', simplifyField.displayName);
		return async () => [shapeTask(session, await cancel(connection, taskId), { simplify })];
	},
} satisfies Operation;

/**
 * Reads the task first, and cancels only what is queued: to delete a task that has ended would lose its video. One
 * that is cancelled already stays so.
 * @returns the cancelled task
 * @throws SeedanceError if the task was left alone, or it is unknown what became of it
 */
async function cancel(connection: ProviderConnection, taskId: string): Promise<VideoTask> {
	const { provider } = connection;
	const { get, cancel: endpoint } = provider.videoTasks;
	const task = await callProvider(connection, get, { taskId });
	if (task.status === 'cancelled') return task;
	if (task.status !== 'queued') throw leftAlone(provider, task);
	const sent = await outcomeOf(callProvider(connection, supported(endpoint), { taskId }));
	if (sent.ok) return asCancelled(task);
	// It may have begun in between, or it was cancelled and only the answer was lost.
	const again = await outcomeOf(callProvider(connection, get, { taskId }));
	if (again.ok && again.value.status === 'cancelled') return again.value;
	if (again.ok && again.value.status !== 'queued') throw leftAlone(provider, again.value);
	throw sent.error instanceof UnsureError ? notKnown(provider, taskId) : sent.error;
}

const asCancelled = (task: VideoTask): VideoTask => ({
	...task,
	status: 'cancelled',
	failure: { reason: 'cancelled', message: 'the task was cancelled' },
});

function leftAlone({ displayName }: ProviderAdapter, { id, status }: VideoTask): SeedanceError {
	const isOver = isSettledStatus(status);
	const why = isOver ? `it has already ended (${status})` : 'it is already running';
	return new SeedanceError(`${displayName} task ${id} was not cancelled: ${why}`, {
		reason: 'input',
		description: isOver
			? 'It was left as it is, with its result if it has one; "Get Task" shows it.'
			: `${displayName} takes tasks out of the queue only. This one continues and is paid if it succeeds; "Wait for Task" fetches its video.`,
		providerName: displayName,
		taskId: id,
	});
}

const notKnown = ({ displayName }: ProviderAdapter, taskId: string) =>
	new ProviderError(`It is not known whether ${displayName} task ${taskId} was cancelled: no answer came`, {
		reason: 'network',
		description: 'Run Cancel Task again: it reads the task first, and cancels it only if it is still queued.',
		providerName: displayName,
		taskId,
	});
