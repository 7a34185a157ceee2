import * as fc from 'fast-check';
import path from 'node:path';
import { breachesOf } from './invariants';
import { type Performance, perform } from './perform';
import { type Schedule, type SimulatedProvider, schedulesWith } from './schedule';
import { withVideoFile } from './video';

/** The schedules of both test files together, half of them in each. CI runs more. */
const totalRuns = Number(process.env.SCHEDULES ?? (process.env.CI ? 5000 : 1000));
const testFiles = 2;
/** Fixed, so that a failure comes from a change and not from chance; `new` draws another seed. */
const { SCHEDULES_SEED: wantedSeed = '1' } = process.env;
const seed = wantedSeed === 'new' ? undefined : Number(wantedSeed);
const replayedPath = process.env.SCHEDULES_PATH;

/**
 * The test that whatever happens in a random schedule, the promises of `invariants.ts` hold. A failure prints
 * the shrunk schedule, what happened in it, and how to run it again. Environment variables:
 *
 * - SCHEDULES: how many; 1000 by default, 5000 where CI is set
 * - SCHEDULES_SEED: 1 by default; `new` draws one
 * - SCHEDULES_PATH: with the seed, the one that has failed
 */
export function itHoldsItsPromises(providers: readonly SimulatedProvider[]): void {
	const video = withVideoFile();
	const numRuns = replayedPath === undefined ? Math.ceil(totalRuns / testFiles) : 1;
	const names = providers.map(([name]) => name).join(', ');
	it(
		`holds its promises in ${numRuns} random schedules with ${names}`,
		async () => {
			let failed: Performance | undefined;
			const property = fc.asyncProperty(schedulesWith(providers), async (schedule) => {
				const performed = await perform(schedule, video.path);
				const breaches = breachesOf(performed);
				if (breaches.length === 0) return;
				failed = performed;
				throw new Error(breaches.join('\n'));
			});
			const result = await fc.check(property, { numRuns, seed, path: replayedPath });
			if (result.failed) throw new Error(reportOf(result, failed));
		},
		60 * 60_000,
	);
}

function reportOf(
	{ seed: failingSeed, counterexamplePath, counterexample, errorInstance }: fc.RunDetails<[Schedule]>,
	failed: Performance | undefined,
): string {
	const [schedule] = counterexample ?? [];
	return [
		String(errorInstance),
		`To run it again: SCHEDULES_SEED=${failingSeed} SCHEDULES_PATH=${counterexamplePath} npx jest ${path.relative('', expect.getState().testPath ?? '')}`,
		JSON.stringify(schedule, undefined, '\t'),
		...(failed ? [eventsOf(failed)] : []),
	].join('\n\n');
}

function eventsOf({ executions, calls, startMs, answeredRequestIds }: Performance): string {
	return executions
		.flatMap(({ run, timesSuspended, calls: { from, to } }, index) => [
			`Execution ${index + 1}: ${run.status}, suspended ${timesSuspended} times. ${run.data.resultData.error?.message ?? ''}`,
			...calls.slice(from, to).map(({ atMs, route, statusCode, fault, requestId }) => {
				const seconds = ((atMs - startMs) / 1000).toFixed(1);
				const arrived = answeredRequestIds.has(requestId) ? '' : ', the answer did not arrive';
				return `${seconds} s: ${route} ${statusCode ?? ''} ${fault ?? ''}${arrived}`;
			}),
		])
		.join('\n');
}
