import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { validateNodeDescription } from 'n8n-core/dist/nodes-loader/validate-node-description';
import type { INodeType } from 'n8n-workflow';
import ts from 'typescript';
import { Asset } from '../nodes/Asset/Asset.node';
import assetCodex from '../nodes/Asset/Asset.node.json';
import { AssetGroup } from '../nodes/AssetGroup/AssetGroup.node';
import assetGroupCodex from '../nodes/AssetGroup/AssetGroup.node.json';
import { SeedanceFilm } from '../nodes/SeedanceFilm/SeedanceFilm.node';
import seedanceFilmCodex from '../nodes/SeedanceFilm/SeedanceFilm.node.json';
import { SeedanceGenerate } from '../nodes/SeedanceGenerate/SeedanceGenerate.node';
import seedanceGenerateCodex from '../nodes/SeedanceGenerate/SeedanceGenerate.node.json';
import { SeedanceGenerateTrigger } from '../nodes/SeedanceGenerateTrigger/SeedanceGenerateTrigger.node';
import seedanceGenerateTriggerCodex from '../nodes/SeedanceGenerateTrigger/SeedanceGenerateTrigger.node.json';
import manifest from '../package.json';
import { credentialClasses } from '../harness/engine/credentialClasses';

const projectRoot = join(__dirname, '..');
const readText = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const listFiles = (folder: string, ending: string) =>
	readdirSync(join(projectRoot, folder), { encoding: 'utf8', recursive: true })
		.filter((path) => path.endsWith(ending))
		.map((path) => join(folder, path))
		.sort();

const nodes = [
	{ folder: 'nodes/AssetGroup', node: new AssetGroup(), codex: assetGroupCodex },
	{ folder: 'nodes/Asset', node: new Asset(), codex: assetCodex },
	{ folder: 'nodes/SeedanceFilm', node: new SeedanceFilm(), codex: seedanceFilmCodex },
	{ folder: 'nodes/SeedanceGenerate', node: new SeedanceGenerate(), codex: seedanceGenerateCodex },
	{ folder: 'nodes/SeedanceGenerateTrigger', node: new SeedanceGenerateTrigger(), codex: seedanceGenerateTriggerCodex },
] satisfies Array<{ folder: string; node: INodeType; codex: object }>;

