import { spawn } from 'node:child_process';

const defaultEveryMs = 15_000;

/**
 * Runs a command that takes minutes. A terminal shows what the command itself says; elsewhere a line tells every
 * 15 seconds how long it has been running, so that nobody takes it for dead.
 *
 * @param what completes "… still ", e.g. "downloading n8n"
 * @returns the exit status, or an Error if the command could not be started
 */
export async function runWithProgress(
	command,
	args,
	{ cwd, env = process.env, what, everyMs = defaultEveryMs, isTerminal = process.stdout.isTTY === true, say = console.log },
) {
	say(`> ${command} ${args.join(' ')}`);
	const startedMs = Date.now();
	const child = spawn(command, args, { cwd, env, stdio: 'inherit', shell: process.platform === 'win32' });
	const timer = isTerminal
		? undefined
		: setInterval(() => say(`… still ${what}, ${duration(Date.now() - startedMs)} so far`), everyMs);
	try {
		return await new Promise((resolve) => {
			child.once('error', resolve).once('exit', (status) => resolve(status ?? new Error('it was ended')));
		});
	} finally {
		clearInterval(timer);
	}
}

function duration(ms) {
	const seconds = Math.round(ms / 1000);
	return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
