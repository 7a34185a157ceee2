import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
	NodeApiError,
	NodeExecutionHint,
	NodeOperationError,
} from 'n8n-workflow';
import { InputError, type InputProblem, withdrawNothingPaid } from '../errors';
import { providers } from '../providers';
import type { ProviderAdapter } from '../providers/adapter';
import { readString } from '../providers/read';
import type { ProviderConnection } from '../request/connection';
import { connect } from '../request/connection';
import { type Limiter, limiter } from '../limiter';
import { type Outcome, outcomeOf } from '../outcome';
import { readInputFields, storeInputFields, withFields } from './inputFields';
import { listOf } from '../text';
import { combineFailures } from './combineFailures';
import { wordsFor } from './fieldValue';
import { Parameters } from './parameters';
import { isTool, suspend } from './n8nInternals';
import { toToolAnswer } from './toolAnswer';
import { acceptedTasksHint, toErrorItem, toNodeError } from './toNodeError';

/** What an entry of the Operation field is, whether a provider does the work or n8n itself. */
interface OperationWith<Own extends LocalSession> {
	option: INodePropertyOptions & { value: string; action: string };
	properties: INodeProperties[];
	/** The tool description for the model of an AI agent; absent if the operation is not offered as a tool. */
	toolDescription?: string;
	/** Part of an expression that gives what the canvas calls a node with this operation; its name if absent. */
	subtitle?: string;
	/** The index of the output for the items; the first one if absent. */
	outputIndex?(parameters: Parameters): number;
	/** How many items may run at once; one if absent, Infinity if only their requests are limited. */
	maxConcurrentItems?(parameters: Parameters): number;
	/** Whether to run once for all input items together, with the fields of the first one. */
	usesAllItems?(parameters: Parameters): boolean;
	/**
	 * Reads and checks the fields of one item; costs nothing. All items are prepared before the first
	 * one runs, so the mistakes of all items are found, and told together, before anything is paid.
	 */
	prepare(session: Own): Work | CheckedWork | Promise<Work | CheckedWork>;
}

/** An entry of the Operation field, as a value. Each has its own file and is listed by its node. */
export interface Operation extends OperationWith<Session> {
	/** Absent: every provider can do it. */
	isSupportedBy?(provider: ProviderAdapter): boolean;
	/** Tells the run what earlier attempts at it have left, before anything can fail that would hide it. */
	recallEarlier?(context: IExecuteFunctions, run: Run): void;
	/** What the editor shows above the output, once for all items. @param nowMs milliseconds since the epoch */
	executionHints?(items: readonly OutputItem[], nowMs: number, provider: ProviderAdapter): NodeExecutionHint[];
}

/** An operation of a node without a provider, which works on the files of n8n: it asks nobody, and nothing is paid. */
export interface LocalOperation extends OperationWith<LocalSession> {
	/** What the editor shows above the output, once for all items. */
	executionHints?(items: readonly OutputItem[]): NodeExecutionHint[];
}

/** Runs what was prepared and returns the output items; the loop pairs them with the input. */
export type Work = () => Promise<OutputItem[]>;

/** Work with a check that needs a request to a server. */
export interface CheckedWork {
	/**
	 * Free of charge. The checks of all items that could be prepared run at the same time, and before any work
	 * begins; use `perRun` for results that several of them need.
	 */
	check(): Promise<void>;
	/**
	 * Free of charge, and after the checks of all items: what depends on how many have passed them, such as a cap for
	 * all together.
	 */
	approve?(): Promise<void>;
	work: Work;
}

export type OutputItem = Pick<INodeExecutionData, 'json' | 'binary'> & {
	/** Set if the item is not final: the whole execution is suspended until then, in milliseconds since the epoch. */
	resumeAtMs?: number;
};

/** One item of one run. */
export interface LocalSession {
	context: IExecuteFunctions;
	itemIndex: number;
	parameters: Parameters;
	/** Aborts when the execution is stopped or another item fails the run. */
	signal: AbortSignal;
	run: Run;
}

/** One item of one run that a provider works for. */
export interface Session extends LocalSession {
	provider: ProviderAdapter;
	/** With the signal of the item. */
	connection: ProviderConnection;
}

