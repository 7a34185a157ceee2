import { builtinModules } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';
import manifest from '../package.json';

/** The arrows of CONTRIBUTING.md, "Who may import what", held against the real source. */

type Layer =
	| 'price fields'
	| 'request signature'
	| 'credentials'
	| 'vocabulary'
	| 'text, times and URLs'
	| 'errors'
	| 'clock'
	| 'expiring map'
	| 'outcome'
	| 'limiter'
	| 'quantities'
	| 'addresses'
	| 'provider contract'
	| 'Seedance itself'
	| 'provider adapters'
	| 'provider list'
	| 'test mode'
	| 'request'
	| 'download'
	| 'wait'
	| 'callback'
	| 'libraries'
	| 'media'
	| 'estimate'
	| 'checks'
	| 'node core'
	| 'film'
	| 'nodes'
	| 'simulator';

interface Rule {
	layer: Layer;
	files: RegExp;
	mayImport: Layer[];
	/** Layers of which it may only know the types. */
	mayImportTypesOf?: Layer[];
	n8nWorkflow: 'nothing' | 'types' | 'values';
	/** Modules of Node; n8n's reviewers allow `crypto` alone. */
	builtIns?: string[];
	/** Development dependencies that `npm run build` bundles into `dist`. */
	bundles?: string[];
}

const basics: Layer[] = ['vocabulary', 'text, times and URLs', 'errors', 'outcome', 'limiter', 'quantities', 'expiring map'];

