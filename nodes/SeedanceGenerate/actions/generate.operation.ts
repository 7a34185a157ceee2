import type { INodeProperties } from 'n8n-workflow';
import { checkAssets, citedAssetIds } from '../../shared/checks/checkAssets';
import { checkFiles, type GivenMedium } from '../../shared/checks/checkFiles';
import { checkUrls } from '../../shared/checks/checkUrls';
import { checkVideoTaskInput, labelOf } from '../../shared/checks/checkVideoTaskInput';
import { headerReader } from '../../shared/download/fetchHeaders';
import { requireNoProblems, type InputProblem } from '../../shared/errors';
import { announceTask } from '../submission/announceTask';
import { readDelivery, shapeTask } from '../../shared/node/deliver';
import { notInTools, showWhen } from '../../shared/node/description';
import { downloadVideoField } from '../../shared/node/download.fields';
import { checkFilesOption, checkUrlsOption, optionsField, simplifyField } from '../../shared/node/fields';
import { linkHints, warnOfUncheckedFiles } from '../../shared/node/hints';
import { perRun, type Operation, type Session } from '../../shared/node/operation';
import { modelLocators } from '../../shared/node/pickers';
import { openSubmission, recallSubmissions } from '../submission/submission';
import type { PlannedInput } from '../submission/wish';
import { providers } from '../../shared/providers';
import { urlRulesFor } from '../../shared/publicUrl';
import { findVideoModel, type ProviderAdapter, videoLimits } from '../../shared/providers/adapter';
import { assetReader } from '../../shared/request/assetReader';
import { callProvider } from '../../shared/request/callProvider';
import { withSecrets } from '../../shared/request/connection';
import { outcomeOf } from '../../shared/outcome';
import { generationModes, type VideoTask, type VideoTaskInput } from '../../shared/vocabulary';
import { planCallback, waitForCallback } from '../waiting/onCallback';
import { modeField, promptFields } from './mode.fields';
import { resolveReferences, withAddresses, withoutNewAssets } from '../references/resolveReferences';
import { readReferences, type PlannedReference } from '../references/planReferences';
import { assetGroupOption, referenceFields, useAllItemsOption } from '../references/references.fields';
import { usesAllItems } from '../references/readSources';
import { readSettings, readWebhook, settingsField, webhookOptions } from './settings.fields';
import { readWaitSettings, readWaitWay, waitFields, waitOptions } from '../waiting/wait.fields';
import { waitAndDeliver } from '../waiting/inThisNode';

const paymentNotice: INodeProperties = {
	displayName:
		'Each item is a paid generation. It is sent once, even with Retry On Fail. If n8n itself stops meanwhile, its log has the task ID, which Wait for Task fetches free of charge.',
	name: 'paymentNotice',
	type: 'notice',
	default: '',
};

const checkAssetsOption: INodeProperties = {
	displayName: 'Check Assets',
	name: 'checkAssets',
	type: 'boolean',
	default: true,
	description:
		'Whether to check, free of charge, that every cited asset exists and is Active before the generation is paid',
};

const resubmitOption: INodeProperties = {
	displayName: 'Resubmit When Unsure',
	name: 'resubmitWhenUnsure',
	type: 'boolean',
	default: false,
	description:
		'Whether another attempt of an execution may resend a request that may have been accepted without an answer. It can be billed twice.',
};

const tasksAtOnceOption: INodeProperties = {
	displayName: 'Tasks at Once',
	name: 'tasksAtOnce',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 5,
	description:
		'How many items may have an open task at the same time while this node waits; without this option all of them',
};

const byLabel = (fields: INodeProperties[]) =>
	fields.sort((one, other) => one.displayName.localeCompare(other.displayName));

