/**
 * Takes the pictures of the README from a real n8n editor, with an example workflow that has run:
 * `npm run build && node test/e2e/install.mjs && npx tsx scripts/pictures.ts`
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startSimulator } from '../simulator';
import { Editor } from '../test/e2e/support/editor';
import { readyExample, saveCredentials } from '../test/e2e/support/examples';
import { startN8n } from '../test/e2e/support/n8n';
import { packPackage, repositoryFolder } from '../test/e2e/support/package';
import { makeMedia } from './demo/media';

const folder = join(repositoryFolder, '.work', 'pictures');
const filesFolder = join(folder, 'files');
const executionTimeoutMs = 120_000;
const timeScale = 30;

async function main(): Promise<void> {
	await rm(folder, { recursive: true, force: true });
	await makeMedia(join(filesFolder, 'seedance'));
	const packageTarball = await packPackage(join(folder, 'package'));
	const simulator = await startSimulator({ timeScale });
	try {
		const n8n = await startN8n({ folder, packageTarball, fileAccess: [filesFolder] });
		try {
			const credentials = await saveCredentials(n8n.client, simulator);
			const example = await readyExample('02-consistent-character.json', filesFolder, credentials);
			const workflowId = await n8n.client.createWorkflow(example);
			const editor = await Editor.open(n8n.baseUrl, join(repositoryFolder, 'docs', 'pictures'));
			try {
				await editor.openWorkflow(workflowId);
				await editor.execute('Save Shots', executionTimeoutMs);
				await editor.takePicture('workflow');
				await editor.openNode('Generate Shots');
				await editor.takePicture('generate');
			} finally {
				await editor.close();
			}
		} finally {
			await n8n.stop();
		}
	} finally {
		await simulator.close();
	}
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
