import type { INodeParameters, INodeProperties } from 'n8n-workflow';
import { runActionHandler } from '../../harness/engine/engine';
import { Asset } from '../../nodes/Asset/Asset.node';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { byId, Lab, type NodeName, simulatedProviders } from '../support/lab';

/** The lists of the pickers; what each provider shows in them is in the contract tests. */

let lab: Lab;
beforeEach(async () => (lab = await Lab.open()));
afterEach(async () => await lab.close());

type Search = Parameters<Lab['search']>[2];
const namesIn = async (node: NodeName, method: string, search: Search) =>
	(await lab.search(node, method, search)).results.map(({ name }) => name);

async function newGroup(provider: string, name: string) {
	const [group] = await lab.json('assetGroup', { provider, operation: 'create', name });
	return byId(String(group?.groupId));
}

/** One asset for each file, in this order. */
async function makeAssets(parameters: INodeParameters, files: string[]) {
	const fields = { operation: 'create', source: 'url', url: '=https://example.com/{{ $json.file }}', name: '={{ $json.file }}' };
	const items = files.map((file) => ({ json: { file } }));
	await lab.items('asset', { ...fields, ...parameters }, { items });
}

describe.each(simulatedProviders)('%s, when there is no answer to list', (_name, provider, adapter) => {
	const lists = [
		...(adapter.assets.list ? [['asset', 'searchAssets'], ['seedanceGenerate', 'searchImageAssets']] as const : []),
		...(adapter.assetGroups ? [['assetGroup', 'searchAssetGroups']] as const : []),
		...(adapter.videoTasks.list ? [['seedanceGenerate', 'searchTasks']] as const : []),
	];
	const [model] = adapter.videoModels;

	it.each(lists)('leads to By ID and says why: %s, %s', async (node, method) => {
		const search = { parameters: { provider }, filter: 'face' };
		const refused = await lab.search(node, method, { ...search, host: lab.host({ apiKey: 'wrong' }) });
		const reason = new RegExp(`^Choose By ID\\. ${adapter.displayName} refused this: .*(token|key)`, 'i');
		expect(refused).toEqual({ results: [{ name: expect.stringMatching(reason), value: '' }] });

		const unreachable = lab.host({ baseUrl: 'http://127.0.0.1:1' });
		expect(await namesIn(node, method, { ...search, host: unreachable })).toEqual([
			expect.stringMatching(`^Choose By ID. ${adapter.displayName} could not be reached`),
		]);
		const noCredential = { ...lab.host(), credentials: {} };
		expect(await namesIn(node, method, { ...search, host: noCredential })).toEqual([
			expect.stringMatching(/^Choose By ID\. .*credential/i),
		]);
	});

	it.each(['a wrong key', 'no credential'])('still lists the documented models with %s', async (what) => {
		const host = what === 'a wrong key' ? lab.host({ apiKey: 'wrong' }) : { ...lab.host(), credentials: {} };
		expect(await namesIn('seedanceGenerate', 'searchModels', { parameters: { provider }, host })).toEqual(
			expect.arrayContaining([`${model?.displayName} (${model?.id})`]),
		);
	});
});

it('leads to By ID when the provider is none', async () => {
	for (const method of ['searchImageAssets', 'searchModels']) {
		const names = await namesIn('seedanceGenerate', method, { parameters: { provider: 'nobody' } });
		expect(names).toEqual(['Choose By ID. Provider must be one of the list; it is "nobody".']);
	}
});

it('turns pages until there is something to show', async () => {
	const groupId = await newGroup('alad', 'spring');
	const pictures = Array.from({ length: 50 }, (_value, index) => `face-${index}.png`);
	// The list may begin at either end.
	await makeAssets({ provider: 'alad', groupId }, ['clip.mp4', ...pictures, 'tune.mp3']);
	const parameters = { provider: 'alad' };
	expect(await namesIn('seedanceGenerate', 'searchVideoAssets', { parameters })).toEqual([
		expect.stringMatching(/^clip.mp4 /),
	]);
	expect(await namesIn('seedanceGenerate', 'searchAudioAssets', { parameters })).toEqual([
		expect.stringMatching(/^tune.mp3 /),
	]);
});

