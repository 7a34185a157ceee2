import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { transformFile } from '@swc/core';
import { startN8n, type RunningN8n } from '../../harness/n8n/n8n';
import { outputFolder } from './support/globalSetup';
import { performInHarness, performInN8n, type Identity, type Transcript } from './support/performSuspension';
import { suspensions } from './support/suspensions';

/**
 * The tests of the nodes run on a harness that imitates how n8n resumes suspended executions. Here the same
 * small workflows run in a real n8n and on the harness, and all that can be seen of them has to be the same.
 */

const folder = join(outputFolder, 'waiting');
const seenFile = join(folder, 'seen.jsonl');
const nodesFolder = join(folder, 'nodes');
const timeoutMs = 300_000;

let n8n: RunningN8n | undefined;
let performed: Map<string, { transcript: Transcript; identity: Identity } | { failure: unknown }>;

beforeAll(async () => {
	const packageTarball = process.env.SEEDANCE_PACKAGE_TARBALL;
	if (packageTarball === undefined) throw new Error('Start the tests with: npm run test:e2e');
	await rm(folder, { recursive: true, force: true });
	await installNodes();
	n8n = await startN8n({
		folder,
		packageTarball,
		env: {
			N8N_CUSTOM_EXTENSIONS: nodesFolder,
			SUSPENDING_SEEN_FILE: seenFile,
			N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
			// Else refusals tell where in n8n they were made.
			NODE_ENV: 'production',
		},
	});
	const { client } = n8n;
	// All at once, as n8n checks once a minute which executions are due.
	performed = new Map(
		await Promise.all(
			suspensions.map(async (suspension, index) => {
				const outcome = await performInN8n(client, seenFile, suspension, `suspension-${index}`).catch(
					(failure: unknown) => ({ failure }),
				);
				return [suspension.name, outcome] as const;
			}),
		),
	);
}, timeoutMs);

afterAll(async () => {
	await n8n?.stop();
});

/** Where n8n loads nodes from that are in no package: each class from the file of its name. */
async function installNodes(): Promise<void> {
	await mkdir(nodesFolder, { recursive: true });
	const source = resolve(__dirname, '../support/suspending/nodes.ts');
	const { code } = await transformFile(source, {
		jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
		module: { type: 'commonjs' },
	});
	await writeFile(join(nodesFolder, 'nodes.js'), code);
	for (const name of ['Start', 'Suspending', 'Echo']) {
		await writeFile(join(nodesFolder, `${name}.node.js`), `exports.${name} = require('./nodes.js').${name};\n`);
	}
	await writeFile(seenFile, '');
}

it.each(suspensions)('the harness resumes as n8n does: $name', async (suspension) => {
	const outcome = performed.get(suspension.name);
	if (!outcome || 'failure' in outcome) throw new Error('n8n did not get through', { cause: outcome?.failure });
	const { transcript, identity } = outcome;
	expect(await performInHarness(suspension, identity)).toEqual(transcript);
});
