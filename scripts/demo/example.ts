import type { INode } from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkflowJson } from '../../test/support/engine';

/** The folder that the examples name for files; n8n in its Docker image reads and writes there. */
const folderInExamples = '/home/node/.n8n-files';

interface Choices {
	provider: string;
	/** Where files are read and written; a picture, a clip and a sound are in its subfolder `seedance`. */
	folder: string;
	pollingIntervalSeconds: number;
}

/** Does to an example what its note asks the user to do. */
export async function loadExample(
	file: string,
	{ provider, folder, pollingIntervalSeconds }: Choices,
): Promise<WorkflowJson> {
	const text = await readFile(path.join(__dirname, '../../examples', file), 'utf8');
	const workflow = jsonParse<WorkflowJson>(
		text.replaceAll(folderInExamples, folder.split(path.sep).join(path.posix.sep)),
	);
	const nodes = workflow.nodes.map((node): INode => {
		if (!node.type.startsWith('n8n-nodes-seedance.')) return node;
		const waits = node.type.endsWith('.seedanceGenerate');
		const options = waits ? { options: { pollingIntervalSeconds } } : {};
		const parameters = { ...node.parameters, provider, ...options };
		// The harness gives a node the credential of its provider, as the user chooses one in the editor.
		return { ...node, parameters, credentials: undefined };
	});
	return { ...workflow, nodes };
}