export const generate = {
	option: {
		name: 'Generate',
		value: 'generate',
		action: 'Generate a video',
		description: 'Start a generation, which is paid, and wait for the video',
	},
	toolDescription:
		'Makes a video with Seedance 2.0. Every call is paid: call it once for each video that is asked for, never to check on one. A video takes 1 to 10 minutes. While status is queued or running it is not ready: keep the taskId and check later with the tool that gets a task.',
	properties: [
		...modelLocators(),
		modeField,
		...promptFields,
		...referenceFields,
		settingsField,
		paymentNotice,
		...waitFields,
		...notInTools(showWhen({ waitForCompletion: ['inThisNode', 'onCallback'] }, [downloadVideoField])),
		simplifyField,
		optionsField(
			byLabel([
				...assetGroupOption,
				checkAssetsOption,
				checkFilesOption,
				checkUrlsOption,
				resubmitOption,
				tasksAtOnceOption,
				useAllItemsOption,
				...waitOptions,
				...webhookOptions,
			]),
		),
	],
	maxConcurrentItems: (parameters) =>
		parameters.collection('options', 'Options').count('tasksAtOnce', tasksAtOnceOption.displayName) ?? Infinity,
	usesAllItems,
	executionHints: linkHints,
	recallEarlier: recallSubmissions,
	async prepare(session) {
		const { parameters, provider, run, itemIndex } = session;
		const input = await readInput(session);
		const options = parameters.collection('options', 'Options');
		const wait = readWaitSettings(parameters);
		const way = readWaitWay(parameters);
		const delivery = { ...readDelivery(parameters), prompt: input.prompt || undefined };
		const callback = way === 'onCallback' ? planCallback(session, input) : undefined;
		// Answers can repeat the secret of the webhook, even in formats that are not parsed.
		const connection = withSecrets(session.connection, [callback?.secret, input.webhook?.secret]);
		const submission = openSubmission({ ...session, connection }, input, options.boolean('resubmitWhenUnsure', resubmitOption.displayName) ?? false);
		const isNew = submission.acceptedTaskId === undefined;
		const { resolution, durationSeconds } = input.settings;
		const kind = [connection.baseUrl, input.model, resolution, durationSeconds].join(' ').trim();
		const work = async () => {
			const id = await submission.submitOnce({
				resolve: async () => ({
					references: await resolveReferences(session, input.references),
					webhook: callback?.url,
				}),
				send: async (planned, addresses, idempotencyKey) =>
					await callProvider(connection, provider.videoTasks.create, {
						...planned,
						webhook: addresses.webhook ? { ...callback, url: addresses.webhook } : planned.webhook,
						references: withAddresses(planned.references, addresses.references),
						idempotencyKey,
					}),
			});
			run.acceptedTaskIds.set(itemIndex, id);
			if (isNew) {
				announceTask(session, id);
				await submission.confirmRecord();
			}
			const accepted: VideoTask = { id, model: input.model, status: 'queued', raw: undefined };
			const makeItem = async () => {
				if (way === 'dontWait') return shapeTask(session, accepted, delivery);
				// The callback of a task that another execution submitted resumes that one.
				return callback && submission.isOfThisExecution
					? await waitForCallback({ ...session, connection }, accepted, wait, delivery)
					: await waitAndDeliver({ ...session, connection }, id, { ...wait, isNew, kind }, delivery);
			};
			const item = await makeItem();
			submission.deliver();
			return [item];
		};
		if (!submission.sendsInput) return work;
		const model = findVideoModel(provider, input.model);
		const media = givenMedia(input.references, provider, model !== undefined);
		const { problems: ofFiles, unknown } = (options.boolean('checkFiles', checkFilesOption.displayName) ?? true)
			? await checkFiles(provider, media, model && videoLimits(provider, model))
			: nothingFound;
		warnOfUncheckedFiles(session, unknown);
		requireNoProblems([
			...(await checkModelOwner(session, input)),
			...checkVideoTaskInput(provider, input),
			...ofFiles,
		]);
		const checksUrls = options.boolean('checkUrls', checkUrlsOption.displayName) ?? false;
		const checksAssets = options.boolean('checkAssets', checkAssetsOption.displayName) ?? true;
		const references = checksAssets ? withoutNewAssets(input.references) : [];
		const assets = citedAssets(session);
		assets.announce(citedAssetIds(references));
		const fetchHeaders = async (url: string) => await headersOf(session)(url, connection.signal);
		const check = async () => {
			const [ofUrls, ofAssets] = await Promise.all([
				checksUrls ? checkUrls(provider, media, fetchHeaders) : [],
				checkAssets(references, async (assetId) => await assets.read(connection, assetId)),
			]);
			requireNoProblems([...ofUrls, ...ofAssets]);
		};
		return { check, work };
	},
} satisfies Operation;

async function readInput(session: Session): Promise<PlannedInput> {
	const { parameters, connection } = session;
	const mode = parameters.requiredChoice('mode', modeField.displayName, generationModes);
	return {
		model: parameters.locator('model', 'Model'),
		mode,
		prompt: parameters.text('prompt', 'Prompt'),
		references: await readReferences(session, mode),
		settings: readSettings(parameters.collection('settings', settingsField.displayName)),
		webhook: readWebhook(parameters.collection('options', 'Options'), urlRulesFor(connection)),
	};
}

const nothingFound = { problems: [], unknown: [] };

const givenMedia = (
	references: readonly PlannedReference[],
	{ mediaLimits }: ProviderAdapter,
	isKnownModel: boolean,
): GivenMedium[] =>
	references.map((reference) => ({
		field: labelOf(references, reference),
		mediaType: reference.mediaType,
		source: reference.file ?? reference.assetUrl ?? reference.url,
		// The limits of assets are the same for all models; those of an unknown model's other references are unknown.
		limits: isKnownModel || reference.by === 'newAsset' ? mediaLimits?.[reference.mediaType] : undefined,
	}));

/**
 * Finds a model of another provider: the editor keeps the model when the provider is switched. A model that no
 * provider documents is left to the user, and so is one that the provider's own list has, which is free to request.
 * @returns the problem, if there is one
 */
async function checkModelOwner(
	session: Session,
	{ model }: VideoTaskInput,
): Promise<InputProblem[]> {
	const { id, displayName, videoModels } = session.provider;
	const owners = providers.filter((other) => other.videoModels.some((known) => known.id === model));
	if (owners.length === 0 || owners.some((owner) => owner.id === id)) return [];
	const listed = await listedModels(session);
	if (!listed || listed.includes(model)) return [];
	const own = videoModels.map((known) => known.id).join(', ');
	const others = owners.map((owner) => owner.displayName).join(' and ');
	return [
		{ field: 'Model', allowed: `${displayName} offers ${own}`, given: `${model}, a model of ${others}` },
	];
}

const citedAssets = perRun(assetReader);
const headersOf = perRun(({ context, connection }) => headerReader(context, urlRulesFor(connection)));

/** The IDs of the models in the provider's own list: none if it has no list, undefined if it cannot be read. */
const listedModels = perRun(async ({ connection }): Promise<readonly string[] | undefined> => {
	const { models } = connection.provider;
	if (!models) return [];
	const list = await outcomeOf(callProvider(connection, models, undefined));
	return list.ok ? list.value : undefined;
});
