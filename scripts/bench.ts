/**
 * `npm run bench`: this package side by side with the workflow that people build today, in a real n8n against
 * the simulated providers. Writes docs/benchmarks.md and its plot; `-- --quick` only shows that it works.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packPackage, repositoryFolder } from '../harness/n8n/packedPackage';
import { measure } from './bench/measure';
import { fullPlan, quickPlan } from './bench/plan';
import { writeReport } from './bench/write';

const workFolder = join(repositoryFolder, '.work', 'bench');

async function main(): Promise<void> {
	const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
	const startedAtMs = Date.now();
	const say = (text: string) => {
		const seconds = Math.round((Date.now() - startedAtMs) / 1000);
		process.stdout.write(`${String(seconds).padStart(5)} s  ${text}\n`);
	};
	const results = await measure({
		plan: values.quick ? quickPlan : fullPlan,
		folder: join(workFolder, 'run'),
		packageTarball: await packPackage(join(workFolder, 'package')),
		say,
	});
	const report = await writeReport(results, values.quick ? workFolder : join(repositoryFolder, 'docs'));
	say(`Written: ${report}`);
}

main().catch((error: unknown) => {
	console.error(error);
	// Other measurements would run for minutes; every n8n ends with this process.
	process.exit(1);
});
