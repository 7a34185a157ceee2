import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { jsonParse } from 'n8n-workflow';
import type { WorkflowJson } from '../harness/engine/engine';
import { operations as assetOperations } from '../nodes/Asset/actions';
import { operations as assetGroupOperations } from '../nodes/AssetGroup/actions';
import { operations as filmOperations } from '../nodes/SeedanceFilm/actions';
import { operations as generateOperations } from '../nodes/SeedanceGenerate/actions';
import { eventsSubtitle } from '../nodes/SeedanceGenerateTrigger/fields';
import { localSubtitle, operationSubtitle } from '../nodes/shared/node/description';
import { withGeneratedPart } from './generatedPart';

/** `docs/examples.md`: of each example its picture, the text of its sticky notes, and its nodes. */

export const examplesPageFile = 'docs/examples.md';
const part = { file: examplesPageFile, name: 'examples', command: 'npm run pictures' };

const root = path.join(__dirname, '..');
/** Not from the nodes themselves: outside of jest, `X.node` is the file `X.node.json`. */
const subtitles = [...[assetGroupOperations, assetOperations, generateOperations].map(operationSubtitle), localSubtitle(filmOperations), eventsSubtitle];
const icons = ['AssetGroup/assetGroup', 'Asset/asset', 'SeedanceFilm/seedanceFilm', 'SeedanceGenerate/seedanceGenerate', 'SeedanceGenerateTrigger/seedanceGenerateTrigger'];
/** What the pictures show of our nodes besides the content of the examples. */
const shownOfNodes = [...subtitles, ...icons.map((icon) => readFileSync(path.join(root, 'nodes', `${icon}.svg`), 'utf8'))];

export interface Example {
	/** In `examples/`. */
	file: string;
	text: string;
	workflow: WorkflowJson;
	/** Without the ending. */
	pictureName: string;
}

/** All workflows of `examples/`, in the order of their numbers. */
export function readExamples(): Example[] {
	const folder = path.join(root, 'examples');
	return readdirSync(folder)
		.filter((file) => file.endsWith('.json'))
		.sort()
		.map((file) => {
			const text = readFileSync(path.join(folder, file), 'utf8');
			return { file, text, workflow: jsonParse<WorkflowJson>(text), pictureName: path.parse(file).name };
		});
}

/** @throws Error if the page has no place for the examples */
export function withExamples(page: string, examples: readonly Example[]): string {
	return withGeneratedPart(page, part, examples.map(section).join('\n\n'));
}

function section({ file, text, workflow, pictureName }: Example): string {
	const contents = workflow.nodes.filter(isStickyNote).flatMap(({ parameters: { content } }) => (typeof content === 'string' ? content : []));
	const [title = '', ...rest] = contents.join('\n\n').replace(/^#+ /, '').split('\n');
	const body = rest.join('\n').trim().replace(/^#+ (.*)$/gm, '**$1**');
	const nodes = new Set(workflow.nodes.filter((node) => !isStickyNote(node)).map(({ type }) => nodeName(type)));
	return [
		`## ${pictureName.slice(0, 2)} ${title}`,
		`[${file}](../examples/${file}), in n8n *${workflow.name ?? file}*`,
		`![The workflow in the editor](pictures/${pictureName}.png)`,
		body,
		`Nodes: ${[...nodes].join(', ')}.`,
		`<!-- picture of ${fingerprint(text)} -->`,
	].join('\n\n');
}

/** Changes when the picture of the example does. */
const fingerprint = (text: string) =>
	createHash('sha256').update(JSON.stringify([text, shownOfNodes])).digest('hex').slice(0, 16);

const isStickyNote = ({ type }: { type: string }) => type === 'n8n-nodes-base.stickyNote';

/** From its type, e.g. "Split Out". All nodes of this package begin with Seedance. */
function nodeName(type: string): string {
	const [packageName, name = ''] = type.split(/\.(?=\w+$)/);
	const words = name.replace(/([A-Z])/g, ' $1');
	const title = words.charAt(0).toUpperCase() + words.slice(1);
	return packageName === 'n8n-nodes-seedance' && !title.startsWith('Seedance') ? `Seedance ${title}` : title;
}
