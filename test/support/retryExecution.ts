import type { INode, INodeParameters, IRun } from 'n8n-workflow';
import { outputOf, type WorkflowJson } from '../../harness/engine/engine';
import type { Lab } from './lab';
import { Remains, retry } from './schedules/restart';

let nextExecutionId = 50_000;

/**
 * n8n's Retry in the list of executions, in a workflow that a person may have changed.
 * @param changes fields of the node with other values than before
 */
export async function retryExecution(lab: Lab, { run, workflow }: { run: IRun; workflow: WorkflowJson }, changes: INodeParameters = {}) {
	const change = (node: INode): INode => ({ ...node, parameters: { ...node.parameters, ...(node.name === 'Node' && changes) } });
	const nodes = workflow.nodes.map(change);
	// As n8n does with the workflow of today.
	for (const entry of run.data.executionData?.nodeExecutionStack ?? []) entry.node = change(entry.node);
	const options = { executionId: String(nextExecutionId++) };
	const again = await lab.inVirtualTime(
		async () => await retry(lab.host(), { ...workflow, nodes }, run, new Remains(), options),
	);
	return { run: again, error: again.data.resultData.error, output: outputOf(again, 'Node') };
}
