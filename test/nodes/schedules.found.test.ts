import { breachesOf } from '../support/schedules/invariants';
import { perform } from '../support/schedules/perform';
import type { Schedule } from '../support/schedules/schedule';
import { withVideoFile } from '../support/schedules/video';

/** What random schedules have found, shrunk, and mended since. */

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
	webhookStatuses: 'settled',
	faults: [],
	executions: [{ pauseSeconds: 0 }],
	forgedCalls: [],
	luck: 0,
};

const crashThenRetry: Schedule['executions'] = [
	{ interruption: { cause: 'crashWithLog', moment: { afterSeconds: 10 } }, pauseSeconds: 0 },
	{ pauseSeconds: 0 },
];

const video = withVideoFile();

it.each<[string, Partial<Schedule>]>([
	[
		'does not pay again when Generate was over as n8n crashed, for which n8n makes up a run of it in the retry',
		{ way: 'dontWaitThenWait', executions: crashThenRetry },
	],
	[
		'does not pay again when a crashed run of Generate stays in the retry, as n8n takes another node for the last',
		{ areNodesReversed: true, executions: crashThenRetry },
	],
])('%s', async (_name, differences) => {
	const performed = await perform({ ...undisturbed, ...differences }, video.path);
	expect(breachesOf(performed)).toEqual([]);
	expect(performed.executions.map(({ run }) => run.status)).toEqual(['crashed', 'error']);
	expect(performed.bills).toHaveLength(1);
});
