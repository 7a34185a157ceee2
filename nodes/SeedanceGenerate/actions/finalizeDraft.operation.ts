import type { INodeProperties } from 'n8n-workflow';
import { checkDraftTask, checkFinalInput } from '../../shared/checks/checkDraft';
import { requireNoProblems } from '../../shared/errors';
import { notInTools, showForProviders, showWhen } from '../../shared/node/description';
import { downloadVideoField } from '../../shared/node/download.fields';
import { optionsField, simplifyField } from '../../shared/node/fields';
import { linkHints } from '../../shared/node/hints';
import { type Operation, type Session, supported } from '../../shared/node/operation';
import { draftTaskLocator } from '../../shared/node/pickers';
import { providers } from '../../shared/providers';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { videoLimits } from '../../shared/providers/adapter';
import { urlRulesFor } from '../../shared/publicUrl';
import { callProvider } from '../../shared/request/callProvider';
import { strangerProblem } from '../../shared/request/testIds';
import { usualDuration, type VideoTask } from '../../shared/vocabulary';
import { capOptions } from '../budget/caps.fields';
import { costHints } from '../budget/costHints';
import { priceOption } from '../budget/prices.fields';
import type { PlannedInput } from '../submission/fingerprint';
import { recallSubmissions } from '../submission/submission';
import { waitFields, waitOptions } from '../waiting/wait.fields';
import { byLabel, prepareGeneration, readTasksAtOnce, resubmitOption, tasksAtOnceOption } from './generate.operation';
import { finalSettingsField, readFinalSettings, readWebhook, webhookOptions } from './settings.fields';

const draftModelsOf = (provider: ProviderAdapter) =>
	provider.videoModels.filter((model) => videoLimits(provider, model).settings.includes('draft'));

const firstOf = (values: readonly string[]) => values[0] ?? '';

/** One for each provider. An expression can give any other model that the key may use. */
const modelFields = providers.flatMap((provider) => {
	const options = draftModelsOf(provider).map(({ id, displayName }) => ({ name: displayName, value: id }));
	const field: INodeProperties = {
		displayName: 'Model',
		name: 'draftModel',
		type: 'options',
		options,
		default: firstOf(options.map(({ value }) => value)),
		description: 'The model that has made the draft. An expression can give any other one that the key may use.',
	};
	return options.length === 0 ? [] : showForProviders(({ id }) => id === provider.id, [field]);
});

const notice: INodeProperties = {
	displayName:
		'The draft is paid, and so is the video that it becomes, at the price of its full quality. A draft can be finalized for 7 days.',
	name: 'finalizeNotice',
	type: 'notice',
	default: '',
};

export const finalizeDraft = {
	option: {
		name: 'Finalize Draft',
		value: 'finalizeDraft',
		action: 'Finalize draft',
		description: 'Make the same shot as a draft in full quality, which is paid, and wait for the video',
	},
	toolDescription: `Makes the video in full quality of a draft that was made before with the setting Draft. Every call is paid: call it once for each draft, never to check on one. Needs the taskId of the draft. A video usually takes ${usualDuration}. While status is queued or running it is not ready: keep the new taskId and check later with the tool that gets a task.`,
	properties: [
		draftTaskLocator(),
		...modelFields,
		finalSettingsField,
		notice,
		...waitFields,
		...notInTools(showWhen({ waitForCompletion: ['inThisNode', 'onCallback'] }, [downloadVideoField])),
		simplifyField,
		optionsField(
			byLabel([...capOptions, priceOption, resubmitOption, tasksAtOnceOption, ...waitOptions, ...webhookOptions]),
		),
	],
	isSupportedBy: ({ drafts }) => drafts !== undefined,
	maxConcurrentItems: readTasksAtOnce,
	executionHints: (items, nowMs, provider) => [...linkHints(items, nowMs), ...costHints(items, provider)],
	recallEarlier: recallSubmissions,
	async prepare(session) {
		let draft: VideoTask | undefined;
		return await prepareGeneration(session, {
			readInput: async (given) => await Promise.resolve(readFinalInput(given)),
			async checkInput(given, input) {
				draft = await readDraft(given, input);
				return async () => {};
			},
			billedInput: (input) => billedInput(session.provider, input, draft),
		});
	},
} satisfies Operation;

/** What is sent. All that the draft was made from is taken over. */
function readFinalInput({ parameters, connection }: Session): PlannedInput {
	return {
		model: parameters.requiredText('draftModel', 'Model'),
		mode: 'textToVideo',
		prompt: '',
		references: [],
		settings: readFinalSettings(parameters),
		webhook: readWebhook(parameters.collection('options', 'Options'), urlRulesFor(connection)),
		draftTaskId: parameters.requiredId('draftTaskId', 'Draft Task'),
	};
}

/**
 * Asks the provider for the draft, free of charge.
 * @throws InputError for a task that is no draft, or none that can be finalized; what the provider refuses otherwise
 */
async function readDraft({ connection, provider }: Session, input: PlannedInput): Promise<VideoTask> {
	const { draftTaskId: taskId = '' } = input;
	const stranger = strangerProblem(connection, 'task', taskId, 'Draft Task');
	requireNoProblems([...(stranger ? [stranger] : []), ...checkFinalInput(provider, input)]);
	const draft = await callProvider(connection, provider.videoTasks.get, { taskId });
	requireNoProblems(checkDraftTask(provider, input, draft, connection.clock.now()));
	return draft;
}

/** As long as the draft, in the resolution of what it becomes, with the videos that the draft cites, or may cite as far as its task tells. */
function billedInput(provider: ProviderAdapter, input: PlannedInput, draft: VideoTask | undefined): PlannedInput {
	const { finalResolution: resolution } = supported(provider.drafts);
	return {
		...input,
		references: draft?.citesVideos === false ? [] : [citedVideos],
		settings: { ...input.settings, resolution, ratio: draft?.ratio, durationSeconds: draft?.durationSeconds },
	};
}

/** Of unknown length, so that the estimate counts the longest: no model takes more than that of all videos together. */
const citedVideos: PlannedInput['references'][number] = {
	mediaType: 'video',
	role: 'reference',
	by: 'asGiven',
	medium: { kind: 'unknown', text: '' },
};
