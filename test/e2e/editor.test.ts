import { join } from 'node:path';
import { makeMedia } from '../../scripts/demo/media';
import { Editor } from './support/editor';
import { eventually } from './support/eventually';
import { readyExamples, saveCredentials, type Credentials } from './support/examples';
import { outputFolder } from './support/globalSetup';
import { eachProvider } from './support/providers';
import { probeVideo } from './support/media';
import { setStage, type Stage } from './support/stage';
import { assetLibraryWorkflow } from './support/workflows';

let stage: Stage;
let editor: Editor;
let credentials: Credentials;

beforeAll(async () => {
	stage = await setStage('editor');
	const { client, baseUrl } = stage.n8n;
	credentials = await saveCredentials(client, stage.simulator);
	for (const { provider, credentialType } of eachProvider) {
		const library = assetLibraryWorkflow({
			provider,
			credentials: { [credentialType]: credentials[provider] },
		});
		const workflowId = await client.createWorkflow(library.build());
		await client.activate(workflowId);
		await client.callWebhook(library.webhookPath);
		const { errors } = await client.executionOf(workflowId);
		if (errors.length > 0) throw new Error(errors.join('\n'));
	}
	editor = await Editor.open(baseUrl, join(outputFolder, 'screenshots'));
});

afterAll(async () => {
	await editor?.close();
	await stage?.close();
});

const generations = () =>
	stage.simulator.ledger.filter(({ kind }) => kind === 'generation');

/** Opens a new node for one of its actions, in a new workflow. */
async function openNewNode(node: string, action: string): Promise<void> {
	await editor.openNewWorkflow();
	await editor.searchNodes('Seedance');
	await editor.openActions(node);
	await editor.addAction(action);
}

/** n8n adds this to every node whose credentials work for plain HTTP requests. */
const customApiCall = 'Custom API Call';

const nodes = [
	{
		node: 'Seedance Asset Group',
		actions: [
			'Create an asset group',
			'Delete an asset group',
			'Get many asset groups',
			'Update an asset group',
		],
		operations: {
			AnyFast: ['Create', 'Delete', 'Get Many', 'Update', customApiCall],
			Alad: ['Create', 'Get Many', customApiCall],
		},
	},
	{
		node: 'Seedance Asset',
		actions: [
			'Create an asset',
			'Delete an asset',
			'Get an asset',
			'Get many assets',
			'Update an asset',
			'Wait until an asset is active',
		],
		operations: {
			AnyFast: ['Create', 'Delete', 'Get', 'Get Many', 'Update', 'Wait Until Active', customApiCall],
			Alad: ['Create', 'Get', 'Get Many', 'Wait Until Active', customApiCall],
		},
	},
	{
		node: 'Seedance Generate',
		actions: ['Generate a video', 'Download a video', 'Get a task', 'Wait for a task'],
		operations: {
			AnyFast: ['Generate', 'Download Video', 'Get Task', 'Wait for Task', customApiCall],
			Alad: ['Generate', 'Download Video', 'Get Task', 'Wait for Task', customApiCall],
		},
	},
];

it('finds the three nodes in the nodes panel', async () => {
	await editor.openNewWorkflow();
	await editor.searchNodes('Seedance');
	await eventually(async () => {
		expect((await editor.listed()).sort()).toEqual(nodes.map(({ node }) => node).sort());
	});
	await editor.takePictures('nodes-panel');
});

describe.each(nodes)('the $node node', ({ node, actions, operations }) => {
	const pictureName = node.toLowerCase().replaceAll(' ', '-');

	beforeAll(async () => {
		await editor.openNewWorkflow();
		await editor.searchNodes('Seedance');
		await editor.openActions(node);
	});

	it('shows its actions in the nodes panel', async () => {
		// Above them n8n suggests triggers.
		await eventually(async () => {
			expect((await editor.listed()).slice(-actions.length)).toEqual(actions);
		});
		await editor.takePictures(`${pictureName}-actions`);
	});

	it('lets the credential and the operations follow the provider', async () => {
		await editor.addAction(actions[0] ?? '');
		await eventually(async () => expect(await editor.valueOf('provider')).toBe('AnyFast'));
		expect(await editor.optionsOf('provider')).toEqual(['AnyFast', 'Alad']);
		expect(await editor.credentialLabel()).toBe('Credential for AnyFast API');
		expect(await editor.optionsOf('operation')).toEqual(operations.AnyFast);
		await editor.takePictures(`${pictureName}-anyfast`);

		await editor.choose('provider', 'Alad');
		await eventually(async () => {
			expect(await editor.credentialLabel()).toBe('Credential for Alad API');
		});
		expect(await editor.optionsOf('operation')).toEqual(operations.Alad);
		await editor.takePictures(`${pictureName}-alad`);
	});
});

