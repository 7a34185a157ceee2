import type { WorkflowNode } from '../../../harness/n8n/n8nClient';
import { byId, WorkflowBuilder } from '../../../harness/n8n/workflow';
import type { ProviderEntry } from '../../../harness/providers';

/** The workflows of the tests, written down as a user would build them in the editor. */

type Credentials = NonNullable<WorkflowNode['credentials']>;

interface ProviderFields {
	provider: string;
	credentials: Credentials;
}

export const assetGroupType = 'n8n-nodes-seedance.assetGroup';
export const assetType = 'n8n-nodes-seedance.asset';
export const generateType = 'n8n-nodes-seedance.seedanceGenerate';

/**
 * Webhook with an image, the address of a video and a sound as text → group, where there are groups →
 * three assets → wait → one generation that cites them → file. Then the same task once more by its
 * ID → second file. Fields that only other providers have stay in the nodes, as they do when somebody
 * switches the provider.
 */
export function fullWorkflow(
	{ provider, adapter }: ProviderEntry,
	credentials: Credentials,
	files: { video: string; again: string },
) {
	const hasGroups = adapter.assetGroups !== undefined;
	const returnsLastFrame = adapter.video.settings.includes('returnLastFrame');
	const seedance = (builder: WorkflowBuilder, name: string, type: string, fields: object) =>
		builder.add(name, type, 1, { provider, ...fields }, { credentials });
	const builder = new WorkflowBuilder(`Full ${provider}`, `full-${provider}`);

	if (hasGroups) {
		seedance(builder, 'Create Group', assetGroupType, {
			operation: 'create',
			name: '={{ $json.body.groupName }}',
		});
		builder.add('Upload and Group', 'n8n-nodes-base.merge', 3.2, {
			mode: 'combine',
			combineBy: 'combineByPosition',
			options: {},
		});
	}
	const asset = { operation: 'create', groupId: byId('={{ $json.groupId }}'), waitUntilActive: false };
	const isMadeOfFiles = adapter.uploads !== undefined || adapter.assets.sources.some((source) => source !== 'url');
	const fromUrl = (name: string) => ({ source: 'url', url: `={{ $json.body.${name} }}` });
	seedance(builder, 'Create Image Asset', assetType, {
		...asset,
		...(isMadeOfFiles ? { source: 'binary', binaryPropertyName: 'image' } : fromUrl('imageUrl')),
		name: 'character',
	});
	seedance(builder, 'Create Video Asset', assetType, {
		...asset,
		...fromUrl('videoUrl'),
		name: 'motion',
	});
	seedance(builder, 'Create Audio Asset', assetType, {
		...asset,
		...(isMadeOfFiles ? { source: 'base64', base64: '={{ $json.body.audio }}' } : fromUrl('audioUrl')),
		name: 'voice',
	});
	builder.add('Assets', 'n8n-nodes-base.merge', 3.2, { mode: 'append', numberInputs: 3 });
	seedance(builder, 'Wait Until Active', assetType, {
		operation: 'waitUntilActive',
		assetId: byId('={{ $json.assetId }}'),
	});
	builder.add('Look Back', 'n8n-nodes-base.set', 3.4, {
		assignments: {
			assignments: [
				{ id: '1', name: 'createdAs', type: 'string', value: "={{ $('Assets').item.json.assetId }}" },
				{ id: '2', name: 'createdFrom', type: 'string', value: "={{ $('Assets').item.json.mediaType }}" },
			],
		},
		includeOtherFields: true,
		options: {},
	});
	builder.add('All Active', 'n8n-nodes-base.aggregate', 1, {
		aggregate: 'aggregateAllItemData',
		options: {},
	});
	const cite = (node: string) => [
		{ source: 'asset', asset: byId(`={{ $('${node}').first().json.assetId }}`) },
	];
	seedance(builder, 'Generate', generateType, {
		operation: 'generate',
		mode: 'multimodalReference',
		prompt: "={{ $('Webhook').first().json.body.prompt }}",
		images: { image: cite('Create Image Asset') },
		videos: { video: cite('Create Video Asset') },
		audios: { audio: cite('Create Audio Asset') },
		...{ resolution: '480p', ratio: '9:16', durationSeconds: 4 },
		settings: { ...(returnsLastFrame && { returnLastFrame: true }) },
		waitForCompletion: 'inThisNode',
		downloadVideo: true,
		options: { pollingIntervalSeconds: 1 },
	});
	const write = (name: string, fileName: string) =>
		builder.add(name, 'n8n-nodes-base.readWriteFile', 1.1, {
			operation: 'write',
			fileName,
			dataPropertyName: 'data',
			options: {},
		});
	write('Write Video', files.video);
	seedance(builder, 'Wait for Task', generateType, {
		operation: 'waitForTask',
		taskId: "={{ $('Generate').item.json.taskId }}",
		downloadVideo: false,
		options: { pollingIntervalSeconds: 1 },
	});
	seedance(builder, 'Download Video', generateType, {
		operation: 'downloadVideo',
		taskId: '={{ $json.taskId }}',
	});
	write('Write Again', files.again);

	if (hasGroups) {
		builder
			.chain('Webhook', 'Create Group')
			.connect('Webhook', 'Upload and Group', { input: 0 })
			.connect('Create Group', 'Upload and Group', { input: 1 });
	}
	const upload = hasGroups ? 'Upload and Group' : 'Webhook';
	return builder
		.chain(upload, 'Create Image Asset')
		.chain(upload, 'Create Video Asset')
		.chain(upload, 'Create Audio Asset')
		.connect('Create Image Asset', 'Assets', { input: 0 })
		.connect('Create Video Asset', 'Assets', { input: 1 })
		.connect('Create Audio Asset', 'Assets', { input: 2 })
		.chain('Assets', 'Wait Until Active', 'Look Back', 'All Active', 'Generate', 'Write Video')
		.chain('Write Video', 'Wait for Task', 'Download Video', 'Write Again');
}

