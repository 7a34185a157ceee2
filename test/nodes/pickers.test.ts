import type { INodeParameters } from 'n8n-workflow';
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
