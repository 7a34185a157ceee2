/**
 * Head of the npm scripts: brings node_modules in line with package-lock.json, so that every command
 * works on a fresh clone and after a pull. Plain Node on purpose: nothing is installed yet when it runs.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { npmCi } from '../harness/npmCi.mjs';

const projectRoot = fileURLToPath(new URL('..', import.meta.url));

const readPackages = (path) => JSON.parse(readFileSync(`${projectRoot}/${path}`, 'utf8')).packages;

/** Why `npm ci` is needed, or undefined. npm describes what it really installed in its hidden lock file. */
function reasonToInstall() {
	// npm writes it last, so an interrupted install is found out as well.
	if (!existsSync(`${projectRoot}/node_modules/.package-lock.json`)) {
		return 'nothing is installed yet';
	}
	const { '': root, ...wanted } = readPackages('package-lock.json');
	const installed = readPackages('node_modules/.package-lock.json');
	const isInPlace = ([path, { version, optional, devOptional }]) =>
		// Optional packages of other platforms are never there.
		path in installed ? installed[path].version === version : optional || devOptional;
	const matches =
		Object.entries(wanted).every(isInPlace) && Object.keys(installed).every((path) => path in wanted);
	return matches ? undefined : 'package-lock.json has changed';
}

const reason = reasonToInstall();
if (reason !== undefined) {
	console.log(`Installing what this package is developed and tested with, about a minute, once: ${reason}.`);
	// NODE_ENV=production must not leave out what the scripts run on.
	await npmCi(projectRoot, 'the development dependencies', ['--include=dev']);
}