it('falls back to an operation that the chosen provider has', async () => {
	await openNewNode('Seedance Asset Group', 'Delete an asset group');
	expect(await editor.valueOf('operation')).toBe('Delete');
	await editor.choose('provider', 'Alad');
	await eventually(async () => expect(await editor.valueOf('operation')).toBe('Create'));
});

describe('the fields of Seedance Generate', () => {
	const modes = [
		{
			mode: 'First and Last Frame',
			media: ['First Frame Source', 'First Frame Asset', 'Last Frame Source', 'Last Frame Asset'],
		},
		{ mode: 'First Frame', media: ['First Frame Source', 'First Frame Asset'] },
		{ mode: 'Multimodal Reference', media: ['Images', 'Videos', 'Audio Clips'] },
		{ mode: 'Text to Video', media: [] },
		{ mode: 'Video Editing', media: ['Images', 'Videos'] },
		{ mode: 'Video Extension', media: ['Videos'] },
	];

	beforeAll(async () => {
		await openNewNode('Seedance Generate', 'Generate a video');
	});

	it('offer every mode', async () => {
		expect(await editor.optionsOf('mode')).toEqual(modes.map(({ mode }) => mode));
	});

	it.each(modes)('follow the mode $mode', async ({ mode, media }) => {
		await editor.choose('mode', mode);
		await eventually(async () => {
			expect(await editor.labels()).toEqual([
				...['Provider', 'Credential for AnyFast API', 'Operation', 'Model', 'Mode', 'Prompt'],
				...media,
				...['Video Settings', 'Wait for Completion', 'Download Video', 'Simplify', 'Options'],
			]);
		});
		await editor.takePictures(`mode-${mode.toLowerCase().replaceAll(' ', '-')}`);
	});

	it('list the assets of the provider that can be cited, and keep the chosen one', async () => {
		await editor.choose('mode', 'Multimodal Reference');
		await editor.addEntry('images');
		await editor.openPicker('asset');
		await eventually(async () => {
			expect(await editor.picks()).toEqual(['main-character (image, active)']);
		});
		await editor.takePictures('asset-picker');
		await editor.pick('main-character');
		await eventually(async () => {
			expect(await editor.pickedIn('asset')).toBe('main-character (image, active)');
		});
	});

	it('list the models of the provider', async () => {
		await editor.openPicker('model');
		await eventually(async () => {
			expect(await editor.picks()).toEqual(
				expect.arrayContaining(['Seedance 2.0 (seedance)', 'Seedance 2.0 Fast (seedance-fast)']),
			);
		});
		await editor.takePictures('model-picker');
	});
});

it('lists the asset groups of the provider, by the names the user gave them', async () => {
	await openNewNode('Seedance Asset', 'Create an asset');
	await editor.openPicker('groupId');
	await eventually(async () => expect(await editor.picks()).toEqual(['spring-campaign']));
	await editor.takePictures('asset-group-picker');
});

it('tests the credential that is opened', async () => {
	await openNewNode('Seedance Generate', 'Generate a video');
	await editor.openCredential();
	await eventually(async () => {
		expect(await editor.credentialTestResult()).toContain('Connection tested successfully');
	});
	await editor.takePictures('credential');
	await editor.closeCredential();
});

it('generates a video when a person executes the workflow', async () => {
	await openNewNode('Seedance Generate', 'Generate a video');
	await editor.fill('prompt', 'A lighthouse in a storm, waves break over the rocks');
	await editor.closeNode();
	await editor.takePictures('canvas');
	await editor.execute('Seedance Generate', 60_000);
	await editor.openNode('Seedance Generate');
	await eventually(async () => expect(await editor.output()).toContain('video/mp4'));
	await editor.takePictures('executed');
	expect(generations()).toHaveLength(1);
});

it('runs the example workflow with a picture, a clip and a sound', async () => {
	const before = generations().length;
	await makeMedia(join(stage.filesFolder, 'seedance'));
	const [example] = await readyExamples(stage.filesFolder, credentials);
	if (!example) throw new Error('There is no example workflow');
	await editor.openWorkflow(await stage.n8n.client.createWorkflow(example));
	await editor.execute('Save Video', 120_000);
	await editor.takePictures('example-executed');
	expect(generations()).toHaveLength(before + 1);
	expect(await probeVideo(join(stage.filesFolder, 'seedance-video.mp4'))).toMatchObject({
		videoCodec: 'h264',
		audioCodec: 'aac',
		width: 1280,
		height: 720,
	});
});
