import type { N8nClient } from '../../harness/n8n/n8nClient';
import { contenders, type Contender } from './contenders';
import { type Distance, perform, type TrialFacts } from './trial';

/** How soon a video is there, and what it takes to find out. */

export interface LagRow {
	contender: Contender;
	/** In the order of the lengths of the jobs: from the job's end to the end of the execution; NaN if that did not end. */
	lagsMs: number[];
	/** From the job's end to the request for the file. */
	fileLagsMs: number[];
	statusRequests: number[];
	bills: number;
	files: number;
}

export interface ItemsRow {
	contender: Contender;
	items: number;
	/** Undefined if it did not end. */
	totalMs?: number;
	/** From the end of a job to its download. */
	medianLagMs: number;
	worstLagMs: number;
	statusRequests: number;
	bills: number;
	files: number;
	status: string;
}

export interface SlotsRow {
	contender: Contender;
	/** Undefined if it did not end. */
	totalMs?: number;
	/** From the first call of the webhook to the download of a file. */
	meanFileMs: number;
	maxAnswerMs: number;
	bills: number;
	files: number;
	statuses: string[];
}

/** One video: every contender with every length of job, all at once. */
export async function measureLags(
	client: N8nClient,
	{ jobSeconds, videoFile, distance }: { jobSeconds: number[]; videoFile: string; distance?: Distance },
): Promise<LagRow[]> {
	return await Promise.all(
		contenders.map(async (contender) => {
			const trials = await Promise.all(
				jobSeconds.map(async (seconds) => {
					return await perform(client, contender, { jobSeconds: seconds, videoFile, distance });
				}),
			);
			return {
				contender,
				lagsMs: trials.map(({ jobs: [job], executions: [execution] }) => {
					return (execution?.endedAtMs ?? NaN) - (job?.endedAtMs ?? NaN);
				}),
				fileLagsMs: trials.map((facts) => fileLagsMs(facts)[0] ?? NaN),
				statusRequests: trials.map(({ statusRequests }) => statusRequests),
				bills: trials.reduce((sum, { jobs }) => sum + jobs.length, 0),
				files: trials.reduce((sum, facts) => sum + fileLagsMs(facts).length, 0),
			};
		}),
	);
}

/** A video that is so late is lost. */
const lateSeconds = 180;

/** Many videos in one execution. */
export async function measureItems(
	client: N8nClient,
	contender: Contender,
	options: { items: number; jobSeconds: number; videoFile: string; distance?: Distance },
): Promise<ItemsRow> {
	const facts = await perform(client, contender, { patienceSeconds: options.jobSeconds + lateSeconds, ...options });
	const lagsMs = fileLagsMs(facts);
	return {
		contender,
		items: options.items,
		totalMs: facts.totalMs,
		medianLagMs: median(lagsMs),
		worstLagMs: Math.max(...lagsMs),
		statusRequests: facts.statusRequests,
		bills: facts.jobs.length,
		files: lagsMs.length,
		status: facts.executions[0]?.status ?? 'none',
	};
}

/** Many executions in an n8n that runs few at once. */
export async function measureSlots(
	client: N8nClient,
	contender: Contender,
	options: { executions: number; jobSeconds: number; videoFile: string; distance?: Distance },
): Promise<SlotsRow> {
	const facts = await perform(client, contender, options);
	const filesMs = facts.jobs.flatMap(({ fileAtMs }) => fileAtMs ?? []);
	return {
		contender,
		totalMs: facts.totalMs,
		meanFileMs: mean(filesMs.map((atMs) => atMs - facts.firstCallMs)),
		maxAnswerMs: facts.maxAnswerMs,
		bills: facts.jobs.length,
		files: filesMs.length,
		statuses: [...new Set(facts.executions.map(({ status }) => status))],
	};
}

function fileLagsMs({ jobs }: TrialFacts): number[] {
	return jobs.flatMap(({ endedAtMs, fileAtMs }) => (fileAtMs === undefined ? [] : [fileAtMs - endedAtMs]));
}

export const mean = (values: number[]): number =>
	values.reduce((sum, value) => sum + value, 0) / values.length;

export function median(values: number[]): number {
	const sorted = [...values].sort((one, other) => one - other);
	const middle = sorted.length / 2;
	return mean(sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1));
}