/** What the items of one run share. */
export interface Run {
	/** Every task that was accepted, by item index, so that no error can hide one. */
	acceptedTaskIds: Map<number, string>;
	/** Requests that may have been accepted, by item index, in the words of the first answer. */
	doubts: Map<number, string>;
	/** The task that an item is about, by item index, so that every error of the item can name it. */
	askedTaskIds: Map<number, string>;
	/** @returns the limiter for the download of a URL */
	downloads(url: string): Limiter;
	/** Registers a listener that is called once when the run ends. @param listener gets whether the run returned its items */
	onEnd(listener: (areItemsHandedOver: boolean) => void): void;
}

/**
 * A value that is shared by all items of a run, such as a cache, without the loop knowing of it.
 * @param create is called when the first item of a run needs the value
 */
export function perRun<Value, Own extends LocalSession = Session>(create: (session: Own) => Value): (session: Own) => Value {
	const values = new WeakMap<Run, { value: Value }>();
	return (session) => {
		const known = values.get(session.run) ?? { value: create(session) };
		values.set(session.run, known);
		return known.value;
	};
}

const maxConcurrentDownloads = 3;
/** Each opens files and holds their first bytes in memory. */
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
	return await inOneRun(async (run) => {
		const { provider, operation } = readChoice(context, operations);
		// Where n8n cannot give the records, the items find that out themselves.
		await outcomeOf((async () => operation.recallEarlier?.(context, run))());
		const connection = await outcomeOf(connect(context, provider));
		return await runItems(context, run, withProvider(operation, provider, connection));
	});
}

/**
 * The same loop for a node without a provider, which sends nothing, so that its messages say nothing of payment.
 * @throws NodeOperationError unless the node continues on fail
 */
export async function runLocalOperation(
	context: IExecuteFunctions,
	operations: readonly LocalOperation[],
): Promise<INodeExecutionData[][]> {
	return await inOneRun(async (run) => await runItems(context, run, withoutProvider(readLocalChoice(context, operations))));
}

/** What the items of one run share lives as long as `work`. */
async function inOneRun(work: (run: Run) => Promise<INodeExecutionData[][]>): Promise<INodeExecutionData[][]> {
	const downloads = limiter(maxConcurrentDownloads);
	const endListeners: Array<(areItemsHandedOver: boolean) => void> = [];
	const outputs = await outcomeOf(
		work({
			acceptedTaskIds: new Map(),
			doubts: new Map(),
			askedTaskIds: new Map(),
			downloads: () => downloads,
			onEnd: (listener) => void endListeners.push(listener),
		}),
	);
	for (const listener of endListeners) listener(outputs.ok);
	if (!outputs.ok) throw outputs.error;
	return outputs.value;
}

/** The chosen operation as the loop runs it: the one place that tells a provider from none. */
interface ChosenOperation extends Pick<LocalOperation, 'maxConcurrentItems' | 'outputIndex' | 'usesAllItems' | 'prepare'> {
	/** What every item says besides its result. */
	mark: IDataObject;
	/** The provider that an error item names, if there is one. */
	providerId?: string;
	/** Changes what an error says before a person reads it. */
	adjust?(error: unknown): void;
	/** What the editor shows above the output. @param isFinal false if the execution is suspended */
	hints(items: readonly OutputItem[], isFinal: boolean): NodeExecutionHint[];
}

/** @param connection a credential that cannot be used is the failure of each item */
function withProvider(operation: Operation, provider: ProviderAdapter, connection: Outcome<ProviderConnection>): ChosenOperation {
	return {
		...operation,
		async prepare(session) {
			if (!connection.ok) throw connection.error;
			return await operation.prepare({ ...session, provider, connection: { ...connection.value, signal: session.signal } });
		},
		mark: connection.ok ? testMarkOf(connection.value) : {},
		providerId: provider.id,
		hints(items, isFinal) {
			if (!connection.ok) return [];
			const { testMode, clock } = connection.value;
			const ofItems = isFinal ? (operation.executionHints?.(items, clock.now(), provider) ?? []) : [];
			return [...(testMode ? [testModeHint(provider)] : []), ...ofItems];
		},
	};
}

