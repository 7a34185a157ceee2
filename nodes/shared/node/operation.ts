import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
	NodeExecutionHint,
} from 'n8n-workflow';
import { InputError } from '../errors';
import { providers } from '../providers';
import type { ProviderAdapter } from '../providers/adapter';
import { readString } from '../providers/read';
import type { ProviderConnection } from '../request/connection';
import { connect } from '../request/connection';
import { type Limiter, limiter } from '../limiter';
import { type Outcome, outcomeOf } from '../outcome';
import { Parameters } from './parameters';
import { isTool, suspend } from './n8nInternals';
import { toToolAnswer } from './toolAnswer';
import { acceptedTasksHint, toErrorItem, toNodeError } from './toNodeError';

/** What the user picks in the Operation field: a value, one file each, listed by its node. */
export interface Operation {
	option: INodePropertyOptions & { value: string; action: string };
	properties: INodeProperties[];
	/** What the model of an AI agent is told; absent where a tool is of no use. */
	toolDescription?: string;
	/** Absent: every provider can do it. */
	isSupportedBy?(provider: ProviderAdapter): boolean;
	/** The output that the items leave by; the first one if absent. */
	outputIndex?(parameters: Parameters): number;
	/** How many items may be under way at once; one if absent, Infinity where requests alone are limited. */
	maxConcurrentItems?(parameters: Parameters): number;
	/** Runs once for all input items together, with the fields of the first one. */
	usesAllItems?(parameters: Parameters): boolean;
	/** Tells the run what earlier attempts at it have left, before anything can fail that would hide it. */
	recallEarlier?(context: IExecuteFunctions, run: Run): void;
	/**
	 * Reads and checks the fields of one item; costs nothing. All items are prepared before the first
	 * one runs, so a mistake in the last item is found before anything is paid.
	 */
	prepare(session: Session): Work | CheckedWork | Promise<Work | CheckedWork>;
	/** What the editor says above the output, once for all items. */
	hints?(items: readonly OutputItem[], nowMs: number, provider: ProviderAdapter): NodeExecutionHint[];
}

/** Does what was prepared and returns the output items; the loop adds what pairs them to the input. */
export type Work = () => Promise<OutputItem[]>;

/** Work before which a server has to be asked. */
export interface CheckedWork {
	/**
	 * Free of charge. The checks of all items run at the same time once all are prepared, and before any work
	 * begins; what several of them need is kept by `perRun`.
	 */
	check(): Promise<void>;
	work: Work;
}

export type OutputItem = Pick<INodeExecutionData, 'json' | 'binary'> & {
	/** Not final: the whole execution is suspended until then, in milliseconds since the epoch. */
	resumeAtMs?: number;
};

/** One item of one run. */
export interface Session {
	context: IExecuteFunctions;
	itemIndex: number;
	parameters: Parameters;
	provider: ProviderAdapter;
	connection: ProviderConnection;
	run: Run;
}

/** What the items of one run share. */
export interface Run {
	/** Every task that was accepted, so that no error can hide one. */
	acceptedTaskIds: Map<number, string>;
	/** Requests that may have been accepted, by item, in the words of the first answer. */
	doubts: Map<number, string>;
	/** The task that an item asks for, so that every error of the item knows it. */
	askedTaskIds: Map<number, string>;
	/** What limits how many files are downloaded at once, by the URL of the file. */
	downloads(url: string): Limiter;
	/** Told once when the run ends, whatever comes of it: whether its items go to whoever has asked for them. */
	onEnd(listener: (areItemsHandedOver: boolean) => void): void;
}

/**
 * What one subject keeps for all items of a run, such as look-ups that several items need; the loop knows
 * nothing of it.
 * @param create makes it when the first item of a run asks
 */
export function perRun<Value>(create: (session: Session) => Value): (session: Session) => Value {
	const values = new WeakMap<Run, { value: Value }>();
	return (session) => {
		const known = values.get(session.run) ?? { value: create(session) };
		values.set(session.run, known);
		return known.value;
	};
}

const maxConcurrentDownloads = 3;
/** Files are opened and their heads are held. */
const maxConcurrentPreparations = 10;