const rules: Rule[] = [
	{
		layer: 'price fields',
		files: /^credentials\/priceFields\.ts$/,
		mayImport: [],
		n8nWorkflow: 'types',
	},
	{
		layer: 'request signature',
		files: /^credentials\/signRequest\.ts$/,
		mayImport: [],
		n8nWorkflow: 'nothing',
		builtIns: ['crypto'],
	},
	{
		layer: 'credentials',
		files: /^credentials\//,
		mayImport: ['price fields', 'request signature'],
		n8nWorkflow: 'types',
	},
	{
		layer: 'vocabulary',
		files: /^nodes\/shared\/(?:vocabulary|videoSettings)\.ts$/,
		mayImport: [],
		n8nWorkflow: 'types',
	},
	{
		layer: 'text, times and URLs',
		files: /^nodes\/shared\/(?:text|time|parseUrl)\.ts$/,
		mayImport: [],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'errors',
		files: /^nodes\/shared\/errors\.ts$/,
		mayImport: ['vocabulary', 'text, times and URLs'],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'clock',
		files: /^nodes\/shared\/clock\.ts$/,
		mayImport: [],
		n8nWorkflow: 'values',
	},
	{
		layer: 'expiring map',
		files: /^nodes\/shared\/expiringMap\.ts$/,
		mayImport: ['clock'],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'outcome',
		files: /^nodes\/shared\/outcome\.ts$/,
		mayImport: [],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'limiter',
		files: /^nodes\/shared\/limiter\.ts$/,
		mayImport: [],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'quantities',
		files: /^nodes\/shared\/quantities\.ts$/,
		mayImport: [],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'addresses',
		files: /^nodes\/shared\/publicUrl\.ts$/,
		mayImport: ['errors', 'text, times and URLs'],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'provider contract',
		files: /^nodes\/shared\/providers\/(?:adapter|read)\.ts$/,
		mayImport: ['vocabulary', 'text, times and URLs', 'errors', 'quantities'],
		n8nWorkflow: 'types',
	},
	{
		layer: 'provider list',
		files: /^nodes\/shared\/providers\/index\.ts$/,
		mayImport: ['provider contract', 'provider adapters'],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'Seedance itself',
		files: /^nodes\/shared\/providers\/seedance\.ts$/,
		mayImport: ['vocabulary', 'errors', 'quantities'],
		mayImportTypesOf: ['provider contract'],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'provider adapters',
		files: /^nodes\/shared\/providers\//,
		mayImport: ['vocabulary', 'text, times and URLs', 'errors', 'quantities', 'provider contract', 'Seedance itself'],
		n8nWorkflow: 'types',
	},
	{
		layer: 'test mode',
		files: /^nodes\/shared\/testMode\//,
		mayImport: [...basics, 'addresses', 'provider contract'],
		mayImportTypesOf: ['clock'],
		n8nWorkflow: 'nothing',
		// The checksum of its IDs.
		builtIns: ['crypto'],
	},
	{
		layer: 'request',
		files: /^nodes\/shared\/request\//,
		mayImport: [...basics, 'clock', 'addresses', 'media', 'provider contract', 'test mode'],
		n8nWorkflow: 'types',
	},
	{
		layer: 'download',
		files: /^nodes\/shared\/download\//,
		mayImport: [...basics, 'clock', 'addresses', 'media', 'provider contract', 'request', 'test mode'],
		n8nWorkflow: 'types',
	},
	{
		layer: 'callback',
		files: /^nodes\/shared\/callback\//,
		mayImport: [...basics, 'clock', 'addresses', 'provider contract', 'request'],
		n8nWorkflow: 'types',
		// Whether a callback is genuine.
		builtIns: ['crypto'],
	},
	{
		layer: 'wait',
		files: /^nodes\/shared\/wait\//,
		mayImport: [...basics, 'clock', 'request'],
		mayImportTypesOf: ['provider contract'],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'libraries',
		files: /^nodes\/shared\/libraries\//,
		mayImport: [],
		n8nWorkflow: 'nothing',
		bundles: ['probe-image-size'],
	},
	{
		layer: 'media',
		files: /^nodes\/shared\/media\//,
		mayImport: [...basics, 'addresses', 'libraries'],
		mayImportTypesOf: ['provider contract'],
		n8nWorkflow: 'types',
		// The content of a file, by which the same file is known again.
		builtIns: ['crypto'],
	},
	{
		layer: 'estimate',
		files: /^nodes\/shared\/estimate\//,
		mayImport: [...basics, 'provider contract'],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'checks',
		files: /^nodes\/shared\/checks\//,
		mayImport: [...basics, 'addresses', 'media', 'provider contract', 'request', 'download'],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'node core',
		files: /^nodes\/shared\/node\//,
		mayImport: [
			...basics,
			'clock',
			'addresses',
			'provider contract',
			'provider list',
			'request',
			'download',
			'media',
			'estimate',
		],
		n8nWorkflow: 'values',
	},
	{
		layer: 'film',
		files: /^nodes\/SeedanceFilm\/film\//,
		mayImport: [...basics, 'media'],
		n8nWorkflow: 'nothing',
	},
	{
		layer: 'nodes',
		files: /^nodes\/(?!shared\/)[^/]+\//,
		mayImport: [
			...basics,
			'addresses',
			'provider contract',
			'provider list',
			'request',
			'download',
			'wait',
			'callback',
			'media',
			'estimate',
			'checks',
			'node core',
			'film',
			// The columns of a price are the same in a credential and on the node.
			'price fields',
		],
		n8nWorkflow: 'values',
		// The fingerprint of a paid request.
		builtIns: ['crypto'],
	},
	{
		layer: 'simulator',
		files: /^simulator\//,
		mayImport: [],
		n8nWorkflow: 'nothing',
	},
];

const projectRoot = join(__dirname, '..');
const { config } = ts.readConfigFile(join(projectRoot, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
	config: unknown;
};
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, projectRoot);

interface Import {
	specifier: string;
	/** Path from the project root when the module is ours. */
	path: string | undefined;
	typesOnly: boolean;
}

interface Source {
	path: string;
	text: string;
	layer: Layer | undefined;
	imports: Import[];
	identifiers: Set<string>;
}

const sources: Source[] = ts.sys
	.readDirectory(projectRoot, ['.ts'], undefined, ['nodes', 'credentials', 'simulator'])
	// Types of a library that has none, which are not shipped.
	.filter((file) => !file.endsWith('.d.ts'))
	.map(readSource);
/** What is never published: tools, tests, and what both stand on. */
const houseSources: Source[] = ts.sys
	.readDirectory(projectRoot, ['.ts'], ['**/node_modules', 'test/e2e/output'], ['harness', 'scripts', 'test'])
	.map(readSource);
