/**
 * `npm run n8n`: a real n8n editor on this computer with the package, credentials for the simulated
 * providers and the example workflows in it. What you build there is kept in `.work/n8n`, and so is what the
 * simulated providers know: your workflows find their groups, assets and tasks again.
 */
import { join } from 'node:path';
import { makeMedia } from '../harness/media/exampleFiles';
import { readyExamples, saveCredentials } from '../harness/n8n/examples';
import { startN8n } from '../harness/n8n/n8n';
import { owner } from '../harness/n8n/n8nClient';
import { packPackage, repositoryFolder } from '../harness/n8n/packedPackage';
import { eachProvider } from '../harness/providers';
import { defaultApiKey, fixedPorts, startSimulator } from '../simulator';

const preferredPort = 5678;
/** A video takes 6.5 s, not 65 s. */
const timeScale = 10;

const folder = join(repositoryFolder, '.work', 'n8n');
const filesFolder = join(folder, 'files');

async function main(): Promise<void> {
	const stopped = new Promise<void>((resolve) => {
		process.once('SIGINT', resolve).once('SIGTERM', resolve);
	});
	say('Starting n8n with the package, about half a minute …');
	const packageTarball = await packPackage(join(folder, 'package'));
	await makeMedia(filesFolder);
	const simulator = await startSimulator({
		// So that credentials stay valid from one start to the next.
		ports: fixedPorts,
		apiKey: defaultApiKey,
		timeScale,
		stateFolder: join(folder, 'simulator'),
		webhooks: 'automatic',
		onBill: ({ provider, kind, model, id }) => say(`  ${provider} would have billed: ${kind} ${model} ${id}`),
	});
	try {
		const { client, port, stop } = await startN8n({
			folder,
			packageTarball,
			port: preferredPort,
			fileAccess: [filesFolder],
		});
		try {
			const credentials = await saveCredentials(client, simulator);
			const present = await client.workflowNames();
			const examples = await readyExamples(credentials);
			// The list of workflows begins with the newest.
			for (const example of examples.toReversed()) {
				if (!present.includes(example.name)) await client.createWorkflow(example);
			}
			say(
				[
					'',
					`  n8n        http://localhost:${port}/home/workflows`,
					`  e-mail     ${owner.email}`,
					`  password   ${owner.password}`,
					'',
					`  Open "${examples[0]?.name}" and press Execute workflow.`,
					'',
					'  Simulated: nothing leaves this computer, nothing is paid',
					...eachProvider.map(({ provider, displayName }) => {
						return `  ${displayName.padEnd(11)}${simulator.baseUrls[provider]}`;
					}),
					`  API key    ${simulator.apiKey}`,
					'',
					`  An image, a video and an audio file for the forms of the examples: ${filesFolder}`,
					'  Examples 03 and 10 to 14 need accounts of your own elsewhere; their notes say which.',
					`  A video takes about 20 seconds. What you build is kept in ${folder}`,
					'  Stop with Ctrl-C.',
					'',
				].join('\n'),
			);
			await stopped;
			say('Stopping …');
		} finally {
			await stop();
		}
	} finally {
		await simulator.close();
	}
}

function say(text: string): void {
	process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