it('lists the assets to cite of one group only, when the option Asset Group names it', async () => {
	const [spring, summer] = [await newGroup('anyfast', 'spring'), await newGroup('anyfast', 'summer')];
	await makeAssets({ provider: 'anyfast', groupId: spring }, ['tulip.png']);
	await makeAssets({ provider: 'anyfast', groupId: summer }, ['sunflower.png']);
	const pictures = async (options: INodeParameters) =>
		await namesIn('seedanceGenerate', 'searchImageAssets', { parameters: { provider: 'anyfast', options } });
	const both = [expect.stringMatching(/^sunflower/), expect.stringMatching(/^tulip/)];
	expect((await pictures({ assetGroupId: summer })).map((name) => name.split(' ')[0])).toEqual(['sunflower.png']);
	expect((await pictures({})).sort()).toEqual(both);
	// Nobody knows in the editor what an expression gives.
	expect((await pictures({ assetGroupId: byId('={{ $json.groupId }}') })).sort()).toEqual(both);
});

it('shows the start and the end of a long name, its type and its day, and finds it by all of it', async () => {
	const groupId = await newGroup('anyfast', 'spring');
	const name = 'The main character in the rain, close-up.png';
	await makeAssets({ provider: 'anyfast', groupId, url: 'https://example.com/1.png' }, [name]);
	const parameters = { provider: 'anyfast' };
	const listed = ['The main charac…se-up.png · image · 2026-04-27'];
	for (const filter of ['', 'in the rain', 'close-up']) {
		expect(await namesIn('asset', 'searchAssets', { parameters, filter })).toEqual(listed);
	}
	expect(await namesIn('asset', 'searchAssets', { parameters, filter: 'in the snow' })).toEqual([]);
	// The editor cuts off what is longer.
	expect(listed[0]!.length).toBeLessThanOrEqual(46);
});

const withGroups = simulatedProviders.filter(([, , { assetGroups }]) => assetGroups);

it('offers to make a group, and says where that is paid', () => {
	expect(withGroups.map(([name]) => name)).toEqual(['AnyFast', 'Alad', 'BytePlus / Volcengine']);
	const fields = [...new Asset().description.properties, ...new SeedanceGenerate().description.properties];
	const groupFields = fields.flatMap((field) => [field, ...(field.options ?? [])]).filter(isGroupField);
	const offers = groupFields.map(({ modes }) => modes?.find(({ name }) => name === 'list')?.typeOptions?.allowNewResource);
	const offer = { label: 'Create new asset group (paid at AnyFast)', method: 'createAssetGroup', defaultName: 'n8n' };
	expect(offers).toEqual([offer, offer, offer]);
});
const isGroupField = (field: object): field is INodeProperties => 'displayName' in field && field.displayName === 'Asset Group';

describe.each(withGroups)('%s, where there is no group yet', (_name, provider) => {
	const parameters = { provider };
	const groups = async () => (await lab.json('assetGroup', { provider, operation: 'getMany' })).map(({ groupId, name }) => [groupId, name]);
	const paidGroups = () => lab.callsOf('assetGroups.create').length;

	it.each<[NodeName, string | undefined, string]>([
		['asset', 'Spring campaign', 'Spring campaign'],
		['seedanceGenerate', ' spring ', 'spring'],
		['asset', '', 'n8n'],
		['asset', undefined, 'n8n'],
	])('makes one from the list of %s, called %j', async (node, name, expected) => {
		const groupId = await lab.createInList(node, 'createAssetGroup', { parameters, name });
		expect(await groups()).toEqual([[groupId, expected]]);
		expect((await lab.search(node, 'searchAssetGroups', { parameters })).results).toEqual([{ name: expected, value: groupId }]);
	});

	it('makes one only, however often the entry is clicked', async () => {
		const click = async () => await lab.createInList('asset', 'createAssetGroup', { parameters, name: 'spring' });
		const [first, second] = await lab.inVirtualTime(async () => {
			const handler = async () => await runActionHandler(lab.host(), 'n8n-nodes-seedance.asset', 'createAssetGroup', { parameters, name: 'spring' });
			return await Promise.all([handler(), handler()]);
		});
		expect(second).toBe(first);
		expect(await click()).toBe(first);
		lab.nowMs += 600_000;
		expect(await click()).toBe(first);
		expect(paidGroups()).toBe(1);
	});

	it('says why none was made, and makes it when asked again', async () => {
		const host = lab.host({ apiKey: 'wrong' });
		const refused = lab.createInList('asset', 'createAssetGroup', { parameters, name: 'spring', host });
		await expect(refused).rejects.toThrow(/refused this: .*(token|key)/i);
		lab.simulator.faults.add({ route: 'assetGroups.create', effect: { kind: 'status', statusCode: 500 } });
		await expect(lab.createInList('asset', 'createAssetGroup', { parameters, name: 'spring' })).rejects.toThrow();
		expect(await lab.createInList('asset', 'createAssetGroup', { parameters, name: 'spring' })).toMatch(/^group-/);
		expect(await groups()).toHaveLength(1);
	});
});