function withoutProvider(operation: LocalOperation): ChosenOperation {
	return {
		...operation,
		mark: {},
		// Where nothing can be paid, the sentence would only make people wonder.
		adjust: withdrawNothingPaid,
		hints: (items) => operation.executionHints?.(items) ?? [],
	};
}

async function runItems(context: IExecuteFunctions, run: Run, operation: ChosenOperation): Promise<INodeExecutionData[][]> {
	const loop = openLoop({ context, operation, run });
	const settings = await outcomeOf((async () => readRunSettings(loop))());
	if (!settings.ok) throw loop.fail(settings.error, 0);

	const prepared = await prepareAll(loop, settings.value.itemIndexes);
	const { outputs, resumeAtMs, hasFailures } = await runAll(loop, prepared, settings.value);

	// A hint that cannot be shown must not lose the items.
	await outcomeOf((async () => addHints(loop, outputs.flat(), { isFinal: resumeAtMs === undefined, hasFailures }))());
	const carried = outputs.flatMap((own, index) => own.map(() => loop.inputFields.get(index)));
	const items = outputs.flat().map((item, index) => withFields(context.getNode(), carried[index], item));
	if (resumeAtMs !== undefined) {
		const suspension = await outcomeOf(
			(async () => {
				if (loop.inputFields.size > 0) storeInputFields(context.getContext('node'), carried);
				await suspend(context, items, resumeAtMs);
			})(),
		);
		if (!suspension.ok) throw loop.fail(suspension.error);
	}
	return [...Array.from({ length: settings.value.outputIndex }, () => []), items];
}

/** What the stages of one run need. */
interface Loop {
	context: IExecuteFunctions;
	operation: ChosenOperation;
	run: Run;
	continueOnFail: boolean;
	/** The fields of the input that the output of an item carries, by item index; see the option Include Input Fields. */
	inputFields: Map<number, IDataObject>;
	/** n8n's error for a failure, with all that the run knows of paid requests. */
	fail(error: unknown, itemIndex?: number): NodeApiError | NodeOperationError;
	/** Aborts when the execution is stopped or an item fails the run. Each item needs its own: Node 20 warns of a leak when more than ten listen to one. */
	newSignal(): AbortSignal;
	stopOthers(): void;
}

function openLoop(parts: Pick<Loop, 'context' | 'operation' | 'run'>): Loop {
	const { context, operation, run } = parts;
	const others = new AbortController();
	const cancelSignal = context.getExecutionCancelSignal();
	return {
		...parts,
		continueOnFail: context.continueOnFail(),
		inputFields: new Map(),
		fail(error, itemIndex) {
			operation.adjust?.(error);
			return toNodeError(context.getNode(), error, itemIndex, run.acceptedTaskIds, run.askedTaskIds.get(itemIndex ?? -1), run.doubts);
		},
		newSignal: () => AbortSignal.any([others.signal, ...(cancelSignal ? [cancelSignal] : [])]),
		stopOthers: () => others.abort(),
	};
}

interface RunSettings {
	itemLimiter: Limiter;
	/** Of the items to run: all, or the first one for all. */
	itemIndexes: number[];
	/** The input items that an output item comes from. */
	pairedItem: (itemIndex: number) => INodeExecutionData['pairedItem'];
	outputIndex: number;
}

/** Settings of the whole run, from the fields of the first item; an invalid one ends the run before any item. */
function readRunSettings({ context, operation }: Loop): RunSettings {
	const parameters = parametersOf(context, 0);
	const inputIndexes = [...context.getInputData().keys()];
	const combinesItems = inputIndexes.length > 0 && (operation.usesAllItems?.(parameters) ?? false);
	return {
		itemLimiter: limiter(operation.maxConcurrentItems?.(parameters) ?? 1),
		itemIndexes: combinesItems ? [0] : inputIndexes,
		pairedItem: (item) => (combinesItems ? inputIndexes.map((each) => ({ item: each })) : { item }),
		outputIndex: operation.outputIndex?.(parameters) ?? 0,
	};
}

