import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, runProgram, startService } from '../../../../harness/n8n/process';

/** n8n's job queue, empty and in memory. */
export async function startRedis(logFile: string) {
	const port = await freePort();
	const folder = await mkdtemp(join(tmpdir(), 'seedance-redis-'));
	const isReady = async () => {
		const { stdout } = await runProgram('redis-cli', ['-p', String(port), 'ping']);
		return stdout.trim() === 'PONG';
	};
	const service = await startService({
		name: 'Redis',
		command: 'redis-server',
		args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
		cwd: folder,
		env: process.env,
		logFile,
		isReady,
		startTimeoutMs: 20_000,
		stopGraceMs: 5_000,
	});
	return {
		/** How many executions the workers hold, as far as n8n has noticed. */
		async activeJobs(): Promise<number> {
			const { stdout } = await runProgram('redis-cli', ['-p', String(port), 'llen', 'bull:jobs:active']);
			return Number(stdout);
		},
		env: { QUEUE_BULL_REDIS_HOST: '127.0.0.1', QUEUE_BULL_REDIS_PORT: String(port) },
		async stop() {
			await service.stop();
			await rm(folder, { recursive: true, force: true });
		},
	};
}