/**
 * The only item loop: prepares all items, runs them, keeps their order, pairs them with the input
 * and turns failures into error items or n8n's errors.
 * @throws NodeApiError or NodeOperationError unless the node continues on fail
 */
export async function runOperation(
	context: IExecuteFunctions,
	operations: readonly Operation[],
): Promise<INodeExecutionData[][]> {
	const downloads = limiter(maxConcurrentDownloads);
	const endListeners: Array<(areItemsHandedOver: boolean) => void> = [];
	const run: Run = {
		acceptedTaskIds: new Map(),
		doubts: new Map(),
		askedTaskIds: new Map(),
		downloads: () => downloads,
		onEnd: (listener) => void endListeners.push(listener),
	};
	const outputs = await outcomeOf(runItems(context, operations, run));
	for (const listener of endListeners) listener(outputs.ok);
	if (!outputs.ok) throw outputs.error;
	return outputs.value;
}

async function runItems(
	context: IExecuteFunctions,
	operations: readonly Operation[],
	run: Run,
): Promise<INodeExecutionData[][]> {
	const continueOnFail = context.continueOnFail();
	const stopOthers = new AbortController();
	const cancelSignal = context.getExecutionCancelSignal();
	// One for each item: Node 20 warns of a leak when more than ten listen to the same signal.
	const newSignal = () =>
		AbortSignal.any([stopOthers.signal, ...(cancelSignal ? [cancelSignal] : [])]);
	const fail = (error: unknown, itemIndex?: number) =>
		toNodeError(context.getNode(), error, itemIndex, run.acceptedTaskIds, run.askedTaskIds.get(itemIndex ?? -1), run.doubts);

	const { provider, operation } = chosen(context, operations);
	// Where n8n cannot tell them, the items will find that out themselves.
	await outcomeOf((async () => operation.recallEarlier?.(context, run))());
	const connection = await outcomeOf(connect(context, provider));
	const inputIndexes = [...context.getInputData().keys()];
	// What counts for the whole run; a mistake in it ends the run before the first item.
	const ofRun = await outcomeOf(
		(async () => {
			const parameters = parametersOf(context, 0);
			return {
				atOnce: limiter(operation.maxConcurrentItems?.(parameters) ?? 1),
				isOneForAll: inputIndexes.length > 0 && (operation.usesAllItems?.(parameters) ?? false),
				outputIndex: operation.outputIndex?.(parameters) ?? 0,
			};
		})(),
	);
	if (!ofRun.ok) throw fail(ofRun.error, 0);
	const { atOnce, isOneForAll, outputIndex } = ofRun.value;

	const pairedItem = (item: number) => (isOneForAll ? inputIndexes.map((each) => ({ item: each })) : { item });
	const prepare = async (itemIndex: number): Promise<CheckedWork> => {
		if (!connection.ok) throw connection.error;
		const prepared = await operation.prepare({
			context,
			itemIndex,
			parameters: parametersOf(context, itemIndex),
			provider,
			connection: { ...connection.value, signal: newSignal() },
			run,
		});
		return typeof prepared === 'function' ? { check: async () => {}, work: prepared } : prepared;
	};
	/** Ends with the failure that comes first in the order of the items, unless the node continues on fail. */
	const ofAllItems = async <Input, Output>(
		inputs: readonly Input[],
		step: (input: Input) => Promise<Output>,
		limit: Limiter,
	): Promise<Array<Outcome<Output>>> => {
		let hasFailed = false;
		const outcomes = await Promise.all(
			inputs.map(async (input) =>
				await limit(async () => {
					// They begin in their order, so this one comes after the failure that is told.
					if (hasFailed) return undefined;
					const outcome = await outcomeOf(step(input));
					hasFailed ||= !outcome.ok && !continueOnFail;
					return outcome;
				}),
			),
		);
		return outcomes.map((outcome, itemIndex) => {
			if (outcome?.ok || (outcome && continueOnFail)) return outcome;
			throw fail(outcome?.error, itemIndex);
		});
	};
	const preparations = await ofAllItems(isOneForAll ? [0] : inputIndexes, prepare, limiter(maxConcurrentPreparations));
	const prepared = await ofAllItems(
		preparations,
		async (preparation) => {
			if (!preparation.ok) throw preparation.error;
			await preparation.value.check();
			return preparation.value.work;
		},
		limiter(Infinity),
	);

	let firstFailure: { error: unknown; itemIndex: number } | undefined;
	const wakeTimesMs: number[] = [];
	let hasFailures = false;
	const runItem = async (work: Outcome<Work>, itemIndex: number): Promise<INodeExecutionData[]> => {
		if (firstFailure) return [];
		const outcome = work.ok ? await outcomeOf(work.value()) : work;
		if (outcome.ok) {
			return outcome.value.map(({ resumeAtMs, ...item }) => {
				if (resumeAtMs !== undefined) wakeTimesMs.push(resumeAtMs);
				const json = isTool(context.getNode()) ? toToolAnswer(item.json) : item.json;
				return { ...item, json, pairedItem: pairedItem(itemIndex) };
			});
		}
		if (continueOnFail) {
			hasFailures = true;
			return [{ ...toErrorItem(provider.id, fail(outcome.error, itemIndex)), pairedItem: pairedItem(itemIndex) }];
		}
		firstFailure ??= { error: outcome.error, itemIndex };
		stopOthers.abort();
		return [];
	};
	const outputs = await Promise.all(
		prepared.map(async (work, itemIndex) => await atOnce(async () => await runItem(work, itemIndex))),
	);
	if (firstFailure) throw fail(firstFailure.error, firstFailure.itemIndex);
	const items = outputs.flat();
	const addHints = async () => {
		if (hasFailures && run.acceptedTaskIds.size > 0) {
			context.addExecutionHints({ message: acceptedTasksHint(run.acceptedTaskIds), type: 'warning' });
		}
		if (wakeTimesMs.length > 0 || !connection.ok) return;
		const hints = operation.hints?.(items, connection.value.clock.now(), provider) ?? [];
		if (hints.length > 0) context.addExecutionHints(...hints);
	};
	// A hint that cannot be given loses no item.
	await outcomeOf(addHints());
	if (wakeTimesMs.length > 0) {
		const suspension = await outcomeOf(suspend(context, items, Math.min(...wakeTimesMs)));
		if (!suspension.ok) throw fail(suspension.error);
	}
	return [...Array.from({ length: outputIndex }, () => []), items];
}