const sourceOf = new Map([...sources, ...houseSources].map((source) => [source.path, source]));
const shipped = sources.filter(({ path }) => /^(?:nodes|credentials)\//.test(path));

function readSource(file: string): Source {
	const text = ts.sys.readFile(file) ?? '';
	const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
	const imports: Import[] = [];
	const identifiers = new Set<string>();
	const addImport = (specifier: ts.Node | undefined, typesOnly: boolean) => {
		if (!specifier || !ts.isStringLiteralLike(specifier)) return;
		const { resolvedModule } = ts.resolveModuleName(specifier.text, file, options, ts.sys);
		const isOurs = resolvedModule && !resolvedModule.isExternalLibraryImport;
		imports.push({
			specifier: specifier.text,
			path: isOurs ? fromRoot(resolvedModule.resolvedFileName) : undefined,
			typesOnly,
		});
	};
	const visit = (node: ts.Node) => {
		if (ts.isIdentifier(node)) identifiers.add(node.text);
		if (ts.isImportDeclaration(node)) addImport(node.moduleSpecifier, importsTypesOnly(node));
		if (ts.isExportDeclaration(node)) addImport(node.moduleSpecifier, node.isTypeOnly);
		if (ts.isExternalModuleReference(node)) addImport(node.expression, false);
		if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
			addImport(node.argument.literal, true);
		}
		if (ts.isCallExpression(node) && /^(?:require|import)$/.test(node.expression.getText())) {
			addImport(node.arguments[0], false);
		}
		ts.forEachChild(node, visit);
	};
	visit(tree);
	const path = fromRoot(file);
	return { path, text, layer: layerOf(path), imports, identifiers };
}

function importsTypesOnly({ importClause }: ts.ImportDeclaration): boolean {
	if (!importClause) return false;
	if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
	const { name, namedBindings } = importClause;
	return (
		!name &&
		namedBindings !== undefined &&
		ts.isNamedImports(namedBindings) &&
		namedBindings.elements.every((element) => element.isTypeOnly)
	);
}

function fromRoot(file: string): string {
	return relative(projectRoot, file).split(sep).join('/');
}

/** The first rule that fits, so that a special file comes before the folder it lies in. */
function layerOf(path: string): Layer | undefined {
	return rules.find(({ files }) => files.test(path))?.layer;
}

/** One line for each import that a rule forbids. */
function offendingImports(files: Source[], isAllowed: (found: Import, source: Source) => boolean) {
	return files.flatMap((source) =>
		source.imports
			.filter((found) => !isAllowed(found, source))
			.map(({ specifier, typesOnly }) => `${source.path}: ${typesOnly ? 'type ' : ''}${specifier}`),
	);
}

function filesThat(files: Source[], isOffending: (source: Source) => boolean) {
	return files.filter(isOffending).map(({ path }) => path);
}

const inLayer = (...layers: Layer[]) => {
	const found = sources.filter(({ layer }) => layer && layers.includes(layer));
	if (found.length === 0) throw new Error(`There is no source in ${layers.join(', ')}`);
	return found;
};

