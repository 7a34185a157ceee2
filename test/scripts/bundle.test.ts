import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import manifest from '../../package.json';
import * as mediabunny from '../../nodes/shared/libraries/mediabunny';
import { bundleLibraries, noticesFile } from '../../scripts/bundle/libraries';
import { makeVideo } from '../support/mediaFiles';

const projectRoot = join(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
afterAll(() => rmSync(folder, { recursive: true }));

const readText = (...path: string[]) => readFileSync(join(...path), 'utf8');

describe('the bundle of a library', () => {
	const file = join(folder, 'dist/nodes/shared/libraries/mediabunny.js');
	const load = () => jest.requireActual<typeof mediabunny>(file);

	beforeAll(async () => await bundleLibraries(projectRoot, join(folder, 'dist')));

	it('has the names that the nodes use, and no more', () => {
		expect(Object.keys(load()).sort()).toEqual(Object.keys(mediabunny).sort());
	});

	it('requires no package, and uses nothing that n8n’s review refuses', () => {
		expect(readText(file)).not.toMatch(/\brequire\(|\bimport\(|\bglobalThis\b|\bconsole\b|\bprocess\b|\bsetTimeout\b|\beval\b/);
	});

	it('reads a video as the library itself does', async () => {
		const bytes = await makeVideo({ seconds: 2, hasSound: true });
		const describeWith = async ({ CustomSource, Input, MP4 }: typeof mediabunny) => {
			const source = new CustomSource({ getSize: () => bytes.length, read: (start, end) => bytes.subarray(start, end) });
			using input = new Input({ source, formats: [MP4] });
			const tracks = await input.getTracks();
			return await Promise.all(tracks.map(async (track) => [await track.getCodec(), await track.computeDuration()]));
		};
		const found = await describeWith(load());
		expect(found).toHaveLength(2);
		expect(found).toEqual(await describeWith(mediabunny));
	});

	it('comes with the licence of the package, its version, and where its source is', () => {
		const { version } = JSON.parse(readText(projectRoot, 'node_modules/mediabunny/package.json')) as { version: string };
		const notices = readText(folder, 'dist', noticesFile);
		expect(notices).toContain(`\n## mediabunny ${version}\n`);
		expect(notices).toContain('Licence: MPL-2.0. Source of this version: https://github.com/Vanilagy/mediabunny,');
		expect(notices).toContain(readText(projectRoot, 'node_modules/mediabunny/LICENSE').trim());
		expect(manifest.files).toContain('dist');
	});
});

describe('a library', () => {
	const project = join(folder, 'project');
	const packageFolder = join(project, 'node_modules/tiny');
	const bundleTiny = async (code: string) => {
		mkdirSync(join(project, 'nodes/shared/libraries'), { recursive: true });
		mkdirSync(packageFolder, { recursive: true });
		writeFileSync(join(project, 'nodes/shared/libraries/tiny.ts'), `export { tiny } from 'tiny';`);
		writeFileSync(join(packageFolder, 'index.js'), code);
		const repository = { url: 'git+https://github.com/n8n-nodes-seedance/tiny.git' };
		writeFileSync(join(packageFolder, 'package.json'), JSON.stringify({ name: 'tiny', version: '1.0.0', license: 'MIT', repository }));
		await bundleLibraries(project, join(project, 'dist'));
	};

	it('that uses more of the global object than it is given ends the build', async () => {
		await expect(bundleTiny('export const tiny = () => globalThis.navigator;')).rejects.toThrow('uses what it is not given: navigator');
	});

	it('without a licence ends the build', async () => {
		await expect(bundleTiny('export const tiny = 1;')).rejects.toThrow('tiny has no file with its licence');
	});
});
