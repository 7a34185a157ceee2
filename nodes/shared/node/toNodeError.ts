import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { SeedanceError } from '../errors';
import { isTool } from './n8nInternals';

/**
 * The boundary: turns any error into n8n's classes. The IDs of paid work, the reason and the next
 * step travel in the message, the description and the context.
 * @param acceptedTaskIds tasks of this run that an error of one item must not hide, by item
 */
export function toNodeError(
	node: INode,
	error: unknown,
	itemIndex: number,
	acceptedTaskIds: ReadonlyMap<number, string> = new Map(),
): NodeApiError | NodeOperationError {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	if (!(error instanceof SeedanceError)) {
		return new NodeOperationError(node, error instanceof Error ? error : String(error), { itemIndex });
	}
	const { message, details } = error;
	const description =
		[details.description, acceptedNote(acceptedTaskIds, details.taskId)].filter(Boolean).join('\n\n') ||
		undefined;
	const nodeError =
		details.statusCode === undefined
			? new NodeOperationError(node, message, { description, itemIndex })
			: new NodeApiError(
					node,
					{ message },
					{ message, description, httpCode: String(details.statusCode), itemIndex },
				);
	// An agent hands its model the message and nothing else. Not earlier: n8n has texts of its own for
	// messages that name a network fault.
	if (isTool(node) && description) {
		nodeError.message = `${message}\n\n${description}`;
		nodeError.description = undefined;
	}
	Object.assign(nodeError.context, factsOf(error));
	return nodeError;
}

/**
 * The item that goes on instead of a result when the node continues on fail. n8n sends it to the
 * error output if there is one, but only while it has no other keys than these; an `error` beside
 * `json` would make n8n drop all but the message.
 */
export function toErrorItem(
	provider: string,
	error: unknown,
	nodeError: NodeApiError | NodeOperationError,
): INodeExecutionData {
	return {
		json: {
			error: nodeError.message,
			details: {
				provider,
				...(error instanceof SeedanceError ? factsOf(error) : { reason: 'unknown' }),
				...(nodeError.description && { description: nodeError.description }),
			},
		},
	};
}

function factsOf({ details }: SeedanceError): IDataObject {
	const { reason, taskId, assetId, videoUrl, statusCode, code, requestId } = details;
	const facts = { reason, taskId, assetId, videoUrl, statusCode, code, requestId };
	return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

function acceptedNote(acceptedTaskIds: ReadonlyMap<number, string>, ownTaskId?: string): string {
	const others = [...acceptedTaskIds].filter(([, taskId]) => taskId !== ownTaskId);
	if (others.length === 0) return '';
	const list = others.map(([itemIndex, taskId]) => `item ${itemIndex}: ${taskId}`).join(', ');
	return `Other tasks accepted in this run, which go on and are paid: ${list}. Fetch them with "Wait for Task".`;
}
