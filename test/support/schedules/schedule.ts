import * as fc from 'fast-check';
import type { Fault } from '../../../simulator';
import type { AgentKind } from '../agent';
import { defaultApiKey } from '../../../simulator';
import type { ProviderId } from '../lab';
import type { simulatedProviders } from '../lab';

/** What happens to a workflow with Seedance Generate: all that a user, n8n, a provider and bad luck can do. */
export interface Schedule {
	provider: ProviderId;
	way: Way;
	/** The order in which the nodes are stored has no meaning, but n8n uses it when it recovers from a crash. */
	areNodesReversed: boolean;
	itemCount: number;
	/** Where the prompt of an item comes from: its JSON, which n8n may replace, its place, or that and the clock, so that it changes by itself. */
	promptFrom: 'json' | 'place' | 'clock';
	onError: 'stopWorkflow' | 'continueRegularOutput' | 'continueErrorOutput' | 'continueOnFail';
	/** With 1, Retry On Fail is off. */
	maxTries: number;
	timeoutSeconds: number;
	pollingIntervalSeconds?: number;
	onTimeout: 'fail' | 'returnTask';
	downloadVideo: boolean;
	simplify: boolean;
	tasksAtOnce?: number;
	resubmitWhenUnsure: boolean;
	queueSeconds: number;
	runSeconds: number;
	/** How many tasks a provider with a limit runs at a time. */
	maxTasks: number;
	/** The statuses for which PiAPI calls the webhook. */
	webhookStatuses: 'final' | 'every';
	/** What the list of tasks of PiAPI has, and how late. */
	history: { history: 'all' | 'ended'; historyLagSeconds: number };
	faults: Fault[];
	/** The first execution, then its retries, each of the one before if that failed. */
	executions: Array<{ interruption?: Interruption; pauseSeconds: number }>;
	/** Calls to the resume URL by somebody else, each time the execution is suspended. */
	forgedCalls: ForgedCall[];
	/** The wall clock is set ahead, or back if negative. */
	clockSteps: ClockStep[];
	/** Where an agent calls Generate: the videos that it asks for, by number and by turns. */
	agent: { kind: AgentKind; turns: number[][] };
	/** The seed of Math.random, which the nodes use for jitter. */
	luck: number;
}

export type SimulatedProvider = (typeof simulatedProviders)[number];

/** How the workflow waits for its videos. */
export type Way = 'inThisNode' | 'onCallback' | 'dontWaitThenWait' | 'dontWaitThenPauseBetweenChecks' | 'agent';

export interface ClockStep {
	/** After so many answers of the provider. */
	afterCalls: number;
	seconds: number;
}

/** An end of an execution before its time: the user presses Stop, or the process of n8n is killed and starts again. */
export interface Interruption {
	/** From its log of events, which is not always there, n8n completes what it knows of a crashed execution. */
	cause: 'stop' | 'crash' | 'crashWithLog';
	moment: Moment;
}

export type Moment =
	| { afterSeconds: number }
	/** So many turns of the event loop after an answer of the provider: in the middle of things. */
	| { afterCalls: number; turns: number };

/** What is wrong with it. */
export type ForgedCall = 'no proof' | 'a wrong proof' | 'a wrong token';

const or = <Value>(...values: Value[]) => fc.constantFrom(...values);
const rarely = <Value>(arbitrary: fc.Arbitrary<Value>, usual: Value) =>
	fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary });

const afterAcceptance = fc.boolean();
/** Some providers cite the key that they refuse. */
const bodyWithKey = or(undefined, { error: { message: `invalid token ${defaultApiKey}` } });

const lostAnswers = [
	fc.record({ kind: fc.constant('reset' as const), afterAcceptance }),
	fc.record({
		kind: fc.constant('status' as const),
		statusCode: or(500, 502, 504),
		body: bodyWithKey,
		afterAcceptance,
	}),
	fc.record({ kind: fc.constant('html' as const), statusCode: or(200, 502, 504), afterAcceptance }),
	fc.record({ kind: fc.constant('malformedJson' as const), afterAcceptance }),
];
const hang = fc.record({ kind: fc.constant('hang' as const), afterAcceptance });
const refusals = [
	fc.record({
		kind: fc.constant('status' as const),
		statusCode: fc.constant(429),
		retryAfterSeconds: or(undefined, 0, 7, 45, 3600),
	}),
	fc.record({ kind: fc.constant('status' as const), statusCode: or(400, 401, 403), body: bodyWithKey }),
	fc.record({ kind: fc.constant('refusalInside200' as const) }),
];

const createFault = fc.record({
	route: fc.constant('tasks.create' as const),
	skip: fc.nat(5),
	times: or(1, 1, 2, 4, 5),
	effect: fc.oneof(
		{ weight: 12, arbitrary: fc.oneof(...lostAnswers) },
		{ weight: 6, arbitrary: fc.oneof(...refusals) },
		{ weight: 3, arbitrary: fc.constant({ kind: 'missingId' as const }) },
		{ weight: 2, arbitrary: hang },
		{
			weight: 8,
			arbitrary: or(
				{ kind: 'taskNeverEnds' as const },
				{ kind: 'taskFails' as const, reason: 'upstream timeout' },
				{ kind: 'taskModerated' as const },
				{ kind: 'taskUrlMissing' as const },
				{ kind: 'taskStatus' as const, status: 'DREAMING' },
			),
		},
	),
});

