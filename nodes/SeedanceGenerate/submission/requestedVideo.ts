import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { hashOf } from '../../shared/media/contentHash';
import { agentKeepsAnswers, askedFor, callerOf, originalRunIndex, retryFamilyOf, toolCallOf } from '../../shared/node/n8nInternals';
import type { Session } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import { readNumber, readObject } from '../../shared/providers/read';
import type { RequestedVideo } from './decide';
import { fieldFingerprints, fingerprintOf, hash, type PlannedInput } from './fingerprint';

/** Who asks for a paid request, and for what: all by which one is told from another. */

/** How to wait, and what to hand on. */
const fieldsOfTheRest = new Set(['waitForCompletion', 'downloadVideo', 'simplify']);

/** All other options say how to check, wait, pay and hand on. */
const optionsOfTheRequest = new Set(['assetGroupId', 'useAllItems', 'webhookSecret', 'webhookUrl']);

/** The parameters by which one video differs from another: who only waits longer in a retry asks for the same one. */
function withoutTheRest(parameters: INodeParameters): INodeParameters {
	const sent = Object.entries(parameters).filter(([name]) => name !== 'options' && !fieldsOfTheRest.has(name));
	const options = Object.entries(readObject(parameters.options)).filter(([name]) => optionsOfTheRequest.has(name));
	return Object.fromEntries([...sent, ...options.map(([name, value]) => [`options.${name}`, value] as const)]) as INodeParameters;
}

/** The calls of agents that this process has seen, with what they are called in the records. */
const toolCalls = new WeakMap<object, string>();

/** The run is the original one, so that the retry of an execution has the same. */
const callOfItem = (context: Session['context'], itemIndex: number) =>
	`run ${originalRunIndex(context, itemIndex)}, item ${itemIndex}`;

/** @returns undefined for a call of an agent that has not been seen before */
export function knownCallOf(context: Session['context'], itemIndex: number): string | undefined {
	const toolCall = toolCallOf(context);
	return toolCall ? toolCalls.get(toolCall) : callOfItem(context, itemIndex);
}

/**
 * Reads the files of a request in a sub-workflow, whose calls are told apart by what they ask for alone: files of the same
 * name and size are not the same. Anywhere else the run and the item tell, so that no file needs to be read.
 * @returns a hash of all files; undefined if they do not count, or cannot be read
 */
export async function contentsOf({ context }: Session, { references }: PlannedInput): Promise<string | undefined> {
	const files = references.flatMap(({ medium }) => (medium.kind === 'file' ? medium : []));
	if (callerOf(context) === undefined || files.length === 0) return undefined;
	const hashes = await outcomeOf(Promise.all(files.map(hashOf)));
	return hashes.ok ? hash(hashes.value) : undefined;
}

/**
 * @param contents see `contentsOf`
 * @returns also the fields, each by its label
 */
export function requestedVideoOf(
	{ context, itemIndex, provider, connection }: Session,
	input: PlannedInput,
	contents: string | undefined,
): RequestedVideo & { fields: Record<string, string> } {
	const fingerprint = contents === undefined ? fingerprintOf(input) : hash([fingerprintOf(input), contents]);
	const asked = hash(askedFor(context, withoutTheRest));
	const account = hash([provider.id, connection.baseUrl]);
	const toolCall = toolCallOf(context);
	return {
		executionId: context.getExecutionId(),
		call: toolCall ? nameOfToolCall(toolCall, context.getContext('node'), asked) : callOfItem(context, itemIndex),
		isTool: toolCall !== undefined,
		agentKeepsAnswers: agentKeepsAnswers(context),
		account,
		fingerprint,
		fields: fieldFingerprints(input),
		asked,
	};
}

/** The first call that asks for something has the same name in every execution, so that the entry tells after a crash. */
function nameOfToolCall(toolCall: object, memory: IDataObject, asked: string): string {
	const known = toolCalls.get(toolCall);
	if (known !== undefined) return known;
	const counter = `tool calls for ${asked}`;
	const count = (readNumber(memory[counter]) ?? 0) + 1;
	memory[counter] = count;
	const name = `tool call ${count} for ${asked}`;
	toolCalls.set(toolCall, name);
	return name;
}

/** The same for the same request in a retry, also after a crash; it is the idempotency key, too. */
export function newId({ context }: Session, { call, account, fingerprint, executionId }: RequestedVideo): string {
	const family = retryFamilyOf(context) ?? [context.getInstanceId(), context.getWorkflow().id, executionId];
	return hash([family, context.getNode().id, call, account, fingerprint]);
}

/** After a crash the retry knows no record, and evaluates the fields anew: what was asked for is what tells. */
export const crashEntryOf = ({ call, account, asked }: RequestedVideo) => `${call}: ${hash([account, asked])}`;