/** Reads and checks the fields of all items, then makes the free checks of all items, and pays for nothing. @throws NodeApiError or NodeOperationError with the problems of all items, unless the node continues on fail */
async function prepareAll(loop: Loop, itemIndexes: readonly number[]): Promise<Array<Outcome<Work>>> {
	const { context, operation, run } = loop;
	const prepare = async (itemIndex: number): Promise<CheckedWork> => {
		const parameters = parametersOf(context, itemIndex);
		const fields = isTool(context.getNode()) ? undefined : readInputFields(context, itemIndex, parameters);
		if (fields) loop.inputFields.set(itemIndex, fields);
		const prepared = await operation.prepare({ context, itemIndex, parameters, signal: loop.newSignal(), run });
		return typeof prepared === 'function' ? { check: async () => {}, work: prepared } : prepared;
	};
	const check = async (preparation: Outcome<CheckedWork>): Promise<CheckedWork> => {
		if (!preparation.ok) throw preparation.error;
		await preparation.value.check();
		return preparation.value;
	};
	const approve = async (checked: Outcome<CheckedWork>): Promise<Work> => {
		if (!checked.ok) throw checked.error;
		await checked.value.approve?.();
		return checked.value.work;
	};
	const preparations = await outcomesOf(itemIndexes, prepare, limiter(maxConcurrentPreparations));
	const checked = await outcomesOf(preparations, check, limiter(Infinity));
	requireSuccess(loop, checked);
	const approved = await outcomesOf(checked, approve, limiter(Infinity));
	requireSuccess(loop, approved);
	return approved;
}

/** @throws NodeApiError or NodeOperationError with the problems of all items, unless the node continues on fail */
function requireSuccess(loop: Loop, outcomes: ReadonlyArray<Outcome<unknown>>): void {
	const failures = [...outcomes.entries()].flatMap(([itemIndex, outcome]) => (outcome.ok ? [] : [{ itemIndex, error: outcome.error }]));
	if (loop.continueOnFail || failures.length === 0) return;
	const { error, itemIndex } = combineFailures(failures, outcomes.length);
	throw loop.fail(error, itemIndex);
}

/** Makes one step of the preparation for all items, so that all problems can be told at once. */
async function outcomesOf<Input, Output>(
	inputs: readonly Input[],
	step: (input: Input) => Promise<Output>,
	inFlight: Limiter,
): Promise<Array<Outcome<Output>>> {
	return await Promise.all(inputs.map(async (input) => await inFlight(async () => await outcomeOf(step(input)))));
}

/**
 * Does the work of all items.
 * @returns the output of each in the order of the input, and when to resume if an item of it is not final
 * @throws NodeApiError or NodeOperationError for the item that failed first, unless the node continues on fail
 */
async function runAll(
	loop: Loop,
	prepared: ReadonlyArray<Outcome<Work>>,
	{ itemLimiter, pairedItem }: RunSettings,
): Promise<{ outputs: INodeExecutionData[][]; resumeAtMs?: number; hasFailures: boolean }> {
	const { context, operation } = loop;
	const resumeTimesMs: number[] = [];
	let hasFailures = false;
	let firstFailure: { error: unknown; itemIndex: number } | undefined;
	const runItem = async (work: Outcome<Work>, itemIndex: number): Promise<INodeExecutionData[]> => {
		if (firstFailure) return [];
		const outcome = work.ok ? await outcomeOf(work.value()) : work;
		if (work.ok && !outcome.ok) withdrawNothingPaid(outcome.error);
		if (outcome.ok) {
			return outcome.value.map(({ resumeAtMs, ...item }) => {
				if (resumeAtMs !== undefined) resumeTimesMs.push(resumeAtMs);
				const marked = { ...item.json, ...operation.mark };
				const json = isTool(context.getNode()) ? toToolAnswer(marked) : marked;
				return { ...item, json, pairedItem: pairedItem(itemIndex) };
			});
		}
		if (loop.continueOnFail) {
			hasFailures = true;
			const item = withFields(context.getNode(), operation.mark, toErrorItem(operation.providerId, loop.fail(outcome.error, itemIndex)));
			return [{ ...item, pairedItem: pairedItem(itemIndex) }];
		}
		firstFailure ??= { error: outcome.error, itemIndex };
		loop.stopOthers();
		return [];
	};
	const outputs = await Promise.all(
		prepared.map(async (work, itemIndex) => await itemLimiter(async () => await runItem(work, itemIndex))),
	);
	if (firstFailure) throw loop.fail(firstFailure.error, firstFailure.itemIndex);
	const resumeAtMs = resumeTimesMs.length > 0 ? Math.min(...resumeTimesMs) : undefined;
	return { outputs, resumeAtMs, hasFailures };
}

