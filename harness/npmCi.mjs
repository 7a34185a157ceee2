import { runWithProgress } from './runWithProgress.mjs';

const maxAttempts = 3;

/**
 * Runs `npm ci`, again if it fails: with thousands of packages, a single failed download is common.
 * Ends the process if it never succeeds.
 *
 * @param what is installed, for the lines of progress
 */
export async function npmCi(folder, what, args = []) {
	const command = ['ci', '--loglevel=error', ...args];
	for (let attempt = 1; attempt <= maxAttempts; attempt++) {
		const outcome = await runWithProgress('npm', command, { cwd: folder, what: `downloading ${what}` });
		if (outcome === 0) return;
		console.error(`npm ci did not finish: ${outcome instanceof Error ? outcome.message : `exit code ${outcome}`}.`);
	}
	process.exit(1);
}
