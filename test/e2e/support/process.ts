import { type ChildProcess, execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { promisify } from 'node:util';

export const runProgram = promisify(execFile);

/** A port of 127.0.0.1 that nobody listens on at this moment; `preferred` if it is one. */
export async function freePort(preferred = 0): Promise<number> {
	const server = createServer();
	try {
		server.listen(preferred, '127.0.0.1');
		await once(server, 'listening');
	} catch (error) {
		if (preferred !== 0) return await freePort();
		throw error;
	}
	const address = server.address();
	server.close();
	await once(server, 'close');
	if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
	return address.port;
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
