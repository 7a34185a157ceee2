import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asAccount, freePort, runProgram, startService } from '../../../../harness/n8n/process';

/** Debian's packages keep each major version apart, and none of it on the PATH. */
const versionsFolder = '/usr/lib/postgresql';

/** Postgres refuses to run as root; Debian's package brings this account. */
const account = process.getuid?.() === 0 ? 'postgres' : undefined;

const user = 'n8n';
const database = 'postgres';

/** A Postgres server with an empty database of n8n's, which is gone when it stops. */
export async function startPostgres(logFile: string) {
	const versions = (await readdir(versionsFolder)).sort((a, b) => Number(a) - Number(b));
	const programs = join(versionsFolder, versions.at(-1) ?? '', 'bin');
	// Not in the repository: its folders may be closed to the account.
	const folder = await mkdtemp(join(tmpdir(), 'seedance-postgres-'));
	const removeFolder = async () => await rm(folder, { recursive: true, force: true });
	try {
		await giveTo(account, folder);
		const initialise = join(programs, 'initdb');
		const [program = initialise, ...args] = [
			...asAccount(account),
			initialise,
			...['--pgdata', folder, '--username', user, '--auth', 'trust', '--encoding', 'UTF8'],
			...['--locale', 'C', '--no-sync'],
		];
		await runProgram(program, args, { cwd: folder });
		const port = await freePort();
		const service = await startService({
			name: 'Postgres',
			command: join(programs, 'postgres'),
			args: [
				...['-D', folder, '-p', String(port), '-h', '127.0.0.1', '-k', ''],
				// The data need not survive a crash of the computer.
				...['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'],
			],
			cwd: folder,
			env: process.env,
			logFile,
			isReady: async () => {
				await runProgram(join(programs, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]);
				return true;
			},
			startTimeoutMs: 30_000,
			stopGraceMs: 10_000,
			// At once, with its own child processes.
			orphanSignal: 'QUIT',
			account,
		});
		return {
			env: {
				DB_TYPE: 'postgresdb',
				DB_POSTGRESDB_HOST: '127.0.0.1',
				DB_POSTGRESDB_PORT: String(port),
				DB_POSTGRESDB_USER: user,
				DB_POSTGRESDB_DATABASE: database,
			},
			/** Runs one statement; gives the rows with `|` between their columns. */
			async query(statement: string): Promise<string[]> {
				const { stdout } = await runProgram(join(programs, 'psql'), [
					...['-h', '127.0.0.1', '-p', String(port), '-U', user, '-d', database],
					...['-At', '-c', statement],
				]);
				return stdout.split('\n').filter((row) => row !== '');
			},
			async stop() {
				await service.stop();
				await removeFolder();
			},
		};
	} catch (error) {
		await removeFolder();
		throw error;
	}
}

async function giveTo(name: string | undefined, folder: string): Promise<void> {
	if (name === undefined) return;
	const idOf = async (option: string) => Number((await runProgram('id', [option, name])).stdout);
	await chown(folder, await idOf('-u'), await idOf('-g'));
}
