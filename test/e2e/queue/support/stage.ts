import { join } from 'node:path';
import type { FormData } from 'undici';
import { saveCredentials } from '../../../../harness/n8n/examples';
import type { Execution, WorkflowNode } from '../../../../harness/n8n/n8nClient';
import { until } from '../../../../harness/n8n/until';
import type { WorkflowBuilder } from '../../../../harness/n8n/workflow';
import { startSimulator, type Simulator } from '../../../../simulator';
import { startCluster, type Cluster } from './cluster';
import { outputFolder } from './globalSetup';

export type Credentials = NonNullable<WorkflowNode['credentials']>;

export interface StageOptions {
	/** How long a generation is queued and runs, in real seconds, unless they are skipped. */
	taskSeconds: { queue: number; run: number };
	/** Path of an MP4 that is every video. Default: videos are made of the requests. */
	videoFile?: string;
	/** Additional environment variables of every n8n process. */
	env?: Record<string, string>;
}

/** A cluster of n8n and the simulated providers, which call webhooks by themselves. */
export class QueueStage {
	private constructor(
		readonly cluster: Cluster,
		readonly simulator: Simulator,
		/** Of AnyFast. */
		readonly credentials: Credentials,
		/** Of Apiframe, which calls when a task has ended. */
		readonly callingCredentials: Credentials,
		private readonly clock: { skippedMs: number },
	) {}

	static async set(name: string, { taskSeconds, videoFile, env }: StageOptions): Promise<QueueStage> {
		const packageTarball = process.env.SEEDANCE_PACKAGE_TARBALL;
		if (packageTarball === undefined) throw new Error('Start the tests with: npm run test:queue');
		const clock = { skippedMs: 0 };
		const simulator = await startSimulator({
			now: () => Date.now() + clock.skippedMs,
			taskQueueSeconds: taskSeconds.queue,
			taskRunSeconds: taskSeconds.run,
			videoFile,
			webhooks: 'automatic',
			// Hundreds of calls in a second are answered one after the other where all runs on two cores.
			webhookTimeoutSeconds: 60,
		});
		try {
			const cluster = await startCluster({ folder: join(outputFolder, name), packageTarball, env });
			const saved = await saveCredentials(cluster.client, simulator);
			const [anyfast = {}, apiframe = {}] = [saved.get('anyfast'), saved.get('apiframe')];
			return new QueueStage(cluster, simulator, anyfast, apiframe, clock);
		} catch (error) {
			await simulator.close();
			throw error;
		}
	}

	/** Lets time pass for the providers, and for them alone. */
	skip(seconds: number): void {
		this.clock.skippedMs += seconds * 1000;
	}

	async close(): Promise<void> {
		await this.cluster.stop();
		await this.simulator.close();
	}

	/** Saves and activates a workflow. Returns its ID. */
	async activate(builder: WorkflowBuilder): Promise<string> {
		const workflowId = await this.cluster.client.createWorkflow(builder.build());
		await this.cluster.client.activate(workflowId);
		return workflowId;
	}

	/** Runs a new workflow once, to its end. Gives the execution and what its webhook answered. */
	async run(
		builder: WorkflowBuilder,
		body?: FormData,
	): Promise<{ execution: Execution; answer: Buffer }> {
		const workflowId = await this.activate(builder);
		const answer = await this.cluster.client.callWebhook(builder.webhookPath, body);
		const [execution] = await this.executionsOf(workflowId, 1);
		if (execution === undefined) throw new Error('No execution');
		return { execution, answer };
	}

	/** Waits until so many executions of a workflow have ended. */
	async executionsOf(workflowId: string, count: number, timeoutMs = 120_000): Promise<Execution[]> {
		const ended = `"workflowId" = '${workflowId}' and status not in ('new', 'running', 'waiting')`;
		const ids = await until(
			`${count} executions to end`,
			async () => {
				const rows = await this.cluster.query(`select id from execution_entity where ${ended} order by id`);
				return rows.length >= count ? rows : undefined;
			},
			timeoutMs,
		).catch(async (error: Error) => {
			const states = `select status || ': ' || count(*) from execution_entity where "workflowId" = '${workflowId}' group by status`;
			const counts = await this.cluster.query(states);
			throw new Error(`${error.message}; ${counts.join(', ')}`, { cause: error });
		});
		return await Promise.all(ids.map(async (id) => await this.cluster.client.execution(id)));
	}

	/** How many executions of a workflow are suspended. */
	async waitingCount(workflowId: string): Promise<number> {
		const waiting = `"workflowId" = '${workflowId}' and status = 'waiting'`;
		return Number(await this.cluster.query(`select count(*) from execution_entity where ${waiting}`));
	}

	/** Waits until so many executions of a workflow are suspended at the same time. */
	async putAside(workflowId: string, count: number): Promise<void> {
		await until(
			`${count} executions to be suspended`,
			async () => ((await this.waitingCount(workflowId)) === count ? true : undefined),
			30_000,
		);
	}

	/** Waits until the provider has accepted so many generations. Gives their task IDs. */
	async paid(count: number, timeoutMs = 30_000): Promise<string[]> {
		return await until(
			`${count} bills`,
			() => (this.taskIds.length >= count ? this.taskIds : undefined),
			timeoutMs,
		);
	}

	/** Of every generation that was paid, in the order of the bills. */
	get taskIds(): string[] {
		return this.simulator.ledger.filter(({ kind }) => kind === 'generation').map(({ id }) => id);
	}
}
