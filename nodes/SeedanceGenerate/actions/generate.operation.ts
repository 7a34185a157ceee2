import type { INodeProperties } from 'n8n-workflow';
import { type Delivery, readDelivery, shapeTask } from '../../shared/node/deliver';
import { documentOf, notInTools, showForProviders, showWhen } from '../../shared/node/description';
import { downloadVideoField } from '../../shared/node/download.fields';
import { checkFilesOption, checkUrlsOption, optionsField, simplifyField } from '../../shared/node/fields';
import { linkHints } from '../../shared/node/hints';
import type { CheckedWork, Operation, OutputItem, Session } from '../../shared/node/operation';
import type { Parameters } from '../../shared/node/parameters';
import { modelLocators } from '../../shared/node/pickers';
import { outcomeOf } from '../../shared/outcome';
import { providers } from '../../shared/providers';
import { settingsToSend } from '../../shared/providers/adapter';
import { urlRulesFor } from '../../shared/publicUrl';
import { callProvider } from '../../shared/request/callProvider';
import { withSecrets } from '../../shared/request/connection';
import { generationModes, usualDuration, type VideoTask, type Webhook } from '../../shared/vocabulary';
import { type Budget, openBudget } from '../budget/budget';
import { capOptions } from '../budget/caps.fields';
import { costHints } from '../budget/costHints';
import { priceOption } from '../budget/prices.fields';
import { checkInput } from '../checks/checkInput';
import { checkAssetsOption } from '../checks/checks.fields';
import { planReferences } from '../references/planReferences';
import { assetGroupOption, referenceFields, useAllItemsOption } from '../references/references.fields';
import { usesAllItems } from '../references/readSources';
import { resolveReferences, withAddresses } from '../references/resolveReferences';
import { announceTask } from '../submission/announceTask';
import { openSubmission, recallSubmissions, type Submission } from '../submission/submission';
import type { PlannedInput } from '../submission/fingerprint';
import type { TaskOf } from '../submission/submitOnce';
import { waitAndDeliver } from '../waiting/inThisNode';
import { planCallback, waitForCallback } from '../waiting/onCallback';
import {
	readWaitSettings,
	readWaitWay,
	waitFields,
	waitOptions,
	type WaitSettings,
	type WaitWay,
} from '../waiting/wait.fields';
import { modeField, modeInExpression, promptFields } from './mode.fields';
import { readSettings, readWebhook, settingsField, surfaceFields, webhookOptions } from './settings.fields';

/** One for each provider, as each has its own prices. */
const paymentNotices = providers.flatMap(({ id, displayName }) =>
	showForProviders(
		(provider) => provider.id === id,
		[
			{
				displayName: `Each item makes one video, which <a href="${documentOf(id)}#prices" target="_blank">${displayName} charges for</a>. Longer and sharper videos cost more.`,
				name: 'paymentNotice',
				type: 'notice',
				default: '',
			},
		],
	),
);

export const resubmitOption: INodeProperties = {
	displayName: 'Resubmit When Unsure',
	name: 'resubmitWhenUnsure',
	type: 'boolean',
	default: false,
	description:
		'Whether another attempt of an execution may resend a request that may have been accepted without an answer. It can be billed twice.',
};

export const tasksAtOnceOption: INodeProperties = {
	displayName: 'Tasks at Once',
	name: 'tasksAtOnce',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 5,
	description:
		'How many items may have an open task at the same time while this node waits; without this option all of them',
};

export const byLabel = (fields: INodeProperties[]) =>
	fields.sort((one, other) => one.displayName.localeCompare(other.displayName));

/** What a generation is made of, and how it is checked: the fields of Check, too. */
export const inputFields = [
	modeField,
	...modelLocators(),
	...promptFields,
	...surfaceFields,
	...referenceFields,
	settingsField,
];