describe('who may import what', () => {
	it('puts every file into a layer', () => {
		expect(filesThat(sources, ({ layer }) => layer === undefined)).toEqual([]);
	});

	it.each(rules)('$layer imports only the layers below it', (rule) => {
		const { layer, mayImport, mayImportTypesOf = [] } = rule;
		const offending = offendingImports(inLayer(layer), ({ path, typesOnly }) => {
			if (path === undefined) return true;
			const target = layerOf(path);
			if (target === undefined) return false;
			if (target === layer || mayImport.includes(target)) return true;
			return typesOnly && mayImportTypesOf.includes(target);
		});
		expect(offending).toEqual([]);
	});

	it.each(rules.filter(({ layer }) => layer !== 'simulator'))(
		'$layer takes from n8n-workflow $n8nWorkflow and from other packages only what the table grants',
		({ layer, n8nWorkflow, builtIns = [], bundles = [] }) => {
			const offending = offendingImports(inLayer(layer), ({ specifier, path, typesOnly }) => {
				if (path !== undefined || builtIns.includes(specifier)) return true;
				if (bundles.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return true;
				if (specifier !== 'n8n-workflow' || n8nWorkflow === 'nothing') return false;
				return typesOnly || n8nWorkflow === 'values';
			});
			expect(offending).toEqual([]);
		},
	);

	it('lets no shipped module import itself through others, not even its types', () => {
		expect(importCycles(shipped, () => true)).toEqual([]);
	});

	it('lets no module of the simulator import itself through others, not even its types', () => {
		expect(importCycles(inLayer('simulator'), () => true)).toEqual([]);
	});

	it('has no module in nodes/ that no node uses', () => {
		const used = new Set<string>();
		const entryPoints = shipped.filter(({ path }) => /\.(?:node|credentials)\.ts$/.test(path));
		for (const { path } of entryPoints) walkImports(path, used);
		expect(filesThat(shipped, ({ path }) => !used.has(path))).toEqual([]);
	});
});

/** Adds a module and all it imports, directly or not, to `seen`. */
function walkImports(path: string, seen: Set<string>) {
	if (seen.has(path)) return;
	seen.add(path);
	for (const found of sourceOf.get(path)?.imports ?? []) {
		if (found.path !== undefined) walkImports(found.path, seen);
	}
}

/** Each cycle once, as `a → b → a`. */
function importCycles(files: Source[], counts: (found: Import) => boolean): string[] {
	const finished = new Set<string>();
	const cycles: string[] = [];
	const visit = (path: string, trail: string[]) => {
		if (finished.has(path)) return;
		if (trail.includes(path)) {
			cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
			return;
		}
		for (const found of sourceOf.get(path)?.imports.filter(counts) ?? []) {
			if (found.path !== undefined) visit(found.path, [...trail, path]);
		}
		finished.add(path);
	};
	for (const { path } of files) visit(path, []);
	return cycles;
}

describe('providers', () => {
	const list = sourceOf.get('nodes/shared/providers/index.ts');
	const adapters = (list?.imports ?? []).flatMap(({ path, typesOnly }) =>
		path !== undefined && !typesOnly ? [path] : [],
	);

	it('keeps an adapter from importing another adapter', () => {
		expect(adapters.length).toBeGreaterThan(1);
		const offending = offendingImports(
			inLayer('provider adapters'),
			({ path }) => path === undefined || !adapters.includes(path),
		);
		expect(offending).toEqual([]);
	});

	it('puts IDs into paths in one place, so that none can make a path another one', () => {
		const encoding = shipped.filter(({ identifiers }) => identifiers.has('encodeURIComponent')).map(({ path }) => path);
		// The other one signs the query that is there.
		expect(encoding.sort()).toEqual(['credentials/signRequest.ts', 'nodes/shared/providers/adapter.ts']);
		const filling = filesThat(inLayer('provider adapters'), ({ text }) => /\bpath: `/.test(text.replace(/path: `\/(?:volc\/asset\/|\?Action=)\$\{action\}/, '')));
		expect(filling).toEqual([]);
	});

	it('reads words off the wire by tables that know no words but their own', () => {
		const offending = shipped.flatMap(({ path, text }) => {
			const tables = text.match(/^(?:export )?const \w+: Readonly<Record<string, .*/gm) ?? [];
			return tables.map((table) => `${path}: ${table}`);
		});
		expect(offending).toEqual([]);
	});

	it('keeps adapters pure: no network, no clock, no chance, no environment', () => {
		const impure = ['fetch', 'helpers', 'performance', 'random', 'crypto', 'process', 'globalThis'];
		// Date.parse() reads a text and no clock.
		const clock = /\bDate\b(?!\.parse\()/;
		const offending = filesThat(
			inLayer('provider adapters', 'provider contract'),
			({ identifiers, text }) => impure.some((name) => identifiers.has(name)) || clock.test(text),
		);
		expect(offending).toEqual([]);
	});
});

describe('nodes', () => {
	const nodeFolder = (path: string) => /^nodes\/[^/]+\//.exec(path)?.[0] ?? '';

	it('has one size of a megabyte', () => {
		const writesBytes = shipped.filter(({ text }) => /\b(?:1_?000_?000|1_?048_?576|1e6)\b|\b(?:1_?024|1_?000) \* 1|\b2 \*\* 20\b/.test(text)).map(({ path }) => path);
		expect(writesBytes).toEqual([
			'nodes/shared/quantities.ts',
			// A price per million tokens.
			'nodes/shared/estimate/estimate.ts',
			// The balance of Test Mode.
			'nodes/shared/testMode/world.ts',
		]);
	});

	it('keeps a node from importing the folder of another node', () => {
		const offending = offendingImports(inLayer('nodes', 'film'), ({ path }, source) => {
			const isOfANode = path !== undefined && !path.startsWith('nodes/shared/') && path.startsWith('nodes/');
			return !isOfANode || nodeFolder(path) === nodeFolder(source.path);
		});
		expect(offending).toEqual([]);
	});

	it('keeps node classes at 45 lines or fewer: a description and a list of operations', () => {
		const classes = inLayer('nodes').filter(({ path }) => path.endsWith('.node.ts'));
		expect(classes).toHaveLength(manifest.n8n.nodes.length);
		expect(filesThat(classes, ({ text }) => text.trimEnd().split('\n').length > 45)).toEqual([]);
	});
});

