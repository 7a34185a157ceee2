import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until';

export const runProgram = promisify(execFile);

/**
 * Below the ports that systems hand out by themselves, from 32768 on: a program takes seconds to listen,
 * and nothing else gets its port by chance meanwhile.
 */
const ownPorts = { first: 20_000, end: 32_000 };

/** A port of 127.0.0.1 that nobody listens on at this moment; `preferred` if it is one. */
export async function freePort(preferred = randomInt(ownPorts.first, ownPorts.end)): Promise<number> {
	const server = createServer();
	try {
		server.listen(preferred, '127.0.0.1');
		await once(server, 'listening');
	} catch {
		return await freePort();
	}
	server.close();
	await once(server, 'close');
	return preferred;
}

/** Asks the process to end, and ends it when it has not after `graceMs`. Returns when it is gone. */
export async function endProcess(child: ChildProcess, graceMs: number): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const gone = once(child, 'exit');
	const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
	child.kill('SIGTERM');
	await gone;
	clearTimeout(timer);
}

/** Of util-linux, which every Linux has: changes the user of a process, and ends it with its parent. */
const setpriv = '/usr/bin/setpriv';

/** What to put before a command so that it runs under another account, where the tests run as root. */
export function asAccount(account: string | undefined): string[] {
	if (account === undefined) return [];
	return [setpriv, `--reuid=${account}`, `--regid=${account}`, '--init-groups', '--'];
}

export interface ServiceOptions {
	/** What it is called in an error. */
	name: string;
	command: string;
	args: string[];
	cwd: string;
	env: NodeJS.ProcessEnv;
	/** Written anew. */
	logFile: string;
	isReady: () => Promise<boolean>;
	startTimeoutMs: number;
	/** How long it may take to end when asked. */
	stopGraceMs: number;
	/** The signal for when the tests die without stopping it. Default SIGKILL. */
	orphanSignal?: 'KILL' | 'QUIT';
	/** The system account to run under, where the tests run as root. Default: the account of the tests. */
	account?: string;
}

export interface Service {
	pid: number;
	stop(): Promise<void>;
	/** Ends it without a warning, as a power failure would. Returns when it is gone. */
	kill(): Promise<void>;
}

/**
 * Starts a program that serves until it is stopped, or until this process ends, however it ends.
 *
 * @throws Error with the end of its log when it does not become ready
 */
export async function startService(options: ServiceOptions): Promise<Service> {
	const { name, command, args, cwd, env, logFile, isReady, startTimeoutMs, stopGraceMs } = options;
	await mkdir(dirname(logFile), { recursive: true });
	const log = await open(logFile, 'w');
	const [program = command, ...programArgs] = [...guard(options), command, ...args];
	const child = spawn(program, programArgs, { cwd, env, stdio: ['ignore', log.fd, log.fd] });
	await log.close();
	const endWithParent = () => child.kill('SIGKILL');
	process.once('exit', endWithParent);

	const stop = async () => {
		await endProcess(child, stopGraceMs);
		process.off('exit', endWithParent);
	};
	try {
		const outcome = await until(
			`${name} to be ready`,
			async () => {
				if (child.exitCode !== null || child.signalCode !== null) return 'ended';
				return (await isReady()) ? 'ready' : undefined;
			},
			startTimeoutMs,
		);
		if (outcome === 'ended') throw new Error(`${name} ended with status ${child.exitCode}`);
		const { pid } = child;
		if (pid === undefined) throw new Error(`${name} is no process`);
		return {
			pid,
			stop,
			async kill() {
				child.kill('SIGKILL');
				await stop();
			},
		};
	} catch (cause) {
		await stop();
		const lastLines = (await readFile(logFile, 'utf8')).split('\n').slice(-20).join('\n');
		throw new Error(`${name} did not start. The end of its log:\n${lastLines}`, { cause });
	}
}

function guard({ account, orphanSignal = 'KILL' }: ServiceOptions): string[] {
	if (!existsSync(setpriv)) return [];
	return [...asAccount(account), setpriv, '--pdeathsig', orphanSignal, '--'];
}
