import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { nothingPaid, SeedanceError, UnsureError } from '../errors';
import { readNumber, readString } from '../providers/read';
import { isTool } from './n8nInternals';

/**
 * Converts any error into one of n8n's classes, at the boundary of the package. The IDs of paid tasks, the reason and
 * the next step are in the message, the description and the context.
 * @param itemIndex undefined for an error of the run as a whole
 * @param acceptedTaskIds all tasks that this run has paid for, by item index; no error may hide one
 * @param askedTaskId the task of an earlier run that the item is about
 * @param doubts requests that may have been accepted, by item index, in the words of the first answer
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
	// Set after n8n's constructor, which replaces messages that contain a network code.
	const namedTaskId = error instanceof SeedanceError ? error.details.taskId : undefined;
	// Our own errors about a task that the user has chosen need not repeat its ID; any other error has to name it.
	const unnamedTaskId = error instanceof SeedanceError ? undefined : facts.taskId;
	nodeError.message = withTaskIds(nodeError.message, [namedTaskId ?? unnamedTaskId ?? [], facts.taskIds ?? []].flat());
	const isOwnDoubt = (item: number) => item === itemIndex && error instanceof UnsureError;
	const otherDoubts = [...doubts].filter(([item]) => !isOwnDoubt(item));
	const others = [describeAcceptedTasks(acceptedTaskIds, namedTaskId), describeDoubts(otherDoubts)];
	// Beside requests that are paid, or may be, the sentence would read as if nothing was.
	const isPaidBefore = others.some((sentence) => sentence !== '') || namedTaskId !== undefined;
	const own = isPaidBefore ? nodeError.description?.replace(nothingPaid, itemIndex === undefined ? 'Nothing new was paid this time.' : 'Nothing was paid for this item this time.') : nodeError.description;
	const description = [own, ...others].filter(Boolean).join('\n\n');
	// An agent passes only the message to its model.
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
 * The item that replaces a result when the node continues on fail. n8n sends it to the error output if there is one,
 * but only if it has no other keys than these; an `error` next to `json` would make n8n drop all but the message.
 */
export function toErrorItem(
	provider: string | undefined,
	{ message, description, context }: NodeApiError | NodeOperationError,
): INodeExecutionData {
	const facts = factNames.flatMap((name) => (context[name] === undefined ? [] : [[name, context[name]] as const]));
	return {
		json: {
			error: message,
			details: { ...(provider !== undefined && { provider }), ...Object.fromEntries(facts), ...(description && { description }) },
		},
	};
}

/** The facts that expressions can use, in the context of the error and in the details of its error item. */
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

/** Appends the task IDs that the message does not contain yet. */
function withTaskIds(message: string, taskIds: readonly string[]): string {
	const named = new Set(message.split(/[^\w-]+/));
	const unnamed = [...new Set(taskIds)].filter((id) => !named.has(id));
	if (unnamed.length === 0) return message;
	return `${message} (${unnamed.length === 1 ? 'task' : 'tasks'} ${unnamed.join(', ')})`;
}

/** @param namedTaskId the task that the error itself is about */
function describeAcceptedTasks(acceptedTaskIds: ReadonlyMap<number, string>, namedTaskId: string | undefined): string {
	const others = [...acceptedTaskIds].filter(([, taskId]) => taskId !== namedTaskId);
	if (others.length === 0) return '';
	const which = namedTaskId === undefined ? 'Tasks' : 'Other tasks';
	return `${which} accepted in this run, which are paid: ${byItem(others)}. Fetch them with "Wait for Task"; that is not paid again.`;
}

function describeDoubts(doubts: ReadonlyArray<readonly [number, string]>): string {
	if (doubts.length === 0) return '';
	const told = doubts.map(([itemIndex, message]) => `item ${itemIndex}: ${message}`).join('; ');
	return `Requests of this run that may be paid, so check before you start them anew: ${told}.`;
}

/** What the editor shows above the output when items have failed and the node continues. */
export function acceptedTasksHint(acceptedTaskIds: ReadonlyMap<number, string>): string {
	return `Some items failed. All tasks that were accepted in this run, which are paid: ${byItem([...acceptedTaskIds])}. "Wait for Task" fetches the video of any of them; that is not paid again.`;
}

const byItem = (tasks: ReadonlyArray<readonly [number, string]>) =>
	tasks.map(([itemIndex, taskId]) => `item ${itemIndex}: ${taskId}`).join(', ');