describe('the network', () => {
	it('has one door for calls and one for files: no other folder knows of httpRequest', () => {
		const knowing = sources.filter(({ text }) => /\bhttpRequest/.test(text)).map(({ path }) => dirname(path));
		expect(new Set(knowing)).toEqual(new Set(['nodes/shared/request', 'nodes/shared/download']));
	});

	it('has one guard for the addresses that others give: no other file judges what an address is', () => {
		const judges = shipped.filter(({ text }) => /https\?:|\.protocol\b|\.hostname\b/.test(text)).map(({ path }) => path);
		expect(judges).toEqual([
			// Where a comma in a list ends an address.
			'nodes/SeedanceGenerate/references/readSources.ts',
			// How a web address begins.
			'nodes/shared/parseUrl.ts',
			'nodes/shared/publicUrl.ts',
			// What in a prompt is an address and cites nothing.
			'nodes/shared/checks/checkVideoTaskInput.ts',
			// The base URL of a credential, which may be private.
			'nodes/shared/request/connection.ts',
		]);
	});

	it('never asks `URL.canParse`, which is wrong in Node 20; see `parseUrl`', () => {
		expect(filesThat(shipped, ({ identifiers }) => identifiers.has('canParse'))).toEqual([]);
	});

	it('asks the addresses that others give in one file, which asks the guard before each request', () => {
		const asking = inLayer('download').filter(({ text }) => /helpers\.httpRequest\(/.test(text)).map(({ path }) => path);
		expect(asking).toEqual(['nodes/shared/download/openFile.ts']);
	});

	it('is reached through n8n, never around it', () => {
		const around = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'require'];
		expect(filesThat(shipped, ({ identifiers }) => around.some((name) => identifiers.has(name)))).toEqual([]);
	});

	it('gives a link to a file no credential: the folder that downloads knows none', () => {
		const files = inLayer('download');
		expect(files.some(({ identifiers }) => identifiers.has('httpRequest'))).toBe(true);
		for (const { identifiers } of files) {
			const known = [...identifiers].filter((name) => /credential|authentic|secret|apiKey|connection/i.test(name));
			expect(known).toEqual([]);
		}
		const offending = offendingImports(files, ({ path }) => path !== 'nodes/shared/request/connection.ts');
		expect(offending).toEqual([]);
	});
});

describe('the simulator', () => {
	it('takes only Node and development dependencies, nothing of n8n', () => {
		const libraries = Object.keys(manifest.devDependencies).filter((name) => !name.includes('n8n'));
		const offending = offendingImports(inLayer('simulator'), ({ specifier, path }) => {
			return (
				path !== undefined ||
				builtinModules.includes(specifier.replace(/^node:/, '')) ||
				libraries.some((name) => specifier === name || specifier.startsWith(`${name}/`))
			);
		});
		expect(offending).toEqual([]);
	});

	it('is unknown to what is shipped', () => {
		expect(filesThat(shipped, ({ text }) => /simulator/i.test(text))).toEqual([]);
	});
});

describe('the back of the house', () => {
	const shared = ['nodes', 'credentials', 'simulator', 'harness'];
	const folderOf = (path: string) => /^[^/]+(?=\/)/.exec(path)?.[0];

	it.each([
		['harness', shared],
		['scripts', [...shared, 'scripts']],
		['test', [...shared, 'test']],
	])('%s/ stands on %j alone, and tests and scripts do not import each other', (folder, mayImport) => {
		const files = houseSources.filter(({ path }) => folderOf(path) === folder);
		expect(files.length).toBeGreaterThan(5);
		const offending = offendingImports(files, ({ path }, source) => {
			const target = path === undefined ? undefined : folderOf(path);
			if (target === undefined || mayImport.includes(target)) return true;
			// The tests of the scripts.
			return target === 'scripts' && source.path.startsWith('test/scripts/');
		});
		expect(offending).toEqual([]);
	});

	it('lets no module import itself through others, not even its types', () => {
		expect(importCycles(houseSources, () => true)).toEqual([]);
	});
});
