/**
 * `npm run record`: records a video for n8n's reviewers, one take of a real n8n editor against the simulator: the
 * package is installed, a credential tested, every operation of every node run once, and the trigger started by a
 * provider's call. Writes an MP4 under `.work/` and prints its path and length.
 */
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { credentialData } from '../harness/credentialData';
import { runFfprobe } from '../harness/media/ffmpeg';
import { Editor } from '../harness/n8n/editor';
import { readyExample, saveCredentials, type Credentials } from '../harness/n8n/examples';
import { startN8n } from '../harness/n8n/n8n';
import type { N8nClient, Workflow, WorkflowFile } from '../harness/n8n/n8nClient';
import { startNpmRegistry } from '../harness/n8n/npmRegistry';
import { packPackage, repositoryFolder } from '../harness/n8n/packedPackage';
import type { Recording } from '../harness/n8n/recording';
import { name as packageName } from '../package.json';
import { startSimulator, type Simulator } from '../simulator';
import { generateSteps, librarySteps, manualTrigger, workflowOf } from './record/workflows';

const folder = join(repositoryFolder, '.work', 'record');
const videoFile = join(folder, 'demo.mp4');
/** n8n's reviewers ask for less than five minutes. */
const limits = { maxStillMs: 4_000, maxSeconds: 285 };
/** On a busy computer everything takes its time, and the video leaves that out. */
const patienceMs = 240_000;
const readingMs = 2_000;
const timeScale = 30;

/** All that a scene needs. */
interface Scene {
	editor: Editor;
	recording: Recording;
	client: N8nClient;
	simulator: Simulator;
}

async function main(): Promise<void> {
	await rm(folder, { recursive: true, force: true });
	const packageTarball = await packPackage(join(folder, 'package'));
	const simulator = await startSimulator({ timeScale, webhooks: 'automatic' });
	try {
		const registry = await startNpmRegistry(join(folder, 'registry'), packageTarball);
		try {
			const n8n = await startN8n({ folder, env: registry.env });
			try {
				const editor = await Editor.open(n8n.baseUrl, folder);
				try {
					await record(editor, n8n.client, simulator);
				} catch (error) {
					await editor.takePicture('failure');
					throw error;
				} finally {
					await editor.close();
				}
			} finally {
				await n8n.stop();
			}
		} finally {
			await registry.close();
		}
	} finally {
		await simulator.close();
	}
	const { format } = z.object({ format: z.object({ duration: z.coerce.number() }) }).parse(await runFfprobe(videoFile));
	if (format.duration >= 300) throw new Error(`The video has ${format.duration} s; five minutes is the limit`);
	say(`${relative(process.cwd(), videoFile)}: ${Math.floor(format.duration / 60)} min ${Math.round(format.duration % 60)} s`);
}

async function record(editor: Editor, client: N8nClient, simulator: Simulator): Promise<void> {
	editor.setPatience(patienceMs);
	await editor.openCommunityNodes();
	const recording = await editor.record(join(folder, 'frames'));
	const scene = { editor, recording, client, simulator };
	await showInstallation(scene);
	await showCredentialAndFirstVideo(scene);
	const credentials = await saveCredentials(client, simulator);
	const library = workflowOf('Asset Group and Asset Library', librarySteps, 'anyfast', credentials.get('anyfast'));
	await showOperations(scene, library, 'AnyFast');
	const generate = workflowOf('Generate', generateSteps, 'apiframe', credentials.get('apiframe'));
	await showOperations(scene, generate, 'Apiframe');
	await showTrigger(scene, credentials);
	await recording.caption(`${packageName}\nEvery operation ran once. Providers were simulated; nothing was paid.`);
	await recording.pause(readingMs);
	const { takenSeconds, seconds } = await recording.save(videoFile, limits);
	if (takenSeconds > seconds) say(`It took ${Math.round(takenSeconds)} s, so the video plays faster than it was taken.`);
}