// Without a fallback n8n throws for a field that is hidden.
const parametersOf = (context: IExecuteFunctions, itemIndex: number) =>
	new Parameters((name) => context.getNodeParameter(name, itemIndex, null));

function chosen(context: IExecuteFunctions, operations: readonly Operation[]) {
	const providerId = readString(context.getNodeParameter('provider', 0)) ?? '(empty)';
	// Hidden from a provider that has nothing here.
	const operationId = context.getNodeParameter('operation', 0, '');
	const known = providers.find(({ id }) => id === providerId);
	const able = providersOf(operations);
	const provider = able.find(({ id }) => id === providerId);
	const operation = operations.find(({ option }) => option.value === operationId);
	const supports = provider && operation && (operation.isSupportedBy?.(provider) ?? true);
	if (supports) return { provider, operation };
	const error = provider
		? new InputError([
				{
					field: 'Operation',
					allowed: operationsFor(provider, operations)
						.map(({ option }) => option.name)
						.join(', '),
					given: `${operation?.option.name ?? operationId}, which ${provider.displayName} does not offer`,
				},
			])
		: new InputError([
				{
					field: 'Provider',
					allowed: able.map(({ displayName }) => displayName).join(', '),
					given: known ? `${known.displayName}, which offers nothing here` : providerId,
				},
			]);
	throw toNodeError(context.getNode(), error, 0);
}

/** The providers that offer at least one of the operations. */
export function providersOf(operations: readonly Operation[]) {
	return providers.filter((provider) => operationsFor(provider, operations).length > 0);
}

export function operationsFor(provider: ProviderAdapter, operations: readonly Operation[]) {
	return operations.filter((operation) => operation.isSupportedBy?.(provider) ?? true);
}

/** A capability that `isSupportedBy` has promised. */
export function supported<Capability>(capability: Capability | undefined): Capability {
	if (capability !== undefined) return capability;
	throw new Error('An operation ran for a provider that isSupportedBy should have refused');
}