export const generationOptions = optionsField(
	byLabel([
		...assetGroupOption,
		...capOptions,
		priceOption,
		checkAssetsOption,
		checkFilesOption,
		checkUrlsOption,
		resubmitOption,
		tasksAtOnceOption,
		useAllItemsOption,
		...waitOptions,
		...webhookOptions,
	]),
);

export const generate = {
	option: {
		name: 'Generate Video',
		value: 'generate',
		action: 'Generate video',
		description: 'Start a generation, which is paid, and wait for the video',
	},
	subtitle: modeInExpression,
	toolDescription:
		`Makes a video with Seedance 2.0. Every call is paid: call it once for each video that is asked for, never to check on one. A video usually takes ${usualDuration}. While status is queued or running it is not ready: keep the taskId and check later with the tool that gets a task.`,
	properties: [
		...inputFields,
		...paymentNotices,
		...waitFields,
		...notInTools(showWhen({ waitForCompletion: ['inThisNode', 'onCallback'] }, [downloadVideoField])),
		simplifyField,
		generationOptions,
	],
	maxConcurrentItems: readTasksAtOnce,
	usesAllItems,
	executionHints: (items, nowMs, provider) => [...linkHints(items, nowMs), ...costHints(items, provider)],
	recallEarlier: recallSubmissions,
	prepare: async (session) => await prepareGeneration(session, { readInput, checkInput }),
} satisfies Operation;

/** What differs between the operations that pay for a video. */
export interface GenerationParts {
	/** @throws InputError for fields that cannot be read */
	readInput: (session: Session) => Promise<PlannedInput>;
	/**
	 * Free of charge, for what will be sent.
	 * @returns the check that needs requests
	 * @throws InputError naming every field that breaks a documented rule
	 */
	checkInput: (session: Session, input: PlannedInput) => Promise<() => Promise<void>>;
	/** What is billed, if that is not what is sent; called after the checks. */
	billedInput?: (input: PlannedInput) => PlannedInput;
}

/** The stages of a paid video: plan, check, approve, submit, wait, deliver. */
export async function prepareGeneration(
	given: Session,
	{ readInput, checkInput, billedInput = (input) => input }: GenerationParts,
): Promise<CheckedWork> {
	const generation = await plan(given, readInput);
	// What an earlier attempt has sent is not held against the fields again.
	const isNew = generation.submission.sendsInput;
	const purpose = isNew ? (generation.submission.mayBePaidBefore ? 'again' : 'new') : 'paidBefore';
	// First, as the check of a draft asks the provider.
	const budget = await openBudget(generation.session, generation.input, purpose);
	const checkOnline = isNew ? await checkInput(generation.session, generation.input) : undefined;
	const check = async () => {
		const isFound = await generation.submission.findBeforeSendingAgain();
		if (isFound) budget.isPaidBefore();
		const [estimation] = await Promise.all([budget.estimate(billedInput(generation.input)), isFound ? undefined : checkOnline?.()]);
		budget.join(estimation);
		generation.delivery = { ...generation.delivery, estimate: estimation.estimate };
	};
	const work = async () => {
		const submitted = await outcomeOf(submit(generation, budget));
		budget.submitted(submitted);
		if (!submitted.ok) throw submitted.error;
		const item = await waitFor(generation, submitted.value);
		generation.submission.deliver();
		return [item];
	};
	return { check, approve: async () => await budget.approve(), work };
}

/** All that is known of one generation before anything is sent. */
interface Generation {
	/** Its connection redacts the secret of the webhook, too: answers can repeat it, even in formats that are not parsed. */
	session: Session;
	input: PlannedInput;
	way: WaitWay;
	wait: WaitSettings;
	delivery: Delivery;
	/** Whom the provider calls, for On Provider Callback. */
	callback: Webhook | undefined;
	submission: Submission;
	isNew: boolean;
}

