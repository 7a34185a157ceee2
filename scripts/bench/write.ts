import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from '../../harness/n8n/packedPackage';
import { withGeneratedPart } from '../generatedPart';
import type { Results } from './measure';
import { drawResults } from './plot';
import { describeResults } from './report';

const documentFile = 'benchmarks.md';
const plotFile = 'pictures/benchmarks.svg';

/**
 * Writes the tables and the plot; what else the document of `docs/` says stays.
 * @returns the path of the document
 */
export async function writeReport(results: Results, folder: string): Promise<string> {
	const document = await readFile(join(repositoryFolder, 'docs', documentFile), 'utf8');
	const part = { file: documentFile, name: 'bench', command: 'npm run bench' };
	const file = join(folder, documentFile);
	await mkdir(join(folder, 'pictures'), { recursive: true });
	await writeFile(join(folder, plotFile), drawResults(results));
	await writeFile(file, withGeneratedPart(document, part, describeResults(results, plotFile)));
	return file;
}
