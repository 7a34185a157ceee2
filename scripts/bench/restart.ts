import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startN8n, type N8nOptions } from '../../harness/n8n/n8n';
import type { N8nClient } from '../../harness/n8n/n8nClient';
import { contenders, type Contender, foundAgain } from './contenders';
import { Trial } from './trial';

export interface RestartRow {
	contender: Contender;
	/** Of the execution that was waiting. */
	status: string;
	/** From the end of the job to its download, if that came. */
	lagMs?: number;
	/** Whether the log of the n8n that was stopped names the job. */
	isInLog: boolean;
	bills: number;
	/** What Retry in the list of executions does, where the execution has not ended well. */
	retry?: { status: string; bills: number; hasFile: boolean; namesJob: boolean };
}

/** Stops n8n in the middle of the wait, as a deployment does, and starts it again. */
export async function measureRestart(
	n8nOptions: N8nOptions,
	{ jobSeconds, afterSeconds, videoFile }: { jobSeconds: number; afterSeconds: number; videoFile: string },
): Promise<RestartRow[]> {
	let n8n = await startN8n(n8nOptions);
	const trials: Trial[] = [];
	try {
		const { client } = n8n;
		for (const contender of [foundAgain, ...contenders]) {
			trials.push(await Trial.open(client, contender, { jobSeconds, videoFile }));
		}
		await Promise.all(trials.map(async (trial) => await trial.start(client)));
		await Promise.all(trials.map(async (trial) => await trial.untilAccepted()));
		await delay(afterSeconds * 1000);
		await n8n.stop();
		const log = await readFile(join(n8nOptions.folder, 'n8n.log'), 'utf8');
		n8n = await startN8n({ ...n8nOptions, port: n8n.port });
		const { client: newClient } = n8n;
		return await Promise.all(trials.map(async (trial) => await rowOf(newClient, trial, log)));
	} finally {
		await n8n.stop();
		await Promise.all(trials.map(async (trial) => await trial.close()));
	}
}

async function rowOf(client: N8nClient, trial: Trial, log: string): Promise<RestartRow> {
	await trial.untilEnded(client);
	const { jobs, executions: [execution] } = await trial.facts(client);
	const job = jobs[0];
	if (!execution || !job) throw new Error(`"${trial.contender.name}" has submitted nothing`);
	const row = {
		contender: trial.contender,
		status: execution.status,
		lagMs: job.fileAtMs === undefined ? undefined : job.fileAtMs - job.endedAtMs,
		isInLog: log.includes(job.id),
		bills: jobs.length,
	};
	if (execution.status === 'success') return row;
	const retried = await client.retry(execution.id, trial.workflowId, retryTimeoutMs);
	const { jobs: allJobs } = await trial.facts(client);
	return {
		...row,
		retry: {
			status: retried.status,
			bills: allJobs.length,
			hasFile: allJobs.some(({ fileAtMs }) => fileAtMs !== undefined),
			namesJob: retried.raw.includes(job.id),
		},
	};
}

const retryTimeoutMs = 10 * 60_000;