/** Webhook with an image → one generation that cites the file itself, or a link to it. */
export function binaryReferenceWorkflow(
	{ provider }: ProviderEntry,
	credentials: Credentials,
	source: 'binary' | 'signedLink' = 'binary',
) {
	const name = `${source}-reference-${provider}`;
	return new WorkflowBuilder(name, name)
		.add(
			'Generate',
			generateType,
			1,
			{
				provider,
				operation: 'generate',
				mode: 'multimodalReference',
				prompt: 'The character of @image1 waves',
				images: { image: [{ source, binaryPropertyName: 'image' }] },
				resolution: '480p',
				downloadVideo: false,
				options: { pollingIntervalSeconds: 1 },
			},
			{ credentials },
		)
		.chain('Webhook', 'Generate');
}

/** Webhook with a list of prompts → one generation each, which continues on fail. */
export function continueOnFailWorkflow(
	{ provider, credentials }: ProviderFields,
	onError: 'continueRegularOutput' | 'continueErrorOutput',
	name: string,
) {
	return new WorkflowBuilder(name, name)
		.add('Prompts', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.prompts', options: {} })
		.add(
			'Generate',
			generateType,
			1,
			{
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: "={{ $json['body.prompts'] }}",
				downloadVideo: false,
				options: { pollingIntervalSeconds: 1 },
			},
			{ credentials, onError },
		)
		.chain('Webhook', 'Prompts', 'Generate');
}

/** Webhook → one generation, with what n8n offers against failures. */
export function retriedWorkflow(
	{ provider, credentials }: ProviderFields,
	name: string,
	settings: Pick<WorkflowNode, 'retryOnFail' | 'maxTries' | 'waitBetweenTries'>,
	pollingIntervalSeconds = 1,
) {
	return new WorkflowBuilder(name, name)
		.add(
			'Generate',
			generateType,
			1,
			{
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: 'A lighthouse',
				downloadVideo: false,
				options: { pollingIntervalSeconds },
			},
			{ credentials, ...settings },
		)
		.chain('Webhook', 'Generate');
}

/** A draft, and the video in full quality that it becomes. */
export function draftWorkflow({ provider, credentials }: ProviderFields, name: string, modelId: string) {
	const waiting = { downloadVideo: false, options: { pollingIntervalSeconds: 1 } };
	const draft = {
		operation: 'generate',
		mode: 'textToVideo',
		model: { __rl: true, mode: 'id', value: modelId },
		prompt: 'A lighthouse',
		durationSeconds: 4,
		settings: { draft: true },
	};
	const final = { operation: 'finalizeDraft', draftTaskId: { __rl: true, mode: 'id', value: '={{ $json.taskId }}' }, draftModel: modelId };
	return new WorkflowBuilder(name, name)
		.add('Draft', generateType, 1, { provider, ...draft, ...waiting }, { credentials })
		.add('Final', generateType, 1, { provider, ...final, ...waiting }, { credentials })
		.chain('Webhook', 'Draft', 'Final');
}

/** Creates one image asset, in a group where there are groups, for pickers to list. */
export function assetLibraryWorkflow({ provider, adapter }: ProviderEntry, credentials: Credentials) {
	const name = `library-${provider}`;
	const builder = new WorkflowBuilder(name, name);
	if (adapter.assetGroups) {
		builder.add(
			'Create Group',
			assetGroupType,
			1,
			{ provider, operation: 'create', name: 'spring-campaign' },
			{ credentials },
		);
	}
	builder.add(
		'Create Asset',
		assetType,
		1,
		{
			provider,
			operation: 'create',
			// A documentation address, of which the simulator fetches nothing.
			source: 'url',
			url: 'https://example.com/face.png',
			groupId: byId('={{ $json.groupId }}'),
			name: 'main-character',
			waitUntilActive: true,
		},
		{ credentials },
	);
	return adapter.assetGroups
		? builder.chain('Webhook', 'Create Group', 'Create Asset')
		: builder.chain('Webhook', 'Create Asset');
}