/** Reads all fields. @throws InputError for those that cannot be read */
async function plan(given: Session, readInput: GenerationParts['readInput']): Promise<Generation> {
	const { parameters } = given;
	const input = await readInput(given);
	const { wait, resubmitWhenUnsure } = readOptions(parameters);
	const way = readWaitWay(parameters);
	const delivery = { ...readDelivery(parameters), prompt: input.prompt || undefined };
	const callback = way === 'onCallback' ? planCallback(given, input) : undefined;
	const session = { ...given, connection: withSecrets(given.connection, [callback?.secret, input.webhook?.secret]) };
	const taskOf: TaskOf = (planned, addresses) => ({
		...planned,
		webhook: addresses.callback ? { ...callback, url: addresses.callback } : planned.webhook,
		references: withAddresses(planned.references, addresses.references),
	});
	const submission = await openSubmission(session, input, resubmitWhenUnsure, taskOf);
	return { session, input, way, wait, delivery, callback, submission, isNew: submission.acceptedTaskId === undefined };
}

/** The options that do not change what is sent; Check reads them too, so that Generate refuses none of them later. */
export function readOptions(parameters: Parameters) {
	const options = parameters.collection('options', 'Options');
	return {
		wait: readWaitSettings(parameters),
		resubmitWhenUnsure: options.boolean('resubmitWhenUnsure', resubmitOption.displayName) ?? false,
	};
}

/** @throws InputError for anything but a number of tasks */
export function readTasksAtOnce(parameters: Parameters): number {
	return parameters.collection('options', 'Options').count('tasksAtOnce', tasksAtOnceOption.displayName) ?? Infinity;
}

/** What is sent: the part of the fields that makes one generation another one. */
export async function readInput(session: Session): Promise<PlannedInput> {
	const { parameters, connection, provider } = session;
	const mode = parameters.requiredChoice('mode', modeField.displayName, generationModes);
	const model = parameters.locator('model', 'Model');
	return {
		model,
		mode,
		prompt: parameters.text('prompt', 'Prompt'),
		references: await planReferences(session, mode),
		settings: settingsToSend(provider, { model, mode, settings: readSettings(parameters) }),
		webhook: readWebhook(parameters.collection('options', 'Options'), urlRulesFor(connection)),
	};
}

/**
 * Sends the paid request, or finds the task of an earlier attempt, and makes the task known at once.
 * @returns the task ID
 */
async function submit({ session, input, callback, submission, isNew }: Generation, budget: Budget): Promise<string> {
	const { provider, connection, run, itemIndex } = session;
	const taskId = await submission.submitOnce({
		resolve: async () => ({
			references: await resolveReferences(session, input.references),
			callback: callback?.url,
		}),
		send: async (task) => await budget.pay(async () => await callProvider(connection, provider.videoTasks.create, task)),
	});
	run.acceptedTaskIds.set(itemIndex, taskId);
	if (isNew) {
		announceTask(session, taskId);
		await submission.confirmRecord(taskId);
	}
	return taskId;
}

/** Waits in the way that was chosen. @returns the item of the finished task, or of the open one */
async function waitFor(generation: Generation, taskId: string): Promise<OutputItem> {
	const { session, input, way, wait, delivery, callback, submission, isNew } = generation;
	const accepted: VideoTask = { id: taskId, model: input.model, status: 'queued', raw: undefined };
	if (way === 'dontWait') return shapeTask(session, accepted, delivery);
	// The callback of a task that another execution submitted resumes that one.
	if (callback && submission.isOfThisExecution()) return await waitForCallback(session, accepted, wait, delivery);
	return await waitAndDeliver(session, taskId, { ...wait, isNew, kind: kindOf(generation) }, delivery);
}

/** What takes about the same time. */
function kindOf({ session, input: { model, settings, draftTaskId } }: Generation): string {
	const size = draftTaskId === undefined ? [settings.resolution, settings.durationSeconds] : ['of a draft'];
	return [session.connection.baseUrl, model, ...size].join(' ').trim();
}
