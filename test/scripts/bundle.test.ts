import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as probeImageSize from '../../nodes/shared/libraries/probeImageSize';
import { bundleLibraries, noticesFile } from '../../scripts/bundle/libraries';
import { makePicture } from '../support/mediaFiles';

const projectRoot = join(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
afterAll(() => rmSync(folder, { recursive: true }));

const readText = (...path: string[]) => readFileSync(join(...path), 'utf8');

describe('the bundle of a library', () => {
	const file = join(folder, 'dist/nodes/shared/libraries/probeImageSize.js');
	const load = () => jest.requireActual<typeof probeImageSize>(file);

	beforeAll(async () => await bundleLibraries(projectRoot, join(folder, 'dist')));

	it('has the names that the nodes use, and no more', () => {
		expect(Object.keys(load()).sort()).toEqual(Object.keys(probeImageSize).sort());
	});

	it('requires no package', () => {
		expect(readText(file)).not.toMatch(/\brequire\(|\bimport\(/);
	});

	it('reads a picture as the library itself does', async () => {
		const picture = await makePicture('jpg', 642, 302);
		const measureWith = ({ JpegParser }: typeof probeImageSize) => {
			const parser = new JpegParser();
			parser.push(picture);
			return parser.getResult();
		};
		expect(measureWith(load())).toMatchObject({ width: 642, height: 302 });
		expect(measureWith(load())).toEqual(measureWith(probeImageSize));
	});

	it('comes with the licence of the package, its version, and where its source is', () => {
		const packageFolder = join(projectRoot, 'node_modules/probe-image-size');
		const { version } = JSON.parse(readText(packageFolder, 'package.json')) as { version: string };
		const notices = readText(folder, 'dist', noticesFile);
		expect(notices.match(/^## .*/gm)).toEqual([`## probe-image-size ${version}`]);
		expect(notices).toContain('\nLicence: MIT. Source: https://github.com/nodeca/probe-image-size\n');
		expect(notices).toContain(readText(packageFolder, 'LICENSE').trim());
	});
});

describe('a library in several packages', () => {
	const project = join(folder, 'project');
	const writePackage = (name: string, files: Record<string, string>) => {
		const packageFolder = join(project, 'node_modules', name);
		mkdirSync(packageFolder, { recursive: true });
		const repository = { url: `git+https://github.com/n8n-nodes-seedance/${name}.git` };
		const manifest = JSON.stringify({ name, version: '1.0.0', license: 'MIT', repository });
		for (const [file, text] of Object.entries({ 'package.json': manifest, ...files })) writeFileSync(join(packageFolder, file), text);
	};

	beforeAll(() => {
		mkdirSync(join(project, 'nodes/shared/libraries'), { recursive: true });
		writeFileSync(join(project, 'nodes/shared/libraries/tiny.ts'), `export { tiny } from 'tiny';`);
		writePackage('tiny', { 'index.js': `export { tiny } from 'tinier';`, LICENSE: 'Tiny licence' });
	});

	it('ends the build where one that is bundled has no licence', async () => {
		writePackage('tinier', { 'index.js': 'export const tiny = 1; export const unused = 2;' });
		await expect(bundleLibraries(project, join(project, 'dist'))).rejects.toThrow('tinier has no file with its licence');
	});

	it('names those that are in the bundle alone', async () => {
		writePackage('tinier', { 'index.js': 'export const tiny = 1; export const unused = 2;', 'licence.txt': 'Tinier licence' });
		await bundleLibraries(project, join(project, 'dist'));
		const notices = readText(project, 'dist', noticesFile);
		expect(notices).toContain('Source: https://github.com/n8n-nodes-seedance/tinier\n');
		expect(notices).toContain('Tinier licence');
		expect(notices).not.toContain('Tiny licence');
	});
});
