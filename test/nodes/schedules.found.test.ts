import { breachesOf } from '../support/schedules/invariants';
import { overwriteNextCrashRecord } from '../support/schedules/crashRecords';
import { perform } from '../support/schedules/perform';
import type { Schedule } from '../support/schedules/schedule';
import { withVideoFile } from '../support/schedules/video';

/** Faults that random schedules have found: the shrunk schedules, fixed since. */

const undisturbed: Schedule = {
	provider: 'anyfast',
	way: 'inThisNode',
	areNodesReversed: false,
	itemCount: 1,
	promptFrom: 'json',
	onError: 'stopWorkflow',
	maxTries: 1,
	timeoutSeconds: 40,
	onTimeout: 'fail',
	downloadVideo: false,
	simplify: false,
	resubmitWhenUnsure: false,
	queueSeconds: 0,
	runSeconds: 200,
	maxTasks: 20,
	webhookStatuses: 'final',
	history: { history: 'all', historyLagSeconds: 0 },
	faults: [],
	executions: [{ pauseSeconds: 0 }],
	forgedCalls: [],
	clockSteps: [],
	agent: { kind: 'nodes', turns: [[0]] },
	luck: 0,
};

const crashThenRetry: Schedule['executions'] = [
	{ interruption: { cause: 'crashWithLog', moment: { afterSeconds: 10 } }, pauseSeconds: 0 },
	{ pauseSeconds: 0 },
];

const video = withVideoFile();

const keepsPromises = async (differences: Partial<Schedule>) => {
	const performed = await perform({ ...undisturbed, ...differences }, video.path);
	expect(breachesOf(performed)).toEqual([]);
	return performed;
};

it.each<[string, Partial<Schedule>]>([
	[
		'does not pay again when Generate was over as n8n crashed, for which n8n adds a recovered run in the retry',
		{ way: 'dontWaitThenWait', executions: crashThenRetry },
	],
	[
		'does not pay again when a crashed run of Generate stays in the retry, as n8n takes another node for the last',
		{ areNodesReversed: true, executions: crashThenRetry },
	],
])('%s', async (_name, differences) => {
	const { executions, bills } = await keepsPromises(differences);
	expect(executions.map(({ run }) => run.status)).toEqual(['crashed', 'error']);
	expect(bills).toHaveLength(1);
});

it.each<Partial<Schedule>>([{}, { way: 'agent', areNodesReversed: true }])(
	'does not pay again in the retry of a retry after a crash, with %j',
	async (differences) => {
		const moment = { afterCalls: 1, turns: 0 };
		const { bills } = await keepsPromises({
			...differences,
			executions: [{ interruption: { cause: 'crash', moment }, pauseSeconds: 0 }, { pauseSeconds: 0 }, { pauseSeconds: 0 }],
		});
		expect(bills).toHaveLength(1);
	},
);

it('does not pay again after a crash when another process of n8n had overwritten the record of the request', async () => {
	overwriteNextCrashRecord();
	const { executions, bills } = await keepsPromises({ executions: crashThenRetry });
	expect(executions.map(({ run }) => run.status)).toEqual(['crashed', 'error']);
	expect(bills).toHaveLength(1);
});

it('names the tasks of an earlier attempt whose items are not reached with Tasks at Once', async () => {
	const { executions, bills } = await keepsPromises({
		way: 'dontWaitThenWait',
		itemCount: 4,
		maxTries: 2,
		tasksAtOnce: 3,
		faults: [{ route: 'tasks.create', skip: 1, effect: { kind: 'missingId' } }],
	});
	expect(executions.map(({ run }) => run.status)).toEqual(['error']);
	expect(bills).toHaveLength(4);
});

it('checks no more for a call of the provider that could not be used, once another call has resumed the execution', async () => {
	const calledWhileAskingFails = (luck: number) =>
		keepsPromises({
			provider: 'apiframe',
			way: 'onCallback',
			itemCount: 5,
			tasksAtOnce: 1,
			queueSeconds: 5,
			runSeconds: 0,
			faults: [
				{ route: 'tasks.get', skip: 5, times: 1, effect: { kind: 'refusalInside200' } },
				{ route: 'tasks.get', skip: 6, times: 8, effect: { kind: 'status', statusCode: 500 } },
			],
			luck,
		});
	for (let luck = 0; luck < 10; luck++) await calledWhileAskingFails(luck);
});

it('sends nothing once the node has failed for one item while the others were about to check', async () => {
	const { executions, bills } = await keepsPromises({
		itemCount: 4,
		maxTries: 2,
		faults: [{ route: 'tasks.create', effect: { kind: 'reset' } }],
	});
	expect(executions.map(({ run }) => run.status)).toEqual(['error']);
	expect(bills).toHaveLength(3);
});
