import type { N8nClient } from '../../test/e2e/support/n8nClient';
import { contenders, inThisNode, type Contender } from './contenders';
import { perform, Trial, type TrialFacts } from './trial';

/** How soon a video is there, and what it takes to find out. */

export interface LagRow {
	name: string;
	contender: Contender;
	/** In the order of the lengths of the jobs: from the job's end to the end of the execution. */
	lagsMs: number[];
	statusRequests: number[];
	bills: number;
	files: number;
}

export interface ItemsRow {
	contender: Contender;
	items: number;
	totalMs: number;
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
	totalMs: number;
	/** From the first call of the webhook to the download of a file. */
	meanFileMs: number;
	slowestAnswerMs: number;
	bills: number;
	files: number;
	statuses: string[];
}

/** One video: every contender with every length of job, all at once. */
export async function measureLags(
	client: N8nClient,
	{ jobSeconds, videoFile }: { jobSeconds: number[]; videoFile: string },
): Promise<LagRow[]> {
	const rows = await Promise.all(
		contenders.map(async (contender) => {
			// The node remembers in the workflow how long jobs took, so a second one is another case.
			const rounds = contender === inThisNode ? 2 : 1;
			const trials = await Promise.all(
				jobSeconds.map(async (seconds) => {
					return await measureLag(client, contender, { jobSeconds: seconds, videoFile, rounds });
				}),
			);
			return Array.from({ length: rounds }, (_, round) => {
				const measured = trials.flatMap((trial) => trial[round] ?? []);
				return {
					name: round === 0 ? contender.name : `${contender.name}, second video`,
					contender,
					lagsMs: measured.map(({ lagMs }) => lagMs),
					statusRequests: measured.map(({ statusRequests }) => statusRequests),
					bills: measured.length,
					files: measured.filter(({ hasFile }) => hasFile).length,
				};
			});
		}),
	);
	return rows.flat();
}

async function measureLag(
	client: N8nClient,
	contender: Contender,
	{ rounds, ...options }: { jobSeconds: number; videoFile: string; rounds: number },
) {
	const trial = await Trial.open(client, contender, options);
	try {
		for (let round = 1; round <= rounds; round++) {
			await trial.start(client);
			await trial.settle(client, round);
		}
		const { jobs, executions } = await trial.facts(client);
		const endsMs = executions.map(({ endedAtMs = NaN }) => endedAtMs).sort((one, other) => one - other);
		return jobs.map(({ endedAtMs, fileAtMs, statusRequests }, index) => ({
			lagMs: (endsMs[index] ?? NaN) - endedAtMs,
			hasFile: fileAtMs !== undefined,
			statusRequests,
		}));
	} finally {
		await trial.close();
	}
}

/** Many videos in one execution. */
export async function measureItems(
	client: N8nClient,
	contender: Contender,
	options: { items: number; jobSeconds: number; videoFile: string },
): Promise<ItemsRow> {
	const facts = await perform(client, contender, options);
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
	options: { executions: number; jobSeconds: number; videoFile: string },
): Promise<SlotsRow> {
	const facts = await perform(client, contender, options);
	const filesMs = facts.jobs.flatMap(({ fileAtMs }) => fileAtMs ?? []);
	return {
		contender,
		totalMs: facts.totalMs,
		meanFileMs: mean(filesMs.map((atMs) => atMs - facts.firstCallMs)),
		slowestAnswerMs: facts.slowestAnswerMs,
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
