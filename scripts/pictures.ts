/**
 * `npm run pictures`: takes the pictures of the documents from a real n8n editor, one of each example and two of
 * examples that have run, and writes `docs/examples.md`.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeMedia } from '../harness/media/exampleFiles';
import { runFfmpeg } from '../harness/media/ffmpeg';
import { Editor } from '../harness/n8n/editor';
import { readyExample, saveCredentials } from '../harness/n8n/examples';
import { startN8n } from '../harness/n8n/n8n';
import { packPackage, repositoryFolder } from '../harness/n8n/packedPackage';
import { startSimulator } from '../simulator';
import { examplesPageFile, readExamples, withExamples } from './examplesPage';

const folder = join(repositoryFolder, '.work', 'pictures');
const filesFolder = join(folder, 'files');
const picturesFolder = join(repositoryFolder, 'docs', 'pictures');
const executionTimeoutMs = 120_000;
const timeScale = 30;

async function main(): Promise<void> {
	await rm(folder, { recursive: true, force: true });
	const media = (await makeMedia(filesFolder)).map((name) => join(filesFolder, name));
	const packageTarball = await packPackage(join(folder, 'package'));
	const simulator = await startSimulator({ timeScale });
	try {
		const n8n = await startN8n({ folder, packageTarball });
		try {
			const credentials = await saveCredentials(n8n.client, simulator);
			const editor = await Editor.open(n8n.baseUrl, picturesFolder);
			try {
				const examples = readExamples();
				for (const { file, pictureName } of examples) {
					const example = await readyExample(file, credentials);
					await editor.openWorkflow(await n8n.client.createWorkflow(example));
					await editor.takeCanvasPicture(pictureName);
					await shrink(pictureName);
				}
				const first = await readyExample('01-text-to-video.json', credentials, { pollingIntervalSeconds: 1 });
				await editor.openWorkflow(await n8n.client.createWorkflow(first));
				await editor.execute('Generate Video', executionTimeoutMs);
				await editor.openNode('Generate Video');
				await editor.showVideo();
				await editor.takeNodePicture('generate');
				await shrink('generate', withVideo);
				const example = await readyExample('02-consistent-character.json', credentials, { pollingIntervalSeconds: 1 });
				await editor.openWorkflow(await n8n.client.createWorkflow(example));
				await editor.executeWithForm(['Mia', ...media], 'Generate Shots', executionTimeoutMs);
				await editor.takeCanvasPicture('workflow');
				await shrink('workflow');
				const page = join(repositoryFolder, examplesPageFile);
				await writeFile(page, withExamples(await readFile(page, 'utf8'), examples));
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

/** How many colours a picture keeps, and whether it mixes them. */
const editorAlone = { maxColors: 128, dither: 'none' };
const withVideo = { maxColors: 256, dither: 'bayer:bayer_scale=4' };

/** The editor has few colours: a palette makes the file three times smaller. */
async function shrink(pictureName: string, { maxColors, dither } = editorAlone): Promise<void> {
	const [picture, small] = [join(picturesFolder, `${pictureName}.png`), join(folder, 'small.png')];
	const filter =
		`split[picture][colours];[colours]palettegen=max_colors=${maxColors}[palette];` +
		`[picture][palette]paletteuse=dither=${dither}`;
	await runFfmpeg('-i', picture, '-vf', filter, small);
	await rename(small, picture);
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
