/** `npm run bench:queue`: puts what the last run of the tests measured into docs/benchmarks.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, platform, release } from 'node:os';
import { join } from 'node:path';
import { dependencies } from '../../harness/n8n/package.json';
import { repositoryFolder } from '../../harness/n8n/packedPackage';
import { type Figures, readFigures } from '../../harness/n8n/queueFigures';
import { withGeneratedPart } from '../generatedPart';

const documentFile = 'docs/benchmarks.md';
const part = { file: documentFile, name: 'queue', command: 'npm run bench:queue' };

function describe({ measuredAtMs, ways }: Figures): string {
	const [{ executions, slots, taskSeconds }] = ways;
	const header = [
		'',
		'Total (s)',
		`Queued for ${slots} slots, at best (s)`,
		'Waiting at once, workers idle',
		'Status requests',
		'Bills',
		'Files',
	];
	const rows = ways.map((way) => [
		way.way,
		`**${way.totalSeconds.toFixed(0)}**`,
		String((way.executions / way.slots) * way.taskSeconds),
		String(way.waitingAtOnce),
		String(way.statusRequests),
		String(way.bills),
		String(way.files),
	]);
	const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
	const date = new Date(measuredAtMs).toISOString().slice(0, 10);
	return [
		`${executions} webhooks called at once, one execution each with one task of ${taskSeconds} s; n8n ${dependencies.n8n} with a main,`,
		`a webhook process and two workers, ${slots} slots in all, on one Postgres and one Redis. Measured on ${date},`,
		`all on one machine: ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${platform()} ${release()}.`,
		'',
		line(header),
		line(header.map((_, index) => (index === 0 ? '---' : '--:'))),
		...rows.map(line),
		'',
		'From the first call of a webhook to the end of the last execution, which has its video from the database. Queued:',
		'the time that executions that hold their slot would take if nothing else took any time. Pause Between Checks',
		'checks once when the task is new and once 61 s later, as n8n resumes executions no sooner than a minute after.',
		'On two cores n8n takes longer than a few seconds to answer 200 calls at once; the simulated provider waits',
		'that long. A provider that does not calls again a few times, and what it gives up is resumed at the time-out.',
	].join('\n');
}

async function main(): Promise<void> {
	const file = join(repositoryFolder, documentFile);
	const document = await readFile(file, 'utf8');
	await writeFile(file, withGeneratedPart(document, part, describe(await readFigures())));
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