function addHints(
	{ context, operation, run }: Loop,
	items: readonly OutputItem[],
	{ isFinal, hasFailures }: { isFinal: boolean; hasFailures: boolean },
): void {
	if (hasFailures && run.acceptedTaskIds.size > 0) {
		context.addExecutionHints({ message: acceptedTasksHint(run.acceptedTaskIds), type: 'warning' });
	}
	const hints = operation.hints(items, isFinal);
	if (hints.length > 0) context.addExecutionHints(...hints);
}

/** What tells an item of Test Mode from one that was paid. */
export const testMarkOf = ({ testMode }: ProviderConnection): { isTest?: true } => (testMode ? { isTest: true } : {});

const testModeHint = ({ displayName }: ProviderAdapter): NodeExecutionHint => ({
	message: `Test Mode: nothing was sent to ${displayName} and nothing was paid. Videos are samples, and the IDs exist in Test Mode only.`,
	type: 'info',
});

// Without a fallback value, n8n throws for hidden fields.
const parametersOf = (context: IExecuteFunctions, itemIndex: number) =>
	new Parameters((name) => context.getNodeParameter(name, itemIndex, null));

/** @throws NodeOperationError if the provider or its operation is unknown or not supported */
function readChoice(context: IExecuteFunctions, operations: readonly Operation[]) {
	const providerId = readString(context.getNodeParameter('provider', 0));
	// Hidden for a provider that this node does not support.
	const operationId = context.getNodeParameter('operation', 0, '');
	const known = providers.find(({ id }) => id === providerId);
	const supporting = providersOf(operations);
	const provider = supporting.find(({ id }) => id === providerId);
	const operation = operations.find(({ option }) => option.value === operationId);
	const supports = provider && operation && (operation.isSupportedBy?.(provider) ?? true);
	if (supports) return { provider, operation };
	const error = provider
		? new InputError([
				notOffered(
					'Operation',
					`${provider.displayName} does not offer the Operation ${operation?.option.name ?? wordsFor(operationId)}.`,
					operationsFor(provider, operations).map(({ option }) => option.name),
				),
			])
		: new InputError([
				notOffered(
					'Provider',
					known ? `${known.displayName} offers nothing in this node.` : `There is no Provider ${wordsFor(providerId)}.`,
					supporting.map(({ displayName }) => displayName),
				),
			]);
	throw toNodeError(context.getNode(), error, 0);
}

/** @throws NodeOperationError if there is no such operation */
function readLocalChoice(context: IExecuteFunctions, operations: readonly LocalOperation[]): LocalOperation {
	const operationId = context.getNodeParameter('operation', 0, '');
	const operation = operations.find(({ option }) => option.value === operationId);
	if (operation) return operation;
	const names = operations.map(({ option }) => option.name);
	const error = new InputError([notOffered('Operation', `There is no Operation ${wordsFor(operationId)}.`, names)]);
	withdrawNothingPaid(error);
	throw toNodeError(context.getNode(), error, 0);
}

const notOffered = (field: string, message: string, choices: readonly string[]): InputProblem => ({
	field,
	message,
	advice: `Choose ${listOf(choices, 'or')}.`,
});

/** The providers that offer at least one of the operations. */
export function providersOf(operations: readonly Operation[]) {
	return providers.filter((provider) => operationsFor(provider, operations).length > 0);
}

/** The operations that a provider supports. */
export function operationsFor(provider: ProviderAdapter, operations: readonly Operation[]) {
	return operations.filter((operation) => operation.isSupportedBy?.(provider) ?? true);
}

/** @returns a capability that `isSupportedBy` has checked */
export function supported<Capability>(capability: Capability | undefined): Capability {
	if (capability !== undefined) return capability;
	throw new Error('An operation ran for a provider that isSupportedBy should have refused');
}