const webhookFault = fc.record({
	route: fc.constant('tasks.create' as const),
	skip: fc.nat(3),
	times: or(1, 3),
	effect: fc.oneof(
		or({ kind: 'webhookLost' as const }, { kind: 'webhookTwice' as const }),
		fc.record({ kind: fc.constant('webhookLate' as const), seconds: or(5, 90, 1200) }),
	),
});

/** From a single slip to an outage that no patience survives. */
const statusFault = fc.record({
	route: fc.constant('tasks.get' as const),
	skip: fc.nat(6),
	times: or(1, 3, 4, 8, 45),
	effect: fc.oneof(
		{ weight: 12, arbitrary: fc.oneof(...lostAnswers) },
		{ weight: 6, arbitrary: fc.oneof(...refusals) },
		{ weight: 2, arbitrary: hang },
	),
});

/** While the task of a request is searched for whose answer was lost. */
const listFault = fc.record({
	route: fc.constant('tasks.list' as const),
	skip: fc.nat(2),
	times: or(1, 3, 20),
	effect: fc.oneof(...lostAnswers, hang, ...refusals),
});

const storageFault = fc.record({
	route: fc.constant('storage.get' as const),
	skip: fc.nat(2),
	times: or(1, 3),
	effect: fc.oneof(
		or({ kind: 'reset' as const }, { kind: 'linkExpired' as const }, { kind: 'truncate' as const }),
		fc.record({ kind: fc.constant('status' as const), statusCode: or(403, 404, 500) }),
		fc.record({ kind: fc.constant('html' as const), statusCode: fc.constant(502) }),
	),
});

const interruption: fc.Arbitrary<Interruption> = fc.record({
	cause: or<Interruption['cause']>('stop', 'crash', 'crashWithLog'),
	moment: fc.oneof(
		fc.record({ afterSeconds: fc.oneof(fc.nat(10), fc.nat(400)) }),
		fc.record({ afterCalls: fc.integer({ min: 1, max: 12 }), turns: fc.nat(8) }),
	),
});

const twoDaysSeconds = 2 * 24 * 60 * 60;
const execution = fc.record({
	interruption: rarely<Interruption | undefined>(interruption, undefined),
	pauseSeconds: or(0, 30, 3600, twoDaysSeconds),
});

const waysOf = ([, provider, { videoTasks }]: SimulatedProvider) => {
	const ways: Way[] = ['inThisNode', 'dontWaitThenWait', 'dontWaitThenPauseBetweenChecks', 'agent'];
	if (videoTasks.callback) ways.push('onCallback');
	return ways.map((way) => ({ provider, way }));
};

/** Schedules with some of the providers, and with every way of waiting that they offer. */
export const schedulesWith = (providers: readonly SimulatedProvider[]): fc.Arbitrary<Schedule> =>
	fc
		.record({
			areNodesReversed: fc.boolean(),
		providerAndWay: or(...providers.flatMap(waysOf)),
			// Many items cost much time and show little more than a few do.
			itemCount: fc.oneof(
				{ weight: 20, arbitrary: fc.integer({ min: 1, max: 3 }) },
				{ weight: 4, arbitrary: fc.integer({ min: 4, max: 8 }) },
				{ weight: 1, arbitrary: fc.integer({ min: 9, max: 20 }) },
			),
			promptFrom: or<Schedule['promptFrom']>('json', 'place', 'clock'),
			onError: or<Schedule['onError']>(
				'stopWorkflow',
				'stopWorkflow',
				'continueRegularOutput',
				'continueErrorOutput',
				'continueOnFail',
			),
			maxTries: or(1, 2, 3),
			timeoutSeconds: or(40, 150, 600),
			pollingIntervalSeconds: or(undefined, 20, 75),
			onTimeout: or<Schedule['onTimeout']>('fail', 'returnTask'),
			downloadVideo: rarely(fc.constant(true), false),
			simplify: fc.boolean(),
		tasksAtOnce: rarely<number | undefined>(or(1, 3), undefined),
			resubmitWhenUnsure: rarely(fc.constant(true), false),
			queueSeconds: or(0, 5),
			runSeconds: or(0, 20, 42, 200),
			maxTasks: rarely(fc.constant(2), 20),
			webhookStatuses: or<Schedule['webhookStatuses']>('final', 'every'),
			history: fc.record({ history: or<Schedule['history']['history']>('all', 'all', 'ended'), historyLagSeconds: or(0, 0, 20, 400) }),
			faults: fc.array(
				fc.oneof(
					{ weight: 8, arbitrary: createFault },
					{ weight: 5, arbitrary: statusFault },
					{ weight: 3, arbitrary: webhookFault },
					{ weight: 1, arbitrary: listFault },
					{ weight: 1, arbitrary: storageFault },
				),
				{ maxLength: 5 },
			),
			executions: fc.array(execution, { minLength: 1, maxLength: 3 }),
			forgedCalls: rarely(
				fc.array(or<ForgedCall>('no proof', 'a wrong proof', 'a wrong token'), { maxLength: 2 }),
				[],
			),
			clockSteps: rarely(
				fc.array(
					fc.record({ afterCalls: fc.integer({ min: 1, max: 12 }), seconds: or(-3600, 3600, -60, 60) }),
					{ minLength: 1, maxLength: 2 },
				),
				[],
			),
			agent: fc.record({
				kind: or<AgentKind>('nodes', 'functions'),
				turns: fc.array(fc.array(fc.nat(1), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
			}),
			luck: fc.nat(),
		})
		.map(({ providerAndWay: { provider, way }, ...rest }) => ({ provider, way, ...rest }));