describe('package.json', () => {
	it('asks nothing of the host but n8n-workflow, in whatever version the host has', () => {
		expect(manifest).not.toHaveProperty('dependencies');
		expect(manifest).not.toHaveProperty('optionalDependencies');
		expect(manifest).not.toHaveProperty('bundledDependencies');
		expect(manifest).not.toHaveProperty('overrides');
		expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
	});

	it('publishes dist and nothing else', () => {
		expect(manifest.files).toEqual(['dist']);
		expect(manifest).not.toHaveProperty('main');
		expect(manifest).not.toHaveProperty('bin');
	});

	it('can be found as a community node under the MIT licence', () => {
		expect(manifest.name).toMatch(/^n8n-nodes-/);
		expect(manifest.keywords).toContain('n8n-community-node-package');
		expect(manifest.license).toBe('MIT');
		expect(readText('LICENSE.md')).toMatch(/^# MIT License\n/);
	});

	it('runs nothing on the machine of the person who installs it', () => {
		const lifecycleScripts = /^(?:pre|post)?(?:install|prepare|publish|pack)$|^prepublishOnly$/;
		expect(Object.keys(manifest.scripts).filter((name) => lifecycleScripts.test(name))).toEqual([]);
	});

	it('lists every node and every credential there is', () => {
		const built = (path: string) => join('dist', path).replace(/\.ts$/, '.js');
		expect([...manifest.n8n.nodes].sort()).toEqual(listFiles('nodes', '.node.ts').map(built));
		expect([...manifest.n8n.credentials].sort()).toEqual(
			listFiles('credentials', '.credentials.ts').map(built),
		);
		expect(manifest.n8n.n8nNodesApiVersion).toBe(1);
	});

	it('has a changelog entry for its version', () => {
		expect(readText('CHANGELOG.md')).toContain(`\n## [${manifest.version}]`);
	});

	it.each(['package-lock.json', 'harness/n8n/package-lock.json'])(
		'can be installed with npm ci on every platform: %s leaves out no optional package',
		(path) => {
			const { packages } = JSON.parse(readText(path)) as {
				packages: Record<string, { optionalDependencies?: Record<string, string> }>;
			};
			const missing = Object.entries(packages).flatMap(([owner, { optionalDependencies = {} }]) =>
				Object.keys(optionalDependencies).filter(
					(name) => !lookupFolders(owner).some((folder) => `${folder}${name}` in packages),
				),
			);
			expect(missing).toEqual([]);
		},
	);
});

/** Where Node looks for what a package of the lock file requires: its own node_modules, then those above. */
function lookupFolders(owner: string): string[] {
	const folders = ['node_modules/'];
	for (let end = owner.indexOf('/node_modules/'); end >= 0; ) {
		folders.push(`${owner.slice(0, end)}/node_modules/`);
		end = owner.indexOf('/node_modules/', end + 1);
	}
	return owner === '' ? folders : [...folders, `${owner}/node_modules/`];
}

describe.each(nodes)('$folder', ({ folder, node: { description }, codex }) => {
	it('has a codex file that belongs to this node and this version', () => {
		expect(codex.node).toBe(`${manifest.name}.${description.name}`);
		expect(Number(codex.nodeVersion)).toBe(description.version);
		expect(codex.codexVersion).toBe('1.0');
	});

	it('has its codex file compiled, as the build of the command line n8n-node copies none', () => {
		const config = ts.parseJsonConfigFileContent(JSON.parse(readText('tsconfig.json')), ts.sys, projectRoot);
		expect(config.fileNames.filter((file) => file.startsWith(join(projectRoot, folder, '/')))).toContainEqual(
			expect.stringMatching(/\.node\.json$/),
		);
	});

	it('is taken by the loader of n8n, which refuses the whole package for one node', () => {
		expect(() => validateNodeDescription(description)).not.toThrow();
	});

	it('is filed under a category that n8n has', () => {
		// https://docs.n8n.io/connect/create-nodes/build-your-node/reference/codex-files/
		const known = [
			'Data & Storage',
			'Finance & Accounting',
			'Marketing & Content',
			'Productivity',
			'Miscellaneous',
			'Sales',
			'Development',
			'Analytics',
			'Communication',
			'Utility',
		];
		expect(codex.categories.length).toBeGreaterThan(0);
		expect(known).toEqual(expect.arrayContaining(codex.categories));
	});

	it('links to its documentation', () => {
		const { primaryDocumentation } = codex.resources;
		const credentialDocumentation = 'credentialDocumentation' in codex.resources ? codex.resources.credentialDocumentation : [];
		const repository = manifest.homepage.replace(/#.*/, '');
		const linked = (links: Array<{ url: string }>) => links.map(({ url }) => url.replace(/#.*/, ''));
		expect(linked(primaryDocumentation)).toEqual([repository]);
		expect(linked(credentialDocumentation)).toEqual(description.credentials ? [repository] : []);
	});

	it('has an icon for light and one for dark backgrounds', () => {
		expectIconPair(folder, description.icon);
	});
});

describe('every credential', () => {
	it('has an icon for light and one for dark backgrounds', async () => {
		const classes = await credentialClasses();
		expect(classes).toHaveLength(manifest.n8n.credentials.length);
		for (const CredentialType of classes) expectIconPair('credentials', new CredentialType().icon);
	});
});

describe('icons', () => {
	it.each([...listFiles('nodes', '.svg'), ...listFiles('credentials', '.svg')])(
		'%s is a small square drawing that loads and runs nothing',
		(path) => {
			const svg = readText(path);
			expect(svg.length).toBeLessThan(2000);
			expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 60 60"/);
			expect(svg).not.toMatch(/<(?:script|style|text|image|use|foreignObject)|\bon\w+=|href|url\(/i);
			// A drawing without namespaced attributes is well-formed exactly when it is well-formed JSX.
			const { diagnostics } = ts.transpileModule(svg, {
				fileName: 'icon.tsx',
				reportDiagnostics: true,
				compilerOptions: { jsx: ts.JsxEmit.Preserve },
			});
			expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
		},
	);
});

/** n8n resolves `file:` beside the class that names it. */
function expectIconPair(folder: string, icon: INodeType['description']['icon']) {
	if (typeof icon !== 'object') throw new Error('The icon names no light and dark version');
	const [light, dark] = [icon.light, icon.dark].map((file) =>
		readText(join(folder, file.replace(/^file:/, ''))),
	);
	expect(light).not.toBe(dark);
}

describe.each(['README.md', 'CONTRIBUTING.md', '.ci/run'])('%s', (path) => {
	it('names commands, and every one of them exists', () => {
		const names = [...readText(path).matchAll(/\bnpm (?:run ([\w:]+)|(test)\b)/g)].map(
			([, script, test]) => script ?? test,
		);
		expect(names.length).toBeGreaterThan(2);
		expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(names));
	});
});

it('has GitHub run every part of .ci/run', () => {
	const [, parts = ''] = /^parts=\((.+)\)$/m.exec(readText('.ci/run')) ?? [];
	const [, matrix = ''] = /^ +part: \[(.+)\]$/m.exec(readText('.github/workflows/ci.yml')) ?? [];
	expect(parts.split(' ').length).toBeGreaterThan(2);
	expect(matrix.split(', ')).toEqual(parts.split(' '));
});

it('finds every file that its scripts start', () => {
	const started = Object.values(manifest.scripts).flatMap(
		(script) => script.match(/[\w./-]+\.(?:m?js|ts|json)\b/g) ?? [],
	);
	expect(started.length).toBeGreaterThan(5);
	expect(started.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([]);
});
