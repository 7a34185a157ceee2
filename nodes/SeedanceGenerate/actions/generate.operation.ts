import type { INodeProperties } from 'n8n-workflow';
import { checkAssets } from '../../shared/checks/checkAssets';
import { checkVideoTaskInput } from '../../shared/checks/checkVideoTaskInput';
import { InputError } from '../../shared/errors';
import { announceTask } from '../../shared/node/announceTask';
import { optionsField, simplifyField } from '../../shared/node/fields';
import type { Operation, Session } from '../../shared/node/operation';
import { modelLocators } from '../../shared/node/pickers';
import { openSubmission } from '../../shared/node/submission';
import { callProvider } from '../../shared/request/callProvider';
import { generationModes, type VideoTaskInput } from '../../shared/vocabulary';
import { shapeTask, waitAndDeliver } from './deliver';
import { modeField, promptFields } from './mode.fields';
import { hostFiles, inlineFiles, readReferences, type PlannedReference } from './readReferences';
import { referenceFields } from './references.fields';
import { readSettings, readWebhook, settingsField, webhookOptions } from './settings.fields';
import { downloadVideoField, readBinaryFields, readWaitSettings, waitOptions } from './wait.fields';

const checkAssetsOption: INodeProperties = {
	displayName: 'Check Assets',
	name: 'checkAssets',
	type: 'boolean',
	default: true,
	description:
		'Whether to look up, free of charge, that every cited asset exists and is Active before the generation is paid',
};

export const generate = {
	option: {
		name: 'Generate',
		value: 'generate',
		action: 'Generate a video',
		description: 'Start a generation, which is paid, and wait for the video',
	},
	properties: [
		...modelLocators(),
		modeField,
		...promptFields,
		...referenceFields,
		settingsField,
		{
			displayName: 'Wait for Completion',
			name: 'waitForCompletion',
			type: 'boolean',
			default: true,
			description:
				'Whether to wait until the video is finished, which takes 1 to 10 minutes, or to return the task ID at once',
		},
		{ ...downloadVideoField, displayOptions: { show: { waitForCompletion: [true] } } },
		simplifyField,
		optionsField([checkAssetsOption, ...waitOptions, ...webhookOptions]),
	],
	maxConcurrentItems: Infinity,
	async prepare(session) {
		const { parameters, provider, connection, run, itemIndex } = session;
		const input = await readInput(session);
		const wait = readWaitSettings(parameters);
		const waits = parameters.boolean('waitForCompletion');
		const delivery = {
			simplify: parameters.boolean('simplify'),
			binaryFields: waits && parameters.boolean('downloadVideo') ? readBinaryFields(parameters) : undefined,
		};
		const submission = openSubmission(session, input);
		const isNew = submission.acceptedTaskId === undefined;
		const { resolution, durationSeconds } = input.settings;
		const kind = [provider.id, input.model, resolution, durationSeconds].join(' ').trim();
		if (isNew) {
			refuse(checkVideoTaskInput(provider, input));
			if (parameters.collection('options').boolean('checkAssets') ?? true) {
				refuse(await checkAssets(connection, input.references, run.activeAssets));
			}
		}
		return async () => {
			const id = await submission.submitOnce(
				async () => await hostFiles(connection, input.references),
				async (urls, idempotencyKey) =>
					await callProvider(connection, provider.videoTasks.create, {
						...input,
						references: await inlineFiles(input.references, urls),
						idempotencyKey,
					}),
			);
			run.acceptedTaskIds.set(itemIndex, id);
			if (isNew) announceTask(session, id);
			return waits
				? [await waitAndDeliver(session, id, { ...wait, isNew, kind }, delivery)]
				: [shapeTask(session, { id, model: input.model, status: 'queued', raw: undefined }, delivery)];
		};
	},
} satisfies Operation;

type PlannedInput = VideoTaskInput & { references: readonly PlannedReference[] };

async function readInput(session: Session): Promise<PlannedInput> {
	const { parameters } = session;
	const given = parameters.text('mode');
	const mode = generationModes.find((known) => known === given);
	if (!mode) {
		throw new InputError([{ field: 'Mode', allowed: generationModes.join(', '), given }]);
	}
	return {
		model: parameters.locator('model'),
		mode,
		prompt: parameters.text('prompt'),
		references: await readReferences(session, mode),
		settings: readSettings(parameters.collection('settings')),
		webhook: readWebhook(parameters.collection('options')),
	};
}

function refuse(problems: ConstructorParameters<typeof InputError>[0]) {
	if (problems.length > 0) throw new InputError(problems);
}
