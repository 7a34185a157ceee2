import type { IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';
import { readArray, readObject, readString } from '../providers/read';

/**
 * Puts the execution aside, so that it holds no worker. n8n keeps it in its database and goes on at the
 * given time, or when its resume URL is called. What then leaves the node is its input, so that is
 * replaced by what should go on.
 * @param untilMs milliseconds since the epoch; n8n looks about once a minute
 */
export async function suspend(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
	untilMs: number,
): Promise<void> {
	const executeData = context.getExecuteData();
	// Replaced, not changed: the stored output of the node before shares the old object.
	// The items are copied, as n8n takes those apart that the node returns.
	executeData.data = { ...executeData.data, main: [[...items]] };
	await context.putExecutionToWait(new Date(untilMs));
}

/** Where this execution is resumed from outside; n8n signs it. */
export function resumeUrl(context: IExecuteFunctions): string {
	return readString(context.evaluateExpression('{{ $execution.resumeUrl }}', 0)) ?? '';
}

/** What an execution has in common with its retries and with no other execution: the token of its resume URL. */
export function retryFamilyOf(context: IExecuteFunctions): string | undefined {
	const url = resumeUrl(context);
	return URL.canParse(url) ? readString(new URL(url).searchParams.get('signature')) : undefined;
}

/** A node that an AI agent uses is another type to n8n; an execution cannot wait inside a tool call. */
export const isTool = ({ type }: INode) => type.endsWith('Tool');

/**
 * Whether one of the node's outputs leads back to its own input. n8n has no function that tells, so this
 * looks at what it keeps; undefined where that looks different.
 */
export function isWiredToItself(context: IExecuteFunctions, outputIndex: number): boolean | undefined {
	const { name } = context.getNode();
	const workflow = readObject(readObject(context).workflow);
	if (!('connectionsBySourceNode' in workflow)) return undefined;
	const targets = (nodeName: string, output?: number) => {
		const outputs = readArray(readObject(readObject(workflow.connectionsBySourceNode)[nodeName]).main);
		const chosen = output === undefined ? outputs.flat() : readArray(outputs[output]);
		return chosen.flatMap((connection) => readString(readObject(connection).node) ?? []);
	};
	const seen = new Set<string>();
	for (const line = targets(name, outputIndex); line.length > 0; ) {
		const next = line.shift() ?? '';
		if (next === name) return true;
		if (!seen.has(next)) line.push(...targets(next));
		seen.add(next);
	}
	return false;
}
