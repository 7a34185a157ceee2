import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startN8nProcess, type N8nProcess, type N8nProcessOptions } from '../../support/n8n';
import { N8nClient } from '../../support/n8nClient';
import { freePort } from '../../support/process';
import { startPostgres } from './postgres';
import { startRedis } from './redis';

export const concurrencyOfWorker = 5;

export interface ClusterOptions {
	/** Logs, and one user folder for each process, as if each ran on a host of its own. */
	folder: string;
	/** What `npm pack` made. */
	packageTarball: string;
	/** Default 2. */
	workers?: number;
	/** Further environment variables of every n8n process. */
	env?: Record<string, string>;
}

/** n8n in queue mode: a main, workers and a webhook process on one Postgres and one Redis. */
export interface Cluster {
	/** The main's REST interface; webhooks go to the webhook process. Logged in as the owner. */
	client: N8nClient;
	webhookUrl: string;
	/** `worker-1` … in the order of their start. */
	workers: N8nProcess[];
	/** One more worker. */
	addWorker(): Promise<N8nProcess>;
	/** Stops the main, and starts it again on its data. */
	restartMain(): Promise<void>;
	/** Reads n8n's database. */
	query(statement: string): Promise<string[]>;
	stop(): Promise<void>;
}

/** Starts a whole cluster, and sets up n8n's owner account. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
	const { folder, packageTarball, workers: workerCount = 2 } = options;
	/** In the order of their start; they stop in the opposite order. */
	const running: Array<{ stop(): Promise<void> }> = [];
	const stop = async () => {
		for (const service of running.splice(0).reverse()) await service.stop();
	};
	const keep = <Service extends { stop(): Promise<void> }>(service: Service): Service => {
		running.push(service);
		return service;
	};
	try {
		await mkdir(folder, { recursive: true });
		const redis = keep(await startRedis(join(folder, 'redis.log')));
		const postgres = keep(await startPostgres(join(folder, 'postgres.log')));
		const webhookPort = await freePort();
		const webhookUrl = `http://127.0.0.1:${webhookPort}`;
		const env = {
			EXECUTIONS_MODE: 'queue',
			N8N_ENCRYPTION_KEY: randomBytes(24).toString('hex'),
			// Production webhooks belong to the webhook process alone.
			N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true',
			WEBHOOK_URL: `${webhookUrl}/`,
			...redis.env,
			...postgres.env,
			...options.env,
		};
		const start = async (name: string, process: Partial<N8nProcessOptions> = {}) =>
			keep(await startN8nProcess({ folder: join(folder, name), packageTarball, env, ...process }));

		let main = await start('main');
		const client = new N8nClient(main.baseUrl, webhookUrl);
		await client.logIn();
		await start('webhook', { command: 'webhook', port: webhookPort });
		const workers: N8nProcess[] = [];
		const addWorker = async () => {
			const args = [`--concurrency=${concurrencyOfWorker}`];
			const worker = await start(`worker-${workers.length + 1}`, { command: 'worker', args });
			workers.push(worker);
			return worker;
		};
		for (let count = 0; count < workerCount; count++) await addWorker();
		return {
			client,
			webhookUrl,
			workers,
			addWorker,
			async restartMain() {
				await main.stop();
				main = await start('main', { port: main.port });
			},
			query: postgres.query,
			stop,
		};
	} catch (error) {
		await stop();
		throw error;
	}
}
