import type { IBinaryData, INodeParameters } from 'n8n-workflow';
import { sampleFiles } from '../../harness/media/sampleFiles';
import { nameOfMedium, numbered } from '../../nodes/Asset/assetName';
import type { AssetMedium } from '../../nodes/shared/vocabulary';
import { byId, type JsonObject, Lab, simulatedProviders, takesFiles } from '../support/lab';

/** What an asset is called if the user gives no name. */

const fileCalled = (fileName: string): AssetMedium => ({
	kind: 'file',
	file: { fileName, mimeType: 'image/png', sizeBytes: 1, open: jest.fn() },
});
const at = (url: string): AssetMedium => ({ kind: 'url', url });

describe('The name of a new asset', () => {
	it.each<[string, AssetMedium, string | undefined]>([
		['a file', fileCalled('Holiday picture.png'), 'Holiday picture.png'],
		['a file with a folder', fileCalled('C:\\fakepath\\face.png'), 'face.png'],
		['a file with half a character', fileCalled('shot \ud83c.png'), 'shot  .png'],
		['a long name', fileCalled(`${'x'.repeat(90)}.jpeg`), `${'x'.repeat(59)}.jpeg`],
		['a long extension', fileCalled(`a.${'x'.repeat(90)}`), `a${'x'.repeat(32)}`],
		['a URL', at('https://example.com/people/face.png?size=2#top'), 'face.png'],
		['a URL with escapes', at('https://example.com/f%C3%A4ce%20one.png'), 'fäce one.png'],
		['a URL with a broken escape', at('https://example.com/50%.png'), '50%.png'],
		['a URL with a folder in an escape', at('https://example.com/a%2Fb.png'), 'a/b.png'],
		['a URL without a path', at('https://example.com/'), undefined],
		['a data URI', { kind: 'dataUri', dataUri: 'data:image/png;base64,AA==', file: { fileName: 'file.png', mimeType: 'image/png', sizeBytes: 1, open: jest.fn() } }, undefined],
	])('comes from %s', (_what, medium, name) => expect(nameOfMedium(medium)).toBe(name));
});

it.each(['png', 'x'.repeat(28), 'x'.repeat(30), 'x'.repeat(31)])('Each number makes another name, also before the extension %s', (extension) => {
	const names = Array.from({ length: 200 }, (_, index) => numbered(`shot.${extension}`, index + 2));
	expect(new Set([`shot.${extension}`, ...names]).size).toBe(201);
	expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(64);
});

describe.each(simulatedProviders.filter(([, , adapter]) => takesFiles(adapter)))('%s', (_name, provider, { assets, assetGroups }) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	const newGroup = async (name: string) => {
		const [group] = await lab.json('assetGroup', { provider, operation: 'create', name });
		return String(group?.groupId);
	};
	const place = async (): Promise<INodeParameters> => (assetGroups ? { groupId: byId(await newGroup('spring')) } : {});
	const upload = async (parameters: INodeParameters, files: IBinaryData[]) =>
		await lab.json(
			'asset',
			{ provider, operation: 'create', source: 'binary', binaryPropertyName: 'file', ...parameters },
			{ items: files.map((file) => ({ json: {}, binary: { file } })) },
		);
	const namesOf = (items: JsonObject[]) => items.map(({ name }) => name);
	const takesNames = assets.newAssetFields.includes('name');
	const fileCalledNow = async (fileName: string) => ({ ...(await sampleFiles()).image, fileName });

	it('is that of the file, where the provider takes one', async () => {
		const given = await place();
		const created = await upload(given, [await fileCalledNow('Picture.png')]);
		expect(namesOf(created)).toEqual([takesNames ? 'Picture.png' : null]);
		const fromUrl = { provider, operation: 'create', source: 'url', url: 'https://example.com/faces/anna.png', ...given };
		expect(namesOf(await lab.json('asset', fromUrl))).toEqual([takesNames ? 'anna.png' : null]);
		const named = await upload({ ...given, name: 'Anna' }, [await fileCalledNow('Picture.png')]);
		expect(namesOf(named)).toEqual([takesNames ? 'Anna' : null]);
	});

	it('is unique in its group: phones call every picture the same', async () => {
		const given = await place();
		const file = await fileCalledNow('image.png');
		const names = [...namesOf(await upload(given, [file, file, file])), ...namesOf(await upload(given, [file]))];
		const unique = ['image.png', 'image (2).png', 'image (3).png', 'image (4).png'];
		expect(names.sort()).toEqual(assetGroups ? unique.sort() : Array(4).fill(takesNames ? 'image.png' : null));
	});

	if (assetGroups) {
		it('is that of the file in each group', async () => {
			const [one, another] = [await newGroup('spring'), await newGroup('summer')];
			const file = await fileCalledNow('image.png');
			const items = [one, another, one].map((groupId) => ({ json: { groupId }, binary: { file } }));
			const parameters = { provider, operation: 'create', binaryPropertyName: 'file', groupId: byId('={{ $json.groupId }}') };
			expect(namesOf(await lab.json('asset', parameters, { items }))).toEqual(['image.png', 'image.png', 'image (2).png']);
		});

		it('is tried as it is when the list does not come', async () => {
			const given = await place();
			lab.simulator.faults.add({ route: 'assets.list', times: 20, effect: { kind: 'status', statusCode: 503 } });
			const created = await upload({ ...given, waitUntilActive: false }, [await fileCalledNow('image.png')]);
			expect(namesOf(created)).toEqual(['image.png']);
		});
	}
});
