import { spawnSync } from 'node:child_process';

const maxAttempts = 3;

/**
 * Runs `npm ci`, again if it fails: with thousands of packages, a single failed download is common.
 * Ends the process if it never succeeds.
 */
export function npmCi(folder, args = []) {
	const command = ['ci', '--loglevel=error', ...args];
	for (let attempt = 1; attempt <= maxAttempts; attempt++) {
		console.log(`> npm ${command.join(' ')}`);
		const shell = process.platform === 'win32';
		const { status, error } = spawnSync('npm', command, { cwd: folder, stdio: 'inherit', shell });
		if (status === 0) return;
		console.error(`npm ci did not finish: ${error ? error.message : `exit code ${status}`}.`);
	}
	process.exit(1);
}
