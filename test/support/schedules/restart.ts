import { parse, stringify } from 'flatted';
import type { ExecutionLifecycleHooks } from 'n8n-core';
import { WorkflowExecute } from 'n8n-core';
import type { IRun, IRunExecutionData, ITaskData } from 'n8n-workflow';
import { NodeOperationError, WorkflowOperationError } from 'n8n-workflow';
import type { EngineHost, RunOptions, WorkflowJson } from '../../../harness/engine/engine';
import { runOnEngine } from '../../../harness/engine/engine';

/** What remains of an execution when the process of n8n is killed: the row in the database, and the event log. */
export class Remains {
	/** The data as n8n has stored them: when the execution began, and whenever it was suspended. */
	stored = '';

	private readonly started = new Set<string>();
	private readonly finished = new Set<string>();

	/** For `RunOptions.configureHooks`. */
	readonly watch = (hooks: ExecutionLifecycleHooks) => {
		hooks.addHandler('workflowExecuteBefore', (_workflow, data) => {
			if (this.stored === '') this.stored = stringify(data);
		});
		hooks.addHandler('nodeExecuteBefore', (name) => void this.started.add(name));
		hooks.addHandler('nodeExecuteAfter', (name) => void this.finished.add(name));
	};

	/**
	 * How n8n recovers the execution when it starts again: `ExecutionRecoveryService.amend`, and in queue
	 * mode, where the log is elsewhere, `amendWithoutLogs`.
	 */
	recover(run: IRun, { nodes }: WorkflowJson, hasLog: boolean): IRun {
		const data = read(this.stored);
		for (const node of hasLog ? nodes : []) {
			if (!this.started.has(node.name) || data.resultData.runData[node.name]) continue;
			const isFinished = this.finished.has(node.name);
			if (!isFinished) data.resultData.error = new WorkflowOperationError('Workflow did not finish');
			data.resultData.lastNodeExecuted = node.name;
			data.resultData.runData[node.name] = [
				{
					...artificialTask,
					...(isFinished
						? { executionStatus: 'success', data: { main: [[{ json: { isArtificialRecoveredEventItem: true } }]] } }
						: { executionStatus: 'crashed', error: new NodeOperationError(node, 'Node crashed, possible out-of-memory issue') }),
				},
			];
		}
		return { ...run, status: 'crashed', data };
	}
}

/** @returns true for a run of an earlier execution that n8n has reconstructed from its event log, without its data */
export const isRecoveredRun = ({ data }: ITaskData) =>
	data?.main?.[0]?.[0]?.json.isArtificialRecoveredEventItem === true;

const artificialTask: ITaskData = { startTime: 0, executionIndex: 0, executionTime: 0, source: [null] };

/** Retry of an execution, from n8n's list: `ExecutionService.retry`. */
export async function retry(
	host: EngineHost,
	workflow: WorkflowJson,
	failed: IRun,
	remains: Remains,
	options: RunOptions,
): Promise<IRun> {
	const data = read(stringify(failed.data));
	const { lastNodeExecuted, runData } = data.resultData;
	if (lastNodeExecuted) {
		delete data.resultData.error;
		if (runData[lastNodeExecuted]?.at(-1)?.error !== undefined) runData[lastNodeExecuted].pop();
	}
	remains.stored = stringify(data);
	return await runOnEngine(host, workflow, { ...options, mode: 'retry' }, (engine) =>
		new WorkflowExecute(engine.additionalData, engine.mode, data).processRunExecutionData(engine.workflow),
	);
}

/** As n8n reads it from its database. */
const read = (stored: string) => parse(stored) as IRunExecutionData;