async function showInstallation({ editor, recording }: Scene): Promise<void> {
	await recording.caption(
		`Installing ${packageName}\nn8n's own installer. The package is not published yet, so this computer answers as npm, with the packed tarball.`,
	);
	await recording.pause(readingMs);
	await editor.installCommunityPackage(packageName, patienceMs);
	await recording.caption('Installed: five nodes');
	await recording.pause(readingMs);
}

async function showCredentialAndFirstVideo({ editor, recording, simulator }: Scene): Promise<void> {
	await recording.caption('The nodes, and the actions of Seedance Generate');
	await editor.openNewWorkflow();
	await editor.searchNodes('Seedance');
	await recording.pause(readingMs);
	await editor.openActions('Seedance Generate');
	await recording.pause(readingMs);
	await editor.addAction('Generate video');
	await recording.caption('The credential and its test\nThe base URL is that of the simulated provider; nothing is paid.');
	const { apiKey, baseUrl } = credentialData(simulator, 'anyfast');
	await editor.createCredential({ apiKey, baseUrl });
	await editor.openCredential();
	await editor.credentialIsTested();
	await recording.pause(readingMs);
	await editor.closeCredential();
	await recording.caption('Generate Video: wait in the node, then play the file');
	await editor.fill('prompt', 'A lighthouse in a storm, waves break over the rocks');
	await editor.executeStep(patienceMs);
	await recording.pause(readingMs);
	await editor.showVideo();
	await editor.playVideo();
	await recording.pause(2 * readingMs);
}

/** Runs a workflow with all operations of some nodes, then opens each of them. */
async function showOperations({ editor, recording, client }: Scene, workflow: Workflow, provider: string): Promise<void> {
	const steps = workflow.nodes.filter(({ name }) => name !== manualTrigger);
	await recording.caption(`${workflow.name}: every operation once, at ${provider} (simulated)`);
	await editor.openWorkflow(await client.createWorkflow(workflow));
	await recording.pause(readingMs);
	await editor.execute(steps.at(-1)?.name ?? '', patienceMs);
	await recording.pause(readingMs);
	for (const { name } of steps) {
		await recording.caption(name);
		await editor.openNode(name);
		await recording.pause(readingMs);
		await editor.closeNode();
	}
}

async function showTrigger({ editor, recording, client }: Scene, credentials: Credentials): Promise<void> {
	const path = 'finished-videos';
	const webhookSecret = 'a long secret that only the two nodes know';
	const webhookUrl = `${client.baseUrl}/webhook/${path}/seedance`;
	const publishing = withWebhookId(
		await readyExample('11-publish-finished-videos.json', credentials, {
			filledIn: { 'When a Video Has Ended': { webhookSecret } },
		}),
		path,
	);
	const publishingId = await client.createWorkflow(publishing);
	await client.activate(publishingId);
	await recording.caption('Seedance Generate Trigger: starts a workflow when PiAPI (simulated) calls');
	await editor.openWorkflow(publishingId);
	await recording.pause(readingMs);
	await editor.openNode('When a Video Has Ended');
	await recording.pause(2 * readingMs);
	await editor.closeNode();

	const submitting = await readyExample('11-submit-without-waiting.json', credentials, {
		filledIn: { 'Submit Video': { options: { webhookUrl, webhookSecret } } },
	});
	await recording.caption('A second workflow submits a video and does not wait');
	await editor.openWorkflow(await client.createWorkflow(submitting));
	await editor.execute('Submit Video', patienceMs);
	await recording.pause(readingMs);
	await client.executionOf(publishingId, patienceMs);
	await recording.caption('The call of the provider started the first workflow, with the video');
	await editor.openExecutions(publishingId);
	await recording.pause(2 * readingMs);
}

/** n8n gives each imported trigger an address of its own; here it is chosen, so that the other workflow knows it. */
function withWebhookId(workflow: WorkflowFile, webhookId: string): WorkflowFile {
	const nodes = workflow.nodes.map((node) => ('webhookId' in node ? { ...node, webhookId } : node));
	return { ...workflow, nodes };
}

function say(text: string): void {
	process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
