import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { SeedanceError, UnsureError } from '../errors';
import { readNumber, readString } from '../providers/read';
import { isTool } from './n8nInternals';

/**
 * The boundary: turns any error into n8n's classes, also one that is not ours. The IDs of paid work, the reason
 * and the next step travel in the message, the description and the context.
 * @param itemIndex undefined for what concerns the run as a whole
 * @param acceptedTaskIds all tasks that this run has paid for, by item; no error may hide one
 * @param askedTaskId the task of an earlier run that the item asks for
 * @param doubts requests that may have been accepted, by item, in the words of the first answer
 */
export function toNodeError(
	node: INode,
	error: unknown,
	itemIndex: number | undefined,
	acceptedTaskIds: ReadonlyMap<number, string> = new Map(),
	askedTaskId?: string,
	doubts: ReadonlyMap<number, string> = new Map(),
): NodeApiError | NodeOperationError {
	const acceptedTaskId = itemIndex === undefined ? undefined : acceptedTaskIds.get(itemIndex);
	const facts = factsOf(error, acceptedTaskId ?? askedTaskId, [...acceptedTaskIds.values()]);
	const nodeError = toErrorOfN8n(node, error, itemIndex);
	// After n8n's constructor, which has texts of its own for messages that name a network fault.
	const told = error instanceof SeedanceError ? error.details.taskId : undefined;
	// A foreseen error about a task that the user has named need not repeat its ID in the message.
	const unforeseenOf = error instanceof SeedanceError ? undefined : facts.taskId;
	nodeError.message = withTaskIds(nodeError.message, [told ?? unforeseenOf ?? [], facts.taskIds ?? []].flat());
	const isOwnDoubt = (item: number) => item === itemIndex && error instanceof UnsureError;
	const otherDoubts = [...doubts].filter(([item]) => !isOwnDoubt(item));
	const notes = [acceptedNote(acceptedTaskIds, told), doubtNote(otherDoubts)];
	const description = [nodeError.description, ...notes].filter(Boolean).join('\n\n');
	// An agent hands its model the message and nothing else.
	if (isTool(node) && description) {
		nodeError.message += `\n\n${description}`;
		nodeError.description = undefined;
	} else {
		nodeError.description = description || undefined;
	}
	Object.assign(nodeError.context, facts);
	return nodeError;
}

/**
 * The item that goes on instead of a result when the node continues on fail. n8n sends it to the
 * error output if there is one, but only while it has no other keys than these; an `error` beside
 * `json` would make n8n drop all but the message.
 */
export function toErrorItem(
	provider: string,
	{ message, description, context }: NodeApiError | NodeOperationError,
): INodeExecutionData {
	const facts = factNames.flatMap((name) => (context[name] === undefined ? [] : [[name, context[name]] as const]));
	return {
		json: {
			error: message,
			details: { provider, ...Object.fromEntries(facts), ...(description && { description }) },
		},
	};
}

/** What an expression can branch on, in the context of the error and in the details of its item. */
const factNames = [
	'reason',
	'taskId',
	'taskIds',
	'assetId',
	'videoUrl',
	'statusCode',
	'code',
	'requestId',
] as const;

type Facts = IDataObject & { taskId?: string; taskIds?: string[] };

function factsOf(error: unknown, ownTaskId: string | undefined, acceptedTaskIds: string[]): Facts {
	const details = error instanceof SeedanceError ? error.details : { reason: 'unknown', ...statusOf(error) };
	const { taskId = ownTaskId, ...known }: IDataObject & { taskId?: string } = { ...details };
	const taskIds = [...new Set([taskId ?? [], acceptedTaskIds].flat())];
	const facts: IDataObject = { ...known, taskId, taskIds: acceptedTaskIds.length > 0 ? taskIds : undefined };
	return Object.fromEntries(factNames.flatMap((name) => (facts[name] === undefined ? [] : [[name, facts[name]]])));
}

const statusOf = (error: unknown) =>
	error instanceof NodeApiError ? { statusCode: readNumber(error.httpCode) } : {};

function toErrorOfN8n(
	node: INode,
	error: unknown,
	itemIndex: number | undefined,
): NodeApiError | NodeOperationError {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	if (!(error instanceof SeedanceError)) {
		const given = error instanceof Error ? error : (readString(error) ?? unforeseen);
		return new NodeOperationError(node, given, {
			itemIndex,
			...(given instanceof Error && given.message === '' && { message: unforeseen }),
		});
	}
	const { message, details } = error;
	const { description, statusCode } = details;
	return statusCode === undefined
		? new NodeOperationError(node, message, { description, itemIndex })
		: new NodeApiError(node, { message }, { message, description, httpCode: String(statusCode), itemIndex });
}

const unforeseen = 'Something unforeseen went wrong';

/** The message with the tasks that it does not name yet. */
function withTaskIds(message: string, taskIds: readonly string[]): string {
	const named = new Set(message.split(/[^\w-]+/));
	const unnamed = [...new Set(taskIds)].filter((id) => !named.has(id));
	if (unnamed.length === 0) return message;
	return `${message} (${unnamed.length === 1 ? 'task' : 'tasks'} ${unnamed.join(', ')})`;
}

/** @param told the task of which the error itself says what becomes of it */
function acceptedNote(acceptedTaskIds: ReadonlyMap<number, string>, told: string | undefined): string {
	const others = [...acceptedTaskIds].filter(([, taskId]) => taskId !== told);
	if (others.length === 0) return '';
	const which = told === undefined ? 'Tasks' : 'Other tasks';
	return `${which} accepted in this run, which are paid: ${byItem(others)}. Fetch them with "Wait for Task", which starts no new generation.`;
}

function doubtNote(doubts: ReadonlyArray<readonly [number, string]>): string {
	if (doubts.length === 0) return '';
	const told = doubts.map(([itemIndex, message]) => `item ${itemIndex}: ${message}`).join('; ');
	return `Requests of this run that may be paid, so look before you start them anew: ${told}.`;
}

/** What the editor says above the output when items have failed and the node goes on. */
export function acceptedTasksHint(acceptedTaskIds: ReadonlyMap<number, string>): string {
	return `Some items failed. All tasks that were accepted in this run, which are paid: ${byItem([...acceptedTaskIds])}. "Wait for Task" fetches the video of any of them and starts no new generation.`;
}

const byItem = (tasks: ReadonlyArray<readonly [number, string]>) =>
	tasks.map(([itemIndex, taskId]) => `item ${itemIndex}: ${taskId}`).join(', ');
