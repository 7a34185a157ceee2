import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startN8nProcess, type N8nProcess, type N8nProcessOptions } from '../../../../harness/n8n/n8n';
import { N8nClient } from '../../../../harness/n8n/n8nClient';
import { freePort } from '../../../../harness/n8n/process';
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
	/** Additional environment variables of every n8n process. */
	env?: Record<string, string>;
}

/** n8n in queue mode: a main, workers and a webhook process on one Postgres and one Redis. */
export interface Cluster {
	/** The main's REST interface; webhooks go to the webhook process. Logged in as the owner. */
	client: N8nClient;
	webhookUrl: string;
	main: Member;
	webhook: Member;
	/** Their names are `worker-1`, `worker-2` … */
	workers: Member[];
	/** Asks n8n's database; the rows with `|` between their columns. */
	query(statement: string): Promise<string[]>;
	/** How many executions the workers hold, as far as n8n has noticed. */
	activeJobs(): Promise<number>;
	stop(): Promise<void>;
}

/** A process of the cluster, which can be lost and started again at its address, with its folder. */
export class Member {
	private process: N8nProcess | undefined;

	constructor(
		readonly name: string,
		private readonly options: N8nProcessOptions,
	) {}

	async start(): Promise<void> {
		this.process = await startN8nProcess(this.options);
	}

	async stop(): Promise<void> {
		await this.process?.stop();
	}

	/** Ends it as a power failure would. */
	async kill(): Promise<void> {
		await this.process?.kill();
	}

	/** What it has logged since it was last started. */
	async log(): Promise<string> {
		return await readFile(join(this.options.folder, 'n8n.log'), 'utf8');
	}

	/** Whether it is a worker that has begun or resumed this execution. */
	async hasRun(executionId: string): Promise<boolean> {
		return (await this.log()).includes(`Worker started execution ${executionId} (`);
	}
}

/** Starts a whole cluster, and sets up n8n's owner account. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
	const { folder, packageTarball, workers: workerCount = 2 } = options;
	const members: Member[] = [];
	/** What the members need, in the order of their start; they stop in the opposite order. */
	const services: Array<{ stop(): Promise<void> }> = [];
	const stop = async () => {
		await Promise.all(members.splice(0).map(async (member) => await member.stop()));
		for (const service of services.splice(0).reverse()) await service.stop();
	};
	const keep = <Service extends { stop(): Promise<void> }>(service: Service): Service => {
		services.push(service);
		return service;
	};
	try {
		await mkdir(folder, { recursive: true });
		const redis = keep(await startRedis(join(folder, 'redis.log')));
		const postgres = keep(await startPostgres(join(folder, 'postgres.log')));
		const mainPort = await freePort();
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
		const makeMember = (name: string, process: Partial<N8nProcessOptions>) => {
			const member = new Member(name, { folder: join(folder, name), packageTarball, env, ...process });
			members.push(member);
			return member;
		};

		// It makes the tables, which the others need.
		const main = makeMember('main', { port: mainPort });
		await main.start();
		const client = new N8nClient(`http://127.0.0.1:${mainPort}`, webhookUrl);
		await client.logIn();
		const webhook = makeMember('webhook', { command: 'webhook', port: webhookPort });
		const args = [`--concurrency=${concurrencyOfWorker}`];
		const workers = Array.from({ length: workerCount }, (_, index) =>
			makeMember(`worker-${index + 1}`, { command: 'worker', args }),
		);
		await startAll([webhook, ...workers]);
		const { query } = postgres;
		const { activeJobs } = redis;
		return { client, webhookUrl, main, webhook, workers, query, activeJobs, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

/** @throws what the first one threw, once all have started or failed, so that none is left starting */
async function startAll(members: Member[]): Promise<void> {
	const starts = await Promise.allSettled(members.map(async (member) => await member.start()));
	for (const start of starts) if (start.status === 'rejected') throw start.reason;
}
