import { join } from 'node:path';
import { makeMedia } from '../../harness/media/exampleFiles';
import { Editor } from '../../harness/n8n/editor';
import { readyExample, saveCredentials, type Credentials } from '../../harness/n8n/examples';
import { probeVideo } from '../../harness/n8n/media';
import { eachProvider } from '../../harness/providers';
import { eventually } from './support/eventually';
import { outputFolder } from './support/globalSetup';
import { setStage, type Stage } from './support/stage';
import { saveVideos } from './support/videos';
import { assetLibraryWorkflow } from './support/workflows';

let stage: Stage;
let editor: Editor;
let credentials: Credentials;

beforeAll(async () => {
	stage = await setStage('editor');
	const { client, baseUrl } = stage.n8n;
	credentials = await saveCredentials(client, stage.simulator);
	for (const entry of eachProvider) {
		const library = assetLibraryWorkflow(entry, credentials.get(entry.provider) ?? {});
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

/** In a picker. */
const mainCharacter: string = expect.stringMatching(
	/^main-character · image · \d{4}-\d\d-\d\d$/,
);

/** n8n adds this to every node whose credentials work for plain HTTP requests. */
const customApiCall = 'Custom API Call';

const generateFields = [
	...['Mode', 'Model', 'Prompt', 'Aspect Ratio', 'Duration (Seconds)', 'Resolution', 'More Settings', 'Wait for Completion'],
	...['Download Video', 'Simplify', 'Options'],
];
/** Its credential has a name of its own. */
const maker = 'BytePlus / Volcengine';
const credentialNameOf = (name: string) => (name === maker ? 'BytePlus ModelArk / Volcengine Ark API' : `${name} API`);
/** A part of a file name. */
const fileNameOf = (name: string) => name.toLowerCase().replace(/\W+/g, '-');
const newAssetFields = { source: ['Source', 'Input Binary Field', 'Media Type'], end: ['Wait Until Active', 'Simplify', 'Options'] };

/** What the editor shows of each node: its operations, and the fields of the first one. */
const nodes = [
	{
		node: 'Seedance Asset Group',
		actions: [
			'Create asset group',
			'Delete asset group',
			'Get many asset groups',
			'Update asset group',
		],
		providers: [
			{ name: 'AnyFast', operations: ['Create Asset Group', 'Delete Asset Group', 'Get Many Asset Groups', 'Update Asset Group'], fields: ['Name'] },
			{ name: 'Alad', operations: ['Create Asset Group', 'Get Many Asset Groups'], fields: ['Name'] },
			{ name: maker, operations: ['Create Asset Group', 'Delete Asset Group', 'Get Many Asset Groups', 'Update Asset Group'], fields: ['Name'] },
		],
	},
	{
		node: 'Seedance Asset Library',
		actions: [
			'Create asset',
			'Delete asset',
			'Get asset',
			'Get many assets',
			'Update asset',
			'Wait until asset is active',
		],
		providers: [
			{
				name: 'AnyFast',
				operations: ['Create Asset', 'Delete Asset', 'Get Asset', 'Get Many Assets', 'Update Asset', 'Wait Until Active'],
				fields: [...newAssetFields.source, 'Asset Group', 'Name', ...newAssetFields.end],
			},
			{
				name: 'Alad',
				operations: ['Create Asset', 'Get Asset', 'Get Many Assets', 'Wait Until Active'],
				fields: [...newAssetFields.source, 'Asset Group', 'Name', ...newAssetFields.end],
			},
			{
				name: 'PiAPI',
				operations: ['Create Asset', 'Delete Asset', 'Get Asset', 'Get Many Assets', 'Wait Until Active'],
				fields: [...newAssetFields.source, 'Name', ...newAssetFields.end],
			},
			{
				name: 'Apiframe',
				operations: ['Create Asset', 'Get Asset', 'Wait Until Active'],
				fields: [...newAssetFields.source, ...newAssetFields.end],
			},
			{
				name: maker,
				operations: ['Create Asset', 'Delete Asset', 'Get Asset', 'Get Many Assets', 'Update Asset', 'Wait Until Active'],
				fields: [...newAssetFields.source, 'Asset Group', 'Name', ...newAssetFields.end],
			},
		],
	},
	{
		node: 'Seedance Generate',
		// n8n lists those of the first provider; Cancel Task, Get Balance and Get Many Tasks, which it does not have, are in the node only.
		actions: ['Generate video', 'Check video', 'Download video', 'Finalize draft', 'Get task', 'Wait for task'],
		providers: [
			{
				name: 'AnyFast',
				operations: ['Generate Video', 'Check Video', 'Download Video', 'Finalize Draft', 'Get Task', 'Wait for Task'],
				fields: generateFields,
			},
			{
				name: 'Alad',
				operations: ['Generate Video', 'Check Video', 'Download Video', 'Get Task', 'Wait for Task'],
				fields: generateFields,
			},
			{
				name: 'PiAPI',
				operations: ['Generate Video', 'Check Video', 'Download Video', 'Finalize Draft', 'Get Balance', 'Get Many Tasks', 'Get Task', 'Wait for Task'],
				fields: generateFields,
			},
			{
				name: 'Apiframe',
				operations: ['Generate Video', 'Check Video', 'Download Video', 'Get Balance', 'Get Many Tasks', 'Get Task', 'Wait for Task'],
				fields: generateFields,
			},
			{
				name: maker,
				operations: ['Generate Video', 'Cancel Task', 'Check Video', 'Download Video', 'Finalize Draft', 'Get Many Tasks', 'Get Task', 'Wait for Task'],
				fields: generateFields,
			},
		],
	},
];

const listFields = ['Return All', 'Limit', 'Filters', 'Simplify'];

/** The fields of the operations that follow the first one, the same at every provider. */
const fieldsOfOperations: Record<string, Record<string, string[]>> = {
	'Seedance Asset Group': {
		'Delete Asset Group': ['Asset Group'],
		'Get Many Asset Groups': listFields,
		'Update Asset Group': ['Asset Group', 'New Name'],
	},
	'Seedance Asset Library': {
		'Delete Asset': ['Asset'],
		'Get Asset': ['Asset', 'Simplify'],
		'Get Many Assets': listFields,
		'Update Asset': ['Asset', 'Update Fields'],
		'Wait Until Active': ['Asset', 'Simplify', 'Options'],
	},
	'Seedance Generate': {
		'Cancel Task': ['Task', 'Simplify', 'Options'],
		'Check Video': ['Mode', 'Model', 'Prompt', 'Aspect Ratio', 'Duration (Seconds)', 'Resolution', 'More Settings', 'Options'],
		'Download Video': ['Task', 'Simplify', 'Options'],
		'Finalize Draft': ['Draft Task', 'Model', 'More Settings', 'Wait for Completion', 'Download Video', 'Simplify', 'Options'],
		'Get Balance': [],
		'Get Many Tasks': listFields,
		'Get Task': ['Task', 'Simplify', 'Options'],
		'Wait for Task': ['Task', 'Pause Between Checks', 'Download Video', 'Simplify', 'Options'],
	},
};

it('finds the nodes in the nodes panel', async () => {
	await editor.openNewWorkflow();
	await editor.searchNodes('Seedance');
	await eventually(async () => {
		// The trigger is a part of Generate.
		expect(await editor.listed()).toEqual(['Seedance Generate', 'Seedance Asset Group', 'Seedance Film Editor', 'Seedance Asset Library']);
	});
	await editor.takePictures('nodes-panel');
});

describe.each(nodes)('the $node node', ({ node, actions, providers }) => {
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

	it('offers the providers that it can use, the first one as default', async () => {
		await editor.addAction(actions[0] ?? '');
		await eventually(async () => expect(await editor.valueOf('provider')).toBe('AnyFast'));
		expect(await editor.optionsOf('provider')).toEqual(providers.map(({ name }) => name));
	});

	it.each(providers)('has the credential, operations and fields of $name', async ({ name, operations, fields }) => {
		await editor.choose('provider', name);
		const credential = `Credential for ${credentialNameOf(name)}`;
		await eventually(async () => {
			expect(await editor.labels()).toEqual(['Provider', credential, 'Operation', ...fields]);
		});
		expect(await editor.optionsOf('operation')).toEqual([...operations, customApiCall]);
		await editor.takePictures(`${pictureName}-${fileNameOf(name)}`);
		const [first = '', ...others] = operations;
		for (const operation of others) {
			await editor.choose('operation', operation);
			await eventually(async () => {
				const ownFields = fieldsOfOperations[node]?.[operation] ?? [];
				expect(await editor.labels()).toEqual(['Provider', credential, 'Operation', ...ownFields]);
			});
			await editor.takePicture(`${pictureName}-${fileNameOf(name)}-${operation.toLowerCase().replaceAll(' ', '-')}`);
		}
		await editor.choose('operation', first);
	});
});

describe('the Seedance Generate Trigger node', () => {
	const fields = ['Events', 'Download Video', 'Simplify', 'Options'];

	it('offers its events in the nodes panel', async () => {
		await editor.openNewWorkflow();
		await editor.searchNodes('Seedance');
		await editor.openActions('Seedance Generate');
		await eventually(async () => {
			expect((await editor.listed()).slice(0, 2)).toEqual(['On video succeeded', 'On video failed']);
		});
		await editor.addAction('On video succeeded');
	});

	it.each([
		{ name: 'PiAPI', ownFields: ['Webhook Secret'] },
		{ name: 'Apiframe', ownFields: [] },
		{ name: maker, ownFields: ['Webhook Secret'] },
	])('has the fields of $name', async ({ name, ownFields }) => {
		await editor.choose('provider', name);
		const credential = `Credential for ${credentialNameOf(name)}`;
		await eventually(async () => {
			expect(await editor.labels()).toEqual(['Provider', credential, ...ownFields, ...fields]);
		});
		await editor.takePictures(`seedance-trigger-${fileNameOf(name)}`);
	});
});

it('falls back to an operation that the chosen provider has', async () => {
	await openNewNode('Seedance Asset Group', 'Delete asset group');
	expect(await editor.valueOf('operation')).toBe('Delete Asset Group');
	await editor.choose('provider', 'Alad');
	await eventually(async () => expect(await editor.valueOf('operation')).toBe('Create Asset Group'));
});

describe('the fields of Seedance Generate', () => {
	const modes = [
		{ mode: 'Text to Video', media: [] },
		{
			mode: 'Image to Video (First Frame)',
			media: ['First Frame Source', 'First Frame Binary Field', 'Upload First Frame as Asset'],
		},
		{
			mode: 'Image to Video (First and Last Frame)',
			media: [
				...['First Frame Source', 'First Frame Binary Field', 'Upload First Frame as Asset'],
				...['Last Frame Source', 'Last Frame Binary Field', 'Upload Last Frame as Asset'],
			],
		},
		{ mode: 'References to Video', media: ['Images', 'Videos', 'Audio'] },
		{ mode: 'Edit Video', media: ['Images', 'Videos'] },
		{ mode: 'Extend Video', media: ['Videos'] },
	];

	beforeAll(async () => {
		await openNewNode('Seedance Generate', 'Generate video');
	});

	it('offer every mode', async () => {
		expect(await editor.optionsOf('mode')).toEqual(modes.map(({ mode }) => mode));
	});

	it.each(modes)('follow the mode $mode', async ({ mode, media }) => {
		await editor.choose('mode', mode);
		await eventually(async () => {
			expect(await editor.labels()).toEqual([
				...['Provider', 'Credential for AnyFast API', 'Operation', 'Mode', 'Model', 'Prompt'],
				...['Aspect Ratio', 'Duration (Seconds)', 'Resolution'],
				...media,
				...['More Settings', 'Wait for Completion', 'Download Video', 'Simplify', 'Options'],
			]);
		});
		await editor.takePictures(`mode-${mode.toLowerCase().replaceAll(' ', '-')}`);
	});

	it('keep the asset that was chosen', async () => {
		await editor.choose('mode', 'References to Video');
		await editor.addEntry('images');
		await editor.choose('source', 'Asset');
		await editor.openPicker('asset');
		await eventually(async () => {
			expect(await editor.picks()).toEqual([mainCharacter]);
		});
		await editor.pick('main-character');
		await eventually(async () => {
			expect(await editor.pickedIn('asset')).toEqual(mainCharacter);
		});
	});
});

describe.each([
	{
		name: 'AnyFast',
		models: ['Seedance 2.0 (seedance)', 'Seedance 2.0 Fast (seedance-fast)'],
		assets: [mainCharacter],
		waits: ["Don't Wait", 'In This Node'],
	},
	{
		name: 'Alad',
		models: ['Seedance 2.0 (seedance)'],
		assets: [mainCharacter],
		waits: ["Don't Wait", 'In This Node'],
	},
	{
		name: 'PiAPI',
		models: [
			'Seedance 2.0 (Less Restriction) (seedance-2-less-restriction)',
			'Seedance 2.0 (seedance-2)',
			'Seedance 2.0 Fast (Less Restriction) (seedance-2-fast-less-restriction)',
			'Seedance 2.0 Fast (seedance-2-fast)',
			'Seedance 2.0 Mini (Less Restriction) (seedance-2-mini-less-restriction)',
			'Seedance 2.0 Mini (seedance-2-mini)',
			'Seedance 2.5 (Less Restriction) (seedance-2.5-less-restriction)',
			'Seedance 2.5 (seedance-2.5)',
		],
		assets: [mainCharacter],
		waits: ["Don't Wait", 'In This Node', 'On Provider Callback'],
	},
	{
		name: 'Apiframe',
		models: [
			'Seedance 2.0 (seedance-2)',
			'Seedance 2.0 Fast (seedance-2-fast)',
			'Seedance 2.0 Mini (seedance-2-mini)',
			'Seedance 2.5 (seedance-2.5)',
		],
		assets: ['Apiframe has no list: choose By ID'],
		waits: ["Don't Wait", 'In This Node', 'On Provider Callback'],
	},
	{
		name: maker,
		models: [
			'Seedance 2.0 (BytePlus) (dreamina-seedance-2-0-260128)',
			'Seedance 2.0 Fast (BytePlus) (dreamina-seedance-2-0-fast-260128)',
			'Seedance 2.0 Mini (BytePlus) (dreamina-seedance-2-0-mini-260615)',
			'Seedance 2.5 (BytePlus) (dreamina-seedance-2-5-260628)',
			'Seedance 1.0 Pro (BytePlus) (seedance-1-0-pro-250528)',
			'Seedance 1.0 Pro Fast (BytePlus) (seedance-1-0-pro-fast-251015)',
		],
		assets: [mainCharacter],
		waits: ["Don't Wait", 'In This Node', 'On Provider Callback'],
	},
])('Seedance Generate with $name', ({ name, models, assets, waits }) => {
	const pictureName = `generate-${fileNameOf(name)}`;

	beforeAll(async () => {
		await openNewNode('Seedance Generate', 'Generate video');
		await editor.choose('provider', name);
		await editor.chooseCredential(`${name} Simulator`);
	});

	it('lists its models', async () => {
		await editor.openPicker('model');
		await eventually(async () => {
			const listed = await editor.picks();
			expect(listed.slice(0, models.length)).toEqual(models);
		});
		await editor.takePictures(`${pictureName}-models`);
		await editor.pick(models[0] ?? '');
	});

	it('offers the settings of all providers, so that none is lost when the provider is switched', async () => {
		expect(await editor.addableTo('settings')).toEqual([
			...['Asset Retention (Hours) (PiAPI)', 'Auto Upload Assets (PiAPI)', 'Draft (AnyFast, PiAPI, BytePlus / Volcengine)'],
			'Execution Expires After (Seconds) (AnyFast, BytePlus / Volcengine)',
			...['Fixed Camera (Apiframe, BytePlus / Volcengine)', 'Generate Audio', 'Intent (AnyFast, BytePlus / Volcengine)'],
			...['Output Format (AnyFast, BytePlus / Volcengine)', 'Priority (AnyFast, BytePlus / Volcengine)'],
			'Return Last Frame (AnyFast, Alad, Apiframe, BytePlus / Volcengine)',
			...['Safety Identifier (AnyFast, BytePlus / Volcengine)', 'Seed (AnyFast, Alad, Apiframe, BytePlus / Volcengine)'],
			...['Service Mode (PiAPI)', 'Service Tier (AnyFast, BytePlus / Volcengine)'],
			...['Watermark (AnyFast, Alad, BytePlus / Volcengine)', 'Web Search (AnyFast, Alad, Apiframe, BytePlus / Volcengine)'],
		]);
	});

	it('offers its ways to wait', async () => {
		expect(await editor.optionsOf('waitForCompletion')).toEqual(waits);
	});

	it('lists its assets that can be cited, or says that it has no list', async () => {
		await editor.choose('mode', 'References to Video');
		await editor.addEntry('images');
		await editor.choose('source', 'Asset');
		await editor.openPicker('asset');
		await eventually(async () => expect(await editor.picks()).toEqual(assets));
		await editor.takePictures(`${pictureName}-assets`);
	});
});

it('lists the asset groups of the provider, by the names the user gave them', async () => {
	await openNewNode('Seedance Asset Library', 'Create asset');
	await editor.openPicker('groupId');
	await eventually(async () => expect(await editor.picks()).toEqual(['spring-campaign']));
	await editor.takePictures('asset-group-picker');
});

it.each([
	{ name: 'AnyFast', fields: ['API Key *', 'Base URL *'] },
	{ name: 'Alad', fields: ['API Key *', 'Base URL *'] },
	{ name: 'PiAPI', fields: ['API Key *', 'Base URL *', 'Upload URL *'] },
	{ name: 'Apiframe', fields: ['API Key *', 'Base URL *'] },
	{ name: maker, fields: ['Region', 'API Key *', 'Access Key ID', 'Secret Access Key', 'Project Name', 'Base URL', 'Asset API URL'] },
])('shows the credential of $name and tests it', async ({ name, fields }) => {
	await openNewNode('Seedance Generate', 'Generate video');
	await editor.choose('provider', name);
	await editor.chooseCredential(`${name} Simulator`);
	await editor.openCredential();
	await eventually(async () => {
		expect(await editor.credentialTestResult()).toContain('Connection tested successfully');
	});
	// The last field is one of n8n's own.
	expect(await editor.credentialFields()).toEqual(['Test Mode', ...fields, 'Prices', 'Allowed HTTP Request Domains']);
	await editor.takePictures(`credential-${fileNameOf(name)}`);
	await editor.closeCredential();
});

it('generates a video when a person executes the workflow', async () => {
	await openNewNode('Seedance Generate', 'Generate video');
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
	const folder = join(stage.filesFolder, 'media');
	const files = (await makeMedia(folder)).map((name) => join(folder, name));
	const file = '02-consistent-character.json';
	const workflowId = await stage.n8n.client.createWorkflow(await readyExample(file, credentials, { pollingIntervalSeconds: 1 }));
	await editor.openWorkflow(workflowId);
	await editor.executeWithForm(['Mia', ...files], 'Generate Shots', 120_000);
	await editor.takePictures('example-executed');
	expect(generations()).toHaveLength(before + 3);
	const [video] = await saveVideos(stage, await stage.n8n.client.executionOf(workflowId), 'Generate Shots');
	expect(await probeVideo(video ?? '')).toMatchObject({
		videoCodec: 'h264',
		audioCodec: 'aac',
		width: 1280,
		height: 720,
	});
});

it('leads to By ID when a list does not come, and lists again when it does', async () => {
	const wrongKey = { ...stage.credentialData('anyfast'), apiKey: 'wrong' };
	await stage.n8n.client.createCredential('AnyFast Wrong Key', 'anyfastApi', wrongKey);
	await openNewNode('Seedance Asset Library', 'Get asset');
	await editor.chooseCredential('AnyFast Wrong Key');
	await editor.openPicker('assetId');
	await eventually(async () => {
		expect(await editor.picks()).toEqual([expect.stringMatching(/^Choose By ID\. AnyFast refused this: /)]);
	});
	await editor.takePictures('picker-without-a-list');
	await editor.pick('Choose By ID');
	await editor.chooseCredential('AnyFast Simulator');
	await editor.openPicker('assetId');
	await editor.pick('main-character');
	await eventually(async () => expect(await editor.pickedIn('assetId')).toEqual(mainCharacter));
});
