/**
 * What people install, checked as n8n's reviewers check it: packs dist, unpacks the tarball, runs their scanner over
 * it and over the source, and checks its content. Offline; needs a finished `npm run build`.
 */
import { analyzePackage, SOURCE_FILE_PATTERNS } from '@n8n/scan-community-package/scanner/scanner.mjs';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** 60 kB of it are the sample videos of Test Mode. */
const MAXIMUM_TARBALL_BYTES = 300_000;
const REQUIRED_FILES = ['package.json', 'README.md', 'LICENSE.md', 'dist/THIRD-PARTY-NOTICES.md'];
const PUBLISHED_FILE =
	/^(?:package\.json|README\.md|LICENSE\.md|CHANGELOG\.md|dist\/THIRD-PARTY-NOTICES\.md|dist\/(?:nodes|credentials)\/.+\.(?:js|svg|node\.json))$/;
/** The scanner's own patterns for a published tarball. */
const TARBALL_FILE_PATTERNS = ['**/*.js', 'package.json'];

const projectRoot = fileURLToPath(new URL('..', import.meta.url));
const problems = [];

function pack(folder) {
	const output = execFileSync('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', folder], {
		cwd: projectRoot,
		encoding: 'utf8',
		shell: process.platform === 'win32',
	});
	const [tarball] = JSON.parse(output);
	execFileSync('tar', ['-xzf', tarball.filename], { cwd: folder });
	return tarball;
}

function checkContents({ size, files }) {
	if (size >= MAXIMUM_TARBALL_BYTES) {
		problems.push(`The tarball has ${size} bytes; the limit is ${MAXIMUM_TARBALL_BYTES}.`);
	}
	const missing = REQUIRED_FILES.filter((name) => !files.some(({ path }) => path === name));
	if (missing.length > 0) problems.push(`${missing.join(', ')} is missing from the tarball.`);
	for (const { path } of files) {
		if (!PUBLISHED_FILE.test(path)) problems.push(`${path} does not belong in the tarball.`);
	}
}

/** n8n gives these to every community node: its package, and what of Node its reviewers allow. */
const HOST_MODULES = ['n8n-workflow', 'crypto'];

/** A file that requires a development dependency passes n8n's scan, and fails where nothing but this package is installed. */
function checkRequires(packageFolder, files) {
	for (const { path } of files.filter(({ path }) => path.endsWith('.js'))) {
		const text = readFileSync(join(packageFolder, path), 'utf8');
		for (const [, name] of text.matchAll(/\brequire\(["']([^"'.][^"']*)["']\)/g)) {
			if (!HOST_MODULES.includes(name)) problems.push(`${path} requires ${name}, which is not in the package.`);
		}
	}
}

/** Loads every class n8n would load, and finds its icons where n8n would. */
function checkClasses(packageFolder, { nodes, credentials }) {
	const require = createRequire(import.meta.url);
	for (const path of [...nodes, ...credentials]) {
		const file = join(packageFolder, path);
		if (!existsSync(file)) {
			problems.push(`${path} is listed in package.json and missing from the tarball.`);
			continue;
		}
		const className = /([^/]+)\.(?:node|credentials)\.js$/.exec(path)[1];
		const instance = new (require(file)[className])();
		const icon = instance.description?.icon ?? instance.icon;
		for (const theme of ['light', 'dark']) {
			const iconFile = icon?.[theme]?.replace(/^file:/, '');
			if (!iconFile || !existsSync(resolve(dirname(file), iconFile))) {
				problems.push(`${path}: its ${theme} icon (${iconFile}) is missing from the tarball.`);
			}
		}
	}
}

async function scan(folder, filePatterns, what) {
	const { passed, message, details } = await analyzePackage(folder, filePatterns);
	if (!passed) problems.push(`Scan of the ${what}: ${details ?? message}`);
}

// Inside the project, so that the unpacked classes find n8n-workflow as they would in n8n.
mkdirSync(join(projectRoot, '.work'), { recursive: true });
const folder = mkdtempSync(join(projectRoot, '.work', 'package-'));
try {
	const tarball = pack(folder);
	const packageFolder = join(folder, 'package');
	const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
	checkContents(tarball);
	if (Object.keys(manifest.dependencies ?? {}).length > 0) {
		problems.push('package.json has run-time dependencies; n8n allows none.');
	}
	checkRequires(packageFolder, tarball.files);
	checkClasses(packageFolder, manifest.n8n);
	await scan(packageFolder, TARBALL_FILE_PATTERNS, 'tarball');
	await scan(projectRoot, SOURCE_FILE_PATTERNS, 'source');
	if (problems.length === 0) {
		console.log(`${tarball.filename}: ${tarball.files.length} files, ${tarball.size} bytes, no findings.`);
	}
} finally {
	rmSync(folder, { recursive: true });
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
