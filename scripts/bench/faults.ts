import type { N8nClient } from '../../harness/n8n/n8nClient';
import type { AnswerEffect } from '../../simulator';
import { inThisNode, stock10, type Contender, type WorkflowSite } from './contenders';
import { perform, type FaultInjection } from './trial';

/** What is paid when n8n's Retry On Fail (three attempts) meets a fault. */
export interface FaultCase {
	id: string;
	title: string;
	/** Default: one, without a list. */
	items?: number;
	injectFaults: FaultInjection;
}

export interface FaultRow {
	caseId: string;
	title: string;
	items: number;
	contenders: Array<{ name: string; isOurs: boolean; bills: number; files: number; status: string }>;
}

const fails: AnswerEffect = { kind: 'status', statusCode: 500 };
const acceptsUnseen: AnswerEffect = { kind: 'status', statusCode: 502, afterAcceptance: true };
const listItems = 3;

export const faultCases: FaultCase[] = [
	{ id: 'none', title: 'None', injectFaults: {} },
	{
		id: 'firstPollFails',
		title: 'The first status request answers 500',
		injectFaults: { faults: [{ route: 'tasks.get', effect: fails }] },
	},
	{
		id: 'firstPollOfEachFails',
		title: 'The first status request of every job answers 500',
		injectFaults: { onJob: (id) => ({ route: 'tasks.get', path: id, effect: fails }) },
	},
	{
		id: 'everyPollFails',
		title: 'Every status request answers 500',
		injectFaults: { faults: [{ route: 'tasks.get', times: Infinity, effect: fails }] },
	},
	{
		id: 'firstCreateUnsure',
		title: 'The first create makes the job but answers 502',
		injectFaults: { faults: [{ route: 'tasks.create', effect: acceptsUnseen }] },
	},
	{
		id: 'everyCreateUnsure',
		title: 'Every create makes the job but answers 502',
		injectFaults: { faults: [{ route: 'tasks.create', times: Infinity, effect: acceptsUnseen }] },
	},
	{
		id: 'thirdOfThreeFails',
		title: '3 videos; every status request of the third answers 500',
		items: listItems,
		injectFaults: {
			onJob: (id, index) =>
				index === listItems - 1
					? { route: 'tasks.get', path: id, times: Infinity, effect: fails }
					: undefined,
		},
	},
];

const retriedWays: Array<{ name: string; contender: Contender; retries: WorkflowSite['retries'] }> = [
	{ name: 'Seedance: In This Node', contender: inThisNode, retries: 'createAndGet' },
	{ name: 'HTTP Request: retry on create', contender: stock10, retries: 'create' },
	{ name: 'HTTP Request: retry on create and get', contender: stock10, retries: 'createAndGet' },
];

export async function measureFaults(
	client: N8nClient,
	wanted: FaultCase[],
	options: { jobSeconds: number; videoFile: string },
): Promise<FaultRow[]> {
	return await Promise.all(
		wanted.map(async ({ id, title, items, injectFaults }) => ({
			caseId: id,
			title,
			items: items ?? 1,
			contenders: await Promise.all(
				retriedWays.map(async ({ name, contender, retries }) => {
					const facts = await perform(client, contender, { ...options, items, retries, injectFaults });
					return {
						name,
						isOurs: contender.isOurs,
						bills: facts.jobs.length,
						files: facts.jobs.filter(({ fileAtMs }) => fileAtMs !== undefined).length,
						status: facts.executions[0]?.status ?? 'none',
					};
				}),
			),
		})),
	);
}
